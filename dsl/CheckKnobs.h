// One setting against its knob: type, range, words, layers, status.
#pragma once

#include "dsl/Expressions.h"

namespace xf::dsl {

/// The value that `expr` gives to `knob`. Reports a wrong type, a word or
/// number out of range, and what the knob's status says; nullopt after an
/// error, and where the value is `none`, which leaves the knob unset. The value
/// of a refine's `schedule` or `accept` is its text, see CheckedPolicy.
/// `ownerPlanned`: what the knob belongs to was reported as not supported, so
/// the knob is not once more.
std::optional<Value> checkKnobValue(const KnobInfo &knob, const Expr &expr,
                                    SourceRange nameRange, bool ownerPlanned,
                                    Constants &constants,
                                    DiagnosticEngine &diags);

/// The same for a Dict that is written as a group, `name { a = 1 }`.
std::optional<Value> checkKnobEntries(const KnobInfo &knob,
                                      llvm::ArrayRef<Item> items,
                                      SourceRange nameRange, bool ownerPlanned,
                                      Constants &constants,
                                      DiagnosticEngine &diags);

/// The same for a setting of a sweep: a list with a value of the knob in each
/// entry.
std::optional<Value> checkSweepValue(const KnobInfo &knob, const Expr &expr,
                                     SourceRange nameRange,
                                     Constants &constants,
                                     DiagnosticEngine &diags);

} // namespace xf::dsl
