// Loads what was built into a measuring process and compares it there, bit by
// bit: first with the unscheduled algorithm, then at full size.
#include "compiler/Tune/TargetTuner.h"

#include <fmt/format.h>

#include <algorithm>

namespace xf::tune {

using targets::Config;
using targets::Record;
using targets::RecordStatus;
using targets::ShapeClass;

constexpr double loadSeconds = 60; ///< for linking and filling weights

uint32_t TargetTuner::addVariant(size_t kernel, const Config &config) {
  auto found = variantOfConfig.find({kernel, targets::printConfig(config)});
  if (found != variantOfConfig.end())
    return found->second;
  size_t c = addCode(kernel, config, true);
  if (!code[c].built)
    return noVariant;
  uint32_t variant = uint32_t(variants.size());
  variants.push_back({kernel, 0, int32_t(config.get("grain_rows")),
                      int32_t(config.get("grain_cols"))});
  variantCode.push_back(c);
  variantOfConfig[{kernel, targets::printConfig(config)}] = variant;
  return variant;
}

/// All that is built becomes variants of one process. Code that does not link
/// is out, with a record.
bool TargetTuner::startProcess() {
  while (true) {
    std::vector<size_t> places = makeProcess();
    auto outcome = process->start(loadSeconds);
    if (outcome == MeasureProcess::Outcome::Ok)
      return true;
    uint32_t culprit = process->culprit();
    if (culprit >= places.size()) {
      failure = "cannot load the kernels: " + process->message();
      return false;
    }
    Code &bad = code[places[culprit]];
    bad.built = false;
    bad.object.message = "it does not link: " + process->message();
    if (bad.needed) {
      failure =
          fmt::format("kernel `{}`: {}", work.kernels[bad.kernel].desc.name,
                      bad.object.message);
      return false;
    }
    recordFailure(bad);
  }
}

/// Returns the index into `code` of each of the process's code objects.
std::vector<size_t> TargetTuner::makeProcess() {
  variants.clear(), variantCode.clear(), variantOfConfig.clear(),
      referenceVariant.clear();
  for (size_t k = 0; k < work.kernels.size(); ++k) {
    referenceVariant.push_back(uint32_t(variants.size()));
    variants.push_back({k, 0, 0, 0});
    variantCode.push_back(reference[k]);
    for (const ShapeClass &shape : targets::shapeClasses())
      addVariant(
          k, targets::heuristicConfig(work.kernels[k].desc, machine, shape));
  }
  for (Slot &slot : slots)
    for (SlotCandidate &candidate : slot.candidates)
      candidate.variant = addVariant(slot.kernel, candidate.config);
  broken.assign(variants.size(), false);

  MeasureProcess::Setup setup;
  setup.work = &work;
  setup.machine = &machine;
  setup.runtime = runtime.bytes;
  setup.threads = options.threads;
  setup.realtime = options.realtime;
  std::vector<size_t> places;
  for (uint32_t v = 0; v < variants.size(); ++v) {
    auto place = std::find(places.begin(), places.end(), variantCode[v]);
    variants[v].code = size_t(place - places.begin());
    if (place != places.end())
      continue;
    places.push_back(variantCode[v]);
    const CandidateObject &object = code[variantCode[v]].object;
    setup.code.push_back({object.bytes, object.function});
  }
  setup.variants = variants;
  process = std::make_unique<MeasureProcess>(std::move(setup));
  return places;
}

/// The heuristic's choice for every launch of a batch.
std::vector<uint32_t> TargetTuner::heuristics(const Batch &batch) {
  std::vector<uint32_t> assignment;
  for (const WorkLaunch &launch : work.launches)
    assignment.push_back(
        addVariant(launch.kernel,
                   targets::heuristicConfig(
                       work.kernels[launch.kernel].desc, machine,
                       targets::shapeClassOf(work.deciding(launch, batch)))));
  return assignment;
}

/// The candidates behind `variant` are out, each with a record.
void TargetTuner::breakVariant(uint32_t variant, RecordStatus status,
                               const std::string &message) {
  broken[variant] = true;
  for (Slot &slot : slots)
    for (SlotCandidate &candidate : slot.candidates)
      if (candidate.variant == variant && !candidate.failed) {
        candidate.failed = true;
        if (candidate.known)
          continue;
        Record record = recordOf(slot, candidate);
        record.status = status;
        record.message = message;
        record.disturbed = false;
        write(std::move(record));
      }
}

/// Compares the variants that `asks` with the assigned ones; whoever crashes or
/// hangs is out, and the rest are asked again. False if it is over, or if the
/// fault is nobody's.
bool TargetTuner::check(const std::vector<int64_t> &lengths, uint32_t threads,
                        const std::vector<uint32_t> &assignment,
                        std::vector<bool> asks) {
  while (!pace.isStopped()) {
    pace.awaitCalm(process->process());
    auto outcome =
        process->check(lengths, threads, assignment, asks, options.runSeconds);
    for (uint32_t v = 0; v < variants.size(); ++v) {
      auto verdict = process->verdict(v);
      if (!asks[v] || verdict == MeasureProcess::Verdict::None)
        continue;
      asks[v] = false;
      if (verdict == MeasureProcess::Verdict::Different)
        breakVariant(v, RecordStatus::WrongResult, process->where(v));
    }
    if (outcome == MeasureProcess::Outcome::Ok)
      return true;
    uint32_t culprit = process->culprit();
    if (culprit == MeasureProcess::nobody || culprit >= variants.size()) {
      failure = "cannot run the model: " + process->message();
      return false;
    }
    asks[culprit] = false;
    breakVariant(culprit,
                 outcome == MeasureProcess::Outcome::TimedOut
                     ? RecordStatus::TimedOut
                     : RecordStatus::RunFailed,
                 process->message());
  }
  return false;
}

/// Everything against the unscheduled algorithm, on a ragged batch of few rows:
/// tiles of every height, and sequences that start anywhere.
bool TargetTuner::checkSmall() {
  tell("checking");
  std::vector<int64_t> lengths;
  for (int64_t length : {37, 1, 16})
    lengths.push_back(work.maxSeqLen > 0 ? std::min(work.maxSeqLen, length)
                                         : length);
  std::vector<uint32_t> assignment = heuristics({1, lengths[0]});
  std::vector<bool> seen(work.kernels.size()), asks(variants.size(), true);
  for (size_t i = 0; i < assignment.size(); ++i)
    if (size_t k = work.launches[i].kernel; !seen[k]) {
      seen[k] = true;
      assignment[i] = referenceVariant[k];
    }
  for (uint32_t variant : referenceVariant)
    asks[variant] = false;
  return check(lengths, 1, assignment, asks);
}

/// The class's candidates against the heuristic's choice, at its full sizes and
/// on all threads.
bool TargetTuner::checkClass(const ShapeClass &shape) {
  for (const Batch &batch : work.batchesOf(shape)) {
    std::vector<bool> asks(variants.size());
    for (const Slot &slot : slots)
      if (slot.shape.rows == shape.rows)
        for (const SlotCandidate &candidate : slot.candidates)
          if (candidate.variant != noVariant && !broken[candidate.variant])
            asks[candidate.variant] = true;
    if (!check(lengthsOf(batch), options.threads, heuristics(batch), asks))
      return false;
  }
  return true;
}

} // namespace xf::tune
