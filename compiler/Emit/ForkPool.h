// Runs independent jobs in forked children, a few at a time. Halide names what
// it builds from counters of the process that cannot be reset, and names decide
// orders inside it: only a fresh copy of the process per job makes a job's
// output independent of all the others. A crash inside a job is an error of
// that job.
#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <cstddef>
#include <string>

namespace xf {

struct JobResult {
  bool ok = false;
  llvm::SmallVector<char, 0> output;
  std::string message; ///< what went wrong; when ok, what the job remarked
  double seconds = 0;  ///< wall time of the child
};

/// In the child: fills `output`, or returns false with a `message`; may leave a
/// `message` anyhow. Must not throw, and must not rely on other threads.
using Job = llvm::function_ref<bool(
    size_t index, llvm::SmallVectorImpl<char> &output, std::string &message)>;

/// Runs `job` for 0 .. count-1, at most `threads` children at once (0: one per
/// core), and calls `done` in the caller's process as each ends. Not to be
/// called from several threads at once, nor while another thread of the process
/// holds a lock that a job takes.
void runForked(size_t count, unsigned threads, Job job,
               llvm::function_ref<void(size_t index, JobResult &)> done);

} // namespace xf
