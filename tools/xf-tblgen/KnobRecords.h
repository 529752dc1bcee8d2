// The knob records of dsl/Knobs.td, read and checked: what every generator of
// xf-tblgen starts from.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TableGen/Record.h"

#include <vector>

namespace xf {

/// One `Knob` record. Strings live as long as the RecordKeeper.
struct KnobRecord {
  const llvm::Record *record;
  llvm::StringRef name;
  llvm::StringRef owner;  ///< enumerator of KnobOwner
  llvm::StringRef type;   ///< enumerator of KnobType
  llvm::StringRef status; ///< enumerator of KnobStatus
  llvm::StringRef defaultText, text, note, base;
  llvm::StringRef formula, weights, example;
  double minimum, maximum;
  std::vector<llvm::StringRef> words;
  bool layered, own;
};

/// The names of the owners, in the order of Knobs.td.
std::vector<llvm::StringRef> ownerNames(const llvm::RecordKeeper &records);

/// All knobs, sorted by owner (in the order above), then name. A record that
/// contradicts itself (a default outside of its range, a refusal without a
/// reason, a duplicate) is a fatal error at its line.
std::vector<KnobRecord> readKnobs(const llvm::RecordKeeper &records);

void emitKnobTable(llvm::RecordKeeper &records, llvm::raw_ostream &os);
void emitKnobDefaults(llvm::RecordKeeper &records, llvm::raw_ostream &os);
void emitKnobDocs(llvm::RecordKeeper &records, llvm::raw_ostream &os);

} // namespace xf
