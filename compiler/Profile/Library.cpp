// See Library.h.
#include "compiler/Profile/Library.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"

#include <fmt/format.h>

#include <dlfcn.h>

#include <utility>

using namespace xf::profile;

template <typename... Args>
static llvm::Error fail(fmt::format_string<Args...> format, Args &&...args) {
  return llvm::createStringError(
      llvm::inconvertibleErrorCode(), "%s",
      fmt::format(format, std::forward<Args>(args)...).c_str());
}

/// The table of calls of the library at `path`.
static llvm::Expected<const xf_api *> loadTable(const std::string &path) {
  // A name without a slash would be looked up among the system's libraries.
  llvm::SmallString<128> file(path);
  if (std::error_code error = llvm::sys::fs::make_absolute(file))
    return fail("cannot load `{}`: {}", path, error.message());
  if (!llvm::sys::fs::exists(file))
    return fail("there is no library `{}`", path);
  void *handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return fail("cannot load `{}`: {}", path, dlerror());
  auto getApi = reinterpret_cast<xf_get_api_fn>(dlsym(handle, "xf_get_api"));
  if (!getApi)
    return fail("`{}` is no library of xfc: it exports no `xf_get_api`", path);
  if (const xf_api *api = getApi(XF_ABI_VERSION))
    return api;
  if (getApi(XF_ABI_MAJOR << 16))
    return fail("`{}` keeps no counters, it was made by an older xfc; compile "
                "it again",
                path);
  return fail(
      "`{}` speaks another version of xf.h than {}.{}; compile it again", path,
      XF_ABI_MAJOR, XF_ABI_MINOR);
}

llvm::Expected<Library> Library::open(const OpenOptions &options) {
  auto table = loadTable(options.path);
  if (!table)
    return table.takeError();
  Library library(*table);
  const xf_api &api = **table;

  xf_model_options modelOptions;
  xf_model_options_init(&modelOptions);
  modelOptions.target =
      options.target.empty() ? nullptr : options.target.c_str();
  modelOptions.weights =
      options.weights.empty() ? nullptr : options.weights.c_str();
  if (auto error =
          library.result(api.model_open(&modelOptions, &library.model)))
    return error;
  xf_model_info_init(&library.sizes);
  if (auto error =
          library.result(api.model_info(library.model, &library.sizes)))
    return error;

  xf_session_options sessionOptions;
  xf_session_options_init(&sessionOptions);
  sessionOptions.threads = options.threads;
  sessionOptions.profile = 1;
  if (auto error = library.result(
          api.session_create(library.model, &sessionOptions, &library.session)))
    return error;
  library.usedThreads =
      options.threads ? options.threads : library.sizes.threads;
  return library;
}

Library::Library(Library &&other)
    : api(other.api), model(std::exchange(other.model, nullptr)),
      session(std::exchange(other.session, nullptr)), sizes(other.sizes),
      usedThreads(other.usedThreads), output(std::move(other.output)) {}

Library::~Library() {
  // Neither can fail: no call runs, and the session is the model's only one.
  if (session)
    static_cast<void>(!api->session_destroy(session));
  if (model)
    static_cast<void>(!api->model_close(model));
}

llvm::Error Library::result(xf_status status) const {
  if (status == XF_OK)
    return llvm::Error::success();
  return fail("{}: {}", api->status_name(status), api->last_error());
}

const char *Library::entryName() const {
  return sizes.encode_width ? "encode" : "states";
}

llvm::Expected<std::string> Library::describe() const {
  const char *json = nullptr;
  if (auto error = result(api->model_describe(model, &json)))
    return error;
  return std::string(json);
}

static xf_batch batchOf(const Workload &workload) {
  xf_batch batch;
  xf_batch_init(&batch);
  batch.ids = workload.ids.data();
  batch.num_ids = workload.ids.size();
  batch.offsets = workload.offsets.data();
  batch.num_rows = workload.rows();
  return batch;
}

llvm::Error Library::check(const Workload &workload) const {
  const xf_batch batch = batchOf(workload);
  return result(api->check(session, &batch));
}

llvm::Error Library::run(const Workload &workload) {
  const xf_batch batch = batchOf(workload);
  if (sizes.encode_width) {
    output.resize(workload.rows() * sizes.encode_width);
    return result(api->encode(session, &batch, output.data(), output.size()));
  }
  output.resize(workload.tokens() * sizes.states_width);
  return result(api->states(session, &batch, output.data(), output.size()));
}

llvm::Error Library::resetCounters() {
  return result(api->profile_reset(session));
}

llvm::Expected<std::vector<xf_op_profile>> Library::readCounters() const {
  size_t count = 0;
  if (auto error = result(api->profile_read(session, nullptr,
                                            sizeof(xf_op_profile), 0, &count)))
    return error;
  std::vector<xf_op_profile> ops(count);
  if (auto error = result(api->profile_read(
          session, ops.data(), sizeof(xf_op_profile), ops.size(), &count)))
    return error;
  return ops;
}
