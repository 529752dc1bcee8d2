// Runs one launch: describes its buffers to Halide once, splits the output into
// crops, and calls the kernel on each over the pool. How a launch splits
// depends on the program and the batch only, never on the number of threads.
#include "runtime/src/launch.h"

#include "runtime/src/arguments.h"
#include "runtime/src/cpu.h"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>

namespace xf::rt {

namespace {

/// Results that a launch may have besides its output.
constexpr uint32_t maxPairOutputs = 2;

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
  Buffer inputs[XF_MAX_ARGS];
  uint32_t pairOutputs[maxPairOutputs]; // arguments that it writes
  uint32_t numPairOutputs = 0;
  uint8_t *output;
  int32_t outputRows;              // rows that are computed
  Tiling tiling;                   // of all rows (ROWS only)
  std::atomic<uint64_t> busyNs{0}; // only counted for a profile
};

/// The part of the output that one task computes.
struct Crop {
  xf_kernel_fn kernel = nullptr;
  int32_t row = 0, numRows = 0, col = 0, numCols = 0;
  int32_t sequence = 0;
  int32_t begin[XF_NUM_SPACES] = {}, length[XF_NUM_SPACES] = {}; // of sequence
};

} // namespace

static int32_t divideUp(int32_t value, int32_t unit) {
  return int32_t((int64_t(value) + unit - 1) / unit);
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

/// Describes argument `index`; returns what is wrong with it, or NULL.
static const char *setInput(Launch &launch, uint32_t index) {
  const xf_arg &arg = launch.spec->args[index];
  const char *wrong =
      describeArgument(*launch.exec, *launch.spec, arg, launch.inputs[index]);
  if (wrong || !arg.is_output)
    return wrong;
  if (launch.numPairOutputs == maxPairOutputs)
    return "it has too many outputs";
  launch.pairOutputs[launch.numPairOutputs++] = index;
  return nullptr;
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

static Tiling findSequenceTiling(const Launch &launch, int32_t sequence) {
  const xf_exec &exec = *launch.exec;
  const xf_launch &spec = *launch.spec;
  return findTiling(launch, sequenceRows(exec, spec.length_space, sequence),
                    sequenceRows(exec, spec.space, sequence));
}

static Crop findCrop(const Launch &launch, uint32_t task) {
  const xf_exec &exec = *launch.exec;
  Crop crop;
  Tiling tiling = launch.tiling;
  int32_t tile = int32_t(task), firstRow = 0, numRows = launch.outputRows;
  if (!isByRows(*launch.spec)) {
    const uint32_t place = findSequence(exec, task);
    const int32_t sequence = exec.session->order[place];
    tile -= exec.session->taskBegin[place];
    crop.sequence = sequence;
    for (uint32_t space = 0; space < XF_NUM_SPACES; ++space) {
      crop.begin[space] = sequenceBegin(exec, space, sequence);
      crop.length[space] = sequenceRows(exec, space, sequence);
    }
    tiling = findSequenceTiling(launch, sequence);
    firstRow = crop.begin[launch.spec->space];
    numRows = crop.length[launch.spec->space];
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

static void *findArgument(Launch &launch, Crop &crop, uint32_t index) {
  const xf_arg &arg = launch.spec->args[index];
  switch (arg.kind) {
  case XF_ARG_SEQ_BEGIN:
    return &crop.begin[arg.space];
  case XF_ARG_SEQ_LENGTH:
    return &crop.length[arg.space];
  case XF_ARG_SEQUENCE:
    return &crop.sequence;
  }
  return &launch.inputs[index].header;
}

/// `part` becomes the crop's rows of `whole`, pairs of all heads and of keys as
/// many as the sequence has at most, in whole blocks: a kernel fills all of
/// them.
static void cropRows(Buffer &part, const Buffer &whole, const Crop &crop,
                     const xf_entry &entry) {
  const halide_dimension_t &rows = whole.dims[2];
  setBuffer(part,
            whole.header.host +
                size_t(crop.row) * size_t(rows.stride) * sizeof(float),
            XF_ELEM_F32, 3);
  const int32_t tokens = crop.length[XF_SPACE_TOKENS],
                context = crop.length[XF_SPACE_CONTEXT];
  const size_t keys =
      roundUp(size_t(tokens > context ? tokens : context) + entry.extra_keys,
              XF_ROW_PAD);
  part.dims[0] = halide_dimension_t(0, int32_t(keys), 1);
  part.dims[1] = whole.dims[1];
  part.dims[2] = halide_dimension_t(crop.row, crop.numRows, rows.stride);
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

  Buffer pairs[maxPairOutputs];
  void *userContext = &context;
  void *args[XF_MAX_ARGS + 2];
  uint32_t next = 0;
  args[next++] = static_cast<void *>(&userContext);
  for (uint32_t arg = 0; arg < launch.spec->num_args; ++arg)
    if (!launch.spec->args[arg].is_output)
      args[next++] = findArgument(launch, crop, arg);
  args[next++] = &output.header;
  for (uint32_t number = 0; number < launch.numPairOutputs; ++number) {
    cropRows(pairs[number], launch.inputs[launch.pairOutputs[number]], crop,
             *launch.exec->entry);
    args[next++] = &pairs[number].header;
  }
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
  launch.outputRows = spec.space == XF_SPACE_TOKENS ? launch.exec->rows
                      : spec.space == XF_SPACE_CONTEXT
                          ? launch.exec->contextRows
                          : sequences;
  if (isByRows(spec)) {
    launch.tiling = findTiling(launch, launch.outputRows, launch.outputRows);
    return int64_t(launch.tiling.rowTiles) * launch.tiling.colTiles;
  }
  int64_t tasks = 0;
  for (int32_t place = 0; place < sequences; ++place) {
    session.taskBegin[place] = int32_t(tasks);
    const Tiling tiling = findSequenceTiling(launch, session.order[place]);
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

/// Whether any variant makes more than one crop of a row.
static bool isCutInColumns(const Launch &launch) {
  for (const xf_variant *variant = launch.variants;; ++variant) {
    if (variant->grain_cols > 0 &&
        uint32_t(variant->grain_cols) < launch.spec->output_width)
      return true;
    if (variant->max_rows == 0)
      return false;
  }
}

static bool hasFittingSpaces(const xf_launch &spec) {
  const bool bySequence = spec.space == XF_SPACE_SEQUENCES;
  if (spec.space >= XF_NUM_SPACES || spec.length_space >= XF_NUM_SPACES)
    return false;
  return spec.kind == XF_LAUNCH_ROWS ||
         (spec.length_space != XF_SPACE_SEQUENCES &&
          (spec.kind == XF_LAUNCH_POOL) == bySequence);
}

/// Runs the launch; `counters`, unless NULL, are its op's.
static int32_t runLaunch(xf_exec *exec, const xf_launch *spec,
                         OpCounters *counters) {
  xf_session &session = *exec->session;
  if (spec->num_args > XF_MAX_ARGS || spec->kind > XF_LAUNCH_POOL)
    return badLaunch(*exec, *spec,
                     "its kind or number of arguments is out of range");
  if (!hasFittingSpaces(*spec))
    return badLaunch(*exec, *spec, "its space does not fit its kind");
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
  if (launch.numPairOutputs > 0 && isByRows(*spec))
    return badLaunch(*exec, *spec, "it writes pairs, but not by sequence");
  if (launch.numPairOutputs > 0 && isCutInColumns(launch))
    return badLaunch(*exec, *spec,
                     "its grain cuts columns, which its second output has not");
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
      counters->pairs += countPairs(*exec, *spec);
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
