// Checks of the batch: that every offset leads to ids, every id to a row of its
// table, and every sequence into the session. See call.h.
#include "runtime/src/call.h"

#include "runtime/src/model.h"

#include <cinttypes>

namespace xf::rt {

static xf_status checkOffsets(const Call &call) {
  const xf_batch &batch = call.batch;
  const int64_t *offsets = batch.offsets;
  if (offsets[0] < 0)
    return fail(XF_INVALID_OFFSETS,
                "offsets[0] is %" PRId64 ", it cannot be negative", offsets[0]);
  const uint32_t maxSeqLen = call.entry->max_seq_len;
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
                  row, length, call.session->model->program->name, maxSeqLen);
  }
  return XF_OK;
}

/// Every value within 0 .. limit - 1. `what` is for the message.
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

xf_status readBatch(Call &call, const xf_batch *given) {
  if (!given)
    return fail(XF_INVALID_ARGUMENT, "`batch` is null");
  xf_batch &batch = call.batch;
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
  const xf_entry &entry = *call.entry;
  if (entry.takes_ids && !batch.ids)
    return fail(XF_INVALID_ARGUMENT, "`ids` is null, but there are %zu rows",
                batch.num_rows);
  if (!entry.takes_ids && batch.ids)
    return fail(XF_INVALID_ARGUMENT,
                "`%s` of `%s` takes no ids: `ids` must be null", entry.name,
                call.session->model->program->name);
  XF_RETURN_IF_ERROR(checkOffsets(call));
  if (batch.ids)
    XF_RETURN_IF_ERROR(checkIds(batch, batch.ids, entry.num_tokens, "id"));
  if (!batch.token_types)
    return XF_OK;
  // A model without types is one whose only type is 0.
  const uint32_t types = call.session->model->program->num_token_types;
  return checkIds(batch, batch.token_types, types ? types : 1, "token type");
}

xf_status checkLengths(Call &call) {
  const uint64_t most = call.session->maxTokens;
  for (size_t row = 0; row < call.batch.num_rows; ++row) {
    const uint64_t tokens = uint64_t(call.tokensOf(row)),
                   prepended = uint64_t(call.prependedOf(row)),
                   context = uint64_t(call.contextOf(row));
    if (tokens > most)
      return fail(
          XF_TOO_LONG,
          "row %zu has %" PRIu64
          " tokens, the session was created for at most %u (`max_tokens`)",
          row, tokens, call.session->maxTokens);
    // No sum of theirs overflows from here on.
    const uint64_t rows = prepended > most
                              ? prepended
                              : stackRows(*call.entry, tokens, prepended);
    if (rows > most)
      return fail(XF_TOO_LONG,
                  "row %zu has %" PRIu64 " tokens, of %" PRIu64
                  " rows with the prepended and the model's own; the session "
                  "was created for at most %u (`max_tokens`)",
                  row, tokens, rows, call.session->maxTokens);
    if (context > most)
      return fail(XF_TOO_LONG,
                  "row %zu has %" PRIu64
                  " rows of context, the session was created for at most %u "
                  "(`max_tokens`)",
                  row, context, call.session->maxTokens);
    call.rowsLeft += rows;
  }
  return XF_OK;
}

} // namespace xf::rt
