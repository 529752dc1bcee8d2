// softmax(score) V for the query rows and heads of one crop, all keys of their
// sequence (variant `blocked`).
//
// Queries go in blocks of tile_q, the last ones of a crop in a lower block if
// they fit; a block has scratch, [queries, keys] with the queries innermost, so
// that the dot products read keys as scalars, the softmax has no horizontal
// step, and no vector has a tail over the keys. Scores are written to it by
// tiles of keys, with the largest so far, and turned into weights in place,
// with their sum. What a query gets is a function of its lane alone, with
// chains over d and over the keys in ascending order: it does not depend on the
// block or the crop. Lanes past the crop repeat its last query and are not
// stored.
//
// Keys that mask_mod takes from a whole block are skipped. They would add
// weights of exactly 0, so that it shows in time and scratch only. Extra keys
// come before those of the sequence, one by one.
#include "compiler/Kernels/AttentionInputs.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace xf::kernels {

using Halide::Func;
using Halide::RDom;
using Halide::RVar;
using Halide::Var;
using Halide::Internal::Call;
using Halide::Internal::Interval;
using Halide::Internal::Scope;
using targets::AttentionDesc;
using targets::Config;
using targets::KernelDesc;
using targets::KernelFuncs;

/// Scores are in units of log2(e), so that weights are powers of two.
static constexpr double log2e = 1.4426950408889634;

static constexpr float negativeInfinity =
    -std::numeric_limits<float>::infinity();

namespace {
/// The arguments, and rows of the call in terms of queries and keys.
struct Operands {
  const AttentionInputs &inputs;
  Func keys, values; ///< (column, key, head of a query)
  Expr firstRow, lastRow;

  /// Row of the `i`th query of the crop; past the crop, its last.
  Expr queryRow(Expr i) const {
    return Halide::unsafe_promise_clamped(Halide::min(firstRow + i, lastRow),
                                          firstRow, lastRow);
  }
};

/// Blocks of one height: `count` of them from query `start` of the crop on.
struct Blocks {
  int height, tileKeys, tileRows, tileCols;
  Expr start, count;
};
} // namespace

/// Whether `bound` still speaks of one query or key.
static bool dependsOn(Expr bound, const Var &i, const Var &j) {
  using Halide::Internal::expr_uses_var;
  return expr_uses_var(bound, i.name()) || expr_uses_var(bound, j.name());
}

/// What `queries` may keep of `keys`: a range outside of which mask_mod is
/// false. Where a query without keys averages all values, all of them unless
/// every query keeps its own key.
static Interval keptKeys(const AttentionInputs &in, const Scalars &scalars,
                         Expr head, Interval queries, Interval keys) {
  using namespace Halide::Internal;
  if (!scalars.maskMod)
    return keys;
  Var i("i"), j("j");
  Scope<Interval> scope, noRanges;
  auto keeps = [&](Expr query, Expr key) {
    return scalars.maskMod(
        attentionReads(in, in.seqBegin + query, query, noRanges), head, query,
        key);
  };
  if (!in.desc.emptyIsZero &&
      (in.desc.crossKeys || !is_const_one(simplify(keeps(i, i)))))
    return keys;
  scope.push(i.name(), queries);
  Expr none = and_condition_over_domain(simplify(!keeps(i, j)), scope);
  Interval kept = solve_for_outer_interval(simplify(!none), j.name());
  Interval all = keys;
  if (kept.has_lower_bound() && !dependsOn(kept.min, i, j))
    keys.min = Halide::max(keys.min, kept.min);
  if (kept.has_upper_bound() && !dependsOn(kept.max, i, j))
    keys.max = Halide::min(keys.max, kept.max);
  if (in.desc.emptyIsZero) { // perhaps none
    keys.min = Halide::min(keys.min, all.max + 1);
    keys.max = Halide::max(keys.max, keys.min - 1);
  }
  return keys;
}

namespace {
/// The Funcs of blocks of one height, their dimensions: queries i of block b of
/// head h; keys j of tile t. Each adds what a schedule needs to `kernel`.
class BlockBuilder {
public:
  BlockBuilder(KernelFuncs &kernel, const Operands &in, const Blocks &blocks,
               const Scalars &scalars)
      : kernel(kernel), in(in), desc(in.inputs.desc), blocks(blocks),
        scalars(scalars), suffix(fmt::format("_{}", blocks.height)) {
    ranges.push(h.name(), Interval(0, int(desc.heads) - 1));
  }

  /// The update of `output` that computes the blocks.
  void addOutput();

private:
  Func queries();
  Expr modified(Expr score, Expr key);
  Func extraScores(Func query);
  Func scores(Func query);
  Func weights(Func query);
  Func products(Func weight);

  Expr queryRow(Expr i, Expr b) const {
    return in.queryRow(blocks.start + b * blocks.height + i);
  }
  /// The keys that block `b` keeps: loops and scratch shrink to that.
  Interval keptBy(Expr b, Expr h) const {
    const AttentionInputs &inputs = in.inputs;
    Interval queries(queryRow(0, b) - inputs.seqBegin,
                     queryRow(blocks.height - 1, b) - inputs.seqBegin);
    return keptKeys(inputs, scalars, h, queries,
                    Interval(0, inputs.keyLength - 1));
  }
  /// Ends a loop over `r`, from 0 on, after so many steps: where a mask says
  /// so. The result is r, for what it shrinks.
  Expr upTo(Expr count, RDom &dom, RVar r) const {
    if (!isMasked())
      return r;
    dom.where(r < count);
    return Halide::unsafe_promise_clamped(r, 0, count - 1);
  }
  bool isMasked() const { return bool(scalars.maskMod); }
  Func named(const char *name) const { return Func(name + suffix); }
  Func add(const char *name, Func func) {
    return kernel.funcs[name + suffix] = func;
  }
  void add(const char *name, RVar rvar) { kernel.rvars[name + suffix] = rvar; }

  KernelFuncs &kernel;
  const Operands &in;
  const AttentionDesc &desc;
  const Blocks &blocks;
  const Scalars &scalars;
  std::string suffix;
  Scope<Interval> ranges;
  int extras = int(desc.extraKeys());
  int numOwn = 0;
  Var c{"c"}, d{"d"}, i{"i"}, j{"j"}, b{"b"}, h{"h"}, t{"t"}, e{"e"};
};

/// Where the scratch of a block keeps what belongs to a query: then come the
/// extra keys, and the others from the first kept tile on.
enum Slot { topSlot, sumSlot, extraSlot };
} // namespace

/// Scaled queries (i, d, b, h), transposed by way of rows in parts of so many
/// columns.
Func BlockBuilder::queries() {
  int headDim = int(desc.headDim), columns = std::gcd(headDim, 4);
  Func row = named("query_row"), query = named("query");
  row(d, i, t, b, h) = in.inputs.q(
      int(desc.qOffset) + h * headDim + t * columns + d, queryRow(i, b));
  // A score_mod sees scores in their own units.
  double unit = scalars.scoreMod ? 1 : log2e;
  query(i, d, b, h) = mul(row(d % columns, i, d / columns, b, h),
                          Expr(float(desc.scale * unit)));
  add("query_row", row);
  return add("query", query);
}

/// A score (i, b, h) of key `key`, in units of log2(e), or what it is masked
/// by.
Expr BlockBuilder::modified(Expr score, Expr key) {
  const AttentionInputs &inputs = in.inputs;
  Expr row = queryRow(i, b), query = row - inputs.seqBegin;
  // What a query's own row has is the same for every key: one Func for each
  // operand and column, computed once a block.
  auto ownRow = [&](int operand, Expr column) -> Expr {
    using Halide::Internal::expr_uses_var;
    for (const Var &other : {i, j, t, b})
      if (expr_uses_var(column, other.name()))
        return Expr();
    Func own = named(fmt::format("own_{}", numOwn).c_str());
    auto rows = inputs.rows[operand];
    own(i, b, h) = rows(inRange(column, rows.dim(0).extent(), ranges), row);
    add(fmt::format("own_{}", numOwn++).c_str(), own);
    return own(i, b, h);
  };
  Reads reads = attentionReads(inputs, row, query, ranges, ownRow);
  if (scalars.scoreMod)
    score =
        mul(scalars.scoreMod(reads, score, h, query, key), Expr(float(log2e)));
  if (scalars.maskMod)
    score = Halide::select(scalars.maskMod(reads, h, query, key), score,
                           maskedScore);
  return score;
}

/// Scores (i, e, b, h) of the extra keys.
Func BlockBuilder::extraScores(Func query) {
  RDom overDim(0, int(desc.headDim), "extra_d" + suffix);
  Func dot = named("extra_dot"), score = named("extra_score");
  dot(i, e, b, h) = 0.0f;
  dot(i, e, b, h) = fma(query(i, overDim, b, h),
                        in.inputs.extraKey(overDim, e, h), dot(i, e, b, h));
  score(i, e, b, h) = modified(dot(i, e, b, h), e - extras);
  add("extra_dot", dot), add("extra_d", overDim);
  return add("extra_score", score);
}

/// Scores (i, j, t, b, h).
Func BlockBuilder::scores(Func query) {
  RDom overDim(0, int(desc.headDim), "d" + suffix);
  Func dot = named("dot"), score = named("score");
  Expr key = t * blocks.tileKeys + j;
  dot(i, j, t, b, h) = 0.0f;
  dot(i, j, t, b, h) = fma(query(i, overDim, b, h), in.keys(overDim, key, h),
                           dot(i, j, t, b, h));
  add("dot", dot), add("d", overDim);

  Expr value =
      modified(dot(i, j, t, b, h), Halide::min(key, in.inputs.keyLength - 1));
  if (isMasked()) // past the sequence weigh nothing
    value = Halide::select(key < in.inputs.keyLength, value, negativeInfinity);
  // Bounds inference sees into selects, and would trim the tile of dot products
  // at what they mask: its size must stay a constant, and its code free of
  // branches (a product and its sum are not fused across one).
  score(i, j, t, b, h) =
      Call::make(Halide::Float(32), Call::return_second,
                 {dot(i, j, t, b, h), value}, Call::PureIntrinsic);
  return add("score", score);
}

/// The scratch of a block (i, slot, b, h): after the last update weights, not
/// yet divided by their sum.
Func BlockBuilder::weights(Func query) {
  int tileKeys = blocks.tileKeys;
  Expr tiles = (in.inputs.keyLength + tileKeys - 1) / tileKeys;
  Interval keys = keptBy(b, h), kept(keys.min / tileKeys, keys.max / tileKeys);
  // Tiles are counted from the first that is kept.
  Expr keptTiles = kept.max - kept.min + 1;
  auto slotOf = [&](Expr tile, Expr key) {
    return extraSlot + extras + tile * tileKeys + key;
  };
  Func weight = named("weight");
  auto at = [&](Expr slot) { return weight(i, slot, b, h); };
  weight(i, j, b, h) = Halide::undef<float>();
  at(topSlot) = maskedScore;
  at(sumSlot) = 0.0f;
  RDom forExtra(0, extras, "extras" + suffix);
  if (extras) {
    Func extra = extraScores(query);
    at(extraSlot + forExtra) = extra(i, forExtra, b, h);
    at(topSlot) = Halide::max(at(topSlot), at(extraSlot + forExtra));
    add("extra_key", forExtra);
  }

  Func score = scores(query);
  // Where a mask says which tiles are kept, their scores are computed before,
  // because only the loops of a step of its own shrink to them.
  RDom forTop(0, tiles, "top" + suffix);
  // Otherwise a tile's keys, and then, as if it were one more of them, what the
  // tile changes in the query's own slot: in one loop, so that neither is read
  // again.
  RDom forScore(0, tileKeys + 1, 0, tiles, "scores" + suffix);
  Expr tile = isMasked() ? upTo(keptTiles, forTop, forTop) : Expr(forScore.y),
       top = at(topSlot);
  for (int key = 0; key < tileKeys; ++key)
    top = Halide::max(top, score(i, key, kept.min + tile, b, h));
  Expr isKey = forScore.x < tileKeys,
       key = Halide::min(forScore.x, tileKeys - 1);
  if (isMasked())
    at(topSlot) = top;
  else
    at(Halide::select(isKey, slotOf(tile, forScore.x), topSlot)) =
        Halide::select(isKey, score(i, key, tile, b, h), top);

  if (desc.sink) {
    at(topSlot) =
        Halide::max(at(topSlot), mul(in.inputs.sink(h), Expr(float(log2e))));
    at(sumSlot) = exp2OfNonPositive(
        sub(mul(in.inputs.sink(h), Expr(float(log2e))), at(topSlot)));
  }

  // The last tile's keys past the sequence weigh nothing.
  RDom forEnd(0, tileKeys, "end" + suffix);
  if (!isMasked())
    at(slotOf(0, in.inputs.keyLength + forEnd)) = negativeInfinity;

  if (extras) {
    at(extraSlot + forExtra) =
        exp2OfNonPositive(sub(at(extraSlot + forExtra), at(topSlot)));
    at(sumSlot) = kernels::add(at(sumSlot), at(extraSlot + forExtra));
  }
  RDom forWeight(0, tileKeys + 1, 0, tiles, "weights" + suffix);
  tile = upTo(keptTiles, forWeight, forWeight.y);
  Expr sum = at(sumSlot);
  for (int key = 0; key < tileKeys; ++key)
    sum = kernels::add(sum, at(slotOf(tile, key)));
  isKey = forWeight.x < tileKeys, key = Halide::min(forWeight.x, tileKeys - 1);
  Expr from =
      isMasked() ? score(i, key, kept.min + tile, b, h) : at(slotOf(tile, key));
  at(Halide::select(isKey, slotOf(tile, forWeight.x), sumSlot)) =
      Halide::select(isKey, exp2OfNonPositive(sub(from, at(topSlot))), sum);

  if (isMasked())
    add("top_tile", forTop);
  else
    add("score_key", forScore.x), add("score_tile", forScore.y),
        add("end", forEnd);
  add("weight_key", forWeight.x), add("weight_tile", forWeight.y);
  return add("weight", weight);
}

/// Weighted sums of the values (c, i, b, t): column c in tile t of all heads',
/// so that a tile's accumulators are of constant size.
Func BlockBuilder::products(Func weight) {
  int tilesPerHead = int(desc.valueDim) / blocks.tileCols;
  Expr head = t / tilesPerHead;
  RDom forValue(0, in.inputs.keyLength, "values" + suffix);
  Interval keys = keptBy(b, head);
  Expr number = upTo(keys.max - keys.min + 1, forValue, forValue),
       slot = extraSlot + extras + number, key = number;
  if (isMasked())
    slot += keys.min % blocks.tileKeys, key += keys.min;
  Func acc = named("acc");
  acc(c, i, b, t) = 0.0f;
  Expr column = t % tilesPerHead * blocks.tileCols + c;
  if (extras) {
    RDom forExtra(0, extras, "extra_values" + suffix);
    acc(c, i, b, t) =
        fma(weight(i, extraSlot + forExtra, b, head),
            in.inputs.extraValue(column, forExtra, head), acc(c, i, b, t));
    add("extra_value_key", forExtra);
  }
  acc(c, i, b, t) = fma(weight(i, slot, b, head), in.values(column, key, head),
                        acc(c, i, b, t));
  add("value_key", forValue);
  return add("acc", acc);
}

void BlockBuilder::addOutput() {
  Func weight = weights(queries()), acc = products(weight),
       inverse = named("inverse");
  Expr one = div(Expr(1.0f), weight(i, sumSlot, b, h));
  inverse(i, b, h) =
      desc.emptyIsZero
          ? Halide::select(weight(i, topSlot, b, h) > maskedScore, one, 0.0f)
          : one;

  // Rows of a tile, tiles of a block, blocks; tiles past the crop are skipped.
  RDom rows(0, blocks.tileRows, 0, blocks.height / blocks.tileRows, 0,
            blocks.count, "rows" + suffix);
  rows.where(in.firstRow + blocks.start + rows.z * blocks.height +
                 rows.y * blocks.tileRows <=
             in.lastRow);
  Expr inBlock = rows.y * blocks.tileRows + rows.x;
  Expr scale = inverse(inBlock, rows.z, c / int(desc.valueDim)),
       value =
           mul(acc(c % blocks.tileCols, inBlock, rows.z, c / blocks.tileCols),
               scale);
  if (desc.emptyIsZero) // whatever its sum and the sign of that are
    value = Halide::select(scale == 0.0f, 0.0f, value);
  kernel.output(c, queryRow(inBlock, rows.z)) = value;

  add("inverse", inverse);
  add("row", rows.x), add("rows", rows.y), add("block", rows.z);
  kernel.vars = {{"c", c}, {"d", d}, {"i", i}, {"j", j}, {"t", t}, {"e", e}};
}

KernelFuncs buildBlockedAttention(const KernelDesc &desc, const Config &config,
                                  const Scalars &scalars) {
  const AttentionDesc &attention = desc.attention;
  int valueDim = int(attention.valueDim);
  KernelFuncs kernel;
  AttentionInputs inputs = addAttentionInputs(kernel, attention);

  Var c("c"), r("r");
  Func output("output");
  output(c, r) = Halide::undef<float>();
  kernel.output = output;
  Halide::OutputImageParam out = output.output_buffer();
  promiseRows(out, attention.heads * attention.valueDim);
  out.dim(0).set_min(out.dim(0).min() / valueDim * valueDim);
  out.dim(0).set_extent(out.dim(0).extent() / valueDim * valueDim);
  Expr numRows = out.dim(1).extent();
  Var d("d"), j("j"), h("h");
  Func keys("keys"), values("values");
  keys(d, j, h) = inputs.key(d, j, h);
  values(d, j, h) = inputs.value(d, j, h);
  kernel.funcs = {{"keys", keys}, {"values", values}};
  Operands in{inputs, keys, values, out.dim(1).min(), out.dim(1).max()};

  // Whole blocks, and one more of the first height unless what is left fits
  // into the second.
  std::vector<int64_t> heights = targets::attentionBlockHeights(config);
  Expr start = 0;
  for (size_t n = 0; n < heights.size(); ++n) {
    int height = int(heights[n]),
        next = n + 1 < heights.size() ? int(heights[n + 1]) : 0;
    Expr left = Halide::max(numRows - start, 0);
    Expr count = left / height + Halide::cast<int32_t>(left % height > next);
    int tileRows = std::gcd(int(config.get("tile_rows")), height);
    BlockBuilder(kernel, in,
                 {height, int(targets::attentionTileKeys(config, height)),
                  tileRows, int(config.get("tile_cols")), start, count},
                 scalars)
        .addOutput();
    start = start + count * height;
  }
  return kernel;
}

} // namespace xf::kernels
