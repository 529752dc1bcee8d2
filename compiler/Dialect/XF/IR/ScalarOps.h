// Writes the scalar ops of a region as if they were expressions. What an op
// does follows from the operands' types: f32, i32 (signed) or i1.
#pragma once

#include "compiler/Dialect/XF/IR/XF.h"

namespace xf::ir {

using Scalar = mlir::Value;

/// One method per op that regions need. C++ leaves open in which order the
/// arguments of a call are evaluated, so of nested calls in one argument list
/// at most one may create ops, or the text of the IR would depend on the
/// compiler.
class Scalars {
public:
  /// Appends to `block`, which need not be part of an op yet.
  Scalars(mlir::Block *block, mlir::Location loc)
      : builder(loc.getContext()), loc(loc) {
    builder.setInsertionPointToEnd(block);
  }
  /// Inserts before `op`.
  Scalars(mlir::Operation *op, mlir::Location loc) : builder(op), loc(loc) {}

  template <typename OpT, typename... Args> auto create(Args &&...args) {
    return builder.create<OpT>(loc, std::forward<Args>(args)...);
  }

  //===--- Constants and reads --------------------------------------------===//

  Scalar constant(double value);
  Scalar integer(int64_t value); ///< clamped to 32 bits
  Scalar boolean(bool value);
  /// Column `column` of row operand `operand` at this row, or at row `row` of
  /// the sequence.
  Scalar read(int64_t operand, Scalar column);
  Scalar read(int64_t operand, int64_t column);
  Scalar readAt(int64_t operand, Scalar column, Scalar row);
  Scalar readAt(int64_t operand, int64_t column, Scalar row);
  Scalar table(int64_t table, llvm::ArrayRef<Scalar> indices);
  Scalar pair(int64_t operand, Scalar head, Scalar key);

  //===--- Arithmetic, f32 or i32 -----------------------------------------===//

  Scalar add(Scalar a, Scalar b);
  Scalar sub(Scalar a, Scalar b);
  Scalar mul(Scalar a, Scalar b);
  Scalar div(Scalar a, Scalar b); ///< of integers: towards zero
  Scalar rem(Scalar a, Scalar b); ///< of integers, with the sign of a
  Scalar min(Scalar a, Scalar b);
  Scalar max(Scalar a, Scalar b);
  Scalar neg(Scalar a);
  Scalar abs(Scalar a);
  /// max(low, min(x, high)).
  Scalar clamp(Scalar x, Scalar low, Scalar high);
  Scalar clamp(Scalar x, int64_t low, int64_t high);
  Scalar toFloat(Scalar integer);
  Scalar toInt(Scalar number); ///< towards zero

  //===--- Comparisons (ordered, signed), i1 ------------------------------===//

  Scalar equal(Scalar a, Scalar b);
  Scalar notEqual(Scalar a, Scalar b);
  Scalar less(Scalar a, Scalar b);
  Scalar lessEqual(Scalar a, Scalar b);
  Scalar greater(Scalar a, Scalar b);
  Scalar greaterEqual(Scalar a, Scalar b);
  Scalar both(Scalar a, Scalar b);   ///< a && b, of i1
  Scalar either(Scalar a, Scalar b); ///< a || b, of i1
  Scalar negate(Scalar a);           ///< !a, of i1
  Scalar select(Scalar condition, Scalar a, Scalar b);

  //===--- Functions, f32 -------------------------------------------------===//

  Scalar exp(Scalar a);
  Scalar exp2(Scalar a);
  Scalar log(Scalar a);
  Scalar log1p(Scalar a);
  Scalar sin(Scalar a);
  Scalar cos(Scalar a);
  Scalar tanh(Scalar a);
  Scalar erf(Scalar a);
  Scalar sqrt(Scalar a);
  Scalar rsqrt(Scalar a);
  Scalar pow(Scalar a, Scalar b);
  Scalar floor(Scalar a);
  Scalar ceil(Scalar a);
  Scalar sigmoid(Scalar a);              ///< 1 / (1 + exp(-a))
  Scalar silu(Scalar a);                 ///< a / (1 + exp(-a))
  Scalar gelu(Scalar a);                 ///< a / 2 * (1 + erf(a / sqrt(2)))
  Scalar softplus(Scalar a);             ///< log(1 + exp(a)), never inf for it
  Scalar softclamp(Scalar a, double by); ///< tanh(a / by) * by

  //===--- Regions --------------------------------------------------------===//

  /// Clones the ops of `region`, a block of scalar ops that ends in xf.yield,
  /// on `arguments`; what it yields.
  Scalar inlineRegion(mlir::Region &region, mlir::ValueRange arguments);
  void yield(Scalar value);

  mlir::OpBuilder &getBuilder() { return builder; }
  mlir::Location getLoc() { return loc; }

private:
  mlir::OpBuilder builder;
  mlir::Location loc;
};

/// Adds the one block of a region of `op`: `body` gets the block's arguments
/// and returns what the region yields. score_mod: (s, h, i, j); mask_mod and
/// alive_mod: (h, i, j).
using ScalarBody =
    llvm::function_ref<Scalar(Scalars &s, mlir::ValueRange arguments)>;
void buildScoreMod(AttentionOp op, ScalarBody body);
void buildMaskMod(AttentionOp op, ScalarBody body);
void buildAliveMod(AttentionOp op, ScalarBody body);

} // namespace xf::ir
