// Every pair of knobs, classed by the rules: what `xfc explain --pairs` prints.
#pragma once

#include "dsl/Knobs.h"

#include <memory>
#include <string>
#include <vector>

namespace xf::dsl {

enum class PairClass {
  Valid,
  Rejected, ///< an error that says why
  Planned,  ///< one of them, or both together, is not supported yet
  Ignored,  ///< accepted, though one of them is without effect
};

struct PairVerdict {
  PairClass cls;
  std::string reason; ///< of Rejected and Ignored: the message
};

/// The knobs of the stack and of TransformerWrapper that can be switched on,
/// and what the rules say about any two of them, each set as in its example.
/// Sizes that every model has, and what acts in training only, are left out.
class PairTable {
public:
  PairTable();

  llvm::ArrayRef<const KnobInfo *> knobs() const { return list; }

  /// The verdict on two knobs, by index, in a stack that is an `Encoder` or a
  /// `Decoder`.
  PairVerdict classify(size_t a, size_t b, bool causal) const;

private:
  struct Example;
  std::vector<const KnobInfo *> list;
  std::vector<std::shared_ptr<const Example>> examples;
  std::shared_ptr<const Example> base;
};

/// How many pairs there are of each class.
void printPairCounts(llvm::raw_ostream &os);

/// The pairs of one knob, with the reasons; false where there is no such knob.
bool printPairsOf(llvm::StringRef knob, llvm::raw_ostream &os);

/// All pairs that are not valid, for programs: {"knobs": [..], "Encoder":
/// {"rejected": {"a + b": reason}, "ignored": .., "planned": ..}, "Decoder":
/// ..}.
void printPairsJson(llvm::raw_ostream &os);

} // namespace xf::dsl
