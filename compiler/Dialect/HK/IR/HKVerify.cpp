// What the verifiers of several ops check.
#include "compiler/Dialect/HK/IR/HKVerify.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace xf::hk {

//===----------------------------------------------------------------------===//
// Scalar regions
//===----------------------------------------------------------------------===//

static bool isScalarType(Type type) {
  return type.isF32() || type.isInteger(32) || type.isInteger(1);
}

/// The rules for one op inside a scalar region.
static LogicalResult verifyScalarOp(Operation &inner, StringRef region) {
  if (!isa<arith::ArithDialect, math::MathDialect>(inner.getDialect()))
    return inner.emitOpError()
           << "is not a scalar op: a region of a structured kernel holds "
              "`arith` and `math` ops only";
  auto types =
      llvm::concat<const Type>(llvm::to_vector(inner.getOperandTypes()),
                               llvm::to_vector(inner.getResultTypes()));
  for (Type type : types)
    if (!isScalarType(type))
      return inner.emitOpError() << "has type " << type << " in `" << region
                                 << "`: scalars of a kernel are f32, i32 or i1";
  return success();
}

LogicalResult verifyScalarRegion(Operation *op, Region &region,
                                 const RegionShape &shape) {
  Block &block = region.front();
  if (block.getArgumentTypes() != TypeRange(shape.arguments))
    return op->emitOpError()
           << "`" << shape.name << "` must take (" << shape.arguments
           << "), not (" << block.getArgumentTypes() << ")";
  for (Operation &inner : block.without_terminator())
    if (failed(verifyScalarOp(inner, shape.name)))
      return failure();
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield)
    return block.getTerminator()->emitOpError()
           << "must not end `" << shape.name << "`: `hk.yield` does";
  if (yield.getValue().getType() != shape.yielded)
    return yield.emitOpError()
           << "must yield " << shape.yielded << " in `" << shape.name
           << "`, not " << yield.getValue().getType();
  return success();
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

static std::string describeShape(ArrayRef<int64_t> shape) {
  std::string text = "tensor<";
  for (int64_t dim : shape)
    text += (ShapedType::isDynamic(dim) ? "?" : std::to_string(dim)) + "x";
  return text + "f32>";
}

LogicalResult verifyWeight(Operation *op, SymbolTableCollection &symbols,
                           FlatSymbolRefAttr symbol, StringRef role,
                           ArrayRef<int64_t> expected) {
  auto weight = symbols.lookupNearestSymbolFrom<WeightOp>(op, symbol);
  if (!weight)
    return op->emitOpError() << "uses `@" << symbol.getValue() << "` as "
                             << role << ", but there is no such weight";
  ArrayRef<int64_t> shape = weight.getTensorType().getShape();
  bool fits = shape.size() == expected.size() &&
              llvm::all_of(llvm::zip(shape, expected), [](auto dims) {
                return ShapedType::isDynamic(std::get<1>(dims)) ||
                       std::get<0>(dims) == std::get<1>(dims);
              });
  if (fits)
    return success();
  InFlightDiagnostic diag = op->emitOpError()
                            << "uses `@" << symbol.getValue() << "` as " << role
                            << ", which must be " << describeShape(expected)
                            << ", not " << weight.getTensorType();
  diag.attachNote(weight.getLoc()) << "the weight is declared here";
  return diag;
}

} // namespace xf::hk
