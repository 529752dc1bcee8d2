// Which tuning records a command looks at: --records and --tune-for.
#pragma once

#include "targets/Records.h"

#include "llvm/Support/Error.h"

#include <string>

namespace xf {

/// Says on standard error what was wrong with records and cost only them.
void warnOfRecords(const std::string &message);

/// Reads what the flags name. Damaged lines are warnings.
llvm::Expected<targets::RecordSet> loadChosenRecords();

/// targets::chooseConfig by `records`, which must outlive it.
inline targets::ConfigChooser chooserOf(const targets::RecordSet &records) {
  return [&records](const targets::KernelDesc &desc,
                    const targets::Machine &machine,
                    const targets::ShapeClass &shape) -> targets::Choice {
    return targets::chooseConfig(desc, machine, shape, &records);
  };
}

} // namespace xf
