// The feedforward branch: two linears with an activation or a gate between.
#include "compiler/Transforms/Expand/Blocks.h"

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

int64_t feedforwardWidth(AttentionLayersOp stack, unsigned layer) {
  return static_cast<int64_t>(static_cast<double>(intKnob(stack, "dim")) *
                              floatKnob(stack, "ff_mult", layer));
}

namespace {
/// One feedforward: its knobs and the ops it is made of.
class Feedforward {
public:
  Feedforward(Expander &e, const Sublayer &sub)
      : e(e), layer(sub.layer), name(sub.prefix()),
        width(feedforwardWidth(e.stack, sub.layer)) {}

  Value expand(Value x) {
    bool bias = !isOn("ff_no_bias");
    // The projection of a gated one keeps its bias in any case.
    bool gated = isOn("ff_glu");
    Value hidden =
        e.linear(name + "ff_in", x, gated ? 2 * width : width, bias || gated);
    hidden = gated ? gate(hidden) : activate(hidden);
    if (isOn("ff_post_act_ln"))
      hidden = normed(name + "ff_norm", hidden);
    return e.linear(name + "ff_out", hidden, e.dim(), bias);
  }

private:
  bool isOn(StringRef knob) { return boolKnob(e.stack, knob, layer); }

  /// The word of the activation; a custom one wins over all others, the square
  /// over the swish.
  StringRef activation() {
    StringRef custom = wordKnob(e.stack, "ff_custom_activation", layer);
    if (custom != "none")
      return custom;
    return isOn("ff_relu_squared") ? "relu2"
           : isOn("ff_swish")      ? "silu"
                                   : "gelu";
  }

  static Scalar apply(Scalars &s, StringRef word, Scalar x) {
    if (word == "gelu")
      return s.gelu(x);
    if (word == "silu")
      return s.silu(x);
    if (word == "tanh")
      return s.tanh(x);
    if (word == "sigmoid")
      return s.sigmoid(x);
    if (word == "gelu_tanh")
      return geluTanh(s, x);
    Scalar zero = s.constant(0);
    Scalar positive = s.max(x, zero);
    return word == "relu" ? positive : s.mul(positive, positive);
  }

  /// x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))
  static Scalar geluTanh(Scalars &s, Scalar x) {
    Scalar cubic = s.mul(s.mul(x, x), x);
    Scalar small = s.constant(0.044715);
    Scalar inner = s.add(x, s.mul(cubic, small));
    Scalar root = s.constant(0.7978845608028654);
    Scalar tanh = s.tanh(s.mul(inner, root));
    Scalar one = s.constant(1), half = s.constant(0.5);
    return s.mul(s.mul(x, half), s.add(tanh, one));
  }

  Value activate(Value x) {
    if (hasKnob(e.stack, "ff_softclamp_value"))
      x = clamped(x);
    if (isOn("ff_solu"))
      return solu(x);
    StringRef word = activation();
    std::string where = name + "activation";
    if (auto kind = symbolizeActivationKind(word)) {
      e.setName(e.tower + where);
      return e.b.create<ActivationOp>(x.getType(), *kind, x);
    }
    return e.map(where, x, {}, width,
                 [&](Scalars &s, Scalar c, Scalar, Scalar) {
                   return apply(s, word, s.read(0, c));
                 });
  }

  Value clamped(Value x) {
    double bound = floatKnob(e.stack, "ff_softclamp_value", layer);
    return e.map(name + "softclamp", x, {}, width,
                 [&](Scalars &s, Scalar c, Scalar, Scalar) {
                   return s.softclamp(s.read(0, c), bound);
                 });
  }

  /// LayerNorm of softmax(x) * x.
  Value solu(Value x) {
    Value weights = e.norm(name + "solu", NormKind::Softmax, x, 0);
    Value product = e.map(name + "solu.product", {weights, x}, {}, width,
                          [&](Scalars &s, Scalar c, Scalar, Scalar) {
                            Scalar weight = s.read(0, c);
                            return s.mul(weight, s.read(1, c));
                          });
    return normed(name + "solu.norm", product);
  }

  /// The first half times the activation of the second.
  Value gate(Value x) {
    SmallVector<FlatSymbolRefAttr> tables;
    if (isOn("ff_glu_mult_bias"))
      tables.push_back(e.weight(name + "ff_gain", {width}));
    SmallVector<Value> operands = {x};
    // An activation that looks at the whole half is not done in the map.
    if (isOn("ff_solu"))
      operands.push_back(solu(secondHalf(x)));
    return e.map(name + "gate", operands, tables, width,
                 [&](Scalars &s, Scalar c, Scalar, Scalar) {
                   Scalar y;
                   if (operands.size() > 1) {
                     Scalar up = s.read(0, c);
                     y = s.mul(up, s.read(1, c));
                   } else {
                     Scalar half = s.integer(width);
                     Scalar up = s.read(0, c);
                     Scalar second = s.add(c, half);
                     y = gated(s, up, s.read(0, second));
                   }
                   return tables.empty() ? y : s.mul(y, s.table(0, c));
                 });
  }

  Value secondHalf(Value x) {
    return e.map(name + "gate.half", x, {}, width,
                 [&](Scalars &s, Scalar c, Scalar, Scalar) {
                   Scalar half = s.integer(width);
                   return s.read(0, s.add(c, half));
                 });
  }

  /// With clamps: clamp(up) * clamp(z) * cdf(z), the gate's factor unclamped.
  Scalar gated(Scalars &s, Scalar up, Scalar z) {
    if (!isOn("ff_glu_softclamp"))
      return s.mul(up, apply(s, activation(), z));
    up =
        s.softclamp(up, floatKnob(e.stack, "ff_glu_up_softclamp_value", layer));
    Scalar factor;
    if (activation() == "silu") {
      factor = s.sigmoid(z);
    } else {
      Scalar root = s.constant(0.7071067811865476);
      Scalar one = s.constant(1), half = s.constant(0.5);
      Scalar cdf = s.add(s.erf(s.mul(z, root)), one);
      factor = s.mul(cdf, half);
    }
    Scalar bounded = s.softclamp(
        z, floatKnob(e.stack, "ff_glu_gate_softclamp_value", layer));
    return s.mul(up, s.mul(bounded, factor));
  }

  /// A LayerNorm of the hidden width; its gain is stored as it is.
  Value normed(const std::string &norm, Value x) {
    return e.norm(norm, NormKind::Layer, x, 1e-5,
                  e.weight(norm + ".gain", {width}));
  }

  Expander &e;
  unsigned layer;
  std::string name;
  int64_t width;
};
} // namespace

Value expandFeedforward(Expander &e, const Sublayer &sub, Value y) {
  return Feedforward(e, sub).expand(y);
}

} // namespace xf::expand
