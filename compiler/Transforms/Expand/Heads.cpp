// The heads on top of the stack: logits over the vocabulary in their variants.
#include "compiler/Transforms/Expand/Blocks.h"

#include <cmath>

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

namespace {
/// One vocabulary head.
class Head {
public:
  Head(Expander &e, int64_t number) : e(e), number(number) {}

  Value expand(Value y) {
    if (isOn("mixture_of_softmax"))
      return mixture(y);
    Value logits = linear(y);
    return isOn("sigsoftmax_logits") ? sigsoftmax(logits) : logits;
  }

private:
  bool isOn(StringRef knob) { return boolKnob(e.wrapper, knob); }

  int64_t width() {
    bool own = hasKnob(e.wrapper, "logits_dim") && !isOn("tie_embedding");
    return intKnob(e.wrapper, own ? "logits_dim" : "num_tokens");
  }

  /// The table of the embedding, scaled, where they are tied.
  Value linear(Value y) {
    int64_t dim = e.dim();
    std::string name = "to_logits";
    if (intKnob(e.wrapper, "num_output_heads") > 1)
      name += "." + std::to_string(number);
    if (!isOn("tie_embedding"))
      return e.linear(name, y, width(), /*hasBias=*/false);
    double scale = hasKnob(e.wrapper, "tie_embedding_scale")
                       ? floatKnob(e.wrapper, "tie_embedding_scale")
                       : 1 / std::sqrt(static_cast<double>(dim));
    RecipeAttr table = e.tensor("token_emb.weight", {width(), dim});
    return e.linear(name, y, width(),
                    e.weight(name, RecipeAttr::scale(table, scale)), {});
  }

  /// z + log(sigmoid(z))
  Value sigsoftmax(Value logits) {
    return e.map("sigsoftmax", logits, {}, getWidth(logits),
                 [](Scalars &s, Scalar c, Scalar, Scalar) {
                   Scalar z = s.read(0, c);
                   return s.sub(z, s.softplus(s.neg(z)));
                 });
  }

  /// log(max(sum_k share_k softmax(head(M_k y)), 1e-20))
  Value mixture(Value y) {
    int64_t count = intKnob(e.wrapper, "mixture_of_softmax_k"), dim = e.dim();
    Value mixed = e.linear("to_mixture.0", y, count * dim, false);
    Value shares = e.norm("mixture.shares", NormKind::Softmax,
                          e.linear("combine_mixture", y, count, false), 0);
    SmallVector<Value> operands = {shares};
    for (int64_t k = 0; k < count; ++k) {
      Value part = e.slice("mixture.part", mixed, k * dim, dim);
      operands.push_back(
          e.norm("mixture.softmax", NormKind::Softmax, linear(part), 0));
    }
    auto body = [&](Scalars &s, Scalar c, Scalar, Scalar) {
      Scalar sum;
      for (int64_t k = 0; k < count; ++k) {
        Scalar share = s.read(0, k);
        Scalar part = s.mul(s.read(k + 1, c), share);
        sum = sum ? s.add(sum, part) : part;
      }
      Scalar least = s.constant(1e-20);
      return s.log(s.max(sum, least));
    };
    return e.map("mixture.log", operands, {}, width(), body);
  }

  Expander &e;
  int64_t number;
};
} // namespace

Value expandLogits(Expander &e, Value y, int64_t head, int64_t parts) {
  int64_t width = getWidth(y) / parts;
  SmallVector<Value> logits;
  for (int64_t part = 0; part < parts; ++part)
    logits.push_back(
        Head(e, head).expand(e.slice("head.part", y, part * width, width)));
  return sideBySide(e, "head.parts", logits);
}

} // namespace xf::expand
