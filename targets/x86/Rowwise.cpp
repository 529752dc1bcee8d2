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
  int width = int(rowwise.width), partWidth = width / int(rowwise.groups),
      lanes = rowLanes(rowwise), vector = std::min(machine.vectorFloats, lanes);
  Var c = kernel.vars.at("c"), r = kernel.vars.at("r"), l = kernel.vars.at("l"),
      columns("columns"), group("group"), inner = r;
  Func output = kernel.output;
  output.output_buffer().dim(0).set_bounds(0, width);
  bool whole = partWidth % machine.vectorFloats == 0;
  if (rowwise.groups > 1) {
    output.split(c, group, c, partWidth, TailStrategy::RoundUp);
    inner = group;
  }
  output
      .split(c, columns, c, machine.vectorFloats,
             whole ? TailStrategy::RoundUp : TailStrategy::Predicate)
      .vectorize(c);
  if (rowwise.groups > 1)
    output.reorder(c, columns, group, r);
  else
    output.reorder(c, columns, r);

  for (size_t stage = 0; stage < rowwise.stages.size(); ++stage) {
    Func part = kernel.funcs.at(fmt::format("part_{}", stage));
    RVar chunk = kernel.rvars.at(fmt::format("chunk_{}", stage));
    part.compute_at(output, inner)
        .bound(l, 0, lanes)
        .vectorize(l, vector)
        .unroll(l);
    part.update().reorder(l, chunk).vectorize(l, vector).unroll(l);
    if (partWidth % lanes != 0)
      part.update(1).unscheduled(); // the few values past the last whole chunk,
                                    // one by one
    for (int n = lanes / 2; n > 1; n /= 2)
      kernel.funcs.at(fmt::format("fold_{}_{}", stage, n))
          .compute_at(output, inner)
          .bound(l, 0, n)
          .vectorize(l, std::min(n, vector))
          .unroll(l);
    if (lanes > 1)
      kernel.funcs.at(fmt::format("fold_{}_1", stage))
          .compute_at(output, inner);
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
