// Checks of the feeds: each goes to the inputs of its name, has the values that
// the batch asks for, and every input that must have one has one. See call.h.
#include "runtime/src/call.h"

#include "runtime/src/model.h"

#include <cinttypes>
#include <cstdio>
#include <cstring>

namespace xf::rt {

static const char *modelName(const Call &call) {
  return call.session->model->program->name;
}

/// Masks are 0 or 1; anything between would be taken for a weight by some ops
/// and for 1 by others.
static bool isMask(const char *name) {
  const size_t length = strlen(name);
  return length >= 4 && strcmp(name + length - 4, "mask") == 0;
}

/// The input that positions are counted from.
static bool isStart(const xf_input &input) {
  return input.space == XF_SPACE_SEQUENCES && input.width == 1 &&
         strcmp(input.name, "seq_start_pos") == 0;
}

// ---- Names ----

static xf_status failUnknown(const Call &call, const char *name) {
  const xf_entry &entry = *call.entry;
  char names[400] = "";
  auto add = [&](const char *known) {
    const size_t used = strlen(names);
    snprintf(names + used, sizeof(names) - used, "%s`%s`", used ? ", " : "",
             known);
  };
  for (uint32_t index = 0; index < entry.num_inputs; ++index) {
    bool again = isMadeHere(entry.inputs[index]);
    for (uint32_t before = 0; before < index; ++before)
      again |= strcmp(entry.inputs[before].name, entry.inputs[index].name) == 0;
    if (!again)
      add(entry.inputs[index].name);
  }
  if (takesPrependMask(entry))
    add(prependMaskName);
  return fail(XF_INVALID_FEED, "`%s` of `%s` takes no feed `%s`; it takes %s",
              entry.name, modelName(call), name, names[0] ? names : "none");
}

static xf_status setSource(Source &source, const xf_feed &feed) {
  if (source.given)
    return fail(XF_INVALID_FEED, "feed `%s` is given twice", feed.name);
  source = Source{true, feed.type, feed.data, feed.offsets, feed.count, 0};
  return XF_OK;
}

static xf_status readFeed(Call &call, const xf_feed &feed, size_t number) {
  if (!feed.name)
    return fail(XF_INVALID_ARGUMENT, "feed %zu has no name", number);
  if (feed.reserved != 0)
    return fail(XF_INVALID_ARGUMENT, "`reserved` of feed `%s` is %u, it is 0",
                feed.name, feed.reserved);
  if (feed.type > XF_I64)
    return fail(XF_INVALID_FEED,
                "feed `%s` is of type %u: types are XF_F32 .. XF_I64, 0 .. 3",
                feed.name, feed.type);
  if (!feed.data && feed.count > 0)
    return fail(XF_INVALID_FEED, "feed `%s` has %zu values, but `data` is null",
                feed.name, feed.count);
  const xf_entry &entry = *call.entry;
  bool found = false;
  for (uint32_t index = 0; index < entry.num_inputs; ++index) {
    const xf_input &input = entry.inputs[index];
    if (strcmp(input.name, feed.name) != 0)
      continue;
    if (isMadeHere(input))
      return fail(XF_INVALID_FEED,
                  "`%s` of `%s` is made by the library: it takes no feed",
                  input.name, modelName(call));
    XF_RETURN_IF_ERROR(setSource(call.sources[index], feed));
    found = true;
  }
  if (!found && strcmp(feed.name, prependMaskName) == 0 &&
      takesPrependMask(entry))
    return setSource(call.prependMask(), feed);
  return found ? XF_OK : failUnknown(call, feed.name);
}

// ---- Rows with offsets of their own ----

/// Checks `offsets` of feed `name` and keeps them in `common`, or compares the
/// lengths with those that are there.
static xf_status addOffsets(const Call &call, const char *name,
                            const int64_t *offsets, bool emptyAllowed,
                            const int64_t *&common) {
  if (!offsets)
    return XF_OK;
  if (offsets[0] < 0)
    return fail(XF_INVALID_OFFSETS,
                "offsets[0] of feed `%s` is %" PRId64 ", it cannot be negative",
                name, offsets[0]);
  for (size_t row = 0; row < call.batch.num_rows; ++row) {
    const int64_t begin = offsets[row], end = offsets[row + 1];
    if (end < begin)
      return fail(XF_INVALID_OFFSETS,
                  "feed `%s`, row %zu ends before it starts: offsets[%zu] is "
                  "%" PRId64 ", offsets[%zu] is %" PRId64,
                  name, row, row, begin, row + 1, end);
    if (end == begin && !emptyAllowed)
      return fail(
          XF_INVALID_OFFSETS,
          "feed `%s`, row %zu is empty: every sequence has at least one "
          "row of it",
          name, row);
    if (common && common[row + 1] - common[row] != end - begin)
      return fail(XF_INVALID_OFFSETS,
                  "feed `%s`, row %zu has %" PRId64
                  " rows, another feed of its kind has %" PRId64,
                  name, row, end - begin, common[row + 1] - common[row]);
  }
  if (!common)
    common = offsets;
  return XF_OK;
}

/// Whether the caller feeds rows that stand in front of the tokens.
static bool hasPrependedRows(const Call &call) {
  for (uint32_t index = 0; index < call.entry->num_inputs; ++index)
    if (call.entry->inputs[index].scatter == XF_SCATTER_PREPENDED &&
        call.sources[index].given)
      return true;
  return false;
}

/// Sets the call's offsets of prepended and context rows, and those of feeds
/// that leave theirs out.
static xf_status findOffsets(Call &call) {
  const xf_entry &entry = *call.entry;
  if (call.prependMask().given && !hasPrependedRows(call))
    return fail(XF_INVALID_FEED,
                "feed `%s` needs the rows that it masks: feed those, too",
                prependMaskName);
  for (uint32_t index = 0; index <= entry.num_inputs; ++index) {
    Source &source = call.sources[index];
    const bool isPrependMask = index == entry.num_inputs;
    const xf_input *input = isPrependMask ? nullptr : &entry.inputs[index];
    const char *name = isPrependMask ? prependMaskName : input->name;
    const bool prepended =
        isPrependMask || input->scatter == XF_SCATTER_PREPENDED;
    if (!source.given)
      continue;
    if (prepended)
      XF_RETURN_IF_ERROR(
          addOffsets(call, name, source.offsets, true, call.prependOffsets));
    else if (input->space == XF_SPACE_CONTEXT)
      XF_RETURN_IF_ERROR(
          addOffsets(call, name, source.offsets, false, call.contextOffsets));
    else if (source.offsets)
      return fail(XF_INVALID_FEED,
                  "feed `%s` has offsets: only prepended and context rows have",
                  name);
  }
  for (uint32_t index = 0; index <= entry.num_inputs; ++index) {
    Source &source = call.sources[index];
    if (!source.given || source.offsets)
      continue;
    const bool prepended = index == entry.num_inputs ||
                           entry.inputs[index].scatter == XF_SCATTER_PREPENDED;
    if (prepended || entry.inputs[index].space == XF_SPACE_CONTEXT) {
      source.offsets = prepended ? call.prependOffsets : call.contextOffsets;
      if (!source.offsets)
        return fail(XF_INVALID_FEED,
                    "feed `%s` has no `offsets`: they say which of its rows "
                    "belong to which sequence",
                    index == entry.num_inputs ? prependMaskName
                                              : entry.inputs[index].name);
    }
  }
  return XF_OK;
}

// ---- Values ----

/// Sums `square ? n * n : n` over the sequences, n their tokens or rows of the
/// stack; SIZE_MAX if that is more than a size_t holds.
static size_t sumLengths(const Call &call, bool rows, bool square) {
  uint64_t sum = 0;
  for (size_t row = 0; row < call.batch.num_rows; ++row) {
    const uint64_t length =
        rows ? call.rowsOf(row) : uint64_t(call.tokensOf(row));
    uint64_t term = length;
    if ((square && __builtin_mul_overflow(length, length, &term)) ||
        __builtin_add_overflow(sum, term, &sum))
      return SIZE_MAX;
  }
  return sum;
}

/// That the feed has `width` values for each of `rows`, which `each` names.
static xf_status checkCount(const char *name, const Source &source, size_t rows,
                            uint32_t width, const char *each) {
  size_t needed;
  if (__builtin_mul_overflow(rows, size_t(width), &needed) ||
      source.count != needed)
    return fail(XF_INVALID_FEED,
                "feed `%s` has %zu values, it must have %zu x %u: %u for each "
                "%s",
                name, source.count, rows, width, width, each);
  return XF_OK;
}

static xf_status checkOwnRows(const Call &call, const char *name,
                              const Source &source, uint32_t width) {
  const uint64_t rows = uint64_t(source.offsets[call.batch.num_rows]);
  if (rows > source.count / width)
    return fail(XF_INVALID_FEED,
                "feed `%s` has %zu values, its offsets lead to %" PRIu64
                " x %u",
                name, source.count, rows, width);
  return XF_OK;
}

static xf_status checkSize(const Call &call, const xf_input &input,
                           const Source &source) {
  const size_t ids = call.batch.num_ids;
  if (input.kind == XF_INPUT_PAIRS) {
    const bool all = input.scatter == XF_SCATTER_ALL;
    return checkCount(
        input.name, source, sumLengths(call, all, true), input.width,
        all ? "two rows of a sequence" : "two tokens of a sequence");
  }
  if (input.space == XF_SPACE_SEQUENCES)
    return checkCount(input.name, source, call.batch.num_rows, input.width,
                      "sequence");
  if (input.space == XF_SPACE_CONTEXT || input.scatter == XF_SCATTER_PREPENDED)
    return checkOwnRows(call, input.name, source, input.width);
  if (input.scatter == XF_SCATTER_ALL)
    return checkCount(input.name, source, sumLengths(call, true, false),
                      input.width, "row of the stack");
  return checkCount(input.name, source, ids, input.width,
                    input.scatter == XF_SCATTER_IMAGES ? "patch" : "token");
}

static xf_status checkIndices(const Call &call, const xf_input &input,
                              const Source &source) {
  if (source.type == XF_F32)
    return fail(XF_INVALID_FEED,
                "feed `%s` is of floats, it picks rows of a table: give "
                "integers",
                input.name);
  for (size_t row = 0; row < call.batch.num_rows; ++row)
    for (int64_t at = call.batch.offsets[row]; at < call.batch.offsets[row + 1];
         ++at) {
      const int64_t value = source.type == XF_I64
                                ? static_cast<const int64_t *>(source.data)[at]
                            : source.type == XF_I32
                                ? static_cast<const int32_t *>(source.data)[at]
                                : static_cast<const uint8_t *>(source.data)[at];
      if (uint64_t(value) >= input.limit)
        return fail(XF_INVALID_ID,
                    "row %zu, position %" PRId64 ": `%s` %" PRId64
                    " is outside 0 .. %u",
                    row, at - call.batch.offsets[row], input.name, value,
                    input.limit - 1);
    }
  return XF_OK;
}

static double valueOf(const Source &source, size_t index) {
  switch (source.type) {
  case XF_F32:
    return double(static_cast<const float *>(source.data)[index]);
  case XF_I32:
    return static_cast<const int32_t *>(source.data)[index];
  case XF_U8:
    return static_cast<const uint8_t *>(source.data)[index];
  default:
    return double(static_cast<const int64_t *>(source.data)[index]);
  }
}

static xf_status checkMask(const char *name, const Source &source) {
  for (size_t index = 0; index < source.count; ++index)
    if (const double value = valueOf(source, index); value != 0 && value != 1)
      return fail(XF_INVALID_FEED, "value %zu of feed `%s` is %g, it is 0 or 1",
                  index, name, value);
  return XF_OK;
}

/// Positions are counted from these: none may lead out of their table.
static xf_status checkStarts(const char *name, const Source &source) {
  for (size_t index = 0; index < source.count; ++index)
    if (const double value = valueOf(source, index);
        !(value >= 0 && value <= INT32_MAX))
      return fail(XF_INVALID_FEED,
                  "value %zu of feed `%s` is %g, it is 0 or more", index, name,
                  value);
  return XF_OK;
}

/// That each sequence has the patches of a square.
static xf_status checkImages(const Call &call, const char *name) {
  for (size_t row = 0; row < call.batch.num_rows; ++row) {
    const int64_t patches = call.tokensOf(row);
    int64_t side = 1;
    while (side * side < patches)
      ++side;
    if (side * side != patches)
      return fail(
          XF_INVALID_FEED,
          "row %zu has %" PRId64
          " tokens, but feed `%s` is of images, which are square: 1, 4, "
          "9 patches and so on",
          row, patches, name);
  }
  return XF_OK;
}

static xf_status checkSource(const Call &call, const xf_input &input,
                             const Source &source) {
  if (!source.given)
    return input.fill == XF_FILL_REQUIRED
               ? fail(XF_INVALID_FEED, "`%s` of `%s` needs a feed `%s`",
                      call.entry->name, modelName(call), input.name)
               : XF_OK;
  XF_RETURN_IF_ERROR(checkSize(call, input, source));
  if (input.kind == XF_INPUT_INDEX)
    return checkIndices(call, input, source);
  if (input.scatter == XF_SCATTER_IMAGES)
    return checkImages(call, input.name);
  if (isStart(input))
    return checkStarts(input.name, source);
  return isMask(input.name) ? checkMask(input.name, source) : XF_OK;
}

xf_status readFeeds(Call &call, const xf_feed *feeds, size_t numFeeds) {
  const xf_entry &entry = *call.entry;
  if (numFeeds > 0 && !feeds)
    return fail(XF_INVALID_ARGUMENT, "`feeds` is null, but `num_feeds` is %zu",
                numFeeds);
  call.sources = call.session->sources;
  for (uint32_t index = 0; index <= entry.num_inputs; ++index)
    call.sources[index] = Source();
  // The caller's structs may be longer than ours: the first says how long.
  size_t stride = 0;
  const uint8_t *next = reinterpret_cast<const uint8_t *>(feeds);
  for (size_t number = 0; number < numFeeds; ++number, next += stride) {
    xf_feed feed;
    XF_RETURN_IF_ERROR(
        readStruct(&feed, sizeof(feed), next, sizeof(feed), "xf_feed"));
    if (number > 0 && feed.struct_size != stride)
      return fail(XF_INVALID_ARGUMENT,
                  "`struct_size` of feed %zu is %zu, that of feed 0 is %zu",
                  number, feed.struct_size, stride);
    stride = feed.struct_size;
    XF_RETURN_IF_ERROR(readFeed(call, feed, number));
  }
  XF_RETURN_IF_ERROR(findOffsets(call));
  for (uint32_t index = 0; index < entry.num_inputs; ++index) {
    XF_RETURN_IF_ERROR(
        checkSource(call, entry.inputs[index], call.sources[index]));
    if (isStart(entry.inputs[index]) && call.sources[index].given)
      call.startPositions = &call.sources[index];
  }
  const Source &mask = call.prependMask();
  if (!mask.given)
    return XF_OK;
  XF_RETURN_IF_ERROR(checkOwnRows(call, prependMaskName, mask, 1));
  return checkMask(prependMaskName, mask);
}

} // namespace xf::rt
