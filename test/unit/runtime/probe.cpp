// See probe.h.
#include "probe.h"

#include <algorithm>

namespace fake {

static Probe *current = nullptr;
static const std::vector<xf_arg> *shownArgs = nullptr; // of the running launch

/// Columns of the result that `arg` takes.
static int32_t columnsOf(const xf_arg &arg) {
  return arg.dims == 2   ? arg.extent[0]
         : arg.dims == 3 ? arg.extent[1] * Probe::keysShown
                         : 1;
}

static int32_t countColumns(const std::vector<xf_arg> &args) {
  int32_t sum = 0;
  for (const xf_arg &arg : args)
    sum += columnsOf(arg);
  return sum;
}

static halide_buffer_t *bufferAt(void **args, size_t index) {
  return static_cast<halide_buffer_t *>(args[index]);
}

/// Writes what argument `arg` holds for `row` to `to`; `length` rows are in its
/// sequence. Pairs that are written get 1000 row + 100 head + key.
static void show(const xf_arg &arg, void *given, int32_t row, int32_t length,
                 float *to) {
  if (arg.dims == 0) {
    *to = float(*static_cast<int32_t *>(given));
    return;
  }
  auto &buffer = *static_cast<halide_buffer_t *>(given);
  if (arg.dims == 1) {
    *to = float(reinterpret_cast<int32_t *>(buffer.host)[row]);
    return;
  }
  const int64_t stride = buffer.dim[arg.dims - 1].stride;
  float *host = reinterpret_cast<float *>(buffer.host) +
                (row - buffer.dim[arg.dims - 1].min) * stride;
  if (arg.dims == 2) {
    std::copy(host, host + arg.extent[0], to);
    return;
  }
  for (int32_t head = 0; head < arg.extent[1]; ++head)
    for (int32_t key = 0; key < Probe::keysShown; ++key, ++to) {
      float &pair = host[head * buffer.dim[1].stride + key];
      if (arg.is_output)
        pair = float(1000 * row + 100 * head + key);
      *to = key < length ? pair : -1;
    }
}

static int32_t writeDown(void **args) {
  if (current->isSilent)
    return 0;
  const std::vector<xf_arg> &shown = *shownArgs;
  size_t numInputs = 0;
  int32_t length = Probe::keysShown;
  for (const xf_arg &arg : shown) {
    numInputs += !arg.is_output;
    if (arg.kind == XF_ARG_SEQ_LENGTH && arg.space == XF_SPACE_TOKENS)
      length = *static_cast<int32_t *>(args[numInputs]);
  }
  halide_buffer_t &out = *bufferAt(args, numInputs + 1);
  float *host = reinterpret_cast<float *>(out.host);
  const int32_t firstColumn = out.dim[0].min, columns = out.dim[0].extent;
  std::vector<float> line(size_t(countColumns(shown)));
  for (int32_t r = 0; r < out.dim[1].extent; ++r) {
    float *to = line.data();
    size_t nextInput = 1, nextOutput = numInputs + 2;
    for (size_t index = 0; index < shown.size(); ++index) {
      void *given = args[shown[index].is_output ? nextOutput++ : nextInput++];
      show(shown[index], given, out.dim[1].min + r, length, to);
      to += columnsOf(shown[index]);
    }
    std::copy_n(&line[size_t(firstColumn)], columns,
                host + int64_t(r) * out.dim[1].stride);
  }
  return 0;
}

static const xf_kernel_fn probeKernels[] = {writeDown};
static const char *const probeOps[] = {"probe"};

Probe::Probe() {
  current = this;
  entry.name = "states";
  entry.run = runLaunches;
  entry.takes_ids = 1;
  entry.num_tokens = numTokens;
  entry.result_offset = inputWidth;
  launch.kind = XF_LAUNCH_ROWS;
}

Probe::~Probe() {
  EXPECT_EQ(api().session_destroy(session), XF_OK);
  EXPECT_EQ(xf::rt::closeModel(model), XF_OK);
  current = nullptr;
}

void Probe::addInput(const char *name, xf_input_kind kind, xf_space space,
                     uint32_t width, xf_scatter scatter, xf_fill fill,
                     float value, uint64_t offset, uint32_t limit) {
  inputs.push_back({name, uint32_t(kind), uint32_t(space), width,
                    uint32_t(scatter), uint32_t(fill), value, limit, 0,
                    offset});
}

void Probe::addArg(xf_arg_kind kind, xf_space space, uint64_t offset,
                   int32_t extent, bool isOutput) {
  xf_arg arg{};
  arg.kind = kind;
  arg.space = space;
  arg.offset = offset;
  arg.is_output = isOutput;
  switch (kind) {
  case XF_ARG_ARENA:
    arg.dims = 2;
    arg.extent[0] = extent;
    break;
  case XF_ARG_PAIRS:
    arg.dims = 3;
    arg.extent[1] = extent;
    break;
  case XF_ARG_SEQ_BEGIN:
  case XF_ARG_SEQ_LENGTH:
  case XF_ARG_SEQUENCE:
    arg.elem = XF_ELEM_I32;
    break;
  default:
    arg.elem = XF_ELEM_I32;
    arg.dims = 1;
  }
  args.push_back(arg);
}

int32_t Probe::columns() const { return countColumns(args); }

int32_t Probe::runLaunches(xf_exec *exec) {
  if (!current->argsBefore.empty()) {
    shownArgs = &current->argsBefore;
    if (int32_t status = xf_rt_launch(exec, &current->launchBefore))
      return status;
  }
  shownArgs = &current->args;
  return xf_rt_launch(exec, &current->launch);
}

void Probe::open(uint32_t threads, uint32_t maxTokens) {
  auto setUp = [&](xf_launch &made, const std::vector<xf_arg> &with) {
    made.num_args = uint32_t(with.size());
    made.args = with.data();
    made.output_width = uint32_t(countColumns(with));
    made.output_offset = inputWidth;
    made.variants = variants.data();
  };
  setUp(launch, args);
  if (!argsBefore.empty())
    setUp(launchBefore, argsBefore);
  entry.inputs = inputs.data();
  entry.num_inputs = uint32_t(inputs.size());
  entry.result_width = uint32_t(columns());
  entry.result_space =
      launch.space == XF_SPACE_SEQUENCES ? XF_SPACE_SEQUENCES : XF_SPACE_TOKENS;
  entry.arena_width =
      inputWidth + std::max(entry.result_width, launchBefore.output_width);
  target.name = "probe";
  target.kernels = probeKernels;
  target.num_kernels = 1;
  program = makeProgram();
  program.name = "probed";
  program.targets = &target;
  program.num_targets = 1;
  program.entries = &entry;
  program.num_entries = 1;
  program.op_names = probeOps;
  program.num_ops = 1;
  ASSERT_EQ(xf::rt::openModel(program, nullptr, &model), XF_OK) << lastError();
  xf_session_options options;
  xf_session_options_init(&options);
  options.threads = threads;
  options.max_tokens = maxTokens;
  ASSERT_EQ(api().session_create(model, &options, &session), XF_OK)
      << lastError();
}

xf_status Probe::tryRun(const xf_batch &batch,
                        const std::vector<xf_feed> &feeds,
                        std::vector<float> &out) {
  return api().run(session, entry.name, &batch, feeds.data(), feeds.size(),
                   out.data(), out.size());
}

std::vector<float> Probe::run(const xf_batch &batch,
                              const std::vector<xf_feed> &feeds, size_t rows) {
  std::vector<float> out(rows * size_t(columns()), -7);
  EXPECT_EQ(tryRun(batch, feeds, out), XF_OK) << lastError();
  // No row fewer fits.
  if (rows > 0) {
    std::vector<float> small(out.size() - 1);
    EXPECT_EQ(tryRun(batch, feeds, small), XF_BUFFER_TOO_SMALL);
  }
  return out;
}

std::vector<StackRow> layOut(const xf_entry &entry,
                             const std::vector<int> &tokens,
                             const std::vector<int> &prepended) {
  std::vector<StackRow> rows;
  for (size_t sequence = 0; sequence < tokens.size(); ++sequence) {
    const size_t first = rows.size();
    auto add = [&](StackRow::Kind kind, int32_t count, int32_t from = 0) {
      for (int32_t index = 0; index < count; ++index)
        rows.push_back({kind, from + index, int32_t(sequence), 0, 0});
    };
    if (entry.chunk_tokens > 0) {
      const int32_t size = int32_t(entry.chunk_tokens);
      for (int32_t token = 0; token < tokens[sequence]; token += size) {
        add(StackRow::Memory, int32_t(entry.chunk_memory));
        const int32_t count = std::min(size, tokens[sequence] - token);
        add(StackRow::Token, count, token);
        add(StackRow::Padding, size - count);
      }
    } else {
      add(StackRow::Lead, int32_t(entry.lead));
      add(StackRow::Prepended, prepended.empty() ? 0 : prepended[sequence]);
      add(StackRow::Token, tokens[sequence]);
      add(StackRow::Tail, int32_t(entry.tail));
    }
    for (size_t row = first; row < rows.size(); ++row) {
      rows[row].place = int32_t(row - first);
      rows[row].length = int32_t(rows.size() - first);
    }
  }
  return rows;
}

} // namespace fake
