// y[r, c] = epilogue(sum_t table_t[index_t[r], c]): rows of tables summed in
// the order of the tables.
//
// The runtime has checked every index before the call, so that bounds inference
// may take them as clamped.
#include "compiler/Kernels/Algorithms.h"

#include <fmt/format.h>

namespace xf::kernels {

using Halide::Func;
using Halide::ImageParam;
using Halide::Var;
using targets::KernelDesc;
using targets::KernelFuncs;

KernelFuncs buildGather(const KernelDesc &desc, const targets::Config &config,
                        const Scalars &scalars) {
  const targets::GatherDesc &gather = desc.gather;
  KernelFuncs kernel;
  std::vector<ImageParam> indices, tables;
  for (size_t t = 0; t < gather.tables.size(); ++t)
    indices.push_back(addIndexInput(kernel, fmt::format("index_{}", t)));
  for (size_t t = 0; t < gather.tables.size(); ++t)
    tables.push_back(
        addRowsInput(kernel, fmt::format("table_{}", t), gather.width));

  Var c("c"), r("r");
  Expr sum;
  for (size_t t = 0; t < tables.size(); ++t) {
    Expr entry = Halide::unsafe_promise_clamped(
        indices[t](r), tables[t].dim(1).min(), tables[t].dim(1).max());
    Expr value = tables[t](c, entry);
    sum = sum.defined() ? add(sum, value) : value;
  }
  Func output("output");
  output(c, r) = scalars.epilogue ? scalars.epilogue({sum}) : sum;
  promiseRows(output.output_buffer(), gather.width);

  kernel.output = output;
  kernel.vars = {{"c", c}, {"r", r}};
  return kernel;
}

} // namespace xf::kernels
