// The rules of RuleTable.h, applied to a model.
#pragma once

#include "dsl/KnobView.h"
#include "dsl/RuleTable.h"

namespace xf::dsl {

/// Checks every rule on a model, or on one side of an XTransformer.
void checkPairRules(const ModelView &view, DiagnosticEngine &diags);

} // namespace xf::dsl
