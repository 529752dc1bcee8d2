// The working state of one caller: arena, index buffers, scratch. Everything a
// call needs is reserved here, so that the call itself allocates nothing.
#pragma once

#include "runtime/src/arena.h"
#include "runtime/src/model.h"
#include "runtime/src/profile.h"
#include "runtime/src/program.h"

#include <atomic>

namespace xf::rt {
struct Source;
}

/// Used by one thread at a time: `busy` answers a second one. `cancelled` is
/// the one field any thread may set.
struct xf_session {
  xf_model *model = nullptr;
  uint32_t threads = 1;
  uint32_t maxTokens = 0;   ///< most rows of a space in one piece
  uint32_t rowCapacity = 0; ///< rows that every buffer below and the arena have
  uint64_t arenaWidth = 0;  ///< floats a row of the arena
  std::atomic<bool> busy{false};
  std::atomic<bool> cancelled{false};

  xf::rt::Mapping memory; ///< holds the arena and the buffers
  float *arena = nullptr;
  /// The second arena: keyCapacity x rowCapacity floats for each of the
  /// program's floats per row and key. NULL: it has no pairs.
  float *pairs = nullptr;
  uint32_t keyCapacity = 0; ///< keys that a row of pairs has room for
  uint32_t pairsWidth = 0;  ///< floats a row and key
  uint32_t numIndices = 0;
  int32_t *indices[XF_MAX_INDICES] = {}; ///< by xf_index
  /// By space, where each sequence of the piece starts, and the end. NULL for
  /// sequences, whose rows they are.
  int32_t *begin[XF_NUM_SPACES] = {};
  /// By space and kind of argument from XF_ARG_ROW_INDEX on; made when a launch
  /// first asks for them.
  int32_t *rowTables[XF_NUM_SPACES][3] = {};
  xf::rt::Source *sources = nullptr; ///< of the inputs of the running call
  /// The piece's sequences, the longest first: what is begun last is short.
  int32_t *order = nullptr;
  /// First task of each sequence of `order` in a launch.
  int32_t *taskBegin = nullptr;

  /// One an op of the program; NULL unless the session was created with
  /// `profile`.
  xf::rt::OpCounters *profile = nullptr;

  xf::rt::Team team;
  xf::rt::KernelContext context; ///< of the calling thread
};

namespace xf::rt {

/// The rows that `tokens` take in a buffer: kernels may read and write some
/// past the last.
constexpr uint32_t paddedRows(uint32_t tokens) {
  return uint32_t(roundUp(tokens, XF_ROW_PAD)) + XF_ROW_PAD;
}

xf_status workspaceSize(const xf_model *model,
                        const xf_session_options *options, size_t *bytes);
xf_status createSession(xf_model *model, const xf_session_options *options,
                        xf_session **session);
xf_status destroySession(xf_session *session);
xf_status setThreads(xf_session *session, uint32_t threads);
xf_status cancelSession(xf_session *session);

/// Marks a session busy for its scope; `acquired` is false if another call has
/// it.
class BusyGuard {
public:
  explicit BusyGuard(xf_session &session)
      : session(session), acquired(!session.busy.exchange(true)) {}
  ~BusyGuard() {
    if (acquired)
      session.busy.store(false);
  }
  BusyGuard(const BusyGuard &) = delete;
  BusyGuard &operator=(const BusyGuard &) = delete;

private:
  xf_session &session;

public:
  const bool acquired;
};

} // namespace xf::rt
