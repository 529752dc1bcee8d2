// -gen-knob-docs: the knob reference in Markdown, a table per owner, what is
// compiled first.
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
  else if (knob.type == "IntList")
    text = "list of integers";
  else if (knob.type == "StringList")
    text = "list of words";
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

static void emitRows(ArrayRef<KnobRecord> knobs, StringRef owner,
                     StringRef status, StringRef title, raw_ostream &os) {
  bool any = false;
  for (const KnobRecord &knob : knobs) {
    if (knob.owner != owner || knob.status != status || !knob.base.empty())
      continue;
    if (!any)
      os << "\n"
         << title << "\n\n| knob | default | type | meaning |\n"
         << "| --- | --- | --- | --- |\n";
    any = true;
    os << "| `" << knob.name << "`" << (knob.own ? " (xfc's own)" : "") << " | "
       << knob.defaultText << " | " << typeText(knob) << " | "
       << cell(knob.text);
    if (!knob.note.empty())
      os << " (" << cell(knob.note) << ")";
    os << " |\n";
  }
}

void emitKnobDocs(RecordKeeper &records, raw_ostream &os) {
  std::vector<KnobRecord> knobs = readKnobs(records);
  os << "# Knob reference\n\nGenerated from dsl/Knobs.td. Names, defaults and "
        "meaning are x-transformers' own where a knob is not marked as "
        "xfc's.\n";
  for (StringRef owner : ownerNames(records)) {
    if (none_of(knobs, [&](auto &knob) { return knob.owner == owner; }))
      continue;
    os << "\n## " << owner << "\n";
    if (owner == "AttentionLayers")
      os << "\nEvery `attn_*` knob also exists as `cross_attn_*`, for cross "
            "attention (not supported yet).\n";
    if (owner == "XTransformer")
      os << "\nEvery knob of AttentionLayers also exists as `enc_*` and "
            "`dec_*`, for one side.\n";
    emitRows(knobs, owner, "Supported", "Compiled:", os);
    emitRows(knobs, owner, "Planned",
             "Known, and reported as not supported yet:", os);
    emitRows(knobs, owner, "TrainingOnly",
             "Accepted with a remark, no effect at inference:", os);
    emitRows(knobs, owner, "Refused", "Refused:", os);
  }
}

} // namespace xf
