// The types of expressions, and what a mask_mod, score_mod or schedule must
// hold beyond them.
#include "dsl/Expressions.h"
#include "dsl/Nearest.h"

#include "llvm/ADT/STLExtras.h"

#include <limits>

namespace xf::dsl {

namespace {

constexpr Builtin Builtins[] = {
    // name, arguments, keepsIntegers, isInteger, needsHeads
    {"abs", 1, true, false, false},   {"cos", 1, false, false, false},
    {"exp", 1, false, false, false},  {"floor", 1, false, true, false},
    {"log", 1, false, false, false},  {"max", 2, true, false, false},
    {"min", 2, true, false, false},   {"pow", 2, false, false, false},
    {"sin", 1, false, false, false},  {"slope", 1, false, false, true},
    {"sqrt", 1, false, false, false}, {"tanh", 1, false, false, false},
};

bool isNumber(Type type) { return type == Type::Int || type == Type::Float; }

bool isComparison(llvm::StringRef op) {
  return op == "==" || op == "!=" || op == "<" || op == "<=" || op == ">" ||
         op == ">=";
}

std::string countOf(unsigned n, llvm::StringRef thing) {
  return fmt::format("{} {}{}", n, std::string_view(thing), n == 1 ? "" : "s");
}

class Checker {
public:
  Checker(const Scope &scope, DiagnosticEngine &diags)
      : scope(scope), diags(diags) {}

  using Result = std::optional<Type>;

  Result check(const Expr &expr) {
    return std::visit([&](const auto &node) { return check(expr, node); },
                      expr.node);
  }

private:
  Result check(const Expr &, const IntLit &) { return Type::Int; }
  Result check(const Expr &, const FloatLit &) { return Type::Float; }
  Result check(const Expr &, const BoolLit &) { return Type::Bool; }
  Result check(const Expr &expr, const StringLit &) {
    if (scope.function.empty())
      return Type::String;
    diags.report(expr.range, diag::NotAValue, "a string");
    return std::nullopt;
  }
  Result check(const Expr &expr, const std::unique_ptr<Block> &) {
    diags.report(expr.range, diag::NotAValue, "a block");
    return std::nullopt;
  }

  Result check(const Expr &expr, const ListLit &list) {
    if (!scope.function.empty()) {
      diags.report(expr.range, diag::NotAValue, "a list");
      return std::nullopt;
    }
    Result first;
    bool good = true;
    for (const Expr &element : list.elements) {
      Result type = check(element);
      good &= type.has_value();
      if (!type)
        continue;
      if (!first)
        first = type;
      if (*type != *first && !(isNumber(*type) && isNumber(*first))) {
        diags.report(element.range, diag::MixedList, describe(*type),
                     describe(*first));
        good = false;
      }
    }
    return good ? Result(Type::List) : std::nullopt;
  }

  Result check(const Expr &expr, const NameRef &ref) {
    for (const Parameter &parameter : scope.parameters)
      if (parameter.name == ref.name)
        return parameter.type;
    if (scope.constants.has(ref.name)) {
      const Value *value = scope.constants.value(ref.name, expr.range);
      if (!value)
        return std::nullopt;
      Type type = typeOf(*value);
      if (scope.function.empty() ||
          (type != Type::String && type != Type::List))
        return type;
      diags.report(expr.range, diag::NotAValue, describe(type));
      return std::nullopt;
    }
    if (scope.constants.incomplete)
      return std::nullopt;
    std::vector<llvm::StringRef> names = scope.constants.names();
    for (const Parameter &parameter : scope.parameters)
      names.push_back(parameter.name);
    auto builder = scope.function.empty()
                       ? diags.report(expr.range, diag::UnknownName, ref.name)
                       : diags.report(expr.range, diag::ModUnknownName,
                                      ref.name, scope.function);
    if (auto near = nearestName(ref.name, names))
      builder.hint(fmt::format("did you mean `{}`?", std::string_view(*near)),
                   expr.range, near->str());
    return std::nullopt;
  }

  /// Reports an operand that is not what `op` takes.
  Result wrongOperand(const Expr &operand, llvm::StringRef op,
                      llvm::StringRef takes, Type type) {
    diags.report(operand.range, diag::OperandType, op, takes, describe(type));
    return std::nullopt;
  }

  Result check(const Expr &expr, const Unary &unary) {
    Result type = check(*unary.operand);
    if (!type)
      return std::nullopt;
    if (unary.op == "!")
      return *type == Type::Bool
                 ? type
                 : wrongOperand(*unary.operand, "!", "a boolean", *type);
    return isNumber(*type)
               ? type
               : wrongOperand(*unary.operand, "-", "a number", *type);
  }

  Result check(const Expr &expr, const Binary &binary) {
    Result lhs = check(*binary.lhs), rhs = check(*binary.rhs);
    if (!lhs || !rhs)
      return std::nullopt;
    if (binary.op == "==" || binary.op == "!=")
      return equality(binary, *lhs, *rhs);
    bool logical = binary.op == "&&" || binary.op == "||";
    bool integers = binary.op == "%";
    llvm::StringRef takes = logical    ? "booleans"
                            : integers ? "integers"
                                       : "numbers";
    bool good = true;
    for (auto [operand, type] :
         {std::pair(binary.lhs.get(), *lhs), std::pair(binary.rhs.get(), *rhs)})
      if (logical    ? type != Type::Bool
          : integers ? type != Type::Int
                     : !isNumber(type)) {
        wrongOperand(*operand, binary.op, takes, type);
        good = false;
      }
    if (!good)
      return std::nullopt;
    if (logical || isComparison(binary.op))
      return Type::Bool;
    return *lhs == Type::Int && *rhs == Type::Int ? Type::Int : Type::Float;
  }

  Result equality(const Binary &binary, Type lhs, Type rhs) {
    llvm::StringRef takes = "numbers or booleans";
    if (!isNumber(lhs) && lhs != Type::Bool)
      return wrongOperand(*binary.lhs, binary.op, takes, lhs);
    if (isNumber(lhs) ? !isNumber(rhs) : rhs != Type::Bool)
      return wrongOperand(*binary.rhs, binary.op,
                          isNumber(lhs) ? "two numbers" : "two booleans", rhs);
    return Type::Bool;
  }

  Result check(const Expr &expr, const Conditional &conditional) {
    Result cond = check(*conditional.cond);
    Result ifTrue = check(*conditional.ifTrue),
           ifFalse = check(*conditional.ifFalse);
    if (cond && *cond != Type::Bool)
      cond = wrongOperand(*conditional.cond, "? :", "a boolean", *cond);
    if (!cond || !ifTrue || !ifFalse)
      return std::nullopt;
    if (*ifTrue == *ifFalse)
      return ifTrue;
    if (isNumber(*ifTrue) && isNumber(*ifFalse))
      return Type::Float;
    diags.report(conditional.ifFalse->range, diag::BranchTypes,
                 describe(*ifTrue), describe(*ifFalse));
    return std::nullopt;
  }

  Result check(const Expr &expr, const Call &call) {
    const Builtin *builtin = findBuiltin(call.callee.text);
    if (!builtin || (builtin->needsHeads && !scope.heads)) {
      auto builder = diags.report(call.callee.range, diag::UnknownFunction,
                                  call.callee.text);
      if (builtin) {
        builder.hint(fmt::format("`{}` is known in score_mod and mask_mod only",
                                 call.callee.text));
      } else if (auto near = nearestName(
                     call.callee.text,
                     llvm::map_range(Builtins, [](const Builtin &b) {
                       return llvm::StringRef(b.name);
                     }))) {
        builder.hint(fmt::format("did you mean `{}`?", std::string_view(*near)),
                     call.callee.range, near->str());
      }
      return std::nullopt;
    }
    if (call.args.size() != builtin->arguments) {
      diags.report(expr.range, diag::ArgumentCount, call.callee.text,
                   countOf(builtin->arguments, "argument"),
                   std::to_string(call.args.size()));
      return std::nullopt;
    }
    bool good = true, integers = true;
    for (const Expr &arg : call.args) {
      Result type = check(arg);
      good &= type.has_value();
      if (!type)
        continue;
      integers &= *type == Type::Int;
      if (builtin->needsHeads ? *type != Type::Int : !isNumber(*type)) {
        wrongOperand(arg, call.callee.text,
                     builtin->needsHeads ? "a head's number" : "numbers",
                     *type);
        good = false;
      }
    }
    if (!good)
      return std::nullopt;
    return builtin->isInteger || (builtin->keepsIntegers && integers)
               ? Type::Int
               : Type::Float;
  }

  const Scope &scope;
  DiagnosticEngine &diags;
};

/// What holds in a function's body only: its constant parts can be computed and
/// fit the kernels' integers, and its integer divisors are such parts.
class BodyChecker {
public:
  BodyChecker(const Scope &scope, std::map<std::string, Value> &used,
              DiagnosticEngine &diags)
      : scope(scope), used(used), diags(diags) {}

  bool check(const Expr &expr) {
    if (isConstant(expr))
      return constantPart(expr);
    return std::visit([&](const auto &node) { return children(node); },
                      expr.node);
  }

private:
  bool isConstant(const Expr &expr) const {
    return dsl::isConstant(
        expr, [&](llvm::StringRef name) { return isParameter(name); });
  }

  bool isParameter(llvm::StringRef name) const {
    return llvm::any_of(scope.parameters,
                        [&](const Parameter &p) { return p.name == name; });
  }

  bool constantPart(const Expr &expr) {
    std::optional<Value> value = evaluateConstant(expr, scope.constants, diags);
    if (!value)
      return false;
    collect(expr);
    auto *integer = std::get_if<int64_t>(&value->data);
    if (!integer || int32_t(*integer) == *integer)
      return true;
    diags.report(expr.range, diag::NumberRange, spell(*value),
                 fmt::format("an integer in `{}` has 32 bits",
                             std::string_view(scope.function)));
    return false;
  }

  /// Notes the `let`s of a constant part.
  void collect(const Expr &expr) {
    if (auto *ref = std::get_if<NameRef>(&expr.node))
      used[ref->name] = *scope.constants.value(ref->name, expr.range);
    else if (auto *unary = std::get_if<Unary>(&expr.node))
      collect(*unary->operand);
    else if (auto *binary = std::get_if<Binary>(&expr.node))
      collect(*binary->lhs), collect(*binary->rhs);
    else if (auto *call = std::get_if<Call>(&expr.node))
      llvm::for_each(call->args, [&](const Expr &arg) { collect(arg); });
    else if (auto *c = std::get_if<Conditional>(&expr.node))
      collect(*c->cond), collect(*c->ifTrue), collect(*c->ifFalse);
  }

  template <typename Leaf> bool children(const Leaf &) { return true; }
  bool children(const Unary &unary) { return check(*unary.operand); }
  bool children(const Call &call) {
    return llvm::all_of(
        llvm::to_vector(llvm::map_range(
            call.args, [&](const Expr &arg) { return check(arg); })),
        [](bool good) { return good; });
  }
  bool children(const Conditional &c) {
    bool cond = check(*c.cond), ifTrue = check(*c.ifTrue),
         ifFalse = check(*c.ifFalse);
    return cond && ifTrue && ifFalse;
  }
  bool children(const Binary &binary) {
    bool lhs = check(*binary.lhs), rhs = check(*binary.rhs);
    if (!lhs || !rhs)
      return false;
    if ((binary.op != "/" && binary.op != "%") || !isInteger(*binary.lhs) ||
        !isInteger(*binary.rhs))
      return true;
    // A kernel cannot report a division by zero, so the divisor is known here.
    if (!isConstant(*binary.rhs)) {
      diags.report(binary.rhs->range, diag::ModDivisor, binary.op);
      return false;
    }
    std::optional<Value> divisor =
        evaluateConstant(*binary.rhs, scope.constants, diags);
    if (!divisor || std::get<int64_t>(divisor->data) != 0)
      return divisor.has_value();
    diags.report(binary.rhs->range, diag::DivisionByZero, binary.op);
    return false;
  }

  bool isInteger(const Expr &expr) {
    return checkExpr(expr, scope, diags) == Type::Int;
  }

  const Scope &scope;
  std::map<std::string, Value> &used;
  DiagnosticEngine &diags;
};

} // namespace

llvm::StringRef describe(Type type) {
  switch (type) {
  case Type::Int:
    return "an integer";
  case Type::Float:
    return "a number with a point";
  case Type::Bool:
    return "a boolean";
  case Type::String:
    return "a string";
  case Type::Dict:
    return "a block";
  case Type::List:
    return "a list";
  }
  llvm_unreachable("unknown type");
}

llvm::ArrayRef<Builtin> builtins() { return Builtins; }

const Builtin *findBuiltin(llvm::StringRef name) {
  const Builtin *found =
      llvm::find_if(Builtins, [&](const Builtin &b) { return b.name == name; });
  return found == std::end(Builtins) ? nullptr : found;
}

std::optional<Type> checkExpr(const Expr &expr, const Scope &scope,
                              DiagnosticEngine &diags) {
  return Checker(scope, diags).check(expr);
}

std::optional<Type> checkBody(const Expr &body, const Scope &scope,
                              std::map<std::string, Value> &used,
                              DiagnosticEngine &diags) {
  std::optional<Type> type = checkExpr(body, scope, diags);
  if (!type || !BodyChecker(scope, used, diags).check(body))
    return std::nullopt;
  return type;
}

bool isConstant(const Expr &expr,
                llvm::function_ref<bool(llvm::StringRef)> isParameter) {
  auto constant = [&](const Expr &part) {
    return isConstant(part, isParameter);
  };
  if (auto *ref = std::get_if<NameRef>(&expr.node))
    return !isParameter(ref->name);
  if (auto *unary = std::get_if<Unary>(&expr.node))
    return constant(*unary->operand);
  if (auto *binary = std::get_if<Binary>(&expr.node))
    return constant(*binary->lhs) && constant(*binary->rhs);
  if (auto *call = std::get_if<Call>(&expr.node))
    return !findBuiltin(call->callee.text)->needsHeads &&
           llvm::all_of(call->args, constant);
  if (auto *c = std::get_if<Conditional>(&expr.node))
    return constant(*c->cond) && constant(*c->ifTrue) && constant(*c->ifFalse);
  return true;
}

} // namespace xf::dsl
