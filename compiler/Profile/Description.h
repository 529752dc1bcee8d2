// What a library says of its ops: the part of its description that turns
// counted rows into FLOPs and bytes.
#pragma once

#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace xf::profile {

/// Costs of an op, as the compiler knows them; see xf::OpSummary.
struct OpFacts {
  std::string name, kernel, kind;
  std::optional<int64_t> layer;
  std::string config, configSource; ///< of the target in use
  bool inputRowsAreSequences = false;
  double flopsPerRow = 0, flopsPerRowAndKey = 0;
  double weightBytesRead = 0, bytesReadPerRow = 0, bytesWrittenPerRow = 0;
};

struct Description {
  std::string model;
  std::vector<OpFacts> ops; ///< of one entry, in the order they run
};

/// Reads the JSON that a library's `describe` returns. Where a kernel has
/// several configs for `target`, they are joined by "; ".
llvm::Expected<Description> parseDescription(const std::string &json,
                                             const std::string &entry,
                                             const std::string &target);

} // namespace xf::profile
