// Checks that need the source text: names, duplicates, types, ranges, `with`
// overrides, cross-knob rules. The result is the list of settings of each model
// with evaluated values; ModelBuilder turns it into xf ops.
#pragma once

#include "dsl/AST.h"
#include "dsl/Diagnostics.h"
#include "dsl/Knobs.h"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace xf::dsl {

struct ValueEntry;

/// An evaluated value. Enum words are strings; lists are homogeneous, but for
/// the string `none` of a layer that leaves an integer knob unset. The value of
/// a Float knob is a double, that of a Switch a double or a bool. The entries
/// of a Dict are in the order of the text.
struct Value {
  std::variant<bool, int64_t, double, std::string, std::vector<Value>,
               std::vector<ValueEntry>>
      data;
};

struct ValueEntry {
  std::string name;
  Value value;
};

/// One knob as set by the spec, directly or by the model it is derived from.
struct KnobSetting {
  const KnobInfo *knob;
  Value value;
  SourceRange nameRange;
  SourceRange valueRange;
};

/// `mask_mod` or `score_mod`, names resolved: a NameRef is a parameter or was
/// replaced by its `let` value.
struct ScalarFunction {
  std::string name;
  std::vector<std::string> params;
  const Expr *body;
  std::map<std::string, Value> constants; ///< the `let`s that the body names
  SourceRange range;
};

/// One constructor call: `Encoder { ... }` with its knobs, by name.
struct CheckedStack {
  const ClassInfo *cls = nullptr;
  SourceRange range;
  std::map<std::string, KnobSetting> knobs;
  std::optional<ScalarFunction> maskMod, scoreMod;
  std::string prefix = {}; ///< `enc_` where the text spells its knobs so
};

struct CheckedWeights {
  std::string layout; ///< huggingface, x_transformers, gguf
  std::string file;   ///< absolute, or relative to the folder of the spec given
                      ///< to `analyze`
  SourceRange range;
};

struct CheckedPolicy {
  std::string keyword; ///< refine, generate, sweep
  SourceRange range;
  /// By name; of a sweep by path (`attn_layers.depth`), with a list of values
  /// each. `schedule` and `accept` are their text: a word, a call with a number
  /// (`threshold(0.9)`), or, of `schedule`, an expression of t.
  std::map<std::string, KnobSetting> knobs;
};

struct CheckedModel {
  std::string name;
  SourceRange nameRange;
  bool imported =
      false; ///< declared in another file than the one given to `analyze`
  const ClassInfo *cls = nullptr; ///< TransformerWrapper, Encoder, ...
  std::map<std::string, KnobSetting> knobs;
  std::vector<std::pair<std::string, CheckedStack>>
      stacks; ///< by the knob that holds it: attn_layers; a model that is a
              ///< stack has one by the name ``
  /// The encoder and the decoder of an XTransformer, as the TransformerWrappers
  /// that it makes of its `enc_*` and `dec_*`.
  std::vector<CheckedModel> sides = {};
  std::optional<CheckedWeights> weights;
  std::vector<CheckedPolicy> policies;
};

/// A whole spec, imports included. Keeps the parsed files alive that its ranges
/// and bodies point into.
struct CheckedSpec {
  std::vector<std::unique_ptr<SourceFile>> files;
  std::vector<CheckedModel> models; ///< in source order
};

/// Checks `file` and what it imports. Reports every error it finds; nullopt if
/// there was one.
std::optional<CheckedSpec> analyze(std::unique_ptr<SourceFile> file,
                                   DiagnosticEngine &diags);

} // namespace xf::dsl
