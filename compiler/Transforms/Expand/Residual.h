// How the outputs of branches join the residual stream: the rules that one
// stream has, and the several streams of hyper connections.
#pragma once

#include "compiler/Transforms/Expand/Expander.h"

#include <memory>

namespace xf::expand {

/// One run of a stack holds one. The stream is a value of `dim` columns, or of
/// `dim` for each of several streams, one after the other.
class ResidualRule {
public:
  virtual ~ResidualRule() = default;

  /// How often `dim` the stream is wide.
  virtual int64_t streams() const { return 1; }
  /// The stream from the rows that enter the stack, and back at the end.
  virtual Value enter(Value x) { return x; }
  virtual Value leave(Value x) { return x; }
  /// What the branch reads of stream `x`: one view, or one each for queries,
  /// keys and values.
  virtual SmallVector<Value> open(const Sublayer &, Value x, unsigned) {
    return {x};
  }
  /// The stream after `sub`, which was opened on `x` and gave `out`.
  virtual Value close(const Sublayer &sub, Value x, Value out) = 0;
};

std::unique_ptr<ResidualRule> makeResidualRule(Expander &e);

/// HyperConnections.cpp
std::unique_ptr<ResidualRule> makeHyperConnections(Expander &e);
/// GatedStreams.cpp
std::unique_ptr<ResidualRule> makeGatedStreams(Expander &e);
/// SequenceResiduals.cpp: rules that look at the whole sequence.
std::unique_ptr<ResidualRule> makeOrthogonalResidual(Expander &e);
std::unique_ptr<ResidualRule> makeMeanSplitResidual(Expander &e);

/// The residual before any rule: `x`, times `scale_residual`'s gain.
Value scaledResidual(Expander &e, const Sublayer &sub, Value x);

} // namespace xf::expand
