// The passes of the compiler: factories, options and registration, generated
// from Passes.td.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "targets/Choice.h"

namespace xf {

/// The stages of a model inside the compiler, in order; each ends in
/// `xf-verify-phase`.
enum class Phase { Model, Graph, Kernels, Plan };

#define GEN_PASS_DECL
#include "compiler/Transforms/Passes.h.inc"

/// hk-select-configs with somebody else's choices in the place of the
/// heuristic's.
std::unique_ptr<mlir::Pass>
createSelectConfigsPass(const SelectConfigsPassOptions &options,
                        targets::ConfigChooser chooser);

#define GEN_PASS_REGISTRATION
#include "compiler/Transforms/Passes.h.inc"

} // namespace xf
