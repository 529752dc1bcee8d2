// The explicit table of schedules: one line per (kind, family of targets).
#include "targets/Schedule.h"

#include "targets/x86/X86.h"

#include <stdexcept>

namespace xf::targets {

const std::vector<ScheduleEntry> &scheduleTable() {
  static const std::vector<ScheduleEntry> table = {
      {KernelKind::Gemm, "x86-64", x86::scheduleGemm},
      {KernelKind::Attention, "x86-64", x86::scheduleAttention},
      {KernelKind::Rowwise, "x86-64", x86::scheduleRowwise},
      {KernelKind::Gather, "x86-64", x86::scheduleGather},
      {KernelKind::Map, "x86-64", x86::scheduleMap},
  };
  return table;
}

void scheduleKernel(KernelFuncs &kernel, const KernelDesc &desc,
                    const Config &config, const Machine &machine) {
  for (const ScheduleEntry &entry : scheduleTable())
    if (entry.kind == desc.kind && machine.name.rfind(entry.target, 0) == 0)
      return entry.schedule(kernel, desc, config, machine);
  throw std::invalid_argument("no schedule of `" +
                              std::string(kindName(desc.kind)) +
                              "` for target `" + machine.name + "`");
}

} // namespace xf::targets
