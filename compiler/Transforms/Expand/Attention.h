// The attention branch of a sublayer: from its input to what the residual sum
// adds. Everything of one branch passes through an AttentionState; what chains
// the branches of a stack (first values, handed-on logits, rotation angles)
// stays in the AttentionExpander.
#pragma once

#include "compiler/Transforms/Expand/AttentionOptions.h"
#include "compiler/Transforms/Expand/Expander.h"

#include <string>

namespace xf::expand {

/// One attention of a model. The three inputs are the same rows unless the
/// stack mixes its layers; for cross attention `k` and `v` are the context.
struct AttentionBranch {
  enum class Kind { Self, Cross, Pool };
  Kind kind;
  std::string prefix; ///< of its weights, `layers.0.`
  Value q, k, v;
  AttentionOptions options;
};

/// Rows that follow from positions only, made at the first use of a run.
struct PositionRows {
  /// Cosines, then sines, of what queries, keys and a context's keys turn by.
  Value queryAngles, keyAngles, contextAngles;
  /// The bias of all heads at distance i - j = row, and at -row.
  Value biasBehind, biasAhead;
  /// Rows of the sequence and of its context.
  Value numRows, numKeys;
};

/// Expands the attentions of one run through the stack, in the order in which
/// they run. A second run (a loop, another entry) takes another expander.
class AttentionExpander {
public:
  explicit AttentionExpander(Expander &expander) : e(expander) {}

  Value expand(const AttentionBranch &branch);

private:
  /// What an attention hands on to the next of its kind.
  struct Chain {
    AttentionOp last;
    Value firstValues;
  };

  Expander &e;
  Chain self, cross;
  PositionRows positions;
};

} // namespace xf::expand
