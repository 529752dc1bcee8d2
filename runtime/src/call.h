// One call of an entry point: the caller's batch and feeds, once checked.
#pragma once

#include "runtime/src/entry.h"
#include "runtime/src/session.h"

namespace xf::rt {

/// Where the values of an input come from in a call.
struct Source {
  bool given = false; ///< false: the input's fill
  uint32_t type = XF_F32;
  const void *data = nullptr;
  const int64_t *offsets = nullptr; ///< rows of each sequence, or NULL
  size_t count = 0;                 ///< values in data
  size_t next = 0; ///< first value of the next sequence, where there are no
                   ///< offsets: scatter `all` and pairs
};

/// A call of one entry. Sources live in the session: one an input, in the
/// entry's order, and one for `prepend_mask`.
struct Call {
  xf_session *session = nullptr;
  const xf_entry *entry = nullptr;
  xf_batch batch = {};
  Source *sources = nullptr;
  const Source *startPositions = nullptr; ///< of `seq_start_pos`, or NULL
  /// Where each sequence's prepended and context rows are in their feeds; NULL:
  /// there are none.
  const int64_t *prependOffsets = nullptr, *contextOffsets = nullptr;
  uint64_t rowsLeft = 0; ///< rows of the stack that are still to be run
  float *out = nullptr;

  Source &prependMask() const { return sources[entry->num_inputs]; }
  int64_t tokensOf(size_t row) const {
    return batch.offsets[row + 1] - batch.offsets[row];
  }
  int64_t prependedOf(size_t row) const {
    return prependOffsets ? prependOffsets[row + 1] - prependOffsets[row] : 0;
  }
  int64_t contextOf(size_t row) const {
    return contextOffsets ? contextOffsets[row + 1] - contextOffsets[row] : 0;
  }
  uint64_t rowsOf(size_t row) const {
    return stackRows(*entry, uint64_t(tokensOf(row)),
                     uint64_t(prependedOf(row)));
  }
};

/// Copies the caller's batch into `call` and checks all that it points at, but
/// for lengths that feeds have a part in.
xf_status readBatch(Call &call, const xf_batch *given);
/// That each row fits into the session, and counts them; after readFeeds.
xf_status checkLengths(Call &call);
/// Finds the source of each input of the entry and checks the feeds; after
/// readBatch.
xf_status readFeeds(Call &call, const xf_feed *feeds, size_t numFeeds);

/// The position of sequence `row`'s token that counts as 0, and all before it.
int64_t startPosition(const Call &call, size_t row);

/// Loads sequences from `first` on into the session, as many as fit; returns
/// the one after the last.
size_t loadPiece(Call &call, size_t first, xf_exec &exec);
/// Writes the inputs of the piece's sequences, the first of which is `first`.
void loadInputs(Call &call, size_t first, const xf_exec &exec);
/// Copies the piece's result to `out`; returns what follows it.
float *storeResult(const Call &call, size_t first, const xf_exec &exec,
                   float *out);

} // namespace xf::rt
