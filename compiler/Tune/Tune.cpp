// The order of the search: targets, their share of the budget, and the steps of
// each.
#include "compiler/Tune/Tune.h"

#include "compiler/Tune/RecordFile.h"
#include "compiler/Tune/TargetTuner.h"
#include "runtime/src/thread_pool.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

using namespace llvm;

namespace xf::tune {

using targets::Machine;
using targets::Record;

static std::string today() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

Record TargetTuner::recordOf(const Slot &slot,
                             const SlotCandidate &candidate) const {
  Record record;
  record.kernel = work.kernels[slot.kernel].key;
  record.math = work.kernels[slot.kernel].desc.math;
  record.rows = slot.shape.rows;
  record.length = work.batchOf(slot.shape).length;
  record.config = candidate.config;
  record.baseline = slot.heuristic();
  record.disturbed = pace.isDisturbed();
  record.cpu = options.cpu;
  record.halide = options.halide;
  record.xfc = options.xfc;
  record.date = today();
  return record;
}

void TargetTuner::write(Record record) {
  if (!failure.empty())
    return;
  if (Error error = appendRecord(options.recordFile, record)) {
    failure = toString(std::move(error));
    return;
  }
  record.text = recordLine(record);
  record.origin = options.recordFile;
  result.records.push_back(std::move(record));
}

void TargetTuner::tell(const std::string &what, double speedUp) const {
  if (options.progress)
    options.progress({fmt::format("{}, {}", what, machine.name),
                      std::clamp(pace.used() / options.budget, 0.0, 1.0),
                      std::max(pace.left(), 0.0), speedUp});
}

Error TargetTuner::run() {
  slots.erase(std::remove_if(slots.begin(), slots.end(),
                             [](const Slot &slot) { return slot.isKnown(); }),
              slots.end());
  if (slots.empty())
    return Error::success();
  if (buildAll() && startProcess() && checkSmall())
    for (size_t c = 0; c < options.classes.size() && failure.empty(); ++c) {
      const double left = deadline - pace.used();
      if (pace.isOver(deadline) || !checkClass(options.classes[c]))
        break;
      raceClass(options.classes[c],
                pace.used() + left / double(options.classes.size() - c));
    }
  process.reset();
  pace.rest();
  return failure.empty() ? Error::success() : createStringError(failure);
}

Expected<TuneResult> tune(mlir::ModuleOp module, const TuneOptions &options) {
  auto work = findWorkload(module);
  if (failed(work))
    return createStringError("the model cannot be tuned");
  if (options.threads > rt::ThreadPool::maxThreads)
    return createStringError("at most %u threads work together, not %u",
                             rt::ThreadPool::maxThreads, options.threads);
  if (Error error = checkRecordFile(options.recordFile))
    return std::move(error);
  auto lock = MeasureLock::open(options.lockFile);
  if (!lock)
    return lock.takeError();
  Pace pace(options, std::move(*lock));
  TuneResult result;
  const KnownBy by{options.cpu.id(), options.xfc, options.halide};
  for (size_t t = 0; t < options.machines.size(); ++t) {
    const Machine &machine = *options.machines[t];
    const double deadline =
        pace.used() + pace.left() / double(options.machines.size() - t);
    std::vector<Slot> slots =
        findSlots(*work, machine, options.classes, options.known, by);
    for (const Slot &slot : slots)
      for (const SlotCandidate &candidate : slot.candidates) {
        ++result.candidates;
        result.known += candidate.known;
      }
    // Time that the races leave over goes into what was not built yet.
    std::vector<Record> known = options.known;
    for (size_t before = SIZE_MAX;
         result.records.size() != before && !pace.isOver(deadline);) {
      before = result.records.size();
      TargetTuner tuner{*work, machine, options, pace, result, deadline};
      tuner.slots = findSlots(*work, machine, options.classes, known, by);
      if (Error error = tuner.run())
        return std::move(error);
      known.insert(known.end(), result.records.begin() + ptrdiff_t(before),
                   result.records.end());
    }
  }
  result.stopped = pace.isStopped();
  result.seconds = pace.elapsed();
  result.waited = pace.waited();
  return result;
}

} // namespace xf::tune
