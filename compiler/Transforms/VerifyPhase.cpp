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
  auto rows = function->getAttrOfType<StringAttr>(ir::kResultRowsAttr);
  StringRef space = hk::getSpaceName(hk::getSpace(type.getResult(0)));
  if (rows && rows != space)
    return function.emitOpError() << "says that the result's rows are " << rows
                                  << ", but its type says \"" << space << "\"";
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
      if (!isa<ir::InputOp, ir::EmbedOp, ir::MapOp, ir::NormOp, ir::LinearOp,
               ir::ActivationOp, ir::AddOp, ir::SliceOp, ir::AttentionOp,
               ir::PoolOp>(op))
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
      if (isa<hk::InputOp>(op))
        continue;
      auto kernel = dyn_cast<hk::StructuredOp>(op);
      if (!kernel)
        return op.emitOpError() << "must not stand in a function of kernels, "
                                   "which holds inputs and structured hk ops";
      for (FlatSymbolRefAttr symbol : kernel.getWeightArguments())
        used.insert(symbol.getAttr());
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

/// A value, its slot and the steps between which it is needed.
struct LiveValue {
  Value value;
  hk::SlotAttr slot;
  unsigned first = 0, last = 0;
};

/// The slot that the op which makes `value` has for it.
hk::SlotAttr slotOf(Value value) {
  if (auto input = value.getDefiningOp<hk::InputOp>())
    return input.getSlotAttr();
  auto launch = value.getDefiningOp<hk::LaunchOp>();
  return value == launch.getResult() ? launch.getSlotAttr()
                                     : launch.getScoresSlotAttr();
}

/// Checks each pair of values of one arena, on purpose unlike the planner does.
LogicalResult verifyApart(ArrayRef<LiveValue> values) {
  for (auto [index, a] : llvm::enumerate(values))
    for (const LiveValue &b : values.drop_front(index + 1)) {
      bool alive = b.first <= a.last && a.first <= b.last;
      hk::SlotAttr left = a.slot, right = b.slot;
      bool apart = left.getEnd() <= right.getOffset() ||
                   right.getEnd() <= left.getOffset();
      if (alive && !apart) {
        InFlightDiagnostic diag = b.value.getDefiningOp()->emitOpError()
                                  << "has a slot that overlaps that of a value "
                                     "which is still needed";
        diag.attachNote(a.value.getLoc()) << "the value is made here";
        return diag;
      }
    }
  return success();
}

LogicalResult verifySlots(func::FuncOp function) {
  auto rowsWidth = function->getAttrOfType<IntegerAttr>("hk.arena_width");
  auto pairsWidth = function->getAttrOfType<IntegerAttr>("hk.pairs_width");
  if (!rowsWidth)
    return function.emitOpError() << "must have `hk.arena_width`";
  SmallVector<LiveValue> rows, pairs;
  llvm::DenseMap<Operation *, unsigned> step;
  Block &block = function.getBody().front();
  for (auto [index, op] : llvm::enumerate(block)) {
    step[&op] = index;
    if (!isa<hk::LaunchOp, hk::InputOp, func::ReturnOp>(op))
      return op.emitOpError() << "must not stand in a planned function, which "
                                 "holds inputs and launches";
  }
  for (Operation &op : block)
    for (Value value : op.getResults()) {
      bool isPairs = hk::isPairsType(value.getType());
      IntegerAttr width = isPairs ? pairsWidth : rowsWidth;
      LiveValue live{value, slotOf(value), isa<hk::InputOp>(op) ? 0 : step[&op],
                     step[&op]};
      if (!live.slot)
        return op.emitOpError() << "must have a slot";
      if (!width)
        return function.emitOpError() << "must have `hk.pairs_width`";
      if (live.slot.getEnd() > width.getInt())
        return op.emitOpError()
               << "has a slot that ends at " << live.slot.getEnd()
               << ", past the arena's width of " << width.getInt();
      for (Operation *user : value.getUsers())
        live.last = std::max(live.last, step[user]);
      (isPairs ? pairs : rows).push_back(live);
    }
  return success(succeeded(verifyApart(rows)) && succeeded(verifyApart(pairs)));
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
