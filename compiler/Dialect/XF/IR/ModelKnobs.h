// Reading knobs from the attributes of the model ops, by name and layer. For
// use after xf-resolve-knobs, which makes every knob of a compiled model
// explicit: an absent one is a bug of the caller and ends the process.
#pragma once

#include "mlir/IR/Operation.h"

namespace xf::ir {

/// Whether `op` holds the knob, explicitly.
bool hasKnob(mlir::Operation *op, llvm::StringRef name);

/// The value of a knob in layer `layer` (counting blocks from 0); a knob with
/// one value for all layers ignores it.
int64_t intKnob(mlir::Operation *op, llvm::StringRef name, unsigned layer = 0);
double floatKnob(mlir::Operation *op, llvm::StringRef name, unsigned layer = 0);
bool boolKnob(mlir::Operation *op, llvm::StringRef name, unsigned layer = 0);
llvm::StringRef wordKnob(mlir::Operation *op, llvm::StringRef name,
                         unsigned layer = 0);

/// Where the spec sets the knob, for messages about it; the place of `op` where
/// the knob is a default.
mlir::Location knobLoc(mlir::Operation *op, llvm::StringRef name);

/// The place of `op` without those of its knobs, for ops that are made from it.
mlir::Location ownLoc(mlir::Operation *op);

} // namespace xf::ir
