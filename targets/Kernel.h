// Description of a kernel: everything a candidate table, a schedule or the
// tuner may ask about it. Plain C++; no MLIR and no Halide, so that a pass can
// decide without seeing either.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace xf::targets {

enum class KernelKind { Gemm, Attention, Rowwise, Gather };

/// y[r, n] = epilogue(sum_k x[r, k] w[k, n], vectors[n]..., rows[r, n]...)
struct GemmDesc {
  int64_t k = 0, n = 0;
  int vectors = 0; ///< extra operands of length n
  int rows = 0;    ///< extra operands of shape rows x n

  bool operator==(const GemmDesc &) const = default;
};

/// One sequence of `n` rows per call; see hk.attention.
struct AttentionDesc {
  int64_t heads = 0, kvHeads = 0, headDim = 0, valueDim = 0;
  int64_t qOffset = 0, kOffset = 0, vOffset = 0;
  int64_t qWidth = 0, kWidth = 0,
          vWidth = 0; ///< widths of the operands the heads are columns of
  float scale = 1;
  bool hasScoreMod = false, hasMaskMod = false;
  bool sharedQKV =
      false; ///< q, k and v are columns of one operand (one buffer argument)

  bool operator==(const AttentionDesc &) const = default;
};

enum class Combine { Add, Max, Min };

struct RowwiseDesc {
  bool overSequence =
      false; ///< reduce the rows of a sequence instead of the columns of a row
  int64_t width = 0;
  std::vector<Combine> stages;
  int vectors = 0, rows = 0;

  bool operator==(const RowwiseDesc &) const = default;
};

/// Which index of the call picks the table's row.
enum class GatherIndex { Ids, Positions, Types };

struct GatherDesc {
  int64_t width = 0;
  std::vector<GatherIndex> tables;

  bool operator==(const GatherDesc &) const = default;
};

struct KernelDesc {
  KernelKind kind = KernelKind::Gemm;
  std::string name; ///< the symbol, alike on all targets
  GemmDesc gemm;
  AttentionDesc attention;
  RowwiseDesc rowwise;
  GatherDesc gather;
  /// Functions of the scalar regions, a word each: `_erf`. Not part of the key:
  /// they change what a kernel costs, not which configs are legal.
  std::string math;
};

/// The shape as text, without the name and the scalar regions: `gemm k=384
/// n=1152 vectors=1 rows=0`. Equal keys mean that the same configs are legal
/// and that a measurement of one holds for the other, so it is what tuning
/// records and caches (together with the regions' text) are keyed by.
std::string kernelKey(const KernelDesc &desc);

/// The name of a kind as it appears in keys and tables: `gemm`, `attention`,
/// `rowwise`, `gather`.
const char *kindName(KernelKind kind);

} // namespace xf::targets
