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

/// Checks that `tables` are weights, and that each hk.table of the regions of
/// `op` gives as many indices as its table has dimensions.
mlir::LogicalResult verifyTables(mlir::Operation *op,
                                 mlir::SymbolTableCollection &symbols,
                                 mlir::ArrayAttr tables);

/// Checks the operand numbers of the reads in the regions of `op`. `needsRow`:
/// whether an operand can only be read `at` a row.
mlir::LogicalResult verifyReads(mlir::Operation *op, mlir::ValueRange rows,
                                mlir::ValueRange pairs,
                                llvm::function_ref<bool(mlir::Value)> needsRow);

/// Checks that the configs of a target stand together, in ascending order of
/// `max_rows`, which the last one lacks; and that each has its source if any
/// has.
mlir::LogicalResult verifyConfigs(StructuredOp op);

llvm::SmallVector<mlir::FlatSymbolRefAttr> toSymbols(mlir::ArrayAttr symbols);
mlir::ArrayAttr toArray(mlir::MLIRContext *context,
                        llvm::ArrayRef<mlir::FlatSymbolRefAttr> symbols);

inline mlir::Type f32(mlir::Operation *op) {
  return mlir::Float32Type::get(op->getContext());
}
inline mlir::Type i32(mlir::Operation *op) {
  return mlir::IntegerType::get(op->getContext(), 32);
}

/// Names the block arguments of a printed region: `inputs`, then acc0, ...,
/// vector0, ..., row0, ... as many as are counted. Lists that do not fit the
/// block, in an op that does not verify, name what they can.
void nameArguments(mlir::Region &region, llvm::ArrayRef<llvm::StringRef> inputs,
                   mlir::OpAsmSetValueNameFn setName, unsigned accumulators = 0,
                   unsigned vectors = 0, unsigned rows = 0);

} // namespace xf::hk
