// y[r, n] = epilogue(sum_k x[r, k] w[k, n], ...) over a weight packed in panels
// of 16 columns (variant `packed`).
//
// The sums of a tile of columns are kept for all rows of the crop, then the
// epilogue runs over them. The rows are covered by tiles of a few fixed heights
// (targets::gemmTileHeights), each an update stage of the sums with its own
// accumulators, because a register tile must have a constant size and no row of
// another task may be read or written. Every output is one chain of FMAs over k
// in ascending order, whichever tile it falls into.
#include "compiler/Kernels/Algorithms.h"

#include <fmt/format.h>

#include <functional>

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
  // The last tile of columns may reach past the last panel.
  int panels = int((gemm.n + 15) / 16);
  bool wholeTiles = panels * 16 % config.get("tile_n") == 0;
  auto inWeight = [&](Expr panel) {
    return wholeTiles ? panel : Halide::min(panel, panels - 1);
  };
  ImageParam w =
      addInput(kernel, "w", Halide::Float(32), {16, int(gemm.k), panels});
  std::vector<ImageParam> vectors =
      addVectorInputs(kernel, gemm.vectors, gemm.n);
  std::vector<ImageParam> rows = addRowsInputs(kernel, gemm.rows, gemm.n);

  Var c("c"), r("r"), lane("lane"), panel("panel"), row("row"), tile("tile");
  Func product("product"), output("output");
  product(c, r) = Halide::undef<float>();
  output(c, r) = Halide::undef<float>();

  // The highest tiles, then at most one of those between, then the lowest:
  // `left` rows are still to do. A tile that covers the rest, and no lower one
  // does, moves back over rows that are done (same values, same task).
  Halide::OutputImageParam out = output.output_buffer();
  promiseRows(out, gemm.n);
  Expr firstRow = out.dim(1).min(), lastRow = out.dim(1).max(),
       numRows = out.dim(1).extent(), left = numRows;
  auto addTiles = [&](const std::string &suffix, int height, Expr count,
                      std::function<Expr(Expr row, Expr tile)> rowInCrop) {
    // The tile's own coordinates, so that its size is a constant: lane and
    // panel of the column, row in the tile.
    RDom rows_(0, height, 0, count, "rows" + suffix),
        k(0, int(gemm.k), "k" + suffix);
    auto rowOf = [&](Expr row, Expr tile) {
      return Halide::unsafe_promise_clamped(firstRow + rowInCrop(row, tile),
                                            firstRow, lastRow);
    };
    Func acc("acc" + suffix);
    acc(lane, panel, row, tile) = 0.0f;
    acc(lane, panel, row, tile) =
        fma(x(k, rowOf(row, tile)), w(lane, k, inWeight(panel)),
            acc(lane, panel, row, tile));
    product(c, rowOf(rows_.x, rows_.y)) = acc(c % 16, c / 16, rows_.x, rows_.y);

    kernel.funcs["acc" + suffix] = acc;
    kernel.rvars["row" + suffix] = rows_.x,
                         kernel.rvars["tile" + suffix] = rows_.y,
                         kernel.rvars["k" + suffix] = k;
  };
  std::vector<int64_t> heights = targets::gemmTileHeights(config);
  for (size_t i = 0; i < heights.size(); ++i) {
    int height = int(heights[i]),
        next = i + 1 < heights.size() ? int(heights[i + 1]) : 0;
    bool several = i == 0 || next == 0;
    Expr whole = several ? left / height : 0,
         rest = several ? left % height : left;
    Expr shifted = rest > next && rest <= height && numRows >= height;
    Expr count = whole + Halide::cast<int32_t>(shifted);
    addTiles(
        fmt::format("_{}", height), height, count, [&](Expr row, Expr tile) {
          return Halide::min(numRows - left + tile * height, numRows - height) +
                 row;
        });
    left = Halide::max(left - count * height, 0);
  }
  // A crop lower than every tile: its last row several times.
  int lowest = int(heights.back());
  addTiles("_few", lowest, Halide::cast<int32_t>(numRows < lowest),
           [&](Expr row, Expr) { return Halide::min(row, numRows - 1); });

  RDom all(firstRow, numRows, "rows");
  std::vector<Expr> operands{product(c, all)};
  for (ImageParam &vector : vectors)
    operands.push_back(vector(c));
  for (ImageParam &other : rows)
    operands.push_back(other(c, all));
  output(c, all) = scalars.epilogue ? scalars.epilogue(operands) : operands[0];
  kernel.funcs["product"] = product;
  kernel.rvars["rows"] = all;
  kernel.output = output;
  kernel.vars = {{"c", c},         {"r", r},     {"lane", lane},
                 {"panel", panel}, {"row", row}, {"tile", tile}};
  return kernel;
}

} // namespace xf::kernels
