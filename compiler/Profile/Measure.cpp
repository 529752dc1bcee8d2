// Repetitions come in short chunks with a slice of the ceilings' measurement
// between them, so that both see the machine in the same state.
#include "compiler/Profile/Measure.h"

#include "llvm/ADT/StringMap.h"

#include <algorithm>
#include <chrono>

using namespace xf;
using namespace xf::profile;

using Clock = std::chrono::steady_clock;

static constexpr unsigned fewest = 5; ///< repetitions, whatever they take
static constexpr double chunkSeconds = 0.1;

static double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

Cost &Cost::operator+=(const Cost &other) {
  launches += other.launches, tasks += other.tasks;
  rows += other.rows, pairs += other.pairs;
  wall += other.wall, busy += other.busy;
  flops += other.flops, bytes += other.bytes;
  return *this;
}

//===----------------------------------------------------------------------===//
// Repetitions
//===----------------------------------------------------------------------===//

namespace {

/// The fastest of the repetitions so far, op by op.
struct Repetitions {
  std::vector<double> calls; ///< seconds
  std::vector<xf_op_profile> fastest;
  double outside = 0;

  void add(double call, const std::vector<xf_op_profile> &ops) {
    double inside = 0;
    for (const xf_op_profile &op : ops)
      inside += 1e-9 * double(op.wall_ns);
    const double rest = std::max(0.0, call - inside);
    outside = calls.empty() ? rest : std::min(outside, rest);
    if (calls.empty())
      fastest = ops;
    for (size_t op = 0; op < ops.size(); ++op)
      if (ops[op].wall_ns < fastest[op].wall_ns)
        fastest[op] = ops[op];
    calls.push_back(call);
  }
};

} // namespace

static llvm::Error repeatOnce(Library &library, const Workload &workload,
                              Repetitions &repetitions) {
  if (auto error = library.resetCounters())
    return error;
  const Clock::time_point start = Clock::now();
  if (auto error = library.run(workload))
    return error;
  const double call = secondsSince(start);
  auto ops = library.readCounters();
  if (!ops)
    return ops.takeError();
  repetitions.add(call, *ops);
  return llvm::Error::success();
}

/// Repeats until the options' time or number is reached.
static llvm::Expected<Repetitions> repeat(Library &library,
                                          const Workload &workload,
                                          const MeasureOptions &options,
                                          targets::CeilingMeter &meter) {
  Repetitions result;
  double spent = 0;
  auto done = [&] {
    return options.repetitions
               ? result.calls.size() >= options.repetitions
               : spent >= options.seconds && result.calls.size() >= fewest;
  };
  while (!done()) {
    meter.measure();
    // The slice has emptied the caches; and the first call of a shape
    // allocates.
    if (auto error = library.run(workload))
      return error;
    const Clock::time_point start = Clock::now();
    while (!done() && secondsSince(start) < chunkSeconds)
      if (auto error = repeatOnce(library, workload, result))
        return error;
    spent += secondsSince(start);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Costs
//===----------------------------------------------------------------------===//

static Cost costOf(const xf_op_profile &op, const OpFacts &facts,
                   const Workload &workload) {
  Cost cost;
  cost.launches = op.launches, cost.tasks = op.tasks;
  cost.rows = op.rows, cost.pairs = op.pairs;
  cost.wall = 1e-9 * double(op.wall_ns);
  cost.busy = 1e-9 * double(op.busy_ns);
  cost.flops = facts.flopsPerRow * double(op.rows) +
               facts.flopsPerRowAndKey * double(op.pairs);
  const size_t inputRows =
      facts.inputRowsAreSequences ? workload.rows() : workload.tokens();
  cost.bytes = facts.weightBytesRead * double(op.launches) +
               facts.bytesReadPerRow * double(inputRows) +
               facts.bytesWrittenPerRow * double(op.rows);
  return cost;
}

/// The counters, in the order in which the ops run, joined with the facts.
static std::vector<OpCost> joinOps(const std::vector<xf_op_profile> &counters,
                                   const Description &description,
                                   const Workload &workload) {
  llvm::StringMap<const xf_op_profile *> byName;
  for (const xf_op_profile &op : counters)
    if (op.launches > 0)
      byName[op.name] = &op;
  std::vector<OpCost> ops;
  for (const OpFacts &facts : description.ops)
    if (auto found = byName.find(facts.name); found != byName.end()) {
      ops.push_back({facts, costOf(*found->second, facts, workload)});
      byName.erase(found);
    }
  // What the description does not know still took its time.
  for (const xf_op_profile &op : counters)
    if (byName.contains(op.name)) {
      OpFacts facts;
      facts.name = op.name;
      ops.push_back({facts, costOf(op, facts, workload)});
    }
  return ops;
}

/// Whether what a call touches stays in the last cache.
static bool fitsInCache(const std::vector<OpCost> &ops,
                        const Workload &workload) {
  double weights = 0, widest = 0;
  for (const OpCost &op : ops) {
    weights += op.facts.weightBytesRead;
    widest = std::max(widest,
                      op.facts.bytesReadPerRow + op.facts.bytesWrittenPerRow);
  }
  return weights + widest * double(workload.tokens()) <
         double(targets::lastCacheBytes());
}

static WorkloadProfile summarize(Repetitions repetitions,
                                 const Description &description,
                                 const Workload &workload) {
  WorkloadProfile result;
  result.name = workload.name;
  result.rows = workload.rows();
  result.tokens = workload.tokens();
  result.repetitions = unsigned(repetitions.calls.size());
  std::sort(repetitions.calls.begin(), repetitions.calls.end());
  result.fastestCall = repetitions.calls.front();
  result.medianCall = repetitions.calls[repetitions.calls.size() / 2];
  result.outside = repetitions.outside;
  result.ops = joinOps(repetitions.fastest, description, workload);
  for (const OpCost &op : result.ops)
    result.total += op.cost;
  result.fitsInCache = fitsInCache(result.ops, workload);
  return result;
}

llvm::Expected<Profile>
xf::profile::measure(Library &library, const std::vector<Workload> &workloads,
                     const MeasureOptions &options) {
  const auto host = targets::hostIsa();
  if (!host)
    return llvm::createStringError(llvm::inconvertibleErrorCode(),
                                   "this CPU has no AVX2: its ceilings cannot "
                                   "be measured");
  auto json = library.describe();
  if (!json)
    return json.takeError();
  Profile profile;
  profile.target = library.info().target;
  profile.entry = library.entryName();
  auto description = parseDescription(*json, profile.entry, profile.target);
  if (!description)
    return description.takeError();
  profile.model = description->model;
  // Kernels are compared with what their own vectors can reach.
  const bool avx512 = llvm::StringRef(profile.target).contains("avx512");
  targets::CeilingMeter meter(avx512 ? *host : targets::Isa::Avx2,
                              int(library.threads()));
  for (const Workload &workload : workloads) {
    auto repetitions = repeat(library, workload, options, meter);
    if (!repetitions)
      return repetitions.takeError();
    profile.workloads.push_back(
        summarize(std::move(*repetitions), *description, workload));
  }
  profile.ceilings = meter.best();
  return profile;
}

//===----------------------------------------------------------------------===//
// Ceilings
//===----------------------------------------------------------------------===//

Bound xf::profile::boundOf(const Cost &cost, const WorkloadProfile &workload,
                           const targets::Ceilings &ceilings) {
  Bound bound;
  const bool cached = workload.fitsInCache;
  const double bandwidth = cached ? ceilings.cacheBytes : ceilings.dramBytes;
  if (cost.wall <= 0)
    return bound;
  if (ceilings.fmaFlops > 0)
    bound.ofFma = cost.flops / cost.wall / ceilings.fmaFlops;
  if (bandwidth > 0)
    bound.ofBandwidth = cost.bytes / cost.wall / bandwidth;
  if (bound.ofFma > bound.ofBandwidth)
    bound.kind = Bound::Fma;
  else if (bound.ofBandwidth > 0)
    bound.kind = cached ? Bound::Cache : Bound::Memory;
  return bound;
}

const char *xf::profile::boundName(Bound::Kind kind) {
  switch (kind) {
  case Bound::None:
    return "-";
  case Bound::Fma:
    return "fma";
  case Bound::Memory:
    return "memory";
  case Bound::Cache:
    return "cache";
  }
  return "-";
}

double xf::profile::efficiency(const Cost &cost, int threads) {
  return cost.wall > 0 ? cost.busy / (cost.wall * threads) : 0;
}
