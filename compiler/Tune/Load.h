// What else the machine is doing: CPU time that other processes take, and the
// right to measure, which one program has at a time.
#pragma once

#include "llvm/Support/Error.h"

#include <string>
#include <sys/types.h>
#include <vector>

namespace xf::tune {

/// CPU time since the machine started, in core-seconds.
struct CpuTimes {
  double busy = 0; ///< of everybody, what a hypervisor took away included
  double own = 0;  ///< of this process and `child`
  double now = 0;  ///< wall clock
};

/// Reads /proc; zeros where it cannot.
CpuTimes readCpuTimes(pid_t child);

/// Cores that others used between two readings.
double othersCores(const CpuTimes &before, const CpuTimes &after);

/// A lock file that all tuners of a user share, so that two do not time each
/// other. Held while it lives and `acquire` has been called.
class MeasureLock {
public:
  /// Creates the file at `path` if need be; empty: no lock.
  static llvm::Expected<MeasureLock> open(const std::string &path);
  MeasureLock(MeasureLock &&other) : file(other.file) { other.file = -1; }
  ~MeasureLock();

  /// Without waiting; false if another program has it.
  bool tryAcquire();
  void release();

private:
  explicit MeasureLock(int file) : file(file) {}
  int file;
};

} // namespace xf::tune
