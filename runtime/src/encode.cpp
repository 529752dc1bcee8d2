// Runs an entry point over a batch. Everything is checked before anything runs;
// then whole sequences are taken, as many as the session's arena holds, one
// piece after the other. A sequence's result does not depend on its neighbours,
// so the pieces cannot be told from one run.
#include "runtime/src/encode.h"

#include "runtime/src/call.h"
#include "runtime/src/cpu.h"
#include "runtime/src/launch.h"

#include <cinttypes>
#include <cstring>

namespace xf::rt {

namespace {
/// The session's threads are together for its scope.
class TeamScope {
public:
  explicit TeamScope(xf_session &session) : session(session) {
    session.model->pool.noticeFork();
    session.model->pool.open(session.team, session.threads);
  }
  ~TeamScope() { session.model->pool.close(session.team); }
  TeamScope(const TeamScope &) = delete;
  TeamScope &operator=(const TeamScope &) = delete;

private:
  xf_session &session;
};

/// Arguments of a call as they come.
struct Request {
  const xf_entry *entry;
  const char *name; ///< of the entry, for when there is none
  const xf_batch *batch;
  const xf_feed *feeds;
  size_t numFeeds;
  float *out;
  size_t capacity;
};
} // namespace

static const char busyMessage[] = "another thread runs a call in the session: "
                                  "use one session for each thread";

static xf_status checkCapacity(const Call &call, size_t capacity) {
  const xf_batch &batch = call.batch;
  const xf_entry &entry = *call.entry;
  const bool pooled = entry.result_space == XF_SPACE_SEQUENCES;
  uint64_t rows = batch.num_rows;
  if (!pooled) {
    rows = 0;
    for (size_t row = 0; row < batch.num_rows; ++row)
      rows += resultRows(entry, uint64_t(call.tokensOf(row)),
                         uint64_t(call.prependedOf(row)));
  }
  uint64_t needed;
  if (__builtin_mul_overflow(rows, uint64_t(entry.result_width), &needed) ||
      needed > capacity)
    return fail(XF_BUFFER_TOO_SMALL,
                "`out` holds %zu floats, `%s` of %" PRIu64 " %s writes %" PRIu64
                " x %u",
                capacity, entry.name, rows, pooled ? "rows" : "tokens", rows,
                entry.result_width);
  return XF_OK;
}

static xf_status runPiece(const Call &call, size_t first, xf_exec &exec) {
  const int32_t code = call.entry->run(&exec);
  const xf_program &program = *call.session->model->program;
  if (code == XF_OK)
    return XF_OK;
  if (code == XF_CANCELLED)
    return fail(XF_CANCELLED, "`%s` was cancelled after %zu of %zu rows",
                call.entry->name, first, call.batch.num_rows);
  if (exec.message[0])
    return fail(code, "%s", exec.message);
  return fail(XF_INTERNAL, "`%s` of `%s` failed with code %d", call.entry->name,
              program.name, code);
}

static xf_status runCall(Call &call) {
  float *out = call.out;
  for (size_t row = 0; row < call.batch.num_rows;) {
    xf_exec exec;
    exec.session = call.session;
    exec.entry = call.entry;
    const size_t next = loadPiece(call, row, exec);
    XF_RETURN_IF_ERROR(runPiece(call, row, exec));
    out = storeResult(call, row, exec, out);
    row = next;
  }
  return XF_OK;
}

static xf_status checkAndRun(xf_session *session, const Request &request) {
  BusyGuard guard(*session);
  if (!guard.acquired)
    return fail(XF_BUSY, "%s", busyMessage);
  session->cancelled.store(false);
  if (!request.entry)
    return fail(XF_NOT_SUPPORTED, "`%s` has no `%s`: its spec leaves it out",
                session->model->program->name, request.name);
  Call call;
  call.session = session;
  call.entry = request.entry;
  call.out = request.out;
  XF_RETURN_IF_ERROR(readBatch(call, request.batch));
  if (call.batch.num_rows == 0)
    return XF_OK;
  XF_RETURN_IF_ERROR(readFeeds(call, request.feeds, request.numFeeds));
  XF_RETURN_IF_ERROR(checkLengths(call));
  if (!request.out)
    return fail(XF_INVALID_ARGUMENT, "`out` is null, but there are %zu rows",
                call.batch.num_rows);
  XF_RETURN_IF_ERROR(checkCapacity(call, request.capacity));
  TeamScope team(*session);
  DefaultFloatEnvironment environment;
  return runCall(call);
}

static xf_status runOrZero(xf_session *session, const Request &request) {
  const xf_status status = session
                               ? checkAndRun(session, request)
                               : fail(XF_INVALID_ARGUMENT, "`session` is null");
  if (status != XF_OK && request.out &&
      request.capacity <= SIZE_MAX / sizeof(float))
    memset(request.out, 0, request.capacity * sizeof(float));
  return status;
}

xf_status encode(xf_session *session, const xf_batch *batch, float *out,
                 size_t outCapacity) {
  const xf_entry *entry = session ? session->model->encode : nullptr;
  return runOrZero(session,
                   {entry, "encode", batch, nullptr, 0, out, outCapacity});
}

xf_status states(xf_session *session, const xf_batch *batch, float *out,
                 size_t outCapacity) {
  const xf_entry *entry = session ? session->model->states : nullptr;
  return runOrZero(session,
                   {entry, "states", batch, nullptr, 0, out, outCapacity});
}

/// The names of the model's entries, for a message.
static xf_status failNoEntry(const xf_session &session, const char *name) {
  const xf_program &program = *session.model->program;
  char names[300] = "";
  for (uint32_t index = 0; index < program.num_entries; ++index) {
    const size_t used = strlen(names);
    snprintf(names + used, sizeof(names) - used, "%s`%s`", index ? ", " : "",
             program.entries[index].name);
  }
  return fail(XF_NOT_SUPPORTED, "`%s` has no entry `%s`; it has %s",
              program.name, name, names);
}

xf_status run(xf_session *session, const char *name, const xf_batch *batch,
              const xf_feed *feeds, size_t numFeeds, float *out,
              size_t outCapacity) {
  Request request{nullptr, name, batch, feeds, numFeeds, out, outCapacity};
  xf_status status = XF_OK;
  if (session && !name)
    status = fail(XF_INVALID_ARGUMENT, "`entry` is null: it is a name");
  else if (session)
    request.entry = findEntry(*session->model->program, name);
  if (session && name && !request.entry)
    status = failNoEntry(*session, name);
  if (status == XF_OK)
    return runOrZero(session, request);
  if (out && outCapacity <= SIZE_MAX / sizeof(float))
    memset(out, 0, outCapacity * sizeof(float));
  return status;
}

xf_status checkRows(xf_session *session, const xf_batch *batch) {
  if (!session)
    return fail(XF_INVALID_ARGUMENT, "`session` is null");
  BusyGuard guard(*session);
  if (!guard.acquired)
    return fail(XF_BUSY, "%s", busyMessage);
  const xf_model &model = *session->model;
  Call call;
  call.session = session;
  call.entry = model.encode ? model.encode : model.states;
  if (!call.entry)
    return fail(
        XF_NOT_SUPPORTED,
        "`%s` has neither `encode` nor `states`, whose rows are checked",
        model.program->name);
  XF_RETURN_IF_ERROR(readBatch(call, batch));
  return checkLengths(call);
}

} // namespace xf::rt
