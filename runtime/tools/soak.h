// Many short calls, to see that a process which makes them for days does not
// grow.
#pragma once

#include "xf/xf.hpp"

/// Encodes `calls` rows of 3 to 8 tokens, one a call, and prints resident
/// memory, threads and open files at the start, after a tenth and at the end.
/// 0, or 1 if any grew in the last nine tenths (memory: by over 256 KiB, what
/// the system's own bookkeeping moves by).
int soak(xf::Session &session, unsigned calls);
