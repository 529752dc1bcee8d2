// Attention as x-transformers computes it, step by step in double: what the
// tests of both variants compare with.
#pragma once

#include "Reference.h"

#include "compiler/Kernels/ScalarMath.h"

namespace xf::test {

/// What plain regions read, as kernels::Reads.
struct PlainReads {
  std::function<double(int operand, int column, int row)> row; ///< -1: no row
  std::function<double(int table, std::vector<int> indices)> table;
  std::function<double(int pair, int head, int key)> pair;
};

/// An attention whose regions are given twice.
struct AttentionCase {
  KernelCase kernel;
  std::function<double(const PlainReads &, double, int, int, int)> scoreMod;
  std::function<bool(const PlainReads &, int, int, int)> maskMod, aliveMod;

  targets::AttentionDesc &desc() { return kernel.desc.attention; }
  const targets::AttentionDesc &desc() const { return kernel.desc.attention; }
};

/// A call of two sequences and its operands, rows outside of the second filled
/// with NaN: whoever reads them fails. The second has `queries` rows from
/// `begin` on, and `keys` key rows from `keyBegin` on.
struct AttentionCall {
  const AttentionCase &c;
  int rows = 0, begin = 0, queries = 0, keyRows = 0, keyBegin = 0, keys = 0;
  Matrix<float> q, k, v;
  std::vector<Matrix<float>> rowOperands, tables;
  std::vector<std::vector<float>> pairs;
  std::vector<float> scoresIn, sink, preMix, postMix, gateMix, cope, copeMix;
  Matrix<float> memoryKeys, memoryValues;
  int capacity = 0; ///< keys of a row of pair values

  AttentionCall(const AttentionCase &c, int begin, int queries, int keyBegin,
                int keys);

  std::vector<Halide::Runtime::Buffer<>> inputs();
  std::vector<int> scalars() const;
  /// Rows of the output and, if any, the scores [rows, heads, keys].
  struct Result {
    Matrix<double> output;
    std::vector<double> scores;
  };
  Result expected() const;
};

} // namespace xf::test
