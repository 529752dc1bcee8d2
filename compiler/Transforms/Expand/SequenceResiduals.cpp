// Residual rules that look at the whole sequence: adding only what is
// orthogonal to the stream, and scaling the mean and the deviation from it
// apart.
#include "compiler/Transforms/Expand/Blocks.h"
#include "compiler/Transforms/Expand/Residual.h"

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

namespace {

/// x + out - projection of out on x, both taken as one vector per sequence.
class OrthogonalResidual : public ResidualRule {
public:
  explicit OrthogonalResidual(Expander &e) : e(e) {}

  Value close(const Sublayer &sub, Value x, Value out) override {
    x = scaledResidual(e, sub, x);
    std::string name = sub.prefix() + "orthogonal";
    Value both = innerProduct(e, name + ".both", out, x);
    Value square = innerProduct(e, name + ".square", x, x);
    auto body = [](Scalars &s, Scalar c, Scalar, Scalar) {
      Scalar least = s.constant(1e-12);
      Scalar norm = s.max(s.sqrt(s.read(3, 0)), least);
      Scalar dot = s.div(s.read(2, 0), norm);
      Scalar x = s.read(1, c);
      Scalar projection = s.mul(dot, s.div(x, norm));
      Scalar rest = s.sub(s.read(0, c), projection);
      return s.add(x, rest);
    };
    return e.map(name, {out, x, both, square}, {}, e.dim(), body);
  }

private:
  Expander &e;
};

/// x + beta (out - mean(out)) + alpha (mean(out) - mean(x)); the factors are
/// vectors, or with `learned` linear in mean(out).
class MeanSplitResidual : public ResidualRule {
public:
  explicit MeanSplitResidual(Expander &e) : e(e) {}

  Value close(const Sublayer &sub, Value x, Value out) override {
    x = scaledResidual(e, sub, x);
    std::string name = sub.prefix() + "mean_split";
    Value meanOut = maskedMean(e, out, 0, 0), meanX = maskedMean(e, x, 0, 0);
    auto learned =
        dictKnob(e.stack, "residual_fn_kwargs").getAs<BoolAttr>("learned");
    SmallVector<Value> operands = {x, out, meanX, meanOut};
    SmallVector<FlatSymbolRefAttr> tables;
    bool isLearned = learned && learned.getValue();
    if (isLearned) {
      for (StringRef factor : {".to_alpha", ".to_beta"})
        operands.push_back(e.linear(name + factor, meanOut, e.dim(), true));
    } else {
      for (StringRef factor : {".alpha", ".beta"})
        tables.push_back(e.weight(name + factor, {e.dim()}));
    }
    auto body = [&](Scalars &s, Scalar c, Scalar, Scalar) {
      Scalar alpha = isLearned ? s.read(4, c) : s.table(0, c);
      Scalar beta = isLearned ? s.read(5, c) : s.table(1, c);
      Scalar meanX = s.read(2, c), mean = s.read(3, c);
      Scalar deviation = s.sub(s.read(1, c), mean);
      Scalar y = s.add(s.mul(deviation, beta), s.read(0, c));
      Scalar step = s.sub(mean, meanX);
      return s.add(y, s.mul(step, alpha));
    };
    return e.map(name, operands, tables, e.dim(), body);
  }

private:
  Expander &e;
};

} // namespace

std::unique_ptr<ResidualRule> makeOrthogonalResidual(Expander &e) {
  return std::make_unique<OrthogonalResidual>(e);
}

std::unique_ptr<ResidualRule> makeMeanSplitResidual(Expander &e) {
  return std::make_unique<MeanSplitResidual>(e);
}

} // namespace xf::expand
