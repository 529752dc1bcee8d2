// Reads the `Knob` records and checks each against itself, so that a slip in
// Knobs.td fails the build and not a user.
#include "tools/xf-tblgen/KnobRecords.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/TableGen/Error.h"

#include <cmath>
#include <limits>

using namespace llvm;

namespace xf {

/// A number of the table; TableGen has no floats, so bounds and defaults are
/// text.
static double parseNumber(const Record &record, StringRef text) {
  if (text == "inf")
    return std::numeric_limits<double>::infinity();
  if (text == "-inf")
    return -std::numeric_limits<double>::infinity();
  double value;
  if (text.getAsDouble(value))
    PrintFatalError(&record, "`" + text + "` is not a number");
  return value;
}

static void checkDefault(const KnobRecord &knob) {
  StringRef text = knob.defaultText;
  if (text == "required" || text == "none")
    return;
  auto fail = [&](const Twine &why) {
    PrintFatalError(knob.record, "default of `" + knob.name + "`: " + why);
  };
  if (knob.type == "Int" || knob.type == "Float") {
    double value = parseNumber(*knob.record, text);
    if (knob.type == "Int" && value != std::floor(value))
      fail("not an integer");
    if (value < knob.minimum || value > knob.maximum)
      fail("outside of its range");
  } else if (knob.type == "Bool") {
    if (text != "true" && text != "false")
      fail("neither true nor false");
  } else if (knob.type == "Enum") {
    if (!is_contained(knob.words, text))
      fail("not one of its words");
  } else if (knob.type == "Switch") {
    double number;
    if (text != "true" && text != "false" && text.getAsDouble(number))
      fail("neither true, false nor a number");
  } else if (knob.type != "Any" && knob.type != "String") {
    fail("this type has none");
  }
}

static void check(const KnobRecord &knob) {
  auto fail = [&](const Twine &why) {
    PrintFatalError(knob.record, "knob `" + knob.name + "`: " + why);
  };
  if (knob.minimum > knob.maximum)
    fail("empty range");
  if (knob.text.empty() || knob.text.ends_with(".") || knob.text.contains('\n'))
    fail("the text is one line without a period");
  bool needsNote = knob.status == "Refused" || knob.status == "TrainingOnly";
  if (needsNote == knob.note.empty())
    fail("a note is given exactly where it is refused or for training only");
  bool mayHaveWords =
      knob.type == "Enum" || knob.type == "StringList" || knob.type == "Dict";
  if (!mayHaveWords && !knob.words.empty())
    fail("an enum, a list of strings or a dict, and nothing else, has words");
  if (knob.words.empty() && (knob.type == "Enum" || knob.type == "Dict"))
    fail("an enum and a dict have words");
  checkDefault(knob);
}

static KnobRecord readKnob(const Record &record) {
  KnobRecord knob;
  knob.record = &record;
  knob.name = record.getValueAsString("name");
  if (isa<UnsetInit>(record.getValueInit("owner")))
    PrintFatalError(&record, "knob `" + knob.name + "` has no owner");
  knob.owner = record.getValueAsDef("owner")->getName();
  knob.type = record.getValueAsDef("type")->getName();
  knob.type.consume_front("Kind");
  knob.status = record.getValueAsDef("status")->getName();
  knob.status.consume_front("Status");
  knob.defaultText = record.getValueAsString("defaultText");
  knob.text = record.getValueAsString("text");
  knob.note = record.getValueAsString("note");
  knob.base = record.getValueAsString("base");
  knob.formula = record.getValueAsString("formula");
  knob.weights = record.getValueAsString("weights");
  knob.example = record.getValueAsString("example");
  knob.minimum = parseNumber(record, record.getValueAsString("minimum"));
  knob.maximum = parseNumber(record, record.getValueAsString("maximum"));
  knob.words = record.getValueAsListOfStrings("words");
  knob.layered = record.getValueAsBit("layered");
  knob.own = record.getValueAsBit("own");
  check(knob);
  return knob;
}

std::vector<StringRef> ownerNames(const RecordKeeper &records) {
  auto owners = records.getAllDerivedDefinitions("KnobOwner");
  std::vector<const Record *> sorted(owners.begin(), owners.end());
  sort(sorted, [](const Record *a, const Record *b) {
    return a->getID() < b->getID();
  });
  std::vector<StringRef> names;
  for (const Record *owner : sorted)
    names.push_back(owner->getName());
  return names;
}

std::vector<KnobRecord> readKnobs(const RecordKeeper &records) {
  std::vector<StringRef> owners = ownerNames(records);
  std::vector<KnobRecord> knobs;
  for (const Record *record : records.getAllDerivedDefinitions("Knob"))
    knobs.push_back(readKnob(*record));
  auto rank = [&](const KnobRecord &knob) {
    return std::pair(find(owners, knob.owner) - owners.begin(), knob.name);
  };
  sort(knobs, [&](const KnobRecord &a, const KnobRecord &b) {
    return rank(a) < rank(b);
  });
  for (size_t i = 1; i < knobs.size(); ++i)
    if (rank(knobs[i - 1]) == rank(knobs[i]))
      PrintFatalError(knobs[i].record,
                      "knob `" + knobs[i].name + "` is there twice");
  return knobs;
}

} // namespace xf
