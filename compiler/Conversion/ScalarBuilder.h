// Writes the scalar ops of a kernel's region as if they were expressions.
#pragma once

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"

namespace xf {

using Scalar = mlir::Value;

/// One method per op that conversions need; operands are evaluated in the order
/// in which the calls stand, so nested calls in one argument list must not have
/// more than one that creates ops, or the text of the IR would depend on the
/// compiler.
class ScalarBuilder {
public:
  /// Appends to `block`.
  ScalarBuilder(mlir::Block *block, mlir::Location loc)
      : builder(mlir::OpBuilder::atBlockEnd(block)), loc(loc) {}
  /// Inserts before `op`.
  ScalarBuilder(mlir::Operation *op, mlir::Location loc)
      : builder(op), loc(loc) {}

  template <typename OpT, typename... Args> auto create(Args &&...args) {
    return builder.create<OpT>(loc, std::forward<Args>(args)...);
  }

  Scalar constant(double value) {
    return create<mlir::arith::ConstantOp>(builder.getF32FloatAttr(value));
  }
  Scalar integer(int32_t value) {
    return create<mlir::arith::ConstantOp>(builder.getI32IntegerAttr(value));
  }
  Scalar add(Scalar a, Scalar b) { return create<mlir::arith::AddFOp>(a, b); }
  Scalar sub(Scalar a, Scalar b) {
    if (a.getType().isInteger(32))
      return create<mlir::arith::SubIOp>(a, b);
    return create<mlir::arith::SubFOp>(a, b);
  }
  Scalar mul(Scalar a, Scalar b) { return create<mlir::arith::MulFOp>(a, b); }
  Scalar div(Scalar a, Scalar b) { return create<mlir::arith::DivFOp>(a, b); }
  Scalar max(Scalar a, Scalar b) {
    return create<mlir::arith::MaximumFOp>(a, b);
  }
  Scalar neg(Scalar a) { return create<mlir::arith::NegFOp>(a); }
  Scalar erf(Scalar a) { return create<mlir::math::ErfOp>(a); }
  Scalar exp(Scalar a) { return create<mlir::math::ExpOp>(a); }
  Scalar sqrt(Scalar a) { return create<mlir::math::SqrtOp>(a); }
  Scalar rsqrt(Scalar a) { return create<mlir::math::RsqrtOp>(a); }
  Scalar toFloat(Scalar integer) {
    return create<mlir::arith::SIToFPOp>(builder.getF32Type(), integer);
  }
  Scalar equal(Scalar a, Scalar b) {
    return create<mlir::arith::CmpIOp>(mlir::arith::CmpIPredicate::eq, a, b);
  }
  Scalar select(Scalar condition, Scalar a, Scalar b) {
    return create<mlir::arith::SelectOp>(condition, a, b);
  }

private:
  mlir::OpBuilder builder;
  mlir::Location loc;
};

} // namespace xf
