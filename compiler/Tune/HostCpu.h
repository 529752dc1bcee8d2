// The processor this program runs on, in the words of tuning records.
#pragma once

#include "targets/Machine.h"
#include "targets/Records.h"

#include <vector>

namespace xf::tune {

/// Vendor, family, model, name, best target, and the cores that this process
/// may use.
targets::Cpu hostCpu();

/// The targets that this CPU and its system can run, weakest first.
std::vector<const targets::Machine *> runnableMachines();

} // namespace xf::tune
