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
targets::KernelFuncs buildBlockedAttention(const targets::KernelDesc &,
                                           const targets::Config &,
                                           const Scalars &);
targets::KernelFuncs buildKeptAttention(const targets::KernelDesc &,
                                        const targets::Config &,
                                        const Scalars &);
targets::KernelFuncs buildRowwise(const targets::KernelDesc &,
                                  const targets::Config &, const Scalars &);
targets::KernelFuncs buildGather(const targets::KernelDesc &,
                                 const targets::Config &, const Scalars &);
targets::KernelFuncs buildMap(const targets::KernelDesc &,
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

/// Appends weights that regions read, table_0, table_1, ..., of these logical
/// extents; the last is innermost.
std::vector<Halide::ImageParam>
addTables(targets::KernelFuncs &kernel,
          const std::vector<std::vector<int64_t>> &tables);

/// Appends a buffer of an i32 for each row.
Halide::ImageParam addIndexInput(targets::KernelFuncs &kernel,
                                 const std::string &name);

/// `index` within [0, extent): as it stands where `within` (the ranges of the
/// variables in it) shows that it is, else clamped. No load leaves its buffer,
/// and dense ones stay dense.
Halide::Expr
inRange(Halide::Expr index, Halide::Expr extent,
        const Halide::Internal::Scope<Halide::Internal::Interval> &within);

/// hk.table as loads from `tables`.
std::function<Halide::Expr(int, std::vector<Halide::Expr>)>
tableReader(std::vector<Halide::ImageParam> tables,
            const Halide::Internal::Scope<Halide::Internal::Interval> &within);

/// Appends a scalar int32 argument.
Halide::Param<int32_t> addScalar(targets::KernelFuncs &kernel,
                                 const std::string &name);

/// Promises that `buffer` is a crop of dense rows of `width` values.
void promiseRows(Halide::OutputImageParam buffer, int64_t width);

} // namespace xf::kernels
