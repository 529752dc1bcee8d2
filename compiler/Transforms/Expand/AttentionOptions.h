// The knobs of one attention, read once: an attention of the stack, a cross
// attention (which inherits what its own knobs do not say), or one that has
// none.
#pragma once

#include "compiler/Dialect/XF/IR/XF.h"

#include <optional>

namespace xf::expand {

/// A field that is off, false or absent leaves nothing behind. Names of fields
/// follow the knobs, `attn_` and `cross_attn_` left out.
struct AttentionOptions {
  /// Of self (cross) attention `layer`, counted in the order of definition.
  static AttentionOptions self(ir::AttentionLayersOp stack, unsigned layer);
  static AttentionOptions cross(ir::AttentionLayersOp stack, unsigned layer);
  /// Nothing but heads and an output projection.
  static AttentionOptions plain(int64_t heads, int64_t headDim);

  int64_t innerWidth() const { return heads * headDim; }
  int64_t keyWidth() const { return kvHeads * headDim; }
  int64_t valueWidth() const { return heads * valueDim; }
  /// Keys in front of those of the sequence.
  int64_t extraKeys() const { return numMemKv + addZeroKv; }

  int64_t heads = 0, kvHeads = 0, headDim = 0, valueDim = 0;
  bool bias = false;
  std::optional<bool> projectOut;

  /// Queries, keys and values.
  std::optional<int64_t> latentQ, latentKv, latentRopeSubheads;
  bool qkNorm = false, qkNormDimScale = false;
  int64_t qkNormGroups = 1;
  double qkNormScale = 10;
  bool qkRmsnorm = false, kRmsnorm = false, valueRmsnorm = false;
  int64_t numMemKv = 0;
  bool addZeroKv = false;
  std::optional<double> laser; ///< the bound of its clamp
  bool learnedValueMix = false;

  /// Logits.
  std::optional<int64_t> maxAttendPast;
  std::optional<double> softclamp;
  bool preTalkingHeads = false, postTalkingHeads = false,
       preScalePostTalkingHeads = false;
  bool l2Distance = false, selective = false, sink = false;
  std::optional<int64_t> cope; ///< its positions
  bool copeTalkingHeads = false;
  std::optional<int64_t> topK;
  ir::Normalizer normalizer = ir::Normalizer::Softmax;
  bool forgetGates = false, forgetGatesPerRow = false;
  int64_t forgetGatesDim = 8;
  double forgetGatesScale = 1;
  std::optional<int64_t> relProj; ///< its distances
  int64_t relProjBasis = 16;

  /// What follows the weighted sum.
  bool headScale = false, gateValueHeads = false, onAttn = false;
  struct Gate {
    bool on = false, headwise = false;
    std::optional<int64_t> rank;
  };
  Gate valueGate, outputGate;
  bool swigluValues = false, lowRankSilu = true;
  bool orthogValues = false, orthogValuesPerHead = false;
};

} // namespace xf::expand
