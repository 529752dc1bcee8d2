// The explicit table (kind, machine, shape class) -> configs, with a heuristic
// first choice. Feeds production, tests, the tuner and benchmarks.
#pragma once

#include "targets/Config.h"
#include "targets/ShapeClass.h"

namespace xf::targets {

/// Legal candidates for launches of that many rows, the heuristic's choice
/// first. Never empty. None has a `max_rows`: who joins the choices of several
/// classes adds it.
std::vector<Config> candidates(const KernelDesc &desc, const Machine &machine,
                               const ShapeClass &shapeClass);

inline Config heuristicConfig(const KernelDesc &desc, const Machine &machine,
                              const ShapeClass &shapeClass) {
  return candidates(desc, machine, shapeClass).front();
}

/// The candidates of all classes, each once, in the order of the classes.
std::vector<Config> allCandidates(const KernelDesc &desc,
                                  const Machine &machine);

} // namespace xf::targets
