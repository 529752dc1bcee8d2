// RAII over xf.h for C++20.
// Header only: move-only handles; a status that is not XF_OK becomes an
// xf::Error with the library's message.
#pragma once

#include <xf/xf.h>

#include <dlfcn.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace xf {

/// A failed call: its status and the library's text.
class Error : public std::runtime_error {
public:
  Error(xf_status status, const std::string &message)
      : std::runtime_error(message), code(status) {}
  xf_status status() const noexcept { return code; }

private:
  xf_status code;
};

/// Throws what the calling thread's last failure in `api` was, unless `status`
/// is XF_OK.
inline void check(const xf_api *api, xf_status status) {
  if (status != XF_OK)
    throw Error(status, std::string(api->status_name(status)) + ": " +
                            api->last_error());
}

/// A library loaded at run time. Must outlive every Model opened from it; may
/// be used by any thread.
class Library {
public:
  /// Loads `path` (as dlopen takes it) and asks it for the table that this
  /// header was written for.
  explicit Library(const std::string &path)
      : handle(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (!handle)
      throw Error(XF_INVALID_ARGUMENT, dlerror());
    auto getApi = reinterpret_cast<xf_get_api_fn>(dlsym(handle, "xf_get_api"));
    table = getApi ? getApi(XF_ABI_VERSION) : nullptr;
    if (!table) {
      dlclose(std::exchange(handle, nullptr));
      throw Error(XF_NOT_SUPPORTED,
                  "`" + path + "` " +
                      (getApi ? "speaks another version of xf.h"
                              : "exports no `xf_get_api`"));
    }
  }
  Library(Library &&other) noexcept
      : handle(std::exchange(other.handle, nullptr)), table(other.table) {}
  Library &operator=(Library &&other) noexcept {
    std::swap(handle, other.handle);
    std::swap(table, other.table);
    return *this;
  }
  ~Library() {
    if (handle)
      dlclose(handle);
  }

  const xf_api *api() const noexcept { return table; }

private:
  void *handle;
  const xf_api *table = nullptr;
};

/// Rows of token ids joined into one array: what xf_batch points at, owned.
class Rows {
public:
  Rows() = default;
  Rows(std::initializer_list<std::vector<int32_t>> rows) {
    for (const std::vector<int32_t> &row : rows)
      add(row);
  }

  void add(std::span<const int32_t> row) {
    joined.insert(joined.end(), row.begin(), row.end());
    offsets.push_back(static_cast<int64_t>(joined.size()));
  }
  std::size_t size() const noexcept { return offsets.size() - 1; }
  std::size_t numIds() const noexcept { return joined.size(); }

  /// Valid until the next add.
  xf_batch batch() const noexcept {
    xf_batch result;
    xf_batch_init(&result);
    result.ids = joined.data();
    result.num_ids = joined.size();
    result.offsets = offsets.data();
    result.num_rows = size();
    return result;
  }

private:
  std::vector<int32_t> joined;
  std::vector<int64_t> offsets{0};
};

/// Values of a named input: what xf_feed points at, owned. `offsets`: see
/// xf_feed; empty for inputs that have none.
class Feed {
public:
  Feed(std::string name, std::vector<float> values,
       std::vector<int64_t> offsets = {})
      : label(std::move(name)), floats(std::move(values)),
        starts(std::move(offsets)) {}
  Feed(std::string name, std::vector<int32_t> values,
       std::vector<int64_t> offsets = {})
      : label(std::move(name)), integers(std::move(values)), isFloat(false),
        starts(std::move(offsets)) {}

  /// Valid as long as this is neither changed nor moved.
  xf_feed view() const noexcept {
    xf_feed result;
    xf_feed_init(&result);
    result.name = label.c_str();
    result.type = isFloat ? XF_F32 : XF_I32;
    result.data = isFloat ? static_cast<const void *>(floats.data())
                          : static_cast<const void *>(integers.data());
    result.count = isFloat ? floats.size() : integers.size();
    result.offsets = starts.empty() ? nullptr : starts.data();
    return result;
  }

private:
  std::string label;
  std::vector<float> floats;
  std::vector<int32_t> integers;
  bool isFloat = true;
  std::vector<int64_t> starts;
};

/// Options with the fields' defaults, to be changed by the caller.
inline xf_model_options modelOptions() noexcept {
  xf_model_options options;
  xf_model_options_init(&options);
  return options;
}
inline xf_session_options sessionOptions() noexcept {
  xf_session_options options;
  xf_session_options_init(&options);
  return options;
}

/// An open model: immutable, usable by any thread, and to outlive its sessions.
class Model {
public:
  explicit Model(const xf_api *api,
                 const xf_model_options &options = modelOptions())
      : table(api) {
    if (!api)
      throw Error(XF_NOT_SUPPORTED,
                  "the library speaks another version of xf.h");
    check(table, table->model_open(&options, &handle));
  }
  Model(Model &&other) noexcept
      : table(other.table), handle(std::exchange(other.handle, nullptr)) {}
  Model &operator=(Model &&other) noexcept {
    std::swap(table, other.table);
    std::swap(handle, other.handle);
    return *this;
  }
  ~Model() {
    if (handle)
      static_cast<void>(!table->model_close(handle));
  }

  /// Closes now, so that an error (live sessions) is seen.
  void close() {
    check(table, table->model_close(handle));
    handle = nullptr;
  }

  std::string describe() const {
    const char *json = nullptr;
    check(table, table->model_describe(handle, &json));
    return json;
  }
  xf_model_info info() const {
    xf_model_info result;
    xf_model_info_init(&result);
    check(table, table->model_info(handle, &result));
    return result;
  }
  /// Every entry point.
  std::vector<xf_entry_info> entries() const {
    std::vector<xf_entry_info> result(info().num_entries);
    for (uint32_t index = 0; index < result.size(); ++index) {
      xf_entry_info_init(&result[index]);
      check(table, table->entry_info(handle, index, &result[index]));
    }
    return result;
  }
  std::size_t
  workspaceSize(const xf_session_options &options = sessionOptions()) const {
    std::size_t bytes = 0;
    check(table, table->workspace_size(handle, &options, &bytes));
    return bytes;
  }

  const xf_api *api() const noexcept { return table; }
  xf_model *get() const noexcept { return handle; }

private:
  const xf_api *table;
  xf_model *handle = nullptr;
};

/// One caller's working state; one thread at a time, but `cancel` from any.
class Session {
public:
  explicit Session(const Model &model,
                   const xf_session_options &options = sessionOptions())
      : table(model.api()), sizes(model.info()) {
    xf::check(table, table->session_create(model.get(), &options, &handle));
  }
  Session(Session &&other) noexcept
      : table(other.table), sizes(other.sizes),
        handle(std::exchange(other.handle, nullptr)) {}
  Session &operator=(Session &&other) noexcept {
    std::swap(table, other.table);
    std::swap(sizes, other.sizes);
    std::swap(handle, other.handle);
    return *this;
  }
  ~Session() {
    if (handle)
      static_cast<void>(!table->session_destroy(handle));
  }

  void setThreads(uint32_t threads) {
    xf::check(table, table->set_threads(handle, threads));
  }
  void cancel() { xf::check(table, table->cancel(handle)); }

  /// What each op has cost since the session was created (with `profile` set)
  /// or the counters were reset. The names live as long as the library.
  std::vector<xf_op_profile> profile() {
    std::size_t count = 0;
    auto read = [&](xf_op_profile *ops, std::size_t capacity) {
      xf::check(table, table->profile_read(handle, ops, sizeof(xf_op_profile),
                                           capacity, &count));
    };
    read(nullptr, 0);
    std::vector<xf_op_profile> ops(count);
    read(ops.data(), ops.size());
    return ops;
  }
  void resetProfile() { xf::check(table, table->profile_reset(handle)); }

  /// Throws what encode or states would throw for the batch; runs nothing.
  void check(const xf_batch &batch) {
    xf::check(table, table->check(handle, &batch));
  }
  /// `out` takes batch.num_rows * info().encode_width floats.
  void encode(const xf_batch &batch, std::span<float> out) {
    xf::check(table, table->encode(handle, &batch, out.data(), out.size()));
  }
  /// `out` takes the batch's tokens * info().states_width floats.
  void states(const xf_batch &batch, std::span<float> out) {
    xf::check(table, table->states(handle, &batch, out.data(), out.size()));
  }
  /// Runs any entry point. `out` takes the result's rows, sequence by sequence;
  /// see xf_entry_info.
  void run(const std::string &entry, const xf_batch &batch,
           std::span<const xf_feed> feeds, std::span<float> out) {
    xf::check(table, table->run(handle, entry.c_str(), &batch, feeds.data(),
                                feeds.size(), out.data(), out.size()));
  }
  /// One vector a row, joined.
  std::vector<float> encode(const Rows &rows) {
    std::vector<float> out(rows.size() * sizes.encode_width);
    encode(rows.batch(), out);
    return out;
  }
  /// One state a token, joined.
  std::vector<float> states(const Rows &rows) {
    std::vector<float> out(rows.numIds() * sizes.states_width);
    states(rows.batch(), out);
    return out;
  }

  /// The model's sizes, as read when the session was created.
  const xf_model_info &info() const noexcept { return sizes; }
  xf_session *get() const noexcept { return handle; }

private:
  const xf_api *table;
  xf_model_info sizes;
  xf_session *handle = nullptr;
};

} // namespace xf
