// What the verifiers of several graph ops check. Private to the dialect.
#pragma once

#include "compiler/Dialect/XF/IR/XF.h"

namespace xf::ir {

/// Checks that `symbol` names an xf.weight of shape `shape`; a negative extent
/// accepts any. `role` names the use in messages.
mlir::LogicalResult verifyWeight(mlir::Operation *op,
                                 mlir::SymbolTableCollection &tables,
                                 mlir::FlatSymbolRefAttr symbol,
                                 llvm::StringRef role,
                                 llvm::ArrayRef<int64_t> shape);

/// Checks that the tables of `op` are weights, and that each xf.table of its
/// regions gives as many indices as its table has dimensions.
mlir::LogicalResult verifyTables(mlir::Operation *op,
                                 mlir::SymbolTableCollection &symbols,
                                 mlir::ArrayAttr tables);

/// Checks the operand numbers of the reads in the regions of `op`. `needsRow`:
/// whether an operand can only be read `at` a row.
mlir::LogicalResult verifyReads(mlir::Operation *op, mlir::ValueRange rows,
                                mlir::ValueRange pairs,
                                llvm::function_ref<bool(mlir::Value)> needsRow);

} // namespace xf::ir
