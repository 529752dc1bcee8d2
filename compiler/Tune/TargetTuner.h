// The search for one target, step by step: TuneBuild.cpp compiles candidates,
// TuneCheck.cpp compares them with the unscheduled algorithm, TuneRace.cpp
// times them, Tune.cpp puts the steps in order. Private to the search.
#pragma once

#include "compiler/Emit/EmitCandidates.h"
#include "compiler/Tune/MeasureProcess.h"
#include "compiler/Tune/Pace.h"
#include "compiler/Tune/Race.h"
#include "compiler/Tune/Tune.h"

#include <array>
#include <deque>
#include <map>
#include <memory>

namespace xf::tune {

constexpr uint32_t noVariant = UINT32_MAX;

/// A kernel's code in one form.
struct Code {
  size_t kernel;
  Candidate candidate;
  bool built = false, failed = false;
  bool needed = false; ///< without it nothing can be measured
  CandidateObject object;
};

/// The search for one target: what it works on, and its state from step to
/// step. The steps are in a file each.
struct TargetTuner {
  const Workload &work;
  const targets::Machine &machine;
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

  llvm::Error run();

  // Building.
  size_t addCode(size_t kernel, const targets::Config &config, bool scheduled);
  bool build(std::vector<size_t> wanted, double until, const char *what);
  bool buildAll();
  void recordFailure(const Code &failed);

  // Checking.
  uint32_t addVariant(size_t kernel, const targets::Config &config);
  bool startProcess();
  std::vector<size_t> makeProcess();
  std::vector<uint32_t> heuristics(const Batch &batch);
  bool check(const std::vector<int64_t> &lengths, uint32_t threads,
             const std::vector<uint32_t> &assignment, std::vector<bool> asks);
  bool checkSmall();
  bool checkClass(const targets::ShapeClass &shape);
  void breakVariant(uint32_t variant, targets::RecordStatus status,
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
  void raceClass(const targets::ShapeClass &shape, double until);
  bool pass(const Batch &batch, size_t number, std::vector<Racer> &racers,
            Race::Discipline discipline);
  void recordRunner(Racer &racer, size_t runner);
  void write(targets::Record record);
  targets::Record recordOf(const Slot &slot,
                           const SlotCandidate &candidate) const;
  void tell(const std::string &what, double speedUp = 1) const;
};

/// The lengths of a batch's sequences, which are all alike.
inline std::vector<int64_t> lengthsOf(const Batch &batch) {
  return std::vector<int64_t>(size_t(batch.sequences), batch.length);
}

} // namespace xf::tune
