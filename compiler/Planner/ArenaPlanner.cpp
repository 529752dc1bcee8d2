// Interval packing, largest first, best fit.
#include "compiler/Planner/ArenaPlanner.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <numeric>
#include <utility>

namespace xf {

/// The indices of `intervals` in the order of `key`, ties by index.
template <typename Key>
static std::vector<size_t> sortedBy(size_t count, Key key) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t(0));
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::pair(key(a), a) < std::pair(key(b), b);
  });
  return order;
}

/// The offset of the tightest gap of at least `size` between `taken`, which are
/// [offset, end) in order of offset and may overlap; the end of the last one if
/// there is no such gap.
static int64_t findGap(const std::vector<std::pair<int64_t, int64_t>> &taken,
                       int64_t size) {
  int64_t end = 0, best = -1;
  int64_t tightest = std::numeric_limits<int64_t>::max();
  for (auto [offset, itsEnd] : taken) {
    int64_t gap = offset - end;
    if (gap >= size && gap < tightest) {
      tightest = gap;
      best = end;
    }
    end = std::max(end, itsEnd);
  }
  return best >= 0 ? best : end;
}

ArenaPlan planArena(const std::vector<ArenaInterval> &intervals) {
  ArenaPlan plan;
  plan.offsets.assign(intervals.size(), 0);
  std::vector<size_t> placed;
  for (size_t index : sortedBy(intervals.size(),
                               [&](size_t i) { return -intervals[i].size; })) {
    const ArenaInterval &interval = intervals[index];
    std::vector<std::pair<int64_t, int64_t>> taken;
    for (size_t other : placed)
      if (interval.overlaps(intervals[other]))
        taken.emplace_back(plan.offsets[other],
                           plan.offsets[other] + intervals[other].size);
    std::sort(taken.begin(), taken.end());
    plan.offsets[index] = findGap(taken, interval.size);
    plan.size = std::max(plan.size, plan.offsets[index] + interval.size);
    placed.push_back(index);
  }
  return plan;
}

int64_t arenaLowerBound(const std::vector<ArenaInterval> &intervals) {
  int64_t most = 0;
  // What is alive grows only where an interval begins.
  for (const ArenaInterval &at : intervals) {
    int64_t alive = 0;
    for (const ArenaInterval &interval : intervals)
      if (interval.firstUse <= at.firstUse && at.firstUse <= interval.lastUse)
        alive += interval.size;
    most = std::max(most, alive);
  }
  return most;
}

std::string drawArena(const std::vector<ArenaInterval> &intervals,
                      const ArenaPlan &plan) {
  int64_t first = std::numeric_limits<int64_t>::max(), last = -1;
  for (const ArenaInterval &interval : intervals) {
    first = std::min(first, interval.firstUse);
    last = std::max(last, interval.lastUse);
  }
  if (intervals.empty())
    return "the arena is empty\n";
  char line[96];
  std::snprintf(line, sizeof line, "%8s %8s  steps %lld..%lld\n", "offset",
                "size", static_cast<long long>(first),
                static_cast<long long>(last));
  std::string map = line;
  for (size_t index : sortedBy(intervals.size(), [&](size_t i) {
         return std::pair(plan.offsets[i], intervals[i].firstUse);
       })) {
    const ArenaInterval &interval = intervals[index];
    std::snprintf(line, sizeof line, "%8lld %8lld  ",
                  static_cast<long long>(plan.offsets[index]),
                  static_cast<long long>(interval.size));
    map += line;
    for (int64_t step = first; step <= last; ++step)
      map += interval.firstUse <= step && step <= interval.lastUse ? '#' : '.';
    map += '\n';
  }
  return map;
}

} // namespace xf
