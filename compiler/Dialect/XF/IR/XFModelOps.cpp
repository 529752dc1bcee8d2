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

static bool isModel(Operation &op) {
  return isa<TransformerWrapperOp, ViTransformerWrapperOp,
             ContinuousTransformerWrapperOp, MultiInputTransformerWrapperOp,
             XTransformerOp, AttentionLayersOp>(op);
}

Operation *ModelOp::getWrapper() {
  return &*llvm::find_if(getBody().front(), isModel);
}

LogicalResult ModelOp::verify() {
  if (getWeightsLayout().has_value() != getWeightsFile().has_value())
    return emitOpError()
           << "must have both `weights_layout` and `weights_file` or neither";
  if (auto count = llvm::count_if(getBody().front(), isModel); count != 1)
    return emitOpError() << "must hold exactly one wrapper such as "
                            "`xf.transformer_wrapper`, or one "
                            "`xf.attention_layers`, but holds "
                         << count;
  Operation *refine = nullptr, *generate = nullptr;
  for (Operation &op : getBody().front()) {
    if (isModel(op))
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
// Wrappers
//===----------------------------------------------------------------------===//

template <typename OpT> static AttentionLayersOp onlyStack(OpT op) {
  return *op.getBody().template getOps<AttentionLayersOp>().begin();
}

template <typename OpT>
static LogicalResult verifyWrapper(OpT op, ArrayRef<StringRef> positive) {
  if (failed(verifyKnobNames(op, op.getAttributeNames())) ||
      failed(verifyPositive(op, positive)))
    return failure();
  return success(
      verifyOnly<AttentionLayersOp>(op, op.getBody(), "xf.attention_layers"));
}

void TransformerWrapperOp::build(OpBuilder &, OperationState &state) {
  state.addRegion()->emplaceBlock();
}
AttentionLayersOp TransformerWrapperOp::getStack() { return onlyStack(*this); }
LogicalResult TransformerWrapperOp::verify() {
  return verifyWrapper(*this, {"num_tokens", "emb_dim"});
}

void ViTransformerWrapperOp::build(OpBuilder &, OperationState &state) {
  state.addRegion()->emplaceBlock();
}
AttentionLayersOp ViTransformerWrapperOp::getStack() {
  return onlyStack(*this);
}
LogicalResult ViTransformerWrapperOp::verify() {
  return verifyWrapper(*this, {"image_size", "patch_size", "channels"});
}

void ContinuousTransformerWrapperOp::build(OpBuilder &, OperationState &state) {
  state.addRegion()->emplaceBlock();
}
AttentionLayersOp ContinuousTransformerWrapperOp::getStack() {
  return onlyStack(*this);
}
LogicalResult ContinuousTransformerWrapperOp::verify() {
  return verifyWrapper(*this, {"dim_in", "dim_out"});
}

void MultiInputTransformerWrapperOp::build(OpBuilder &, OperationState &state) {
  state.addRegion()->emplaceBlock();
}
AttentionLayersOp MultiInputTransformerWrapperOp::getStack() {
  return onlyStack(*this);
}
LogicalResult MultiInputTransformerWrapperOp::verify() {
  return verifyWrapper(*this, {"emb_dim"});
}

void XTransformerOp::build(OpBuilder &, OperationState &state) {
  state.addRegion()->emplaceBlock();
}
TransformerWrapperOp XTransformerOp::getEncoder() {
  return *getBody().getOps<TransformerWrapperOp>().begin();
}
TransformerWrapperOp XTransformerOp::getDecoder() {
  return *std::next(getBody().getOps<TransformerWrapperOp>().begin());
}
LogicalResult XTransformerOp::verify() {
  auto sides = getBody().getOps<TransformerWrapperOp>();
  if (auto count = std::distance(sides.begin(), sides.end()); count != 2)
    return emitOpError()
           << "must hold exactly two `xf.transformer_wrapper`, but holds "
           << count;
  return verifyKnobNames(*this, getAttributeNames());
}

AttentionLayersOp xf::ir::stackOf(Operation *wrapper) {
  if (auto stack = dyn_cast<AttentionLayersOp>(wrapper))
    return stack;
  return *wrapper->getRegion(0).getOps<AttentionLayersOp>().begin();
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

/// A depth that can be compiled; how many entries a list of layers has follows
/// from the whole stack and is checked where the sublayers are known.
static LogicalResult verifyDepth(AttentionLayersOp op) {
  std::optional<uint64_t> depth = op.getDepth();
  if (depth && *depth > mostLayers)
    return op.emitOpError()
           << "has `depth` = " << *depth << ", but a stack has at most "
           << mostLayers << " layers";
  return success();
}

LogicalResult AttentionLayersOp::verify() {
  if (failed(verifyKnobNames(*this, getAttributeNames())) ||
      failed(verifyPositive(*this, {"dim", "depth", "heads", "attn_dim_head"})))
    return failure();
  return verifyDepth(*this);
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
