// y[r, n] = epilogue(sum_k x[r, k] w[k, n], ...) over a weight packed in panels
// of 16 columns (variant `packed`).
//
// The rows of a crop are covered by tiles of a few fixed heights
// (targets::gemmTileHeights), each an update stage of the output with its own
// accumulators, because a register tile must have a constant size and no row of
// another task may be written. Every output is one chain of FMAs over k in
// ascending order, whichever tile it falls into.
#include "compiler/Kernels/Algorithms.h"

#include <fmt/format.h>

namespace xf::kernels {

using Halide::Func;
using Halide::ImageParam;
using Halide::RDom;
using Halide::Var;
using targets::Config;
using targets::KernelDesc;
using targets::KernelFuncs;

KernelFuncs buildGemm(const KernelDesc &desc, const Config &config,
                      const Scalars &scalars) {
  const targets::GemmDesc &gemm = desc.gemm;
  KernelFuncs kernel;
  ImageParam x = addRowsInput(kernel, "x", gemm.k);
  ImageParam w = addInput(kernel, "w", Halide::Float(32),
                          {16, int(gemm.k), int((gemm.n + 15) / 16)});
  std::vector<ImageParam> vectors =
      addVectorInputs(kernel, gemm.vectors, gemm.n);
  std::vector<ImageParam> rows = addRowsInputs(kernel, gemm.rows, gemm.n);

  Var c("c"), r("r");
  Func output("output");
  output(c, r) = Halide::undef<float>();
  kernel.vars = {{"c", c}, {"r", r}};
  Halide::OutputImageParam out = output.output_buffer();
  promiseRows(out, gemm.n);
  Expr firstRow = out.dim(1).min(), lastRow = out.dim(1).max(),
       numRows = out.dim(1).extent();

  // Tiles of one height after the other: `left` rows are still to do. The last
  // tile of a height moves back over rows that are done when that covers the
  // rest (same values, same task), unless a lower tile would cover it alone.
  Expr left = numRows;
  std::vector<int64_t> heights = targets::gemmTileHeights(config);
  for (size_t i = 0; i < heights.size(); ++i) {
    int height = int(heights[i]),
        next = i + 1 < heights.size() ? int(heights[i + 1]) : 0;
    Expr shifted = left % height > next && numRows >= height;
    Expr count = left / height + Halide::cast<int32_t>(shifted);
    std::string suffix = fmt::format("_{}", height);

    // The tile's own coordinates, so that its size is a constant: lane and
    // panel of the column, row in the tile.
    Var lane("lane"), panel("panel"), row("row"), tile("tile");
    RDom rows_(0, height, 0, count, "rows" + suffix),
        k(0, int(gemm.k), "k" + suffix);
    auto rowOf = [&](Expr row, Expr tile) {
      Expr start =
          Halide::min(numRows - left + tile * height, numRows - height);
      return Halide::unsafe_promise_clamped(firstRow + start + row, firstRow,
                                            lastRow);
    };
    Func acc("acc" + suffix);
    acc(lane, panel, row, tile) = 0.0f;
    acc(lane, panel, row, tile) = fma(x(k, rowOf(row, tile)), w(lane, k, panel),
                                      acc(lane, panel, row, tile));

    Expr outRow = rowOf(rows_.x, rows_.y);
    std::vector<Expr> operands{acc(c % 16, c / 16, rows_.x, rows_.y)};
    for (ImageParam &vector : vectors)
      operands.push_back(vector(c));
    for (ImageParam &other : rows)
      operands.push_back(other(c, outRow));
    output(c, outRow) =
        scalars.epilogue ? scalars.epilogue(operands) : operands[0];

    kernel.funcs["acc" + suffix] = acc;
    kernel.vars["lane"] = lane, kernel.vars["panel"] = panel,
    kernel.vars["row"] = row, kernel.vars["tile"] = tile;
    kernel.rvars["row" + suffix] = rows_.x,
                         kernel.rvars["tile" + suffix] = rows_.y,
                         kernel.rvars["k" + suffix] = k;
    left = Halide::max(left - count * height, 0);
  }
  kernel.output = output;
  return kernel;
}

} // namespace xf::kernels
