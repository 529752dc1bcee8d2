// The tuner's clock: a budget that waiting does not use up, and waiting itself,
// for a machine that is busy with other things.
#pragma once

#include "compiler/Tune/Load.h"
#include "compiler/Tune/Tune.h"

namespace xf::tune {

class Pace {
public:
  Pace(const TuneOptions &options, MeasureLock lock);

  /// Seconds of the budget used so far, and those that are left.
  double used() const;
  double left() const { return options.budget - used(); }
  double waited() const { return waitedForOthers; }
  double elapsed() const;
  bool isStopped() const { return options.stopped && options.stopped(); }
  /// Either stopped, or past `deadline` (in seconds of the budget).
  bool isOver(double deadline) const {
    return isStopped() || used() >= deadline;
  }

  /// To be called before each measurement: takes the right to measure, gives it
  /// away now and then, and waits while others use the cores. `child`: whose
  /// CPU time is ours.
  void awaitCalm(pid_t child);
  /// Takes `seconds` off what was used: of work that had to be done anyway.
  void forgive(double seconds) { paused += seconds; }

  /// When nothing is measured for a while.
  void rest();

  /// Whether a pass of `wall` seconds on `threads` was disturbed by `delay`
  /// core-seconds of waiting for a core. Those that were are to be repeated;
  /// after too many in a row they count, and `isDisturbed` from then on.
  bool shallRepeat(double wall, double delay, uint32_t threads);
  /// The machine did not calm down within the time for it: what is measured
  /// now is marked.
  bool isDisturbed() const { return disturbed; }
  void startAfresh() { disturbed = false, repeats = 0; }

private:
  void takeLock();
  void awaitOthers(pid_t child);

  const TuneOptions &options;
  MeasureLock lock;
  bool holdsLock = false;
  double start, paused = 0, lockedSince = 0, waitedForOthers = 0;
  CpuTimes lastLook;
  bool disturbed = false;
  int repeats = 0;
};

} // namespace xf::tune
