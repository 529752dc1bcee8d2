// The steps of convert-xf-to-hk: what weights become, and what each op becomes.
// Private to the conversion.
#pragma once

#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Dialect/XF/IR/XF.h"

#include "llvm/ADT/MapVector.h"

#include <string>

namespace xf {

/// How the graph uses a weight.
struct WeightUses {
  bool asMatrix = false; ///< by a linear
  bool asIs = false;     ///< by anything else
  /// The symbol of the form that a linear reads, (K, N).
  std::string matrixName(llvm::StringRef name) const;
};

using WeightUseMap = llvm::MapVector<mlir::StringAttr, WeightUses>;

WeightUseMap collectUses(mlir::ModuleOp module);

/// Declares `weight` in each orientation that is used; one that nothing uses
/// goes.
void convertWeight(ir::WeightOp weight, const WeightUseMap &uses);

/// Makes the kernel of `op`, before it; its operands are of converted ops, but
/// for slices that an attention or a map reads. What replaces the op's results,
/// none if it has no kernel.
llvm::SmallVector<mlir::Value> convertOp(mlir::Operation *op,
                                         const WeightUseMap &uses);

/// A kernel after `slice` that copies its columns.
mlir::Value convertSlice(ir::SliceOp slice);

} // namespace xf
