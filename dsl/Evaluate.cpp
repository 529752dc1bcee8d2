// The values of constant expressions, and of the `let`s they name.
#include "dsl/Expressions.h"
#include "dsl/Parser.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <fmt/format.h>

namespace xf::dsl {

namespace {

/// Evaluates what checkExpr accepted: types are right, arithmetic may still
/// fail.
class Evaluator {
public:
  Evaluator(Constants &constants, DiagnosticEngine &diags)
      : constants(constants), diags(diags) {}

  using Result = std::optional<Value>;

  Result evaluate(const Expr &expr) {
    return std::visit([&](const auto &node) { return evaluate(expr, node); },
                      expr.node);
  }

private:
  static double real(const Value &value) {
    if (auto *integer = std::get_if<int64_t>(&value.data))
      return static_cast<double>(*integer);
    return std::get<double>(value.data);
  }
  static bool integers(const Value &lhs, const Value &rhs) {
    return std::holds_alternative<int64_t>(lhs.data) &&
           std::holds_alternative<int64_t>(rhs.data);
  }

  Result evaluate(const Expr &, const IntLit &literal) {
    return Value{literal.value};
  }
  Result evaluate(const Expr &, const FloatLit &literal) {
    return Value{literal.value};
  }
  Result evaluate(const Expr &, const BoolLit &literal) {
    return Value{literal.value};
  }
  Result evaluate(const Expr &, const StringLit &literal) {
    return Value{literal.value};
  }
  Result evaluate(const Expr &, const std::unique_ptr<Block> &) {
    return std::nullopt;
  }

  Result evaluate(const Expr &expr, const NameRef &ref) {
    const Value *value = constants.value(ref.name, expr.range);
    return value ? Result(*value) : std::nullopt;
  }

  Result evaluate(const Expr &, const ListLit &list) {
    std::vector<Value> values;
    bool anyReal = false;
    for (const Expr &element : list.elements) {
      Result value = evaluate(element);
      if (!value)
        return std::nullopt;
      anyReal |= std::holds_alternative<double>(value->data);
      values.push_back(std::move(*value));
    }
    if (anyReal)
      for (Value &value : values)
        value.data = real(value);
    return Value{std::move(values)};
  }

  Result evaluate(const Expr &expr, const Unary &unary) {
    Result value = evaluate(*unary.operand);
    if (!value)
      return std::nullopt;
    if (auto *boolean = std::get_if<bool>(&value->data))
      return Value{!*boolean};
    if (auto *integer = std::get_if<int64_t>(&value->data))
      return *integer == std::numeric_limits<int64_t>::min()
                 ? overflow(expr, "-")
                 : Value{-*integer};
    return Value{-real(*value)};
  }

  Result evaluate(const Expr &expr, const Conditional &conditional) {
    Result cond = evaluate(*conditional.cond);
    if (!cond)
      return std::nullopt;
    Result value = evaluate(std::get<bool>(cond->data) ? *conditional.ifTrue
                                                       : *conditional.ifFalse);
    // One branch decides the type of both, as in checkExpr.
    if (value && std::holds_alternative<int64_t>(value->data) &&
        checkExpr(expr, Scope{constants}, diags) == Type::Float)
      value->data = real(*value);
    return value;
  }

  Result evaluate(const Expr &expr, const Binary &binary) {
    Result lhs = evaluate(*binary.lhs);
    if (!lhs)
      return std::nullopt;
    if (binary.op == "&&" || binary.op == "||") {
      bool decided = std::get<bool>(lhs->data) == (binary.op == "||");
      return decided ? lhs : evaluate(*binary.rhs);
    }
    Result rhs = evaluate(*binary.rhs);
    if (!rhs)
      return std::nullopt;
    if (std::holds_alternative<bool>(lhs->data)) // == and !=
      return Value{(std::get<bool>(lhs->data) == std::get<bool>(rhs->data)) ==
                   (binary.op == "==")};
    if (integers(*lhs, *rhs))
      return integer(expr, binary, std::get<int64_t>(lhs->data),
                     std::get<int64_t>(rhs->data));
    return floating(expr, binary, real(*lhs), real(*rhs));
  }

  /// Comparisons, for integers and reals alike.
  template <typename T> Result compare(const std::string &op, T a, T b) {
    if (op == "==")
      return Value{a == b};
    if (op == "!=")
      return Value{a != b};
    if (op == "<")
      return Value{a < b};
    if (op == "<=")
      return Value{a <= b};
    if (op == ">")
      return Value{a > b};
    if (op == ">=")
      return Value{a >= b};
    return std::nullopt;
  }

  Result integer(const Expr &expr, const Binary &binary, int64_t a, int64_t b) {
    if (Result result = compare(binary.op, a, b))
      return result;
    int64_t result = 0;
    bool tooLarge = false;
    if (binary.op == "+")
      tooLarge = llvm::AddOverflow(a, b, result);
    else if (binary.op == "-")
      tooLarge = llvm::SubOverflow(a, b, result);
    else if (binary.op == "*")
      tooLarge = llvm::MulOverflow(a, b, result);
    else
      return quotient(expr, binary, a, b);
    return tooLarge ? overflow(expr, binary.op) : Value{result};
  }

  /// Rounds toward minus infinity; the remainder has the sign of the divisor.
  Result quotient(const Expr &expr, const Binary &binary, int64_t a,
                  int64_t b) {
    if (b == 0)
      return byZero(binary);
    if (b == -1) { // the one quotient that may not fit
      if (binary.op == "%")
        return Value{int64_t(0)};
      return a == std::numeric_limits<int64_t>::min() ? overflow(expr, "/")
                                                      : Value{-a};
    }
    int64_t down = a / b - (a % b != 0 && (a % b < 0) != (b < 0));
    if (binary.op == "%")
      return Value{a - down * b};
    if (a % b != 0)
      diags.report(expr.range, diag::InexactDivision, a, b, down);
    return Value{down};
  }

  Result floating(const Expr &expr, const Binary &binary, double a, double b) {
    if (Result result = compare(binary.op, a, b))
      return result;
    if (binary.op == "/" && b == 0)
      return byZero(binary);
    double result = binary.op == "+"   ? a + b
                    : binary.op == "-" ? a - b
                    : binary.op == "*" ? a * b
                                       : a / b;
    return finite(expr, binary.op, result);
  }

  Result evaluate(const Expr &expr, const Call &call) {
    std::vector<Value> args;
    for (const Expr &arg : call.args) {
      Result value = evaluate(arg);
      if (!value)
        return std::nullopt;
      args.push_back(std::move(*value));
    }
    const std::string &name = call.callee.text;
    if (llvm::all_of(args, [](const Value &v) {
          return std::holds_alternative<int64_t>(v.data);
        }))
      if (Result result = integerCall(expr, name, args))
        return result;
    if (reported)
      return std::nullopt;
    double x = real(args[0]), y = args.size() > 1 ? real(args[1]) : 0;
    double result = name == "abs"    ? std::fabs(x)
                    : name == "cos"  ? std::cos(x)
                    : name == "exp"  ? std::exp(x)
                    : name == "log"  ? std::log(x)
                    : name == "max"  ? std::max(x, y)
                    : name == "min"  ? std::min(x, y)
                    : name == "pow"  ? std::pow(x, y)
                    : name == "sin"  ? std::sin(x)
                    : name == "sqrt" ? std::sqrt(x)
                    : name == "tanh" ? std::tanh(x)
                                     : std::floor(x);
    if (name != "floor")
      return finite(expr, name, result);
    if (result < -0x1p63 || result >= 0x1p63)
      return overflow(expr, name);
    return Value{static_cast<int64_t>(result)};
  }

  /// The functions that keep integers; nullopt for the others.
  Result integerCall(const Expr &expr, const std::string &name,
                     const std::vector<Value> &args) {
    int64_t x = std::get<int64_t>(args[0].data);
    if (name == "floor")
      return Value{x};
    if (name == "abs")
      return x == std::numeric_limits<int64_t>::min() ? overflow(expr, name)
                                                      : Value{x < 0 ? -x : x};
    if (name == "min" || name == "max") {
      int64_t y = std::get<int64_t>(args[1].data);
      return Value{name == "min" ? std::min(x, y) : std::max(x, y)};
    }
    return std::nullopt;
  }

  Result overflow(const Expr &expr, const std::string &op) {
    diags.report(expr.range, diag::IntegerOverflow, op);
    reported = true;
    return std::nullopt;
  }
  Result byZero(const Binary &binary) {
    diags.report(binary.rhs->range, diag::DivisionByZero, binary.op);
    return std::nullopt;
  }
  Result finite(const Expr &expr, const std::string &op, double value) {
    if (std::isfinite(value))
      return Value{value};
    diags.report(expr.range, diag::NotFinite, op);
    return std::nullopt;
  }

  Constants &constants;
  DiagnosticEngine &diags;
  bool reported = false;
};

} // namespace

Type typeOf(const Value &value) {
  return std::array{Type::Bool,   Type::Int,  Type::Float,
                    Type::String, Type::List, Type::Dict}[value.data.index()];
}

std::string spell(const Value &value) {
  switch (typeOf(value)) {
  case Type::Bool:
    return std::get<bool>(value.data) ? "true" : "false";
  case Type::Int:
    return std::to_string(std::get<int64_t>(value.data));
  case Type::Float:
    return fmt::format("{}", std::get<double>(value.data));
  case Type::String:
    return std::get<std::string>(value.data);
  case Type::List: {
    std::string out = "[";
    for (const Value &element : std::get<std::vector<Value>>(value.data))
      out += (out.size() > 1 ? ", " : "") + spell(element);
    return out + "]";
  }
  case Type::Dict: {
    std::string out = "{";
    for (const ValueEntry &entry :
         std::get<std::vector<ValueEntry>>(value.data))
      out += " " + entry.name + " = " + spell(entry.value);
    return out + " }";
  }
  }
  llvm_unreachable("unknown type");
}

std::optional<Value> evaluateConstant(const Expr &expr, Constants &constants,
                                      DiagnosticEngine &diags) {
  if (!checkExpr(expr, Scope{constants}, diags))
    return std::nullopt;
  return Evaluator(constants, diags).evaluate(expr);
}

void Constants::add(const LetDecl &let) {
  auto [at, isNew] = lets.try_emplace(
      let.name.text, Entry{&let, State::Fresh, std::nullopt, {}});
  if (isNew)
    inOrder.push_back(&at->second);
  else
    diags.report(let.name.range, diag::Duplicate, "let", let.name.text)
        .note(at->second.let->name.range, diag::NoteFirst);
}

std::vector<llvm::StringRef> Constants::names() const {
  std::vector<llvm::StringRef> names;
  for (const Entry *entry : inOrder)
    names.push_back(entry->let->name.text);
  return names;
}

const Value *Constants::value(llvm::StringRef name, SourceRange use) {
  Entry &entry = lets.find(name)->second;
  if (entry.state == State::Running) {
    reportCycle(name, use);
    return nullptr;
  }
  if (entry.state == State::Fresh) {
    if (running.size() >= MaxNesting) { // each use is a level of recursion
      diags.report(use, diag::TooDeep, MaxNesting);
      return nullptr;
    }
    entry.state = State::Running;
    entry.use = use;
    running.push_back(&entry);
    entry.value = evaluateConstant(entry.let->value, *this, diags);
    running.pop_back();
    entry.state = State::Done;
  }
  return entry.value ? &*entry.value : nullptr;
}

void Constants::reportCycle(llvm::StringRef name, SourceRange use) {
  Entry *entry = &lets.find(name)->second;
  auto builder = diags.report(entry->let->name.range, diag::LetCycle, name);
  auto from = llvm::find(running, entry);
  for (auto at = from; at != running.end(); ++at) {
    SourceRange where = at + 1 == running.end() ? use : (*(at + 1))->use;
    builder.note(where, diag::NoteUsedBy, (*at)->let->name.text);
  }
}

void Constants::evaluateAll() {
  for (Entry *entry : inOrder)
    value(entry->let->name.text, entry->let->name.range);
}

} // namespace xf::dsl
