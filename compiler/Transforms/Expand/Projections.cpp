// Queries, keys and values of an attention, straight or through a latent, and
// the value residual.
#include "compiler/Transforms/Expand/AttentionState.h"

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

/// `x` beside `y`, column by column.
static Value beside(Expander &e, const Twine &name, Value x, Value y) {
  int64_t left = getWidth(x), right = getWidth(y);
  return e.map(name, {x, y}, {}, left + right,
               [&](Scalars &s, Scalar c, Scalar, Scalar) {
                 Scalar limit = s.integer(left);
                 Scalar isLeft = s.less(c, limit);
                 Scalar inLeft = s.min(c, s.integer(left - 1));
                 Scalar inRight = s.max(s.sub(c, limit), s.integer(0));
                 Scalar a = s.read(0, inLeft);
                 Scalar b = s.read(1, inRight);
                 return s.select(isLeft, a, b);
               });
}

static Value projectKeys(AttentionState &a, Value input) {
  const AttentionOptions &o = a.o;
  if (!o.latentRopeSubheads)
    return a.e.linear(a.prefix + "to_k", input, o.keyWidth(), o.bias);
  // The last heads do not go through the latent.
  int64_t own = *o.latentRopeSubheads * o.headDim;
  Value latent =
      a.e.linear(a.prefix + "to_k", input, o.keyWidth() - own, o.bias);
  Value direct =
      a.e.linear(a.prefix + "to_rotateable_k", a.branch.k, own, false);
  return beside(a.e, a.prefix + "keys", latent, direct);
}

/// first + mix * (v - first), where the mix is one half or learned per head.
static Value mixValues(AttentionState &a) {
  int64_t valueDim = a.o.valueDim, width = getWidth(a.v);
  SmallVector<Value> operands = {a.v, a.firstValues};
  if (a.o.learnedValueMix)
    operands.push_back(a.e.linear(a.prefix + "to_value_residual_mix.0",
                                  a.branch.q, a.o.heads, true));
  return a.e.map(a.prefix + "value_residual", operands, {}, width,
                 [&](Scalars &s, Scalar c, Scalar, Scalar) {
                   Scalar mix;
                   if (a.o.learnedValueMix) {
                     Scalar head = s.div(c, s.integer(valueDim));
                     mix = s.sigmoid(s.read(2, head));
                   } else {
                     mix = s.constant(0.5);
                   }
                   Scalar own = s.read(0, c);
                   Scalar first = s.read(1, c);
                   Scalar change = s.mul(mix, s.sub(own, first));
                   return s.add(first, change);
                 });
}

void projectHeads(AttentionState &a) {
  const AttentionOptions &o = a.o;
  Value queryInput = a.branch.q, keyInput = a.branch.k, valueInput = a.branch.v;
  if (o.latentQ)
    queryInput =
        a.e.linear(a.prefix + "to_latent_q", queryInput, *o.latentQ, false);
  if (o.latentKv)
    keyInput = valueInput =
        a.e.linear(a.prefix + "to_latent_kv", keyInput, *o.latentKv, false);
  a.q = a.e.linear(a.prefix + "to_q", queryInput, o.innerWidth(), o.bias);
  a.k = projectKeys(a, keyInput);
  a.v =
      a.e.linear(a.prefix + "to_v", valueInput, o.kvHeads * o.valueDim, o.bias);
}

void mixFirstValues(AttentionState &a) {
  if (a.firstValues)
    a.v = mixValues(a);
}

} // namespace xf::expand
