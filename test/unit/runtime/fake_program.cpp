// See fake_program.h.
#include "fake_program.h"

#include "runtime/src/hash.h"

#include <HalideRuntime.h>

#include <algorithm>
#include <cstring>
#include <iterator>

namespace fake {

Behaviour behaviour;

BehaviourReset::~BehaviourReset() {
  behaviour.failing = -1;
  behaviour.code = 0;
  behaviour.message = nullptr;
  behaviour.onTask = nullptr;
  behaviour.onSequence = nullptr;
  behaviour.hungry = false;
}

// ---- Weights: three tables and a gain, joined ----

constexpr size_t tokenOffset = 0,
                 positionOffset = tokenOffset + 4 * width * numTokens,
                 typeOffset = positionOffset + 4 * width * maxSeqLen,
                 gainOffset = typeOffset + 4 * width * numTypes,
                 weightBytes = gainOffset + 4 * width;

const std::vector<uint8_t> &weights() {
  static const std::vector<uint8_t> bytes = [] {
    std::vector<uint8_t> result(weightBytes);
    uint32_t state = 12345;
    for (size_t at = 0; at < weightBytes; at += 4) {
      state = state * 1664525u + 1013904223u;
      const float value =
          float(int32_t(state >> 8) - (1 << 23)) / float(1 << 23);
      memcpy(&result[at], &value, 4);
    }
    return result;
  }();
  return bytes;
}

static const float *table(size_t offset) {
  return reinterpret_cast<const float *>(weights().data() + offset);
}

// ---- Kernels: Halide's argv ABI ----

static halide_buffer_t &buffer(void **args, int index) {
  return *static_cast<halide_buffer_t *>(args[index]);
}
static int32_t scalar(void **args, int index) {
  return *static_cast<int32_t *>(args[index]);
}
static void *contextOf(void **args) { return *static_cast<void **>(args[0]); }

static const float *row(const halide_buffer_t &rows, int32_t index) {
  return reinterpret_cast<const float *>(rows.host) +
         int64_t(index - rows.dim[1].min) * rows.dim[1].stride;
}

/// Runs `body(row, column) -> value` over the output's crop.
template <typename Body> static int32_t fill(halide_buffer_t &out, Body body) {
  const halide_dimension_t &cols = out.dim[0], &rows = out.dim[1];
  if (out.dimensions != 2 || cols.stride != 1 || cols.min < 0 ||
      cols.extent < 1 || cols.min + cols.extent > width || rows.min < 0 ||
      rows.extent < 1 || out.type.code != halide_type_float ||
      out.type.bits != 32)
    ++behaviour.violations;
  float *host = reinterpret_cast<float *>(out.host);
  for (int32_t r = 0; r < rows.extent; ++r)
    for (int32_t c = 0; c < cols.extent; ++c)
      host[int64_t(r) * rows.stride + c] = body(rows.min + r, cols.min + c);
  return 0;
}

static int32_t start(Kernel kernel, void **args) {
  if (behaviour.onTask)
    behaviour.onTask(kernel);
  if (behaviour.failing != kernel)
    return 0;
  if (behaviour.message)
    halide_error(contextOf(args), behaviour.message);
  return behaviour.code;
}

static int32_t embed(void **args) {
  if (int32_t code = start(Embed, args))
    return code;
  const auto *ids = reinterpret_cast<const int32_t *>(buffer(args, 1).host);
  const auto *positions =
      reinterpret_cast<const int32_t *>(buffer(args, 2).host);
  const auto *types = reinterpret_cast<const int32_t *>(buffer(args, 3).host);
  const halide_buffer_t &tokens = buffer(args, 4), &places = buffer(args, 5),
                        &kinds = buffer(args, 6);
  if (tokens.dim[1].extent != numTokens || places.dim[1].extent != maxSeqLen ||
      kinds.dim[1].stride != width)
    ++behaviour.violations;
  return fill(buffer(args, 7), [&](int32_t r, int32_t c) {
    return row(tokens, ids[r])[c] + row(places, positions[r])[c] +
           row(kinds, types[r])[c];
  });
}

static int32_t mix(void **args) {
  if (int32_t code = start(Mix, args))
    return code;
  const halide_buffer_t &in = buffer(args, 1);
  const auto *gain = reinterpret_cast<const float *>(buffer(args, 2).host);
  const size_t wanted = behaviour.hungry ? SIZE_MAX / 2 + 1 : 4 * width;
  auto *scratch = static_cast<float *>(halide_malloc(contextOf(args), wanted));
  if (!scratch)
    return halide_error_code_out_of_memory;
  const int32_t status = fill(buffer(args, 3), [&](int32_t r, int32_t c) {
    memcpy(scratch, row(in, r), 4 * width);
    return scratch[c] * gain[c] + scratch[(c + 1) % width];
  });
  halide_free(contextOf(args), scratch);
  return status;
}

static int32_t attend(void **args) {
  if (int32_t code = start(Attend, args))
    return code;
  const halide_buffer_t &in = buffer(args, 1);
  halide_buffer_t &out = buffer(args, 4);
  const int32_t begin = scalar(args, 2), length = scalar(args, 3);
  if (behaviour.onSequence)
    behaviour.onSequence(begin, length);
  if (out.dim[1].min < begin ||
      out.dim[1].min + out.dim[1].extent > begin + length)
    ++behaviour.violations;
  return fill(out, [&](int32_t r, int32_t c) {
    float sum = 0;
    for (int32_t j = 0; j < length; ++j)
      sum +=
          row(in, begin + j)[c] / float(1 + (r - begin - j) * (r - begin - j));
    return sum;
  });
}

static int32_t pool(void **args) {
  if (int32_t code = start(Pool, args))
    return code;
  const halide_buffer_t &in = buffer(args, 1);
  const int32_t begin = scalar(args, 2), length = scalar(args, 3);
  if (buffer(args, 4).dim[1].extent != 1)
    ++behaviour.violations;
  return fill(buffer(args, 4), [&](int32_t, int32_t c) {
    float sum = 0;
    for (int32_t j = 0; j < length; ++j)
      sum += row(in, begin + j)[c];
    return sum / float(length);
  });
}

static int32_t scale(void **args) {
  if (int32_t code = start(Scale, args))
    return code;
  const halide_buffer_t &in = buffer(args, 1);
  return fill(buffer(args, 2),
              [&](int32_t r, int32_t c) { return row(in, r)[c] * 2; });
}

// ---- Launches ----

static xf_arg weightArg(size_t offset, int32_t columns, int32_t rows) {
  return {XF_ARG_WEIGHT,
          XF_ELEM_F32,
          rows ? 2u : 1u,
          0,
          {columns, rows, 0, 0},
          offset,
          0,
          0};
}
static xf_arg arenaArg(uint64_t offset, xf_space space = XF_SPACE_TOKENS) {
  return {XF_ARG_ARENA,     XF_ELEM_F32, 2, uint32_t(space),
          {width, 0, 0, 0}, offset,      0, 0};
}
static xf_arg indexArg(uint64_t buffer) {
  return {XF_ARG_INDEX, XF_ELEM_I32, 1, 0, {}, buffer, 0, 0};
}
static xf_arg scalarArg(uint32_t kind) {
  return {kind, XF_ELEM_I32, 0, 0, {}, 0, 0, 0};
}

// Arena: x at 0, then h at width; attend overwrites x; pooled at 2 width, the
// result at width.
static const xf_arg embedArgs[] = {indexArg(XF_INDEX_IDS),
                                   indexArg(XF_INDEX_POSITIONS),
                                   indexArg(XF_INDEX_TYPES),
                                   weightArg(tokenOffset, width, numTokens),
                                   weightArg(positionOffset, width, maxSeqLen),
                                   weightArg(typeOffset, width, numTypes)};
static const xf_arg mixArgs[] = {arenaArg(0), weightArg(gainOffset, width, 0)};
static const xf_arg attendArgs[] = {
    arenaArg(width), scalarArg(XF_ARG_SEQ_BEGIN), scalarArg(XF_ARG_SEQ_LENGTH)};
static const xf_arg poolArgs[] = {arenaArg(0), scalarArg(XF_ARG_SEQ_BEGIN),
                                  scalarArg(XF_ARG_SEQ_LENGTH)};
static const xf_arg scaleArgs[] = {arenaArg(2 * width, XF_SPACE_SEQUENCES)};

/// Where the variants of each target start in a list.
static constexpr int32_t firstVariant[XF_MAX_TARGETS] = {0, 1, 4, 4};

/// The variants of `kernel`: small and odd grains for the first target, three
/// classes of rows for the second, everything at once or mixed for the others.
struct Variants {
  xf_variant list[5];
  constexpr Variants(Kernel kernel, int32_t smallRows, int32_t smallCols,
                     int32_t wholeRows, int32_t wholeCols)
      : list{{0, kernel, smallRows, smallCols},
             {fewRows, uint32_t(NumKernels) + kernel, 2, 6},
             {someRows, kernel, 5, 9},
             {0, kernel, 8, 0},
             {0, kernel, wholeRows, wholeCols}} {}
};

static const Variants embedVariants(Embed, 3, 16, 0, 0),
    mixVariants(Mix, 5, 7, 64, 8), attendVariants(Attend, 4, 8, 0, 0),
    poolVariants(Pool, 0, 16, 0, 0), scaleVariants(Scale, 2, 0, 0, 0);

static xf_launch makeLaunch(Kernel op, xf_launch_kind kind, uint64_t offset,
                            const Variants &variants, const xf_arg *args,
                            uint32_t numArgs,
                            xf_space space = XF_SPACE_TOKENS) {
  xf_launch launch{};
  launch.kind = kind;
  launch.num_args = numArgs;
  launch.output_width = width;
  launch.op_index = op;
  launch.output_offset = offset;
  launch.variants = variants.list;
  std::copy(std::begin(firstVariant), std::end(firstVariant),
            launch.first_variant);
  launch.args = args;
  launch.space = space;
  return launch;
}

const xf_launch launches[NumKernels] = {
    makeLaunch(Embed, XF_LAUNCH_ROWS, 0, embedVariants, embedArgs, 6),
    makeLaunch(Mix, XF_LAUNCH_ROWS, width, mixVariants, mixArgs, 2),
    makeLaunch(Attend, XF_LAUNCH_SEQUENCE, 0, attendVariants, attendArgs, 3),
    makeLaunch(Pool, XF_LAUNCH_POOL, 2 * width, poolVariants, poolArgs, 3,
               XF_SPACE_SEQUENCES),
    makeLaunch(Scale, XF_LAUNCH_ROWS, width, scaleVariants, scaleArgs, 1,
               XF_SPACE_SEQUENCES),
};

static int32_t runLaunches(xf_exec *exec, int count) {
  for (int index = 0; index < count; ++index)
    if (int32_t status = xf_rt_launch(exec, &launches[index]))
      return status;
  return 0;
}

/// The form of a kernel that is for few rows.
template <Kernel kernel, xf_kernel_fn form> static int32_t few(void **args) {
  ++behaviour.fewTasks[kernel];
  return form(args);
}

static const xf_kernel_fn kernels[2 * NumKernels] = {
    embed,           mix,
    attend,          pool,
    scale,           few<Embed, embed>,
    few<Mix, mix>,   few<Attend, attend>,
    few<Pool, pool>, few<Scale, scale>};
static const xf_target targets[] = {{"small", kernels, 0, NumKernels},
                                    {"varied", kernels, 0, 2 * NumKernels},
                                    {"whole", kernels, 0, NumKernels},
                                    {"never", kernels, 1u << 31, NumKernels}};
static xf_entry makeEntry(const char *name, xf_entry_fn run, uint64_t result,
                          xf_space space) {
  xf_entry entry{};
  entry.name = name;
  entry.run = run;
  entry.arena_width = 3 * width;
  entry.result_offset = result;
  entry.result_width = width;
  entry.result_space = space;
  entry.takes_ids = 1;
  entry.num_tokens = numTokens;
  entry.max_seq_len = maxSeqLen;
  return entry;
}
static const xf_entry entries[] = {
    makeEntry(
        "encode", [](xf_exec *exec) { return runLaunches(exec, 5); }, width,
        XF_SPACE_SEQUENCES),
    makeEntry(
        "states", [](xf_exec *exec) { return runLaunches(exec, 3); }, 0,
        XF_SPACE_TOKENS),
};
static const char *const opNames[] = {"embed", "mix", "attend", "pool",
                                      "scale"};

xf_program makeProgram() {
  xf_program program{};
  program.magic = XF_PROGRAM_MAGIC;
  program.version = XF_PROGRAM_VERSION;
  program.num_targets = 4;
  program.num_entries = 2;
  program.name = "fake";
  program.describe_json = "{\"name\": \"fake\", \"dim\": 20}";
  program.targets = targets;
  program.entries = entries;
  program.weights = weights().data();
  program.weights_bytes = weightBytes;
  program.weights_hash = xf::rt::xxh64(weights().data(), weightBytes);
  program.op_names = opNames;
  program.num_ops = NumKernels;
  program.max_seq_len = maxSeqLen;
  program.num_tokens = numTokens;
  program.num_token_types = numTypes;
  return program;
}

// ---- Batches and the reference ----

xf_batch Batch::view(bool withTypes) const {
  xf_batch batch;
  xf_batch_init(&batch);
  batch.ids = ids.data();
  batch.token_types = withTypes ? types.data() : nullptr;
  batch.num_ids = ids.size();
  batch.offsets = offsets.data();
  batch.num_rows = rows();
  return batch;
}

Batch makeBatch(const std::vector<int> &lengths, unsigned seed) {
  Batch batch;
  uint32_t state = seed;
  for (int length : lengths) {
    for (int index = 0; index < length; ++index) {
      state = state * 1664525u + 1013904223u;
      batch.ids.push_back(int32_t((state >> 8) % numTokens));
      batch.types.push_back(int32_t((state >> 20) % numTypes));
    }
    batch.offsets.push_back(int64_t(batch.ids.size()));
  }
  return batch;
}

Batch pick(const Batch &batch, const std::vector<size_t> &rows) {
  Batch result;
  for (size_t row : rows) {
    const auto begin = batch.offsets[row], end = batch.offsets[row + 1];
    result.ids.insert(result.ids.end(), batch.ids.begin() + begin,
                      batch.ids.begin() + end);
    result.types.insert(result.types.end(), batch.types.begin() + begin,
                        batch.types.begin() + end);
    result.offsets.push_back(int64_t(result.ids.size()));
  }
  return result;
}

std::vector<float> referenceStates(const Batch &batch, bool withTypes) {
  std::vector<float> result;
  for (size_t r = 0; r < batch.rows(); ++r) {
    const int64_t begin = batch.offsets[r],
                  length = batch.offsets[r + 1] - begin;
    std::vector<float> mixed(size_t(length * width));
    for (int64_t i = 0; i < length; ++i) {
      float sum[width];
      for (int c = 0; c < width; ++c)
        sum[c] =
            table(tokenOffset)[batch.ids[begin + i] * width + c] +
            table(positionOffset)[i * width + c] +
            table(typeOffset)[(withTypes ? batch.types[begin + i] : 0) * width +
                              c];
      for (int c = 0; c < width; ++c)
        mixed[i * width + c] =
            sum[c] * table(gainOffset)[c] + sum[(c + 1) % width];
    }
    for (int64_t i = 0; i < length; ++i)
      for (int c = 0; c < width; ++c) {
        float sum = 0;
        for (int64_t j = 0; j < length; ++j)
          sum += mixed[j * width + c] / float(1 + (i - j) * (i - j));
        result.push_back(sum);
      }
  }
  return result;
}

std::vector<float> referenceEncode(const Batch &batch, bool withTypes) {
  const std::vector<float> states = referenceStates(batch, withTypes);
  std::vector<float> result;
  for (size_t r = 0; r < batch.rows(); ++r)
    for (int c = 0; c < width; ++c) {
      float sum = 0;
      for (int64_t i = batch.offsets[r]; i < batch.offsets[r + 1]; ++i)
        sum += states[i * width + c];
      result.push_back(sum / float(batch.offsets[r + 1] - batch.offsets[r]) *
                       2);
    }
  return result;
}

const xf_api &api() { return *xf_get_api(XF_ABI_VERSION); }

} // namespace fake

// Constant once the program starts: initialised before main, read only then.
extern "C" const xf_program xf_program_instance = fake::makeProgram();
