// Expressions: their types, the functions they may call and the values of
// constant ones. One set of rules for `let`s, settings, mask_mod, score_mod and
// schedules, so an expression means the same wherever it stands.
#pragma once

#include "dsl/AST.h"
#include "dsl/Diagnostics.h"
#include "dsl/Sema.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"

#include <optional>
#include <set>

namespace xf::dsl {

enum class Type { Int, Float, Bool, String, List, Dict };

/// "an integer": how a message names the type.
llvm::StringRef describe(Type type);

Type typeOf(const Value &value);

/// `value` as a spec would write it.
std::string spell(const Value &value);

/// The `let`s of a spec, evaluated when first asked for, so they may stand in
/// any order.
class Constants {
public:
  /// `incomplete`: declarations were lost to syntax errors, so an unknown name
  /// is no error of its own.
  explicit Constants(DiagnosticEngine &diags, bool incomplete = false)
      : incomplete(incomplete), diags(diags) {}

  const bool incomplete;

  /// Adds a `let`; a second one of the same name is reported and ignored.
  void add(const LetDecl &let);

  bool has(llvm::StringRef name) const { return lets.count(name); }
  std::vector<llvm::StringRef> names() const;

  /// The value of `let name`, which must exist, used at `use`; null after an
  /// error in it (reported once).
  const Value *value(llvm::StringRef name, SourceRange use);

  /// Evaluates those that nothing has asked for.
  void evaluateAll();

private:
  enum class State { Fresh, Running, Done };
  struct Entry {
    const LetDecl *let;
    State state = State::Fresh;
    std::optional<Value> value;
    SourceRange use; ///< where it was asked for, while running
  };
  void reportCycle(llvm::StringRef name, SourceRange use);

  DiagnosticEngine &diags;
  llvm::StringMap<Entry> lets;
  std::vector<Entry *> inOrder; ///< by source
  std::vector<Entry *> running; ///< the chain of uses being evaluated
};

struct Parameter {
  llvm::StringRef name;
  Type type;
};

/// What an expression may name, and what it is the body of.
struct Scope {
  Constants &constants;
  llvm::ArrayRef<Parameter> parameters = {};
  llvm::StringRef function =
      "";             ///< mask_mod, ...; empty for a constant expression
  bool heads = false; ///< slope(h) is known
};

/// The type of `expr`. Reports every name, call and operand in it that is
/// wrong; nullopt then.
std::optional<Type> checkExpr(const Expr &expr, const Scope &scope,
                              DiagnosticEngine &diags);

/// Whether a checked expression names no parameter, as `isParameter` tells, and
/// calls nothing that depends on the head.
bool isConstant(const Expr &expr,
                llvm::function_ref<bool(llvm::StringRef)> isParameter);

/// Checks and evaluates a constant expression; reports overflow, division by
/// zero and results that are not finite.
std::optional<Value> evaluateConstant(const Expr &expr, Constants &constants,
                                      DiagnosticEngine &diags);

/// Checks the body of a function of `scope`: names, types, constant parts,
/// integer divisors. The result has the type of the body; the `let`s it names
/// are added to `used`.
std::optional<Type> checkBody(const Expr &body, const Scope &scope,
                              std::map<std::string, Value> &used,
                              DiagnosticEngine &diags);

/// A function of the language. The result is an integer where all arguments are
/// and `keepsIntegers`, or always where `isInteger`; a float otherwise.
struct Builtin {
  llvm::StringLiteral name;
  unsigned arguments;
  bool keepsIntegers, isInteger, needsHeads;
};
llvm::ArrayRef<Builtin> builtins();
const Builtin *findBuiltin(llvm::StringRef name);

} // namespace xf::dsl
