// XTransformer is sugar: what it does with its arguments, x-transformers writes
// as two constructor calls. So does this file.
#include "dsl/Sides.h"

namespace xf::dsl {

namespace {

constexpr llvm::StringRef decoderSets[] = {"cross_attend"};
const ClassInfo decoderStack{"Decoder",   KnobOwner::AttentionLayers, 1,
                             decoderSets, KnobStatus::Supported,      ""};

/// A setting nobody wrote; it has no place.
KnobSetting implied(KnobOwner owner, llvm::StringRef name, Value value) {
  return {findKnob(owner, name), std::move(value), {}, {}};
}

CheckedModel sideOf(const CheckedModel &model, llvm::StringRef prefix,
                    const ClassInfo *stackClass) {
  CheckedModel side;
  side.name = model.name;
  side.nameRange = model.nameRange;
  side.imported = model.imported;
  side.cls = findClass("TransformerWrapper");
  CheckedStack stack;
  stack.cls = stackClass;
  stack.range = model.nameRange;
  stack.prefix = prefix.str();
  for (const auto &[name, setting] : model.knobs) {
    llvm::StringRef bare = name;
    if (name == "dim")
      stack.knobs["dim"] = setting;
    else if (!bare.consume_front(prefix))
      continue;
    KnobSetting moved = setting;
    if ((moved.knob = findKnob(KnobOwner::TransformerWrapper, bare)))
      side.knobs[bare.str()] = moved;
    else if ((moved.knob = findKnob(KnobOwner::AttentionLayers, bare)))
      stack.knobs[bare.str()] = moved;
  }
  side.stacks.emplace_back("attn_layers", std::move(stack));
  return side;
}

} // namespace

std::vector<CheckedModel> sidesOf(const CheckedModel &model) {
  CheckedModel encoder = sideOf(model, "enc_", findClass("Encoder")),
               decoder = sideOf(model, "dec_", &decoderStack);
  encoder.knobs["return_only_embed"] =
      implied(KnobOwner::TransformerWrapper, "return_only_embed", Value{true});
  std::vector<CheckedModel> sides;
  sides.push_back(std::move(encoder));
  sides.push_back(std::move(decoder));
  return sides;
}

} // namespace xf::dsl
