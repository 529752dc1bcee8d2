// Attention by blocks of queries: two register-tiled products around a softmax
// over a scratch of [queries, n] scores.
#include "targets/x86/X86.h"

#include <fmt/format.h>

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
  acc.update().reorder(c, i, rvar("j_value"));
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

  func("query")
      .compute_at(output, block)
      .bound(i, 0, height)
      .vectorize(i, vector)
      .unroll(i);

  // As many accumulators as in a block of tile_q, so that a lower block takes
  // more keys at a time.
  int keysAtOnce = int(config.get("tile_keys") * config.get("tile_q")) / height;
  keysAtOnce =
      std::min(keysAtOnce, machine.vectorRegisters / 2 * vector / height);
  if (height == config.get("tile_q"))
    keysAtOnce = int(config.get("tile_keys"));
  Var keys("keys"), key("key");
  Func score = func("score"), dot = func("dot");
  score.compute_at(output, block)
      .bound(i, 0, height)
      .split(j, keys, key, keysAtOnce, TailStrategy::RoundUp)
      .reorder(i, key, keys)
      .vectorize(i, vector)
      .unroll(i)
      .unroll(key);
  dot.compute_at(score, keys).vectorize(i, vector).unroll(i).unroll(j);
  dot.update()
      .reorder(i, j, rvar("d"))
      .vectorize(i, vector)
      .unroll(i)
      .unroll(j);

  for (const char *name : {"top", "sum", "inverse", "weight"})
    func(name)
        .compute_at(output, block)
        .bound(i, 0, height)
        .vectorize(i, vector)
        .unroll(i);
  func("top").update().reorder(i, rvar("j_max")).vectorize(i, vector).unroll(i);
  func("sum").update().reorder(i, rvar("j_sum")).vectorize(i, vector).unroll(i);
}

void scheduleAttention(KernelFuncs &kernel, const KernelDesc &desc,
                       const Config &config, const Machine &machine) {
  int update = 0;
  for (int64_t height : attentionBlockHeights(config))
    scheduleBlocks(kernel, update++, int(height), desc, config, machine);
}

} // namespace xf::targets::x86
