// A profile for people (tables, a roofline) and for programs (JSON).
#pragma once

#include "compiler/Profile/Measure.h"

#include "llvm/Support/JSON.h"

#include <string>

namespace xf::profile {

/// For each workload: a table by kind of op, layers taken together (or, with
/// `everyOp`, op by op), one by layer, and the total.
std::string toText(const Profile &profile, bool everyOp);

/// All that was measured; README.md describes the members.
llvm::json::Object toJson(const Profile &profile);

/// FLOP/s over FLOPs a byte, both logarithmic: the ceilings as lines, what has
/// FLOPs as points, one for each place in a layer.
std::string toRoofline(const Profile &profile);

} // namespace xf::profile
