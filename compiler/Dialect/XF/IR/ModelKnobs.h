// Reading knobs from the attributes of the model ops, by name and layer. For
// use after xf-resolve-knobs, which makes every knob of a compiled model
// explicit: an absent one is a bug of the caller and ends the process.
#pragma once

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Operation.h"

#include <optional>

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

/// A list that is not about layers (`custom_layers`, `inputs`), empty where
/// it is not set.
llvm::SmallVector<llvm::StringRef> stringsKnob(mlir::Operation *op,
                                               llvm::StringRef name);
llvm::SmallVector<int64_t> intsKnob(mlir::Operation *op, llvm::StringRef name);

/// The entries of a block of settings (`embed_num_tokens`), in alphabetical
/// order; empty where it is not set.
mlir::DictionaryAttr dictKnob(mlir::Operation *op, llvm::StringRef name);

/// A knob that is true, false or a number (`scale_residual`): the number;
/// whether it is anything but false.
std::optional<double> scaleKnob(mlir::Operation *op, llvm::StringRef name);
bool switchKnob(mlir::Operation *op, llvm::StringRef name);

/// Whether calls of the model that `op` is part of may pass `input` in. `op` is
/// a wrapper or a stack; a stack inside of a wrapper is asked for the wrapper.
bool hasInput(mlir::Operation *op, llvm::StringRef input);

/// Where the spec sets the knob, for messages about it; the place of `op` where
/// the knob is a default.
mlir::Location knobLoc(mlir::Operation *op, llvm::StringRef name);

/// The place of `op` without those of its knobs, for ops that are made from it.
mlir::Location ownLoc(mlir::Operation *op);

} // namespace xf::ir
