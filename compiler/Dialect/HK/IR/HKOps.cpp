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

static SmallVector<FlatSymbolRefAttr> toSymbols(ArrayAttr symbols) {
  return llvm::to_vector(symbols.getAsRange<FlatSymbolRefAttr>());
}

static ArrayAttr toArray(MLIRContext *context,
                         ArrayRef<FlatSymbolRefAttr> symbols) {
  return ArrayAttr::get(context,
                        SmallVector<Attribute>(symbols.begin(), symbols.end()));
}

static Type f32(Operation *op) { return Float32Type::get(op->getContext()); }
static Type i32(Operation *op) {
  return IntegerType::get(op->getContext(), 32);
}

/// Names the block arguments of a printed region: `inputs`, then acc0, ...,
/// vector0, ..., row0, ... as many as are counted. Lists that do not fit the
/// block, in an op that does not verify, name what they can.
static void nameArguments(Region &region, ArrayRef<StringRef> inputs,
                          OpAsmSetValueNameFn setName,
                          unsigned accumulators = 0, unsigned vectors = 0,
                          unsigned rows = 0) {
  if (region.empty())
    return;
  SmallVector<std::string> names(inputs.begin(), inputs.end());
  for (auto [word, count] :
       {std::pair<StringRef, unsigned>{"acc", accumulators},
        {"vector", vectors},
        {"row", rows}})
    for (unsigned index = 0; index < count; ++index)
      names.push_back((word + Twine(index)).str());
  for (auto [argument, name] : llvm::zip(region.front().getArguments(), names))
    setName(argument, name);
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
// hk.attention
//===----------------------------------------------------------------------===//

SmallVector<Value> AttentionOp::getRowArguments() {
  if (isShared())
    return {getQ()};
  return {getQ(), getK(), getV()};
}
Value AttentionOp::getBatchArgument() { return getBatch(); }
SmallVector<FlatSymbolRefAttr> AttentionOp::getWeightArguments() { return {}; }
void AttentionOp::setWeightArguments(ArrayRef<FlatSymbolRefAttr>) {}
SmallVector<Region *> AttentionOp::getScalarRegions() {
  return {&getScoreMod(), &getMaskMod()};
}
Region *AttentionOp::getEpilogueRegion() { return nullptr; }

/// `heads` heads of `dim` columns from `offset` must lie within `operand`.
static LogicalResult verifyHeads(AttentionOp op, StringRef name, Value operand,
                                 int64_t offset, int64_t heads, int64_t dim) {
  int64_t width = getWidth(operand);
  if (offset >= 0 && offset <= width && heads * dim <= width - offset)
    return success();
  return op.emitOpError() << "reads " << heads << " heads of " << dim
                          << " columns of `" << name << "` from column "
                          << offset << ", but it has " << width << " columns";
}

LogicalResult AttentionOp::verify() {
  for (auto [name, value] : {std::pair<StringRef, int64_t>{"heads", getHeads()},
                             {"kv_heads", getKvHeads()},
                             {"head_dim", getHeadDim()},
                             {"value_dim", getValueDim()}})
    if (value < 1 || value > (1 << 20))
      return emitOpError() << "`" << name << "` must be from 1 to 1048576, not "
                           << value;
  if (getHeads() % getKvHeads() != 0)
    return emitOpError() << "`kv_heads` must divide `heads`, but "
                         << getKvHeads() << " does not divide " << getHeads();
  if (!getScale().isFinite())
    return emitOpError() << "`scale` must be finite";
  if (failed(verifyHeads(*this, "q", getQ(), getQOffset(), getHeads(),
                         getHeadDim())) ||
      failed(verifyHeads(*this, "k", getK(), getKOffset(), getKvHeads(),
                         getHeadDim())) ||
      failed(verifyHeads(*this, "v", getV(), getVOffset(), getKvHeads(),
                         getValueDim())))
    return failure();
  if (getWidth(getResult()) != static_cast<int64_t>(getHeads() * getValueDim()))
    return emitOpError() << "makes " << getHeads() * getValueDim()
                         << " columns (heads * value_dim), but its result has "
                         << getWidth(getResult());
  return verifyConfigs(*this);
}

LogicalResult AttentionOp::verifyRegions() {
  Type f = f32(*this), i = i32(*this), b = IntegerType::get(getContext(), 1);
  if (!getScoreMod().empty() &&
      failed(verifyScalarRegion(*this, getScoreMod(),
                                {"score_mod", {f, i, i, i}, f})))
    return failure();
  if (!getMaskMod().empty() &&
      failed(
          verifyScalarRegion(*this, getMaskMod(), {"mask_mod", {i, i, i}, b})))
    return failure();
  return success();
}

LogicalResult AttentionOp::verifySymbolUses(SymbolTableCollection &) {
  return success();
}

void AttentionOp::getAsmBlockArgumentNames(Region &region,
                                           OpAsmSetValueNameFn setName) {
  if (&region == &getScoreMod())
    nameArguments(region, {"score", "head", "query", "key"}, setName);
  else
    nameArguments(region, {"head", "query", "key"}, setName);
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
  for (Value row : getOperands())
    if (isRowsType(row.getType()) && row.getType() != getType())
      return emitOpError() << "has an operand of type " << row.getType()
                           << ", which must be the result's type " << getType();
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
