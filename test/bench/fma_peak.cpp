// Prints the FLOP/s of the host's FMA ceiling: fma_peak THREADS
#include "FmaPeak.h"

#include <cstdio>
#include <cstdlib>

int main(int argc, char **argv) {
  int threads = argc == 2 ? std::atoi(argv[1]) : 0;
  if (threads < 1 || threads > 1024) {
    std::fprintf(stderr, "usage: fma_peak THREADS\n");
    return 2;
  }
  int vectorFloats = __builtin_cpu_supports("avx512f") ? 16 : 8;
  std::printf("%.0f\n", xf::test::fmaPeak(vectorFloats, threads));
}
