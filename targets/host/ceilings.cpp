// Prints the ceilings of this machine as one line of JSON:
//   ceilings [THREADS [ISA]]
#include "targets/host/Ceilings.h"

#include <charconv>
#include <cstdio>
#include <cstring>

using namespace xf::targets;

static constexpr int maxThreads = 1024, slices = 12;

int main(int argc, char **argv) {
  int threads = 1;
  bool valid = argc <= 3;
  if (argc > 1) {
    const char *end = argv[1] + std::strlen(argv[1]);
    auto [stop, error] = std::from_chars(argv[1], end, threads);
    valid = valid && error == std::errc() && stop == end && threads >= 1 &&
            threads <= maxThreads;
  }
  const std::optional<Isa> strongest = hostIsa();
  if (!strongest) {
    std::fprintf(stderr, "ceilings: error: this CPU has no AVX2\n");
    return 1;
  }
  Isa isa = *strongest;
  if (argc > 2) {
    isa = std::strcmp(argv[2], "avx2") == 0 ? Isa::Avx2 : Isa::Avx512;
    valid =
        valid && std::strcmp(argv[2], isaName(isa)) == 0 && isa <= *strongest;
  }
  if (!valid) {
    std::fprintf(stderr,
                 "usage: ceilings [THREADS [avx2|avx512]]\n"
                 "THREADS: 1 to %d; this CPU has vectors up to %s\n",
                 maxThreads, isaName(*strongest));
    return 2;
  }
  CeilingMeter meter(isa, threads);
  for (int slice = 0; slice < slices; ++slice)
    meter.measure();
  std::puts(toJson(meter.best()).c_str());
}
