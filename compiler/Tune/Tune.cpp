// The steps of the search for one target after the other: build, check, race.
#include "compiler/Tune/Tune.h"

#include "compiler/Emit/EmitCandidates.h"
#include "compiler/Tune/MeasureProcess.h"
#include "compiler/Tune/Pace.h"
#include "compiler/Tune/Race.h"
#include "compiler/Tune/RecordFile.h"
#include "runtime/src/thread_pool.h"

#include "llvm/ADT/StringMap.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <deque>
#include <map>

using namespace llvm;

namespace xf::tune {
namespace {

using targets::Config;
using targets::Machine;
using targets::Record;
using targets::RecordStatus;
using targets::ShapeClass;

/// Of a target's time, how much at most goes into building candidates, and how
/// much of what the heuristic's choices take to build counts as used: they are
/// needed whatever the budget, and are in the cache from then on.
constexpr double buildShare = 0.5, neededShare = 0.25;
constexpr double loadSeconds = 60; ///< for linking and filling weights
constexpr uint32_t none = UINT32_MAX;

/// A kernel's code in one form.
struct Code {
  size_t kernel;
  Candidate candidate;
  bool built = false, failed = false;
  bool needed = false; ///< without it nothing can be measured
  CandidateObject object;
};

struct TargetTuner {
  const Workload &work;
  const Machine &machine;
  const TuneOptions &options;
  Pace &pace;
  TuneResult &result;
  double deadline; ///< of this target, in seconds of the budget

  std::vector<Slot> slots; ///< that have something unknown
  std::deque<Code> code;
  std::map<std::pair<size_t, std::string>, size_t> codeOfConfig;
  std::vector<size_t> reference; ///< code, by kernel
  CandidateObject runtime;

  std::vector<Variant> variants;
  std::vector<size_t> variantCode;        ///< index into `code`, by variant
  std::vector<bool> broken;               ///< by variant
  std::vector<uint32_t> referenceVariant; ///< by kernel
  std::map<std::pair<size_t, std::string>, uint32_t> variantOfConfig;
  std::unique_ptr<MeasureProcess> process;
  std::string failure; ///< what makes it pointless to go on

  Error run();

  // Building.
  size_t addCode(size_t kernel, const Config &config, bool scheduled);
  bool build(std::vector<size_t> wanted, double until, const char *what);
  bool buildAll();
  void recordFailure(const Code &failed);

  // Checking.
  uint32_t addVariant(size_t kernel, const Config &config);
  bool startProcess();
  std::vector<size_t> makeProcess();
  std::vector<uint32_t> heuristics(const Batch &batch);
  bool check(const std::vector<int64_t> &lengths, uint32_t threads,
             const std::vector<uint32_t> &assignment, std::vector<bool> asks);
  bool checkSmall();
  bool checkClass(const ShapeClass &shape);
  void breakVariant(uint32_t variant, RecordStatus status,
                    const std::string &message);

  // Racing.
  struct Racer {
    Slot *slot;
    std::vector<size_t> candidates; ///< of the slot, by runner
    std::vector<size_t> batches;    ///< of the class, by size of the race
    Race race;
    std::vector<bool> recorded; ///< by runner
  };
  std::array<double, Race::disciplines> ceilings = {}; ///< FLOP/s
  void measureCeilings();
  void raceClass(const ShapeClass &shape, double until);
  bool pass(const Batch &batch, size_t number, std::vector<Racer> &racers,
            Race::Discipline discipline);
  void recordRunner(Racer &racer, size_t runner);
  void write(Record record);
  Record recordOf(const Slot &slot, const SlotCandidate &candidate) const;
  void tell(const std::string &what, double speedUp = 1) const;
};

std::string today() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

std::vector<int64_t> lengthsOf(const Batch &batch) {
  return std::vector<int64_t>(size_t(batch.sequences), batch.length);
}

//===----------------------------------------------------------------------===//
// Records
//===----------------------------------------------------------------------===//

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

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

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

//===----------------------------------------------------------------------===//
// Checking
//===----------------------------------------------------------------------===//

uint32_t TargetTuner::addVariant(size_t kernel, const Config &config) {
  auto found = variantOfConfig.find({kernel, targets::printConfig(config)});
  if (found != variantOfConfig.end())
    return found->second;
  size_t c = addCode(kernel, config, true);
  if (!code[c].built)
    return none;
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
          if (candidate.variant != none && !broken[candidate.variant])
            asks[candidate.variant] = true;
    if (!check(lengthsOf(batch), options.threads, heuristics(batch), asks))
      return false;
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Racing
//===----------------------------------------------------------------------===//

void TargetTuner::recordRunner(Racer &racer, size_t runner) {
  SlotCandidate &candidate = racer.slot->candidates[racer.candidates[runner]];
  if (racer.recorded[runner] || !racer.race.isMeasured(runner))
    return;
  racer.recorded[runner] = true;
  Record record = recordOf(*racer.slot, candidate);
  const double flops =
      work.flops(racer.slot->kernel, work.batchOf(racer.slot->shape));
  for (auto [timing, discipline, threads] :
       {std::tuple(&record.one, Race::One, 1u),
        std::tuple(&record.all, Race::All, options.threads)}) {
    timing->threads = int(threads);
    timing->best = racer.race.best(runner, discipline);
    timing->median = racer.race.median(runner, discipline);
    timing->samples = int(racer.race.samples(runner, discipline));
    timing->gflops = flops / timing->best * 1e-9;
    timing->relative = racer.race.relative(runner, discipline);
    timing->fmaGflops = ceilings[discipline] * 1e-9;
  }
  candidate.known = true;
  write(std::move(record));
}

/// One run of the model in which every launch of a kernel in the race runs as
/// whoever is next. False when the process cannot go on.
bool TargetTuner::pass(const Batch &batch, size_t number,
                       std::vector<Racer> &racers,
                       Race::Discipline discipline) {
  const uint32_t threads = discipline == Race::One ? 1 : options.threads;
  std::vector<uint32_t> assignment = heuristics(batch);
  struct Running {
    Racer *racer = nullptr;
    size_t runner = 0, size = 0;
  };
  std::vector<Running> runners(assignment.size());
  for (size_t i = 0; i < assignment.size(); ++i)
    for (Racer &racer : racers) {
      const WorkLaunch &launch = work.launches[i];
      const size_t size =
          size_t(llvm::find(racer.batches, number) - racer.batches.begin());
      if (racer.slot->kernel != launch.kernel || racer.race.isDecided() ||
          size == racer.batches.size() ||
          targets::shapeClassOf(work.deciding(launch, batch)).rows !=
              racer.slot->shape.rows)
        continue;
      const size_t runner = racer.race.next(size, discipline);
      runners[i] = {&racer, runner, size};
      assignment[i] = racer.slot->candidates[racer.candidates[runner]].variant;
    }
  PassTimes times;
  do {
    pace.awaitCalm(process->process());
    auto outcome = process->run(lengthsOf(batch), threads, assignment,
                                6 * options.runSeconds, times);
    if (outcome != MeasureProcess::Outcome::Ok) {
      failure = "cannot run the model: " + process->message();
      return false;
    }
  } while (!pace.isStopped() &&
           pace.shallRepeat(times.wall, times.delay, threads));
  for (size_t i = 0; i < runners.size(); ++i)
    if (const Running &it = runners[i]; it.racer)
      it.racer->race.add(it.runner, it.size, discipline, times.seconds[i]);
  return true;
}

/// What the clocks allow at the moment, which records carry.
void TargetTuner::measureCeilings() {
  pace.awaitCalm(process->process());
  for (auto discipline : {Race::One, Race::All}) {
    double flops = 0;
    if (process->measureCeiling(discipline == Race::One ? 1 : options.threads,
                                options.runSeconds,
                                flops) == MeasureProcess::Outcome::Ok)
      ceilings[discipline] = flops;
  }
}

/// Of all racers together: the heuristics' time by that of the leaders.
double speedUp(const Workload &work, const auto &racers) {
  double before = 0, after = 0;
  for (const auto &racer : racers) {
    double uses = double(work.kernels[racer.slot->kernel].uses);
    before += uses * racer.race.best(0, Race::One);
    after += uses * racer.race.best(racer.race.leader(), Race::One);
  }
  return after > 0 ? before / after : 1;
}

void TargetTuner::raceClass(const ShapeClass &shape, double until) {
  const std::vector<Batch> batches = work.batchesOf(shape);
  std::vector<Racer> racers;
  for (Slot &slot : slots) {
    if (slot.shape.rows != shape.rows || slot.candidates[0].failed)
      continue;
    std::vector<size_t> candidates;
    for (size_t i = 0; i < slot.candidates.size(); ++i) {
      const SlotCandidate &candidate = slot.candidates[i];
      if (i == 0 || ((!candidate.known || candidate.again) &&
                     !candidate.failed && candidate.variant != none))
        candidates.push_back(i);
    }
    std::vector<size_t> met;
    for (size_t number = 0; number < batches.size(); ++number)
      if (work.isMet(slot.kernel, shape, batches[number]))
        met.push_back(number);
    // At least one of them is new.
    if (std::any_of(candidates.begin(), candidates.end(),
                    [&](size_t i) { return !slot.candidates[i].known; }))
      racers.push_back(
          {&slot, candidates, met,
           Race(candidates.size(), met.size(), unsigned(slot.kernel)),
           std::vector<bool>(candidates.size())});
  }
  if (racers.empty())
    return;
  const std::string what =
      fmt::format("measuring {} row{}", shape.rows, shape.rows == 1 ? "" : "s");
  pace.startAfresh();
  auto isDecided = [&] {
    return std::all_of(racers.begin(), racers.end(),
                       [](const Racer &r) { return r.race.isDecided(); });
  };
  measureCeilings();
  // Pages, caches and clocks: the first run is none.
  PassTimes ignored;
  pace.awaitCalm(process->process());
  (void)process->run(lengthsOf(batches[0]), options.threads,
                     heuristics(batches[0]), 6 * options.runSeconds, ignored);
  while (!pace.isOver(until) && !isDecided()) {
    tell(what, speedUp(work, racers));
    for (size_t number = 0; number < batches.size(); ++number)
      for (auto discipline : {Race::One, Race::All})
        if (!pass(batches[number], number, racers, discipline))
          return;
    for (Racer &racer : racers)
      for (size_t runner : racer.race.drop())
        recordRunner(racer, runner);
  }
  measureCeilings();
  for (Racer &racer : racers)
    for (size_t runner = 0; runner < racer.candidates.size(); ++runner)
      recordRunner(racer, runner);
}

//===----------------------------------------------------------------------===//
// A target
//===----------------------------------------------------------------------===//

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

} // namespace

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
