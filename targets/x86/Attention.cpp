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
  acc.update().reorder(c, i, rvar("value_key"));
  if (vectorsAreColumns(config, machine)) {
    Var lanes("lanes");
    store.split(column, column, lanes, vector)
        .vectorize(lanes)
        .unroll(column)
        .unroll(row);
    for (Halide::Stage stage : {Halide::Stage(acc), acc.update()})
      stage.vectorize(c, vector).unroll(c).unroll(i);
  } else {
    // Transposed on the stack, one value at a time. That a tile of columns is
    // one, the solver cannot see.
    Func finished = acc.in(output);
    finished.compute_at(output, columns);
    for (Func f : {acc, finished})
      f.reorder_storage(i, c).bound_extent(kernel.vars.at("t"), 1);
    for (Halide::Stage stage :
         {Halide::Stage(acc), acc.update(), Halide::Stage(finished)})
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

  // Dot products and scores of a tile stay in registers.
  RVar scoreKey = rvar("score_key"), scoreTile = rvar("score_tile"),
       weightKey = rvar("weight_key"), weightTile = rvar("weight_tile");
  Func weight = func("weight"), score = func("score"), dot = func("dot");
  for (Func f : {score, dot})
    f.compute_at(weight, scoreTile).vectorize(i, vector).unroll(i).unroll(j);
  dot.update()
      .reorder(i, j, rvar("d"))
      .vectorize(i, vector)
      .unroll(i)
      .unroll(j);
  weight.update(2).reorder(i, scoreKey, scoreTile).unroll(scoreKey);
  weight.update(3).unroll(rvar("end"));
  weight.update(4).reorder(i, weightKey, weightTile).unroll(weightKey);
  for (int u = 0; u < weight.num_update_definitions(); ++u)
    weight.update(u).vectorize(i, vector).unroll(i);

  for (Func f : {query, queryRow, weight, func("inverse")})
    f.compute_at(output, block).bound(i, 0, height);
  for (Func f : {query, func("inverse")})
    f.vectorize(i, vector).unroll(i);
}

void scheduleAttention(KernelFuncs &kernel, const KernelDesc &desc,
                       const Config &config, const Machine &machine) {
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
