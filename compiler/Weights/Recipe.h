// How a weight is computed from logical tensors, as plain data: the twin of the
// attribute #xf.recipe, so that nothing here needs MLIR.
#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace xf::weights {

/// Values in f32, row-major.
struct Tensor {
  std::vector<int64_t> shape;
  std::vector<float> values;
};

/// A node of the expression; `shape` is that of its result. What each kind
/// computes is in the documentation of #xf.recipe.
struct Recipe {
  enum class Kind {
#define XF_RECIPE(Kind, keyword, arguments) Kind,
#include "compiler/Weights/RecipeKinds.def"
  };
  Kind kind;
  std::vector<int64_t> shape;
  std::string tensor; ///< Tensor: the logical name
  std::vector<Recipe> inputs;
  std::vector<int64_t> integers; ///< arguments of letters i and d
  std::vector<double> numbers;   ///< arguments of letters f and F
};

/// Logical tensors by name, with their shapes; sorted, so that every walk over
/// it is deterministic.
using LogicalTensors = std::map<std::string, std::vector<int64_t>>;

/// Adds the logical tensors of `recipe` to `tensors`. It is an error if one is
/// there with another shape.
llvm::Error collectTensors(const Recipe &recipe, LogicalTensors &tensors);

/// Computes `recipe`; `load` gives the values of a logical tensor, in the shape
/// that its node has.
llvm::Expected<Tensor>
evaluate(const Recipe &recipe,
         llvm::function_ref<llvm::Expected<Tensor>(llvm::StringRef)> load);

} // namespace xf::weights
