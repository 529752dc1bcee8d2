// The schedules for x86-64. AVX2 and AVX-512 differ in the machine's vector
// width and in the config, not in code.
#pragma once

#include "targets/Schedule.h"

namespace xf::targets::x86 {

void scheduleGemm(KernelFuncs &kernel, const KernelDesc &desc,
                  const Config &config, const Machine &machine);
void scheduleAttention(KernelFuncs &kernel, const KernelDesc &desc,
                       const Config &config, const Machine &machine);
void scheduleKeptAttention(KernelFuncs &kernel, const KernelDesc &desc,
                           const Machine &machine);
void scheduleRowwise(KernelFuncs &kernel, const KernelDesc &desc,
                     const Config &config, const Machine &machine);
void scheduleGather(KernelFuncs &kernel, const KernelDesc &desc,
                    const Config &config, const Machine &machine);
void scheduleMap(KernelFuncs &kernel, const KernelDesc &desc,
                 const Config &config, const Machine &machine);

} // namespace xf::targets::x86
