// Scalar regions of attention: what both levels of the dialect allow in a
// score_mod or mask_mod, and the pieces that the compiler itself puts there.
#include "compiler/Dialect/XF/IR/XF.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace xf::ir;

static LogicalResult verifyScalarOp(Operation *op, Operation &inner,
                                    StringRef name) {
  Dialect *dialect = inner.getDialect();
  bool allowed =
      isa_and_nonnull<arith::ArithDialect, math::MathDialect>(dialect) ||
      isa<ReadOp, TableOp, PairOp>(inner);
  auto isScalar = [](Type type) { return type.isIntOrIndexOrFloat(); };
  if (allowed && llvm::all_of(inner.getOperandTypes(), isScalar) &&
      llvm::all_of(inner.getResultTypes(), isScalar))
    return success();
  InFlightDiagnostic diag = op->emitOpError()
                            << "`" << name
                            << "` may only hold arith and math ops on scalars";
  diag.attachNote(inner.getLoc()) << "this is `" << inner.getName() << "`";
  return diag;
}

LogicalResult xf::ir::verifyScalarRegion(Operation *op, Region &region,
                                         StringRef name, TypeRange arguments,
                                         Type result) {
  if (region.empty())
    return success();
  if (!region.hasOneBlock())
    return op->emitOpError() << "`" << name << "` must have one block";
  Block &block = region.front();
  if (block.getArgumentTypes() != arguments)
    return op->emitOpError()
           << "`" << name << "` takes (" << block.getArgumentTypes()
           << ") but must take (" << arguments << ")";
  auto yield = block.empty() ? YieldOp() : dyn_cast<YieldOp>(block.back());
  if (!yield)
    return op->emitOpError() << "`" << name << "` must end in `xf.yield`";
  if (yield.getValue().getType() != result) {
    InFlightDiagnostic diag = op->emitOpError()
                              << "`" << name << "` must yield " << result;
    diag.attachNote(yield.getLoc())
        << "this yields " << yield.getValue().getType();
    return diag;
  }
  for (Operation &inner : block.without_terminator())
    if (failed(verifyScalarOp(op, inner, name)))
      return failure();
  return success();
}

LogicalResult xf::ir::verifyScoreMod(Operation *op, Region &region) {
  Builder builder(op->getContext());
  Type f32 = builder.getF32Type(), i32 = builder.getI32Type();
  return verifyScalarRegion(op, region, "score_mod", {f32, i32, i32, i32}, f32);
}

LogicalResult xf::ir::verifyMaskMod(Operation *op, Region &region,
                                    StringRef name) {
  Builder builder(op->getContext());
  Type i32 = builder.getI32Type();
  return verifyScalarRegion(op, region, name, {i32, i32, i32},
                            builder.getI1Type());
}

Value xf::ir::buildAlibiSlope(OpBuilder &builder, Location loc, Value head,
                              int64_t heads) {
  ImplicitLocOpBuilder b(loc, builder);
  auto constant = [&](double value) -> Value {
    return b.create<arith::ConstantOp>(b.getF32FloatAttr(value));
  };
  // exponent(head) = -rate * (head - first + 1), linear in the head.
  auto exponent = [&](Value h, double rate, double shift) -> Value {
    Value scaled = b.create<arith::MulFOp>(h, constant(-rate));
    return b.create<arith::AddFOp>(scaled, constant(-rate * shift));
  };
  Value h = b.create<arith::SIToFPOp>(b.getF32Type(), head);
  int64_t power = llvm::bit_floor(static_cast<uint64_t>(heads));
  Value x = exponent(h, 8.0 / power, 1.0);
  if (power != heads) {
    // Head p + t has the slope 2t of 2p heads: 2^(-8/(2p) * (2t + 1)).
    Value rest = exponent(h, 8.0 / power, 0.5 - power);
    Value limit = b.create<arith::ConstantOp>(b.getI32IntegerAttr(power));
    Value isFirst =
        b.create<arith::CmpIOp>(arith::CmpIPredicate::slt, head, limit);
    x = b.create<arith::SelectOp>(isFirst, x, rest);
  }
  return b.create<math::Exp2Op>(x);
}
