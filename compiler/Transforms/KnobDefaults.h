// The knob table as xf-resolve-knobs and xf-expand-blocks see it: the knobs of
// a model op with their defaults as attributes.
#pragma once

#include "compiler/Dialect/XF/IR/XF.h"

namespace xf {

enum class KnobOwner {
  AttentionLayers,
  TransformerWrapper,
  ViTransformerWrapper,
  XTransformer,
  ContinuousTransformerWrapper,
  MultiInputTransformerWrapper
};
enum class KnobKind {
  Int,
  Float,
  Bool,
  String,
  Enum,
  IntList,
  StringList,
  Switch,
  Dict,
  Any
};
enum class KnobStatus { Supported, Planned };

struct KnobDefault {
  KnobOwner owner;
  KnobKind kind;
  llvm::StringRef name, text;
  KnobStatus status;
};

/// The knobs of `op`, a model op that holds knobs.
llvm::SmallVector<const KnobDefault *> knobsOf(mlir::Operation *op);

/// The default as an attribute; null for `required`, `none` and what is not
/// compiled in any form.
mlir::Attribute defaultAttr(const KnobDefault &knob, mlir::Builder &builder);

} // namespace xf
