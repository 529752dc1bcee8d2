// hk-plan-memory: liveness of inputs and launches' results -> offsets in the
// arena of rows and in that of pair values, through the planner. Widths are
// planned, not bytes: the arena of a call is the plan times its rows (and
// keys).
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

/// The values of one arena.
struct Arena {
  SmallVector<Value> values;
  std::vector<ArenaInterval> intervals;
};

void setSlot(Value value, hk::SlotAttr slot) {
  if (auto input = value.getDefiningOp<hk::InputOp>())
    return input.setSlotAttr(slot);
  auto launch = value.getDefiningOp<hk::LaunchOp>();
  if (value == launch.getResult())
    launch.setSlotAttr(slot);
  else
    launch.setScoresSlotAttr(slot);
}

struct PlanMemoryPass : impl::PlanMemoryPassBase<PlanMemoryPass> {
  using Base::Base;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function.getBody().hasOneBlock())
      return;
    Arena rows, pairs;
    collectValues(function.getBody().front(), rows, pairs);
    plan(rows, "hk.arena_width", "per row");
    if (!pairs.values.empty())
      plan(pairs, "hk.pairs_width", "per row and key");
  }

  static void collectValues(Block &block, Arena &rows, Arena &pairs) {
    llvm::DenseMap<Operation *, int64_t> step;
    for (auto [index, op] : llvm::enumerate(block))
      step[&op] = index;
    for (Operation &op : block) {
      if (!isa<hk::InputOp, hk::LaunchOp>(op))
        continue;
      // Inputs are there before the first launch.
      int64_t first = isa<hk::InputOp>(op) ? 0 : step[&op];
      for (Value value : op.getResults()) {
        ArenaInterval interval{hk::getWidth(value), first, step[&op]};
        for (Operation *user : value.getUsers())
          interval.lastUse = std::max(interval.lastUse, step[user]);
        Arena &arena = hk::isPairsType(value.getType()) ? pairs : rows;
        arena.values.push_back(value);
        arena.intervals.push_back(interval);
      }
    }
  }

  void plan(const Arena &arena, StringRef widthAttr, StringRef unit) {
    func::FuncOp function = getOperation();
    ArenaPlan plan = planArena(arena.intervals);
    for (auto [value, interval, offset] :
         llvm::zip(arena.values, arena.intervals, plan.offsets))
      setSlot(value, hk::SlotAttr::get(&getContext(), offset, interval.size));
    function->setAttr(widthAttr,
                      OpBuilder(&getContext()).getI64IntegerAttr(plan.size));
    if (printMap) // a remark: functions are planned in parallel, and
                  // diagnostics come out whole and in order
      function.emitRemark() << "arena of @" << function.getSymName() << ": "
                            << plan.size << " floats " << unit << ", at least "
                            << arenaLowerBound(arena.intervals) << "\n"
                            << drawArena(arena.intervals, plan);
  }
};

} // namespace
} // namespace xf
