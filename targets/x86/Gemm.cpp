// GEMM over packed panels: an outer loop over column tiles keeps a panel in L1
// or L2 while the row tiles of the crop pass it; accumulators stay in registers
// for the whole of k.
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

  // Crops start at a panel, and are whole tiles where the matrix is.
  Halide::OutputImageParam out = kernel.output.output_buffer();
  int step = wholeTiles ? tileN : 16;
  out.dim(0).set_min(out.dim(0).min() / step * step);
  if (wholeTiles)
    out.dim(0).set_extent(out.dim(0).extent() / step * step);

  std::vector<int64_t> heights = gemmTileHeights(config);
  for (size_t i = 0; i < heights.size(); ++i) {
    std::string suffix = fmt::format("_{}", heights[i]);
    RVar rowInTile = kernel.rvars.at("row" + suffix),
         tile = kernel.rvars.at("tile" + suffix),
         k = kernel.rvars.at("k" + suffix);

    Var columns("columns"), column("column"), lanes("lanes");
    Halide::Stage store = kernel.output.update(int(i));
    if (wholeTiles)
      store.split(c, columns, column, tileN, TailStrategy::RoundUp)
          .split(column, column, lanes, vector)
          .reorder(lanes, column, rowInTile, tile, columns)
          .unroll(column);
    else
      store.split(c, columns, lanes, 16, TailStrategy::Predicate)
          .reorder(lanes, rowInTile, tile, columns);
    store.vectorize(lanes);

    // The finished accumulators go through the stack, so that the epilogue is a
    // loop over rows: unrolled with all of them in registers, GELU spills.
    Func acc = kernel.funcs.at("acc" + suffix),
         finished = acc.in(kernel.output);
    RVar kOuter("k_outer"), kInner("k_inner");
    acc.update()
        .split(k, kOuter, kInner, int(config.get("unroll_k")))
        .reorder(lane, panel, row, kInner, kOuter)
        .unroll(kInner);
    for (Func f : {acc, finished}) {
      f.compute_at(kernel.output, tile).bound(lane, 0, 16);
      // A tile of partly filled panels has one, which the solver cannot see.
      if (!wholeTiles)
        f.bound_extent(panel, 1);
    }
    for (Halide::Stage stage :
         {Halide::Stage(acc), acc.update(), Halide::Stage(finished)})
      stage.vectorize(lane, vector).unroll(lane).unroll(panel).unroll(row);
  }
}

} // namespace xf::targets::x86
