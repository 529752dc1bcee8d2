// Builder and verifiers of xf.attention.
#include "compiler/Dialect/XF/IR/XF.h"
#include "compiler/Dialect/XF/IR/XFVerify.h"

using namespace mlir;
using namespace xf::ir;

/// Far above any model; the product of two such numbers cannot overflow.
static constexpr int64_t maxExtent = 1 << 20;

void AttentionOp::build(OpBuilder &builder, OperationState &state,
                        const AttentionInputs &inputs,
                        const AttentionShape &shape) {
  MLIRContext *context = builder.getContext();
  state.addOperands({inputs.q, inputs.k, inputs.v, inputs.batch});
  state.addOperands(inputs.rows);
  state.addOperands(inputs.pairs);
  if (inputs.scoresIn)
    state.addOperands(inputs.scoresIn);
  state.addAttribute(getOperandSegmentSizesAttrName(state.name),
                     builder.getDenseI32ArrayAttr(
                         {1, 1, 1, 1, static_cast<int32_t>(inputs.rows.size()),
                          static_cast<int32_t>(inputs.pairs.size()),
                          inputs.scoresIn ? 1 : 0}));
  for (auto [name, value] : {std::pair<StringAttr, int64_t>{
                                 getHeadsAttrName(state.name), shape.heads},
                             {getKvHeadsAttrName(state.name), shape.kvHeads},
                             {getHeadDimAttrName(state.name), shape.headDim},
                             {getValueDimAttrName(state.name), shape.valueDim}})
    state.addAttribute(name, builder.getI64IntegerAttr(value));
  state.addAttribute(getScaleAttrName(state.name),
                     builder.getF64FloatAttr(shape.scale));
  if (!inputs.tables.empty())
    state.addAttribute(getTablesAttrName(state.name),
                       builder.getArrayAttr(SmallVector<Attribute>(
                           inputs.tables.begin(), inputs.tables.end())));
  for (unsigned region = 0; region < 3; ++region)
    state.addRegion();
  state.addTypes(
      getRowsType(context, shape.heads * shape.valueDim, getSpace(inputs.q)));
  if (inputs.scoresOut)
    state.addTypes(getPairsType(context, shape.heads));
}

int64_t AttentionOp::getNumMemories() {
  if (!getMemoryKeysAttr())
    return 0;
  auto weight = SymbolTable::lookupNearestSymbolFrom<WeightOp>(
      *this, getMemoryKeysAttr());
  return weight ? weight.getTensorType().getDimSize(0) / int64_t(getKvHeads())
                : 0;
}

/// q, k, v and the result are as wide as heads and dims say.
static LogicalResult verifyWidths(AttentionOp op) {
  auto check = [&](StringRef name, Value value, int64_t count,
                   StringRef countName, int64_t dim,
                   StringRef dimName) -> LogicalResult {
    if (getWidth(value) == count * dim)
      return success();
    return op.emitOpError()
           << "`" << name << "` is " << getWidth(value) << " wide but must be "
           << countName << " * " << dimName << " = " << count * dim;
  };
  int64_t heads = op.getHeads(), kvHeads = op.getKvHeads();
  return success(succeeded(check("q", op.getQ(), heads, "heads",
                                 op.getHeadDim(), "head_dim")) &&
                 succeeded(check("k", op.getK(), kvHeads, "kv_heads",
                                 op.getHeadDim(), "head_dim")) &&
                 succeeded(check("v", op.getV(), kvHeads, "kv_heads",
                                 op.getValueDim(), "value_dim")) &&
                 succeeded(check("result", op.getResult(), heads, "heads",
                                 op.getValueDim(), "value_dim")));
}

static LogicalResult verifySpaces(AttentionOp op) {
  RowSpace queries = getSpace(op.getQ()), keys = getSpace(op.getK());
  if (queries != getSpace(op.getResult()))
    return op.emitOpError()
           << "gives " << getSpaceName(getSpace(op.getResult()))
           << " from queries that are " << getSpaceName(queries);
  if (keys != getSpace(op.getV()))
    return op.emitOpError()
           << "has keys that are " << getSpaceName(keys)
           << " but values that are " << getSpaceName(getSpace(op.getV()));
  for (RowSpace space : {queries, keys})
    if (space == RowSpace::Sequences)
      return op.emitOpError() << "attends within sequences, but has an operand "
                                 "with one row per sequence";
  for (Value rows : op.getRows())
    if (RowSpace space = getSpace(rows);
        space != queries && space != keys && space != RowSpace::Sequences)
      return op.emitOpError()
             << "has a row operand of " << getSpaceName(space)
             << ", which are neither its queries nor its keys nor sequences";
  return success();
}

/// Score values have the heads of the attention.
static LogicalResult verifyPairs(AttentionOp op) {
  auto headsOf = [](Value pairs) {
    return cast<RankedTensorType>(pairs.getType()).getDimSize(1);
  };
  int64_t heads = op.getHeads();
  for (Value scores : {op.getScoresIn(), op.getScores()})
    if (scores && headsOf(scores) != heads)
      return op.emitOpError()
             << "has " << heads << " heads, but scores of " << headsOf(scores);
  for (Value pairs : op.getPairs())
    if (headsOf(pairs) != 1 && headsOf(pairs) != heads)
      return op.emitOpError()
             << "has " << heads << " heads, but a pair operand "
             << "of " << headsOf(pairs) << "; it must have 1 or as many";
  return success();
}

LogicalResult AttentionOp::verify() {
  int64_t heads = getHeads(), kvHeads = getKvHeads();
  if (heads <= 0 || kvHeads <= 0 || heads % kvHeads != 0)
    return emitOpError() << "has " << heads << " heads and " << kvHeads
                         << " key heads; both must be positive and the first a "
                            "multiple of the second";
  if (int64_t(getHeadDim()) <= 0 || int64_t(getValueDim()) <= 0)
    return emitOpError() << "`head_dim` and `value_dim` must be positive";
  if (std::max<int64_t>(
          {heads, int64_t(getHeadDim()), int64_t(getValueDim())}) > maxExtent)
    return emitOpError() << "`heads`, `head_dim` and `value_dim` must be at "
                            "most "
                         << maxExtent;
  if (!getScale().isFinite())
    return emitOpError() << "`scale` must be finite";
  if (getTopK() && int64_t(*getTopK()) < 1)
    return emitOpError() << "`top_k` must be at least 1, not "
                         << int64_t(*getTopK());
  if (bool(getMemoryKeysAttr()) != bool(getMemoryValuesAttr()))
    return emitOpError() << "must have keys and values of `memory`";
  if (getCopeMixAttr() && !getCopeAttr())
    return emitOpError() << "has `cope_mix` without `cope`";
  return success(succeeded(verifyWidths(*this)) &&
                 succeeded(verifySpaces(*this)) &&
                 succeeded(verifyPairs(*this)));
}

LogicalResult AttentionOp::verifyRegions() {
  if (failed(verifyScoreMod(*this, getScoreMod())) ||
      failed(verifyMaskMod(*this, getMaskMod())) ||
      failed(verifyMaskMod(*this, getAliveMod(), "alive_mod")))
    return failure();
  RowSpace queries = getSpace(getQ());
  return verifyReads(*this, getRows(), getPairs(), [queries](Value rows) {
    RowSpace space = getSpace(rows);
    return space != RowSpace::Sequences && space != queries;
  });
}

LogicalResult AttentionOp::verifySymbolUses(SymbolTableCollection &symbols) {
  int64_t heads = getHeads();
  struct Use {
    FlatSymbolRefAttr symbol;
    StringRef role;
    SmallVector<int64_t, 2> shape;
  };
  for (const Use &use :
       {Use{getSinkAttr(), "sink", {heads}},
        Use{getMemoryKeysAttr(), "memory key", {-1, int64_t(getHeadDim())}},
        Use{getMemoryValuesAttr(),
            "memory value",
            {-1, int64_t(getValueDim())}},
        Use{getPreMixAttr(), "pre_mix", {heads, heads}},
        Use{getPostMixAttr(), "post_mix", {heads, heads}},
        Use{getGateMixAttr(), "gate_mix", {heads, heads}},
        Use{getCopeAttr(), "cope", {-1, int64_t(getHeadDim())}},
        Use{getCopeMixAttr(), "cope_mix", {heads, heads}}})
    if (use.symbol &&
        failed(verifyWeight(*this, symbols, use.symbol, use.role, use.shape)))
      return failure();
  if (FlatSymbolRefAttr keys = getMemoryKeysAttr()) {
    auto rows = [&](FlatSymbolRefAttr symbol) {
      return symbols.lookupNearestSymbolFrom<WeightOp>(*this, symbol)
          .getTensorType()
          .getDimSize(0);
    };
    int64_t count = rows(keys);
    if (count != rows(getMemoryValuesAttr()) ||
        count % int64_t(getKvHeads()) != 0)
      return emitOpError() << "must have as many memory keys as values, the "
                              "same number for each key head, but has "
                           << count << " and " << rows(getMemoryValuesAttr());
  }
  return verifyTables(*this, symbols, getTables());
}
