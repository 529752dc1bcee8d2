// A workload that runs inside this process, on kernels that are exchanged from
// call to call: the real runtime, launches and thread pool, so that a kernel is
// measured as a library runs it, between its neighbours and with its weights as
// cold as they are there. Lives in a process of its own (MeasureProcess.h).
#pragma once

#include "compiler/Tune/Workload.h"
#include "targets/Machine.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace xf::tune {

/// A compiled kernel: an ELF object and the function in it.
struct CodeObject {
  llvm::ArrayRef<char> bytes;
  std::string function; ///< Halide's argv form
};

/// One way to run the launches of a kernel: code, and how its output is cut.
struct Variant {
  size_t kernel = 0; ///< index into Workload::kernels
  size_t code = 0;   ///< index of the code object
  int32_t grainRows = 0, grainCols = 0;
};

/// What one pass over the launches took.
struct PassTimes {
  std::vector<double> seconds; ///< by launch
  double wall = 0;             ///< of all of them
  double delay = 0; ///< core-seconds that a thread was ready and had no core
};

class Probe {
public:
  /// `runtime`: Halide's, as an object. `loading` hears the index of each code
  /// object before it is linked, and SIZE_MAX after the last. All but that must
  /// outlive the probe.
  static llvm::Expected<std::unique_ptr<Probe>>
  create(const Workload &work, const targets::Machine &machine,
         llvm::ArrayRef<CodeObject> code, llvm::ArrayRef<char> runtime,
         llvm::ArrayRef<Variant> variants, uint32_t threads,
         llvm::function_ref<void(size_t)> loading);
  ~Probe();

  /// Runs all launches over sequences of these lengths, launch l as variant
  /// `assignment[l]`.
  llvm::Error run(llvm::ArrayRef<int64_t> lengths, uint32_t threads,
                  llvm::ArrayRef<uint32_t> assignment, PassTimes &times);

  /// Runs all launches as `assignment` says, and before the first one of each
  /// kernel every other variant that `asks` for it: `verdict` hears whether its
  /// result has the bits of the assigned one's.
  struct Check {
    std::function<bool(uint32_t variant)> asks;
    std::function<void(uint32_t variant, bool same, const std::string &where)>
        verdict;
  };
  llvm::Error check(llvm::ArrayRef<int64_t> lengths, uint32_t threads,
                    llvm::ArrayRef<uint32_t> assignment, const Check &check);

private:
  Probe();
  struct State;
  std::unique_ptr<State> state;
};

} // namespace xf::tune
