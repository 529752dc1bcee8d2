// An open model: a checked program, the kernel table that this CPU runs, its
// weights and its threads.
#pragma once

#include "runtime/src/program.h"
#include "runtime/src/status.h"
#include "runtime/src/thread_pool.h"
#include "runtime/src/weights.h"

#include <atomic>

/// Immutable once open, but for the pool and the count of sessions. Owned by
/// the caller of model_open.
struct xf_model {
  const xf_program *program = nullptr;
  uint32_t target = 0; ///< index of the kernel table in use
  uint32_t threads = 1;
  const xf_entry *encode = nullptr, *states = nullptr; ///< NULL: no such entry
  xf::rt::Weights weights;
  char *description = nullptr;
  std::atomic<uint32_t> sessions{0};
  xf::rt::ThreadPool pool;

  ~xf_model();
  const xf_target &kernels() const { return program->targets[target]; }
};

namespace xf::rt {

/// Opens `program`; see model_open in xf.h. Tests give programs of their own.
xf_status openModel(const xf_program &program, const xf_model_options *options,
                    xf_model **model);
xf_status closeModel(xf_model *model);
xf_status describeModel(const xf_model *model, const char **json);
xf_status modelInfo(const xf_model *model, xf_model_info *info);

/// Fills `known` from a caller's struct of another size: fields it has not are
/// 0. Refuses a size that no version had (smaller than `least`). `name` is for
/// the message.
xf_status readStruct(void *known, size_t knownSize, const void *given,
                     size_t least, const char *name);

} // namespace xf::rt
