// The knob table for C++: -gen-knob-table for the front end (rows of the
// constant tables in dsl/Knobs.cpp), and -gen-knob-defaults for the compiler,
// which must not see the front end.
#include "tools/xf-tblgen/KnobRecords.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/TableGen/TableGenBackend.h"

#include <cmath>

using namespace llvm;

namespace xf {

static std::string quoted(StringRef text) {
  std::string result = "\"";
  raw_string_ostream os(result);
  printEscapedString(text, os);
  return result + "\"";
}

static std::string bound(double value) {
  if (std::isinf(value))
    return value < 0 ? "-infinity" : "infinity";
  std::string text;
  raw_string_ostream(text) << format("%.17g", value);
  return text;
}

void emitKnobTable(RecordKeeper &records, raw_ostream &os) {
  std::vector<KnobRecord> knobs = readKnobs(records);
  emitSourceFileHeader("The rows of the knob table", os);

  os << "#ifdef XF_KNOB_WORDS\n";
  for (auto [index, knob] : enumerate(knobs)) {
    if (knob.words.empty())
      continue;
    os << "constexpr llvm::StringRef words" << index << "[] = {";
    interleaveComma(knob.words, os, [&](StringRef w) { os << quoted(w); });
    os << "};\n";
  }
  os << "#endif\n\n#ifdef XF_KNOB_ROWS\n";
  for (auto [index, knob] : enumerate(knobs)) {
    std::string words =
        knob.words.empty() ? "{}" : formatv("words{0}", index).str();
    os << formatv("{{{0}, KnobOwner::{1}, KnobType::{2}, {3}, {4}, {5}, {6}, "
                  "{7}, {8}, KnobStatus::{9}, {10}, {11}, {12}},\n",
                  quoted(knob.name), knob.owner, knob.type,
                  quoted(knob.defaultText), bound(knob.minimum),
                  bound(knob.maximum), words, knob.layered ? "true" : "false",
                  knob.own ? "true" : "false", knob.status, quoted(knob.text),
                  quoted(knob.note), quoted(knob.base));
  }
  os << "#endif\n\n#ifdef XF_CLASS_ROWS\n";
  for (const Record *cls : records.getAllDerivedDefinitions("SpecClass")) {
    StringRef status = cls->getValueAsDef("status")->getName();
    status.consume_front("Status");
    os << formatv("{{{0}, KnobOwner::{1}, {2}, KnobStatus::{3}},\n",
                  quoted(cls->getValueAsString("name")),
                  cls->getValueAsDef("owner")->getName(),
                  cls->getValueAsInt("causal"), status);
  }
  os << "#endif\n";
}

void emitKnobDefaults(RecordKeeper &records, raw_ostream &os) {
  emitSourceFileHeader("Knobs as attributes: XF_KNOB(owner, type, name, "
                       "default, status)",
                       os);
  for (const KnobRecord &knob : readKnobs(records)) {
    bool held = knob.type != "Stack" && knob.status != "Refused" &&
                knob.status != "TrainingOnly";
    if (held &&
        (knob.owner == "AttentionLayers" || knob.owner == "TransformerWrapper"))
      os << formatv("XF_KNOB({0}, {1}, {2}, {3}, {4})\n", knob.owner, knob.type,
                    quoted(knob.name), quoted(knob.defaultText), knob.status);
  }
}

} // namespace xf
