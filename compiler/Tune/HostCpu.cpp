// cpuid's own words for the processor; features as the compiler's run-time
// support sees them, which asks the system too.
#include "compiler/Tune/HostCpu.h"

#include <cpuid.h>
#include <cstring>
#include <sched.h>

namespace xf::tune {
namespace {

/// The registers of a leaf as text, in the given order.
std::string textOf(std::initializer_list<unsigned> registers) {
  std::string text;
  for (unsigned word : registers)
    text.append(reinterpret_cast<const char *>(&word), sizeof word);
  return text.substr(0, text.find('\0'));
}

void readIdentity(targets::Cpu &cpu) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(0, &a, &b, &c, &d))
    cpu.vendor = textOf({b, d, c});
  if (__get_cpuid(1, &a, &b, &c, &d)) {
    // Families beyond 15 and models beyond 15 are continued in other bits.
    cpu.family = int(a >> 8 & 15);
    cpu.model = int(a >> 4 & 15);
    if (cpu.family == 6 || cpu.family == 15)
      cpu.model += int(a >> 16 & 15) << 4;
    if (cpu.family == 15)
      cpu.family += int(a >> 20 & 255);
  }
  for (unsigned leaf : {0x80000002u, 0x80000003u, 0x80000004u})
    if (__get_cpuid(leaf, &a, &b, &c, &d))
      cpu.name += textOf({a, b, c, d});
  cpu.name.erase(0, cpu.name.find_first_not_of(' '));
  cpu.name.erase(cpu.name.find_last_not_of(' ') + 1);
}

int usableCores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0)
    return 1;
  return std::max(CPU_COUNT(&set), 1);
}

unsigned hostFeatures() {
  unsigned features = 0;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("f16c"))
    features |= targets::CpuAVX2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd"))
    features |= targets::CpuAVX512;
  return features;
}

} // namespace

std::vector<const targets::Machine *> runnableMachines() {
  std::vector<const targets::Machine *> machines;
  const unsigned features = hostFeatures();
  for (const targets::Machine &machine : targets::cpuMachines())
    if ((machine.cpuFeatures & ~features) == 0)
      machines.push_back(&machine);
  return machines;
}

targets::Cpu hostCpu() {
  targets::Cpu cpu;
  readIdentity(cpu);
  if (auto machines = runnableMachines(); !machines.empty())
    cpu.isa = machines.back()->name;
  cpu.cores = usableCores();
  return cpu;
}

} // namespace xf::tune
