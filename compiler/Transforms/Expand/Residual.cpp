// The residual sum of one stream, with its scales, and the GRU in its place.
#include "compiler/Transforms/Expand/Residual.h"

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

Value scaledResidual(Expander &e, const Sublayer &sub, Value x) {
  if (!switchKnob(e.stack, "scale_residual"))
    return x;
  std::string name = sub.prefix() + "residual_scale";
  return e.map(name, x, e.weight(name, {e.dim()}), e.dim(),
               [](Scalars &s, Scalar c, Scalar, Scalar) {
                 Scalar scale = s.table(0, c);
                 return s.mul(s.read(0, c), scale);
               });
}

namespace {

/// out + c * x, c from `scale_residual_constant`.
class SumResidual : public ResidualRule {
public:
  explicit SumResidual(Expander &e) : e(e) {}

  Value close(const Sublayer &sub, Value x, Value out) override {
    x = scaledResidual(e, sub, x);
    double factor = floatKnob(e.stack, "scale_residual_constant");
    if (factor != 1)
      x = e.map(sub.prefix() + "residual_constant", x, {}, e.dim(),
                [&](Scalars &s, Scalar c, Scalar, Scalar) {
                  Scalar constant = s.constant(factor);
                  return s.mul(s.read(0, c), constant);
                });
    return e.add(sub.prefix() + "residual", out, x);
  }

private:
  Expander &e;
};

/// A GRU cell whose input is the branch's output and whose state is the stream.
class GatedResidual : public ResidualRule {
public:
  explicit GatedResidual(Expander &e) : e(e) {}

  Value close(const Sublayer &sub, Value x, Value out) override {
    x = scaledResidual(e, sub, x);
    std::string name = sub.prefix() + "gru";
    Value fromOut = project(name + ".input", out);
    Value fromState = project(name + ".state", x);
    int64_t dim = e.dim();
    auto body = [&](Scalars &s, Scalar c, Scalar, Scalar) {
      // Rows of the weights: reset, update, new.
      Scalar wide = s.integer(dim), wider = s.integer(2 * dim);
      Scalar second = s.add(c, wide), third = s.add(c, wider);
      auto gate = [&](Scalar column) {
        Scalar input = s.read(0, column);
        return s.sigmoid(s.add(input, s.read(1, column)));
      };
      Scalar reset = gate(c);
      Scalar update = gate(second);
      Scalar kept = s.mul(s.read(1, third), reset);
      Scalar candidate = s.tanh(s.add(s.read(0, third), kept));
      Scalar one = s.constant(1);
      Scalar fresh = s.mul(s.sub(one, update), candidate);
      Scalar old = s.mul(s.read(2, c), update);
      return s.add(fresh, old);
    };
    return e.map(name, {fromOut, fromState, x}, {}, dim, body);
  }

private:
  Value project(const std::string &name, Value x) {
    return e.linear(name, x, 3 * e.dim(), /*hasBias=*/true);
  }

  Expander &e;
};

} // namespace

std::unique_ptr<ResidualRule> makeResidualRule(Expander &e) {
  auto isOn = [&](StringRef name) { return boolKnob(e.stack, name); };
  if (isOn("gated_multi_residual"))
    return makeGatedStreams(e);
  if (intKnob(e.stack, "num_residual_streams") > 1)
    return makeHyperConnections(e);
  if (isOn("gate_residual"))
    return std::make_unique<GatedResidual>(e);
  if (isOn("orthog_residual"))
    return makeOrthogonalResidual(e);
  if (isOn("mv_split_residual"))
    return makeMeanSplitResidual(e);
  return std::make_unique<SumResidual>(e);
}

} // namespace xf::expand
