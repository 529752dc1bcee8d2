// Times candidates against the heuristic's choice, all kernels of a class at
// once, and records whoever leaves the race.
#include "compiler/Tune/TargetTuner.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace xf::tune {

using targets::Record;
using targets::ShapeClass;

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
static double speedUp(const Workload &work, const auto &racers) {
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
                     !candidate.failed && candidate.variant != noVariant))
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
  // Pages, caches and clocks: the first run is noVariant.
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

} // namespace xf::tune
