// Compiles the candidates in forked children, within a share of the budget.
#include "compiler/Tune/TargetTuner.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace xf::tune {

using targets::Config;
using targets::Record;
using targets::RecordStatus;
using targets::ShapeClass;

/// Of a target's time, how much at most goes into building candidates, and how
/// much of what the heuristic's choices take to build counts as used: they are
/// needed whatever the budget, and are in the cache from then on.
constexpr double buildShare = 0.5, neededShare = 0.25;

size_t TargetTuner::addCode(size_t kernel, const Config &config,
                            bool scheduled) {
  std::string text = (scheduled ? "" : "reference ") +
                     targets::printConfig(targets::codeConfig(config));
  auto [known, isNew] = codeOfConfig.insert({{kernel, text}, code.size()});
  if (isNew)
    code.push_back({kernel, {work.kernels[kernel].op, config, scheduled}});
  return known->second;
}

/// A record for each candidate that is of this code.
void TargetTuner::recordFailure(const Code &failed) {
  for (Slot &slot : slots)
    for (SlotCandidate &candidate : slot.candidates)
      if (!candidate.known && failed.candidate.scheduled &&
          slot.kernel == failed.kernel &&
          targets::codeConfig(candidate.config) ==
              targets::codeConfig(failed.candidate.config)) {
        Record record = recordOf(slot, candidate);
        record.status = failed.object.timedOut ? RecordStatus::TimedOut
                                               : RecordStatus::BuildFailed;
        record.message = failed.object.message;
        record.disturbed = false;
        candidate.failed = true;
        write(std::move(record));
      }
}

/// False if it is over before all are built.
bool TargetTuner::build(std::vector<size_t> wanted, double until,
                        const char *what) {
  wanted.erase(
      std::remove_if(wanted.begin(), wanted.end(),
                     [&](size_t c) { return code[c].built || code[c].failed; }),
      wanted.end());
  std::vector<Candidate> candidates;
  for (size_t c : wanted)
    candidates.push_back(code[c].candidate);
  size_t done = 0;
  emitCandidates(candidates, options.emit,
                 {options.buildSeconds,
                  [&] {
                    tell(fmt::format("{} {}/{}", what, done, wanted.size()));
                    return pace.isOver(until);
                  }},
                 [&](size_t i, CandidateObject &&object) {
                   Code &built = code[wanted[i]];
                   built.object = std::move(object);
                   (built.object.ok ? built.built : built.failed) = true;
                   ++done;
                   if (!built.object.ok)
                     recordFailure(built);
                 });
  return done == wanted.size();
}

/// First what nothing can be measured without, then the candidates, those of
/// costly kernels and those high in the table first.
bool TargetTuner::buildAll() {
  emitCandidates({Candidate{}}, options.emit, {},
                 [&](size_t, auto &&object) { runtime = std::move(object); });
  if (!runtime.ok) {
    failure = "the kernels' runtime does not compile: " + runtime.message;
    return false;
  }
  std::vector<size_t> needed;
  for (size_t k = 0; k < work.kernels.size(); ++k)
    for (const ShapeClass &shape : targets::shapeClasses())
      needed.push_back(addCode(
          k, targets::heuristicConfig(work.kernels[k].desc, machine, shape),
          true));
  reference.assign(work.kernels.size(), 0);
  for (size_t k = 0; k < work.kernels.size(); ++k) {
    const Config config = targets::heuristicConfig(
        work.kernels[k].desc, machine, targets::shapeClasses().back());
    reference[k] = addCode(k, config, false);
    needed.push_back(reference[k]);
  }
  const double before = pace.used();
  for (size_t c : needed)
    code[c].needed = true;
  if (!build(needed, std::numeric_limits<double>::infinity(), "building"))
    return false;
  pace.forgive(
      std::max(0.0, pace.used() - before - neededShare * (deadline - before)));
  for (size_t c : needed)
    if (code[c].failed) {
      failure =
          fmt::format("kernel `{}` does not compile{}: {}",
                      work.kernels[code[c].kernel].desc.name,
                      code[c].candidate.scheduled ? "" : " without a schedule",
                      code[c].object.message);
      return false;
    }

  struct Wish {
    size_t code;
    double priority;
  };
  std::vector<Wish> wishes;
  for (Slot &slot : slots)
    for (size_t i = 0; i < slot.candidates.size(); ++i)
      if (!slot.candidates[i].known || slot.candidates[i].again)
        wishes.push_back({addCode(slot.kernel, slot.candidates[i].config, true),
                          slot.importance / double(1 + i)});
  std::sort(wishes.begin(), wishes.end(), [](const Wish &a, const Wish &b) {
    return a.priority != b.priority ? a.priority > b.priority : a.code < b.code;
  });
  std::vector<size_t> order;
  for (const Wish &wish : wishes)
    if (std::find(order.begin(), order.end(), wish.code) == order.end())
      order.push_back(wish.code);
  build(order, pace.used() + buildShare * (deadline - pace.used()), "building");
  return !pace.isStopped();
}

} // namespace xf::tune
