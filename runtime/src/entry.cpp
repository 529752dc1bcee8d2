// See entry.h. The checks are of the program, once, when a model is opened: a
// call then relies on them.
#include "runtime/src/entry.h"

#include "runtime/src/model.h"

#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace xf::rt {

// More of a model's own rows than any model has.
static constexpr uint32_t mostOwnRows = 1u << 20;

const xf_entry *findEntry(const xf_program &program, const char *name) {
  for (uint32_t index = 0; index < program.num_entries; ++index)
    if (strcmp(program.entries[index].name, name) == 0)
      return &program.entries[index];
  return nullptr;
}

uint32_t countIndexBuffers(const xf_program &program) {
  uint64_t count = XF_INDEX_NAMED;
  for (uint32_t index = 0; index < program.num_entries; ++index) {
    const xf_entry &entry = program.entries[index];
    for (uint32_t number = 0; number < entry.num_inputs; ++number) {
      const xf_input &input = entry.inputs[number];
      if (input.kind == XF_INPUT_INDEX && input.offset >= count)
        count = input.offset + 1;
    }
  }
  return uint32_t(count);
}

/// What is wrong with where `input` keeps its values, or NULL.
static const char *checkPlace(const xf_entry &entry, const xf_input &input) {
  switch (input.kind) {
  case XF_INPUT_ROWS:
    return input.width == 0 || input.width > entry.arena_width ||
                   input.offset > entry.arena_width - input.width
               ? "lies outside the arena"
               : nullptr;
  case XF_INPUT_INDEX:
    if (input.offset < XF_INDEX_POSITIONS || input.offset == XF_INDEX_TYPES ||
        input.offset >= XF_MAX_INDICES)
      return "has no index buffer";
    return input.limit == 0 || input.limit > INT32_MAX ? "has no table"
                                                       : nullptr;
  case XF_INPUT_PAIRS:
    return input.width == 0 || input.width > entry.pairs_width ||
                   input.offset > entry.pairs_width - input.width
               ? "lies outside the arena of pairs"
               : nullptr;
  }
  return "is of unknown kind";
}

/// What is wrong with an input, or NULL.
static const char *checkInput(const xf_entry &entry, const xf_input &input) {
  if (input.space >= XF_NUM_SPACES || input.scatter > XF_SCATTER_IMAGES ||
      input.fill >= XF_NUM_FILLS)
    return "has a space, scatter or fill that is none";
  const bool rows = input.kind == XF_INPUT_ROWS;
  const bool ofTokens = input.space == XF_SPACE_TOKENS;
  if ((!rows && !ofTokens) || (!ofTokens && input.scatter != XF_SCATTER_TOKENS))
    return "has a space that its kind does not";
  if (!rows && input.scatter != XF_SCATTER_TOKENS &&
      !(input.kind == XF_INPUT_PAIRS && input.scatter == XF_SCATTER_ALL))
    return "has a scatter that its kind does not";
  const bool ownFill = input.fill > XF_FILL_VALUE;
  if (ownFill && !(input.fill == XF_FILL_POSITION ? input.kind == XF_INPUT_INDEX
                                                  : rows && ofTokens))
    return "has a fill that its kind does not";
  if (input.scatter == XF_SCATTER_IMAGES &&
      (entry.image_patch == 0 || entry.image_channels == 0 ||
       entry.image_patch > 4096 || entry.image_channels > 4096 ||
       input.width !=
           entry.image_patch * entry.image_patch * entry.image_channels))
    return "is not as wide as a patch of the images";
  if (entry.chunk_tokens != 0 && input.scatter == XF_SCATTER_PREPENDED)
    return "prepends rows, which chunks have not";
  return checkPlace(entry, input);
}

static xf_status checkEntry(const xf_program &program, const xf_entry &entry) {
  auto damaged = [&](const char *what) {
    return fail(XF_INTERNAL, "`%s` in `%s` is damaged: %s", entry.name,
                program.name, what);
  };
  if (entry.result_width == 0 || entry.result_width > entry.arena_width ||
      entry.result_offset > entry.arena_width - entry.result_width)
    return fail(
        XF_INTERNAL,
        "the result of `%s` in `%s` lies outside its arena: columns %" PRIu64
        " + %u of %" PRIu64,
        entry.name, program.name, entry.result_offset, entry.result_width,
        entry.arena_width);
  if (entry.result_space > XF_SPACE_SEQUENCES)
    return damaged("its result has neither a row for each token nor one for "
                   "each sequence");
  if (entry.lead > mostOwnRows || entry.tail > mostOwnRows ||
      entry.skip_lead > entry.lead || entry.skip_tail > entry.tail)
    return damaged("it leaves out more rows than it has");
  if (entry.chunk_tokens > mostOwnRows || entry.chunk_memory > mostOwnRows ||
      (entry.chunk_tokens == 0 && entry.chunk_memory != 0) ||
      (entry.chunk_tokens != 0 && entry.lead + entry.tail != 0))
    return damaged("its chunks are out of range");
  if (entry.takes_ids > 1 || (entry.takes_ids && entry.num_tokens == 0) ||
      entry.num_tokens > INT32_MAX || entry.max_seq_len > INT32_MAX ||
      entry.extra_keys > mostOwnRows)
    return damaged("its sizes are out of range");
  if (entry.num_inputs > 0 && !entry.inputs)
    return damaged("it has no table of inputs");
  for (uint32_t index = 0; index < entry.num_inputs; ++index) {
    const xf_input &input = entry.inputs[index];
    if (!input.name || !input.name[0] || strchr(input.name, '"') ||
        strchr(input.name, '\\'))
      return damaged("an input has no name");
    if (const char *wrong = checkInput(entry, input))
      return fail(XF_INTERNAL, "input `%s` of `%s` in `%s` %s", input.name,
                  entry.name, program.name, wrong);
  }
  return XF_OK;
}

xf_status checkEntries(const xf_program &program) {
  if (program.num_entries > 0 && !program.entries)
    return fail(XF_INTERNAL, "the program of `%s` has no table of entry points",
                program.name);
  for (uint32_t index = 0; index < program.num_entries; ++index) {
    const xf_entry &entry = program.entries[index];
    if (!entry.name || !entry.run)
      return fail(XF_INTERNAL, "entry point %u of `%s` is empty", index,
                  program.name);
    XF_RETURN_IF_ERROR(checkEntry(program, entry));
  }
  return XF_OK;
}

bool takesPrependMask(const xf_entry &entry) {
  bool mask = false, prepends = false;
  for (uint32_t index = 0; index < entry.num_inputs; ++index) {
    const xf_input &input = entry.inputs[index];
    mask |= input.kind == XF_INPUT_ROWS && input.space == XF_SPACE_TOKENS &&
            strcmp(input.name, "mask") == 0;
    prepends |= input.scatter == XF_SCATTER_PREPENDED;
  }
  return mask && prepends;
}

// ---- Description ----

namespace {
/// Appends to a text of limited size and counts what does not fit.
class Writer {
public:
  Writer(char *text, size_t size) : text(text), size(size) {}
  void add(const char *format, ...) __attribute__((format(printf, 2, 3))) {
    va_list arguments;
    va_start(arguments, format);
    const size_t left = used < size ? size - used : 0;
    const int length =
        vsnprintf(left ? text + used : nullptr, left, format, arguments);
    va_end(arguments);
    used += length > 0 ? size_t(length) : 0;
  }
  size_t length() const { return used; }

private:
  char *text;
  size_t size, used = 0;
};
} // namespace

static void describeInput(Writer &to, const xf_input &input) {
  static const char *const kinds[] = {"rows", "index", "pairs"};
  static const char *const spaces[] = {"tokens", "sequences", "context"};
  static const char *const scatters[] = {"tokens", "prepended", "all",
                                         "images"};
  to.add("{\"name\": \"%s\", \"kind\": \"%s\", \"space\": \"%s\", \"width\": "
         "%u, \"scatter\": \"%s\", \"required\": %s",
         input.name, kinds[input.kind], spaces[input.space], input.width,
         scatters[input.scatter],
         input.fill == XF_FILL_REQUIRED ? "true" : "false");
  if (input.kind == XF_INPUT_INDEX)
    to.add(", \"limit\": %u", input.limit);
  to.add("}");
}

static void describeInputs(Writer &to, const xf_entry &entry) {
  const char *comma = "";
  for (uint32_t index = 0; index < entry.num_inputs; ++index) {
    if (isMadeHere(entry.inputs[index]))
      continue;
    to.add("%s", comma);
    comma = ", ";
    describeInput(to, entry.inputs[index]);
  }
  if (takesPrependMask(entry)) {
    to.add("%s", comma);
    describeInput(to, {prependMaskName, XF_INPUT_ROWS, XF_SPACE_TOKENS, 1,
                       XF_SCATTER_PREPENDED, XF_FILL_VALUE, 1, 0, 0, 0});
  }
}

size_t describeEntries(const xf_program &program, char *text, size_t size) {
  Writer to(text, size);
  to.add("[");
  for (uint32_t index = 0; index < program.num_entries; ++index) {
    const xf_entry &entry = program.entries[index];
    const bool sequences = entry.result_space == XF_SPACE_SEQUENCES;
    to.add("%s{\"name\": \"%s\", \"width\": %u, \"rows\": \"%s\", "
           "\"takes_ids\": %s, \"num_tokens\": %u, \"max_seq_len\": %u",
           index ? ", " : "", entry.name, entry.result_width,
           sequences ? "sequences" : "tokens",
           entry.takes_ids ? "true" : "false", entry.num_tokens,
           entry.max_seq_len);
    to.add(
        ", \"lead\": %u, \"tail\": %u, \"skip_lead\": %u, \"skip_tail\": %u, "
        "\"chunk\": [%u, %u], \"image\": [%u, %u, %u], \"inputs\": [",
        entry.lead, entry.tail, entry.skip_lead, entry.skip_tail,
        entry.chunk_tokens, entry.chunk_memory, entry.image_channels,
        entry.image_size, entry.image_patch);
    describeInputs(to, entry);
    to.add("]}");
  }
  to.add("]");
  return to.length();
}

xf_status entryInfo(const xf_model *model, uint32_t index,
                    xf_entry_info *info) {
  if (!info)
    return fail(XF_INVALID_ARGUMENT, "`info` is null");
  xf_entry_info known;
  XF_RETURN_IF_ERROR(
      readStruct(&known, sizeof(known), info, sizeof(known), "xf_entry_info"));
  const size_t size = info->struct_size;
  xf_entry_info_init(&known);
  known.struct_size = size;
  xf_status status = XF_OK;
  if (!model)
    status = fail(XF_INVALID_ARGUMENT, "`model` is null");
  else if (index >= model->program->num_entries)
    status = fail(XF_INVALID_ARGUMENT, "`index` is %u, `%s` has %u entries",
                  index, model->program->name, model->program->num_entries);
  if (status == XF_OK) {
    const xf_entry &entry = model->program->entries[index];
    known.name = entry.name;
    known.width = entry.result_width;
    known.per_sequence = entry.result_space == XF_SPACE_SEQUENCES;
    known.extra_rows =
        known.per_sequence ? 0 : uint32_t(resultRows(entry, 0, 0));
    known.takes_ids = entry.takes_ids;
    known.num_tokens = entry.num_tokens;
    known.max_seq_len = entry.max_seq_len;
    known.num_inputs = entry.num_inputs;
  }
  memcpy(info, &known, size < sizeof(known) ? size : sizeof(known));
  return status;
}

} // namespace xf::rt
