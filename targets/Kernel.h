// Description of a kernel: everything a candidate table, a schedule or the
// tuner may ask about it. Plain C++; no MLIR and no Halide, so that a pass can
// decide without seeing either.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace xf::targets {

enum class KernelKind { Gemm, Attention, Rowwise, Gather, Map };

/// y[r, n] = epilogue(sum_k x[r, k] w[k, n], vectors[n]..., rows[r, n]...)
struct GemmDesc {
  int64_t k = 0, n = 0;
  int vectors = 0; ///< extra operands of length n
  int rows = 0;    ///< extra operands of shape rows x n

  bool operator==(const GemmDesc &) const = default;
};

/// Which rows an operand that regions read has: those of the queries, of the
/// keys (where these are in another space), or one per sequence.
enum class ReadSpace { Queries, Keys, Sequences };

/// An operand of `width` columns that the regions of attention read.
struct AttentionRows {
  int64_t width = 0;
  ReadSpace space = ReadSpace::Queries;

  bool operator==(const AttentionRows &) const = default;
};

/// What makes weights of scores. `Queries`: a softmax over the query rows, then
/// the keys of a row are divided by their sum.
enum class Normalizer { Softmax, Sigmoid, OneHot, Signed, Queries };

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

  // What the regions read.
  std::vector<AttentionRows> rows = {};
  std::vector<int64_t> pairs = {};               ///< heads of each pair operand
  std::vector<std::vector<int64_t>> tables = {}; ///< logical extents

  // Keys.
  bool crossKeys = false;   ///< k and v are in another space than q
  bool zeroKey = false;     ///< the first extra key: 0, of value 0
  int64_t memoryKeys = 0;   ///< extra keys a kv head, after it
  bool sink = false;        ///< one more logit a head, of no value
  bool emptyIsZero = false; ///< a row whose keys are all masked is 0

  // What takes the variant `kept`.
  bool hasAliveMod = false;
  bool preMix = false, postMix = false, gateMix = false;
  bool scoresIn = false, scoresOut = false;
  bool l2Distance = false, selective = false;
  bool suffixSums =
      false;        ///< scores are sums over the kept keys from theirs on
  int64_t topK = 0; ///< 0: all keys
  Normalizer normalizer = Normalizer::Softmax;
  int64_t copeLength = 0; ///< rows of the table; 0: none
  bool copeMix = false;

  /// Keys before those of the sequence.
  int64_t extraKeys() const { return memoryKeys + (zeroKey ? 1 : 0); }
  /// Whether there are the arguments key_begin, key_length and sequence.
  bool hasKeyScalars() const;
  /// Whether heads, or steps after the softmax, need all scores of a block of
  /// queries: variant `kept`, and no other.
  bool keepsScores() const;

  bool operator==(const AttentionDesc &) const = default;
};

enum class Combine { Add, Max, Min };

struct RowwiseDesc {
  bool overSequence =
      false; ///< reduce the rows of a sequence instead of the columns of a row
  int64_t width = 0;
  std::vector<Combine> stages;
  int vectors = 0, rows = 0;
  /// Equal parts of a row that are reduced each on its own; regions see columns
  /// and width of their part.
  int64_t groups = 1;

  bool operator==(const RowwiseDesc &) const = default;
};

/// Which index of the call picks the table's row; `Other`: a named input.
enum class GatherIndex { Ids, Positions, Types, Other };

struct GatherDesc {
  int64_t width = 0;
  std::vector<GatherIndex> tables;

  bool operator==(const GatherDesc &) const = default;
};

/// An operand of a map.
struct MapOperand {
  int64_t width = 0;
  bool perSequence = false; ///< one row per sequence, the result's are others
  bool otherRows = false;   ///< read at other rows of the sequence

  bool operator==(const MapOperand &) const = default;
};

/// y[r, c] = region(c, i, n): elementwise, with computed reads; see hk.map.
struct MapDesc {
  int64_t width = 0;
  std::vector<MapOperand> operands = {};
  std::vector<std::vector<int64_t>> tables = {}; ///< logical extents
  /// Whether there are the arguments row_index, row_length and row_sequence.
  bool usesBatch = false;

  bool operator==(const MapDesc &) const = default;
};

struct KernelDesc {
  KernelKind kind = KernelKind::Gemm;
  std::string name; ///< the symbol, alike on all targets
  GemmDesc gemm;
  AttentionDesc attention;
  RowwiseDesc rowwise;
  GatherDesc gather;
  MapDesc map;
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
/// `rowwise`, `gather`, `map`.
const char *kindName(KernelKind kind);

} // namespace xf::targets
