// Runs one launch: describes its buffers to Halide once, splits the output into
// crops, and calls the kernel on each over the pool. How a launch splits
// depends on the program and the batch only, never on the number of threads.
#include "runtime/src/launch.h"

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

/// What the tasks of a launch share; read-only while they run.
struct Launch {
  xf_exec *exec;
  const xf_launch *spec;
  xf_kernel_fn kernel;
  Buffer inputs[maxArgs];
  uint8_t *output;
  int32_t outputRows; // rows that are computed
  int32_t grainRows, grainCols;
  int32_t rowTiles, colTiles; // rowTiles: of the whole call (ROWS only)
};

/// The part of the output that one task computes.
struct Crop {
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

/// Sequence by sequence: finds which one a task belongs to, and which tile of
/// it the task is.
static uint32_t findSequence(const xf_exec &exec, uint32_t task) {
  const int32_t *begin = exec.session->taskBegin;
  uint32_t low = 0, high = uint32_t(exec.sequences);
  while (high - low > 1) {
    const uint32_t middle = low + (high - low) / 2;
    (uint32_t(begin[middle]) <= task ? low : high) = middle;
  }
  return low;
}

static Crop findCrop(const Launch &launch, uint32_t task) {
  const xf_exec &exec = *launch.exec;
  const int32_t *begin = exec.session->sequenceBegin;
  Crop crop;
  int32_t rowTile, colTile, firstRow = 0, numRows = launch.outputRows;
  if (launch.spec->kind == XF_LAUNCH_POOL) {
    rowTile = int32_t(task) / launch.colTiles;
    colTile = int32_t(task) % launch.colTiles;
    crop.sequenceBegin = begin[rowTile];
    crop.sequenceLength = begin[rowTile + 1] - begin[rowTile];
  } else {
    int32_t tile = int32_t(task), rowTiles = launch.rowTiles;
    if (launch.spec->kind == XF_LAUNCH_SEQUENCE) {
      const uint32_t sequence = findSequence(exec, task);
      tile -= exec.session->taskBegin[sequence];
      firstRow = crop.sequenceBegin = begin[sequence];
      numRows = crop.sequenceLength = begin[sequence + 1] - begin[sequence];
      rowTiles = divideUp(numRows, launch.grainRows);
    }
    // Rows change fastest: neighbouring tasks then share the larger operand of
    // a gemm, its block of weights.
    rowTile = tile % rowTiles;
    colTile = tile / rowTiles;
  }
  const int32_t rowInRange = rowTile * launch.grainRows;
  crop.row = firstRow + rowInRange;
  crop.numRows = numRows - rowInRange < launch.grainRows ? numRows - rowInRange
                                                         : launch.grainRows;
  crop.col = colTile * launch.grainCols;
  const int32_t width = int32_t(launch.spec->output_width);
  crop.numCols =
      width - crop.col < launch.grainCols ? width - crop.col : launch.grainCols;
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
  if (int32_t code = launch.kernel(args))
    reportKernel(launch, context, code);
}

/// Sets the tiles of `launch` and returns how many tasks they make.
static int64_t split(Launch &launch) {
  xf_session &session = *launch.exec->session;
  const xf_launch &spec = *launch.spec;
  const uint32_t target = session.model->target;
  const int32_t width = int32_t(spec.output_width),
                sequences = launch.exec->sequences;
  launch.grainCols =
      spec.grain_cols[target] > 0 ? spec.grain_cols[target] : width;
  launch.colTiles = divideUp(width, launch.grainCols);
  launch.outputRows = spec.kind == XF_LAUNCH_POOL || spec.rows_are_sequences
                          ? sequences
                          : launch.exec->rows;
  launch.grainRows = spec.kind == XF_LAUNCH_POOL   ? 1
                     : spec.grain_rows[target] > 0 ? spec.grain_rows[target]
                                                   : launch.outputRows;
  launch.rowTiles = divideUp(launch.outputRows, launch.grainRows);
  if (spec.kind != XF_LAUNCH_SEQUENCE)
    return int64_t(launch.rowTiles) * launch.colTiles;
  int64_t tasks = 0;
  for (int32_t sequence = 0; sequence < sequences; ++sequence) {
    session.taskBegin[sequence] = int32_t(tasks);
    const int32_t length =
        session.sequenceBegin[sequence + 1] - session.sequenceBegin[sequence];
    tasks += int64_t(divideUp(length, launch.grainRows)) * launch.colTiles;
    if (tasks > INT32_MAX)
      return tasks;
  }
  return tasks;
}

} // namespace xf::rt

extern "C" int32_t xf_rt_launch(xf_exec *exec, const xf_launch *spec) {
  using namespace xf::rt;
  xf_session &session = *exec->session;
  const xf_model &model = *session.model;
  if (spec->kernel >= model.program->num_kernels || spec->num_args > maxArgs ||
      spec->kind > XF_LAUNCH_POOL)
    return badLaunch(*exec, *spec,
                     "its kernel, kind or number of arguments is out of range");
  if (spec->output_width == 0 || spec->output_offset > session.arenaWidth ||
      spec->output_width > session.arenaWidth - spec->output_offset)
    return badLaunch(*exec, *spec, "its output lies outside the arena");
  if (exec->status.load() != XF_OK)
    return exec->status.load();

  Launch launch;
  launch.exec = exec;
  launch.spec = spec;
  launch.kernel = model.kernels().kernels[spec->kernel];
  launch.output =
      reinterpret_cast<uint8_t *>(arenaAddress(session, spec->output_offset));
  for (uint32_t index = 0; index < spec->num_args; ++index)
    if (const char *wrong = setInput(launch, index))
      return badLaunch(*exec, *spec, wrong);
  const int64_t tasks = split(launch);
  if (tasks > INT32_MAX)
    return badLaunch(*exec, *spec, "its grain makes too many tasks");

  Job &job = session.job;
  job.task = runTask;
  job.data = &launch;
  job.numTasks = uint32_t(tasks);
  job.maxThreads = session.threads;
  session.model->pool.run(job, session.context);
  return exec->status.load();
}
