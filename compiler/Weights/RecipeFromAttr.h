// From the attribute #xf.recipe to the plain Recipe that is evaluated.
#pragma once

#include "compiler/Dialect/XF/IR/XF.h"
#include "compiler/Weights/Recipe.h"

namespace xf::weights {

Recipe recipeFromAttr(ir::RecipeAttr attr);

} // namespace xf::weights
