// Runs a library on a workload until its times are settled, with the machine's
// ceilings measured in between, and says what each op cost.
#pragma once

#include "compiler/Profile/Description.h"
#include "compiler/Profile/Library.h"
#include "targets/host/Ceilings.h"

#include <vector>

namespace xf::profile {

struct MeasureOptions {
  /// Repetitions of a workload; 0: as many as fit into `seconds`, but a few.
  unsigned repetitions = 0;
  double seconds = 1; ///< for each workload
};

/// What a group of launches cost in one call.
///
/// Every op takes its own fastest repetition: another program's share of the
/// machine can only add to a time, and it seldom misses a whole call, so the
/// minimum per op is nearer to what the op costs than a share of any one call,
/// even the fastest.
struct Cost {
  uint64_t launches = 0, tasks = 0, rows = 0, pairs = 0;
  double wall = 0;  ///< seconds of the launches, as the caller sees them
  double busy = 0;  ///< seconds in tasks, summed over threads
  double flops = 0; ///< of the products
  /// Moved at least: weights once a launch, activations once.
  double bytes = 0;

  Cost &operator+=(const Cost &other);
};

struct OpCost {
  OpFacts facts;
  Cost cost;
};

/// One workload's result.
struct WorkloadProfile {
  std::string name;
  size_t rows = 0, tokens = 0;
  unsigned repetitions = 0;
  double fastestCall = 0, medianCall = 0; ///< seconds, counters included
  std::vector<OpCost> ops; ///< those that ran, in the order they run
  Cost total;              ///< of the ops
  /// Seconds of a call in no op: checking the batch, copying ids and results,
  /// the host program. Its minimum over the repetitions.
  double outside = 0;
  /// Weights and activations of a call fit into the machine's last cache: they
  /// come from there in every call but the first.
  bool fitsInCache = false;
};

struct Profile {
  std::string model, target, entry;
  targets::Ceilings ceilings;
  std::vector<WorkloadProfile> workloads;
};

/// Profiles each workload; the model must take them (Library::check).
llvm::Expected<Profile> measure(Library &library,
                                const std::vector<Workload> &workloads,
                                const MeasureOptions &options);

/// Which of the machine's limits a cost meets first if nothing else holds it
/// up, and how near to it and to the others it comes.
struct Bound {
  enum Kind { None, Fma, Memory, Cache } kind = None;
  double ofFma = 0;       ///< FLOP/s by the FMA ceiling
  double ofBandwidth = 0; ///< bytes/s by the ceiling of memory, or of the cache
};
Bound boundOf(const Cost &cost, const WorkloadProfile &workload,
              const targets::Ceilings &ceilings);

/// `-`, `fma`, `memory`, `cache`.
const char *boundName(Bound::Kind kind);

/// Threads' share of the time in which they work: 1 without idle ends.
double efficiency(const Cost &cost, int threads);

} // namespace xf::profile
