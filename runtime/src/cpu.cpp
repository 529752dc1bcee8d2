// See cpu.h.
#include "runtime/src/cpu.h"

#include "runtime/src/program.h"

#include <climits>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace xf::rt {

#if defined(__x86_64__)

static uint64_t enabledRegisterState() {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t(high) << 32) | low;
}

static bool hasAll(uint32_t word, uint32_t bits) {
  return (word & bits) == bits;
}

uint32_t cpuFeatures() {
  uint32_t eax, ebx, ecx, edx;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) ||
      !hasAll(ecx, bit_OSXSAVE | bit_AVX | bit_FMA | bit_F16C))
    return 0;
  const uint64_t state = enabledRegisterState();
  const uint64_t
      ymm = 0x6,
      zmm = 0xe6; // XCR0: SSE and AVX; also opmask and both halves of ZMM
  if ((state & ymm) != ymm ||
      !__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) ||
      !hasAll(ebx, bit_AVX2))
    return 0;
  uint32_t features = XF_CPU_AVX2;
  if ((state & zmm) == zmm &&
      hasAll(ebx, bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL |
                      bit_AVX512CD))
    features |= XF_CPU_AVX512;
  return features;
}

DefaultFloatEnvironment::DefaultFloatEnvironment() : saved(_mm_getcsr()) {
  _mm_setcsr(0x1f80);
}
DefaultFloatEnvironment::~DefaultFloatEnvironment() { _mm_setcsr(saved); }

#else

uint32_t cpuFeatures() { return 0; }
DefaultFloatEnvironment::DefaultFloatEnvironment() : saved(0) {}
DefaultFloatEnvironment::~DefaultFloatEnvironment() {}

#endif

void describeFeatures(uint32_t features, char *text, uint32_t size) {
  snprintf(text, size, "%s%s%s%s",
           features & XF_CPU_AVX2 ? "AVX2, FMA, F16C" : "",
           (features & XF_CPU_AVX2) && (features & XF_CPU_AVX512) ? ", " : "",
           features & XF_CPU_AVX512 ? "AVX-512 F, BW, DQ, VL, CD" : "",
           features ? "" : "no vector extension");
}

// Not the time stamp counter: its rate would have to be measured, and Linux
// reads it for this clock anyway where it can be relied on.
uint64_t nanoseconds() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return uint64_t(time.tv_sec) * 1000000000u + uint64_t(time.tv_nsec);
}

/// The start of a small file as text; false if it cannot be read.
static bool readText(const char *path, char *text, size_t size) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return false;
  const ssize_t length = read(file, text, size - 1);
  close(file);
  text[length > 0 ? length : 0] = '\0';
  return length > 0;
}

/// The number that `text` starts with, which then starts behind it and a space;
/// 0 if there is none, as in `max` and `-1`.
static uint64_t takeNumber(const char *&text) {
  uint64_t value = 0;
  for (; *text >= '0' && *text <= '9'; ++text)
    if (value < UINT32_MAX)
      value = value * 10 + uint64_t(*text - '0');
  text += *text == ' ';
  return value;
}

/// Whole CPUs that a group may use, `folder` being its own; 0: no limit.
static uint32_t folderCpus(const char *folder) {
  char path[PATH_MAX + 32], text[64];
  const char *next = text;
  snprintf(path, sizeof(path), "%s/cpu.max", folder); // cgroup 2
  uint64_t quota = 0, period = 0;
  if (readText(path, text, sizeof(text))) {
    quota = takeNumber(next);
    period = takeNumber(next);
  } else { // cgroup 1
    snprintf(path, sizeof(path), "%s/cpu.cfs_quota_us", folder);
    if (readText(path, text, sizeof(text)))
      quota = takeNumber(next);
    next = text;
    snprintf(path, sizeof(path), "%s/cpu.cfs_period_us", folder);
    if (readText(path, text, sizeof(text)))
      period = takeNumber(next);
  }
  if (quota == 0 || period == 0)
    return 0;
  const uint64_t cpus = quota / period;
  return cpus == 0 ? 1 : cpus < UINT32_MAX ? uint32_t(cpus) : 0;
}

static uint32_t smaller(uint32_t limit, uint32_t other) {
  return limit == 0 || (other != 0 && other < limit) ? other : limit;
}

/// The least of `group` and the groups that it is in. A container may see none
/// of its group's path but the root, so folders that are not there do not
/// count.
static uint32_t groupCpus(const char *root, const char *group,
                          size_t groupLength) {
  char folder[PATH_MAX];
  const size_t top = strlen(root);
  if (top + groupLength >= sizeof(folder))
    return 0;
  memcpy(folder, root, top);
  memcpy(folder + top, group, groupLength);
  folder[top + groupLength] = '\0';
  for (uint32_t limit = 0;;) {
    limit = smaller(limit, folderCpus(folder));
    char *slash = strrchr(folder + top, '/');
    if (!slash)
      return limit;
    *slash = '\0';
  }
}

uint32_t quotaCpus(const char *membership, const char *root) {
  char text[4096], first[PATH_MAX];
  if (!readText(membership, text, sizeof(text)))
    return 0;
  snprintf(first, sizeof(first), "%s/cpu", root);
  uint32_t limit = 0;
  // Lines `id:controllers:/group`; those of cgroup 2 name no controller.
  for (const char *line = text; *line;) {
    const size_t length = strcspn(line, "\n");
    const char *controllers = strchr(line, ':');
    const char *group = controllers ? strchr(controllers + 1, ':') : nullptr;
    if (group && group < line + length) {
      const size_t groupLength = size_t(line + length - (group + 1));
      if (group == controllers + 1)
        limit = smaller(limit, groupCpus(root, group + 1, groupLength));
      else if (strncmp(controllers, ":cpu:", 5) == 0 ||
               strncmp(controllers, ":cpu,", 5) == 0)
        limit = smaller(limit, groupCpus(first, group + 1, groupLength));
    }
    line += length + (line[length] == '\n');
  }
  return limit;
}

uint32_t usableCpus() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0)
    return 1;
  const int count = CPU_COUNT(&set);
  const uint32_t cpus = count > 0 ? uint32_t(count) : 1;
  return smaller(cpus, quotaCpus("/proc/self/cgroup", "/sys/fs/cgroup"));
}

} // namespace xf::rt
