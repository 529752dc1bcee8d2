// What builders, verifier and text form of #xf.recipe share: the table of nodes
// and the shape that each makes.
#pragma once

#include "compiler/Dialect/XF/IR/XF.h"

namespace xf::ir {

/// A line of compiler/Weights/RecipeKinds.def.
struct RecipeNode {
  RecipeKind kind;
  llvm::StringLiteral keyword, arguments;
};

/// All of them, in the order of RecipeKind.
llvm::ArrayRef<RecipeNode> recipeNodes();
const RecipeNode &recipeNode(RecipeKind kind);

/// The shape of a node, or an error where its arguments do not fit together.
/// `integers` holds the arguments of letters i and d, `numbers` those of f and
/// F. Not for a tensor, whose shape is its own.
mlir::FailureOr<llvm::SmallVector<int64_t>>
inferRecipeShape(llvm::function_ref<mlir::InFlightDiagnostic()> emitError,
                 RecipeKind kind, llvm::ArrayRef<RecipeAttr> inputs,
                 llvm::ArrayRef<int64_t> integers,
                 llvm::ArrayRef<double> numbers);

} // namespace xf::ir
