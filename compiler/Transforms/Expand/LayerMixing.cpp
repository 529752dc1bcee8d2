// Branch inputs from more than the stream: LIMe's learned mixture, attention
// over earlier inputs, skips between blocks, injection.
#include "compiler/Transforms/Expand/LayerMixing.h"

#include "compiler/Transforms/Expand/Blocks.h"

#include <cmath>

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

/// Inside the root of torch's RMSNorm by default.
static constexpr double kRmsEps = 1.1920928955078125e-07;
static constexpr double kUnitEps = 1e-12;

static bool isOn(Expander &e, StringRef name) {
  return boolKnob(e.stack, name);
}

LayerMixing::LayerMixing(Expander &e, Value x) : e(e) {
  if (isOn(e, "reinject_input"))
    injected = e.linear("reinject_input_proj", x, e.dim(), false);
  else
    injected = e.input("in_attn_cond");
  if (!injected || !isOn(e, "learned_reinject_input_gate"))
    return;
  Value gate = e.linear("learned_reinject_input_gate", x, 1, false);
  injected = e.map("reinject_input.gated", {injected, gate}, {}, e.dim(),
                   [](Scalars &s, Scalar c, Scalar, Scalar) {
                     Scalar gate = s.sigmoid(s.read(1, 0));
                     return s.mul(s.read(0, c), gate);
                   });
}

//===----------------------------------------------------------------------===//
// Skips between blocks
//===----------------------------------------------------------------------===//

/// The sublayer before which the stream is kept for block start `index`, or
/// none: x-transformers takes them from the last one backwards.
static std::optional<unsigned> partnerOf(const StackLayout &layout,
                                         unsigned index) {
  unsigned size = layout.blockSize, depth = layout.depth;
  if (index % size != 0 || 2 * (index / size) < depth)
    return std::nullopt;
  unsigned firstLater = (depth + 1) / 2;
  unsigned last = ((depth / size) * size - 1) / size * size;
  unsigned back = (index / size - firstLater) * size;
  if (back > last)
    return std::nullopt;
  return last - back;
}

Value LayerMixing::skip(const Sublayer &sub, Value x) {
  if (!isOn(e, "unet_skips"))
    return x;
  streams.push_back(x);
  auto partner = partnerOf(e.layout, sub.index);
  if (!partner)
    return x;
  std::string name = "skip_combines." + std::to_string(sub.index) + ".combine";
  int64_t dim = e.dim();
  RecipeAttr both = e.tensor(name + ".weight", {dim, 2 * dim});
  auto half = [&](StringRef suffix, Value y, int64_t begin) {
    FlatSymbolRefAttr weight =
        e.weight(name + suffix, RecipeAttr::slice(both, 1, begin, dim));
    return e.linear(name + suffix, y, dim, weight, {});
  };
  Value old = half(".skip", streams[*partner], 0);
  return e.add(name, old, half(".stream", x, dim));
}

//===----------------------------------------------------------------------===//
// Mixtures of layers
//===----------------------------------------------------------------------===//

/// sum over l of weight l of view `view` times input l; operand 0 has the
/// weights.
static Value weightedSum(Expander &e, const std::string &name, Value weights,
                         ArrayRef<Value> inputs, int64_t view) {
  SmallVector<Value> operands = {weights};
  operands.append(inputs.begin(), inputs.end());
  auto count = static_cast<int64_t>(inputs.size());
  return e.map(name, operands, {}, e.dim(),
               [&](Scalars &s, Scalar c, Scalar, Scalar) {
                 Scalar sum;
                 for (int64_t l = 0; l < count; ++l) {
                   Scalar weight = s.read(0, view * count + l);
                   Scalar part = s.mul(s.read(l + 1, c), weight);
                   sum = sum ? s.add(sum, part) : part;
                 }
                 return sum;
               });
}

SmallVector<Value> LayerMixing::integrate(const Sublayer &sub, Value y) {
  std::string name = "layer_integrators." + std::to_string(sub.index);
  auto count = static_cast<int64_t>(seen.size());
  bool apart = sub.kind == Sublayer::Kind::Attention && sub.layer > 0;
  int64_t views = apart ? 3 : 1;
  RecipeAttr gain =
      RecipeAttr::scale(e.tensor(name + ".to_weights.0.g", {e.dim()}),
                        std::sqrt(static_cast<double>(e.dim())));
  Value normed = e.norm(name + ".norm", NormKind::L2, y, kUnitEps,
                        e.weight(name + ".norm", gain));
  Value weights = e.linear(name + ".to_weights.1", normed, views * count, true);
  if (isOn(e, "layer_integrate_use_softmax"))
    weights =
        e.norm(name + ".softmax", NormKind::Softmax, weights, 0, {}, {}, views);
  else
    weights = e.map(name + ".relu", weights, {}, views * count,
                    [](Scalars &s, Scalar c, Scalar, Scalar) {
                      Scalar zero = s.constant(0);
                      return s.max(s.read(0, c), zero);
                    });
  SmallVector<Value> result;
  for (int64_t view = 0; view < views; ++view)
    result.push_back(weightedSum(e, name, weights, seen, view));
  return result;
}

/// y becomes a softmax-weighted sum of all inputs so far; the query comes from
/// y, the keys are the inputs themselves, normed.
Value LayerMixing::aggregate(const Sublayer &sub, Value y) {
  std::string name = "layer_integrators." + std::to_string(sub.index);
  int64_t dim = e.dim();
  auto rms = [&](const std::string &what, Value x) {
    return e.norm(name + what, NormKind::Rms, x, kRmsEps,
                  e.weight(name + what + ".weight", {dim}));
  };
  DictionaryAttr settings =
      dictKnob(e.stack, "attn_aggregated_residual_kwargs");
  auto rank = settings.getAs<IntegerAttr>("lora_rank");
  Value low = e.linear(name + ".to_query.1.down", rms(".to_query.0", y),
                       rank ? rank.getInt() : 64, false);
  Value query =
      rms(".norm", e.add(name + ".query", y,
                         e.linear(name + ".to_query.1.up", low, dim, false)));
  // One column: the sum of a row over the square root of its width.
  FlatSymbolRefAttr ones =
      e.weight("mean_over_root",
               RecipeAttr::fill(e.b.getContext(), {1, dim},
                                1 / std::sqrt(static_cast<double>(dim))));
  SmallVector<Value> logits;
  for (Value key : seen) {
    Value product = e.map(name + ".product", {query, rms(".to_keys", key)}, {},
                          dim, [](Scalars &s, Scalar c, Scalar, Scalar) {
                            Scalar key = s.read(1, c);
                            return s.mul(s.read(0, c), key);
                          });
    logits.push_back(e.linear(name + ".logit", product, 1, ones, {}));
  }
  Value weights = e.norm(name + ".softmax", NormKind::Softmax,
                         sideBySide(e, name + ".logits", logits), 0);
  return weightedSum(e, name, weights, seen, 0);
}

Value LayerMixing::inject(const Sublayer &sub, Value y) {
  return injected ? e.add(sub.prefix() + "injected", y, injected) : y;
}

SmallVector<Value> LayerMixing::mix(const Sublayer &sub,
                                    SmallVector<Value> views) {
  if (isOn(e, "integrate_layers") || isOn(e, "attn_aggregated_residuals")) {
    seen.push_back(views.front());
    if (isOn(e, "integrate_layers"))
      views = integrate(sub, views.front());
    else
      views = {aggregate(sub, views.front())};
  }
  for (Value &view : views)
    view = inject(sub, view);
  return views;
}

} // namespace xf::expand
