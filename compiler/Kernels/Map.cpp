// y[r, c] = region(c, i, n): elementwise with computed reads. Whatever a region
// computes, no read leaves its operand: rows are clamped to the sequence,
// columns to the operand's.
#include "compiler/Kernels/Algorithms.h"

#include <fmt/format.h>

namespace xf::kernels {

using Halide::Func;
using Halide::ImageParam;
using Halide::Var;
using Halide::Internal::Interval;
using Halide::Internal::Scope;
using targets::KernelDesc;
using targets::KernelFuncs;
using targets::MapDesc;
using targets::MapOperand;

namespace {
/// The call's rows in terms of sequences; undefined where a map takes no batch.
struct Batch {
  Expr index, length, sequence; ///< of row r
};
} // namespace

/// Row `row` of the sequence of r, or what r itself has of `input`.
static Expr rowOf(const MapOperand &operand, ImageParam input, Expr r, Expr row,
                  const Batch &batch) {
  Expr first = input.dim(1).min(), last = input.dim(1).max();
  if (operand.perSequence)
    return Halide::unsafe_promise_clamped(batch.sequence, first, last);
  if (!row.defined())
    return r;
  return Halide::unsafe_promise_clamped(
      r - batch.index + Halide::clamp(row, 0, batch.length - 1), first, last);
}

KernelFuncs buildMap(const KernelDesc &desc, const targets::Config &,
                     const Scalars &scalars) {
  const MapDesc &map = desc.map;
  KernelFuncs kernel;
  std::vector<ImageParam> rows;
  for (size_t n = 0; n < map.operands.size(); ++n)
    rows.push_back(
        addRowsInput(kernel, fmt::format("rows_{}", n), map.operands[n].width));
  std::vector<ImageParam> tables = addTables(kernel, map.tables);

  Var c("c"), r("r");
  Batch batch{0, 0, 0};
  if (map.usesBatch)
    batch = {addIndexInput(kernel, "row_index")(r),
             addIndexInput(kernel, "row_length")(r),
             addIndexInput(kernel, "row_sequence")(r)};
  Scope<Interval> within;
  within.push(c.name(), Interval(0, int(map.width) - 1));
  Reads reads;
  reads.row = [&](int operand, Expr column, Expr row) -> Expr {
    const MapOperand &read = map.operands.at(operand);
    return rows[operand](inRange(column, int(read.width), within),
                         rowOf(read, rows[operand], r, row, batch));
  };
  reads.table = tableReader(tables, within);

  Func output("output");
  output(c, r) = scalars.map(reads, c, batch.index, batch.length);
  promiseRows(output.output_buffer(), map.width);
  kernel.output = output;
  kernel.vars = {{"c", c}, {"r", r}};
  return kernel;
}

} // namespace xf::kernels
