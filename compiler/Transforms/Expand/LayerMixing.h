// What a branch reads beside the stream: mixtures of all earlier branch inputs,
// skips from earlier blocks, the stack's own input.
#pragma once

#include "compiler/Transforms/Expand/Expander.h"

namespace xf::expand {

/// One run of a stack holds one; it remembers what earlier sublayers read.
class LayerMixing {
public:
  /// `x` is what enters the stack.
  LayerMixing(Expander &e, Value x);

  /// `unet_skips`: the stream at the start of a later block, joined with that
  /// of its partner. Called with the stream before every sublayer.
  Value skip(const Sublayer &sub, Value x);
  /// The branch's views after `integrate_layers`, `attn_aggregated_residuals`
  /// and the injection of the stack's input or of a condition.
  SmallVector<Value> mix(const Sublayer &sub, SmallVector<Value> views);

private:
  Value inject(const Sublayer &sub, Value y);
  SmallVector<Value> integrate(const Sublayer &sub, Value y);
  Value aggregate(const Sublayer &sub, Value y);

  Expander &e;
  SmallVector<Value> streams; ///< before every sublayer so far
  SmallVector<Value> seen;    ///< what their branches read
  Value injected;             ///< null: nothing
};

} // namespace xf::expand
