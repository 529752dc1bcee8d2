// Runs an entry point over a batch. Everything is checked before anything runs;
// then whole rows are taken, as many as the session's arena holds, one piece
// after the other. A row's result does not depend on its neighbours, so the
// pieces cannot be told from one run.
#include "runtime/src/encode.h"

#include "runtime/src/cpu.h"
#include "runtime/src/launch.h"

#include <cinttypes>
#include <cstring>

namespace xf::rt {

namespace {
/// A checked call.
struct Call {
  xf_session *session;
  const xf_entry *entry;
  xf_batch batch;
  float *out;
};
} // namespace

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
} // namespace

static const char busyMessage[] = "another thread runs a call in the session: "
                                  "use one session for each thread";

static xf_status checkOffsets(const xf_session &session,
                              const xf_batch &batch) {
  const int64_t *offsets = batch.offsets;
  if (offsets[0] < 0)
    return fail(XF_INVALID_OFFSETS,
                "offsets[0] is %" PRId64 ", it cannot be negative", offsets[0]);
  const uint32_t maxSeqLen = session.model->program->max_seq_len;
  for (size_t row = 0; row < batch.num_rows; ++row) {
    const int64_t begin = offsets[row], end = offsets[row + 1];
    if (end < begin)
      return fail(XF_INVALID_OFFSETS,
                  "row %zu ends before it starts: offsets[%zu] is %" PRId64
                  ", offsets[%zu] is %" PRId64,
                  row, row, begin, row + 1, end);
    if (end == begin)
      return fail(XF_INVALID_OFFSETS,
                  "row %zu is empty: every row has at least one token", row);
    if (uint64_t(end) > batch.num_ids)
      return fail(XF_INVALID_OFFSETS,
                  "row %zu ends at offset %" PRId64 ", there are %zu ids", row,
                  end, batch.num_ids);
    const uint64_t length = uint64_t(end - begin);
    if (maxSeqLen && length > maxSeqLen)
      return fail(XF_TOO_LONG,
                  "row %zu has %" PRIu64
                  " tokens, `%s` takes at most %u (`max_seq_len`)",
                  row, length, session.model->program->name, maxSeqLen);
    if (length > session.maxTokens)
      return fail(
          XF_TOO_LONG,
          "row %zu has %" PRIu64
          " tokens, the session was created for at most %u (`max_tokens`)",
          row, length, session.maxTokens);
  }
  return XF_OK;
}

/// Every value within 0 .. limit - 1. `what` and `table` are for the message.
static xf_status checkIds(const xf_batch &batch, const int32_t *values,
                          uint32_t limit, const char *what) {
  for (size_t row = 0; row < batch.num_rows; ++row)
    for (int64_t index = batch.offsets[row]; index < batch.offsets[row + 1];
         ++index)
      if (uint32_t(values[index]) >= limit)
        return fail(XF_INVALID_ID,
                    "row %zu, position %" PRId64 ": %s %d is outside 0 .. %u",
                    row, index - batch.offsets[row], what, values[index],
                    limit - 1);
  return XF_OK;
}

/// Copies the caller's struct to `batch` and checks all that it points at.
static xf_status readBatch(const xf_session &session, const xf_batch *given,
                           xf_batch &batch) {
  if (!given)
    return fail(XF_INVALID_ARGUMENT, "`batch` is null");
  XF_RETURN_IF_ERROR(
      readStruct(&batch, sizeof(batch), given, sizeof(batch), "xf_batch"));
  if (batch.num_rows == 0)
    return XF_OK;
  if (batch.num_rows > SIZE_MAX / sizeof(int64_t) - 1)
    return fail(XF_INVALID_ARGUMENT,
                "`num_rows` is %zu, which no array of offsets can hold",
                batch.num_rows);
  if (!batch.offsets)
    return fail(
        XF_INVALID_ARGUMENT,
        "`offsets` is null: it has one more value than there are rows, %zu",
        batch.num_rows);
  if (!batch.ids)
    return fail(XF_INVALID_ARGUMENT, "`ids` is null, but there are %zu rows",
                batch.num_rows);
  XF_RETURN_IF_ERROR(checkOffsets(session, batch));
  const xf_program &program = *session.model->program;
  XF_RETURN_IF_ERROR(checkIds(batch, batch.ids, program.num_tokens, "id"));
  if (!batch.token_types)
    return XF_OK;
  // A model without types is one whose only type is 0.
  return checkIds(batch, batch.token_types,
                  program.num_token_types ? program.num_token_types : 1,
                  "token type");
}

static xf_status checkCapacity(const Call &call, size_t capacity) {
  const xf_batch &batch = call.batch;
  const bool pooled = call.entry->result_rows_are_sequences != 0;
  const uint64_t rows =
      pooled ? batch.num_rows
             : uint64_t(batch.offsets[batch.num_rows] - batch.offsets[0]);
  uint64_t needed;
  if (__builtin_mul_overflow(rows, uint64_t(call.entry->result_width),
                             &needed) ||
      needed > capacity)
    return fail(XF_BUFFER_TOO_SMALL,
                "`out` holds %zu floats, `%s` of %" PRIu64 " %s writes %" PRIu64
                " x %u",
                capacity, call.entry->name, rows, pooled ? "rows" : "tokens",
                rows, call.entry->result_width);
  return XF_OK;
}

/// Sorts the piece's sequences into `order`, by counting those of each length.
static void orderByLength(xf_session &session, const xf_exec &exec) {
  const int32_t *begin = session.sequenceBegin;
  const int32_t sequences = exec.sequences;
  int32_t longest = 0;
  for (int32_t sequence = 0; sequence < sequences; ++sequence) {
    const int32_t length = begin[sequence + 1] - begin[sequence];
    longest = length > longest ? length : longest;
  }
  int32_t *place = session.taskBegin; // by length; free until a launch needs it
  memset(place, 0, (size_t(longest) + 1) * sizeof(int32_t));
  for (int32_t sequence = 0; sequence < sequences; ++sequence)
    ++place[begin[sequence + 1] - begin[sequence]];
  for (int32_t length = longest, before = 0; length > 0; --length) {
    const int32_t count = place[length];
    place[length] = before;
    before += count;
  }
  for (int32_t sequence = 0; sequence < sequences; ++sequence)
    session.order[place[begin[sequence + 1] - begin[sequence]]++] = sequence;
}

/// Tokens after which the next piece ends: as many as fit, but the last two
/// share what is left, as a short one would read all weights for few tokens.
static uint32_t enoughTokens(const xf_session &session, const xf_batch &batch,
                             size_t first) {
  const uint64_t most = session.maxTokens;
  const uint64_t left =
      uint64_t(batch.offsets[batch.num_rows] - batch.offsets[first]);
  return uint32_t(left > most && left < 2 * most ? (left + 1) / 2 : most);
}

/// Copies rows from `first` on into the session until they have the tokens of a
/// piece or no more fit; returns the row after the last.
static size_t loadPiece(const Call &call, size_t first, xf_exec &exec) {
  xf_session &session = *call.session;
  const xf_batch &batch = call.batch;
  const uint32_t enough = enoughTokens(session, batch, first);
  size_t row = first;
  int32_t used = 0;
  for (; row < batch.num_rows && uint32_t(used) < enough; ++row) {
    const int64_t begin = batch.offsets[row];
    const int32_t length = int32_t(batch.offsets[row + 1] - begin);
    if (uint32_t(length) > session.maxTokens - uint32_t(used))
      break;
    session.sequenceBegin[row - first] = used;
    memcpy(session.ids + used, batch.ids + begin,
           size_t(length) * sizeof(int32_t));
    if (batch.token_types)
      memcpy(session.types + used, batch.token_types + begin,
             size_t(length) * sizeof(int32_t));
    else
      memset(session.types + used, 0, size_t(length) * sizeof(int32_t));
    for (int32_t position = 0; position < length; ++position)
      session.positions[used + position] = position;
    used += length;
  }
  exec.rows = used;
  exec.sequences = int32_t(row - first);
  session.sequenceBegin[exec.sequences] = used;
  orderByLength(session, exec);
  // Kernels may read indices past the last row, up to the next multiple of
  // their tile; those must be valid ones.
  const size_t rest = paddedRows(uint32_t(used)) - uint32_t(used);
  for (int32_t *buffer : {session.ids, session.types, session.positions})
    memset(buffer + used, 0, rest * sizeof(int32_t));
  return row;
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

static xf_status runCall(const Call &call) {
  xf_session &session = *call.session;
  const size_t width = call.entry->result_width;
  float *out = call.out;
  for (size_t row = 0; row < call.batch.num_rows;) {
    xf_exec exec;
    exec.session = &session;
    const size_t next = loadPiece(call, row, exec);
    XF_RETURN_IF_ERROR(runPiece(call, row, exec));
    const size_t count =
        width * size_t(call.entry->result_rows_are_sequences ? exec.sequences
                                                             : exec.rows);
    memcpy(out, session.arena + call.entry->result_offset * session.rowCapacity,
           count * sizeof(float));
    out += count;
    row = next;
  }
  return XF_OK;
}

static xf_status checkAndRun(xf_session *session, const xf_entry *entry,
                             const char *name, const xf_batch *batch,
                             float *out, size_t capacity) {
  BusyGuard guard(*session);
  if (!guard.acquired)
    return fail(XF_BUSY, "%s", busyMessage);
  session->cancelled.store(false);
  if (!entry)
    return fail(XF_NOT_SUPPORTED, "`%s` has no `%s`: its spec leaves it out",
                session->model->program->name, name);
  Call call{session, entry, {}, out};
  XF_RETURN_IF_ERROR(readBatch(*session, batch, call.batch));
  if (call.batch.num_rows == 0)
    return XF_OK;
  if (!out)
    return fail(XF_INVALID_ARGUMENT, "`out` is null, but there are %zu rows",
                call.batch.num_rows);
  XF_RETURN_IF_ERROR(checkCapacity(call, capacity));
  TeamScope team(*session);
  DefaultFloatEnvironment environment;
  return runCall(call);
}

static xf_status run(xf_session *session, const xf_entry *entry,
                     const char *name, const xf_batch *batch, float *out,
                     size_t capacity) {
  const xf_status status =
      session ? checkAndRun(session, entry, name, batch, out, capacity)
              : fail(XF_INVALID_ARGUMENT, "`session` is null");
  if (status != XF_OK && out && capacity <= SIZE_MAX / sizeof(float))
    memset(out, 0, capacity * sizeof(float));
  return status;
}

xf_status encode(xf_session *session, const xf_batch *batch, float *out,
                 size_t outCapacity) {
  return run(session, session ? session->model->encode : nullptr, "encode",
             batch, out, outCapacity);
}

xf_status states(xf_session *session, const xf_batch *batch, float *out,
                 size_t outCapacity) {
  return run(session, session ? session->model->states : nullptr, "states",
             batch, out, outCapacity);
}

xf_status checkRows(xf_session *session, const xf_batch *batch) {
  if (!session)
    return fail(XF_INVALID_ARGUMENT, "`session` is null");
  BusyGuard guard(*session);
  if (!guard.acquired)
    return fail(XF_BUSY, "%s", busyMessage);
  xf_batch known;
  return readBatch(*session, batch, known);
}

} // namespace xf::rt
