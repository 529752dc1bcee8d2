// What a planned module amounts to: parameters, FLOPs, bytes, one line per op.
// Read by `explain` and by what the library says of itself.
#pragma once

#include "mlir/IR/BuiltinOps.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace xf {

/// One launch of an entry point.
struct OpSummary {
  std::string name;   ///< place in the model: layers.0.attention
  std::string kernel; ///< symbol of the kernel it calls
  std::string kind;   ///< gemm, attention, rowwise, gather
  std::string shape;  ///< sizes in the kernel's own terms: 384 -> 1152
  /// The N of layers.N; none for what is before and after the layers.
  std::optional<int64_t> layer;
  int64_t weightBytes = 0;
  /// Of the weights, what every launch reads once: all but a gather's tables.
  int64_t weightBytesRead = 0;
  /// Bytes that move besides, each counted once: for a row of its inputs
  /// (activations, and the rows of tables it picks), and of its result.
  int64_t bytesReadPerRow = 0, bytesWrittenPerRow = 0;
  int64_t flopsPerRow = 0; ///< multiplications and additions of the products,
                           ///< per row of the result
  int64_t flopsPerRowAndKey =
      0; ///< the same for attention, times the keys that a row sees
  bool inputRowsAreSequences = false;
  bool rowsAreSequences = false;      ///< of its result
  int64_t arenaOffset = 0, width = 0; ///< floats per row
};

struct EntrySummary {
  std::string name;
  bool rowsAreSequences = false;
  int64_t width = 0;      ///< of the result
  int64_t arenaWidth = 0; ///< floats of working memory per token
  std::vector<OpSummary> ops;
};

/// A choice of a kernel's schedule.
struct ConfigSummary {
  std::string target;               ///< x86-64-avx2
  std::string text;                 ///< all of it, as #hk.config prints
  std::string source;               ///< where it came from: heuristic
  std::vector<std::string> records; ///< the tuning records that led to it
};

struct KernelSummary {
  std::string name;
  std::string kind;                   ///< gemm, attention, rowwise, gather
  std::vector<ConfigSummary> configs; ///< one or more per target
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
