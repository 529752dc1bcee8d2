// The loops keep their sums in registers by an empty asm statement on each.
#include "FmaPeak.h"

#include <immintrin.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

namespace xf::test {

static constexpr int chains =
    12; // more than latency x issue width of any core so far
static constexpr long rounds = 1 << 20;

__attribute__((target("avx512f"))) static void loop512() {
  __m512 sums[chains], factor = _mm512_set1_ps(0.999f);
  for (__m512 &sum : sums)
    sum = _mm512_set1_ps(1);
  for (long i = 0; i < rounds; ++i)
    for (__m512 &sum : sums) {
      sum = _mm512_fmadd_ps(sum, factor, factor);
      asm volatile("" : "+v"(sum));
    }
}

__attribute__((target("avx2,fma"))) static void loop256() {
  __m256 sums[chains], factor = _mm256_set1_ps(0.999f);
  for (__m256 &sum : sums)
    sum = _mm256_set1_ps(1);
  for (long i = 0; i < rounds; ++i)
    for (__m256 &sum : sums) {
      sum = _mm256_fmadd_ps(sum, factor, factor);
      asm volatile("" : "+x"(sum));
    }
}

double fmaPeak(int vectorFloats, int threads) {
  auto loop = vectorFloats == 16 ? loop512 : loop256;
  double best = 0;
  for (int run = 0; run < 20; ++run) {
    auto start = std::chrono::steady_clock::now();
    std::vector<std::thread> others;
    for (int i = 1; i < threads; ++i)
      others.emplace_back(loop);
    loop();
    for (std::thread &other : others)
      other.join();
    std::chrono::duration<double> time =
        std::chrono::steady_clock::now() - start;
    best = std::max(best, 2.0 * chains * rounds * vectorFloats * threads /
                              time.count());
  }
  return best;
}

} // namespace xf::test
