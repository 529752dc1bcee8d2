// What the algorithms share: one builder per kind, and the arguments' promised
// layouts. Private to compiler/Kernels.
#pragma once

#include "compiler/Kernels/Kernels.h"
#include "compiler/Kernels/ScalarMath.h"

namespace xf::kernels {

/// One builder per kind; buildKernel's table.
/// @{
targets::KernelFuncs buildGemm(const targets::KernelDesc &,
                               const targets::Config &, const Scalars &);
targets::KernelFuncs buildAttention(const targets::KernelDesc &,
                                    const targets::Config &, const Scalars &);
targets::KernelFuncs buildRowwise(const targets::KernelDesc &,
                                  const targets::Config &, const Scalars &);
targets::KernelFuncs buildGather(const targets::KernelDesc &,
                                 const targets::Config &, const Scalars &);
/// @}

/// Appends a dense buffer argument of constant extents, innermost first.
Halide::ImageParam addInput(targets::KernelFuncs &kernel,
                            const std::string &name, Halide::Type type,
                            const std::vector<int> &extents);

/// Appends a buffer argument of dense rows, [width, any number of rows].
Halide::ImageParam addRowsInput(targets::KernelFuncs &kernel,
                                const std::string &name, int64_t width);

/// Appends the extra operands of length `width`, vector_0, vector_1, ...
std::vector<Halide::ImageParam> addVectorInputs(targets::KernelFuncs &kernel,
                                                int count, int64_t width);

/// Appends the extra operands of shape rows x width, rows_0, rows_1, ...
std::vector<Halide::ImageParam> addRowsInputs(targets::KernelFuncs &kernel,
                                              int count, int64_t width);

/// Appends a scalar int32 argument.
Halide::Param<int32_t> addScalar(targets::KernelFuncs &kernel,
                                 const std::string &name);

/// Promises that `buffer` is a crop of dense rows of `width` values.
void promiseRows(Halide::OutputImageParam buffer, int64_t width);

} // namespace xf::kernels
