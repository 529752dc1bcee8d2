// Prefetches into all levels of cache. Private to targets/x86.
#pragma once

#include "Halide.h"

namespace xf::targets::x86 {

/// Turns the prefetches of `output`'s pipeline, which Halide emits as
/// `prefetchnta` (past L2), into `prefetcht0`: what the first tile of rows
/// fetched, the next finds in L2. Call it once, on the Func that is compiled.
void prefetchIntoAllLevels(Halide::Func &output);

} // namespace xf::targets::x86
