// Rowwise kernels are bound by memory and short: one row (or one tile of
// columns) at a time, vectors all the way.
#include "targets/x86/X86.h"

#include <fmt/format.h>

namespace xf::targets::x86 {

using Halide::Func;
using Halide::RVar;
using Halide::TailStrategy;
using Halide::Var;

static void scheduleOverRow(KernelFuncs &kernel, const RowwiseDesc &rowwise,
                            const Machine &machine) {
  int width = int(rowwise.width), lanes = rowLanes(width),
      vector = machine.vectorFloats;
  Var c = kernel.vars.at("c"), r = kernel.vars.at("r"), l = kernel.vars.at("l"),
      columns("columns");
  Func output = kernel.output;
  output.output_buffer().dim(0).set_bounds(0, width);
  output
      .split(c, columns, c, vector,
             width % vector == 0 ? TailStrategy::RoundUp
                                 : TailStrategy::Predicate)
      .vectorize(c)
      .reorder(c, columns, r);

  for (size_t stage = 0; stage < rowwise.stages.size(); ++stage) {
    Func part = kernel.funcs.at(fmt::format("part_{}", stage));
    RVar chunk = kernel.rvars.at(fmt::format("chunk_{}", stage));
    part.compute_at(output, r)
        .bound(l, 0, lanes)
        .vectorize(l, vector)
        .unroll(l);
    part.update().reorder(l, chunk).vectorize(l, vector).unroll(l);
    if (width % lanes != 0)
      part.update(1).unscheduled(); // the few values past the last whole chunk,
                                    // one by one
    for (int n = lanes / 2; n > 1; n /= 2)
      kernel.funcs.at(fmt::format("fold_{}_{}", stage, n))
          .compute_at(output, r)
          .bound(l, 0, n)
          .vectorize(l, std::min(n, vector))
          .unroll(l);
    kernel.funcs.at(fmt::format("fold_{}_1", stage)).compute_at(output, r);
  }
}

static void scheduleOverSequence(KernelFuncs &kernel,
                                 const RowwiseDesc &rowwise,
                                 const Config &config, const Machine &machine) {
  int tileCols = int(config.get("tile_cols")),
      vector = std::min(machine.vectorFloats, tileCols);
  Var c = kernel.vars.at("c"), r = kernel.vars.at("r"), l = kernel.vars.at("l"),
      columns("columns"), lanes("lanes");
  Func output = kernel.output;
  Halide::OutputImageParam out = output.output_buffer();
  out.dim(0).set_min(out.dim(0).min() / tileCols * tileCols);
  out.dim(0).set_extent(out.dim(0).extent() / tileCols * tileCols);
  output.split(c, columns, c, tileCols, TailStrategy::RoundUp)
      .split(c, c, lanes, vector)
      .reorder(lanes, c, columns, r)
      .vectorize(lanes)
      .unroll(c);

  for (size_t stage = 0; stage < rowwise.stages.size(); ++stage) {
    Func acc = kernel.funcs.at(fmt::format("acc_{}", stage));
    acc.compute_at(output, columns)
        .bound(l, 0, tileCols)
        .vectorize(l, vector)
        .unroll(l);
    acc.update()
        .reorder(l, kernel.rvars.at(fmt::format("i_{}", stage)))
        .vectorize(l, vector)
        .unroll(l);
  }
}

void scheduleRowwise(KernelFuncs &kernel, const KernelDesc &desc,
                     const Config &config, const Machine &machine) {
  if (desc.rowwise.overSequence)
    scheduleOverSequence(kernel, desc.rowwise, config, machine);
  else
    scheduleOverRow(kernel, desc.rowwise, machine);
}

} // namespace xf::targets::x86
