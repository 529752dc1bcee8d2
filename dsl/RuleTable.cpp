// The rows of KnobRules.def, and their words.
#include "dsl/RuleTable.h"

#include <initializer_list>

namespace xf::dsl {

namespace {

using Names = std::initializer_list<llvm::StringRef>;

void addGroup(std::vector<PairRule> &rules, llvm::StringRef reason,
              Names names) {
  for (auto a = names.begin(); a != names.end(); ++a)
    for (auto b = std::next(a); b != names.end(); ++b)
      rules.push_back({RuleKind::Exclusive, *a, *b, reason, ""});
}

void addEach(std::vector<PairRule> &rules, RuleKind kind,
             llvm::StringRef reason, llvm::StringRef b, Names names) {
  for (llvm::StringRef a : names)
    rules.push_back({kind, a, b, reason, ""});
}

std::vector<PairRule> readRules() {
  std::vector<PairRule> rules;
#define XF_ONE_OF(reason, ...) addGroup(rules, reason, {__VA_ARGS__});
#define XF_EXCLUSIVE(a, b, reason)                                             \
  rules.push_back({RuleKind::Exclusive, #a, #b, reason, ""});
#define XF_EXCLUSIVE_WITH(b, reason, ...)                                      \
  addEach(rules, RuleKind::Exclusive, reason, #b, {__VA_ARGS__});
#define XF_EXCLUSIVE_WHEN(when, a, b, reason)                                  \
  rules.push_back({RuleKind::Exclusive, #a, #b, reason, when});
#define XF_IGNORED(a, b, reason)                                               \
  rules.push_back({RuleKind::Ignored, #a, #b, reason, ""});
#define XF_IGNORED_WITH(b, reason, ...)                                        \
  addEach(rules, RuleKind::Ignored, reason, #b, {__VA_ARGS__});
#define XF_REQUIRES(a, b, reason)                                              \
  rules.push_back({RuleKind::Requires, #a, #b, reason, ""});
#define XF_REQUIRES_WITH(b, reason, ...)                                       \
  addEach(rules, RuleKind::Requires, reason, #b, {__VA_ARGS__});
#define XF_PLANNED(a, b, reason)                                               \
  rules.push_back({RuleKind::Planned, #a, #b, reason, ""});
#define XF_NOT_CROSS(reason, ...)                                              \
  addEach(rules, RuleKind::NotCross, reason, "cross_attend", {__VA_ARGS__});
#define XF_NEEDS(b, ...) addEach(rules, RuleKind::Needs, "", #b, {__VA_ARGS__});
#define XF_DROPS(prefix, b)                                                    \
  rules.push_back({RuleKind::Drops, prefix, #b, "", ""});
#include "dsl/KnobRules.def"
  return rules;
}

/// A knob of a rule with what it says about it.
std::string knobText(llvm::StringRef name) {
  bool isFalse = name.consume_front("!");
  return "`" + name.str() + (isFalse ? " = false`" : "`");
}

bool isAbout(llvm::StringRef ruleKnob, llvm::StringRef knob) {
  ruleKnob.consume_front("!");
  return ruleKnob == knob;
}

std::string relation(const PairRule &rule, bool isFirst) {
  std::string other = knobText(isFirst ? rule.b : rule.a);
  switch (rule.kind) {
  case RuleKind::Exclusive:
    return "excludes " + other;
  case RuleKind::Ignored:
    return (isFirst ? "is refused beside " : "leaves no room for ") + other;
  case RuleKind::Requires:
    return (isFirst ? "requires " : "is required by ") + other;
  case RuleKind::Needs:
    return (isFirst ? "has no effect without " : "is what gives effect to ") +
           other;
  case RuleKind::Planned:
    return "is not supported yet beside " + other;
  case RuleKind::NotCross:
    return "excludes " + other + ", unless `cross_" + rule.a.str() +
           "` is false";
  case RuleKind::Drops:
    return isFirst ? "has no effect beside " + other
                   : "leaves no room for `" + rule.a.str() + "*`";
  }
  return "";
}

/// The value a rule is about, where it is false.
std::string value(const PairRule &rule, bool isFirst) {
  return (isFirst ? rule.a : rule.b).starts_with("!") ? "false " : "";
}

} // namespace

llvm::ArrayRef<PairRule> pairRules() {
  static const std::vector<PairRule> rules = readRules();
  return rules;
}

std::vector<std::string> describeRules(llvm::StringRef knob) {
  std::vector<std::string> lines;
  for (const PairRule &rule : pairRules()) {
    bool isFirst = rule.kind == RuleKind::Drops ? knob.starts_with(rule.a)
                                                : isAbout(rule.a, knob);
    if (!isFirst && !isAbout(rule.b, knob))
      continue;
    std::string line = value(rule, isFirst) + relation(rule, isFirst);
    if (!rule.when.empty())
      line += ", where " + knobText(rule.when.ltrim('!')) +
              (rule.when.starts_with("!") ? " is off" : " is on");
    if (!rule.reason.empty())
      line += ": " + rule.reason.str();
    lines.push_back(line);
  }
  return lines;
}

} // namespace xf::dsl
