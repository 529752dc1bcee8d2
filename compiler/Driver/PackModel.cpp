// Joins the weight symbols of a module with a checkpoint.

#include "compiler/Driver/PackModel.h"

#include "compiler/Conversion/ProgramAttrs.h"
#include "compiler/Dialect/XF/IR/XF.h"
#include "compiler/Weights/Checkpoint.h"
#include "compiler/Weights/RecipeFromAttr.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace xf;

static weights::PackLayout layoutOf(hk::WeightOp weight) {
  auto layout = weight.getLayout();
  return layout == hk::Layout::Panels ? weights::PackLayout::Panels
                                      : weights::PackLayout::Plain;
}

static uint64_t packedFloats(hk::WeightOp weight) {
  return weights::packedSize(weight.getTensorType().getShape(),
                             layoutOf(weight));
}

int64_t xf::packedWeightBytes(hk::WeightOp weight) {
  return int64_t(packedFloats(weight) * sizeof(float));
}

namespace {
/// One weight on its way into the section.
struct Placed {
  hk::WeightOp op;
  weights::Recipe recipe;
  uint64_t offset;
};
} // namespace

static llvm::Expected<std::vector<Placed>>
placeWeights(ModuleOp module, weights::SectionPlan &plan,
             weights::LogicalTensors &tensors) {
  std::vector<Placed> placed;
  for (auto weight : module.getOps<hk::WeightOp>()) {
    auto attr = llvm::dyn_cast_or_null<ir::RecipeAttr>(weight.getRecipeAttr());
    if (!attr)
      return llvm::createStringError("weight `%s` has no recipe",
                                     weight.getSymName().str().c_str());
    placed.push_back({weight, weights::recipeFromAttr(attr),
                      plan.add(packedFloats(weight))});
    if (llvm::Error error =
            weights::collectTensors(placed.back().recipe, tensors))
      return std::move(error);
  }
  return placed;
}

llvm::Expected<weights::WeightSection> xf::packModel(ModuleOp module,
                                                     llvm::StringRef path) {
  auto format = module->getAttrOfType<ir::CheckpointAttr>("xf.checkpoint");
  if (!format)
    return llvm::createStringError(
        "the spec names no weights, so the layout of the file is not known; "
        "add `weights NAME = huggingface(\"model.safetensors\")`, or "
        "`x_transformers` for a state_dict of x-transformers");
  weights::SectionPlan plan;
  weights::LogicalTensors tensors;
  auto placed = placeWeights(module, plan, tensors);
  if (!placed)
    return placed.takeError();
  auto checkpoint = weights::Checkpoint::open(
      path, {format.getLayout().str(), format.getGainsMinusOne()}, tensors);
  if (!checkpoint)
    return checkpoint.takeError();

  weights::WeightSection section(plan.bytes());
  for (const Placed &weight : *placed) {
    auto value = weights::evaluate(weight.recipe, [&](llvm::StringRef logical) {
      return checkpoint->read(logical);
    });
    if (!value)
      return value.takeError();
    section.write(weight.offset, weights::pack(*value, layoutOf(weight.op)));
  }
  Builder builder(module.getContext());
  for (Placed &weight : *placed)
    weight.op->setAttr(weightOffsetAttr,
                       builder.getI64IntegerAttr(int64_t(weight.offset)));
  return section;
}
