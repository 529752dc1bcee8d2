// GEMM over packed panels: a tile of columns stays in L1 or L2 while the row
// tiles of the crop pass it; accumulators stay in registers for the whole of k
// and leave for a buffer in L1, over which the epilogue runs as one loop.
#include "targets/x86/Prefetch.h"
#include "targets/x86/X86.h"

#include <fmt/format.h>

namespace xf::targets::x86 {

using Halide::Func;
using Halide::RVar;
using Halide::TailStrategy;
using Halide::Var;

void scheduleGemm(KernelFuncs &kernel, const KernelDesc &desc,
                  const Config &config, const Machine &machine) {
  int vector = std::min(machine.vectorFloats, 16),
      tileN = int(config.get("tile_n"));
  Var c = kernel.vars.at("c"), lane = kernel.vars.at("lane"),
      panel = kernel.vars.at("panel"), row = kernel.vars.at("row");
  bool wholeTiles = desc.gemm.n % tileN == 0;

  // Crops start at a tile, and end at one where the matrix does.
  Halide::OutputImageParam out = kernel.output.output_buffer();
  out.dim(0).set_min(out.dim(0).min() / tileN * tileN);
  if (wholeTiles)
    out.dim(0).set_extent(out.dim(0).extent() / tileN * tileN);

  Var columns("columns"), column("column"), lanes("lanes");
  RVar rows = kernel.rvars.at("rows");
  kernel.output.update()
      .split(c, columns, column, tileN,
             wholeTiles ? TailStrategy::RoundUp : TailStrategy::Predicate)
      .split(column, column, lanes, vector)
      .reorder(lanes, column, rows, columns)
      .vectorize(lanes)
      .unroll(column);
  Func product = kernel.funcs.at("product");
  product.compute_at(kernel.output, columns)
      .hoist_storage_root()
      .bound_extent(c, tileN);

  if (config.get("prefetch_k"))
    prefetchIntoAllLevels(kernel.output);
  std::vector<std::string> suffixes;
  for (int64_t height : gemmTileHeights(config))
    suffixes.push_back(fmt::format("_{}", height));
  suffixes.push_back("_few");
  for (size_t i = 0; i < suffixes.size(); ++i) {
    const std::string &suffix = suffixes[i];
    RVar rowInTile = kernel.rvars.at("row" + suffix),
         tile = kernel.rvars.at("tile" + suffix),
         k = kernel.rvars.at("k" + suffix);
    product.update(int(i))
        .split(c, column, lanes, vector)
        .reorder(lanes, column, rowInTile, tile)
        .vectorize(lanes)
        .unroll(column)
        .unroll(rowInTile);

    Func acc = kernel.funcs.at("acc" + suffix);
    RVar kOuter("k_outer"), kInner("k_inner");
    acc.compute_at(product, tile)
        .bound_extent(lane, 16)
        .bound_extent(panel, tileN / 16);
    acc.update()
        .split(k, kOuter, kInner, int(config.get("unroll_k")))
        .reorder(lane, panel, row, kInner, kOuter)
        .unroll(kInner);
    if (int64_t ahead = config.get("prefetch_k"))
      acc.update().prefetch(kernel.inputs[1], kInner, kInner, int(ahead),
                            Halide::PrefetchBoundStrategy::NonFaulting);
    for (Halide::Stage stage : {Halide::Stage(acc), acc.update()})
      stage.vectorize(lane, vector).unroll(lane).unroll(panel).unroll(row);
  }
}

} // namespace xf::targets::x86
