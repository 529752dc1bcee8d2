// The arguments of attention, alike for all variants, and what its regions read
// of them. Private to compiler/Kernels.
#pragma once

#include "compiler/Kernels/Algorithms.h"

namespace xf::kernels {

/// What a masked score is set to: a row with every key masked averages all
/// values.
constexpr float maskedScore = -3.4028235e38f;

/// Undefined where a description has no such argument.
struct AttentionInputs {
  const targets::AttentionDesc &desc;
  Halide::ImageParam q, k, v;
  std::vector<Halide::ImageParam> rows, pairs, tables;
  Halide::ImageParam scoresIn, sink, memoryKeys, memoryValues;
  Halide::ImageParam preMix, postMix, gateMix, cope, copeMix;
  Expr seqBegin, seqLength; ///< rows of the queries' sequence
  Expr keyBegin, keyLength; ///< rows of its keys
  /// Rows of the sequence in the other space, and the sequence's number.
  Expr otherBegin, otherLength, sequence;

  /// Column `d` of key `j` (0 is the sequence's first) for query head `h`;
  /// past the sequence its last key, once more. Values likewise.
  /// @{
  Expr key(Expr d, Expr j, Expr h) const;
  Expr value(Expr c, Expr j, Expr h) const;
  /// @}
  /// The same of extra key `e`, counted from 0.
  /// @{
  Expr extraKey(Expr d, Expr e, Expr h) const;
  Expr extraValue(Expr c, Expr e, Expr h) const;
  /// @}
};

/// Appends the arguments of `desc`.
AttentionInputs addAttentionInputs(targets::KernelFuncs &kernel,
                                   const targets::AttentionDesc &desc);

/// What the regions read for the query in row `queryRow` of the call, which is
/// number `query` of its sequence. `within`: the ranges of the variables.
/// `ownRow`: an operand's column of the query's own row, where the variant
/// keeps such values for all keys; may be empty, or answer nothing.
Reads attentionReads(
    const AttentionInputs &in, Expr queryRow, Expr query,
    const Halide::Internal::Scope<Halide::Internal::Interval> &within,
    std::function<Expr(int operand, Expr column)> ownRow = {});

} // namespace xf::kernels
