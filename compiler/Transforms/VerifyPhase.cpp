// xf-verify-phase: what each phase promises to the next one, checked. A failure
// is a bug of a pass before it, or of whoever wrote the module by hand.
#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Dialect/XF/IR/XF.h"
#include "compiler/Transforms/Passes.h"

namespace xf {
#define GEN_PASS_DEF_VERIFYPHASEPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace xf

using namespace mlir;

namespace xf {
namespace {

//===----------------------------------------------------------------------===//
// Shared by phases
//===----------------------------------------------------------------------===//

/// Every op of the module's body is one of `Ops`; `holds` says so in words.
template <typename... Ops>
LogicalResult verifyTopLevel(ModuleOp module, StringRef phase,
                             StringRef holds) {
  for (Operation &op : *module.getBody())
    if (!isa<Ops...>(op))
      return op.emitOpError() << "must not be left after the phase `" << phase
                              << "`, which ends with " << holds;
  return success();
}

/// A function of one block, one batch in, one value of rows out.
template <typename BatchType> LogicalResult verifyEntry(func::FuncOp function) {
  FunctionType type = function.getFunctionType();
  if (type.getNumInputs() != 1 || !isa<BatchType>(type.getInput(0)) ||
      type.getNumResults() != 1 || !hk::isRowsType(type.getResult(0)))
    return function.emitOpError()
           << "must take one batch and return rows, but has type " << type;
  if (!function.getBody().hasOneBlock())
    return function.emitOpError() << "must have one block";
  return success();
}

/// Operands that are rows of one kernel have the same rows: tokens or
/// sequences.
LogicalResult verifySameRows(Operation *op, ValueRange rows) {
  for (Value value : rows)
    if (hk::rowsAreSequences(value) != hk::rowsAreSequences(rows.front()))
      return op->emitOpError() << "mixes rows of tokens with rows of sequences";
  return success();
}

//===----------------------------------------------------------------------===//
// Phases
//===----------------------------------------------------------------------===//

LogicalResult verifyModel(ModuleOp module) {
  return verifyTopLevel<ir::ModelOp>(module, "model", "models only");
}

LogicalResult verifyGraph(ModuleOp module) {
  if (failed(verifyTopLevel<ir::WeightOp, func::FuncOp>(
          module, "graph", "weights and functions")))
    return failure();
  for (auto function : module.getOps<func::FuncOp>()) {
    if (failed(verifyEntry<ir::BatchType>(function)))
      return failure();
    for (Operation &op : function.getBody().front().without_terminator())
      if (!isa<ir::EmbedOp, ir::NormOp, ir::LinearOp, ir::ActivationOp,
               ir::AddOp, ir::SliceOp, ir::AttentionOp, ir::PoolOp>(op))
        return op.emitOpError() << "must not stand in a graph, which holds "
                                   "tensor-level xf ops";
  }
  return success();
}

LogicalResult verifyKernels(ModuleOp module) {
  if (failed(verifyTopLevel<hk::WeightOp, func::FuncOp>(
          module, "kernels", "weights and functions")))
    return failure();
  llvm::DenseSet<StringAttr> used;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (failed(verifyEntry<hk::BatchType>(function)))
      return failure();
    for (Operation &op : function.getBody().front().without_terminator()) {
      auto kernel = dyn_cast<hk::StructuredOp>(op);
      if (!kernel)
        return op.emitOpError() << "must not stand in a function of kernels, "
                                   "which holds structured hk ops";
      for (FlatSymbolRefAttr symbol : kernel.getWeightArguments())
        used.insert(symbol.getAttr());
      auto rowwise = dyn_cast<hk::RowwiseOp>(op);
      // Over sequences, x has the tokens and the other operands the sequences.
      SmallVector<Value> rows = kernel.getRowArguments();
      if (rowwise && rowwise.isOverSequence()) {
        rows.erase(rows.begin());
        if (hk::rowsAreSequences(rowwise.getX()))
          return op.emitOpError() << "reduces over sequences what has one row "
                                     "per sequence already";
        rows.push_back(rowwise);
      }
      if (failed(verifySameRows(&op, rows)))
        return failure();
    }
  }
  for (auto weight : module.getOps<hk::WeightOp>())
    if (!used.contains(weight.getSymNameAttr()))
      return weight.emitOpError() << "must not be left where no kernel uses it";
  return success();
}

/// Every kernel has configs for the same targets in the same order.
LogicalResult verifyConfigs(ModuleOp module) {
  SmallVector<StringRef> targets;
  hk::KernelOp first;
  for (auto kernel : module.getOps<hk::KernelOp>()) {
    SmallVector<StringRef> itsTargets;
    if (ArrayAttr configs = kernel.getStructuredOp().getConfigsAttr())
      for (auto config : configs.getAsRange<hk::ConfigAttr>())
        if (itsTargets.empty() || itsTargets.back() != config.getTarget())
          itsTargets.push_back(config.getTarget());
    if (itsTargets.empty())
      return kernel.emitOpError() << "must have a config for each target";
    if (first && targets != itsTargets) {
      InFlightDiagnostic diag = kernel.emitOpError()
                                << "must have configs for the same targets as "
                                   "every other kernel";
      diag.attachNote(first.getLoc()) << "such as this one";
      return diag;
    }
    if (!first) {
      first = kernel;
      targets = itsTargets;
    }
  }
  return success();
}

/// A launch and the steps between which its result is needed.
struct LiveValue {
  hk::LaunchOp launch;
  unsigned first = 0, last = 0;
};

/// Checks each pair of values, on purpose unlike the planner does.
LogicalResult verifySlots(func::FuncOp function) {
  auto arena = function->getAttrOfType<IntegerAttr>("hk.arena_width");
  if (!arena)
    return function.emitOpError() << "must have `hk.arena_width`";
  SmallVector<LiveValue> values;
  llvm::DenseMap<Operation *, unsigned> step;
  for (auto [index, op] : llvm::enumerate(function.getBody().front())) {
    step[&op] = index;
    if (auto launch = dyn_cast<hk::LaunchOp>(op))
      values.push_back({launch, unsigned(index), unsigned(index)});
    else if (!isa<func::ReturnOp>(op))
      return op.emitOpError() << "must not stand in a planned function, which "
                                 "holds launches";
  }
  for (LiveValue &value : values) {
    hk::SlotAttr slot = value.launch.getSlotAttr();
    if (!slot)
      return value.launch.emitOpError() << "must have a slot";
    if (slot.getEnd() > arena.getInt())
      return value.launch.emitOpError()
             << "has a slot that ends at " << slot.getEnd()
             << ", past the arena's width of " << arena.getInt();
    for (Operation *user : value.launch->getUsers())
      value.last = std::max(value.last, step[user]);
  }
  for (auto [index, a] : llvm::enumerate(values))
    for (LiveValue &b : llvm::drop_begin(values, index + 1)) {
      hk::SlotAttr slotA = a.launch.getSlotAttr(),
                   slotB = b.launch.getSlotAttr();
      bool alive = b.first <= a.last;
      bool apart = slotA.getEnd() <= slotB.getOffset() ||
                   slotB.getEnd() <= slotA.getOffset();
      if (alive && !apart) {
        InFlightDiagnostic diag = b.launch.emitOpError()
                                  << "has a slot that overlaps that of a value "
                                     "which is still needed";
        diag.attachNote(a.launch.getLoc()) << "the value is made here";
        return diag;
      }
    }
  return success();
}

LogicalResult verifyPlan(ModuleOp module) {
  if (failed(verifyTopLevel<hk::WeightOp, hk::KernelOp, func::FuncOp>(
          module, "plan", "weights, kernels and functions")) ||
      failed(verifyConfigs(module)))
    return failure();
  for (auto weight : module.getOps<hk::WeightOp>())
    if (!weight.getLayout())
      return weight.emitOpError() << "must have a layout";
  for (auto function : module.getOps<func::FuncOp>())
    if (failed(verifyEntry<hk::BatchType>(function)) ||
        failed(verifySlots(function)))
      return failure();
  return success();
}

struct VerifyPhasePass : impl::VerifyPhasePassBase<VerifyPhasePass> {
  using Base::Base;

  void runOnOperation() override {
    auto verify = [&] {
      switch (phase) {
      case Phase::Model:
        return verifyModel(getOperation());
      case Phase::Graph:
        return verifyGraph(getOperation());
      case Phase::Kernels:
        return verifyKernels(getOperation());
      case Phase::Plan:
        return verifyPlan(getOperation());
      }
      llvm_unreachable("every phase is above");
    };
    if (failed(verify()))
      return signalPassFailure();
    markAllAnalysesPreserved();
  }
};

} // namespace
} // namespace xf
