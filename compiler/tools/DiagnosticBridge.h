// What the compiler says through MLIR, in the language's own form: one engine
// prints the diagnostics of both, as text or JSON.
#pragma once

#include "dsl/Diagnostics.h"

#include "mlir/IR/Diagnostics.h"

namespace xf {

/// While it lives, every diagnostic of `context` is recorded in `diags`, at the
/// place in the spec that its location names. Both must outlive it.
class DiagnosticBridge : public mlir::ScopedDiagnosticHandler {
public:
  DiagnosticBridge(mlir::MLIRContext *context, dsl::DiagnosticEngine &diags);
};

} // namespace xf
