// One setting against its knob.
#include "dsl/CheckKnobs.h"
#include "dsl/DumpAST.h"
#include "dsl/Nearest.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

namespace xf::dsl {

namespace {

std::string quoted(llvm::ArrayRef<llvm::StringRef> words) {
  return llvm::join(
      llvm::map_range(
          words, [](llvm::StringRef word) { return "`" + word.str() + "`"; }),
      ", ");
}

bool isName(const Expr &expr, llvm::StringRef name) {
  auto *ref = std::get_if<NameRef>(&expr.node);
  return ref && ref->name == name;
}

bool isBlock(const Expr &expr) {
  return std::holds_alternative<std::unique_ptr<Block>>(expr.node);
}

/// What a knob of the type takes, for messages.
std::string expectation(const KnobInfo &knob) {
  switch (knob.type) {
  case KnobType::Int:
    return "an integer";
  case KnobType::Float:
    return "a number";
  case KnobType::Bool:
    return "`true` or `false`";
  case KnobType::String:
    return "a string";
  case KnobType::Enum:
    return "one of " + quoted(knob.words);
  case KnobType::IntList:
    return "a list of integers";
  case KnobType::StringList:
    return knob.words.empty()
               ? "a list of strings"
               : "a list of strings out of " + quoted(knob.words);
  case KnobType::Switch:
    return "`true`, `false` or a number";
  case KnobType::Dict:
    return "a block of settings `{ name = value }`";
  case KnobType::Stack:
    return "a stack such as `Encoder { ... }`";
  case KnobType::Any:
    return "a value";
  }
  llvm_unreachable("unknown knob type");
}

class KnobChecker {
public:
  KnobChecker(const KnobInfo &knob, Constants &constants,
              DiagnosticEngine &diags)
      : knob(knob), constants(constants), diags(diags) {}

  /// A value of the knob, or the list of one a layer.
  std::optional<Value> layeredOrOne(const Expr &expr) {
    auto *list = std::get_if<ListLit>(&expr.node);
    return knob.layered && list ? each(*list) : one(expr);
  }

  std::optional<Value> each(const ListLit &list) {
    std::vector<Value> values;
    bool good = true;
    for (const Expr &element : list.elements) {
      bool isNone = knob.type == KnobType::Int && knob.defaultText == "none" &&
                    isName(element, "none");
      std::optional<Value> value =
          isNone ? Value{std::string("none")} : one(element);
      good &= value.has_value();
      if (value)
        values.push_back(std::move(*value));
    }
    return good ? std::optional(Value{std::move(values)}) : std::nullopt;
  }

  /// The value of an expression of the knob's type.
  std::optional<Value> one(const Expr &expr) {
    if (knob.type == KnobType::Dict)
      return dict(expr);
    if (isBlock(expr)) {
      mismatch(expr, "a block");
      return std::nullopt;
    }
    if (knob.type == KnobType::Enum)
      return word(expr);
    std::optional<Value> value = evaluateConstant(expr, constants, diags);
    if (!value || !hasType(*value)) {
      if (value)
        mismatch(expr, describe(typeOf(*value)));
      return std::nullopt;
    }
    if (knob.type == KnobType::Float || knob.type == KnobType::Switch)
      if (auto *integer = std::get_if<int64_t>(&value->data))
        value->data = static_cast<double>(*integer);
    if (knob.type == KnobType::StringList && !areWords(expr, *value))
      return std::nullopt;
    return inRange(expr, *value) ? value : std::nullopt;
  }

  /// `{ name = value ... }`: the entries that the knob knows, each of its type.
  std::optional<Value> entries(llvm::ArrayRef<Item> items) {
    std::vector<ValueEntry> result;
    std::map<std::string, SourceRange> seen;
    bool good = true;
    for (const Item &item : items) {
      std::optional<ValueEntry> found = entry(item);
      good &= found.has_value();
      if (!found)
        continue;
      const Name &name = std::get<Setting>(item.node).path.front();
      auto [first, isNew] = seen.try_emplace(name.text, name.range);
      if (!isNew)
        diags.report(name.range, diag::Duplicate, "entry", name.text)
            .note(first->second, diag::NoteFirst);
      good &= isNew;
      result.push_back(std::move(*found));
    }
    return good ? std::optional(Value{std::move(result)}) : std::nullopt;
  }

private:
  std::optional<Value> dict(const Expr &expr) {
    auto *block = std::get_if<std::unique_ptr<Block>>(&expr.node);
    if (block && (*block)->className.text.empty())
      return entries((*block)->items);
    if (block)
      mismatch(expr, "a constructor call");
    else if (std::optional<Type> type =
                 checkExpr(expr, Scope{constants}, diags))
      mismatch(expr, describe(*type));
    return std::nullopt;
  }

  /// The type an entry must have, as in `words`; nullopt where there is no such
  /// entry.
  std::optional<llvm::StringRef> entryType(llvm::StringRef name) const {
    for (llvm::StringRef word : knob.words) {
      auto [known, type] = word.split(": ");
      if (known == "*" || known == name)
        return type;
    }
    return std::nullopt;
  }

  std::optional<ValueEntry> entry(const Item &item) {
    auto *setting = std::get_if<Setting>(&item.node);
    if (!setting || setting->path.size() != 1) {
      diags.report(item.range, diag::KnobType, knob.name, "a nested block",
                   expectation(knob));
      return std::nullopt;
    }
    const Name &name = setting->path.front();
    std::optional<llvm::StringRef> type = entryType(name.text);
    if (!type) {
      diags.report(name.range, diag::KnobWord, name.text, knob.name,
                   quoted(knob.words));
      return std::nullopt;
    }
    std::string path =
        fmt::format("{}.{}", std::string_view(knob.name), name.text);
    KnobInfo inner = knob;
    inner.name = path;
    inner.words = {};
    inner.type = *type == "int"    ? KnobType::Int
                 : *type == "bool" ? KnobType::Bool
                                   : KnobType::Float;
    inner.minimum = *type == "int" ? 1 : inner.minimum;
    KnobChecker checker(inner, constants, diags);
    std::optional<Value> value;
    if (*type != "floats")
      value = checker.one(setting->value);
    else if (auto *list = std::get_if<ListLit>(&setting->value.node))
      value = checker.each(*list);
    else
      diags.report(setting->value.range, diag::KnobType, path, "no list",
                   "a list of numbers");
    return value ? std::optional(ValueEntry{name.text, std::move(*value)})
                 : std::nullopt;
  }

  /// Each string of a list is one of the knob's words, if it has any.
  bool areWords(const Expr &expr, const Value &value) {
    auto *literal = std::get_if<ListLit>(&expr.node);
    bool good = true;
    for (auto [index, element] :
         llvm::enumerate(std::get<std::vector<Value>>(value.data))) {
      const std::string &word = std::get<std::string>(element.data);
      if (knob.words.empty() || llvm::is_contained(knob.words, word))
        continue;
      good = false;
      SourceRange range = literal ? literal->elements[index].range : expr.range;
      auto builder = diags.report(range, diag::KnobWord, word, knob.name,
                                  quoted(knob.words));
      if (auto near = nearestName(word, knob.words))
        builder.hint(
            fmt::format("did you mean `{}`?", std::string_view(*near)));
    }
    return good;
  }

  void mismatch(const Expr &expr, llvm::StringRef seen) {
    auto builder = diags.report(expr.range, diag::KnobType, knob.name, seen,
                                expectation(knob));
    if (auto *string = std::get_if<StringLit>(&expr.node))
      if (knob.type == KnobType::Enum &&
          llvm::is_contained(knob.words, string->value))
        builder.hint("words stand without quotes", expr.range, string->value);
  }

  bool hasType(const Value &value) const {
    auto listOf = [&](Type element) {
      auto *list = std::get_if<std::vector<Value>>(&value.data);
      return list && llvm::all_of(*list, [&](const Value &v) {
               return typeOf(v) == element;
             });
    };
    Type type = typeOf(value);
    switch (knob.type) {
    case KnobType::Int:
      return type == Type::Int;
    case KnobType::Float:
      return type == Type::Int || type == Type::Float;
    case KnobType::Bool:
      return type == Type::Bool;
    case KnobType::String:
      return type == Type::String;
    case KnobType::IntList:
      return listOf(Type::Int);
    case KnobType::StringList:
      return listOf(Type::String);
    case KnobType::Switch:
      return type == Type::Bool || type == Type::Int || type == Type::Float;
    case KnobType::Enum:
    case KnobType::Dict:
    case KnobType::Stack:
      return false;
    case KnobType::Any:
      return true;
    }
    llvm_unreachable("unknown knob type");
  }

  /// A word of an Enum, or a choice between words.
  std::optional<Value> word(const Expr &expr) {
    if (auto *ref = std::get_if<NameRef>(&expr.node)) {
      if (llvm::is_contained(knob.words, ref->name))
        return Value{ref->name};
      auto builder = diags.report(expr.range, diag::KnobWord, ref->name,
                                  knob.name, quoted(knob.words));
      if (auto near = nearestName(ref->name, knob.words))
        builder.hint(fmt::format("did you mean `{}`?", std::string_view(*near)),
                     expr.range, near->str());
      return std::nullopt;
    }
    if (auto *choice = std::get_if<Conditional>(&expr.node)) {
      std::optional<Type> type =
          checkExpr(*choice->cond, Scope{constants}, diags);
      if (type && *type != Type::Bool) {
        diags.report(choice->cond->range, diag::OperandType, "? :", "a boolean",
                     describe(*type));
        type.reset();
      }
      std::optional<Value> ifTrue = word(*choice->ifTrue),
                           ifFalse = word(*choice->ifFalse);
      std::optional<Value> cond =
          type ? evaluateConstant(*choice->cond, constants, diags)
               : std::nullopt;
      if (!cond || !ifTrue || !ifFalse)
        return std::nullopt;
      return std::get<bool>(cond->data) ? ifTrue : ifFalse;
    }
    if (std::optional<Type> type = checkExpr(expr, Scope{constants}, diags))
      mismatch(expr, describe(*type));
    return std::nullopt;
  }

  bool inRange(const Expr &expr, const Value &value) {
    double number;
    if (auto *integer = std::get_if<int64_t>(&value.data))
      number = static_cast<double>(*integer);
    else if (auto *real = std::get_if<double>(&value.data))
      number = *real;
    else
      return true;
    bool low = number<knob.minimum, high = number> knob.maximum;
    if (!low && !high)
      return true;
    std::string must;
    if (std::isinf(knob.maximum))
      must = fmt::format("at least {}", knob.minimum);
    else if (std::isinf(knob.minimum))
      must = fmt::format("at most {}", knob.maximum);
    else
      must = fmt::format("between {} and {}", knob.minimum, knob.maximum);
    diags.report(expr.range, diag::KnobRange, knob.name, spell(value), must);
    return false;
  }

  const KnobInfo &knob;
  Constants &constants;
  DiagnosticEngine &diags;
};

/// The value is the knob's default, so that writing it asks for nothing.
bool isDefault(const KnobInfo &knob, const Value &value) {
  if (auto *real = std::get_if<double>(&value.data)) {
    double number;
    return !knob.defaultText.getAsDouble(number) && number == *real;
  }
  if (auto *list =
          std::get_if<std::vector<Value>>(&value.data)) // of layers, all alike
    return knob.layered && !list->empty() &&
           llvm::all_of(*list, [&](const Value &element) {
             return isDefault(knob, element);
           });
  return knob.defaultText == spell(value);
}

/// An Any knob that is not compiled is not evaluated: it may hold what no spec
/// can say. Only the default is known.
bool isDefaultText(const KnobInfo &knob, const Expr &expr) {
  if (isBlock(expr))
    return false;
  std::string text;
  llvm::raw_string_ostream os(text);
  printExpr(expr, os);
  return text == knob.defaultText;
}

/// `{}` gives nothing, as if the knob was not set.
bool isEmptyDict(const Value &value) {
  auto *entries = std::get_if<std::vector<ValueEntry>>(&value.data);
  return entries && entries->empty();
}

/// `depth_scale_residual` is the one knob that a number takes to inference.
bool actsInTrainingOnly(const KnobInfo &knob, const Value &value) {
  auto *boolean = std::get_if<bool>(&value.data);
  return knob.name.ends_with("depth_scale_residual") && boolean && *boolean;
}

/// Says what the knob's status says; false when that is an error.
bool checkStatus(const KnobInfo &knob, SourceRange nameRange, bool isDefault,
                 bool ownerPlanned, DiagnosticEngine &diags) {
  switch (knob.status) {
  case KnobStatus::Supported:
    return true;
  case KnobStatus::Planned:
    if (!isDefault && !ownerPlanned)
      diags.report(nameRange, diag::KnobPlanned, knob.name);
    return isDefault || ownerPlanned;
  case KnobStatus::TrainingOnly:
    diags.report(nameRange, diag::KnobTrainingOnly, knob.name, knob.note);
    return true;
  case KnobStatus::Refused:
    diags.report(nameRange, diag::KnobRefused, knob.name, knob.note);
    return false;
  }
  llvm_unreachable("unknown status");
}

/// The words and calls of `schedule` and `accept`.
struct PolicyWord {
  llvm::StringLiteral knob, name;
  bool takesNumber;
  double minimum, maximum;
};
constexpr double Unbounded = std::numeric_limits<double>::infinity();
constexpr PolicyWord PolicyWords[] = {
    {"schedule", "linear", false, 0, 0},
    {"schedule", "cosine", false, 0, 0},
    {"schedule", "log", false, 0, 0},
    {"schedule", "pow", true, 1e-3, 1e3},
    {"accept", "confidence", false, 0, 0},
    {"accept", "threshold", true, 0, 1},
    {"accept", "entropy", true, 0, Unbounded},
    {"accept", "margin", false, 0, 0},
    {"accept", "random", false, 0, 0},
    {"accept", "critic", false, 0, 0},
};

/// A schedule that is written out as an expression of t, its `let`s replaced by
/// their values.
std::optional<Value> scheduleText(const Expr &expr, Constants &constants,
                                  DiagnosticEngine &diags) {
  Parameter time{"t", Type::Float};
  std::map<std::string, Value> used;
  std::optional<Type> type =
      checkBody(expr, Scope{constants, time, "schedule"}, used, diags);
  if (type && *type != Type::Float && *type != Type::Int) {
    diags.report(expr.range, diag::ModType, "schedule", describe(*type),
                 "a number");
    return std::nullopt;
  }
  if (!type)
    return std::nullopt;
  std::string text;
  llvm::raw_string_ostream os(text);
  printExpr(expr, os, used);
  return Value{text};
}

/// `schedule` and `accept` of a refine: a word, a call with a number, or an
/// expression.
std::optional<Value> policyValue(const KnobInfo &knob, const Expr &expr,
                                 Constants &constants,
                                 DiagnosticEngine &diags) {
  auto *ref = std::get_if<NameRef>(&expr.node);
  auto *call = std::get_if<Call>(&expr.node);
  llvm::StringRef name = ref    ? llvm::StringRef(ref->name)
                         : call ? llvm::StringRef(call->callee.text)
                                : "";
  const PolicyWord *word = llvm::find_if(PolicyWords, [&](const PolicyWord &w) {
    return w.knob == knob.name && w.name == name;
  });
  bool known = word != std::end(PolicyWords);
  if (known && ref && !word->takesNumber)
    return Value{ref->name};

  if (known && call && word->takesNumber && call->args.size() == 1) {
    const Expr &arg = call->args.front();
    KnobInfo number = knob;
    number.name = word->name;
    number.type = KnobType::Float;
    number.minimum = word->minimum;
    number.maximum = word->maximum;
    std::optional<Value> value = KnobChecker(number, constants, diags).one(arg);
    return value ? std::optional(Value{fmt::format(
                       "{}({})", std::string_view(word->name), spell(*value))})
                 : std::nullopt;
  }

  // `log(t)` and `pow(t, 3)` are expressions of t, `log` and `pow(3)` are not.
  if (knob.name == "schedule" && (!ref || name == "t" || constants.has(name)))
    return scheduleText(expr, constants, diags);

  std::string valid;
  llvm::SmallVector<llvm::StringRef> names;
  for (const PolicyWord &w : PolicyWords)
    if (w.knob == knob.name) {
      valid += (valid.empty() ? "" : ", ") + w.name.str() +
               (w.takesNumber ? "(number)" : "");
      names.push_back(w.name);
    }
  if (knob.name == "schedule")
    valid += ", or an expression of t";
  auto builder =
      diags.report(expr.range, diag::PolicyValue, "a policy", knob.name, valid);
  if (auto near = nearestName(name, names); near && !known)
    builder.hint(fmt::format("did you mean `{}`?", std::string_view(*near)));
  return std::nullopt;
}

} // namespace

std::optional<Value> checkKnobValue(const KnobInfo &knob, const Expr &expr,
                                    SourceRange nameRange, bool ownerPlanned,
                                    Constants &constants,
                                    DiagnosticEngine &diags) {
  bool isNone = knob.defaultText == "none" && isName(expr, "none") &&
                !llvm::is_contained(knob.words, "none");
  bool isPolicy = knob.owner == KnobOwner::Refine &&
                  (knob.name == "schedule" || knob.name == "accept");
  bool unread = isNone || knob.status == KnobStatus::Refused ||
                (knob.type == KnobType::Any &&
                 knob.status != KnobStatus::Supported && !isPolicy);
  if (unread) {
    checkStatus(knob, nameRange, isNone || isDefaultText(knob, expr),
                ownerPlanned, diags);
    return std::nullopt;
  }
  std::optional<Value> value =
      isPolicy ? policyValue(knob, expr, constants, diags)
               : KnobChecker(knob, constants, diags).layeredOrOne(expr);
  if (!value || isEmptyDict(*value))
    return std::nullopt;
  if (actsInTrainingOnly(knob, *value)) {
    diags.report(nameRange, diag::KnobTrainingOnly, knob.name,
                 "`true` is about initialisation, a number scales the branch");
    return std::nullopt;
  }
  if (!checkStatus(knob, nameRange, isDefault(knob, *value), ownerPlanned,
                   diags))
    return std::nullopt;
  return value;
}

std::optional<Value> checkKnobEntries(const KnobInfo &knob,
                                      llvm::ArrayRef<Item> items,
                                      SourceRange nameRange, bool ownerPlanned,
                                      Constants &constants,
                                      DiagnosticEngine &diags) {
  std::optional<Value> value =
      KnobChecker(knob, constants, diags).entries(items);
  if (!value || isEmptyDict(*value) ||
      !checkStatus(knob, nameRange, /*isDefault=*/false, ownerPlanned, diags))
    return std::nullopt;
  return value;
}

std::optional<Value> checkSweepValue(const KnobInfo &knob, const Expr &expr,
                                     SourceRange nameRange,
                                     Constants &constants,
                                     DiagnosticEngine &diags) {
  auto *list = std::get_if<ListLit>(&expr.node);
  if (!list) {
    diags.report(expr.range, diag::PolicyValue, "a list", "sweep",
                 "a list of values such as `[1, 2]`");
    return std::nullopt;
  }
  return KnobChecker(knob, constants, diags).each(*list);
}

} // namespace xf::dsl
