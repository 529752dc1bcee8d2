// The values of a recipe's nodes. Private to compiler/Weights.
#pragma once

#include "compiler/Weights/Recipe.h"

namespace xf::weights {

/// The value of a node that is no tensor, given those of its inputs.
Tensor evaluateNode(const Recipe &recipe, std::vector<Tensor> inputs);

} // namespace xf::weights
