// Runs independent jobs in forked children, a few at a time. Halide names what
// it builds from counters of the process that cannot be reset, and names decide
// orders inside it: only a fresh copy of the process per job makes a job's
// output independent of all the others. A crash inside a job is an error of
// that job.
#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <cstddef>
#include <functional>
#include <string>

namespace xf {

struct JobResult {
  bool ok = false;
  bool timedOut = false; ///< ended because it took longer than it may
  llvm::SmallVector<char, 0> output;
  std::string message; ///< what went wrong; when ok, what the job remarked
  double seconds = 0;  ///< wall time of the child
};

/// In the child: fills `output`, or returns false with a `message`; may leave a
/// `message` anyhow. Must not throw, and must not rely on other threads.
using Job = llvm::function_ref<bool(
    size_t index, llvm::SmallVectorImpl<char> &output, std::string &message)>;

/// When jobs are ended before they are done.
struct ForkLimits {
  double seconds = 0; ///< the longest that one may take; 0: any time
  /// Asked now and then; once true, no job is started, and those that run are
  /// ended and never reported. May be empty.
  std::function<bool()> stopped;
};

/// Runs `job` for 0 .. count-1, at most `threads` children at once (0: one per
/// core), and calls `done` in the caller's process as each ends. Not to be
/// called from several threads at once, nor while another thread of the process
/// holds a lock that a job takes.
void runForked(size_t count, unsigned threads, Job job,
               llvm::function_ref<void(size_t index, JobResult &)> done,
               const ForkLimits &limits = {});

} // namespace xf
