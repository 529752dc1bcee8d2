// The stack: sublayers in their order, each norm, branch, norm, residual, norm.
#include "compiler/Transforms/Expand/Attention.h"
#include "compiler/Transforms/Expand/Blocks.h"
#include "compiler/Transforms/Expand/LayerMixing.h"
#include "compiler/Transforms/Expand/Residual.h"

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

namespace {

/// One run of a stack on the rows that enter it.
class StackRun {
public:
  StackRun(Expander &e, Value x)
      : e(e), attention(e), residual(makeResidualRule(e)),
        x(residual->enter(x)), mixing(e, x) {}

  Value expand() {
    for (unsigned index : e.layout.order)
      expandSublayer(e.layout.sublayers[index]);
    if (isOn("softclamp_output"))
      x = softclamped(x);
    x = residual->leave(x);
    return hasFinalNorm() ? streamNorm(e, "final_norm", x) : x;
  }

private:
  bool isOn(StringRef name) { return boolKnob(e.stack, name); }
  bool isAttention(const Sublayer &sub) {
    return sub.kind == Sublayer::Kind::Attention;
  }

  // Gated streams are normed after each residual, whatever the other knobs say.
  bool hasNormBefore() {
    return isOn("pre_norm") && !isOn("gated_multi_residual");
  }
  bool hasNormAfter() {
    return !isOn("pre_norm") || isOn("pre_and_post_norm") ||
           isOn("gated_multi_residual");
  }

  bool hasFinalNorm() {
    bool wanted = isOn("pre_norm") && isOn("pre_norm_has_final_norm") &&
                  !isOn("pre_and_post_norm");
    return wanted || isOn("gated_multi_residual");
  }

  void expandSublayer(const Sublayer &sub) {
    std::string prefix = sub.prefix();
    x = mixing.skip(sub, x);
    bool apart = isAttention(sub) && isOn("qkv_receive_diff_residuals") &&
                 !isOn("integrate_layers");
    SmallVector<Value> views =
        mixing.mix(sub, residual->open(sub, x, apart ? 3 : 1));
    for (Value &view : views) {
      if (hasNormBefore())
        view = streamNorm(e, prefix + "norm_pre", view);
      view = shiftTokens(e, sub, view);
    }
    Value out = scaled(sub, expandBranch(sub, views));
    if (isOn("sandwich_norm"))
      out = streamNorm(e, prefix + "norm_branch", out);
    x = residual->close(sub, x, out);
    if (hasNormAfter())
      x = streamNorm(e, prefix + "norm_post", x, residual->streams());
  }

  Value expandBranch(const Sublayer &sub, ArrayRef<Value> views) {
    Value y = views.front();
    if (sub.kind == Sublayer::Kind::Feedforward)
      return deeplyEmbedded(sub, expandFeedforward(e, sub, y));
    if (sub.kind == Sublayer::Kind::Cross) {
      Value context = e.input("context");
      return attention.expand({AttentionBranch::Kind::Cross, sub.prefix(), y,
                               context, context,
                               AttentionOptions::cross(e.stack, sub.layer)});
    }
    bool apart = views.size() == 3;
    return attention.expand({AttentionBranch::Kind::Self, sub.prefix(), y,
                             apart ? views[1] : y, apart ? views[2] : y,
                             AttentionOptions::self(e.stack, sub.layer)});
  }

  /// The constant that every output of a branch of this kind is multiplied by.
  double factorOf(const Sublayer &sub) {
    bool halved = isOn("macaron") && sub.kind == Sublayer::Kind::Feedforward;
    double factor = halved ? 0.5 : 1;
    if (isOn("attn_aggregated_residuals"))
      return factor;
    if (auto depth = scaleKnob(e.stack, "depth_scale_residual"))
      return factor * *depth;
    return factor * scaleKnob(e.stack, "scale_residual").value_or(1);
  }

  /// The branch's output times its constants and its learned scale.
  Value scaled(const Sublayer &sub, Value out) {
    double factor = factorOf(sub);
    std::string name = sub.prefix() + "branch_scale";
    if (isOn("use_layerscale"))
      return e.map(name, out, e.weight(name + ".gain", {e.dim()}), e.dim(),
                   [&](Scalars &s, Scalar c, Scalar, Scalar) {
                     Scalar y = times(s, s.read(0, c), factor);
                     return s.mul(y, s.table(0, c));
                   });
    if (isOn("use_adaptive_layerscale")) {
      Value gate = e.linear(name + ".to_gamma", conditionOf(e), e.dim(), true);
      return e.map(name, {out, gate}, {}, e.dim(),
                   [&](Scalars &s, Scalar c, Scalar, Scalar) {
                     Scalar y = times(s, s.read(0, c), factor);
                     return s.mul(y, s.sigmoid(s.read(1, c)));
                   });
    }
    if (factor == 1)
      return out;
    return e.map(name, out, {}, e.dim(),
                 [&](Scalars &s, Scalar c, Scalar, Scalar) {
                   return times(s, s.read(0, c), factor);
                 });
  }

  static Scalar times(Scalars &s, Scalar x, double factor) {
    return factor == 1 ? x : s.mul(x, s.constant(factor));
  }

  /// `ff_deep_embed`: times the token's entry for the feedforward that runs as
  /// number `feedforwards`.
  Value deeplyEmbedded(const Sublayer &sub, Value out) {
    if (!hasKnob(e.wrapper, "ff_deep_embed") ||
        !boolKnob(e.wrapper, "ff_deep_embed"))
      return out;
    int64_t tokens = intKnob(e.wrapper, "num_tokens"), dim = e.dim();
    RecipeAttr all =
        e.tensor("ff_deep_embed", {tokens, intKnob(e.stack, "depth"), dim});
    std::string name = "ff_deep_embed." + std::to_string(feedforwards);
    FlatSymbolRefAttr table = e.weight(
        name, RecipeAttr::reshape(RecipeAttr::slice(all, 1, feedforwards, 1),
                                  {tokens, dim}));
    ++feedforwards;
    e.setName(sub.prefix() + "deep_embed");
    Value entry = e.b.create<EmbedOp>(dim, e.batch, table, StringRef("ids"));
    return e.map(sub.prefix() + "deep_embed.product", {out, entry}, {}, dim,
                 [&](Scalars &s, Scalar c, Scalar, Scalar) {
                   Scalar factor = s.read(1, c);
                   return s.mul(s.read(0, c), factor);
                 });
  }

  Value softclamped(Value x) {
    double bound = floatKnob(e.stack, "softclamp_output_value");
    return e.map("softclamp_output", x, {}, getWidth(x),
                 [&](Scalars &s, Scalar c, Scalar, Scalar) {
                   return s.softclamp(s.read(0, c), bound);
                 });
  }

  Expander &e;
  AttentionExpander attention;
  std::unique_ptr<ResidualRule> residual;
  Value x;
  LayerMixing mixing;
  int64_t feedforwards = 0;
};

} // namespace

Value expandStack(Expander &e, Value x) { return StackRun(e, x).expand(); }

} // namespace xf::expand
