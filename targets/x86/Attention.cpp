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
  int vector = std::min(machine.vectorFloats, height),
      tileCols = int(config.get("tile_cols"));
  int valueDim = int(desc.attention.valueDim),
      valueVector = columnLanes(tileCols, machine);

  Var head("head"), columns("columns"), column("column"), lanes("lanes");
  RVar row = rvar("row"), rows = rvar("rows"), block = rvar("block");
  output.update(update)
      .split(c, head, column, valueDim, TailStrategy::RoundUp)
      .split(column, columns, column, tileCols)
      .split(column, column, lanes, valueVector)
      .reorder(lanes, column, row, columns, rows, block, head)
      .vectorize(lanes)
      .unroll(column)
      .unroll(row);

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

  Func acc = func("acc");
  acc.compute_at(output, columns).vectorize(c, valueVector).unroll(c).unroll(i);
  acc.update()
      .reorder(c, i, rvar("j_value"))
      .vectorize(c, valueVector)
      .unroll(c)
      .unroll(i);
}

void scheduleAttention(KernelFuncs &kernel, const KernelDesc &desc,
                       const Config &config, const Machine &machine) {
  int update = 0;
  for (int64_t height : attentionBlockHeights(config))
    scheduleBlocks(kernel, update++, int(height), desc, config, machine);
}

} // namespace xf::targets::x86
