// Packs values with lifetimes into one arena: plain numbers in, offsets out.
// Knows nothing of tensors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace xf {

/// A value that needs `size` units from step `firstUse` to step `lastUse`, both
/// included.
struct ArenaInterval {
  int64_t size = 0;
  int64_t firstUse = 0, lastUse = 0;

  bool overlaps(const ArenaInterval &other) const {
    return firstUse <= other.lastUse && other.firstUse <= lastUse;
  }
};

struct ArenaPlan {
  std::vector<int64_t> offsets; ///< by interval
  int64_t size = 0;             ///< of the arena
};

/// Gives each interval an offset such that no two that overlap in time overlap
/// in space. Largest first, each into the tightest gap that holds it; the same
/// input gives the same plan.
ArenaPlan planArena(const std::vector<ArenaInterval> &intervals);

/// The most that is alive at one step: no arena can be smaller.
int64_t arenaLowerBound(const std::vector<ArenaInterval> &intervals);

/// A map of the plan, a line per interval in order of offset and a column per
/// step:
///
///     offset   size  steps 0..3
///          0     16  ##..
///         16      8  .###
std::string drawArena(const std::vector<ArenaInterval> &intervals,
                      const ArenaPlan &plan);

} // namespace xf
