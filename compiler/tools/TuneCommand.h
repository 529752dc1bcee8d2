// `xfc tune SPEC`: measures which config of each kernel is the fastest here.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/CommandLine.h"

#include <string>

namespace xf {

/// The command, for flags that it shares with others.
llvm::cl::SubCommand &tuneCommand();
bool tuneRequested();

/// `--show` without a spec, which needs no model.
bool tuneShowsAll();
int runTuneShow();

/// Tunes, or with --show only reports, the model of `module`; returns an exit
/// status: 0, 1 after an error, 2 for flags that cannot be followed, 130 when
/// it was interrupted.
int runTune(mlir::ModuleOp module);

} // namespace xf
