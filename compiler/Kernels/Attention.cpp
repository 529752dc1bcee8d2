// softmax(score) V for the query rows and heads of one crop, all keys of their
// sequence (variant `blocked`).
//
// Queries go in blocks of tile_q, the last ones of a crop in a lower block if
// they fit; the scores of a block are [tile_q, n] scratch with the queries
// innermost, so that the dot products read keys as scalars, the softmax has no
// horizontal step, and no vector has a tail over the keys. What a query gets is
// a function of its lane alone, with chains over d and over the keys in
// ascending order: it does not depend on the block or the crop. Lanes past the
// crop repeat its last query and are not stored.
//
// Keys that mask_mod takes from a whole block are skipped. They would add
// weights of exactly 0, so that it shows in time and scratch only.
#include "compiler/Kernels/Algorithms.h"

#include <fmt/format.h>

#include <numeric>

namespace xf::kernels {

using Halide::Func;
using Halide::ImageParam;
using Halide::Param;
using Halide::RDom;
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

namespace {
/// The arguments, and rows of the call in terms of queries and keys.
struct Operands {
  const AttentionDesc &desc;
  ImageParam q, k, v;
  Param<int32_t> seqBegin, seqLength;
  Expr firstRow, lastRow;

  Expr keyHead(Expr h) const { return h % int(desc.kvHeads); }
  Expr keyRow(Expr j) const { return seqBegin + Halide::min(j, seqLength - 1); }
  /// Row of the `i`th query of the crop; past the crop, its last.
  Expr queryRow(Expr i) const {
    return Halide::unsafe_promise_clamped(Halide::min(firstRow + i, lastRow),
                                          firstRow, lastRow);
  }
};

/// Blocks of one height: `count` of them from query `start` of the crop on.
struct Blocks {
  int height, tileRows, tileCols;
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

/// The update of `output` that computes `blocks`, with Funcs of its own.
static void addBlocks(KernelFuncs &kernel, const Operands &in,
                      const Blocks &blocks, const Scalars &scalars) {
  const AttentionDesc &desc = in.desc;
  int headDim = int(desc.headDim), valueDim = int(desc.valueDim);
  std::string suffix = fmt::format("_{}", blocks.height);
  Var c("c"), i("i"), j("j"), d("d"), b("b"), h("h"), t("t");
  auto queryRow = [&](Expr i, Expr b) {
    return in.queryRow(blocks.start + b * blocks.height + i);
  };

  Func query("query" + suffix);
  query(i, d, b, h) =
      mul(in.q(int(desc.qOffset) + h * headDim + d, queryRow(i, b)),
          Expr(desc.scale));

  RDom overDim(0, headDim, "d" + suffix);
  Func dot("dot" + suffix);
  dot(i, j, b, h) = 0.0f;
  Expr key =
      in.k(int(desc.kOffset) + in.keyHead(h) * headDim + overDim, in.keyRow(j));
  dot(i, j, b, h) = fma(query(i, overDim, b, h), key, dot(i, j, b, h));

  Func score("score" + suffix);
  Expr position = queryRow(i, b) - in.seqBegin, value = dot(i, j, b, h);
  if (scalars.scoreMod)
    value = scalars.scoreMod(value, h, position, j);
  if (scalars.maskMod)
    value = Halide::select(scalars.maskMod(h, position, j), value, maskedScore);
  // Bounds inference sees into selects, and would trim the tile of dot products
  // at what they mask: its size must stay a constant, and its code free of
  // branches (a product and its sum are not fused across one).
  score(i, j, b, h) = Call::make(Halide::Float(32), Call::return_second,
                                 {dot(i, j, b, h), value}, Call::PureIntrinsic);

  RDom forMax(0, in.seqLength, "j_max" + suffix),
      forSum(0, in.seqLength, "j_sum" + suffix),
      forValue(0, in.seqLength, "j_value" + suffix);
  int tileCols = blocks.tileCols, tilesPerHead = valueDim / tileCols;
  // `key` where the block of queries keeps it: loops and scratch shrink to
  // that.
  auto kept = [&](RDom &key, Expr head) {
    Interval all(0, in.seqLength - 1);
    Interval queries(queryRow(0, b) - in.seqBegin,
                     queryRow(blocks.height - 1, b) - in.seqBegin);
    Interval range = keptKeys(scalars, head, queries, all);
    if (range.min.same_as(all.min) && range.max.same_as(all.max))
      return Expr(key);
    key.where(range.min <= key && key <= range.max);
    return Halide::unsafe_promise_clamped(key, range.min, range.max);
  };
  Expr keyOfMax = kept(forMax, h), keyOfSum = kept(forSum, h),
       keyOfValue = kept(forValue, t / tilesPerHead);
  Func top("top" + suffix), weight("weight" + suffix), sum("sum" + suffix),
      inverse("inverse" + suffix);
  top(i, b, h) = maskedScore;
  top(i, b, h) = Halide::max(top(i, b, h), score(i, keyOfMax, b, h));
  weight(i, j, b, h) = expOfNonPositive(sub(score(i, j, b, h), top(i, b, h)));
  sum(i, b, h) = 0.0f;
  sum(i, b, h) = add(sum(i, b, h), weight(i, keyOfSum, b, h));
  inverse(i, b, h) = div(Expr(1.0f), sum(i, b, h));

  // Columns of the output in tiles, so that a tile's accumulators are of
  // constant size: c in tile t.
  Func acc("acc" + suffix);
  Expr column = int(desc.vOffset) + in.keyHead(t / tilesPerHead) * valueDim +
                t % tilesPerHead * tileCols + c;
  acc(c, i, b, t) = 0.0f;
  acc(c, i, b, t) =
      fma(weight(i, keyOfValue, b, t / tilesPerHead),
          in.v(column, in.seqBegin + keyOfValue), acc(c, i, b, t));

  // Rows of a tile, tiles of a block, blocks; tiles past the crop are skipped.
  RDom rows(0, blocks.tileRows, 0, blocks.height / blocks.tileRows, 0,
            blocks.count, "rows" + suffix);
  rows.where(in.firstRow + blocks.start + rows.z * blocks.height +
                 rows.y * blocks.tileRows <=
             in.lastRow);
  Expr inBlock = rows.y * blocks.tileRows + rows.x, head = c / valueDim;
  kernel.output(c, queryRow(inBlock, rows.z)) =
      mul(acc(c % tileCols, inBlock, rows.z, c / tileCols),
          inverse(inBlock, rows.z, head));

  kernel.vars = {{"c", c}, {"i", i}, {"j", j}, {"t", t}};
  const std::pair<const char *, Func> funcs[] = {
      {"query", query},   {"dot", dot}, {"score", score},     {"top", top},
      {"weight", weight}, {"sum", sum}, {"inverse", inverse}, {"acc", acc}};
  for (auto &[name, func] : funcs)
    kernel.funcs[name + suffix] = func;
  const std::pair<const char *, Halide::RVar> rvars[] = {
      {"d", overDim},        {"j_max", forMax}, {"j_sum", forSum},
      {"j_value", forValue}, {"row", rows.x},   {"rows", rows.y},
      {"block", rows.z}};
  for (auto &[name, rvar] : rvars)
    kernel.rvars[name + suffix] = rvar;
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
  Operands in{attention,       q, k, v, seqBegin, seqLength, out.dim(1).min(),
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
    addBlocks(kernel, in,
              {height, tileRows, int(config.get("tile_cols")), start, count},
              scalars);
    start = start + count * height;
  }
  return kernel;
}

} // namespace xf::kernels
