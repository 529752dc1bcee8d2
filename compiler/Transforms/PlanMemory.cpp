// hk-plan-memory: liveness of the launches' results -> arena offsets, through
// the planner. Widths are planned, not bytes: the arena of a call is the plan
// times its rows.
#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Planner/ArenaPlanner.h"
#include "compiler/Transforms/Passes.h"

namespace xf {
#define GEN_PASS_DEF_PLANMEMORYPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace xf

using namespace mlir;

namespace xf {
namespace {

struct PlanMemoryPass : impl::PlanMemoryPassBase<PlanMemoryPass> {
  using Base::Base;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function.getBody().hasOneBlock())
      return;
    Block &block = function.getBody().front();
    llvm::DenseMap<Operation *, int64_t> step;
    for (auto [index, op] : llvm::enumerate(block))
      step[&op] = index;

    SmallVector<hk::LaunchOp> launches =
        llvm::to_vector(block.getOps<hk::LaunchOp>());
    std::vector<ArenaInterval> intervals;
    for (hk::LaunchOp launch : launches) {
      ArenaInterval interval{hk::getWidth(launch.getResult()), step[launch],
                             step[launch]};
      for (Operation *user : launch->getUsers())
        interval.lastUse = std::max(interval.lastUse, step[user]);
      intervals.push_back(interval);
    }

    ArenaPlan plan = planArena(intervals);
    for (auto [launch, interval, offset] :
         llvm::zip(launches, intervals, plan.offsets))
      launch.setSlotAttr(
          hk::SlotAttr::get(&getContext(), offset, interval.size));
    function->setAttr("hk.arena_width",
                      OpBuilder(&getContext()).getI64IntegerAttr(plan.size));
    if (printMap) // a remark: functions are planned in parallel, and
                  // diagnostics come out whole and in order
      function.emitRemark()
          << "arena of @" << function.getSymName() << ": " << plan.size
          << " floats per row, at least " << arenaLowerBound(intervals) << "\n"
          << drawArena(intervals, plan);
  }
};

} // namespace
} // namespace xf
