// Evaluates recipes, all arithmetic in f32.
#include "compiler/Weights/Recipe.h"

#include "compiler/Weights/SafeTensors.h"

#include <algorithm>

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

static Tensor concat(ArrayRef<Tensor> inputs, const Recipe &recipe) {
  // Around the axis a tensor is `outer` rows of `extent * inner` values.
  int64_t outer = 1, inner = 1;
  for (int64_t d = 0; d < static_cast<int64_t>(recipe.shape.size()); ++d)
    if (d != recipe.axis)
      (d < recipe.axis ? outer : inner) *= recipe.shape[d];
  Tensor result{recipe.shape, {}};
  for (int64_t row = 0; row < outer; ++row)
    for (const Tensor &input : inputs) {
      int64_t length = input.shape[recipe.axis] * inner;
      auto begin = input.values.begin() + row * length;
      result.values.insert(result.values.end(), begin, begin + length);
    }
  return result;
}

static Tensor transpose(const Tensor &input) {
  int64_t rows = input.shape[0], columns = input.shape[1];
  Tensor result{{columns, rows}, std::vector<float>(input.values.size())};
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      result.values[c * rows + r] = input.values[r * columns + c];
  return result;
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
  float constant = static_cast<float>(recipe.constant);
  switch (recipe.kind) {
  case Recipe::Kind::Tensor:
    break;
  case Recipe::Kind::Concat:
    return concat(inputs, recipe);
  case Recipe::Kind::Transpose:
    return transpose(inputs.front());
  case Recipe::Kind::Scale:
    for (float &value : inputs.front().values)
      value *= constant;
    return std::move(inputs.front());
  case Recipe::Kind::Add:
    for (float &value : inputs.front().values)
      value += constant;
    return std::move(inputs.front());
  }
  llvm_unreachable("all recipe kinds handled");
}
