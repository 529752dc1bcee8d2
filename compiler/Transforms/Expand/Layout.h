// The sublayers of a stack: which kinds there are, and in which order they run.
#pragma once

#include "compiler/Dialect/XF/IR/XF.h"

#include <string>

namespace xf::expand {

/// One attention, cross attention or feedforward of a stack.
struct Sublayer {
  enum class Kind { Attention, Cross, Feedforward };
  Kind kind;
  unsigned index; ///< in the file: `layers.<index>`
  unsigned layer; ///< among its kind: the entry of a layered knob
  std::string prefix() const { return "layers." + std::to_string(index) + "."; }
};

/// The sublayers as they are defined, and how they run.
struct StackLayout {
  llvm::SmallVector<Sublayer> sublayers;
  llvm::SmallVector<unsigned> order; ///< indices into `sublayers`
  unsigned blockSize = 1;            ///< sublayers of one repeated block
  unsigned depth = 0;                ///< blocks
  unsigned count(Sublayer::Kind kind) const;
};

/// Reads the layout knobs of `stack`, set or not. What contradicts itself is an
/// error at its knob.
mlir::FailureOr<StackLayout> layoutOf(ir::AttentionLayersOp stack);

} // namespace xf::expand
