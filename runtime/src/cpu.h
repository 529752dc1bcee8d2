// What this machine offers: instruction sets that both CPU and operating system
// support, and usable CPUs.
#pragma once

#include <cstdint>

namespace xf::rt {

/// Bits XF_CPU_* of program.h that this CPU has and whose registers the
/// operating system saves.
uint32_t cpuFeatures();

/// Writes the names of the bits set, comma-separated, into `text`.
void describeFeatures(uint32_t features, char *text, uint32_t size);

/// CPUs that the process may run on and has the time of; at least 1.
uint32_t usableCpus();

/// Whole CPUs that control groups grant, at least 1: more threads would be
/// stopped for the rest of each period, while others spin for them. 0: no
/// limit. `membership` is the file /proc/self/cgroup, `root` where the groups
/// are mounted.
uint32_t quotaCpus(const char *membership, const char *root);

/// Nanoseconds of a clock that never goes back, at 24 ns a reading (Zen 5).
uint64_t nanoseconds();

/// Denormals, rounding and exception masks as the C standard's default,
/// restored at the end of the scope: a caller's flush-to-zero must not make its
/// thread compute other results than the pool's.
class DefaultFloatEnvironment {
public:
  DefaultFloatEnvironment();
  ~DefaultFloatEnvironment();
  DefaultFloatEnvironment(const DefaultFloatEnvironment &) = delete;
  DefaultFloatEnvironment &operator=(const DefaultFloatEnvironment &) = delete;

private:
  uint32_t saved;
};

} // namespace xf::rt
