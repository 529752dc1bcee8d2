// Copies a verified attribute node by node.
#include "compiler/Weights/RecipeFromAttr.h"

using namespace xf::weights;

static Recipe::Kind kindOf(xf::ir::RecipeKind kind) {
  switch (kind) {
  case xf::ir::RecipeKind::Tensor:
    return Recipe::Kind::Tensor;
  case xf::ir::RecipeKind::Concat:
    return Recipe::Kind::Concat;
  case xf::ir::RecipeKind::Transpose:
    return Recipe::Kind::Transpose;
  case xf::ir::RecipeKind::Scale:
    return Recipe::Kind::Scale;
  case xf::ir::RecipeKind::Add:
    return Recipe::Kind::Add;
  }
  llvm_unreachable("all recipe kinds handled");
}

Recipe xf::weights::recipeFromAttr(ir::RecipeAttr attr) {
  Recipe recipe;
  recipe.kind = kindOf(attr.getKind());
  recipe.shape = attr.getShape().vec();
  if (attr.getTensor())
    recipe.tensor = attr.getTensor().str();
  for (ir::RecipeAttr input : attr.getInputs())
    recipe.inputs.push_back(recipeFromAttr(input));
  recipe.axis = attr.getAxis();
  if (attr.getConstant())
    recipe.constant = attr.getConstant().getValueAsDouble();
  return recipe;
}
