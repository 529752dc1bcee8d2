// Kernels in forms to choose from, for the tuner: each compiled on its own,
// with a time limit, and whoever fails fails alone.
#pragma once

#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Emit/EmitKernels.h"
#include "compiler/Emit/ForkPool.h"
#include "targets/Config.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <string>

namespace xf {

struct Candidate {
  hk::KernelOp kernel;    ///< null: Halide's runtime
  targets::Config config; ///< legal; grains and max_rows are of no account
  bool scheduled = true;  ///< false: the algorithm without a schedule
};

struct CandidateObject {
  bool ok = false, timedOut = false;
  llvm::SmallVector<char, 0> bytes; ///< ELF object
  std::string function; ///< in it, in Halide's argv form; empty: the runtime
  std::string message;  ///< why not ok
  double seconds = 0;   ///< that compiling took; 0 where the cache had it
};

/// Compiles `candidates`, or takes them from the cache, and hands each to
/// `done` as it is ready: those known first, then the others about in order.
/// Ends when `limits.stopped` says so; the rest is then not reported. Forks, as
/// emitKernels does.
void emitCandidates(llvm::ArrayRef<Candidate> candidates,
                    const EmitOptions &options, const ForkLimits &limits,
                    llvm::function_ref<void(size_t, CandidateObject &&)> done);

} // namespace xf
