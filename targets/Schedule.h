// The named Funcs of a built kernel, and the explicit table (kind, target) ->
// schedule function.
#pragma once

#include "Halide.h"
#include "targets/Config.h"
#include "targets/Kernel.h"
#include "targets/Machine.h"

#include <map>
#include <string>
#include <vector>

namespace xf::targets {

/// What a schedule may touch: Funcs, Vars and RVars by stable names, and the
/// arguments in order.
struct KernelFuncs {
  Halide::Func output;
  Halide::Func scores; ///< a second output; undefined for most
  std::map<std::string, Halide::Func> funcs;
  /// Accumulators, by name, and the func of whose tiles they are.
  std::map<std::string, std::string> tileOf;
  std::map<std::string, Halide::Var> vars;
  std::map<std::string, Halide::RVar> rvars;
  std::vector<Halide::Argument>
      arguments; ///< inputs in order, without user context and output
  std::vector<Halide::OutputImageParam>
      inputs; ///< the buffer arguments, for bounds and stride promises

  /// All outputs.
  Halide::Pipeline pipeline() const {
    return scores.defined() ? Halide::Pipeline({output, scores})
                            : Halide::Pipeline(output);
  }
};

/// Applies the schedule that `config` names for `desc` on `machine`. Never
/// changes a result.
void scheduleKernel(KernelFuncs &kernel, const KernelDesc &desc,
                    const Config &config, const Machine &machine);

/// One entry of the table: schedules of every kind for the machines whose names
/// start with `target`.
struct ScheduleEntry {
  KernelKind kind;
  const char *target;
  void (*schedule)(KernelFuncs &, const KernelDesc &, const Config &,
                   const Machine &);
};
const std::vector<ScheduleEntry> &scheduleTable();

} // namespace xf::targets
