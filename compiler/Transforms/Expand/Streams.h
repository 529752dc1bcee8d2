// What hyper connections and gated streams share: how several streams lie in
// one row, and how they are entered and left.
#pragma once

#include "compiler/Transforms/Expand/Residual.h"

namespace xf::expand {

/// S streams of `dim` columns, one after the other in each row.
class StreamsRule : public ResidualRule {
public:
  explicit StreamsRule(Expander &e)
      : e(e), dim(e.dim()), count(intKnob(e.stack, "num_residual_streams")) {}

  int64_t streams() const override { return count; }
  Value enter(Value x) override; ///< each stream: x plus its own embedding
  Value leave(Value x) override; ///< their sum

protected:
  Expander &e;
  int64_t dim, count;
};

} // namespace xf::expand
