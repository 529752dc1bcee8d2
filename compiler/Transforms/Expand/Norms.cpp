// The norms of the stream: which arithmetic, and the weights of each.
#include "compiler/Transforms/Expand/Blocks.h"

#include <cmath>

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

/// What a vector is divided by at least, torch's `normalize`.
static constexpr double kUnitEps = 1e-12;

namespace {
/// One norm of the stream: `streams` equal parts of a row are normed apart, by
/// the same weights.
class StreamNorm {
public:
  StreamNorm(Expander &e, std::string name, Value x, int64_t streams)
      : e(e), name(std::move(name)), x(x), streams(streams),
        width(getWidth(x) / streams) {}

  Value layer(double eps) {
    FlatSymbolRefAttr gain = spread(".gain"), bias;
    if (isOn("norm_bias"))
      bias = spread(".bias");
    return e.norm(name, NormKind::Layer, x, eps, gain, bias, streams);
  }

  /// unit(x) * sqrt(width) * gain; no gain: `stored` is null.
  Value rms(RecipeAttr stored) {
    double factor = std::sqrt(static_cast<double>(width));
    std::string symbol = name + ".gain";
    RecipeAttr gain;
    if (stored) {
      gain = RecipeAttr::scale(stored, factor);
    } else {
      gain = RecipeAttr::fill(e.b.getContext(), {width}, factor);
      symbol = "root_of_width." + std::to_string(width);
    }
    if (streams > 1) {
      gain = RecipeAttr::repeat(gain, 0, streams);
      symbol += "." + std::to_string(streams);
    }
    return e.norm(name, NormKind::L2, x, kUnitEps, e.weight(symbol, gain), {},
                  streams);
  }

  Value rmsWithGain() { return rms(e.tensor(name + ".gain", {width})); }
  Value rmsWithOneGain() {
    return rms(RecipeAttr::repeat(e.tensor(name + ".gain", {1}), 0, width));
  }

  /// tanh(alpha x) * gain + bias. With a unit offset x-transformers stores
  /// alpha minus its initial value.
  Value tanh() {
    RecipeAttr alpha = scalar(".tanh_scale");
    if (isOn("norm_add_unit_offset"))
      alpha =
          RecipeAttr::add(alpha, floatKnob(e.stack, "dynamic_tanh_init_alpha"));
    return squash(alpha, {});
  }

  /// erf(alpha x + shift) * gain + bias.
  Value erf() { return squash(scalar(".alpha"), scalar(".shift")); }

  /// The norm without gain, times 1 + a linear of the condition.
  Value adaptive(bool isLayer) {
    Value normed = isLayer
                       ? e.norm(name, NormKind::Layer, x,
                                floatKnob(e.stack, "norm_eps"), {}, {}, streams)
                       : rms({});
    Value gain = e.linear(name + ".to_gamma", conditionOf(e), width, false);
    return e.map(name + ".scaled", {normed, gain}, {}, getWidth(x),
                 [&](Scalars &s, Scalar c, Scalar, Scalar) {
                   Scalar factor = s.read(1, column(s, c));
                   factor = s.add(factor, s.constant(1));
                   return s.mul(s.read(0, c), factor);
                 });
  }

private:
  bool isOn(StringRef knob) { return boolKnob(e.stack, knob); }

  RecipeAttr scalar(StringRef suffix) {
    return RecipeAttr::reshape(e.tensor(name + suffix, {}), {1});
  }

  /// A vector of the file, once for every stream.
  FlatSymbolRefAttr spread(StringRef suffix) {
    std::string symbol = (name + suffix).str();
    if (streams == 1)
      return e.weight(symbol, {width});
    return e.weight(symbol,
                    RecipeAttr::repeat(e.tensor(symbol, {width}), 0, streams));
  }

  /// The column within its stream.
  Scalar column(Scalars &s, Scalar c) {
    return streams == 1 ? c : s.rem(c, s.integer(width));
  }

  Value squash(RecipeAttr alpha, RecipeAttr shift) {
    SmallVector<FlatSymbolRefAttr> tables = {e.weight(name + ".alpha", alpha),
                                             e.weight(name + ".gain", {width}),
                                             e.weight(name + ".bias", {width})};
    if (shift)
      tables.push_back(e.weight(name + ".shift", shift));
    return e.map(name, x, tables, getWidth(x),
                 [&](Scalars &s, Scalar c, Scalar, Scalar) {
                   Scalar zero = s.integer(0), own = column(s, c);
                   Scalar steep = s.table(0, zero);
                   Scalar y = s.mul(s.read(0, c), steep);
                   y = shift ? s.erf(s.add(y, s.table(3, zero))) : s.tanh(y);
                   Scalar gain = s.table(1, own), bias = s.table(2, own);
                   return s.add(s.mul(y, gain), bias);
                 });
  }

  Expander &e;
  std::string name;
  Value x;
  int64_t streams, width;
};
} // namespace

Value streamNorm(Expander &e, const Twine &name, Value x, int64_t streams) {
  StreamNorm norm(e, name.str(), x, streams);
  auto isOn = [&](StringRef knob) { return boolKnob(e.stack, knob); };
  if (isOn("use_scalenorm"))
    return norm.rmsWithOneGain();
  if (isOn("use_rmsnorm"))
    return norm.rmsWithGain();
  if (isOn("use_simple_rmsnorm"))
    return norm.rms({});
  if (isOn("use_dynamic_tanh"))
    return norm.tanh();
  if (isOn("use_derf"))
    return norm.erf();
  if (isOn("use_adaptive_layernorm") || isOn("use_adaptive_rmsnorm"))
    return norm.adaptive(/*isLayer=*/isOn("use_adaptive_layernorm"));
  return norm.layer(floatKnob(e.stack, "norm_eps"));
}

Value layerNorm(Expander &e, const Twine &name, Value x) {
  return StreamNorm(e, name.str(), x, 1).layer(floatKnob(e.stack, "norm_eps"));
}

Value conditionOf(Expander &e) {
  Value condition = e.input("condition");
  if (!condition || !boolKnob(e.stack, "adaptive_condition_mlp"))
    return condition;
  int64_t width = getWidth(condition) *
                  intKnob(e.stack, "adaptive_condition_mlp_expansion");
  Value hidden = e.linear("adaptive_mlp", condition, width, false);
  e.setName("adaptive_mlp.activation");
  return e.b.create<ActivationOp>(hidden.getType(), ActivationKind::Silu,
                                  hidden);
}

} // namespace xf::expand
