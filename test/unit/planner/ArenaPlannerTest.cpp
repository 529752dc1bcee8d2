// The arena planner: no two values that live together overlap, whatever the
// intervals; and known cases are packed tightly.
#include "compiler/Planner/ArenaPlanner.h"

#include <gtest/gtest.h>
#include <random>

using namespace xf;

namespace {

/// Checks a plan unit by unit: at each step no unit of the arena has two
/// owners.
void expectNoOverlap(const std::vector<ArenaInterval> &intervals,
                     const ArenaPlan &plan) {
  ASSERT_EQ(plan.offsets.size(), intervals.size());
  int64_t lastStep = 0;
  for (const ArenaInterval &interval : intervals)
    lastStep = std::max(lastStep, interval.lastUse);
  for (int64_t step = 0; step <= lastStep; ++step) {
    std::vector<int> owner(plan.size, -1);
    for (size_t i = 0; i < intervals.size(); ++i) {
      if (step < intervals[i].firstUse || intervals[i].lastUse < step)
        continue;
      ASSERT_GE(plan.offsets[i], 0);
      ASSERT_LE(plan.offsets[i] + intervals[i].size, plan.size);
      for (int64_t unit = 0; unit < intervals[i].size; ++unit) {
        int &itsOwner = owner[plan.offsets[i] + unit];
        ASSERT_EQ(itsOwner, -1) << "step " << step << ": " << i << " overlaps";
        itsOwner = int(i);
      }
    }
  }
}

} // namespace

TEST(ArenaPlanner, NothingNeedsNothing) {
  ArenaPlan plan = planArena({});
  EXPECT_EQ(plan.size, 0);
  EXPECT_EQ(arenaLowerBound({}), 0);
  EXPECT_EQ(drawArena({}, plan), "the arena is empty\n");
}

TEST(ArenaPlanner, ValuesThatNeverMeetShareTheirPlace) {
  std::vector<ArenaInterval> intervals{{8, 0, 1}, {4, 2, 3}, {8, 4, 5}};
  EXPECT_EQ(planArena(intervals).size, 8);
}

TEST(ArenaPlanner, TheStepOfTheLastUseStillCounts) {
  std::vector<ArenaInterval> intervals{{8, 0, 1}, {8, 1, 2}};
  EXPECT_EQ(planArena(intervals).size, 16);
}

TEST(ArenaPlanner, AGapIsFilledTightly) {
  // The third value fits the gap of 4 that the second leaves when it dies.
  std::vector<ArenaInterval> intervals{
      {8, 0, 9}, {4, 0, 3}, {4, 4, 9}, {2, 0, 9}};
  ArenaPlan plan = planArena(intervals);
  EXPECT_EQ(plan.size, arenaLowerBound(intervals));
  EXPECT_EQ(plan.offsets[1], plan.offsets[2]);
}

TEST(ArenaPlanner, ATransformerLayerIsPackedWithoutWaste) {
  // x; qkv; attention; x + out; norm; hidden; norm + out: alive with their
  // readers.
  std::vector<ArenaInterval> intervals{{384, 0, 3}, {1152, 1, 2}, {384, 2, 3},
                                       {384, 3, 4}, {384, 4, 6},  {1536, 5, 6},
                                       {384, 6, 7}};
  ArenaPlan plan = planArena(intervals);
  expectNoOverlap(intervals, plan);
  EXPECT_EQ(plan.size, arenaLowerBound(intervals));
}

TEST(ArenaPlanner, RandomIntervalsNeverOverlap) {
  std::mt19937 random(1);
  auto draw = [&](int from, int to) {
    return std::uniform_int_distribution<int>(from, to)(random);
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<ArenaInterval> intervals(draw(1, 40));
    for (ArenaInterval &interval : intervals) {
      interval.size = draw(1, 20);
      interval.firstUse = draw(0, 30);
      interval.lastUse = interval.firstUse + draw(0, 10);
    }
    ArenaPlan plan = planArena(intervals);
    expectNoOverlap(intervals, plan);
    EXPECT_GE(plan.size, arenaLowerBound(intervals));
    EXPECT_EQ(plan.offsets, planArena(intervals).offsets);
    if (HasFatalFailure())
      return;
  }
}

TEST(ArenaPlanner, TheMapShowsWhoLivesWhereAndWhen) {
  std::vector<ArenaInterval> intervals{{16, 0, 1}, {8, 1, 3}};
  EXPECT_EQ(drawArena(intervals, planArena(intervals)),
            "  offset     size  steps 0..3\n"
            "       0       16  ##..\n"
            "      16        8  .###\n");
}
