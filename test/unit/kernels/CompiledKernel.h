// A kernel compiled in this process by Halide's JIT, callable on raw arrays
// with any crop of the output.
#pragma once

#include "KernelCases.h"

#include <array>

namespace xf::test {

/// Dense row-major floats (or int32 where named): `rows` rows of `width`.
template <class T> struct Matrix {
  int rows = 0, width = 0;
  std::vector<T> values;

  Matrix() = default;
  Matrix(int rows, int width, T fill = T())
      : rows(rows), width(width), values(size_t(rows) * width, fill) {}
  T &operator()(int r, int c) { return values[size_t(r) * width + c]; }
  const T &operator()(int r, int c) const {
    return values[size_t(r) * width + c];
  }
};

/// A part of an output: rows [row, row + rows), columns [column, column +
/// columns).
struct Crop {
  int row = 0, rows = 0, column = 0, columns = 0;
};

class CompiledKernel {
public:
  CompiledKernel(const KernelCase &kernelCase, const targets::Config &config,
                 const targets::Machine &machine);

  /// The inputs in the kernel's order, as Halide buffers over memory that must
  /// outlive the calls.
  std::vector<Halide::Runtime::Buffer<>> inputs;

  /// Runs the kernel on `crop` of `output`; the sequence is ignored by kinds
  /// that take none.
  void run(Matrix<float> &output, Crop crop, int seqBegin = 0,
           int seqLength = 0);

  /// Runs the kernel on `buffers`, inputs and outputs, and the scalars between
  /// them.
  void call(std::vector<halide_buffer_t *> buffers,
            const std::vector<int> &scalars);

private:
  Halide::Callable callable;
  int scalarsAfter =
      -1; ///< number of buffers before the two scalars, or -1 without scalars
};

/// A view of `matrix` as a kernel argument [width, rows].
Halide::Runtime::Buffer<> view(Matrix<float> &matrix);

} // namespace xf::test
