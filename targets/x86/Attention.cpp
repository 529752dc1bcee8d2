// Attention by blocks of queries: two register-tiled products around a softmax
// in scratch of [queries, n]. On one core of a Zen 5 the products run at the
// FMA peak; at 512 keys and heads of 32 a weight's exponential is another 12%
// of the time, the largest score and the stores 5%, transposing queries 2%.
#include "targets/x86/X86.h"

#include <fmt/format.h>

#include <numeric>

namespace xf::targets::x86 {

using Halide::Func;
using Halide::RVar;
using Halide::TailStrategy;
using Halide::Var;

/// Blocks of `height` queries; the output's update `update`.
static void scheduleBlocks(KernelFuncs &kernel, int update, int height,
                           const KernelDesc &desc, const Config &config,
                           const Machine &machine) {
  auto func = [&](const char *name) {
    return kernel.funcs.at(fmt::format("{}_{}", name, height));
  };
  auto rvar = [&](const char *name) {
    return kernel.rvars.at(fmt::format("{}_{}", name, height));
  };
  Var c = kernel.vars.at("c"), i = kernel.vars.at("i"), j = kernel.vars.at("j");
  Func output = kernel.output;
  int vector = machine.vectorFloats, tileCols = int(config.get("tile_cols"));

  Var head("head"), columns("columns"), column("column");
  RVar row = rvar("row"), rows = rvar("rows"), block = rvar("block");
  Halide::Stage store = output.update(update);
  store
      .split(c, head, column, int(desc.attention.valueDim),
             TailStrategy::RoundUp)
      .split(column, columns, column, tileCols)
      .reorder(column, row, columns, rows, block, head);
  Func acc = func("acc");
  acc.compute_at(output, columns);
  std::vector<Halide::Stage> accStages = {acc};
  if (desc.attention.extraKeys()) {
    acc.update(0).reorder(c, i, rvar("extra_value_key"));
    accStages.push_back(acc.update(0));
  }
  accStages.push_back(acc.update(int(accStages.size()) - 1));
  accStages.back().reorder(c, i, rvar("value_key"));
  if (vectorsAreColumns(config, machine)) {
    Var lanes("lanes");
    store.split(column, column, lanes, vector)
        .vectorize(lanes)
        .unroll(column)
        .unroll(row);
    for (Halide::Stage &stage : accStages)
      stage.vectorize(c, vector).unroll(c).unroll(i);
  } else {
    // Transposed on the stack, one value at a time. That a tile of columns is
    // one, the solver cannot see.
    Func finished = acc.in(output);
    finished.compute_at(output, columns);
    for (Func f : {acc, finished})
      f.reorder_storage(i, c).bound_extent(kernel.vars.at("t"), 1);
    accStages.push_back(finished);
    for (Halide::Stage &stage : accStages)
      stage.vectorize(i, vector).unroll(i).unroll(c);
  }

  // Rows are transposed by way of scratch that has four columns of all of them
  // side by side, which shuffles take apart: 64 values in 36 instructions.
  Func query = func("query"), queryRow = func("query_row");
  Var d = kernel.vars.at("d"), t = kernel.vars.at("t"), parts("parts");
  int headDim = int(desc.attention.headDim), part = std::gcd(headDim, 4);
  query.split(d, parts, d, part).reorder(i, d, parts).unroll(d);
  queryRow.bound(d, 0, part)
      .bound(t, 0, headDim / part)
      .reorder(d, t, i)
      .vectorize(d)
      .unroll(t, std::gcd(headDim / part, 8));

  // Dot products of a tile stay in registers, and so do its scores where they
  // are turned into weights in place.
  bool isMasked = desc.attention.hasMaskMod;
  RVar weightKey = rvar("weight_key"), weightTile = rvar("weight_tile");
  Func weight = func("weight"), score = func("score"), dot = func("dot");
  if (isMasked) {
    score.compute_at(output, block)
        .bound(j, 0, int(attentionTileKeys(config, height)))
        .reorder(i, j, t);
    dot.compute_at(score, t);
  } else {
    for (Func f : {score, dot})
      f.compute_at(weight, rvar("score_tile"));
  }
  for (Func f : {score, dot})
    f.vectorize(i, vector).unroll(i).unroll(j);
  dot.update()
      .reorder(i, j, rvar("d"))
      .vectorize(i, vector)
      .unroll(i)
      .unroll(j);
  // Top and sum, extra scores and the top, scores (or the top of those there
  // are), the sink's top and sum, the end, extra weights and the sum, weights.
  int extras = desc.attention.extraKeys() ? 2 : 0,
      sink = desc.attention.sink ? 2 : 0, forScores = 2 + extras,
      forEnd = forScores + 1 + sink,
      forExtraWeights = forEnd + (isMasked ? 0 : 1),
      forWeights = forExtraWeights + extras;
  if (isMasked) {
    weight.update(forScores).reorder(i, rvar("top_tile"));
  } else {
    weight.update(forScores)
        .reorder(i, rvar("score_key"), rvar("score_tile"))
        .unroll(rvar("score_key"));
    weight.update(forEnd).unroll(rvar("end"));
  }
  weight.update(forWeights).reorder(i, weightKey, weightTile).unroll(weightKey);
  if (extras) {
    Func extraScore = func("extra_score"), extraDot = func("extra_dot");
    extraScore.compute_at(weight, rvar("extra_key"));
    extraDot.compute_at(extraScore, kernel.vars.at("e"));
    extraDot.update().reorder(i, rvar("extra_d"));
    for (Halide::Stage stage : {Halide::Stage(extraScore),
                                Halide::Stage(extraDot), extraDot.update()})
      stage.vectorize(i, vector).unroll(i);
    for (int u : {2, 3, forExtraWeights, forExtraWeights + 1})
      weight.update(u).reorder(i, rvar("extra_key"));
  }
  for (int u = 0; u < weight.num_update_definitions(); ++u)
    weight.update(u).vectorize(i, vector).unroll(i);

  std::vector<Func> ofQueries = {query, func("inverse")};
  for (int n = 0; kernel.funcs.count(fmt::format("own_{}_{}", n, height)); ++n)
    ofQueries.push_back(kernel.funcs.at(fmt::format("own_{}_{}", n, height)));
  for (Func f : ofQueries)
    f.vectorize(i, vector).unroll(i);
  ofQueries.insert(ofQueries.end(), {queryRow, weight});
  for (Func f : ofQueries)
    f.compute_at(output, block).bound(i, 0, height);
}

void scheduleAttention(KernelFuncs &kernel, const KernelDesc &desc,
                       const Config &config, const Machine &machine) {
  if (config.variant == "kept")
    return scheduleKeptAttention(kernel, desc, machine);
  if (config.get("pack"))
    for (const char *name : {"keys", "values"}) {
      Func packed = kernel.funcs.at(name);
      packed.compute_root().vectorize(packed.args()[0], machine.vectorFloats,
                                      TailStrategy::GuardWithIf);
    }
  int update = 0;
  for (int64_t height : attentionBlockHeights(config))
    scheduleBlocks(kernel, update++, int(height), desc, config, machine);
}

} // namespace xf::targets::x86
