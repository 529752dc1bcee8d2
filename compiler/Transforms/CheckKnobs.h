// What resolved knobs must agree in: values that would leave the compiler
// without meaning, whoever wrote them. What a spec may say is checked by dsl.
#pragma once

#include "compiler/Dialect/XF/IR/XF.h"
#include "compiler/Transforms/Expand/Layout.h"

namespace xf {

/// The error of a knob, at its line, with a note at the line of the other one.
mlir::LogicalResult contradiction(mlir::Operation *op, llvm::StringRef name,
                                  mlir::Operation *otherOp,
                                  llvm::StringRef other,
                                  const llvm::Twine &message);

mlir::LogicalResult checkStack(ir::AttentionLayersOp stack,
                               const expand::StackLayout &layout);
mlir::LogicalResult checkWrapper(mlir::Operation *wrapper,
                                 ir::AttentionLayersOp stack);

} // namespace xf
