// Weights, and the outlined form of the hk dialect: kernels and their launches.
#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Dialect/HK/IR/HKVerify.h"

#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/FunctionImplementation.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace mlir;

namespace xf::hk {

//===----------------------------------------------------------------------===//
// hk.weight
//===----------------------------------------------------------------------===//

bool WeightOp::isFormal() {
  return isa_and_nonnull<KernelOp>((*this)->getParentOp());
}

LogicalResult WeightOp::verify() {
  RankedTensorType type = getTensorType();
  ArrayRef<int64_t> shape = type.getShape();
  if (!type.getElementType().isF32() || shape.empty() || shape.size() > 2 ||
      llvm::is_contained(shape, 0))
    return emitOpError() << "must be a non-empty vector or matrix of f32, not "
                         << type;
  // Kernels index by 32 bits; panels round the columns up to 16. Divided,
  // because the product may overflow.
  constexpr int64_t mostElements = std::numeric_limits<int32_t>::max();
  int64_t rows = shape.size() == 2 ? shape.front() : 1;
  if (shape.back() > mostElements ||
      rows > mostElements / int64_t(llvm::alignTo(shape.back(), 16)))
    return emitOpError() << "is " << type
                         << ", but a kernel reads at most 2^31 - 1 elements";
  if (isFormal() == getRecipe().has_value())
    return emitOpError() << (isFormal()
                                 ? "must have no recipe inside a kernel, "
                                   "where it is a formal parameter"
                                 : "must have a recipe outside a kernel");
  if (getLayout() == Layout::Panels && type.getRank() != 2)
    return emitOpError() << "has layout `panels`, which is for matrices";
  return success();
}

//===----------------------------------------------------------------------===//
// hk.kernel, hk.return
//===----------------------------------------------------------------------===//

void KernelOp::build(OpBuilder &builder, OperationState &state, StringRef name,
                     FunctionType type) {
  state.addAttribute(::mlir::SymbolTable::getSymbolAttrName(),
                     builder.getStringAttr(name));
  state.addAttribute(getFunctionTypeAttrName(state.name), TypeAttr::get(type));
  Block &entry = state.addRegion()->emplaceBlock();
  for (Type input : type.getInputs())
    entry.addArgument(input, state.location);
}

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &result) {
  auto buildType = [](Builder &builder, ArrayRef<Type> inputs,
                      ArrayRef<Type> results,
                      function_interface_impl::VariadicFlag, std::string &) {
    return builder.getFunctionType(inputs, results);
  };
  return function_interface_impl::parseFunctionOp(
      parser, result, /*allowVariadic=*/false,
      getFunctionTypeAttrName(result.name), buildType,
      getArgAttrsAttrName(result.name), getResAttrsAttrName(result.name));
}

void KernelOp::print(OpAsmPrinter &printer) {
  function_interface_impl::printFunctionOp(
      printer, *this, /*isVariadic=*/false, getFunctionTypeAttrName(),
      getArgAttrsAttrName(), getResAttrsAttrName());
}

StructuredOp KernelOp::getStructuredOp() {
  auto ops = getBody().front().getOps<StructuredOp>();
  return ops.empty() ? StructuredOp() : *ops.begin();
}

SmallVector<WeightOp, 4> KernelOp::getFormalWeights() {
  return llvm::to_vector(getBody().front().getOps<WeightOp>());
}

/// The kernel's arguments and formal weights are its structured op's, in order.
static LogicalResult verifyBinding(KernelOp kernel, StructuredOp op) {
  SmallVector<Value> arguments = op.getRowArguments();
  if (Value batch = op.getBatchArgument())
    arguments.push_back(batch);
  if (!llvm::equal(arguments, kernel.getArguments()))
    return op->emitOpError()
           << "must take the kernel's arguments in order: its rows, then the "
              "batch if it takes one";
  SmallVector<WeightOp, 4> formals = kernel.getFormalWeights();
  auto names = llvm::map_range(formals, [](WeightOp weight) {
    return FlatSymbolRefAttr::get(weight.getSymNameAttr());
  });
  if (!llvm::equal(names, op.getWeightArguments()))
    return op->emitOpError()
           << "must use the kernel's weights in order, each once";
  return success();
}

LogicalResult KernelOp::verifyRegions() {
  Block &block = getBody().front();
  unsigned structured = 0;
  for (Operation &op : block.without_terminator()) {
    if (isa<StructuredOp>(op))
      ++structured;
    else if (!isa<WeightOp>(op))
      return op.emitOpError() << "must not stand in a kernel, which holds "
                                 "weights and one structured op";
  }
  if (structured != 1)
    return emitOpError() << "must hold one structured op, not " << structured;
  StructuredOp op = getStructuredOp();
  auto ret = dyn_cast<ReturnOp>(block.getTerminator());
  if (!ret || ret.getValues() != op->getResults())
    return emitOpError() << "must return the result of its structured op";
  if (getFunctionType().getResults() != op->getResultTypes())
    return emitOpError() << "must have the result type of its structured op, "
                         << op->getResultTypes();
  return verifyBinding(*this, op);
}

//===----------------------------------------------------------------------===//
// hk.launch
//===----------------------------------------------------------------------===//

LogicalResult LaunchOp::verify() {
  if (SlotAttr slot = getSlotAttr();
      slot && slot.getWidth() != getWidth(getResult()))
    return emitOpError() << "has a slot of width " << slot.getWidth()
                         << ", but its result has " << getWidth(getResult())
                         << " columns";
  SlotAttr scores = getScoresSlotAttr();
  if (scores && (!getScores() || scores.getWidth() != getWidth(getScores())))
    return emitOpError() << "has a slot for scores of width "
                         << scores.getWidth()
                         << ", which must be that of its second result";
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto kernel =
      symbols.lookupNearestSymbolFrom<KernelOp>(*this, getKernelAttr());
  if (!kernel)
    return emitOpError() << "calls `@" << getKernel()
                         << "`, but there is no such kernel";
  auto type =
      FunctionType::get(getContext(), getOperandTypes(), getResultTypes());
  // Operands are stored rows first, then the batch: the kernel's order.
  if (type != kernel.getFunctionType()) {
    InFlightDiagnostic diag = emitOpError() << "has type " << type << ", but `@"
                                            << getKernel() << "` has "
                                            << kernel.getFunctionType();
    diag.attachNote(kernel.getLoc()) << "the kernel is here";
    return diag;
  }
  SmallVector<WeightOp, 4> formals = kernel.getFormalWeights();
  if (formals.size() != getWeights().size())
    return emitOpError() << "binds " << getWeights().size()
                         << " weights, but `@" << getKernel() << "` takes "
                         << formals.size();
  for (auto [symbol, formal] :
       llvm::zip(getWeights().getAsRange<FlatSymbolRefAttr>(), formals)) {
    if (failed(verifyWeight(*this, symbols, symbol, formal.getSymName(),
                            formal.getTensorType().getShape())))
      return failure();
    auto actual = symbols.lookupNearestSymbolFrom<WeightOp>(*this, symbol);
    if (actual.getLayout() != formal.getLayout())
      return emitOpError() << "binds `@" << symbol.getValue() << "` to `@"
                           << formal.getSymName() << "` of `@" << getKernel()
                           << "`, but their layouts differ";
  }
  return success();
}

} // namespace xf::hk
