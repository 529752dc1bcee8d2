// -gen-knob-docs: the knob reference in Markdown, a table per owner and then a
// paragraph per knob, what is compiled first.
#include "dsl/RuleTable.h"
#include "tools/xf-tblgen/KnobRecords.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

#include <cmath>

using namespace llvm;

namespace xf {

/// A cell of a table: `|` would end it.
static std::string cell(StringRef text) {
  std::string result;
  for (char c : text)
    result += c == '|' ? "\\|" : std::string(1, c);
  return result;
}

static std::string typeText(const KnobRecord &knob) {
  std::string text;
  if (knob.type == "Enum")
    text = join(knob.words, ", ");
  else if (knob.type == "Dict")
    text = "{ " + join(knob.words, ", ") + " }";
  else if (knob.type == "IntList")
    text = "list of integers";
  else if (knob.type == "StringList")
    text = knob.words.empty() ? "list of strings"
                              : "list of " + join(knob.words, ", ");
  else if (knob.type == "Switch")
    text = "bool or float";
  else if (knob.type == "Any")
    text = "any";
  else
    text = knob.type.lower();
  raw_string_ostream os(text);
  if (std::isfinite(knob.minimum))
    os << " ≥ " << format("%g", knob.minimum);
  if (std::isfinite(knob.maximum))
    os << (std::isfinite(knob.minimum) ? ", ≤ " : " ≤ ")
       << format("%.10g", knob.maximum);
  if (knob.layered)
    os << "; or a list, one a layer";
  return os.str();
}

/// The settings that show a knob, as `xfc explain --knob` prints them.
static std::string exampleOf(const KnobRecord &knob) {
  if (!knob.example.empty())
    return knob.example.str();
  if (knob.type != "Bool" &&
      (knob.defaultText == "none" || knob.defaultText == "required"))
    return "";
  StringRef value = knob.type == "Bool"
                        ? knob.defaultText == "true" ? "false" : "true"
                        : knob.defaultText;
  return (knob.name + " = " + value).str();
}

static void emitKnob(const KnobRecord &knob, raw_ostream &os) {
  os << "\n**`" << knob.name << "`**" << (knob.own ? " (xfc's own)" : "")
     << ": " << knob.text << ".\\\n";
  os << "Type: " << typeText(knob) << ". Default: `" << knob.defaultText
     << "`.";
  if (!knob.formula.empty())
    os << "\\\nFormula: " << knob.formula << ".";
  if (!knob.weights.empty())
    os << "\\\nWeights: " << knob.weights << ".";
  std::vector<std::string> rules = dsl::describeRules(knob.name);
  if (!rules.empty())
    os << "\\\nRules: " << join(rules, "; ") << ".";
  std::string example = exampleOf(knob);
  os << (example.empty() ? "" : "\\\nExample: `" + example + "`.") << "\n";
}

static void emitNotes(ArrayRef<KnobRecord> knobs, StringRef owner,
                      StringRef status, StringRef title, raw_ostream &os) {
  bool any = false;
  for (const KnobRecord &knob : knobs) {
    if (knob.owner != owner || knob.status != status || !knob.base.empty())
      continue;
    if (!any)
      os << "\n"
         << title << "\n\n| knob | meaning | why |\n| --- | --- | --- |\n";
    any = true;
    os << "| `" << knob.name << "` | " << cell(knob.text) << " | "
       << cell(knob.note) << " |\n";
  }
}

static void emitKnobs(ArrayRef<KnobRecord> knobs, StringRef owner,
                      StringRef status, StringRef title, raw_ostream &os) {
  bool any = false;
  for (const KnobRecord &knob : knobs) {
    if (knob.owner != owner || knob.status != status || !knob.base.empty())
      continue;
    if (!any && !title.empty())
      os << "\n" << title << "\n";
    any = true;
    emitKnob(knob, os);
  }
}

static constexpr StringLiteral preface = R"(# Knob reference

Generated from `dsl/Knobs.td` and `dsl/KnobRules.def` (target `update_knob_page`); `xfc explain --knob NAME` prints one of them.
Names, defaults and meaning are x-transformers' own where a knob is not marked as xfc's. How knobs are written is in
`dsl/README.md`.

In formulas, x is the residual stream, y the input of a branch after its norm, o its output; d is `dim`, h `heads`, e
`attn_dim_head`, e_v the width of a head's values, k the key heads, F the feed-forward's width, V `num_tokens`, E `emb_dim`, L
`max_seq_len`. Query i, key j; s are logits, p attention weights. unit(x) = x / max(|x|, 1e-12), clamp_c(x) = c tanh(x / c). Names of
weights are those of x-transformers, inside of `layers.I.1.` where they belong to a branch; (out, in) are their shapes.
)";

void emitKnobDocs(RecordKeeper &records, raw_ostream &os) {
  std::vector<KnobRecord> knobs = readKnobs(records);
  os << preface;
  for (StringRef owner : ownerNames(records)) {
    if (none_of(knobs, [&](auto &knob) { return knob.owner == owner; }))
      continue;
    os << "\n## " << owner << "\n";
    if (owner == "AttentionLayers")
      os << "\nEvery `attn_*` knob also exists as `cross_attn_*`, for cross "
            "attention; where that has no value of its own it takes the one "
            "of `attn_*`, if that is no list.\n";
    if (owner == "XTransformer")
      os << "\nEvery knob of AttentionLayers also exists as `enc_*` and "
            "`dec_*`, for one side.\n";
    emitKnobs(knobs, owner, "Supported", "", os);
    emitKnobs(knobs, owner, "Planned", "### Not supported yet", os);
    emitNotes(knobs, owner, "TrainingOnly",
              "### No effect at inference, accepted with a remark", os);
    emitNotes(knobs, owner, "Refused", "### Refused", os);
  }
}

} // namespace xf
