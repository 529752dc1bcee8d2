// A piece of a call: whole sequences, as many as the session holds, laid out as
// rows of the stack; and back, the rows of the result that are the caller's.
// See call.h.
#include "runtime/src/call.h"

#include "runtime/src/launch.h"

#include <cstring>

namespace xf::rt {

/// Sorts the piece's sequences into `order`, by counting those of each length.
static void orderByLength(xf_session &session, const xf_exec &exec) {
  const int32_t *begin = session.begin[XF_SPACE_TOKENS];
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

/// Rows after which the next piece ends: as many as fit, but the last two share
/// what is left, as a short one would read all weights for few rows.
static uint32_t enoughRows(const Call &call) {
  const uint64_t most = call.session->maxTokens, left = call.rowsLeft;
  return uint32_t(left > most && left < 2 * most ? (left + 1) / 2 : most);
}

/// Ids, types and positions of sequence `row`, whose rows of the stack start at
/// `first`.
static void loadIndices(const Call &call, size_t row, int32_t first,
                        int32_t rows) {
  const xf_session &session = *call.session;
  const xf_batch &batch = call.batch;
  int32_t *ids = session.indices[XF_INDEX_IDS] + first,
          *types = session.indices[XF_INDEX_TYPES] + first,
          *positions = session.indices[XF_INDEX_POSITIONS] + first;
  const size_t bytes = size_t(rows) * sizeof(int32_t);
  if (!batch.token_types)
    memset(types, 0, bytes);
  if (!hasTokensOnly(*call.entry) || call.prependOffsets)
    for (int32_t *buffer : {ids, types, positions})
      memset(buffer, 0, bytes);
  const int32_t tokens = int32_t(call.tokensOf(row));
  const int64_t start = startPosition(call, row);
  forEachTokenRun(*call.entry, tokens, int32_t(call.prependedOf(row)),
                  [&](int32_t at, int32_t token, int32_t count) {
                    const int64_t from = batch.offsets[row] + token;
                    const size_t size = size_t(count) * sizeof(int32_t);
                    if (batch.ids)
                      memcpy(ids + at, batch.ids + from, size);
                    if (batch.token_types)
                      memcpy(types + at, batch.token_types + from, size);
                    for (int32_t i = 0; i < count; ++i)
                      positions[at + i] =
                          token + i > start ? int32_t(token + i - start) : 0;
                  });
}

size_t loadPiece(Call &call, size_t first, xf_exec &exec) {
  xf_session &session = *call.session;
  const uint32_t enough = enoughRows(call);
  size_t row = first;
  int32_t used = 0, context = 0;
  for (; row < call.batch.num_rows && uint32_t(used) < enough; ++row) {
    const int32_t rows = int32_t(call.rowsOf(row)),
                  contextRows = int32_t(call.contextOf(row));
    if (uint32_t(rows) > session.maxTokens - uint32_t(used) ||
        uint32_t(contextRows) > session.maxTokens - uint32_t(context))
      break;
    session.begin[XF_SPACE_TOKENS][row - first] = used;
    session.begin[XF_SPACE_CONTEXT][row - first] = context;
    loadIndices(call, row, used, rows);
    used += rows;
    context += contextRows;
  }
  exec.rows = used;
  exec.contextRows = context;
  exec.sequences = int32_t(row - first);
  session.begin[XF_SPACE_TOKENS][exec.sequences] = used;
  session.begin[XF_SPACE_CONTEXT][exec.sequences] = context;
  call.rowsLeft -= uint64_t(used);
  orderByLength(session, exec);
  loadInputs(call, first, exec);
  // Kernels may read indices past the last row, up to the next multiple of
  // their tile; those must be valid ones.
  const size_t rest = paddedRows(uint32_t(used)) - uint32_t(used);
  for (uint32_t buffer = 0; buffer < session.numIndices; ++buffer)
    memset(session.indices[buffer] + used, 0, rest * sizeof(int32_t));
  return row;
}

float *storeResult(const Call &call, size_t first, const xf_exec &exec,
                   float *out) {
  const xf_entry &entry = *call.entry;
  const xf_session &session = *call.session;
  const size_t width = entry.result_width;
  const float *result =
      session.arena + entry.result_offset * session.rowCapacity;
  auto store = [&](int32_t row, int32_t rows) {
    const size_t count = width * size_t(rows);
    memcpy(out, result + size_t(row) * width, count * sizeof(float));
    out += count;
  };
  if (entry.result_space == XF_SPACE_SEQUENCES) {
    store(0, exec.sequences);
  } else if (entry.chunk_tokens == 0 &&
             entry.skip_lead + entry.skip_tail == 0) {
    store(0, exec.rows);
  } else {
    const int32_t *begin = session.begin[XF_SPACE_TOKENS];
    for (int32_t sequence = 0; sequence < exec.sequences; ++sequence) {
      const int32_t from = begin[sequence], to = begin[sequence + 1];
      if (entry.chunk_tokens == 0)
        store(from + int32_t(entry.skip_lead),
              to - from - int32_t(entry.skip_lead + entry.skip_tail));
      else
        forEachTokenRun(entry, int32_t(call.tokensOf(first + size_t(sequence))),
                        0, [&](int32_t row, int32_t, int32_t rows) {
                          store(from + row, rows);
                        });
    }
  }
  return out;
}

} // namespace xf::rt
