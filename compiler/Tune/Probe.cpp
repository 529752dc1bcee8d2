// Objects are linked in memory (LLVM's JITLink) against this program's copy of
// the runtime; the program that the runtime runs is written by hand, with one
// variant a launch that is overwritten between calls.
#include "compiler/Tune/Probe.h"

#include "runtime/src/encode.h"
#include "runtime/src/launch.h"
#include "runtime/src/session.h"

#include "llvm/ExecutionEngine/JITLink/JITLinkMemoryManager.h"
#include "llvm/ExecutionEngine/Orc/Core.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h"
#include "llvm/Support/MemoryBuffer.h"

#include <HalideRuntime.h>
#include <fmt/format.h>

#include <chrono>
#include <cstring>
#include <dirent.h>
#include <random>

using namespace llvm;

namespace xf::tune {
namespace {

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

/// Objects of the same names side by side: each in a library of its own, on top
/// of Halide's runtime and the hooks of ours.
class Loader {
public:
  static Expected<std::unique_ptr<Loader>> create(ArrayRef<char> runtime) {
    auto control = orc::SelfExecutorProcessControl::Create();
    if (!control)
      return control.takeError();
    std::unique_ptr<Loader> loader(new Loader(std::move(*control)));
    if (Error error = loader->addRuntime(runtime))
      return std::move(error);
    return loader;
  }

  ~Loader() {
    if (Error error = session.endSession())
      consumeError(std::move(error));
  }

  Expected<xf_kernel_fn> add(const CodeObject &code) {
    orc::JITDylib &library =
        session.createBareJITDylib("kernel" + std::to_string(count++));
    library.addToLinkOrder(*runtimeLibrary);
    if (Error error = layer.add(library, buffer(code.bytes)))
      return std::move(error);
    auto symbol = session.lookup({&library}, code.function);
    if (!symbol)
      return symbol.takeError();
    return symbol->getAddress().toPtr<xf_kernel_fn>();
  }

private:
  explicit Loader(std::unique_ptr<orc::ExecutorProcessControl> control)
      : session(std::move(control)),
        layer(session, session.getExecutorProcessControl().getMemMgr()) {
    session.setErrorReporter(
        [](Error error) { consumeError(std::move(error)); });
  }

  static std::unique_ptr<MemoryBuffer> buffer(ArrayRef<char> bytes) {
    return MemoryBuffer::getMemBuffer(StringRef(bytes.data(), bytes.size()),
                                      "kernel",
                                      /*RequiresNullTerminator=*/false);
  }

  /// Our versions of the hooks first: Halide's are weak and give way.
  Error addRuntime(ArrayRef<char> bytes) {
    runtimeLibrary = &session.createBareJITDylib("runtime");
    orc::SymbolMap hooks;
    auto hook = [&](const char *name, auto *function) {
      hooks[session.intern(name)] = {orc::ExecutorAddr::fromPtr(function),
                                     JITSymbolFlags::Exported |
                                         JITSymbolFlags::Callable};
    };
    hook("halide_malloc", &halide_malloc);
    hook("halide_free", &halide_free);
    hook("halide_error", &halide_error);
    hook("halide_print", &halide_print);
    hook("halide_do_par_for", &halide_do_par_for);
    if (Error error =
            runtimeLibrary->define(orc::absoluteSymbols(std::move(hooks))))
      return error;
    auto process =
        orc::DynamicLibrarySearchGenerator::GetForCurrentProcess('\0');
    if (!process)
      return process.takeError();
    runtimeLibrary->addGenerator(std::move(*process));
    return layer.add(*runtimeLibrary, buffer(bytes));
  }

  orc::ExecutionSession session;
  orc::ObjectLinkingLayer layer;
  orc::JITDylib *runtimeLibrary = nullptr;
  size_t count = 0;
};

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

using Clock = std::chrono::steady_clock; // 25 ns a reading (Zen 5)

/// Seconds that the threads of this process were ready to run and waited, since
/// they began; 0 where the system does not tell.
double readyDelay() {
  DIR *folder = opendir("/proc/self/task");
  if (!folder)
    return 0;
  double sum = 0;
  while (dirent *entry = readdir(folder)) {
    if (entry->d_name[0] == '.')
      continue;
    std::string path =
        std::string("/proc/self/task/") + entry->d_name + "/schedstat";
    unsigned long long running = 0, waiting = 0;
    if (FILE *file = fopen(path.c_str(), "re")) {
      if (fscanf(file, "%llu %llu", &running, &waiting) == 2)
        sum += double(waiting) * 1e-9;
      fclose(file);
    }
  }
  closedir(folder);
  return sum;
}

Error runtimeError(const char *what) {
  return createStringError(Twine(what) + ": " + xf::rt::lastError());
}

} // namespace

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

struct Probe::State {
  const Workload &work;
  ArrayRef<Variant> variants;
  std::unique_ptr<Loader> loader;
  std::vector<xf_kernel_fn> functions;
  xf::rt::Mapping weights;

  std::vector<xf_variant> current; ///< by launch: what it runs as
  std::vector<xf_launch> launches;
  std::vector<const char *> names;
  xf_target target{};
  xf_entry entry{};
  xf_program program{};
  xf_model *model = nullptr;
  xf_session *session = nullptr;

  // The batch, and where its results go.
  std::vector<int32_t> ids;
  std::vector<int64_t> offsets;
  std::vector<float> out;

  // What the running pass does.
  PassTimes *times = nullptr;
  const Check *checking = nullptr;
  ArrayRef<uint32_t> assignment;

  /// The runtime calls entry points without a word of ours: one probe of a
  /// process runs at a time, this one.
  static State *running;

  State(const Workload &work, ArrayRef<Variant> variants)
      : work(work), variants(variants) {}
  ~State() {
    if (session)
      (void)xf::rt::destroySession(session);
    if (model)
      (void)xf::rt::closeModel(model);
  }

  Error fillWeights();
  void writeProgram(const targets::Machine &machine);
  Error open(uint32_t threads);
  Error encode(ArrayRef<int64_t> lengths, uint32_t threads);

  void choose(size_t launch, uint32_t variant) {
    const Variant &v = variants[variant];
    current[launch] = {0, uint32_t(v.code), v.grainRows, v.grainCols};
  }
  int32_t runLaunches(xf_exec *exec);
  int32_t checkKernel(xf_exec *exec, size_t launch);
  MutableArrayRef<float> result(const xf_exec *exec, size_t launch) const;
};

Probe::State *Probe::State::running = nullptr;

Error Probe::State::fillWeights() {
  if (!weights.allocate(work.weightBytes + 64))
    return createStringError("no memory for the weights");
  std::minstd_rand random(1);
  for (const WorkWeight &weight : work.weights) {
    auto *values = reinterpret_cast<float *>(weights.data() + weight.offset);
    const float unit = 2 * weight.scale / float(random.max());
    for (uint64_t i = 0; i < weight.floats; ++i)
      values[i] = weight.center - weight.scale + unit * float(random());
  }
  return Error::success();
}

void Probe::State::writeProgram(const targets::Machine &machine) {
  current.resize(work.launches.size());
  for (const WorkLaunch &launch : work.launches) {
    xf_launch out{};
    out.kind = launch.kind;
    out.num_args = uint32_t(launch.args.size());
    out.output_width = launch.outputWidth;
    out.op_index = uint32_t(launches.size());
    out.output_offset = launch.outputOffset;
    out.variants = &current[launches.size()];
    out.args = launch.args.data();
    out.space = launch.rowsAreSequences ? XF_SPACE_SEQUENCES : XF_SPACE_TOKENS;
    launches.push_back(out);
    names.push_back(launch.name.c_str());
  }
  target.name = machine.name.c_str();
  target.kernels = functions.data();
  target.features = machine.cpuFeatures;
  target.num_kernels = uint32_t(functions.size());
  const WorkLaunch &last = work.launches.back();
  entry.name = "encode";
  entry.run = [](xf_exec *exec) { return running->runLaunches(exec); };
  entry.arena_width = work.arenaWidth;
  entry.result_offset = last.outputOffset;
  entry.result_width = last.outputWidth;
  entry.result_space =
      last.rowsAreSequences ? XF_SPACE_SEQUENCES : XF_SPACE_TOKENS;
  entry.takes_ids = 1;
  entry.num_tokens = uint32_t(work.numTokens);
  entry.max_seq_len = uint32_t(work.maxSeqLen);
  program.magic = XF_PROGRAM_MAGIC;
  program.version = XF_PROGRAM_VERSION;
  program.num_targets = program.num_entries = 1;
  program.name = work.model.c_str();
  program.describe_json = "{}";
  program.targets = &target;
  program.entries = &entry;
  program.weights = weights.data();
  program.weights_bytes = work.weightBytes;
  program.op_names = names.data();
  program.num_ops = uint32_t(names.size());
  program.max_seq_len = uint32_t(work.maxSeqLen);
  program.num_tokens = uint32_t(work.numTokens);
  program.num_token_types = uint32_t(work.tokenTypes);
}

Error Probe::State::open(uint32_t threads) {
  xf_model_options modelOptions;
  xf_model_options_init(&modelOptions);
  modelOptions.threads = threads;
  if (xf::rt::openModel(program, &modelOptions, &model) != XF_OK)
    return runtimeError("cannot open the model");
  xf_session_options options;
  xf_session_options_init(&options);
  if (xf::rt::createSession(model, &options, &session) != XF_OK)
    return runtimeError("cannot create a session");
  return Error::success();
}

Error Probe::State::encode(ArrayRef<int64_t> lengths, uint32_t threads) {
  ids.clear();
  offsets.assign(1, 0);
  for (int64_t length : lengths)
    offsets.push_back(offsets.back() + length);
  std::minstd_rand random(2);
  for (int64_t i = 0; i < offsets.back(); ++i)
    ids.push_back(int32_t(random() % unsigned(work.numTokens)));
  out.resize(size_t(entry.result_space == XF_SPACE_SEQUENCES ? lengths.size()
                                                             : ids.size()) *
             entry.result_width);
  xf_batch batch;
  xf_batch_init(&batch);
  batch.ids = ids.data();
  batch.num_ids = ids.size();
  batch.offsets = offsets.data();
  batch.num_rows = lengths.size();
  if (xf::rt::setThreads(session, threads) != XF_OK)
    return runtimeError("cannot set the threads");
  running = this;
  if (xf::rt::encode(session, &batch, out.data(), out.size()) != XF_OK)
    return runtimeError("cannot run the model");
  return Error::success();
}

int32_t Probe::State::runLaunches(xf_exec *exec) {
  std::vector<bool> seen(work.kernels.size());
  for (size_t i = 0; i < launches.size(); ++i) {
    const auto start = Clock::now();
    if (int32_t status = xf_rt_launch(exec, &launches[i]))
      return status;
    if (times)
      times->seconds[i] =
          std::chrono::duration<double>(Clock::now() - start).count();
    if (checking && !seen[work.launches[i].kernel]) {
      seen[work.launches[i].kernel] = true;
      if (int32_t status = checkKernel(exec, i))
        return status;
    }
  }
  return 0;
}

MutableArrayRef<float> Probe::State::result(const xf_exec *exec,
                                            size_t launch) const {
  const WorkLaunch &l = work.launches[launch];
  const size_t rows = size_t(l.rowsAreSequences ? exec->sequences : exec->rows);
  return {session->arena + l.outputOffset * session->rowCapacity,
          rows * l.outputWidth};
}

/// Runs the launch again as each variant of its kernel that is asked for. A
/// launch does not write its inputs, so it can be repeated; its result is wiped
/// in between.
int32_t Probe::State::checkKernel(xf_exec *exec, size_t launch) {
  const WorkLaunch &l = work.launches[launch];
  MutableArrayRef<float> place = result(exec, launch);
  const std::vector<float> wanted(place.begin(), place.end());
  for (uint32_t v = 0; v < variants.size(); ++v) {
    if (variants[v].kernel != l.kernel || !checking->asks(v))
      continue;
    choose(launch, v);
    std::fill(place.begin(), place.end(), -77.25f);
    if (int32_t status = xf_rt_launch(exec, &launches[launch])) {
      // The variant's failure, not the model's.
      checking->verdict(v, false, exec->message);
      exec->status.store(XF_OK);
      exec->message[0] = '\0';
      (void)status;
      continue;
    }
    size_t at = 0;
    while (at < wanted.size() &&
           std::memcmp(&place[at], &wanted[at], sizeof(float)) == 0)
      ++at;
    checking->verdict(v, at == wanted.size(),
                      at == wanted.size()
                          ? ""
                          : fmt::format("row {}, column {} is {}, not {}",
                                        at / l.outputWidth, at % l.outputWidth,
                                        place[at], wanted[at]));
  }
  choose(launch, assignment[launch]);
  std::copy(wanted.begin(), wanted.end(), place.begin());
  return 0;
}

//===----------------------------------------------------------------------===//
// Probe
//===----------------------------------------------------------------------===//

Probe::Probe() = default;
Probe::~Probe() = default;

Expected<std::unique_ptr<Probe>>
Probe::create(const Workload &work, const targets::Machine &machine,
              ArrayRef<CodeObject> code, ArrayRef<char> runtime,
              ArrayRef<Variant> variants, uint32_t threads,
              function_ref<void(size_t)> loading) {
  std::unique_ptr<Probe> probe(new Probe);
  probe->state = std::make_unique<State>(work, variants);
  State &state = *probe->state;
  auto loader = Loader::create(runtime);
  if (!loader)
    return loader.takeError();
  state.loader = std::move(*loader);
  for (const CodeObject &object : code) {
    loading(state.functions.size());
    auto function = state.loader->add(object);
    if (!function)
      return function.takeError();
    state.functions.push_back(*function);
  }
  loading(SIZE_MAX); // what fails from here on is nobody's fault
  if (Error error = state.fillWeights())
    return std::move(error);
  state.writeProgram(machine);
  if (Error error = state.open(threads))
    return std::move(error);
  return probe;
}

Error Probe::run(ArrayRef<int64_t> lengths, uint32_t threads,
                 ArrayRef<uint32_t> assignment, PassTimes &times) {
  for (size_t i = 0; i < assignment.size(); ++i)
    state->choose(i, assignment[i]);
  times.seconds.assign(assignment.size(), 0);
  state->times = &times;
  state->checking = nullptr;
  const double delayBefore = readyDelay();
  Error error = state->encode(lengths, threads);
  times.delay = readyDelay() - delayBefore;
  times.wall = 0;
  for (double seconds : times.seconds)
    times.wall += seconds;
  return error;
}

Error Probe::check(ArrayRef<int64_t> lengths, uint32_t threads,
                   ArrayRef<uint32_t> assignment, const Check &check) {
  for (size_t i = 0; i < assignment.size(); ++i)
    state->choose(i, assignment[i]);
  state->times = nullptr;
  state->checking = &check;
  state->assignment = assignment;
  return state->encode(lengths, threads);
}

} // namespace xf::tune
