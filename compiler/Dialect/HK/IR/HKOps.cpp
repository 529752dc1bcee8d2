// The structured ops of the hk dialect: verifiers (assertions are off in
// Debian's MLIR, so they carry the weight) and the StructuredOp interface.
#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Dialect/HK/IR/HKAssembly.h"
#include "compiler/Dialect/HK/IR/HKVerify.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace xf::hk {

//===----------------------------------------------------------------------===//
// Shared by ops
//===----------------------------------------------------------------------===//

static LogicalResult verifyVectors(Operation *op,
                                   SymbolTableCollection &symbols,
                                   ArrayAttr vectors, int64_t width) {
  for (auto vector : vectors.getAsRange<FlatSymbolRefAttr>())
    if (failed(verifyWeight(op, symbols, vector, "a vector", {width})))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// hk.gather
//===----------------------------------------------------------------------===//

SmallVector<Value> GatherOp::getRowArguments() { return {}; }
Value GatherOp::getBatchArgument() { return getBatch(); }
SmallVector<FlatSymbolRefAttr> GatherOp::getWeightArguments() {
  return toSymbols(getTables());
}
void GatherOp::setWeightArguments(ArrayRef<FlatSymbolRefAttr> symbols) {
  setTablesAttr(toArray(getContext(), symbols));
}
SmallVector<Region *> GatherOp::getScalarRegions() { return {&getEpilogue()}; }
Region *GatherOp::getEpilogueRegion() { return &getEpilogue(); }

LogicalResult GatherOp::verify() {
  if (getTables().empty() || getTables().size() != getIndices().size())
    return emitOpError() << "needs one index per table and at least one table, "
                            "but has "
                         << getTables().size() << " tables and "
                         << getIndices().size() << " indices";
  return verifyConfigs(*this);
}

LogicalResult GatherOp::verifyRegions() {
  return verifyScalarRegion(*this, getEpilogue(),
                            {"epilogue", {f32(*this)}, f32(*this)});
}

LogicalResult GatherOp::verifySymbolUses(SymbolTableCollection &symbols) {
  for (auto table : getTables().getAsRange<FlatSymbolRefAttr>())
    if (failed(verifyWeight(*this, symbols, table, "a table",
                            {ShapedType::kDynamic, getWidth(getResult())})))
      return failure();
  return success();
}

void GatherOp::getAsmBlockArgumentNames(Region &region,
                                        OpAsmSetValueNameFn setName) {
  nameArguments(region, {"sum"}, setName);
}

//===----------------------------------------------------------------------===//
// hk.gemm
//===----------------------------------------------------------------------===//

SmallVector<Value> GemmOp::getRowArguments() {
  return llvm::to_vector(getOperands());
}
Value GemmOp::getBatchArgument() { return {}; }
SmallVector<FlatSymbolRefAttr> GemmOp::getWeightArguments() {
  SmallVector<FlatSymbolRefAttr> symbols = toSymbols(getVectors());
  symbols.insert(symbols.begin(), getWeightAttr());
  return symbols;
}
void GemmOp::setWeightArguments(ArrayRef<FlatSymbolRefAttr> symbols) {
  setWeightAttr(symbols.front());
  setVectorsAttr(toArray(getContext(), symbols.drop_front()));
}
SmallVector<Region *> GemmOp::getScalarRegions() { return {&getEpilogue()}; }
Region *GemmOp::getEpilogueRegion() { return &getEpilogue(); }

LogicalResult GemmOp::verify() {
  if (getSpace(getX()) != getSpace(getResult()))
    return emitOpError() << "makes rows of "
                         << getSpaceName(getSpace(getType()))
                         << " from rows of " << getSpaceName(getSpace(getX()));
  for (Value row : getRows())
    if (row.getType() != getType())
      return emitOpError() << "has a row operand of type " << row.getType()
                           << ", which must be the result's type " << getType();
  return verifyConfigs(*this);
}

LogicalResult GemmOp::verifyRegions() {
  SmallVector<Type> arguments(1 + getVectors().size() + getRows().size(),
                              f32(*this));
  return verifyScalarRegion(*this, getEpilogue(),
                            {"epilogue", arguments, f32(*this)});
}

LogicalResult GemmOp::verifySymbolUses(SymbolTableCollection &symbols) {
  int64_t k = getWidth(getX()), n = getWidth(getResult());
  return failure(failed(verifyWeight(*this, symbols, getWeightAttr(),
                                     "the weight", {k, n})) ||
                 failed(verifyVectors(*this, symbols, getVectors(), n)));
}

void GemmOp::getAsmBlockArgumentNames(Region &region,
                                      OpAsmSetValueNameFn setName) {
  nameArguments(region, {"acc"}, setName, 0, getVectors().size(),
                getRows().size());
}

//===----------------------------------------------------------------------===//
// hk.rowwise
//===----------------------------------------------------------------------===//

SmallVector<Value> RowwiseOp::getRowArguments() {
  SmallVector<Value> rows{getX()};
  llvm::append_range(rows, getRows());
  return rows;
}
Value RowwiseOp::getBatchArgument() { return getBatch(); }
SmallVector<FlatSymbolRefAttr> RowwiseOp::getWeightArguments() {
  return toSymbols(getVectors());
}
void RowwiseOp::setWeightArguments(ArrayRef<FlatSymbolRefAttr> symbols) {
  setVectorsAttr(toArray(getContext(), symbols));
}
SmallVector<Region *> RowwiseOp::getScalarRegions() {
  SmallVector<Region *> regions;
  for (Region &map : getMaps())
    regions.push_back(&map);
  regions.push_back(&getFinish());
  return regions;
}
Region *RowwiseOp::getEpilogueRegion() { return &getFinish(); }

LogicalResult RowwiseOp::verify() {
  Type expected = getType();
  if (isOverSequence() && getSpace(getType()) != RowSpace::Sequences)
    return emitOpError() << "must give one row per sequence, not " << getType();
  if (isOverSequence() && (getSpace(getX()) == RowSpace::Sequences ||
                           getWidth(getX()) != getWidth(getResult())))
    return emitOpError() << "over sequences must take their rows, as wide as "
                            "the result, not "
                         << getX().getType();
  if (!isOverSequence() && getX().getType() != expected)
    return emitOpError() << "has an operand of type " << getX().getType()
                         << ", which must be the result's type " << expected;
  for (Value row : getRows())
    if (row.getType() != expected)
      return emitOpError() << "has an operand of type " << row.getType()
                           << ", which must be the result's type " << expected;
  int64_t groups = getGroups();
  if (groups < 1 || getWidth(getResult()) % groups != 0 ||
      (groups > 1 && isOverSequence()))
    return emitOpError() << "has " << groups << " groups; they are equal parts "
                         << "of a row of " << getWidth(getResult())
                         << " columns, and over sequences there is one";
  if (getMaps().size() != getCombine().size())
    return emitOpError() << "has " << getMaps().size() << " maps and "
                         << getCombine().size()
                         << " combiners: a stage is one of each";
  if (isOverSequence() && getCombine().empty())
    return emitOpError() << "must have a stage to reduce over sequences";
  if (isOverSequence() != static_cast<bool>(getBatch()))
    return emitOpError()
           << (isOverSequence()
                   ? "needs the batch to reduce over sequences"
                   : "must not take the batch to reduce over rows");
  return verifyConfigs(*this);
}

LogicalResult RowwiseOp::verifyRegions() {
  Type f = f32(*this), i = i32(*this);
  SmallVector<Type> arguments{f, i, i};
  for (Region &map : getMaps()) {
    if (failed(verifyScalarRegion(*this, map, {"map", arguments, f})))
      return failure();
    arguments.push_back(f);
  }
  if (isOverSequence())
    arguments.erase(arguments.begin(), arguments.begin() + 2);
  arguments.append(getVectors().size() + getRows().size(), f);
  return verifyScalarRegion(*this, getFinish(), {"finish", arguments, f});
}

LogicalResult RowwiseOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyVectors(*this, symbols, getVectors(), getWidth(getResult()));
}

void RowwiseOp::getAsmBlockArgumentNames(Region &region,
                                         OpAsmSetValueNameFn setName) {
  SmallVector<StringRef> inputs{"x", "i", "n"};
  if (&region != &getFinish())
    return nameArguments(region, inputs, setName, region.getRegionNumber() - 1);
  if (isOverSequence())
    inputs = {"n"};
  nameArguments(region, inputs, setName, getNumStages(), getVectors().size(),
                getRows().size());
}

} // namespace xf::hk

#include "compiler/Dialect/HK/IR/HKInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "compiler/Dialect/HK/IR/HKOps.cpp.inc"
