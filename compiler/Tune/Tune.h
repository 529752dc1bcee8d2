// The search: builds candidates, checks them against the unscheduled algorithm,
// races them inside the model, and writes a record of each.
#pragma once

#include "compiler/Emit/EmitKernels.h"
#include "compiler/Tune/Slots.h"
#include "targets/Records.h"

#include "mlir/IR/BuiltinOps.h"

#include <functional>
#include <string>
#include <vector>

namespace xf::tune {

/// Where the search is, for a progress bar.
struct Progress {
  std::string what;       ///< `measuring 128 rows, x86-64-avx512`
  double fraction = 0;    ///< of the budget that is used
  double secondsLeft = 0; ///< of the budget
  double speedUp = 1; ///< of the class at hand so far, of the heuristic's time
};

struct TuneOptions {
  double budget = 120; ///< seconds; waiting does not count
  std::vector<const targets::Machine *> machines; ///< that this host runs
  std::vector<targets::ShapeClass> classes;
  uint32_t threads = 1; ///< of the second discipline; at least 1
  std::string recordFile;
  std::vector<targets::Record> known;
  targets::Cpu cpu;
  std::string xfc, halide; ///< versions
  bool allowBusy = false;  ///< do not look at what else runs
  bool realtime = false;   ///< measure before all other processes
  std::string lockFile;    ///< one program measures at a time; empty: any
  double buildSeconds = 60, runSeconds = 10; ///< limits for one candidate
  EmitOptions emit;
  std::function<bool()> stopped;                  ///< asked often; may be empty
  std::function<void(const Progress &)> progress; ///< may be empty
  std::function<void(const std::string &)> say;   ///< a line; may be empty
};

struct TuneResult {
  std::vector<targets::Record> records; ///< new ones, as they were written
  size_t candidates = 0;                ///< of all slots
  size_t known = 0;                     ///< of those, before this run
  bool stopped = false;                 ///< by `stopped`
  double seconds = 0;                   ///< waiting included
  double waited = 0;
};

/// Tunes the kernels of a module that satisfies the plan phase. Failures of
/// single candidates are records; an error is what makes the search pointless,
/// such as a record file that cannot be written.
llvm::Expected<TuneResult> tune(mlir::ModuleOp module,
                                const TuneOptions &options);

} // namespace xf::tune
