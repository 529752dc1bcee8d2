// Expands an attention step by step, in x-transformers' order. Which variant of
// the attention op this needs follows from what the steps left behind.
#include "compiler/Transforms/Expand/Attention.h"

#include "compiler/Transforms/Expand/AttentionState.h"

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

FlatSymbolRefAttr AttentionState::reshaped(StringRef name,
                                           ArrayRef<int64_t> fileShape,
                                           ArrayRef<int64_t> shape) const {
  std::string logical = prefix + name.str();
  StringRef symbol = logical;
  symbol.consume_back(".weight");
  return e.weight(symbol,
                  RecipeAttr::reshape(e.tensor(logical, fileShape), shape));
}

static bool isOn(AttentionLayersOp stack, StringRef name) {
  return hasKnob(stack, name) && boolKnob(stack, name);
}

/// Attributes that are weights or words; what regions say is not among them.
static void setAttributes(AttentionState &a, AttentionOp op) {
  const AttentionOptions &o = a.o;
  auto mixture = [&](StringRef name) {
    return a.reshaped(name, {o.heads, o.heads, 1, 1}, {o.heads, o.heads});
  };
  if (a.memoryKeys) {
    op.setMemoryKeysAttr(a.memoryKeys);
    op.setMemoryValuesAttr(a.memoryValues);
  }
  op.setZeroKey(o.addZeroKv);
  op.setNormalizer(o.normalizer);
  op.setL2Distance(o.l2Distance);
  op.setSelective(o.selective);
  if (o.sink)
    op.setSinkAttr(a.e.weight(a.prefix + "attend.head_attn_sink", {o.heads}));
  if (o.preTalkingHeads)
    op.setPreMixAttr(mixture("attend.pre_softmax_talking_heads.weight"));
  if (o.postTalkingHeads)
    op.setPostMixAttr(mixture("attend.post_softmax_talking_heads.weight"));
  if (o.preScalePostTalkingHeads)
    op.setGateMixAttr(mixture("attend.pre_scale_post_talking_heads.weight"));
  if (o.topK)
    op.setTopK(*o.topK);
  if (o.cope)
    op.setCopeAttr(
        a.e.weight(a.prefix + "attend.cope.pos_emb", {*o.cope, a.headDim}));
  if (o.cope && o.copeTalkingHeads)
    op.setCopeMixAttr(mixture("attend.cope.talking_heads.weight"));
}

/// The logits of `op` as a value; at the first call it is made anew with a
/// second result.
static Value scoresOf(AttentionOp &op) {
  if (op.getScores())
    return op.getScores();
  OpBuilder builder(op);
  OperationState state(op.getLoc(), op->getName());
  state.addOperands(op->getOperands());
  state.addAttributes(op->getAttrs());
  state.addTypes(
      {op.getResult().getType(), getPairsType(op.getContext(), op.getHeads())});
  for (unsigned region = 0; region < op->getNumRegions(); ++region)
    state.addRegion()->takeBody(op->getRegion(region));
  auto withScores = cast<AttentionOp>(builder.create(state));
  op.getResult().replaceAllUsesWith(withScores.getResult());
  op.erase();
  op = withScores;
  return op.getScores();
}

static AttentionOp makeAttention(AttentionState &a, AttentionOp previous) {
  AttentionInputs inputs;
  inputs.q = a.q;
  inputs.k = a.k;
  inputs.v = a.v;
  inputs.batch = a.e.batch;
  inputs.rows = a.mods.rows;
  inputs.pairs = a.mods.pairs;
  inputs.tables = a.mods.tables;
  if (previous)
    inputs.scoresIn = scoresOf(previous);
  AttentionShape shape;
  shape.heads = a.o.heads;
  shape.kvHeads = a.o.kvHeads;
  shape.headDim = a.headDim;
  shape.valueDim = a.o.valueDim;
  shape.scale = a.scale;
  a.e.setName(Twine(a.e.tower) + a.prefix + "attention");
  auto op = a.e.b.create<AttentionOp>(inputs, shape);
  setAttributes(a, op);
  a.mods.build(op);
  return op;
}

Value AttentionExpander::expand(const AttentionBranch &branch) {
  AttentionState a(e, branch, positions);
  Chain &chain = a.isCross() ? cross : self;
  bool isPart = branch.kind != AttentionBranch::Kind::Pool;
  bool handsOnScores =
      isPart &&
      isOn(e.stack, a.isCross() ? "cross_residual_attn" : "residual_attn");
  projectHeads(a);
  a.ownValues = a.v;
  if (isPart && isOn(e.stack, "add_value_residual")) {
    a.firstValues = chain.firstValues;
    if (!chain.firstValues)
      chain.firstValues = a.v;
  }
  mixFirstValues(a);
  normalizeHeads(a);
  applyRotation(a);
  addMemories(a);
  exponentiateValues(a);
  addMasks(a);
  addPositionBias(a);
  AttentionOp op = makeAttention(a, handsOnScores ? chain.last : AttentionOp());
  if (isPart)
    chain.last = op;
  return finishHeads(a, op.getResult());
}

} // namespace xf::expand
