// The CPU targets, weakest first.
#include "targets/Machine.h"

namespace xf::targets {

const std::vector<Machine> &cpuMachines() {
  static const std::vector<Machine> machines = [] {
    Machine avx2;
    avx2.name = "x86-64-avx2";
    avx2.halideTarget = "x86-64-linux-avx-avx2-f16c-fma-sse41";
    avx2.vectorFloats = 8;
    avx2.vectorRegisters = 16;
    avx2.cpuFeatures = CpuAVX2;

    Machine avx512;
    avx512.name = "x86-64-avx512";
    avx512.halideTarget = avx2.halideTarget + "-avx512-avx512_skylake";
    avx512.vectorFloats = 16;
    avx512.vectorRegisters = 32;
    avx512.cacheL2 =
        1 << 20; // every AVX-512 server core since Skylake has 1 MiB or more
    avx512.cpuFeatures = CpuAVX2 | CpuAVX512;
    return std::vector<Machine>{avx2, avx512};
  }();
  return machines;
}

const Machine *findMachine(const std::string &name) {
  for (const Machine &machine : cpuMachines())
    if (machine.name == name)
      return &machine;
  return nullptr;
}

} // namespace xf::targets
