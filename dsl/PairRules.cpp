// The rules of KnobRules.def, applied: in each layer where both knobs act, for
// self attention and, with what it inherits, for cross attention.
#include "dsl/PairRules.h"

#include "dsl/Expressions.h"

#include "llvm/ADT/STLExtras.h"

namespace xf::dsl {

namespace {

/// Whether a knob of attention is repeated for cross attention.
bool isAttn(llvm::StringRef name) { return name.starts_with("attn_"); }

class PairChecker {
public:
  PairChecker(const ModelView &view, DiagnosticEngine &diags)
      : view(view), diags(diags) {}

  void check(const PairRule &rule) {
    if (!holds(rule.when))
      return;
    switch (rule.kind) {
    case RuleKind::Exclusive:
    case RuleKind::Ignored:
    case RuleKind::Planned:
      return together(rule);
    case RuleKind::Requires:
      return requires_(rule);
    case RuleKind::Needs:
      return needs(rule);
    case RuleKind::NotCross:
      return notCross(rule);
    case RuleKind::Drops:
      return drops(rule);
    }
  }

private:
  bool holds(llvm::StringRef when) const {
    bool wanted = !when.consume_front("!");
    return when.empty() || view.isOnAnywhere(when) == wanted;
  }

  /// The knob of a rule's `name` or `!name`.
  static llvm::StringRef knobOf(llvm::StringRef name) {
    name.consume_front("!");
    return name;
  }

  /// On in the layer; of `!name`: set to false there.
  bool isOn(llvm::StringRef name, size_t layer) const {
    if (!name.consume_front("!"))
      return view.isOn(name, layer);
    return view.find(name) && !view.isOn(name, layer);
  }

  //===--- Both on
  //------------------------------------------------------------===//

  /// Whether a rule about the name has anything to say.
  bool concerns(llvm::StringRef name) const {
    if (name.consume_front("!"))
      return view.find(name);
    return view.isOnAnywhere(name) ||
           (isAttn(name) && view.isOnAnywhere("cross_attend") &&
            view.isOnAnywhere("cross_" + name.str()));
  }

  void together(const PairRule &rule) {
    if (!concerns(rule.a) || !concerns(rule.b))
      return;
    size_t layers =
        std::max(view.layersOf(knobOf(rule.a)), view.layersOf(knobOf(rule.b)));
    for (size_t layer = 0; layer < layers; ++layer)
      if (isOn(rule.a, layer) && isOn(rule.b, layer))
        return reportTogether(rule, knobOf(rule.a).str(), knobOf(rule.b).str());
    if (!view.isOnAnywhere("cross_attend") ||
        (!isAttn(rule.a) && !isAttn(rule.b)))
      return;
    std::string a = inCross(rule.a), b = inCross(rule.b);
    bool isOwn = a.starts_with("cross_") || b.starts_with("cross_");
    if (isOwn && isOnInCross(a) && isOnInCross(b))
      reportTogether(rule, a, b);
  }

  /// The knob that cross attention reads for a knob of attention: its own, or
  /// what it inherits.
  std::string inCross(llvm::StringRef name) const {
    std::string own = "cross_" + name.str();
    return isAttn(name) && view.find(own) ? own : name.str();
  }

  /// A list holds for self attention only.
  bool isOnInCross(const std::string &name) const {
    bool isList = isAttn(name) && view.layersOf(name) > 1;
    return !isList && view.isOnAnywhere(name);
  }

  void reportTogether(const PairRule &rule, const std::string &a,
                      const std::string &b) {
    const auto &kind = rule.kind == RuleKind::Ignored   ? diag::KnobIgnored
                       : rule.kind == RuleKind::Planned ? diag::PairPlanned
                                                        : diag::KnobsExclusive;
    report(a, b, kind, spelled(a), spelled(b), rule.reason);
  }

  void notCross(const PairRule &rule) {
    if (!view.isOnAnywhere("cross_attend"))
      return;
    std::string name = inCross(rule.a);
    if (isOnInCross(name))
      report(name, "cross_attend", diag::KnobsExclusive, spelled(name),
             spelled("cross_attend"), rule.reason);
  }

  //===--- One on, the other off
  //------------------------------------------------------------===//

  void requires_(const PairRule &rule) {
    if (view.isOnAnywhere(rule.a) && !view.isOnAnywhere(rule.b))
      report(rule.a.str(), rule.b.str(), diag::KnobRequires, spelled(rule.a),
             spelled(rule.b), rule.reason);
  }

  void needs(const PairRule &rule) {
    const KnobSetting *setting = view.find(rule.a);
    if (setting && !isFalse(*setting) && !view.isOnAnywhere(rule.b))
      report(rule.a.str(), rule.b.str(), diag::KnobNoEffect, spelled(rule.a),
             "without", spelled(rule.b));
  }

  /// Switching off what is off anyway says nothing that is dropped.
  static bool isFalse(const KnobSetting &setting) {
    auto *boolean = std::get_if<bool>(&setting.value.data);
    return boolean && !*boolean;
  }

  /// What asks for something is refused; a mere size says nothing about what
  /// is not there, which is a warning.
  void drops(const PairRule &rule) {
    if (!view.isOnAnywhere(rule.b))
      return;
    for (const auto &[name, setting] : view.stack.settings()) {
      if (!llvm::StringRef(name).starts_with(rule.a) ||
          setting.knob->status != KnobStatus::Supported)
        continue;
      bool isSize = (setting.knob->type == KnobType::Int ||
                     setting.knob->type == KnobType::Float) &&
                    setting.knob->defaultText != "none";
      if (isSize || !view.isOnAnywhere(name))
        report(name, rule.b.str(), diag::KnobNoEffect, spelled(name), "with",
               spelled(rule.b));
      else
        report(name, rule.b.str(), diag::KnobIgnored, spelled(name),
               spelled(rule.b), "it belongs to what is left out");
    }
  }

  //===--- Messages
  //------------------------------------------------------------===//

  std::string spelled(llvm::StringRef name) const {
    return &view.viewOf(name) == &view.stack || !view.prefix.empty()
               ? view.spelled(name)
               : name.str();
  }

  /// At the first knob that the text sets, with a note at the other one.
  template <typename... Args>
  void report(const std::string &a, const std::string &b,
              const DiagKind<Args...> &kind,
              const std::type_identity_t<Args> &...args) {
    const KnobSetting *primary = view.find(a), *other = view.find(b);
    if (!primary || !primary->nameRange.isValid())
      std::swap(primary, other);
    bool placed = primary && primary->nameRange.isValid();
    DiagnosticBuilder builder = diags.report(
        placed ? primary->nameRange : view.checkedStack.range, kind, args...);
    if (other && other->nameRange.isValid())
      builder.note(other->nameRange, diag::NoteValueHere,
                   spelled(other->knob->name), spell(other->value));
  }

  const ModelView &view;
  DiagnosticEngine &diags;
};

} // namespace

void checkPairRules(const ModelView &view, DiagnosticEngine &diags) {
  PairChecker checker(view, diags);
  for (const PairRule &rule : pairRules())
    checker.check(rule);
}

} // namespace xf::dsl
