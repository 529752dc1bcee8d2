// xf-expand-blocks: the declared model becomes a graph of tensor ops, one
// function per entry point, and its parameters become weights with recipes.
// The work is done in Expand/; here the model is found and taken away.
#include "compiler/Transforms/Expand/Blocks.h"
#include "compiler/Transforms/KnobDefaults.h"
#include "compiler/Transforms/Passes.h"

namespace xf {
#define GEN_PASS_DEF_EXPANDBLOCKSPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace xf

using namespace mlir;
using namespace xf;
using namespace xf::ir;

namespace {

/// The one model of the module, or null with an error.
ModelOp findModel(ModuleOp module) {
  ModelOp found;
  for (auto model : module.getOps<ModelOp>()) {
    if (found) {
      InFlightDiagnostic diag =
          model.emitOpError()
          << "is the second of the module, but one library holds one model";
      diag.attachNote(found.getLoc()) << "the first is here";
      return nullptr;
    }
    found = model;
  }
  if (!found)
    module.emitError("the module has no `xf.model` to expand");
  return found;
}

/// Every knob with a default must be explicit.
LogicalResult checkResolved(ModelOp model) {
  Operation *unresolved = nullptr;
  StringRef missing;
  Builder builder(model);
  model.walk<WalkOrder::PreOrder>([&](Operation *op) {
    for (const KnobDefault *knob : knobsOf(op)) {
      bool needed = knob->status == KnobStatus::Supported &&
                    (knob->text == "required" || defaultAttr(*knob, builder));
      if (!needed || hasKnob(op, knob->name))
        continue;
      unresolved = op;
      missing = knob->name;
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  if (!unresolved)
    return success();
  return unresolved->emitOpError()
         << "has no value for `" << missing
         << "`, but xf-expand-blocks takes a resolved model; run "
            "xf-resolve-knobs before it";
}

/// Keeps what the library must know of the model after the declaration is gone.
void annotateModule(ModuleOp module, ModelOp model) {
  MLIRContext *context = module.getContext();
  Operation *wrapper = model.getWrapper();
  if (auto towers = dyn_cast<XTransformerOp>(wrapper))
    wrapper = towers.getDecoder();
  auto sizeOf = [&](StringRef name) {
    auto size = wrapper->getAttrOfType<IntegerAttr>(name);
    return size ? size.getInt() : 0;
  };
  // From now on the module is the model, and errors about it point there.
  module->setLoc(ownLoc(model));
  module->setAttr(
      kModelInfoAttr,
      ModelInfoAttr::get(context, model.getSymName(), sizeOf("num_tokens"),
                         sizeOf("max_seq_len"), sizeOf("token_types")));
  if (!model.getWeightsLayout())
    return;
  StringRef layout = *model.getWeightsLayout();
  // Only x-transformers stores gains minus one.
  bool minusOne = layout == "x_transformers" &&
                  boolKnob(stackOf(wrapper), "norm_add_unit_offset");
  module->setAttr(
      kCheckpointAttr,
      CheckpointAttr::get(context, layout, *model.getWeightsFile(), minusOne));
}

struct ExpandBlocksPass
    : public xf::impl::ExpandBlocksPassBase<ExpandBlocksPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    ModelOp model = findModel(module);
    if (!model || failed(checkResolved(model)) ||
        failed(expand::expandModel(model, module)))
      return signalPassFailure();
    annotateModule(module, model);
    model.erase();
  }
};

} // namespace
