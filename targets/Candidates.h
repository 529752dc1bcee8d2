// The explicit table (kind, machine) -> configs, with a heuristic first choice.
// Feeds production, tests, the tuner and benchmarks.
#pragma once

#include "targets/Config.h"

namespace xf::targets {

/// Legal candidates, the heuristic's choice first. Never empty.
std::vector<Config> candidates(const KernelDesc &desc, const Machine &machine);

inline Config heuristicConfig(const KernelDesc &desc, const Machine &machine) {
  return candidates(desc, machine).front();
}

} // namespace xf::targets
