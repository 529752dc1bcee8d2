// A compilation from a module with one xf.model to files on disk, step by step.
#pragma once

#include "compiler/Driver/Options.h"
#include "compiler/Driver/Pipelines.h"
#include "compiler/Driver/Summary.h"

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace xf {

/// What a compilation left on disk. `weights` is empty when the weights are
/// embedded.
struct CompiledModel {
  std::string library, header, weights;
  ModelSummary summary;
};

/// Runs the pipelines of every phase up to and with `last`; `chooser` decides
/// on kernels' configs. Failures are diagnostics of the module's context.
mlir::LogicalResult
lowerTo(Phase last, mlir::ModuleOp module,
        const targets::ConfigChooser &chooser = targets::heuristicChoice);

/// Lowers a module with one xf.model to its host program in the LLVM dialect.
/// Reads the checkpoint, for the host program names the weights' checksum.
mlir::LogicalResult lowerToHost(mlir::ModuleOp module,
                                const CompileOptions &options);

/// Writes every object of the model to the folder `options.output`: `host.o`
/// and one a kernel and target.
mlir::LogicalResult writeObjects(mlir::ModuleOp module,
                                 const CompileOptions &options);

/// Compiles `module` to a library, its header and, unless embedded, its weights
/// file. All three are made in a folder of their own and moved into place
/// together, so that a failure leaves what was there before.
mlir::FailureOr<CompiledModel> compileModel(mlir::ModuleOp module,
                                            const CompileOptions &options);

} // namespace xf
