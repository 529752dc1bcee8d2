// What a planned module amounts to: parameters, FLOPs, bytes, one line per op.
// Read by `explain` and by what the library says of itself.
#pragma once

#include "mlir/IR/BuiltinOps.h"

#include <cstdint>
#include <string>
#include <vector>

namespace xf {

/// One launch of an entry point.
struct OpSummary {
  std::string name;   ///< place in the model: layers.0.attention
  std::string kernel; ///< symbol of the kernel it calls
  std::string shape;  ///< sizes in the kernel's own terms: 384 -> 1152
  int64_t weightBytes = 0;
  int64_t flopsPerRow = 0; ///< multiplications and additions of the products,
                           ///< per row of the result
  int64_t flopsPerRowAndKey =
      0; ///< the same for attention, times the keys that a row sees
  bool rowsAreSequences = false;
  int64_t arenaOffset = 0, width = 0; ///< floats per row
};

struct EntrySummary {
  std::string name;
  bool rowsAreSequences = false;
  int64_t width = 0;      ///< of the result
  int64_t arenaWidth = 0; ///< floats of working memory per token
  std::vector<OpSummary> ops;
};

struct KernelSummary {
  std::string name;
  std::vector<std::string> configs; ///< text form, one per target
};

struct ModelSummary {
  std::string name;
  int64_t numTokens = 0, maxSeqLen = 0, tokenTypes = 0;
  int64_t parameters = 0;  ///< elements of all weights
  int64_t weightBytes = 0; ///< as packed
  std::vector<EntrySummary> entries;
  std::vector<KernelSummary> kernels;
};

/// Summarises a module that satisfies the invariant of the plan phase.
ModelSummary summarize(mlir::ModuleOp module);

/// FLOPs of the products for one token of a sequence of `length` tokens,
/// through `entry`.
double flopsPerToken(const EntrySummary &entry, int64_t length);

} // namespace xf
