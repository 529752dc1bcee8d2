// Puts the named inputs of a piece into the session: rows and pairs as floats
// into the arenas, indices into their buffers, and the fill wherever the caller
// gives nothing. See call.h.
#include "runtime/src/call.h"

#include "runtime/src/launch.h"

#include <cstring>

namespace xf::rt {

namespace {
/// Sequence `row` of the batch, which is sequence `number` of the piece.
struct Sequence {
  size_t row;
  int32_t number;
  int32_t first, rows; ///< in the stack
  int32_t tokens, prepended;
};
} // namespace

/// Values first .. first + count - 1 of a feed, as `To`.
template <typename To>
static void copyValues(To *to, const Source &source, size_t first,
                       size_t count) {
  auto copy = [&](const auto *from) {
    for (size_t index = 0; index < count; ++index)
      to[index] = To(from[first + index]);
  };
  switch (source.type) {
  case XF_F32:
    return copy(static_cast<const float *>(source.data));
  case XF_I32:
    return copy(static_cast<const int32_t *>(source.data));
  case XF_U8:
    return copy(static_cast<const uint8_t *>(source.data));
  default:
    return copy(static_cast<const int64_t *>(source.data));
  }
}

static void fillValues(float *to, size_t count, float value) {
  for (size_t index = 0; index < count; ++index)
    to[index] = value;
}

static float *inputRows(const xf_session &session, const xf_input &input) {
  return session.arena + input.offset * session.rowCapacity;
}

/// Calls `body` for each sequence of the piece.
template <typename Body>
static void forEachSequence(const Call &call, size_t first, const xf_exec &exec,
                            Body body) {
  const int32_t *begin = call.session->begin[XF_SPACE_TOKENS];
  for (int32_t number = 0; number < exec.sequences; ++number) {
    const size_t row = first + size_t(number);
    body(Sequence{row, number, begin[number], begin[number + 1] - begin[number],
                  int32_t(call.tokensOf(row)), int32_t(call.prependedOf(row))});
  }
}

int64_t startPosition(const Call &call, size_t row) {
  int64_t start = 0;
  if (call.startPositions)
    copyValues(&start, *call.startPositions, row, 1);
  return start;
}

// ---- Indices ----

static void loadIndex(const Call &call, const xf_input &input,
                      const Source &source, const Sequence &sequence) {
  int32_t *to = call.session->indices[input.offset] + sequence.first;
  memset(to, 0, size_t(sequence.rows) * sizeof(int32_t));
  const int64_t start = startPosition(call, sequence.row);
  forEachTokenRun(
      *call.entry, sequence.tokens, sequence.prepended,
      [&](int32_t row, int32_t token, int32_t count) {
        if (source.given)
          return copyValues(to + row, source,
                            size_t(call.batch.offsets[sequence.row] + token),
                            size_t(count));
        for (int32_t i = 0; i < count; ++i)
          to[row + i] = input.fill != XF_FILL_POSITION
                            ? int32_t(input.fill_value)
                        : token + i > start ? int32_t(token + i - start)
                                            : 0;
      });
}

// ---- Rows ----

/// What rows of the stack hold where no feed has them.
static void fillRows(const Call &call, const xf_input &input,
                     const Sequence &sequence, float *to) {
  const size_t width = input.width;
  auto fillRange = [&](int32_t row, int32_t rows, float value) {
    fillValues(to + size_t(row) * width, size_t(rows) * width, value);
  };
  switch (input.fill) {
  case XF_FILL_INDEX:
    for (int32_t row = 0; row < sequence.rows; ++row)
      fillRange(row, 1, float(row));
    return;
  case XF_FILL_IS_PREPENDED:
    fillRange(0, sequence.rows, 0);
    return fillRange(int32_t(call.entry->lead), sequence.prepended, 1);
  case XF_FILL_IS_TOKEN:
    fillRange(0, sequence.rows, 0);
    return forEachTokenRun(
        *call.entry, sequence.tokens, sequence.prepended,
        [&](int32_t row, int32_t, int32_t rows) { fillRange(row, rows, 1); });
  default:
    return fillRange(0, sequence.rows, input.fill_value);
  }
}

/// Patches of an image [channels, side, side], row by row, each as (row in it,
/// column in it, channel).
static void loadPatches(const Call &call, const Source &source,
                        const Sequence &sequence, float *to) {
  const xf_entry &entry = *call.entry;
  const int32_t patch = int32_t(entry.image_patch),
                channels = int32_t(entry.image_channels);
  int32_t perSide = 1; // readFeeds saw to it that it is whole
  while (perSide * perSide < sequence.tokens)
    ++perSide;
  const size_t side = size_t(perSide) * size_t(patch);
  const size_t image = size_t(call.batch.offsets[sequence.row]) *
                       size_t(patch) * size_t(patch) * size_t(channels);
  for (int32_t token = 0; token < sequence.tokens; ++token)
    for (int32_t y = 0; y < patch; ++y)
      for (int32_t x = 0; x < patch; ++x)
        for (int32_t channel = 0; channel < channels; ++channel, ++to) {
          const size_t line = size_t(token / perSide * patch + y),
                       column = size_t(token % perSide * patch + x);
          copyValues(to, source,
                     image + (size_t(channel) * side + line) * side + column,
                     1);
        }
}

/// Writes the rows that the feed has over the fill.
static void loadGiven(const Call &call, const xf_input &input, Source &source,
                      const Sequence &sequence, float *to) {
  const size_t width = input.width;
  const int32_t lead = int32_t(call.entry->lead);
  switch (input.scatter) {
  case XF_SCATTER_PREPENDED:
    return copyValues(to + size_t(lead) * width, source,
                      size_t(source.offsets[sequence.row]) * width,
                      size_t(sequence.prepended) * width);
  case XF_SCATTER_ALL: {
    const size_t count = size_t(sequence.rows) * width;
    copyValues(to, source, source.next, count);
    source.next += count;
    return;
  }
  case XF_SCATTER_IMAGES:
    return loadPatches(call, source, sequence,
                       to + size_t(lead + sequence.prepended) * width);
  default:
    return forEachTokenRun(
        *call.entry, sequence.tokens, sequence.prepended,
        [&](int32_t row, int32_t token, int32_t rows) {
          const size_t from =
              size_t(call.batch.offsets[sequence.row] + token) * width;
          copyValues(to + size_t(row) * width, source, from,
                     size_t(rows) * width);
        });
  }
}

static void loadTokenRows(const Call &call, const xf_input &input,
                          Source &source, const Sequence &sequence) {
  float *to = inputRows(*call.session, input) +
              size_t(sequence.first) * size_t(input.width);
  const bool whole = input.scatter == XF_SCATTER_ALL ||
                     (input.scatter != XF_SCATTER_PREPENDED &&
                      sequence.tokens == sequence.rows);
  if (!source.given || !whole)
    fillRows(call, input, sequence, to);
  if (source.given)
    loadGiven(call, input, source, sequence, to);
  const Source &prependMask = call.prependMask();
  if (prependMask.given && strcmp(input.name, "mask") == 0)
    copyValues(to + call.entry->lead, prependMask,
               size_t(prependMask.offsets[sequence.row]),
               size_t(sequence.prepended));
}

/// Rows of sequences and of the context: all given, or none.
static void loadOtherRows(const Call &call, size_t first, const xf_exec &exec,
                          const xf_input &input, const Source &source) {
  const size_t width = input.width;
  const bool context = input.space == XF_SPACE_CONTEXT;
  float *to = inputRows(*call.session, input);
  const size_t rows = size_t(context ? exec.contextRows : exec.sequences);
  if (!source.given)
    return fillValues(to, rows * width, input.fill_value);
  if (!context)
    return copyValues(to, source, first * width, rows * width);
  const int32_t *begin = call.session->begin[XF_SPACE_CONTEXT];
  for (int32_t number = 0; number < exec.sequences; ++number)
    copyValues(to + size_t(begin[number]) * width, source,
               size_t(source.offsets[first + size_t(number)]) * width,
               size_t(begin[number + 1] - begin[number]) * width);
}

// ---- Pairs ----

/// [keys innermost, heads, rows] of the second arena, from [heads, n, n] of the
/// caller.
static void loadPairs(const Call &call, const xf_input &input, Source &source,
                      const Sequence &sequence) {
  const xf_session &session = *call.session;
  const size_t keys = session.keyCapacity, heads = input.width;
  float *to = session.pairs +
              input.offset * session.rowCapacity * session.keyCapacity +
              size_t(sequence.first) * heads * keys;
  const bool all = input.scatter == XF_SCATTER_ALL;
  if (!source.given || (!all && sequence.tokens != sequence.rows))
    for (size_t line = 0; line < size_t(sequence.rows) * heads; ++line)
      fillValues(to + line * keys, size_t(sequence.rows), input.fill_value);
  if (!source.given)
    return;
  const size_t n = size_t(all ? sequence.rows : sequence.tokens);
  // Runs of rows and of keys that are neighbours on both sides.
  auto forEachRun = [&](auto body) {
    if (all)
      body(0, 0, sequence.rows);
    else
      forEachTokenRun(*call.entry, sequence.tokens, sequence.prepended, body);
  };
  for (size_t head = 0; head < heads; ++head)
    forEachRun([&](int32_t row, int32_t query, int32_t queries) {
      for (int32_t i = 0; i < queries; ++i)
        forEachRun([&](int32_t column, int32_t key, int32_t count) {
          copyValues(
              to + (size_t(row + i) * heads + head) * keys + size_t(column),
              source,
              source.next + (head * n + size_t(query + i)) * n + size_t(key),
              size_t(count));
        });
    });
  source.next += heads * n * n;
}

void loadInputs(Call &call, size_t first, const xf_exec &exec) {
  const xf_entry &entry = *call.entry;
  for (uint32_t index = 0; index < entry.num_inputs; ++index) {
    const xf_input &input = entry.inputs[index];
    Source &source = call.sources[index];
    if (input.kind == XF_INPUT_ROWS && input.space != XF_SPACE_TOKENS) {
      loadOtherRows(call, first, exec, input, source);
      continue;
    }
    forEachSequence(call, first, exec, [&](const Sequence &sequence) {
      if (input.kind == XF_INPUT_ROWS)
        loadTokenRows(call, input, source, sequence);
      else if (input.kind == XF_INPUT_INDEX)
        loadIndex(call, input, source, sequence);
      else
        loadPairs(call, input, source, sequence);
    });
  }
}

} // namespace xf::rt
