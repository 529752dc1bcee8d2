// A library with inputs of every kind, written by hand, for users that load
// one: Python's tests and xf-run's. Each entry's kernel tells of each row what
// the row was given.
#include "runtime/src/program.h"
#include "xf/xf.h"

#include <HalideRuntime.h>

#include <algorithm>

namespace {

constexpr int32_t numTokens = 100, numKinds = 5, maxSeqLen = 4000, patch = 2,
                  channels = 3, patchWidth = patch * patch * channels;

halide_buffer_t &buffer(void **args, int index) {
  return *static_cast<halide_buffer_t *>(args[index]);
}
int32_t scalar(void **args, int index) {
  return *static_cast<int32_t *>(args[index]);
}
int32_t index(void **args, int buffers, int32_t row) {
  return reinterpret_cast<int32_t *>(buffer(args, buffers).host)[row];
}
const float *rowOf(void **args, int index, int32_t row) {
  halide_buffer_t &rows = buffer(args, index);
  const halide_dimension_t &dim = rows.dim[rows.dimensions - 1];
  return reinterpret_cast<float *>(rows.host) + int64_t(row) * dim.stride;
}

/// Calls `write(row, line)` for the rows of the output, argument `index`.
template <typename Write> void forEachRow(void **args, int index, Write write) {
  halide_buffer_t &out = buffer(args, index);
  float *host = reinterpret_cast<float *>(out.host);
  for (int32_t r = 0; r < out.dim[1].extent; ++r)
    write(out.dim[1].min + r, host + int64_t(r) * out.dim[1].stride);
}

// ---- states: id, position, kind, mask, two prepended, two of the condition,
// sum of the context, sums of both heads' bias over the keys ----

constexpr int32_t statesWidth = 11;

int32_t tellStates(void **args) {
  const int32_t contextBegin = scalar(args, 9), context = scalar(args, 10),
                sequence = scalar(args, 11), keys = scalar(args, 12);
  forEachRow(args, 13, [&](int32_t row, float *to) {
    for (int buffers = 0; buffers < 3; ++buffers)
      *to++ = float(index(args, 1 + buffers, row));
    *to++ = *rowOf(args, 4, row);
    to = std::copy_n(rowOf(args, 5, row), 2, to);
    to = std::copy_n(rowOf(args, 6, sequence), 2, to);
    *to = 0;
    for (int32_t j = 0; j < context; ++j)
      *to += *rowOf(args, 7, contextBegin + j);
    for (int head = 0; head < 2; ++head) {
      const float *bias =
          rowOf(args, 8, row) + head * buffer(args, 8).dim[1].stride;
      *++to = 0;
      for (int32_t j = 0; j < keys; ++j)
        *to += bias[j];
    }
  });
  return 0;
}

/// Rows as they were given.
int32_t copyRows(void **args) {
  forEachRow(args, 2, [&](int32_t row, float *to) {
    std::copy_n(rowOf(args, 1, row), buffer(args, 2).dim[0].extent, to);
  });
  return 0;
}

const xf_arg statesArgs[] = {
    {XF_ARG_INDEX, XF_ELEM_I32, 1, 0, {}, XF_INDEX_IDS, 0, 0},
    {XF_ARG_INDEX, XF_ELEM_I32, 1, 0, {}, XF_INDEX_POSITIONS, 0, 0},
    {XF_ARG_INDEX, XF_ELEM_I32, 1, 0, {}, XF_INDEX_NAMED, 0, 0},
    {XF_ARG_ARENA, XF_ELEM_F32, 2, XF_SPACE_TOKENS, {1}, 0, 0, 0},
    {XF_ARG_ARENA, XF_ELEM_F32, 2, XF_SPACE_TOKENS, {2}, 1, 0, 0},
    {XF_ARG_ARENA, XF_ELEM_F32, 2, XF_SPACE_SEQUENCES, {2}, 3, 0, 0},
    {XF_ARG_ARENA, XF_ELEM_F32, 2, XF_SPACE_CONTEXT, {1}, 5, 0, 0},
    {XF_ARG_PAIRS, XF_ELEM_F32, 3, XF_SPACE_TOKENS, {0, 2}, 0, 0, 0},
    {XF_ARG_SEQ_BEGIN, XF_ELEM_I32, 0, XF_SPACE_CONTEXT, {}, 0, 0, 0},
    {XF_ARG_SEQ_LENGTH, XF_ELEM_I32, 0, XF_SPACE_CONTEXT, {}, 0, 0, 0},
    {XF_ARG_SEQUENCE, XF_ELEM_I32, 0, XF_SPACE_TOKENS, {}, 0, 0, 0},
    {XF_ARG_SEQ_LENGTH, XF_ELEM_I32, 0, XF_SPACE_TOKENS, {}, 0, 0, 0}};
const xf_input statesInputs[] = {
    {"pos", XF_INPUT_INDEX, XF_SPACE_TOKENS, 1, XF_SCATTER_TOKENS,
     XF_FILL_POSITION, 0, maxSeqLen, 0, XF_INDEX_POSITIONS},
    {"embed_ids.kind", XF_INPUT_INDEX, XF_SPACE_TOKENS, 1, XF_SCATTER_TOKENS,
     XF_FILL_VALUE, 0, numKinds, 0, XF_INDEX_NAMED},
    {"mask", XF_INPUT_ROWS, XF_SPACE_TOKENS, 1, XF_SCATTER_TOKENS,
     XF_FILL_VALUE, 1, 0, 0, 0},
    {"prepend_embeds", XF_INPUT_ROWS, XF_SPACE_TOKENS, 2, XF_SCATTER_PREPENDED,
     XF_FILL_VALUE, 0, 0, 0, 1},
    {"condition", XF_INPUT_ROWS, XF_SPACE_SEQUENCES, 2, XF_SCATTER_TOKENS,
     XF_FILL_VALUE, 0, 0, 0, 3},
    {"context", XF_INPUT_ROWS, XF_SPACE_CONTEXT, 1, XF_SCATTER_TOKENS,
     XF_FILL_REQUIRED, 0, 0, 0, 5},
    {"attn_bias", XF_INPUT_PAIRS, XF_SPACE_TOKENS, 2, XF_SCATTER_TOKENS,
     XF_FILL_VALUE, 0, 0, 0, 0},
};

// ---- output: rows x; patches: rows of images; conditions: a row for each
// sequence ----

const xf_arg xArgs[] = {
    {XF_ARG_ARENA, XF_ELEM_F32, 2, XF_SPACE_TOKENS, {4}, 0, 0, 0}};
const xf_input xInputs[] = {{"x", XF_INPUT_ROWS, XF_SPACE_TOKENS, 4,
                             XF_SCATTER_ALL, XF_FILL_REQUIRED, 0, 0, 0, 0},
                            {"note", XF_INPUT_INDEX, XF_SPACE_TOKENS, 1,
                             XF_SCATTER_TOKENS, XF_FILL_VALUE, 0, 9, 0,
                             XF_INDEX_NAMED}};
const xf_arg patchArgs[] = {
    {XF_ARG_ARENA, XF_ELEM_F32, 2, XF_SPACE_TOKENS, {patchWidth}, 0, 0, 0}};
const xf_input patchInputs[] = {{"images", XF_INPUT_ROWS, XF_SPACE_TOKENS,
                                 patchWidth, XF_SCATTER_IMAGES,
                                 XF_FILL_REQUIRED, 0, 0, 0, 0}};
const xf_arg conditionArgs[] = {
    {XF_ARG_ARENA, XF_ELEM_F32, 2, XF_SPACE_SEQUENCES, {3}, 0, 0, 0}};
const xf_input conditionInputs[] = {{"condition", XF_INPUT_ROWS,
                                     XF_SPACE_SEQUENCES, 3, XF_SCATTER_TOKENS,
                                     XF_FILL_REQUIRED, 0, 0, 0, 0}};

const xf_variant statesVariant = {0, 0, 3, 0}, copyVariant = {0, 1, 4, 0};

xf_launch makeLaunch(xf_launch_kind kind, xf_space space, const xf_arg *args,
                     uint32_t numArgs, uint32_t width, uint64_t offset,
                     const xf_variant &variant) {
  xf_launch launch{};
  launch.kind = kind;
  launch.space = space;
  launch.args = args;
  launch.num_args = numArgs;
  launch.output_width = width;
  launch.output_offset = offset;
  launch.variants = &variant;
  return launch;
}

const xf_launch launches[] = {
    makeLaunch(XF_LAUNCH_SEQUENCE, XF_SPACE_TOKENS, statesArgs, 12, statesWidth,
               6, statesVariant),
    makeLaunch(XF_LAUNCH_ROWS, XF_SPACE_TOKENS, xArgs, 1, 4, 4, copyVariant),
    makeLaunch(XF_LAUNCH_ROWS, XF_SPACE_TOKENS, patchArgs, 1, patchWidth,
               patchWidth, copyVariant),
    makeLaunch(XF_LAUNCH_ROWS, XF_SPACE_SEQUENCES, conditionArgs, 1, 3, 3,
               copyVariant)};

template <int launch> int32_t runLaunch(xf_exec *exec) {
  return xf_rt_launch(exec, &launches[launch]);
}

template <int launch, size_t inputs>
xf_entry makeEntry(const char *name, const xf_input (&with)[inputs]) {
  xf_entry entry{};
  entry.name = name;
  entry.run = runLaunch<launch>;
  entry.inputs = with;
  entry.num_inputs = inputs;
  entry.result_space = launches[launch].space;
  entry.result_width = launches[launch].output_width;
  entry.result_offset = launches[launch].output_offset;
  entry.arena_width = entry.result_offset + entry.result_width;
  return entry;
}

xf_entry states() {
  xf_entry entry = makeEntry<0>("states", statesInputs);
  entry.takes_ids = 1;
  entry.num_tokens = numTokens;
  entry.max_seq_len = maxSeqLen;
  entry.lead = 2;
  entry.tail = 1;
  entry.skip_lead = 1;
  entry.skip_tail = 1;
  entry.pairs_width = 2;
  return entry;
}

xf_entry output() {
  xf_entry entry = makeEntry<1>("output", xInputs);
  entry.lead = 1;
  return entry;
}

xf_entry patches() {
  xf_entry entry = makeEntry<2>("patches", patchInputs);
  entry.image_channels = channels;
  entry.image_size = 8;
  entry.image_patch = patch;
  entry.max_seq_len = 16;
  return entry;
}

xf_entry conditions() {
  xf_entry entry = makeEntry<3>("conditions", conditionInputs);
  entry.takes_ids = 1;
  entry.num_tokens = numTokens;
  return entry;
}

const xf_kernel_fn kernels[] = {tellStates, copyRows};
const xf_target target = {"any", kernels, 0, 2};
const xf_entry entries[] = {states(), output(), patches(), conditions()};
const char *const opNames[] = {"tell"};

xf_program makeProgram() {
  xf_program program{};
  program.magic = XF_PROGRAM_MAGIC;
  program.version = XF_PROGRAM_VERSION;
  program.num_targets = 1;
  program.targets = &target;
  program.num_entries = 4;
  program.entries = entries;
  program.name = "inputs";
  program.describe_json = "{\"name\": \"inputs\"}";
  program.op_names = opNames;
  program.num_ops = 1;
  program.num_tokens = numTokens;
  program.max_seq_len = maxSeqLen;
  return program;
}

} // namespace

extern "C" {
extern const xf_program xf_program_instance = makeProgram();

XF_EXPORT const xf_api *xf_get_api_inputs(uint32_t version) {
  return xf_get_api(version);
}
}
