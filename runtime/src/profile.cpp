// See profile.h.
#include "runtime/src/profile.h"

#include "runtime/src/launch.h"

#include <cstring>

namespace xf::rt {

uint64_t countPairs(const xf_exec &exec, const xf_launch &launch) {
  // Keys in another space than the queries bring scalars of their own, which
  // come last.
  uint32_t keySpace = launch.length_space;
  for (uint32_t arg = 0; arg < launch.num_args; ++arg)
    if (launch.args[arg].kind == XF_ARG_SEQ_LENGTH)
      keySpace = launch.args[arg].space;
  uint64_t pairs = 0;
  for (int32_t sequence = 0; sequence < exec.sequences; ++sequence)
    pairs += uint64_t(sequenceRows(exec, launch.length_space, sequence)) *
             uint64_t(sequenceRows(exec, keySpace, sequence));
  return pairs;
}

/// What is wrong with reading or resetting the counters of `session`.
static xf_status checkProfiled(const xf_session *session) {
  if (!session)
    return fail(XF_INVALID_ARGUMENT, "`session` is null");
  if (!session->profile)
    return fail(XF_INVALID_ARGUMENT,
                "the session counts nothing: create it with `profile` set to "
                "1");
  return XF_OK;
}

static const char busyMessage[] = "a call runs in the session: its counters "
                                  "are read and reset between calls";

xf_status readProfile(xf_session *session, xf_op_profile *ops, size_t opSize,
                      size_t capacity, size_t *count) {
  if (!count)
    return fail(XF_INVALID_ARGUMENT,
                "`count` is null: it takes the number of ops");
  *count = 0;
  XF_RETURN_IF_ERROR(checkProfiled(session));
  if (opSize < sizeof(xf_op_profile) || opSize > 4096)
    return fail(XF_INVALID_ARGUMENT,
                "`op_size` is %zu, it is sizeof(xf_op_profile), at least %zu",
                opSize, sizeof(xf_op_profile));
  BusyGuard guard(*session);
  if (!guard.acquired)
    return fail(XF_BUSY, "%s", busyMessage);
  const xf_program &program = *session->model->program;
  *count = program.num_ops;
  if (!ops && capacity == 0)
    return XF_OK;
  if (!ops)
    return fail(XF_INVALID_ARGUMENT, "`ops` is null, but `capacity` is %zu",
                capacity);
  if (capacity < program.num_ops)
    return fail(XF_BUFFER_TOO_SMALL, "`ops` holds %zu ops, `%s` has %u",
                capacity, program.name, program.num_ops);
  uint8_t *next = reinterpret_cast<uint8_t *>(ops);
  for (uint32_t op = 0; op < program.num_ops; ++op, next += opSize) {
    const OpCounters &counters = session->profile[op];
    const xf_op_profile known = {program.op_names ? program.op_names[op] : "?",
                                 counters.launches,
                                 counters.tasks,
                                 counters.wallNs,
                                 counters.busyNs,
                                 counters.rows,
                                 counters.pairs};
    memset(next, 0, opSize); // a newer caller's further fields
    memcpy(next, &known, sizeof(known));
  }
  return XF_OK;
}

xf_status resetProfile(xf_session *session) {
  XF_RETURN_IF_ERROR(checkProfiled(session));
  BusyGuard guard(*session);
  if (!guard.acquired)
    return fail(XF_BUSY, "%s", busyMessage);
  memset(session->profile, 0,
         session->model->program->num_ops * sizeof(OpCounters));
  return XF_OK;
}

} // namespace xf::rt
