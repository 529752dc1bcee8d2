// What each op costs: counters that a session keeps when it was created with
// `profile`. Only the thread that runs the call writes them; the time that
// threads are busy is summed in the launch and added at its end.
#pragma once

#include "xf/xf.h"

#include <cstddef>
#include <cstdint>

struct xf_exec;

namespace xf::rt {

/// The counters of one op, in the words of xf_op_profile; zeros at first.
struct OpCounters {
  uint64_t launches, tasks, wallNs, busyNs, rows, pairs;
};

/// Squares of the lengths of the call's sequences, summed.
uint64_t countPairs(const xf_exec &exec);

xf_status readProfile(xf_session *session, xf_op_profile *ops, size_t opSize,
                      size_t capacity, size_t *count);
xf_status resetProfile(xf_session *session);

} // namespace xf::rt
