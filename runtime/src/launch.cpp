// Runs one launch: describes its buffers to Halide once, splits the output into
// crops, and calls the kernel on each over the pool. How a launch splits
// depends on the program and the batch only, never on the number of threads.
#include "runtime/src/launch.h"

#include "runtime/src/cpu.h"

#include <HalideRuntime.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>

namespace xf::rt {

namespace {

constexpr uint32_t maxArgs = 32;

/// A buffer with its dimensions beside it.
struct Buffer {
  halide_buffer_t header;
  halide_dimension_t dims[4];
};

/// How a range of rows is computed: by which kernel, in which tiles.
struct Tiling {
  xf_kernel_fn kernel = nullptr;
  int32_t grainRows = 0, grainCols = 0;
  int32_t rowTiles = 0, colTiles = 0;
};

/// What the tasks of a launch share; read-only while they run.
struct Launch {
  xf_exec *exec;
  const xf_launch *spec;
  const xf_variant *variants; // of the model's target
  Buffer inputs[maxArgs];
  uint8_t *output;
  int32_t outputRows;              // rows that are computed
  Tiling tiling;                   // of all rows (ROWS only)
  std::atomic<uint64_t> busyNs{0}; // only counted for a profile
};

/// The part of the output that one task computes.
struct Crop {
  xf_kernel_fn kernel = nullptr;
  int32_t row = 0, numRows = 0, col = 0, numCols = 0;
  int32_t sequenceBegin = 0, sequenceLength = 0;
};

} // namespace

static int32_t divideUp(int32_t value, int32_t unit) {
  return int32_t((int64_t(value) + unit - 1) / unit);
}

static void setDimension(Buffer &buffer, int index, int32_t extent,
                         int32_t stride) {
  buffer.dims[index] = halide_dimension_t(0, extent, stride);
}

static void setBuffer(Buffer &buffer, const void *host, uint32_t elem,
                      uint32_t dims) {
  buffer.header = halide_buffer_t();
  buffer.header.host = static_cast<uint8_t *>(const_cast<void *>(host));
  buffer.header.type = elem == XF_ELEM_I32
                           ? halide_type_t(halide_type_int, 32)
                           : halide_type_t(halide_type_float, 32);
  buffer.header.dimensions = int32_t(dims);
  buffer.header.dim = buffer.dims;
}

static float *arenaAddress(const xf_session &session, uint64_t offset) {
  return session.arena + offset * session.rowCapacity;
}

/// A launch that does not fit the program is a defect of the compiler: say
/// which op it was.
static int32_t badLaunch(xf_exec &exec, const xf_launch &launch,
                         const char *what) {
  const xf_program &program = *exec.session->model->program;
  const char *op = launch.op_index < program.num_ops && program.op_names
                       ? program.op_names[launch.op_index]
                       : "?";
  snprintf(exec.message, sizeof(exec.message),
           "the launch of `%s` in `%s` is damaged: %s", op, program.name, what);
  exec.status.store(XF_INTERNAL);
  return XF_INTERNAL;
}

/// A weight: dense, as packed. False if it leaves the section.
static bool setWeight(Buffer &buffer, const xf_arg &arg,
                      const Weights &weights) {
  if (arg.dims < 1 || arg.dims > 4 || arg.offset > weights.size())
    return false;
  setBuffer(buffer, weights.data() + arg.offset, arg.elem, arg.dims);
  uint64_t count = 1;
  for (uint32_t dim = 0; dim < arg.dims; ++dim) {
    if (arg.extent[dim] < 1 || count > uint64_t(INT32_MAX))
      return false;
    setDimension(buffer, int(dim), arg.extent[dim], int32_t(count));
    count *= uint64_t(arg.extent[dim]);
  }
  return count * 4 <= weights.size() - arg.offset;
}

/// Describes an input; returns what is wrong with it, or NULL. Inputs have all
/// rows of the arena: kernels may read rows past the last one, which hold
/// something finite or not, but belong to the session.
static const char *setInput(Launch &launch, uint32_t index) {
  const xf_session &session = *launch.exec->session;
  const xf_arg &arg = launch.spec->args[index];
  Buffer &buffer = launch.inputs[index];
  const int32_t rows = int32_t(session.rowCapacity);
  switch (arg.kind) {
  case XF_ARG_WEIGHT:
    return setWeight(buffer, arg, session.model->weights)
               ? nullptr
               : "a weight lies outside the weight section";
  case XF_ARG_ARENA:
    if (arg.extent[0] < 1 || arg.offset > session.arenaWidth ||
        uint64_t(arg.extent[0]) > session.arenaWidth - arg.offset)
      return "an input lies outside the arena";
    setBuffer(buffer, arenaAddress(session, arg.offset), arg.elem, 2);
    setDimension(buffer, 0, arg.extent[0], 1);
    setDimension(buffer, 1, rows, arg.extent[0]);
    return nullptr;
  case XF_ARG_IDS:
  case XF_ARG_POSITIONS:
  case XF_ARG_TYPES:
    setBuffer(buffer,
              arg.kind == XF_ARG_IDS         ? session.ids
              : arg.kind == XF_ARG_POSITIONS ? session.positions
                                             : session.types,
              XF_ELEM_I32, 1);
    setDimension(buffer, 0, rows, 1);
    return nullptr;
  case XF_ARG_SEQ_BEGIN:
  case XF_ARG_SEQ_LENGTH:
    return launch.spec->kind == XF_LAUNCH_ROWS
               ? "it has no sequences, but an argument asks for one"
               : nullptr;
  }
  return "an argument is of unknown kind";
}

/// Sequence by sequence, in the session's order: finds which one a task belongs
/// to.
static uint32_t findSequence(const xf_exec &exec, uint32_t task) {
  const int32_t *begin = exec.session->taskBegin;
  uint32_t low = 0, high = uint32_t(exec.sequences);
  while (high - low > 1) {
    const uint32_t middle = low + (high - low) / 2;
    (uint32_t(begin[middle]) <= task ? low : high) = middle;
  }
  return low;
}

/// Whether all sequences are one range of rows, or each is one of its own.
static bool isByRows(const xf_launch &spec) {
  return spec.kind == XF_LAUNCH_ROWS;
}

/// The tiling of `rows` rows of the output by the variant for `classRows` rows:
/// as many, but for a pooled sequence, whose output is one row.
static Tiling findTiling(const Launch &launch, int32_t classRows,
                         int32_t rows) {
  const xf_variant *variant = launch.variants;
  while (variant->max_rows != 0 && classRows > variant->max_rows)
    ++variant;
  const int32_t width = int32_t(launch.spec->output_width);
  Tiling tiling;
  tiling.kernel =
      launch.exec->session->model->kernels().kernels[variant->kernel];
  tiling.grainRows = variant->grain_rows > 0 ? variant->grain_rows : rows;
  tiling.grainCols = variant->grain_cols > 0 ? variant->grain_cols : width;
  tiling.rowTiles = divideUp(rows, tiling.grainRows);
  tiling.colTiles = divideUp(width, tiling.grainCols);
  return tiling;
}

static Tiling findSequenceTiling(const Launch &launch, int32_t length) {
  return findTiling(launch, length,
                    launch.spec->kind == XF_LAUNCH_POOL ? 1 : length);
}

static Crop findCrop(const Launch &launch, uint32_t task) {
  const xf_exec &exec = *launch.exec;
  const int32_t *begin = exec.session->sequenceBegin;
  Crop crop;
  Tiling tiling = launch.tiling;
  int32_t tile = int32_t(task), firstRow = 0, numRows = launch.outputRows;
  if (!isByRows(*launch.spec)) {
    const uint32_t place = findSequence(exec, task);
    const int32_t sequence = exec.session->order[place];
    tile -= exec.session->taskBegin[place];
    crop.sequenceBegin = begin[sequence];
    crop.sequenceLength = begin[sequence + 1] - begin[sequence];
    tiling = findSequenceTiling(launch, crop.sequenceLength);
    const bool pools = launch.spec->kind == XF_LAUNCH_POOL;
    firstRow = pools ? sequence : crop.sequenceBegin;
    numRows = pools ? 1 : crop.sequenceLength;
  }
  crop.kernel = tiling.kernel;
  // Rows change fastest: neighbouring tasks then share the larger operand of
  // a gemm, its block of weights.
  const int32_t rowInRange = tile % tiling.rowTiles * tiling.grainRows;
  crop.row = firstRow + rowInRange;
  crop.numRows = numRows - rowInRange < tiling.grainRows ? numRows - rowInRange
                                                         : tiling.grainRows;
  crop.col = tile / tiling.rowTiles * tiling.grainCols;
  const int32_t width = int32_t(launch.spec->output_width);
  crop.numCols =
      width - crop.col < tiling.grainCols ? width - crop.col : tiling.grainCols;
  return crop;
}

static void reportKernel(Launch &launch, const KernelContext &context,
                         int32_t code) {
  xf_exec &exec = *launch.exec;
  const bool outOfMemory = code == halide_error_code_out_of_memory;
  int32_t none = XF_OK;
  if (!exec.status.compare_exchange_strong(none, outOfMemory ? XF_OUT_OF_MEMORY
                                                             : XF_INTERNAL))
    return;
  const xf_program &program = *exec.session->model->program;
  const uint32_t op = launch.spec->op_index;
  snprintf(exec.message, sizeof(exec.message),
           "the kernel of `%s` in `%s` failed with code %d%s%s",
           op < program.num_ops && program.op_names ? program.op_names[op]
                                                    : "?",
           program.name, code, context.error[0] ? ": " : "", context.error);
}

static void runTask(void *data, uint32_t index, KernelContext &context) {
  Launch &launch = *static_cast<Launch *>(data);
  xf_exec &exec = *launch.exec;
  if (exec.status.load(std::memory_order_relaxed) != XF_OK)
    return;
  if (exec.session->cancelled.load(std::memory_order_relaxed)) {
    int32_t none = XF_OK;
    exec.status.compare_exchange_strong(none, XF_CANCELLED);
    return;
  }
  Crop crop = findCrop(launch, index);
  const int32_t width = int32_t(launch.spec->output_width);
  Buffer output;
  setBuffer(output,
            launch.output +
                (size_t(crop.row) * size_t(width) + size_t(crop.col)) *
                    sizeof(float),
            XF_ELEM_F32, 2);
  output.dims[0] = halide_dimension_t(crop.col, crop.numCols, 1);
  output.dims[1] = halide_dimension_t(crop.row, crop.numRows, width);

  void *userContext = &context;
  void *args[maxArgs + 2];
  args[0] = static_cast<void *>(&userContext);
  const uint32_t numArgs = launch.spec->num_args;
  for (uint32_t arg = 0; arg < numArgs; ++arg) {
    const uint32_t kind = launch.spec->args[arg].kind;
    args[arg + 1] = kind == XF_ARG_SEQ_BEGIN
                        ? static_cast<void *>(&crop.sequenceBegin)
                    : kind == XF_ARG_SEQ_LENGTH
                        ? static_cast<void *>(&crop.sequenceLength)
                        : static_cast<void *>(&launch.inputs[arg].header);
  }
  args[numArgs + 1] = &output.header;
  context.error[0] = '\0';
  if (int32_t code = crop.kernel(args))
    reportKernel(launch, context, code);
}

static void runTimedTask(void *data, uint32_t index, KernelContext &context) {
  const uint64_t start = nanoseconds();
  runTask(data, index, context);
  static_cast<Launch *>(data)->busyNs.fetch_add(nanoseconds() - start,
                                                std::memory_order_relaxed);
}

/// Sets the tiles of `launch` and returns how many tasks they make.
static int64_t split(Launch &launch) {
  xf_session &session = *launch.exec->session;
  const xf_launch &spec = *launch.spec;
  const int32_t sequences = launch.exec->sequences;
  launch.outputRows = spec.kind == XF_LAUNCH_POOL || spec.rows_are_sequences
                          ? sequences
                          : launch.exec->rows;
  if (isByRows(spec)) {
    launch.tiling = findTiling(launch, launch.outputRows, launch.outputRows);
    return int64_t(launch.tiling.rowTiles) * launch.tiling.colTiles;
  }
  int64_t tasks = 0;
  for (int32_t place = 0; place < sequences; ++place) {
    session.taskBegin[place] = int32_t(tasks);
    const int32_t sequence = session.order[place];
    const int32_t length =
        session.sequenceBegin[sequence + 1] - session.sequenceBegin[sequence];
    const Tiling tiling = findSequenceTiling(launch, length);
    tasks += int64_t(tiling.rowTiles) * tiling.colTiles;
    if (tasks > INT32_MAX)
      return tasks;
  }
  return tasks;
}

/// Finds the variants for the model's target; returns what is wrong with them,
/// or NULL.
static const char *setVariants(Launch &launch) {
  const xf_model &model = *launch.exec->session->model;
  const xf_launch &spec = *launch.spec;
  const int32_t first = spec.first_variant[model.target];
  if (!spec.variants || first < 0)
    return "it has no variants";
  launch.variants = spec.variants + first;
  for (int32_t index = 0; index < XF_MAX_VARIANTS; ++index) {
    const xf_variant &variant = launch.variants[index];
    if (variant.kernel >= model.kernels().num_kernels)
      return "its kernel is out of range";
    if (variant.max_rows == 0)
      return nullptr;
  }
  return "its variants do not end";
}

/// Runs the launch; `counters`, unless NULL, are its op's.
static int32_t runLaunch(xf_exec *exec, const xf_launch *spec,
                         OpCounters *counters) {
  xf_session &session = *exec->session;
  if (spec->num_args > maxArgs || spec->kind > XF_LAUNCH_POOL)
    return badLaunch(*exec, *spec,
                     "its kind or number of arguments is out of range");
  if (spec->output_width == 0 || spec->output_offset > session.arenaWidth ||
      spec->output_width > session.arenaWidth - spec->output_offset)
    return badLaunch(*exec, *spec, "its output lies outside the arena");
  if (exec->status.load() != XF_OK)
    return exec->status.load();

  Launch launch;
  launch.exec = exec;
  launch.spec = spec;
  if (const char *wrong = setVariants(launch))
    return badLaunch(*exec, *spec, wrong);
  launch.output =
      reinterpret_cast<uint8_t *>(arenaAddress(session, spec->output_offset));
  for (uint32_t index = 0; index < spec->num_args; ++index)
    if (const char *wrong = setInput(launch, index))
      return badLaunch(*exec, *spec, wrong);
  const int64_t tasks = split(launch);
  if (tasks > INT32_MAX)
    return badLaunch(*exec, *spec, "its grain makes too many tasks");

  session.model->pool.run(
      session.team, counters ? runTimedTask : runTask, &launch, uint32_t(tasks),
      isByRows(*spec) ? Share::Parts : Share::InOrder, session.context);
  if (counters) {
    counters->launches += 1;
    counters->tasks += uint64_t(tasks);
    counters->busyNs += launch.busyNs.load();
    counters->rows += uint64_t(launch.outputRows);
    if (spec->kind == XF_LAUNCH_SEQUENCE)
      counters->pairs += countPairs(*exec);
  }
  return exec->status.load();
}

} // namespace xf::rt

extern "C" int32_t xf_rt_launch(xf_exec *exec, const xf_launch *spec) {
  using namespace xf::rt;
  xf_session &session = *exec->session;
  if (!session.profile || spec->op_index >= session.model->program->num_ops)
    return runLaunch(exec, spec, nullptr);
  const uint64_t start = nanoseconds();
  OpCounters &counters = session.profile[spec->op_index];
  const int32_t status = runLaunch(exec, spec, &counters);
  counters.wallNs += nanoseconds() - start;
  return status;
}
