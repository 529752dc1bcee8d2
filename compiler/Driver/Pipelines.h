// The phases of a compilation as pass pipelines. Each ends in the check of its
// invariant (xf-verify-phase).
#pragma once

#include "compiler/Transforms/Passes.h"

#include "mlir/Pass/PassManager.h"

#include <string>
#include <vector>

namespace xf {

/// What the pipelines may be told; the defaults compile for every CPU target.
struct PipelineOptions {
  std::vector<std::string>
      targets;                 ///< names of machines; empty: every CPU target
  std::string configOverrides; ///< see hk-select-configs
  /// Decides what `configOverrides` leaves open.
  targets::ConfigChooser chooser = targets::heuristicChoice;
};

/// Model level: every knob explicit.
void populateModelPipeline(mlir::OpPassManager &pm,
                           const PipelineOptions &options);
/// Model level -> graph of tensor ops.
void populateGraphPipeline(mlir::OpPassManager &pm,
                           const PipelineOptions &options);
/// Graph -> structured kernels, elementwise work fused.
void populateKernelsPipeline(mlir::OpPassManager &pm,
                             const PipelineOptions &options);
/// Structured kernels -> outlined kernels with configs, packed weights, planned
/// memory.
void populatePlanPipeline(mlir::OpPassManager &pm,
                          const PipelineOptions &options);

/// The pipelines of all phases up to `last`, in order: a spec's module in, what
/// `--emit=` prints out.
void populatePipeline(mlir::OpPassManager &pm, Phase last,
                      const PipelineOptions &options);

/// Makes each phase's pipeline known by name: --xf-model-pipeline, ...
void registerPipelines();

} // namespace xf
