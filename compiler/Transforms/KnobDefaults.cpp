// The defaults of the knob table as attributes.
#include "compiler/Transforms/KnobDefaults.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace xf::ir;

namespace xf {

static constexpr KnobDefault kKnobs[] = {
#define XF_KNOB(owner, kind, name, text, status)                               \
  {KnobOwner::owner, KnobKind::kind, name, text, KnobStatus::status},
#include "compiler/Dialect/XF/IR/KnobDefaults.inc"
#undef XF_KNOB
};

SmallVector<const KnobDefault *> knobsOf(Operation *op) {
  auto owner =
      llvm::TypeSwitch<Operation *, std::optional<KnobOwner>>(op)
          .Case([](AttentionLayersOp) { return KnobOwner::AttentionLayers; })
          .Case([](TransformerWrapperOp) {
            return KnobOwner::TransformerWrapper;
          })
          .Case([](ViTransformerWrapperOp) {
            return KnobOwner::ViTransformerWrapper;
          })
          .Case([](XTransformerOp) { return KnobOwner::XTransformer; })
          .Case([](ContinuousTransformerWrapperOp) {
            return KnobOwner::ContinuousTransformerWrapper;
          })
          .Case([](MultiInputTransformerWrapperOp) {
            return KnobOwner::MultiInputTransformerWrapper;
          })
          .Default([](Operation *) { return std::nullopt; });
  SmallVector<const KnobDefault *> knobs;
  for (const KnobDefault &knob : kKnobs)
    if (knob.owner == owner)
      knobs.push_back(&knob);
  return knobs;
}

Attribute defaultAttr(const KnobDefault &knob, Builder &builder) {
  if (knob.text == "required" ||
      (knob.text == "none" && knob.kind != KnobKind::Enum))
    return {};
  int64_t integer;
  double real;
  switch (knob.kind) {
  case KnobKind::Int:
    return llvm::to_integer(knob.text, integer, 10)
               ? builder.getI64IntegerAttr(integer)
               : Attribute();
  case KnobKind::Float:
    return llvm::to_float(knob.text, real) ? builder.getF64FloatAttr(real)
                                           : Attribute();
  case KnobKind::Bool:
    return builder.getBoolAttr(knob.text == "true");
  case KnobKind::Enum:
  case KnobKind::String:
    return builder.getStringAttr(knob.text);
  case KnobKind::Switch: // a bool where it has a default at all
  case KnobKind::Any:
    return knob.text == "true" || knob.text == "false"
               ? builder.getBoolAttr(knob.text == "true")
               : Attribute();
  case KnobKind::IntList:
  case KnobKind::StringList:
  case KnobKind::Dict:
    return {};
  }
  llvm_unreachable("all kinds of knobs handled");
}

} // namespace xf
