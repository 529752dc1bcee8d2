// `attn_pool`: learned queries attend over the rows of a sequence. The queries
// are constants, so their logits are a linear of the rows, and the softmax over
// rows is a maximum and two sums per sequence.
#include "compiler/Transforms/Expand/Blocks.h"

#include <cmath>

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

namespace {
/// One cross attention of P learned queries.
class PoolAttention {
public:
  PoolAttention(Expander &e, Value x)
      : e(e), x(x), mask(e.input("mask")), dim(e.dim()),
        heads(intKnob(e.stack, "heads")),
        headDim(intKnob(e.stack, "attn_dim_head")),
        queries(intKnob(e.wrapper, "num_pooled_tokens")) {}

  Value expand() {
    int64_t inner = heads * headDim;
    Value weights = exponentials(
        e.linear("attn_pool.logits", x, queries * heads, logitMatrix(), {}));
    Value values = e.linear("attn_pool.pooler.to_v", x, inner, false);
    Value products =
        e.map("attn_pool.products", {weights, values}, {}, queries * inner,
              [&](Scalars &s, Scalar c, Scalar, Scalar) {
                Scalar column = s.rem(c, s.integer(inner));
                Scalar head = s.div(c, s.integer(headDim));
                Scalar weight = s.read(0, head);
                return s.mul(s.read(1, column), weight);
              });
    Value sum = e.pool("attn_pool.sum", PoolKind::Sum, products);
    Value total = e.pool("attn_pool.total", PoolKind::Sum, weights);
    Value merged = e.map("attn_pool.merged", {sum, total}, {}, queries * inner,
                         [&](Scalars &s, Scalar c, Scalar, Scalar) {
                           Scalar head = s.div(c, s.integer(headDim));
                           Scalar divisor = s.read(1, head);
                           return s.div(s.read(0, c), divisor);
                         });
    SmallVector<Value> outputs;
    for (int64_t q = 0; q < queries; ++q)
      outputs.push_back(
          project(e.slice("attn_pool.query", merged, q * inner, inner), inner));
    return sideBySide(e, "attn_pool.side_by_side", outputs);
  }

private:
  /// One head has no output projection.
  Value project(Value merged, int64_t inner) {
    if (heads == 1 && inner == dim)
      return merged;
    return e.linear("attn_pool.pooler.to_out", merged, dim, false);
  }

  /// Row p * heads + h: scale * (query p's head h) times the head's key matrix.
  FlatSymbolRefAttr logitMatrix() {
    int64_t inner = heads * headDim;
    RecipeAttr projected = RecipeAttr::matmul(
        e.tensor("attn_pool.queries", {queries, dim}),
        e.tensor("attn_pool.pooler.to_q.weight", {inner, dim}));
    projected = RecipeAttr::scale(projected,
                                  1 / std::sqrt(static_cast<double>(headDim)));
    RecipeAttr keys = RecipeAttr::transpose(
        e.tensor("attn_pool.pooler.to_k.weight", {inner, dim}));
    SmallVector<RecipeAttr> columns;
    for (int64_t head = 0; head < heads; ++head)
      columns.push_back(RecipeAttr::reshape(
          RecipeAttr::matmul(
              RecipeAttr::slice(projected, 1, head * headDim, headDim),
              RecipeAttr::slice(keys, 1, head * headDim, headDim)),
          {queries, 1, dim}));
    RecipeAttr all =
        columns.size() == 1 ? columns.front() : RecipeAttr::concat(1, columns);
    return e.weight("attn_pool.logits",
                    RecipeAttr::reshape(all, {queries * heads, dim}));
  }

  /// exp(logit - the sequence's largest), 0 where the mask leaves a row out.
  /// Memory rows do not belong to the output that is pooled.
  Value exponentials(Value logits) {
    int64_t memory = e.memoryTokens(), width = getWidth(logits);
    SmallVector<Value> operands = {logits};
    if (mask)
      operands.push_back(mask);
    auto body = [&](Scalars &s, Scalar c, Scalar i, Scalar) {
      Scalar masked = s.constant(-3.4028234663852886e38);
      Scalar keep = s.greaterEqual(i, s.integer(memory));
      if (mask) {
        Scalar isKept = s.greater(s.read(1, 0), s.constant(0));
        keep = s.both(keep, isKept);
      }
      return s.select(keep, s.read(0, c), masked);
    };
    if (mask || memory)
      logits = e.map("attn_pool.masked", operands, {}, width, body);
    Value largest = e.pool("attn_pool.max", PoolKind::Max, logits);
    return e.map("attn_pool.exp", {logits, largest}, {}, width,
                 [](Scalars &s, Scalar c, Scalar, Scalar) {
                   Scalar most = s.read(1, c);
                   return s.exp(s.sub(s.read(0, c), most));
                 });
  }

  Expander &e;
  Value x, mask;
  int64_t dim, heads, headDim, queries;
};
} // namespace

Value attentionPool(Expander &e, Value x) {
  return PoolAttention(e, x).expand();
}

} // namespace xf::expand
