// A map writes rows from left to right: vectors over the columns, one row at a
// time, so that what depends on the row alone is computed once for it.
#include "targets/x86/X86.h"

namespace xf::targets::x86 {

using Halide::TailStrategy;
using Halide::Var;

void scheduleMap(KernelFuncs &kernel, const KernelDesc &desc,
                 const Config &config, const Machine &machine) {
  int vector = machine.vectorFloats, width = int(desc.map.width);
  Var c = kernel.vars.at("c"), r = kernel.vars.at("r"), columns("columns");
  kernel.output.output_buffer().dim(0).set_bounds(0, width);
  kernel.output
      .split(c, columns, c, vector,
             width % vector == 0 ? TailStrategy::RoundUp
                                 : TailStrategy::Predicate)
      .vectorize(c)
      .reorder(c, columns, r);
}

} // namespace xf::targets::x86
