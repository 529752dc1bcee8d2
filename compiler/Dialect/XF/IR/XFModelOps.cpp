// Verifiers of the model ops: what must hold whoever made them. What depends on
// the text of a spec is checked by dsl; what needs defaults is checked by
// xf-resolve-knobs.
#include "compiler/Dialect/XF/IR/XF.h"

using namespace mlir;
using namespace xf::ir;

/// Every attribute without a dialect prefix must be one that ODS knows: a
/// misspelt knob would be ignored otherwise.
static LogicalResult verifyKnobNames(Operation *op, ArrayRef<StringRef> known) {
  for (NamedAttribute attr : op->getAttrs()) {
    StringRef name = attr.getName();
    if (!name.contains('.') && !llvm::is_contained(known, name))
      return op->emitOpError()
             << "has the attribute `" << name << "`, which is not a knob";
  }
  return success();
}

static LogicalResult verifyPositive(Operation *op, ArrayRef<StringRef> names) {
  for (StringRef name : names)
    if (auto attr = op->getAttrOfType<IntegerAttr>(name))
      if (attr.getInt() <= 0)
        return op->emitOpError() << "has `" << name << "` = " << attr.getInt()
                                 << ", but it must be positive";
  return success();
}

/// `op`'s only nested op of type OpT, or null with an error.
template <typename OpT>
static OpT verifyOnly(Operation *op, Region &region, StringRef what) {
  auto found = region.getOps<OpT>();
  if (llvm::hasSingleElement(found))
    return *found.begin();
  op->emitOpError() << "must hold exactly one `" << what << "`, but holds "
                    << std::distance(found.begin(), found.end());
  return nullptr;
}

//===----------------------------------------------------------------------===//
// xf.model
//===----------------------------------------------------------------------===//

void ModelOp::build(OpBuilder &builder, OperationState &state, StringRef name) {
  state.addAttribute(SymbolTable::getSymbolAttrName(),
                     builder.getStringAttr(name));
  state.addRegion()->emplaceBlock();
}

Operation *ModelOp::getWrapper() {
  return *getBody().getOps<TransformerWrapperOp>().begin();
}

LogicalResult ModelOp::verify() {
  if (getWeightsLayout().has_value() != getWeightsFile().has_value())
    return emitOpError()
           << "must have both `weights_layout` and `weights_file` or neither";
  if (!verifyOnly<TransformerWrapperOp>(*this, getBody(),
                                        "xf.transformer_wrapper"))
    return failure();
  Operation *refine = nullptr, *generate = nullptr;
  for (Operation &op : getBody().front()) {
    if (isa<TransformerWrapperOp>(op))
      continue;
    if (!isa<RefineOp, GenerateOp>(op))
      return op.emitOpError() << "is not part of a model";
    Operation *&first = isa<RefineOp>(op) ? refine : generate;
    if (first) {
      InFlightDiagnostic diag = op.emitOpError() << "is there twice";
      diag.attachNote(first->getLoc()) << "the first one is here";
      return diag;
    }
    first = &op;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// xf.transformer_wrapper
//===----------------------------------------------------------------------===//

void TransformerWrapperOp::build(OpBuilder &, OperationState &state) {
  state.addRegion()->emplaceBlock();
}

AttentionLayersOp TransformerWrapperOp::getStack() {
  return *getBody().getOps<AttentionLayersOp>().begin();
}

LogicalResult TransformerWrapperOp::verify() {
  if (failed(verifyKnobNames(*this, getAttributeNames())) ||
      failed(verifyPositive(*this, {"num_tokens", "emb_dim"})))
    return failure();
  return success(
      verifyOnly<AttentionLayersOp>(*this, getBody(), "xf.attention_layers"));
}

//===----------------------------------------------------------------------===//
// xf.attention_layers
//===----------------------------------------------------------------------===//

void AttentionLayersOp::build(OpBuilder &, OperationState &state) {
  state.addRegion();
  state.addRegion();
}

/// As in the knob table; every layer becomes ops, so no bound is no end.
static constexpr uint64_t mostLayers = 4096;

/// Knobs that hold one value a layer must have `depth` of them. Lists that are
/// not about layers come in plain arrays too, so they are named.
static LogicalResult verifyLayerCounts(AttentionLayersOp op) {
  std::optional<uint64_t> depth = op.getDepth();
  if (!depth)
    return success();
  if (*depth > mostLayers)
    return op.emitOpError()
           << "has `depth` = " << *depth << ", but a stack has at most "
           << mostLayers << " layers";
  for (NamedAttribute attr : op->getAttrs()) {
    auto values = dyn_cast<ArrayAttr>(attr.getValue());
    bool isLayered = attr.getName().getValue().starts_with("attn_") ||
                     attr.getName().getValue().starts_with("ff_");
    if (values && isLayered && values.size() != *depth)
      return op.emitOpError()
             << "has " << values.size() << " values of `"
             << attr.getName().getValue() << "`, but a depth of " << *depth;
  }
  return success();
}

LogicalResult AttentionLayersOp::verify() {
  if (failed(verifyKnobNames(*this, getAttributeNames())) ||
      failed(verifyPositive(*this, {"dim", "depth", "heads", "attn_dim_head"})))
    return failure();
  return verifyLayerCounts(*this);
}

LogicalResult AttentionLayersOp::verifyRegions() {
  if (failed(verifyScoreMod(*this, getScoreMod())))
    return failure();
  return verifyMaskMod(*this, getMaskMod());
}

//===----------------------------------------------------------------------===//
// Policies
//===----------------------------------------------------------------------===//

void RefineOp::build(OpBuilder &, OperationState &) {}

LogicalResult RefineOp::verify() {
  return verifyKnobNames(*this, getAttributeNames());
}

void GenerateOp::build(OpBuilder &, OperationState &) {}

LogicalResult GenerateOp::verify() {
  return verifyKnobNames(*this, getAttributeNames());
}
