// What follows the weighted sum of values: the logarithm of laser, gains and
// gates per head and feature, orthogonal values, the output projection, and
// zeros where the query is masked.
#include "compiler/Transforms/Expand/AttentionState.h"

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

/// log, head gain and head gate in one pass, each where it is on.
static Value scaleHeads(AttentionState &a, Value heads) {
  const AttentionOptions &o = a.o;
  if (!o.laser && !o.headScale && !o.gateValueHeads)
    return heads;
  SmallVector<Value> operands = {heads};
  SmallVector<FlatSymbolRefAttr> tables;
  if (o.headScale)
    tables.push_back(
        a.reshaped("head_scale_params", {1, o.heads, 1, 1}, {o.heads}));
  if (o.gateValueHeads)
    operands.push_back(
        a.e.linear(a.prefix + "to_v_head_gate", a.branch.q, o.heads, true));
  return a.e.map(a.prefix + "scaled_heads", operands, tables, getWidth(heads),
                 [&](Scalars &s, Scalar c, Scalar, Scalar) {
                   Scalar value = s.read(0, c);
                   if (o.laser)
                     value = s.log(s.max(value, s.constant(1e-20)));
                   Scalar head = s.div(c, s.integer(o.valueDim));
                   if (o.headScale)
                     value = s.mul(value, s.table(0, head));
                   if (o.gateValueHeads)
                     value = s.mul(value, s.sigmoid(s.read(1, head)));
                   return value;
                 });
}

/// The logits of a gate on the merged heads: a linear of `x`, of full or low
/// rank, per feature or per head.
static Value gateLogits(AttentionState &a, StringRef name, Value x,
                        const AttentionOptions::Gate &gate) {
  int64_t width = gate.headwise ? a.o.heads : a.o.valueWidth();
  std::string full = a.prefix + name.str();
  if (!gate.rank)
    return a.e.linear(full, x, width, false);
  Value low = a.e.linear(full + ".down", x, *gate.rank, false);
  if (a.o.lowRankSilu) {
    a.e.setName(Twine(a.e.tower) + full + ".silu");
    low = a.e.b.create<ActivationOp>(low.getType(), ActivationKind::Silu, low);
  }
  return a.e.linear(full + ".up", low, width, false);
}

/// Heads times one activation of the sum of both gates' logits.
static Value gateHeads(AttentionState &a, Value heads) {
  const AttentionOptions &o = a.o;
  SmallVector<Value> operands = {heads};
  SmallVector<bool> headwise;
  auto addGate = [&](StringRef name, Value x,
                     const AttentionOptions::Gate &gate) {
    if (!gate.on)
      return;
    operands.push_back(gateLogits(a, name, x, gate));
    headwise.push_back(gate.headwise);
  };
  addGate("to_v_gate", a.branch.q, o.valueGate);
  addGate("to_output_gate", heads, o.outputGate);
  if (headwise.empty())
    return heads;
  return a.e.map(a.prefix + "gated_heads", operands, {}, getWidth(heads),
                 [&](Scalars &s, Scalar c, Scalar, Scalar) {
                   Scalar head = s.div(c, s.integer(o.valueDim));
                   Scalar logit;
                   for (auto [number, perHead] : llvm::enumerate(headwise)) {
                     Scalar next = s.read(number + 1, perHead ? head : c);
                     logit = logit ? s.add(logit, next) : next;
                   }
                   Scalar gate =
                       o.swigluValues ? s.silu(logit) : s.sigmoid(logit);
                   return s.mul(s.read(0, c), gate);
                 });
}

/// `x` minus its projection on `values` (tiled to the heads), rows and columns
/// of a sequence taken as one long vector.
static Value rejectValues(AttentionState &a, Value x, Value values) {
  int64_t width = getWidth(x), tile = getWidth(values);
  auto column = [&](Scalars &s, Scalar c) { return s.rem(c, s.integer(tile)); };
  // Columns of the sums: x . values, values . values.
  Value products =
      a.e.map(a.prefix + "orthog_products", {x, values}, {}, 2 * width,
              [&](Scalars &s, Scalar c, Scalar, Scalar) {
                Scalar place = s.rem(c, s.integer(width));
                Scalar value = s.read(1, column(s, place));
                Scalar isFirst = s.less(c, s.integer(width));
                Scalar other = s.select(isFirst, s.read(0, place), value);
                return s.mul(other, value);
              });
  Value sums = a.e.pool(a.prefix + "orthog_sums", PoolKind::Sum, products);
  MLIRContext *context = a.e.b.getContext();
  RecipeAttr ones = RecipeAttr::fill(context, {1, width}, 1),
             zeros = RecipeAttr::fill(context, {1, width}, 0);
  RecipeAttr rows[] = {RecipeAttr::concat(1, {ones, zeros}),
                       RecipeAttr::concat(1, {zeros, ones})};
  Value totals = a.e.linear(
      a.prefix + "orthog_totals", sums, 2,
      a.e.weight(a.prefix + "orthog_totals", RecipeAttr::concat(0, rows)), {});
  return a.e.map(a.prefix + "orthog", {x, values, totals}, {}, width,
                 [&](Scalars &s, Scalar c, Scalar, Scalar) {
                   Scalar squares = s.max(s.read(2, 1), s.constant(1e-24));
                   Scalar along = s.div(s.read(2, 0), squares);
                   Scalar value = s.read(1, column(s, c));
                   Scalar own = s.read(0, c);
                   return s.sub(own, s.mul(along, value));
                 });
}

/// With both knobs x-transformers projects twice and puts the two side by side.
static Value rejectOwnValues(AttentionState &a, Value heads) {
  int64_t times = a.o.orthogValues + a.o.orthogValuesPerHead;
  if (times == 0)
    return heads;
  Value once = rejectValues(a, heads, a.ownValues);
  int64_t width = getWidth(once);
  if (times == 1)
    return once;
  return a.e.map(a.prefix + "orthog_twice", once, {}, times * width,
                 [&](Scalars &s, Scalar c, Scalar, Scalar) {
                   return s.read(0, s.rem(c, s.integer(width)));
                 });
}

/// One head has nothing to mix: x-transformers leaves the projection out.
static Value projectOut(AttentionState &a, Value heads) {
  const AttentionOptions &o = a.o;
  int64_t dim = a.e.dim();
  if (o.onAttn) {
    Value both = a.e.linear(a.prefix + "to_out", heads, 2 * dim, o.bias);
    return a.e.map(a.prefix + "on_attn", both, {}, dim,
                   [&](Scalars &s, Scalar c, Scalar, Scalar) {
                     Scalar gate = s.read(0, s.add(c, s.integer(dim)));
                     Scalar value = s.read(0, c);
                     return s.mul(value, s.sigmoid(gate));
                   });
  }
  if (!o.projectOut.value_or(o.heads > 1))
    return heads;
  return a.e.linear(a.prefix + "to_out", heads, dim, o.bias);
}

/// What a masked query gives is dropped.
static Value dropMaskedRows(AttentionState &a, Value out) {
  Value mask = a.rowMask();
  if (!mask)
    return out;
  return a.e.map(a.prefix + "kept_rows", {out, mask}, {}, getWidth(out),
                 [&](Scalars &s, Scalar c, Scalar, Scalar) {
                   Scalar zero = s.constant(0);
                   Scalar isKept = s.less(zero, s.read(1, 0));
                   return s.select(isKept, s.read(0, c), zero);
                 });
}

Value finishHeads(AttentionState &a, Value heads) {
  heads = scaleHeads(a, heads);
  heads = gateHeads(a, heads);
  heads = rejectOwnValues(a, heads);
  return dropMaskedRows(a, projectOut(a, heads));
}

} // namespace xf::expand
