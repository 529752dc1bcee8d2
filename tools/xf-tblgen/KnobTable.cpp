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
  os.write_escaped(text);
  return result + "\"";
}

static std::string bound(double value) {
  if (std::isinf(value))
    return value < 0 ? "-infinity" : "infinity";
  std::string text;
  raw_string_ostream(text) << format("%.17g", value);
  return text;
}

static void emitClasses(const RecordKeeper &records, raw_ostream &os) {
  auto classes = records.getAllDerivedDefinitions("SpecClass");
  os << "#ifdef XF_CLASS_WORDS\n";
  for (auto [index, cls] : enumerate(classes)) {
    std::vector<StringRef> on = cls->getValueAsListOfStrings("on");
    if (on.empty())
      continue;
    os << "constexpr llvm::StringRef on" << index << "[] = {";
    interleaveComma(on, os, [&](StringRef knob) { os << quoted(knob); });
    os << "};\n";
  }
  os << "#endif\n\n#ifdef XF_CLASS_ROWS\n";
  for (auto [index, cls] : enumerate(classes)) {
    StringRef status = cls->getValueAsDef("status")->getName();
    status.consume_front("Status");
    bool sets = !cls->getValueAsListOfStrings("on").empty();
    os << formatv("{{{0}, KnobOwner::{1}, {2}, {3}, KnobStatus::{4}, {5}},\n",
                  quoted(cls->getValueAsString("name")),
                  cls->getValueAsDef("owner")->getName(),
                  cls->getValueAsInt("causal"),
                  sets ? formatv("on{0}", index).str() : "{}", status,
                  quoted(cls->getValueAsString("note")));
  }
  os << "#endif\n";
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
                  "{7}, {8}, KnobStatus::{9}, {10}, {11}, {12}, {13}, {14}, "
                  "{15}},\n",
                  quoted(knob.name), knob.owner, knob.type,
                  quoted(knob.defaultText), bound(knob.minimum),
                  bound(knob.maximum), words, knob.layered ? "true" : "false",
                  knob.own ? "true" : "false", knob.status, quoted(knob.text),
                  quoted(knob.note), quoted(knob.base), quoted(knob.formula),
                  quoted(knob.weights), quoted(knob.example));
  }
  os << "#endif\n\n";
  emitClasses(records, os);
}

void emitKnobDefaults(RecordKeeper &records, raw_ostream &os) {
  emitSourceFileHeader("Knobs as attributes: XF_KNOB(owner, type, name, "
                       "default, status)",
                       os);
  for (const KnobRecord &knob : readKnobs(records)) {
    bool held = knob.type != "Stack" && knob.status != "Refused" &&
                knob.status != "TrainingOnly";
    bool isPolicy = knob.owner == "Refine" || knob.owner == "Generate";
    bool isSide =
        knob.owner == "XTransformer" &&
        (knob.name.starts_with("enc_") || knob.name.starts_with("dec_"));
    if (held && !isPolicy && !isSide)
      os << formatv("XF_KNOB({0}, {1}, {2}, {3}, {4})\n", knob.owner, knob.type,
                    quoted(knob.name), quoted(knob.defaultText), knob.status);
  }
}

} // namespace xf
