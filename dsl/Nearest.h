// "did you mean": the nearest spelling among the names that would have been
// right.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <optional>

namespace xf::dsl {

/// The name of `names` that `word` is nearest to, at most a third of its
/// letters (rounded up: two letters swapped in a short word are two edits)
/// away; none for words too short to tell.
template <typename Range>
std::optional<llvm::StringRef> nearestName(llvm::StringRef word,
                                           const Range &names) {
  std::optional<llvm::StringRef> best;
  unsigned bound =
      word.size() < 3 ? 0 : static_cast<unsigned>(word.size() + 2) / 3 + 1;
  for (llvm::StringRef name : names) {
    unsigned distance =
        word.edit_distance(name, /*AllowReplacements=*/true, bound);
    if (distance < bound) {
      bound = distance;
      best = name;
    }
  }
  return best;
}

} // namespace xf::dsl
