// Settings to knobs: paths, groups, stacks and classes, duplicates, and what is
// missing.
#pragma once

#include "dsl/Expressions.h"
#include "dsl/Sema.h"

namespace xf::dsl {

/// Applies the settings of `body` to `model`, whose class is set. `derived`:
/// the model started as a copy of its base, so settings override and nothing is
/// required anew. `lostItems`: a syntax error may have swallowed what is
/// missing.
void resolveModel(const Block &body, CheckedModel &model, bool derived,
                  bool lostItems, Constants &constants,
                  DiagnosticEngine &diags);

/// Checks the settings of a `refine` or `generate`.
void resolvePolicy(const PolicyDecl &decl, KnobOwner owner,
                   CheckedPolicy &policy, bool lostItems, Constants &constants,
                   DiagnosticEngine &diags);

/// Checks the settings of a `sweep` over knobs of `model`.
void resolveSweep(const PolicyDecl &decl, const CheckedModel &model,
                  CheckedPolicy &policy, Constants &constants,
                  DiagnosticEngine &diags);

/// The class of a stack, or of a model, which may be a stack too. Reports a
/// name that is none, or that is refused; null then. A class that is not
/// supported yet is reported and returned.
const ClassInfo *resolveClass(const Name &name, bool wantStack,
                              DiagnosticEngine &diags);

} // namespace xf::dsl
