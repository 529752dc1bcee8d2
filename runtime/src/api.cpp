// The table that a library hands out, and the checks of the two contracts: a
// member of xf.h or of program.h that moves stops the build here.
#include "runtime/src/encode.h"
#include "runtime/src/entry.h"
#include "runtime/src/profile.h"
#include "runtime/src/program.h"
#include "runtime/src/session.h"
#include "runtime/src/status.h"

namespace xf::rt {

static xf_status modelOpen(const xf_model_options *options, xf_model **model) {
  return openModel(xf_program_instance, options, model);
}

// In the order of xf.h.
static constexpr xf_api table = {
    sizeof(xf_api),
    XF_ABI_VERSION,
    0,
    lastError,
    statusName,
    modelOpen,
    closeModel,
    describeModel,
    modelInfo,
    workspaceSize,
    createSession,
    destroySession,
    setThreads,
    encode,
    states,
    checkRows,
    cancelSession,
    readProfile,
    resetProfile,
    run,
    entryInfo,
};

// Version 1.0: append, never move.
static_assert(offsetof(xf_api, last_error) == 16 &&
              offsetof(xf_api, status_name) == 24);
static_assert(offsetof(xf_api, model_open) == 32 &&
              offsetof(xf_api, model_close) == 40);
static_assert(offsetof(xf_api, model_describe) == 48 &&
              offsetof(xf_api, model_info) == 56);
static_assert(offsetof(xf_api, workspace_size) == 64 &&
              offsetof(xf_api, session_create) == 72);
static_assert(offsetof(xf_api, session_destroy) == 80 &&
              offsetof(xf_api, set_threads) == 88);
static_assert(offsetof(xf_api, encode) == 96 &&
              offsetof(xf_api, states) == 104 &&
              offsetof(xf_api, check) == 112);
static_assert(offsetof(xf_api, cancel) == 120);
// Version 1.1.
static_assert(offsetof(xf_api, profile_read) == 128 &&
              offsetof(xf_api, profile_reset) == 136);
static_assert(offsetof(xf_session_options, profile) == 16);
// Version 1.2.
static_assert(offsetof(xf_api, run) == 144 &&
              offsetof(xf_api, entry_info) == 152);
static_assert(offsetof(xf_model_info, num_entries) == 56);

} // namespace xf::rt

extern "C" XF_EXPORT const xf_api *xf_get_api(uint32_t version) {
  const bool sameMajor = version >> 16 == XF_ABI_MAJOR;
  return sameMajor && (version & 0xffff) <= XF_ABI_MINOR ? &xf::rt::table
                                                         : nullptr;
}
