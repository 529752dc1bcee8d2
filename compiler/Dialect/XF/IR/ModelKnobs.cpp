// Reading knobs from the attributes of the model ops.
#include "compiler/Dialect/XF/IR/ModelKnobs.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/ErrorHandling.h"

using namespace mlir;

namespace xf::ir {

/// The attribute that holds the value for `layer`. Debian's LLVM has no
/// assertions, so misuse is checked here.
template <typename AttrT>
static AttrT valueOf(Operation *op, StringRef name, unsigned layer) {
  Attribute attr = op->getAttr(name);
  if (auto values = dyn_cast_or_null<ArrayAttr>(attr))
    attr = layer < values.size() ? values[layer] : Attribute();
  if (auto typed = dyn_cast_or_null<AttrT>(attr))
    return typed;
  llvm::report_fatal_error("knob `" + name + "` is not resolved");
}

bool hasKnob(Operation *op, StringRef name) { return op->hasAttr(name); }

int64_t intKnob(Operation *op, StringRef name, unsigned layer) {
  return valueOf<IntegerAttr>(op, name, layer).getInt();
}

double floatKnob(Operation *op, StringRef name, unsigned layer) {
  return valueOf<FloatAttr>(op, name, layer).getValueAsDouble();
}

bool boolKnob(Operation *op, StringRef name, unsigned layer) {
  return valueOf<BoolAttr>(op, name, layer).getValue();
}

StringRef wordKnob(Operation *op, StringRef name, unsigned layer) {
  return valueOf<StringAttr>(op, name, layer).getValue();
}

SmallVector<StringRef> stringsKnob(Operation *op, StringRef name) {
  SmallVector<StringRef> strings;
  if (auto values = op->getAttrOfType<ArrayAttr>(name))
    for (auto value : values.getAsRange<StringAttr>())
      strings.push_back(value.getValue());
  return strings;
}

SmallVector<int64_t> intsKnob(Operation *op, StringRef name) {
  SmallVector<int64_t> ints;
  if (auto values = op->getAttrOfType<ArrayAttr>(name))
    for (auto value : values.getAsRange<IntegerAttr>())
      ints.push_back(value.getInt());
  return ints;
}

DictionaryAttr dictKnob(Operation *op, StringRef name) {
  auto dict = op->getAttrOfType<DictionaryAttr>(name);
  return dict ? dict : DictionaryAttr::get(op->getContext());
}

std::optional<double> scaleKnob(Operation *op, StringRef name) {
  auto number = op->getAttrOfType<FloatAttr>(name);
  return number ? std::optional(number.getValueAsDouble()) : std::nullopt;
}

bool switchKnob(Operation *op, StringRef name) {
  if (auto boolean = op->getAttrOfType<BoolAttr>(name))
    return boolean.getValue();
  return scaleKnob(op, name).has_value();
}

bool hasInput(Operation *op, StringRef input) {
  Operation *parent = op->getParentOp();
  bool isInside = op->getName().stripDialect() == "attention_layers" &&
                  parent && parent->getName().stripDialect() != "model";
  return llvm::is_contained(stringsKnob(isInside ? parent : op, "inputs"),
                            input);
}

// The model builder fuses the op's place with one NameLoc per knob,
// `model.attn_layers.heads`.
Location knobLoc(Operation *op, StringRef name) {
  if (auto fused = dyn_cast<FusedLoc>(op->getLoc()))
    for (Location place : fused.getLocations())
      if (auto named = dyn_cast<NameLoc>(place))
        if (named.getName().getValue().rsplit('.').second == name)
          return place;
  return ownLoc(op);
}

Location ownLoc(Operation *op) {
  if (auto fused = dyn_cast<FusedLoc>(op->getLoc()))
    return fused.getLocations().front();
  return op->getLoc();
}

} // namespace xf::ir
