// See cpu.h.
#include "runtime/src/cpu.h"

#include "runtime/src/program.h"

#include <cstdio>
#include <sched.h>

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

uint32_t usableCpus() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0)
    return 1;
  const int count = CPU_COUNT(&set);
  return count > 0 ? uint32_t(count) : 1;
}

} // namespace xf::rt
