// What is to be found out: for every kernel, shape class and target, which of
// the candidates is the fastest, and what is known of it already.
#pragma once

#include "compiler/Tune/Workload.h"
#include "targets/Candidates.h"
#include "targets/Records.h"

#include <string>
#include <vector>

namespace xf::tune {

struct SlotCandidate {
  targets::Config config;
  bool known = false; ///< a record says how it runs, or that it does not
  /// The fastest of those known: races again beside what is new, which is how
  /// old records stay comparable when the heuristic's choice becomes another.
  bool again = false;
  uint32_t variant = UINT32_MAX; ///< of the measuring process, once built
  bool failed = false;           ///< in this run
};

/// One kernel in one class on one target.
struct Slot {
  size_t kernel = 0; ///< index into Workload::kernels
  const targets::Machine *machine = nullptr;
  targets::ShapeClass shape;
  double importance = 0;                 ///< share of the class's time, of 1
  std::vector<SlotCandidate> candidates; ///< the heuristic's choice first

  const targets::Config &heuristic() const { return candidates[0].config; }
  bool isKnown() const;
};

/// What of a record must agree with a new measurement for it to be spared. One
/// that failed is spared only while compiler and Halide are the same.
struct KnownBy {
  std::string cpu, xfc, halide;
};

/// The slots of `machine` in `classes`, by falling importance within a class.
std::vector<Slot> findSlots(const Workload &work,
                            const targets::Machine &machine,
                            const std::vector<targets::ShapeClass> &classes,
                            const std::vector<targets::Record> &records,
                            const KnownBy &by);

} // namespace xf::tune
