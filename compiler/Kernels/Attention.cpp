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
// weights of exactly 0, so that it shows in time and scratch only.
#include "compiler/Kernels/Algorithms.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace xf::kernels {

using Halide::Func;
using Halide::ImageParam;
using Halide::Param;
using Halide::RDom;
using Halide::RVar;
using Halide::Var;
using Halide::Internal::Call;
using Halide::Internal::Interval;
using targets::AttentionDesc;
using targets::Config;
using targets::KernelDesc;
using targets::KernelFuncs;

/// What a masked score is set to: a row with every key masked by mask_mod
/// averages all values.
static constexpr float maskedScore = -3.4028235e38f;

/// Scores are in units of log2(e), so that weights are powers of two.
static constexpr double log2e = 1.4426950408889634;

namespace {
/// The arguments, and rows of the call in terms of queries and keys.
struct Operands {
  const AttentionDesc &desc;
  ImageParam q;
  Func keys, values; ///< (column, key, head of a query)
  Param<int32_t> seqBegin, seqLength;
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

/// What `queries` may keep of `keys`: a range outside of which mask_mod is
/// false. All of them unless every query keeps its own key, because a query
/// without any averages all values.
static Interval keptKeys(const Scalars &scalars, Expr head, Interval queries,
                         Interval keys) {
  using namespace Halide::Internal;
  Var i("i"), j("j");
  if (!scalars.maskMod || !is_const_one(simplify(scalars.maskMod(head, i, i))))
    return keys;
  Scope<Interval> scope;
  scope.push(i.name(), queries);
  Expr none =
      and_condition_over_domain(simplify(!scalars.maskMod(head, i, j)), scope);
  Interval kept = solve_for_outer_interval(simplify(!none), j.name());
  if (kept.has_lower_bound())
    keys.min = Halide::max(keys.min, kept.min);
  if (kept.has_upper_bound())
    keys.max = Halide::min(keys.max, kept.max);
  return keys;
}

namespace {
/// The Funcs of blocks of one height, their dimensions: queries i of block b of
/// head h; keys j of tile t. Each adds what a schedule needs to `kernel`.
class BlockBuilder {
public:
  BlockBuilder(KernelFuncs &kernel, const Operands &in, const Blocks &blocks,
               const Scalars &scalars)
      : kernel(kernel), in(in), desc(in.desc), blocks(blocks), scalars(scalars),
        suffix(fmt::format("_{}", blocks.height)) {}

  /// The update of `output` that computes the blocks.
  void addOutput();

private:
  Func queries();
  Func scores(Func query);
  Func weights(Func score);
  Func products(Func weight);

  Expr queryRow(Expr i, Expr b) const {
    return in.queryRow(blocks.start + b * blocks.height + i);
  }
  /// The keys that block `b` keeps: loops and scratch shrink to that.
  Interval keptBy(Expr b, Expr h) const {
    Interval queries(queryRow(0, b) - in.seqBegin,
                     queryRow(blocks.height - 1, b) - in.seqBegin);
    return keptKeys(scalars, h, queries, Interval(0, in.seqLength - 1));
  }
  /// `r` within a range that shrinks loops: where a mask says so.
  Expr within(Interval range, RDom &dom, RVar r) const {
    if (!scalars.maskMod)
      return r;
    dom.where(range.min <= r && r <= range.max);
    return Halide::unsafe_promise_clamped(r, range.min, range.max);
  }
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
  Var c{"c"}, d{"d"}, i{"i"}, j{"j"}, b{"b"}, h{"h"}, t{"t"};
};

/// Where the scratch of a block keeps what belongs to a query: then come the
/// keys from the first kept tile on.
enum Slot { topSlot, sumSlot, firstSlot };
} // namespace

/// Scaled queries (i, d, b, h), transposed by way of rows in parts of so many
/// columns.
Func BlockBuilder::queries() {
  int headDim = int(desc.headDim), columns = std::gcd(headDim, 4);
  Func row = named("query_row"), query = named("query");
  row(d, i, t, b, h) =
      in.q(int(desc.qOffset) + h * headDim + t * columns + d, queryRow(i, b));
  // A score_mod sees scores in their own units.
  double unit = scalars.scoreMod ? 1 : log2e;
  query(i, d, b, h) = mul(row(d % columns, i, d / columns, b, h),
                          Expr(float(desc.scale * unit)));
  add("query_row", row);
  return add("query", query);
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

  Expr position = queryRow(i, b) - in.seqBegin, value = dot(i, j, t, b, h);
  key = Halide::min(key, in.seqLength - 1);
  if (scalars.scoreMod)
    value = mul(scalars.scoreMod(value, h, position, key), Expr(float(log2e)));
  if (scalars.maskMod)
    value =
        Halide::select(scalars.maskMod(h, position, key), value, maskedScore);
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
Func BlockBuilder::weights(Func score) {
  int tileKeys = blocks.tileKeys;
  Expr tiles = (in.seqLength + tileKeys - 1) / tileKeys;
  Interval keys = keptBy(b, h), kept(keys.min / tileKeys, keys.max / tileKeys);
  auto slotOf = [&](Expr tile, Expr key) {
    return firstSlot + (tile - kept.min) * tileKeys + key;
  };
  Func weight = named("weight");
  auto at = [&](Expr slot) { return weight(i, slot, b, h); };
  weight(i, j, b, h) = Halide::undef<float>();
  at(topSlot) = maskedScore;
  at(sumSlot) = 0.0f;

  // A tile's keys, and then, as if it were one more of them, what the tile
  // changes in the query's own slot: in one loop, so that neither is read
  // again.
  RDom forScore(0, tileKeys + 1, 0, tiles, "scores" + suffix);
  Expr tile = within(kept, forScore, forScore.y), top = at(topSlot);
  for (int key = 0; key < tileKeys; ++key)
    top = Halide::max(top, score(i, key, tile, b, h));
  Expr isKey = forScore.x < tileKeys,
       key = Halide::min(forScore.x, tileKeys - 1);
  at(Halide::select(isKey, slotOf(tile, forScore.x), topSlot)) =
      Halide::select(isKey, score(i, key, tile, b, h), top);

  // The last tile's keys past the sequence weigh nothing.
  RDom forEnd(0, tileKeys, "end" + suffix);
  at(slotOf(kept.min, keys.max + 1 - kept.min * tileKeys + forEnd)) =
      -std::numeric_limits<float>::infinity();

  RDom forWeight(0, tileKeys + 1, 0, tiles, "weights" + suffix);
  tile = within(kept, forWeight, forWeight.y);
  Expr sum = at(sumSlot);
  for (int key = 0; key < tileKeys; ++key)
    sum = kernels::add(sum, at(slotOf(tile, key)));
  isKey = forWeight.x < tileKeys, key = Halide::min(forWeight.x, tileKeys - 1);
  at(Halide::select(isKey, slotOf(tile, forWeight.x), sumSlot)) =
      Halide::select(isKey,
                     exp2OfNonPositive(sub(at(slotOf(tile, key)), at(topSlot))),
                     sum);

  add("score_key", forScore.x), add("score_tile", forScore.y);
  add("end", forEnd);
  add("weight_key", forWeight.x), add("weight_tile", forWeight.y);
  return add("weight", weight);
}

/// Weighted sums of the values (c, i, b, t): column c in tile t of all heads',
/// so that a tile's accumulators are of constant size.
Func BlockBuilder::products(Func weight) {
  int tilesPerHead = int(desc.valueDim) / blocks.tileCols;
  Expr head = t / tilesPerHead;
  RDom forValue(0, in.seqLength, "values" + suffix);
  Interval keys = keptBy(b, head);
  Expr key = within(keys, forValue, forValue),
       slot = firstSlot + key - keys.min / blocks.tileKeys * blocks.tileKeys;
  Func acc = named("acc");
  acc(c, i, b, t) = 0.0f;
  acc(c, i, b, t) =
      fma(weight(i, slot, b, head),
          in.values(t % tilesPerHead * blocks.tileCols + c, key, head),
          acc(c, i, b, t));
  add("value_key", forValue);
  return add("acc", acc);
}

void BlockBuilder::addOutput() {
  Func weight = weights(scores(queries())), acc = products(weight),
       inverse = named("inverse");
  inverse(i, b, h) = div(Expr(1.0f), weight(i, sumSlot, b, h));

  // Rows of a tile, tiles of a block, blocks; tiles past the crop are skipped.
  RDom rows(0, blocks.tileRows, 0, blocks.height / blocks.tileRows, 0,
            blocks.count, "rows" + suffix);
  rows.where(in.firstRow + blocks.start + rows.z * blocks.height +
                 rows.y * blocks.tileRows <=
             in.lastRow);
  Expr inBlock = rows.y * blocks.tileRows + rows.x;
  kernel.output(c, queryRow(inBlock, rows.z)) =
      mul(acc(c % blocks.tileCols, inBlock, rows.z, c / blocks.tileCols),
          inverse(inBlock, rows.z, c / int(desc.valueDim)));

  add("inverse", inverse);
  add("row", rows.x), add("rows", rows.y), add("block", rows.z);
  kernel.vars = {{"c", c}, {"d", d}, {"i", i}, {"j", j}, {"t", t}};
}

/// Rows of the keys or values of a query's head: `input`'s columns from
/// `offset` on. Past the sequence its last row, once more, so that a tile of
/// them is whole.
static Func headRows(const char *name, ImageParam input, int64_t offset,
                     int64_t width, const AttentionDesc &desc, Expr seqBegin,
                     Expr seqLength) {
  Var d("d"), j("j"), h("h");
  Func rows(name);
  rows(d, j, h) = input(int(offset) + h % int(desc.kvHeads) * int(width) + d,
                        seqBegin + Halide::min(j, seqLength - 1));
  return rows;
}

KernelFuncs buildAttention(const KernelDesc &desc, const Config &config,
                           const Scalars &scalars) {
  const AttentionDesc &attention = desc.attention;
  int valueDim = int(attention.valueDim);
  KernelFuncs kernel;
  ImageParam q =
      addRowsInput(kernel, attention.sharedQKV ? "qkv" : "q", attention.qWidth);
  ImageParam k =
      attention.sharedQKV ? q : addRowsInput(kernel, "k", attention.kWidth);
  ImageParam v =
      attention.sharedQKV ? q : addRowsInput(kernel, "v", attention.vWidth);
  Param<int32_t> seqBegin = addScalar(kernel, "seq_begin"),
                 seqLength = addScalar(kernel, "seq_length");

  Var c("c"), r("r");
  Func output("output");
  output(c, r) = Halide::undef<float>();
  kernel.output = output;
  Halide::OutputImageParam out = output.output_buffer();
  promiseRows(out, attention.heads * attention.valueDim);
  out.dim(0).set_min(out.dim(0).min() / valueDim * valueDim);
  out.dim(0).set_extent(out.dim(0).extent() / valueDim * valueDim);
  Expr numRows = out.dim(1).extent();
  Func keys = headRows("keys", k, attention.kOffset, attention.headDim,
                       attention, seqBegin, seqLength),
       values = headRows("values", v, attention.vOffset, attention.valueDim,
                         attention, seqBegin, seqLength);
  kernel.funcs = {{"keys", keys}, {"values", values}};
  Operands in{
      attention,       q, keys, values, seqBegin, seqLength, out.dim(1).min(),
      out.dim(1).max()};

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
