// What a schedule needs to know of a target machine.
#pragma once

#include <string>
#include <vector>

namespace xf::targets {

/// Bits of Machine::cpuFeatures; the values of XF_CPU_* in
/// runtime/src/program.h.
enum CpuFeature : unsigned {
  CpuAVX2 = 1,  ///< AVX2, FMA, F16C
  CpuAVX512 = 2 ///< F, BW, DQ, VL, CD
};

struct Machine {
  std::string name; ///< `x86-64-avx512`: names configs, tuning records and the
                    ///< library's kernel table
  std::string halideTarget; ///< features included; no_runtime and user_context
                            ///< are added by the emitter
  int vectorFloats = 8;     ///< f32 lanes of one register
  int vectorRegisters = 16;
  int cacheL1 = 32 << 10, cacheL2 = 512 << 10; ///< bytes; what blocking assumes
  unsigned cpuFeatures =
      0; ///< CpuFeature bits that the library checks when it is opened
};

/// The CPU targets that every library carries, weakest first: the last one that
/// the CPU satisfies is used.
const std::vector<Machine> &cpuMachines();
const Machine *findMachine(const std::string &name);

} // namespace xf::targets
