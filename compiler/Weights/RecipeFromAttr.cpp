// Copies a verified attribute node by node.
#include "compiler/Weights/RecipeFromAttr.h"

using namespace xf::weights;

Recipe xf::weights::recipeFromAttr(ir::RecipeAttr attr) {
  Recipe recipe;
  // Both enums are made from RecipeKinds.def.
  recipe.kind = static_cast<Recipe::Kind>(attr.getKind());
  recipe.shape = attr.getShape().vec();
  if (attr.getTensor())
    recipe.tensor = attr.getTensor().str();
  for (ir::RecipeAttr input : attr.getInputs())
    recipe.inputs.push_back(recipeFromAttr(input));
  recipe.integers = attr.getIntegers().vec();
  if (attr.getNumbers())
    recipe.numbers = attr.getNumbers().asArrayRef().vec();
  return recipe;
}
