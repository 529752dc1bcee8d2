// Rules between knobs: what cannot be combined, what depends on another knob,
// what would be dropped without a word.
#pragma once

#include "dsl/Diagnostics.h"
#include "dsl/Sema.h"

namespace xf::dsl {

/// Checks every model of `spec`, whose single knobs are right. Reports an error
/// for each contradiction and a warning for each knob that another one leaves
/// without effect; both name both knobs and point at both.
void checkKnobRules(const CheckedSpec &spec, DiagnosticEngine &diags);

/// The same for one model, with the sides of an XTransformer.
void checkKnobRules(const CheckedModel &model, DiagnosticEngine &diags);

} // namespace xf::dsl
