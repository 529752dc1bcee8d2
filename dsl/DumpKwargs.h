// A checked spec as constructor calls in JSON: what a program in another
// language needs to build the same modules.
#pragma once

#include "dsl/Diagnostics.h"
#include "dsl/Sema.h"

namespace xf::dsl {

/// Prints `{"models": [...]}`, a model each in source order: its `name`,
/// `class`, the `kwargs` that the spec gives (no defaults), xfc's `own` knobs,
/// `functions` (mask_mod, score_mod), `weights` and `policies`. A nested call
/// is
/// `{"$class": name, "kwargs": {...}}`, a list that x-transformers takes as a
/// tuple `{"$tuple": [...]}`; an enum word stays a word. Settings are in the
/// order of the text; those of an imported file come after the importing one's.
void dumpKwargs(const CheckedSpec &spec, const DiagnosticEngine &diags,
                llvm::raw_ostream &os);

} // namespace xf::dsl
