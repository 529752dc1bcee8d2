// Gathering copies rows: vectors over the columns, one row at a time.
#include "targets/x86/X86.h"

namespace xf::targets::x86 {

using Halide::TailStrategy;
using Halide::Var;

void scheduleGather(KernelFuncs &kernel, const KernelDesc &desc,
                    const Config &config, const Machine &machine) {
  int vector = machine.vectorFloats;
  Var c = kernel.vars.at("c"), r = kernel.vars.at("r"), columns("columns");
  kernel.output.split(c, columns, c, vector, TailStrategy::Predicate)
      .vectorize(c)
      .reorder(c, columns, r);
}

} // namespace xf::targets::x86
