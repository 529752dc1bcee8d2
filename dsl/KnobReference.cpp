// The knob table in words: one line a knob, or all about one.
#include "dsl/Knobs.h"
#include "dsl/RuleTable.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

namespace xf::dsl {

std::string exampleOf(const KnobInfo &knob) {
  if (!knob.example.empty())
    return knob.example.str();
  bool hasValue = knob.defaultText != "none" && knob.defaultText != "required";
  if (knob.type != KnobType::Bool && !hasValue)
    return "";
  bool isOff = knob.defaultText != "true";
  llvm::StringRef value =
      knob.type == KnobType::Bool ? isOff ? "true" : "false" : knob.defaultText;
  return (knob.name + " = " + value).str();
}

static void printLine(const KnobInfo &knob, llvm::raw_ostream &os) {
  os << "  " << knob.name << " = " << knob.defaultText << "\n      "
     << knob.text;
  if (!knob.words.empty()) {
    os << " (";
    llvm::interleaveComma(knob.words, os);
    os << ")";
  }
  if (std::isfinite(knob.minimum))
    os << ", at least " << llvm::format("%g", knob.minimum);
  if (std::isfinite(knob.maximum))
    os << ", at most " << llvm::format("%.10g", knob.maximum);
  if (knob.layered)
    os << ", or a list with one entry a layer";
  if (knob.own)
    os << " [xfc's own]";
  switch (knob.status) {
  case KnobStatus::Supported:
    break;
  case KnobStatus::Planned:
    os << " [not supported yet]";
    break;
  case KnobStatus::TrainingOnly:
    os << " [no effect: " << knob.note << "]";
    break;
  case KnobStatus::Refused:
    os << " [refused: " << knob.note << "]";
    break;
  }
  os << "\n";
  bool isCompiled = knob.status == KnobStatus::Supported ||
                    knob.status == KnobStatus::Planned;
  if (isCompiled && !exampleOf(knob).empty())
    os << "      example: " << exampleOf(knob) << "\n";
}

void printKnobReference(llvm::raw_ostream &os) {
  const KnobInfo *previous = nullptr;
  for (const KnobInfo &knob : allKnobs()) {
    if (!previous || previous->owner != knob.owner)
      os << (previous ? "\n" : "") << ownerName(knob.owner) << "\n";
    previous = &knob;
    if (knob.base.empty())
      printLine(knob, os);
  }
  os << "\nEvery attn_* knob also exists as cross_attn_*, for cross attention, "
        "which takes the value of\nattn_* where it has none of its own; every "
        "knob of AttentionLayers as enc_* and "
        "dec_* in XTransformer.\n";
}

static llvm::StringRef typeWords(KnobType type) {
  switch (type) {
  case KnobType::Int:
    return "integer";
  case KnobType::Float:
    return "number";
  case KnobType::Bool:
    return "true or false";
  case KnobType::String:
    return "string";
  case KnobType::Enum:
    return "one of ";
  case KnobType::IntList:
    return "list of integers";
  case KnobType::StringList:
    return "list of strings out of ";
  case KnobType::Switch:
    return "true, false or a number";
  case KnobType::Dict:
    return "block of ";
  case KnobType::Stack:
    return "a stack such as Encoder { ... }";
  case KnobType::Any:
    return "any value";
  }
  return "";
}

/// What an entry of a list stands for.
static llvm::StringRef layerWord(llvm::StringRef name) {
  if (name.contains("cross_attn_"))
    return "cross attention";
  if (name.contains("attn_"))
    return "self attention";
  return name.contains("ff_") ? "feed-forward" : "sublayer";
}

static std::string typeText(const KnobInfo &knob) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << typeWords(knob.type);
  llvm::interleaveComma(knob.words, os);
  if (std::isfinite(knob.minimum))
    os << ", at least " << llvm::format("%g", knob.minimum);
  if (std::isfinite(knob.maximum))
    os << ", at most " << llvm::format("%.10g", knob.maximum);
  if (knob.layered)
    os << ", or a list with one entry per " << layerWord(knob.name);
  return text;
}

static std::string statusText(const KnobInfo &knob) {
  switch (knob.status) {
  case KnobStatus::Supported:
    return "supported";
  case KnobStatus::Planned:
    return "not supported yet";
  case KnobStatus::TrainingOnly:
    return "no effect at inference: " + knob.note.str();
  case KnobStatus::Refused:
    return "refused: " + knob.note.str();
  }
  return "";
}

static void printKnob(const KnobInfo &knob, llvm::raw_ostream &os) {
  auto row = [&](llvm::StringRef title, llvm::StringRef text) {
    if (!text.empty())
      os << "  " << llvm::left_justify(title, 10) << text << "\n";
  };
  os << knob.name << " of " << ownerName(knob.owner)
     << (knob.own ? ", xfc's own" : "") << "\n";
  row("", knob.text);
  if (!knob.base.empty())
    row("repeats", knob.base);
  row("type", typeText(knob));
  row("default", knob.name.starts_with("cross_attn_") && !knob.base.empty()
                     ? "the value of `" + knob.base.str() + "`"
                     : knob.defaultText.str());
  row("status", statusText(knob));
  row("formula", knob.formula);
  row("weights", knob.weights);
  bool first = true;
  for (const std::string &rule :
       describeRules(knob.base.empty() ? knob.name : knob.base)) {
    row(first ? "rules" : "", rule);
    first = false;
  }
  if (knob.status == KnobStatus::Supported ||
      knob.status == KnobStatus::Planned)
    row("example", exampleOf(knob));
}

bool printKnob(llvm::StringRef name, llvm::raw_ostream &os) {
  bool any = false;
  for (const KnobInfo &knob : allKnobs()) {
    if (knob.name != name)
      continue;
    os << (any ? "\n" : "");
    printKnob(knob, os);
    any = true;
  }
  return any;
}

} // namespace xf::dsl
