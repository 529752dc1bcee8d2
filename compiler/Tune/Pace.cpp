// See Pace.h. The thresholds are what a quiet machine stays below: a desktop's
// or server's own chores use some hundredths of a core.
#include "compiler/Tune/Pace.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace xf::tune {
namespace {

constexpr double busyCores = 0.25;  ///< of others, from which on it is waited
constexpr double calmCores = 0.15;  ///< below which it goes on
constexpr double lookSeconds = 0.3; ///< between two looks; ticks are 10 ms
constexpr double lockSeconds = 2;   ///< after which others get the lock
constexpr double delayShare = 0.02; ///< of a pass that a thread may have waited
constexpr int mostRepeats = 20;

double now() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void sleepFor(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

} // namespace

Pace::Pace(const TuneOptions &options, MeasureLock lock)
    : options(options), lock(std::move(lock)), start(now()) {}

double Pace::elapsed() const { return now() - start; }
double Pace::used() const { return elapsed() - paused; }

void Pace::takeLock() {
  const double since = now();
  bool said = false;
  while (!isStopped() && !lock.tryAcquire()) {
    if (!said && now() - since > 0.5 && options.say) {
      options.say("another program measures: waiting");
      said = true;
    }
    sleepFor(0.02);
  }
  paused += now() - since;
  holdsLock = true;
  lockedSince = now();
}

void Pace::rest() {
  if (holdsLock)
    lock.release();
  holdsLock = false;
  lastLook = {};
}

void Pace::awaitCalm(pid_t child) {
  if (holdsLock && now() - lockedSince > lockSeconds) {
    lock.release();
    holdsLock = false;
    // Whoever waits for it looks every 20 ms.
    const double since = now();
    sleepFor(0.03);
    paused += now() - since;
  }
  if (!holdsLock)
    takeLock();
  if (!options.allowBusy && !options.realtime)
    awaitOthers(child);
}

void Pace::awaitOthers(pid_t child) {
  CpuTimes look = readCpuTimes(child);
  if (lastLook.now == 0) {
    lastLook = look;
    return;
  }
  if (look.now - lastLook.now < lookSeconds)
    return;
  double others = othersCores(lastLook, look);
  lastLook = look;
  if (others < busyCores || disturbed)
    return;
  // In all, as long as the budget: then it goes on, and says so in the records.
  const double since = now(), most = std::max(options.budget, 10.0);
  if (options.say)
    options.say(fmt::format("the machine is busy ({:.1f} of {} cores used by "
                            "others): waiting",
                            others, options.cpu.cores));
  while (!isStopped() && others >= calmCores) {
    if (waitedForOthers + (now() - since) > most) {
      disturbed = true;
      if (options.say)
        options.say("the machine stays busy: going on, and marking the records "
                    "as disturbed");
      break;
    }
    sleepFor(0.5);
    look = readCpuTimes(child);
    others = othersCores(lastLook, look);
    lastLook = look;
  }
  waitedForOthers += now() - since;
  paused += now() - since;
}

bool Pace::shallRepeat(double wall, double delay, uint32_t threads) {
  if (options.allowBusy || delay <= delayShare * wall * threads) {
    repeats = 0;
    return false;
  }
  if (disturbed)
    return false;
  if (++repeats < mostRepeats)
    return true;
  disturbed = true;
  return false;
}

} // namespace xf::tune
