// What the verifiers of several ops check: scalar regions, weights and configs.
// Private to the dialect.
#pragma once

#include "compiler/Dialect/HK/IR/HK.h"

namespace xf::hk {

/// What a region must look like.
struct RegionShape {
  llvm::StringRef name; ///< as in the text form: `epilogue`, `score_mod`
  llvm::SmallVector<mlir::Type> arguments;
  mlir::Type yielded;
};

/// Checks arguments, yield, and that only arith and math ops on f32, i32 and i1
/// are inside. The error is on the offending op.
mlir::LogicalResult verifyScalarRegion(mlir::Operation *op,
                                       mlir::Region &region,
                                       const RegionShape &shape);

/// Checks that `symbol` is a weight of shape `expected`, where a dynamic
/// dimension stands for any; `role` is what the op uses it as.
mlir::LogicalResult verifyWeight(mlir::Operation *op,
                                 mlir::SymbolTableCollection &symbols,
                                 mlir::FlatSymbolRefAttr symbol,
                                 llvm::StringRef role,
                                 llvm::ArrayRef<int64_t> expected);

/// Checks that the configs of a target stand together, in ascending order of
/// `max_rows`, which the last one lacks; and that each has its source if any
/// has.
mlir::LogicalResult verifyConfigs(StructuredOp op);

} // namespace xf::hk
