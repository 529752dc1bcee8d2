// Measurements of kernels, and the choice of a config by them: plain structs
// and the lookup. Files of records are compiler/Tune/RecordFile's business; how
// they are measured, compiler/Tune's.
#pragma once

#include "targets/Choice.h"
#include "targets/Config.h"
#include "targets/Kernel.h"
#include "targets/Machine.h"
#include "targets/ShapeClass.h"

#include <array>
#include <string>
#include <vector>

namespace xf::targets {

/// Version of the method of measuring: records of another one are kept and not
/// used.
constexpr int recordMethod = 1;

/// The processor that something was measured on.
struct Cpu {
  std::string vendor; ///< `AuthenticAMD`
  int family = 0, model = 0;
  std::string name; ///< as the processor gives it; for people
  std::string isa;  ///< the best of cpuMachines() that it runs; for people
  int cores = 0;    ///< that the process may use

  /// `AuthenticAMD-26-2`: what records must agree in to be used, and what their
  /// files are called.
  std::string id() const;
};

enum class RecordStatus { Ok, WrongResult, BuildFailed, RunFailed, TimedOut };

/// `ok`, `wrong result`, `failed to build`, `failed to run`, `timed out`.
const char *recordStatusName(RecordStatus status);

/// How a kernel ran at one number of threads.
struct Timing {
  int threads = 1;
  double best = 0, median = 0; ///< seconds a launch
  int samples = 0;
  double gflops = 0; ///< of the products, at `best`; 0 for kernels without
  /// Best time by that of `Record::baseline`, interleaved with it: what records
  /// of different days have in common. The most that it is at the class's own
  /// number of rows, the fewest and the most that fall into it.
  double relative = 1;
  double fmaGflops = 0; ///< ceiling of as many threads, measured beside it
};

/// One measurement of one config.
struct Record {
  int method = recordMethod;
  std::string kernel; ///< kernelKey
  std::string math;   ///< KernelDesc::math
  int64_t rows = 0;   ///< of the shape class
  int64_t length = 0; ///< rows that were measured, of one sequence where those
                      ///< matter
  std::string dtype = "f32";
  Config config;
  Config baseline; ///< the heuristic's choice at the time
  RecordStatus status = RecordStatus::Ok;
  std::string message;    ///< why not ok
  Timing one, all;        ///< one thread, and all of them
  bool disturbed = false; ///< the machine was busy: kept, not used
  Cpu cpu;
  std::string halide, xfc, date;

  std::string text;   ///< the line it was read from
  std::string origin; ///< file and line
};

/// What is looked up for one compilation: records in the order of trust, and
/// whom for.
struct RecordSet {
  struct Source {
    std::string name; ///< `your records`, `committed records`
    std::vector<Record> records;
  };
  std::vector<Source> sources; ///< the first that knows a kernel decides
  std::string cpu;             ///< Cpu::id() of the machine compiled for
};

/// A choice, and the record that led to it. Its source is words for people,
/// then the record's text on a line of its own: what a library carries.
struct RecordChoice : Choice {
  enum class From { Heuristic, Record, Nearest };
  From from = From::Heuristic;
  const Record *record = nullptr; ///< of the set; null for the heuristic
};

/// The config of `desc` for launches of a class on `machine`: the best measured
/// one of this very kernel and class, else the like of the best of the nearest
/// one, else the heuristic's. Null or empty `records`: the heuristic's.
///
/// A config is chosen over the heuristic's only if it is at least 1% faster
/// over one thread and all threads together (2% where the kernel is another),
/// and more than 1% slower in neither. Only records of the set's own processor
/// are looked at, of the current method, undisturbed and ok.
RecordChoice chooseConfig(const KernelDesc &desc, const Machine &machine,
                          const ShapeClass &shape, const RecordSet *records);

/// How a measured config stands beside another one.
struct Standing {
  const Record *record = nullptr;
  double one = 1,
         all = 1; ///< its time by the other's, at one thread and at all

  /// Both together: their geometric mean.
  double score() const;
  /// Faster by the margin over both, and no slower than noise in either.
  bool gains(double margin = 0.99) const;
};

/// Every config that `records` (of one kernel, class and processor) know how to
/// compare with `config`: measured beside it, or beside what it was measured
/// beside. By score; failed and disturbed records take no part, and of several
/// of a config the last one counts. Empty if nothing leads there.
std::vector<Standing> compareWith(const Config &config,
                                  const std::vector<const Record *> &records);

/// How far two kernels are apart, by their keys, math and rows, in powers of
/// two: |log2| of the ratios of sizes, weighted and summed, and something for
/// operands and regions that only one has. Infinite for another kind, and where
/// another algorithm runs.
double kernelDistance(const std::string &keyA, const std::string &mathA,
                      int64_t rowsA, const std::string &keyB,
                      const std::string &mathB, int64_t rowsB);

} // namespace xf::targets
