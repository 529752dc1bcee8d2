// Two loops, each in a version for every ISA, which the compiler allows side by
// side by function attributes. They keep their sums in registers by an empty
// asm statement, and their threads start together.
#include "targets/host/Ceilings.h"

#include <fmt/format.h>

#include <immintrin.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>
#include <vector>

using namespace xf::targets;

const char *xf::targets::isaName(Isa isa) {
  return isa == Isa::Avx512 ? "avx512" : "avx2";
}

std::optional<Isa> xf::targets::hostIsa() {
  if (__builtin_cpu_supports("avx512f"))
    return Isa::Avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return Isa::Avx2;
  return std::nullopt;
}

/// Bytes of the CPU's data cache of a level, as the kernel gives them; 0 if it
/// does not. Not sysconf: in a virtual machine it gives the host's, of which
/// this machine may have a part.
static size_t cacheBytes(int level) {
  for (int index = 0;; ++index) {
    const std::string folder =
        fmt::format("/sys/devices/system/cpu/cpu0/cache/index{}/", index);
    int found = 0;
    size_t kib = 0;
    std::string type;
    if (!(std::ifstream(folder + "level") >> found))
      return 0;
    std::ifstream(folder + "type") >> type;
    if (found == level && type != "Instruction" &&
        std::ifstream(folder + "size") >> kib) // "32768K"
      return kib << 10;
  }
}

size_t xf::targets::lastCacheBytes() {
  for (int level : {3, 2})
    if (const size_t bytes = cacheBytes(level))
      return bytes;
  return 32 << 20;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

// More than latency times issue width of any core so far.
static constexpr int chains = 12;
static constexpr int rounds = 1 << 16;

__attribute__((target("avx512f"))) static void fmaLoop512() {
  __m512 sums[chains], factor = _mm512_set1_ps(0.999f);
  for (__m512 &sum : sums)
    sum = _mm512_set1_ps(1);
  for (int i = 0; i < rounds; ++i)
    for (__m512 &sum : sums) {
      sum = _mm512_fmadd_ps(sum, factor, factor);
      asm volatile("" : "+v"(sum));
    }
}

__attribute__((target("avx2,fma"))) static void fmaLoop256() {
  __m256 sums[chains], factor = _mm256_set1_ps(0.999f);
  for (__m256 &sum : sums)
    sum = _mm256_set1_ps(1);
  for (int i = 0; i < rounds; ++i)
    for (__m256 &sum : sums) {
      sum = _mm256_fmadd_ps(sum, factor, factor);
      asm volatile("" : "+x"(sum));
    }
}

// Reads a multiple of 256 bytes.
__attribute__((target("avx512f"))) static void readLoop512(const char *data,
                                                           size_t bytes) {
  __m512i sums[4] = {};
  for (size_t at = 0; at < bytes; at += sizeof(sums))
    for (int i = 0; i < 4; ++i)
      sums[i] = _mm512_or_si512(
          sums[i], _mm512_load_si512(data + at + sizeof(__m512i) * size_t(i)));
  for (__m512i &sum : sums)
    asm volatile("" : "+v"(sum));
}

__attribute__((target("avx2"))) static void readLoop256(const char *data,
                                                        size_t bytes) {
  __m256i sums[8] = {};
  for (size_t at = 0; at < bytes; at += sizeof(sums))
    for (int i = 0; i < 8; ++i)
      sums[i] = _mm256_or_si256(
          sums[i], _mm256_load_si256(reinterpret_cast<const __m256i *>(
                       data + at + sizeof(__m256i) * size_t(i))));
  for (__m256i &sum : sums)
    asm volatile("" : "+x"(sum));
}

//===----------------------------------------------------------------------===//
// Threads
//===----------------------------------------------------------------------===//

/// Seconds from the first thread's start of `body(thread)` to the last one's
/// end.
template <typename Body> static double timeTogether(int threads, Body body) {
  using Clock = std::chrono::steady_clock;
  struct Times {
    Clock::time_point start, end;
  };
  std::vector<Times> times{size_t(threads)};
  std::atomic<int> ready{0};
  auto run = [&](int thread) {
    // Yields, so that threads that share a core under a real-time policy all
    // arrive.
    for (++ready; ready < threads;)
      std::this_thread::yield();
    times[size_t(thread)].start = Clock::now();
    body(thread);
    times[size_t(thread)].end = Clock::now();
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; ++thread)
    others.emplace_back(run, thread);
  run(0);
  for (std::thread &other : others)
    other.join();
  Times all = times.front();
  for (const Times &one : times) {
    all.start = std::min(all.start, one.start);
    all.end = std::max(all.end, one.end);
  }
  return std::chrono::duration<double>(all.end - all.start).count();
}

double xf::targets::fmaFlops(Isa isa, int threads, int runs) {
  auto loop = isa == Isa::Avx512 ? fmaLoop512 : fmaLoop256;
  const double flops =
      2.0 * chains * rounds * threads * (isa == Isa::Avx512 ? 16 : 8);
  double best = 0;
  for (int run = 0; run < runs; ++run)
    best = std::max(best, flops / timeTogether(threads, [&](int) { loop(); }));
  return best;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// Memory of which each thread reads a part of its own, touched by it first:
/// where there are several nodes, it then lies at its thread's.
class CeilingMeter::Buffer {
public:
  static constexpr size_t line = 4096;

  Buffer(size_t wanted, int threads)
      : part(wanted / size_t(threads) / line * line), threads(threads) {
    void *memory = mmap(nullptr, part * size_t(threads), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
      return;
    data = static_cast<char *>(memory);
    // A ceiling is what memory gives, not what address translation takes away.
    madvise(data, part * size_t(threads), MADV_HUGEPAGE);
    timeTogether(threads, [&](int thread) {
      std::fill_n(data + part * size_t(thread), part, char(1));
    });
  }
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;
  ~Buffer() {
    if (data)
      munmap(data, part * size_t(threads));
  }

  /// Bytes/s of reading `bytes` of the buffer `times` times; 0 without memory.
  double read(Isa isa, size_t bytes, int times) const {
    const size_t own = std::min(part, bytes / size_t(threads) / line * line);
    if (!data || own == 0)
      return 0;
    auto loop = isa == Isa::Avx512 ? readLoop512 : readLoop256;
    const double seconds = timeTogether(threads, [&](int thread) {
      for (int time = 0; time < times; ++time)
        loop(data + part * size_t(thread), own);
    });
    return double(own) * threads * times / seconds;
  }

private:
  size_t part; ///< bytes of each thread
  int threads;
  char *data = nullptr;
};

// Four times what the cache holds: little of it is still there when a thread
// comes round.
static size_t memoryBytes() {
  return std::clamp<size_t>(4 * lastCacheBytes(), 64 << 20, size_t(1) << 30);
}

/// Too much for the threads' own caches, and well within the shared one.
static size_t sharedBytes(int threads) {
  const size_t known = cacheBytes(2), own = known ? known : 1 << 20;
  return std::min(std::max(lastCacheBytes() / 4, 2 * own * size_t(threads)),
                  lastCacheBytes() / 2);
}

CeilingMeter::CeilingMeter(Isa isa, int threads)
    : buffer(std::make_unique<Buffer>(memoryBytes(), threads)) {
  ceilings.isa = isa;
  ceilings.threads = threads;
}

CeilingMeter::~CeilingMeter() = default;

void CeilingMeter::measure() {
  auto raise = [](double &best, double value) { best = std::max(best, value); };
  const int threads = ceilings.threads;
  raise(ceilings.fmaFlops, targets::fmaFlops(ceilings.isa, threads, 20));
  for (int run = 0; run < 4; ++run) {
    raise(ceilings.dramBytes, buffer->read(ceilings.isa, memoryBytes(), 1));
    raise(ceilings.cacheBytes,
          buffer->read(ceilings.isa, sharedBytes(threads), 4));
  }
}

std::string xf::targets::toJson(const Ceilings &ceilings) {
  return fmt::format("{{\"threads\": {}, \"fma_gflops\": {:.1f}, \"read_gbs\": "
                     "{:.1f}, \"l3_gbs\": {:.1f}, \"isa\": \"{}\"}}",
                     ceilings.threads, ceilings.fmaFlops / 1e9,
                     ceilings.dramBytes / 1e9, ceilings.cacheBytes / 1e9,
                     isaName(ceilings.isa));
}
