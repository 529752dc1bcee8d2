// Who decides for a config: a function that hk-select-configs asks once a
// kernel, machine and shape class.
#pragma once

#include "targets/Candidates.h"

#include <functional>
#include <string>

namespace xf::targets {

/// A legal config without `max_rows`, and where it is from: a word or two for
/// people (`heuristic`, `override`), then a line for each record that it
/// follows.
struct Choice {
  Config config;
  std::string source;
};

using ConfigChooser = std::function<Choice(const KernelDesc &, const Machine &,
                                           const ShapeClass &)>;

/// What is chosen where nothing was measured.
inline Choice heuristicChoice(const KernelDesc &desc, const Machine &machine,
                              const ShapeClass &shapeClass) {
  return {heuristicConfig(desc, machine, shapeClass), "heuristic"};
}

} // namespace xf::targets
