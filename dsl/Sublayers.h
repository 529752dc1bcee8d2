// The sublayers of a stack, as its knobs lay them out.
#pragma once

#include "dsl/KnobView.h"

namespace xf::dsl {

/// Why a stack has no layout: a message about knob `knob`.
struct LayoutProblem {
  std::string knob, other, message;
};

/// A letter for each sublayer in the order of definition: `a` attention, `c`
/// cross attention, `f` feed-forward. Empty where `depth` is missing or
/// `problem` (if given) says why there is none.
std::string sublayersOf(const KnobView &stack,
                        std::optional<LayoutProblem> *problem = nullptr);

} // namespace xf::dsl
