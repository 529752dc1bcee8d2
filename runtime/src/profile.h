// What each op costs: counters that a session keeps when it was created with
// `profile`. Only the thread that runs the call writes them; the time that
// threads are busy is summed in the launch and added at its end.
#pragma once

#include "runtime/src/program.h"
#include "xf/xf.h"

#include <cstddef>
#include <cstdint>

namespace xf::rt {

/// The counters of one op, in the words of xf_op_profile; zeros at first.
struct OpCounters {
  uint64_t launches, tasks, wallNs, busyNs, rows, pairs;
};

/// Queries times keys of a launch by sequence, summed over the sequences.
uint64_t countPairs(const xf_exec &exec, const xf_launch &launch);

xf_status readProfile(xf_session *session, xf_op_profile *ops, size_t opSize,
                      size_t capacity, size_t *count);
xf_status resetProfile(xf_session *session);

} // namespace xf::rt
