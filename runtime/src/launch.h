// One running call, and the launches that its host program asks for.
#pragma once

#include "runtime/src/session.h"

#include <atomic>

/// Lives on the stack of `encode`. Workers reach it through a launch.
struct xf_exec {
  xf_session *session = nullptr;
  const xf_entry *entry = nullptr;
  int32_t rows = 0;        ///< of the stack, in this piece
  int32_t contextRows = 0; ///< in this piece
  int32_t sequences = 0;   ///< rows of the caller's batch in this piece
  /// By space, whether the session's row tables are those of this piece.
  bool hasTables[XF_NUM_SPACES] = {};
  std::atomic<int32_t> status{
      XF_OK};             ///< the first failure; tasks after it do nothing
  char message[640] = ""; ///< its text; written by whoever set `status`, read
                          ///< once the launch is over
};

namespace xf::rt {

/// The first row that a sequence of the piece has in `space`, and how many.
inline int32_t sequenceBegin(const xf_exec &exec, uint32_t space,
                             int32_t sequence) {
  const int32_t *begin = exec.session->begin[space];
  return begin ? begin[sequence] : sequence;
}
inline int32_t sequenceRows(const xf_exec &exec, uint32_t space,
                            int32_t sequence) {
  const int32_t *begin = exec.session->begin[space];
  return begin ? begin[sequence + 1] - begin[sequence] : 1;
}

} // namespace xf::rt
