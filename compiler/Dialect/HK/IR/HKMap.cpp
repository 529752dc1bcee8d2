// Verifiers of inputs and hk.map.
#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Dialect/HK/IR/HKVerify.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace xf::hk {

//===----------------------------------------------------------------------===//
// hk.input
//===----------------------------------------------------------------------===//

LogicalResult InputOp::verify() {
  if (getName().empty())
    return emitOpError() << "must have a name";
  if (auto word = dyn_cast_or_null<StringAttr>(getFillAttr());
      word && word != "index")
    return emitOpError() << "is filled with " << word
                         << ", but only a number or \"index\" can be";
  if (isPairs() && (isFilledByIndex() || getScatter() != Scatter::Tokens))
    return emitOpError()
           << "of pairs takes a number as `fill` and no `scatter`";
  if (SlotAttr slot = getSlotAttr();
      slot && slot.getWidth() != getWidth(getResult()))
    return emitOpError() << "has a slot of width " << slot.getWidth()
                         << ", but is " << getWidth(getResult()) << " wide";
  return success();
}

//===----------------------------------------------------------------------===//
// hk.map
//===----------------------------------------------------------------------===//

SmallVector<Value> MapOp::getRowArguments() {
  return llvm::to_vector(getInputs());
}
Value MapOp::getBatchArgument() { return getBatch(); }
SmallVector<FlatSymbolRefAttr> MapOp::getWeightArguments() {
  return toSymbols(getTables());
}
void MapOp::setWeightArguments(ArrayRef<FlatSymbolRefAttr> symbols) {
  setTablesAttr(toArray(getContext(), symbols));
}
SmallVector<Region *> MapOp::getScalarRegions() { return {&getBody()}; }
Region *MapOp::getEpilogueRegion() { return &getBody(); }

/// Whether the body needs to know of sequences.
static bool usesBatch(MapOp op) {
  Block &body = op.getBody().front();
  bool uses = !body.getArgument(1).use_empty() ||
              !body.getArgument(2).use_empty() ||
              llvm::any_of(op.getInputs(), [&](Value input) {
                return getSpace(input) != getSpace(op.getResult());
              });
  op.walk([&](ReadOp read) { uses |= bool(read.getRow()); });
  return uses;
}

LogicalResult MapOp::verify() {
  RowSpace space = getSpace(getResult());
  for (Value input : getInputs())
    if (getSpace(input) != space && getSpace(input) != RowSpace::Sequences)
      return emitOpError() << "makes rows of " << getSpaceName(space)
                           << " from rows of " << getSpaceName(getSpace(input));
  if (getBatch() && space == RowSpace::Sequences)
    return emitOpError() << "makes one row per sequence, for which there is no "
                            "index in a sequence, and must not take the batch";
  return verifyConfigs(*this);
}

LogicalResult MapOp::verifyRegions() {
  Type i = i32(*this);
  if (failed(verifyScalarRegion(*this, getBody(),
                                {"body", {i, i, i}, f32(*this)})))
    return failure();
  if (usesBatch(*this) != static_cast<bool>(getBatch()))
    return emitOpError() << (getBatch()
                                 ? "must not take the batch, which its body "
                                   "does not use"
                                 : "needs the batch for what its body reads");
  return verifyReads(*this, getInputs(), /*pairs=*/{},
                     [](Value) { return false; });
}

LogicalResult MapOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyTables(*this, symbols, getTables());
}

void MapOp::getAsmBlockArgumentNames(Region &region,
                                     OpAsmSetValueNameFn setName) {
  nameArguments(region, {"c", "i", "n"}, setName);
}

} // namespace xf::hk
