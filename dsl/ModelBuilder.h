// Checked spec -> xf.model ops. The only dsl library that sees a dialect.
#pragma once

#include "dsl/Diagnostics.h"
#include "dsl/Sema.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace xf::dsl {

/// A module with one xf.model per model of `spec`, or only `modelName` where it
/// is not empty. Attributes hold what the spec sets; defaults come later
/// (xf-resolve-knobs), except `causal`, which the class sets. Every op knows
/// its file, line and column and its path (`minilm.attn_layers`), and one more
/// location per knob (`ir::knobLoc`).
///
/// Reports an error and returns null when there is no model `modelName`; its
/// message lists those that are there. `context` must have the xf, arith and
/// math dialects registered or loadable.
mlir::OwningOpRef<mlir::ModuleOp> buildModule(const CheckedSpec &spec,
                                              DiagnosticEngine &diags,
                                              mlir::MLIRContext &context,
                                              llvm::StringRef modelName = {});

} // namespace xf::dsl
