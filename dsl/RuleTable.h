// Rules between two knobs, the rows of KnobRules.def in memory: for the checker
// and for the reference. Nothing of the front end is seen here.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace xf::dsl {

enum class RuleKind {
  Exclusive, ///< both on is an error
  Ignored,   ///< `a` would be without effect beside `b`: an error
  Requires,  ///< `a` on and `b` off is an error
  Needs,     ///< `a` is without effect where `b` is off: a warning
  Planned,   ///< both on is not supported yet: an error
  NotCross,  ///< `a` on in a cross attention is an error; `b` is cross_attend
  Drops,     ///< knobs that start with `a` are without effect beside `b`
};

/// `!name` in the place of a knob: it is set to false.
struct PairRule {
  RuleKind kind;
  llvm::StringRef a, b;
  llvm::StringRef reason; ///< empty where the kind says it all
  llvm::StringRef when;   ///< a third knob that must be on, too; `!name`: off
};

/// All rules, in the order of KnobRules.def; a group of knobs of which one may
/// be on is a rule for each pair.
llvm::ArrayRef<PairRule> pairRules();

/// What the rules say about a knob, a line each: "excludes `b`: why".
std::vector<std::string> describeRules(llvm::StringRef knob);

} // namespace xf::dsl
