// A library of xfc, as any caller has it: loaded at run time, through xf.h
// alone. Nothing here knows how it was compiled.
#pragma once

#include "xf/xf.h"

#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace xf::profile {

/// Rows of token ids, joined, as the C ABI takes them.
struct Workload {
  std::string name; ///< 8x128, or the file it was read from
  std::vector<int32_t> ids;
  std::vector<int64_t> offsets{0};

  size_t rows() const { return offsets.size() - 1; }
  size_t tokens() const { return ids.size(); }
};

struct OpenOptions {
  std::string path;
  std::string target; ///< kernel set; empty: the strongest that the CPU runs
  std::string
      weights; ///< weights file or its folder; empty: beside the library
  uint32_t threads = 0; ///< 0: the model's default
};

/// An open model with one session that counts what its ops cost. Used by one
/// thread. The library stays loaded until the program ends, so that what its
/// counters name lives as long.
class Library {
public:
  /// Errors: no library, none of xfc, one without counters, and whatever
  /// opening it says.
  static llvm::Expected<Library> open(const OpenOptions &options);
  Library(Library &&other);
  Library &operator=(Library &&) = delete;
  ~Library();

  const xf_model_info &info() const { return sizes; }
  /// Threads that the session uses.
  uint32_t threads() const { return usedThreads; }
  /// The entry that `run` calls: `encode`, or `states` where there is none.
  const char *entryName() const;
  /// What the library says of itself: JSON.
  llvm::Expected<std::string> describe() const;

  /// Whether the model takes the rows.
  llvm::Error check(const Workload &workload) const;
  /// Runs the entry once; the result stays here.
  llvm::Error run(const Workload &workload);

  llvm::Error resetCounters();
  /// One element an op, in the same order each time.
  llvm::Expected<std::vector<xf_op_profile>> readCounters() const;

private:
  explicit Library(const xf_api *api) : api(api) {}
  llvm::Error result(xf_status status) const;

  const xf_api *api;
  xf_model *model = nullptr;
  xf_session *session = nullptr;
  xf_model_info sizes = {};
  uint32_t usedThreads = 0;
  std::vector<float> output;
};

} // namespace xf::profile
