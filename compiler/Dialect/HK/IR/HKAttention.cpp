// Interface methods and verifiers of hk.attention.
#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Dialect/HK/IR/HKVerify.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace xf::hk {

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

bool AttentionOp::isCross() { return getSpace(getK()) != getSpace(getQ()); }

SmallVector<Value> AttentionOp::getRowArguments() {
  SmallVector<Value> arguments{getQ()};
  if (!isShared())
    arguments.append({getK(), getV()});
  llvm::append_range(arguments, getRows());
  llvm::append_range(arguments, getPairs());
  if (getScoresIn())
    arguments.push_back(getScoresIn());
  return arguments;
}
Value AttentionOp::getBatchArgument() { return getBatch(); }

/// The symbols besides the tables, in the order of the kernel's arguments.
static SmallVector<StringAttr> weightNames(AttentionOp op) {
  return {op.getSinkAttrName(),         op.getMemoryKeysAttrName(),
          op.getMemoryValuesAttrName(), op.getPreMixAttrName(),
          op.getPostMixAttrName(),      op.getGateMixAttrName(),
          op.getCopeAttrName(),         op.getCopeMixAttrName()};
}

SmallVector<std::pair<std::string, FlatSymbolRefAttr>>
AttentionOp::getNamedWeights() {
  SmallVector<std::pair<std::string, FlatSymbolRefAttr>> weights;
  for (auto [index, table] : llvm::enumerate(toSymbols(getTables())))
    weights.push_back({"table" + std::to_string(index), table});
  for (StringAttr name : weightNames(*this))
    if (auto symbol = (*this)->getAttrOfType<FlatSymbolRefAttr>(name))
      weights.push_back({name.str(), symbol});
  return weights;
}

SmallVector<FlatSymbolRefAttr> AttentionOp::getWeightArguments() {
  SmallVector<FlatSymbolRefAttr> symbols;
  for (auto &[name, symbol] : getNamedWeights())
    symbols.push_back(symbol);
  return symbols;
}
void AttentionOp::setWeightArguments(ArrayRef<FlatSymbolRefAttr> symbols) {
  size_t numTables = getTables().size();
  setTablesAttr(toArray(getContext(), symbols.take_front(numTables)));
  symbols = symbols.drop_front(numTables);
  for (StringAttr name : weightNames(*this))
    if ((*this)->hasAttr(name)) {
      (*this)->setAttr(name, symbols.front());
      symbols = symbols.drop_front();
    }
}
SmallVector<Region *> AttentionOp::getScalarRegions() {
  return {&getScoreMod(), &getMaskMod(), &getAliveMod()};
}
Region *AttentionOp::getEpilogueRegion() { return nullptr; }

int64_t AttentionOp::getNumMemories() {
  if (!getMemoryKeysAttr())
    return 0;
  auto weight = SymbolTable::lookupNearestSymbolFrom<WeightOp>(
      *this, getMemoryKeysAttr());
  return weight ? weight.getTensorType().getDimSize(0) / int64_t(getKvHeads())
                : 0;
}

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

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

static LogicalResult verifySpaces(AttentionOp op) {
  RowSpace queries = getSpace(op.getQ()), keys = getSpace(op.getK());
  if (getSpace(op.getResult()) != queries || getSpace(op.getV()) != keys ||
      queries == RowSpace::Sequences || keys == RowSpace::Sequences)
    return op.emitOpError()
           << "must take keys and values of one row space and give rows as the "
              "queries', neither of them one per sequence";
  for (Value rows : op.getRows())
    if (getSpace(rows) != queries && getSpace(rows) != keys &&
        getSpace(rows) != RowSpace::Sequences)
      return op.emitOpError()
             << "has a row operand of " << getSpaceName(getSpace(rows))
             << ", which are neither its queries nor its keys nor sequences";
  return success();
}

/// Score values have the heads of the attention.
static LogicalResult verifyPairs(AttentionOp op) {
  int64_t heads = op.getHeads();
  for (Value scores : {op.getScoresIn(), op.getScores()})
    if (scores && getWidth(scores) != heads)
      return op.emitOpError()
             << "has " << heads << " heads, but scores of " << getWidth(scores);
  for (Value pairs : op.getPairs())
    if (getWidth(pairs) != 1 && getWidth(pairs) != heads)
      return op.emitOpError()
             << "has " << heads << " heads, but a pair operand of "
             << getWidth(pairs) << "; it must have 1 or as many";
  return success();
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
  if (getTopK() && int64_t(*getTopK()) < 1)
    return emitOpError() << "`top_k` must be at least 1, not "
                         << int64_t(*getTopK());
  if (bool(getMemoryKeysAttr()) != bool(getMemoryValuesAttr()))
    return emitOpError() << "must have keys and values of `memory`";
  if (getCopeMixAttr() && !getCopeAttr())
    return emitOpError() << "has `cope_mix` without `cope`";
  if (failed(verifySpaces(*this)) || failed(verifyPairs(*this)))
    return failure();
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
  if (!getAliveMod().empty() &&
      failed(verifyScalarRegion(*this, getAliveMod(),
                                {"alive_mod", {i, i, i}, b})))
    return failure();
  RowSpace queries = getSpace(getQ());
  return verifyReads(*this, getRows(), getPairs(), [queries](Value rows) {
    RowSpace space = getSpace(rows);
    return space != RowSpace::Sequences && space != queries;
  });
}

LogicalResult AttentionOp::verifySymbolUses(SymbolTableCollection &symbols) {
  int64_t heads = getHeads(), any = ShapedType::kDynamic;
  auto verifyUse = [&](FlatSymbolRefAttr symbol, StringRef role,
                       ArrayRef<int64_t> shape) {
    return symbol ? verifyWeight(*this, symbols, symbol, role, shape)
                  : success();
  };
  return success(
      succeeded(verifyUse(getSinkAttr(), "the sink", {heads})) &&
      succeeded(verifyUse(getMemoryKeysAttr(), "keys of memory",
                          {any, int64_t(getHeadDim())})) &&
      succeeded(verifyUse(getMemoryValuesAttr(), "values of memory",
                          {any, int64_t(getValueDim())})) &&
      succeeded(verifyUse(getPreMixAttr(), "pre_mix", {heads, heads})) &&
      succeeded(verifyUse(getPostMixAttr(), "post_mix", {heads, heads})) &&
      succeeded(verifyUse(getGateMixAttr(), "gate_mix", {heads, heads})) &&
      succeeded(
          verifyUse(getCopeAttr(), "cope", {any, int64_t(getHeadDim())})) &&
      succeeded(verifyUse(getCopeMixAttr(), "cope_mix", {heads, heads})) &&
      succeeded(verifyTables(*this, symbols, getTables())));
}

void AttentionOp::getAsmBlockArgumentNames(Region &region,
                                           OpAsmSetValueNameFn setName) {
  if (&region == &getScoreMod())
    nameArguments(region, {"score", "head", "query", "key"}, setName);
  else
    nameArguments(region, {"head", "query", "key"}, setName);
}

} // namespace xf::hk
