// The order of passes, readable on one screen.
#include "compiler/Driver/Pipelines.h"

#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace xf {

static void verifyPhase(OpPassManager &pm, Phase phase) {
  VerifyPhasePassOptions options;
  options.phase = phase;
  pm.addPass(createVerifyPhasePass(options));
}

void populateModelPipeline(OpPassManager &pm, const PipelineOptions &) {
  pm.addPass(createResolveKnobsPass());
  verifyPhase(pm, Phase::Model);
}

void populateGraphPipeline(OpPassManager &pm, const PipelineOptions &) {
  pm.addPass(createExpandBlocksPass());
  pm.addPass(createJoinLinearsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createSymbolDCEPass());
  verifyPhase(pm, Phase::Graph);
}

void populateKernelsPipeline(OpPassManager &pm, const PipelineOptions &) {
  pm.addPass(createConvertXFToHKPass());
  pm.addNestedPass<func::FuncOp>(createFuseEpiloguesPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createSymbolDCEPass());
  verifyPhase(pm, Phase::Kernels);
}

void populatePlanPipeline(OpPassManager &pm, const PipelineOptions &options) {
  SelectConfigsPassOptions select;
  select.targets = options.targets;
  select.overrides = options.configOverrides;
  pm.addPass(createOutlineKernelsPass());
  pm.addPass(createSelectConfigsPass(select, options.chooser));
  pm.addPass(createPackWeightsPass());
  pm.addNestedPass<func::FuncOp>(createPlanMemoryPass());
  verifyPhase(pm, Phase::Plan);
}

void populatePipeline(OpPassManager &pm, Phase last,
                      const PipelineOptions &options) {
  populateModelPipeline(pm, options);
  if (last >= Phase::Graph)
    populateGraphPipeline(pm, options);
  if (last >= Phase::Kernels)
    populateKernelsPipeline(pm, options);
  if (last >= Phase::Plan)
    populatePlanPipeline(pm, options);
}

//===----------------------------------------------------------------------===//
// Registration
//===----------------------------------------------------------------------===//

namespace {
struct PlanPipelineFlags : PassPipelineOptions<PlanPipelineFlags> {
  ListOption<std::string> targets{
      *this, "targets",
      llvm::cl::desc("names of target machines; empty: every CPU target")};
  Option<std::string> overrides{*this, "overrides",
                                llvm::cl::desc("configs for single kernels")};
};
} // namespace

void registerPipelines() {
  PassPipelineRegistration<>(
      "xf-model-pipeline", "the model phase: every knob explicit",
      [](OpPassManager &pm) { populateModelPipeline(pm, {}); });
  PassPipelineRegistration<>(
      "xf-graph-pipeline", "the graph phase: models to tensor ops",
      [](OpPassManager &pm) { populateGraphPipeline(pm, {}); });
  PassPipelineRegistration<>(
      "xf-kernels-pipeline", "the kernels phase: tensor ops to kernels",
      [](OpPassManager &pm) { populateKernelsPipeline(pm, {}); });
  PassPipelineRegistration<PlanPipelineFlags>(
      "xf-plan-pipeline",
      "the plan phase: kernels outlined, configured, planned",
      [](OpPassManager &pm, const PlanPipelineFlags &flags) {
        PipelineOptions options;
        options.targets = {flags.targets.begin(), flags.targets.end()};
        options.configOverrides = flags.overrides;
        populatePlanPipeline(pm, options);
      });
}

} // namespace xf
