// Evaluates recipes; RecipeNodes.cpp has the nodes.
#include "compiler/Weights/Recipe.h"

#include "compiler/Weights/RecipeNodes.h"
#include "compiler/Weights/SafeTensors.h"

using namespace llvm;
using namespace xf::weights;

Error xf::weights::collectTensors(const Recipe &recipe,
                                  LogicalTensors &tensors) {
  if (recipe.kind == Recipe::Kind::Tensor) {
    auto [it, inserted] = tensors.try_emplace(recipe.tensor, recipe.shape);
    if (!inserted && it->second != recipe.shape)
      return createStringError(
          inconvertibleErrorCode(),
          "logical tensor `" + recipe.tensor + "` is used with shapes " +
              formatShape(it->second) + " and " + formatShape(recipe.shape));
    return Error::success();
  }
  for (const Recipe &input : recipe.inputs)
    if (Error error = collectTensors(input, tensors))
      return error;
  return Error::success();
}

Expected<Tensor>
xf::weights::evaluate(const Recipe &recipe,
                      function_ref<Expected<Tensor>(StringRef)> load) {
  if (recipe.kind == Recipe::Kind::Tensor)
    return load(recipe.tensor);
  std::vector<Tensor> inputs;
  for (const Recipe &input : recipe.inputs) {
    Expected<Tensor> value = evaluate(input, load);
    if (!value)
      return value.takeError();
    inputs.push_back(std::move(*value));
  }
  return evaluateNode(recipe, std::move(inputs));
}
