// xf-resolve-knobs: every knob that a compiled model depends on becomes an
// explicit attribute, so that no later pass knows a default. What `none` stands
// for is worked out here; a knob that the compiler does not know yet, and knobs
// that contradict each other, are errors at the knob's own line.
#include "compiler/Dialect/XF/IR/ModelKnobs.h"
#include "compiler/Dialect/XF/IR/XF.h"
#include "compiler/Transforms/CheckKnobs.h"
#include "compiler/Transforms/Expand/Layout.h"
#include "compiler/Transforms/KnobDefaults.h"
#include "compiler/Transforms/Passes.h"

namespace xf {

#define GEN_PASS_DEF_RESOLVEKNOBSPASS
#include "compiler/Transforms/Passes.h.inc"

using namespace mlir;
using namespace xf::ir;
using expand::StackLayout;
using expand::Sublayer;

namespace {

/// `attr`, or every element of it where it is one a layer, equals `value`.
bool equalsEverywhere(Attribute attr, Attribute value) {
  auto values = dyn_cast<ArrayAttr>(attr);
  if (!values)
    return attr == value;
  return llvm::all_of(values,
                      [&](Attribute element) { return element == value; });
}

/// A knob that is not compiled yet may be there with its default, which says
/// nothing; it is removed.
LogicalResult dropPlanned(Operation *op) {
  Builder builder(op);
  for (const KnobDefault *knob : knobsOf(op)) {
    Attribute attr = knob->status == KnobStatus::Planned
                         ? op->getAttr(knob->name)
                         : Attribute();
    if (!attr)
      continue;
    if (!equalsEverywhere(attr, defaultAttr(*knob, builder)))
      return emitError(knobLoc(op, knob->name))
             << "`" << knob->name << "` is not supported yet";
    op->removeAttr(knob->name);
  }
  return success();
}

LogicalResult requireKnobs(Operation *op) {
  for (const KnobDefault *knob : knobsOf(op))
    if (knob->text == "required" && knob->status == KnobStatus::Supported &&
        !hasKnob(op, knob->name))
      return emitError(ownLoc(op))
             << "`" << knob->name << "` is not set and has no default";
  return success();
}

void addDefaults(Operation *op) {
  Builder builder(op);
  for (const KnobDefault *knob : knobsOf(op)) {
    if (knob->status != KnobStatus::Supported || hasKnob(op, knob->name))
      continue;
    if (Attribute attr = defaultAttr(*knob, builder))
      op->setAttr(knob->name, attr);
  }
}

//===----------------------------------------------------------------------===//
// The stack
//===----------------------------------------------------------------------===//

/// Resolves one stack, whatever it stands in.
class StackResolver {
public:
  explicit StackResolver(AttentionLayersOp stack)
      : stack(stack), builder(stack) {}

  LogicalResult run() {
    if (failed(dropPlanned(stack)) || failed(requireKnobs(stack)))
      return failure();
    auto found = expand::layoutOf(stack);
    if (failed(found))
      return failure();
    layout = *found;
    if (failed(checkCounts()) || failed(resolveKeyHeads()))
      return failure();
    if (!hasKnob(stack, "depth"))
      stack->setAttr("depth", builder.getI64IntegerAttr(layout.depth));
    addDefaults(stack);
    resolveNone();
    return checkStack(stack, layout);
  }

private:
  /// A knob with one value a layer has one for each sublayer of its kind.
  LogicalResult checkCounts() {
    for (const KnobDefault *knob : knobsOf(stack)) {
      auto values = stack->getAttrOfType<ArrayAttr>(knob->name);
      StringRef name = knob->name;
      bool isList =
          knob->kind == KnobKind::IntList || knob->kind == KnobKind::StringList;
      if (!values || isList)
        continue;
      auto [count, what] = entriesOf(name);
      if (values.size() != count)
        return emitError(knobLoc(stack, name))
               << "`" << name << "` has " << values.size()
               << " values, but the stack has " << count << " " << what;
    }
    return success();
  }

  std::pair<size_t, StringRef> entriesOf(StringRef name) {
    if (name.starts_with("attn_"))
      return {layout.count(Sublayer::Kind::Attention), "self attentions"};
    if (name.starts_with("cross_attn_"))
      return {layout.count(Sublayer::Kind::Cross), "cross attentions"};
    if (name.starts_with("ff_"))
      return {layout.count(Sublayer::Kind::Feedforward), "feed-forwards"};
    return {layout.sublayers.size(), "sublayers"};
  }

  /// Whether a Bool knob, set or not, is true in `layer`.
  bool isOn(StringRef name, unsigned layer) {
    return hasKnob(stack, name) && boolKnob(stack, name, layer);
  }

  /// `attn_one_kv_head` is another way to say `attn_kv_heads = 1`; only the
  /// number stays.
  LogicalResult resolveKeyHeads() {
    StringRef one = "attn_one_kv_head", count = "attn_kv_heads";
    int64_t heads =
        hasKnob(stack, "heads") ? intKnob(stack, "heads") : headsByDefault();
    fillNone(count, builder.getI64IntegerAttr(heads));
    SmallVector<Attribute> perLayer;
    unsigned layers = std::max(layout.count(Sublayer::Kind::Attention), 1u);
    for (unsigned layer = 0; layer < layers; ++layer) {
      bool single = isOn(one, layer);
      if (single && hasKnob(stack, count))
        return contradiction(stack, one, stack, count,
                             "`attn_one_kv_head` and `attn_kv_heads` exclude "
                             "each other: both set the number of key heads");
      int64_t keyHeads = single                  ? 1
                         : hasKnob(stack, count) ? intKnob(stack, count, layer)
                                                 : heads;
      if (keyHeads <= 0 || heads % keyHeads != 0)
        return contradiction(
            stack, count, stack, "heads",
            "`heads` = " + Twine(heads) +
                " is not a multiple of `attn_kv_heads` = " + Twine(keyHeads));
      perLayer.push_back(builder.getI64IntegerAttr(keyHeads));
    }
    // A list stays one, even of equal numbers: it does not reach cross
    // attention.
    bool isList = isa_and_nonnull<ArrayAttr>(stack->getAttr(one)) ||
                  isa_and_nonnull<ArrayAttr>(stack->getAttr(count));
    stack->removeAttr(one);
    stack->setAttr(count,
                   isList ? builder.getArrayAttr(perLayer) : perLayer.front());
    return success();
  }

  int64_t headsByDefault() {
    for (const KnobDefault *knob : knobsOf(stack))
      if (knob->name == "heads")
        return cast<IntegerAttr>(defaultAttr(*knob, builder)).getInt();
    llvm_unreachable("`heads` is a knob");
  }

  /// Replaces the `none` of single layers by `value`.
  void fillNone(StringRef name, Attribute value) {
    auto values = stack->getAttrOfType<ArrayAttr>(name);
    if (!values)
      return;
    SmallVector<Attribute> filled(values.begin(), values.end());
    for (Attribute &element : filled)
      if (isa<UnitAttr>(element))
        element = value;
    stack->setAttr(name, builder.getArrayAttr(filled));
  }

  /// What `none` stands for.
  void resolveNone() {
    auto setDefault = [&](StringRef name, Attribute value) {
      fillNone(name, value);
      if (!hasKnob(stack, name))
        stack->setAttr(name, value);
    };
    setDefault("attn_value_dim_head", stack->getAttr("attn_dim_head"));
    setDefault("attn_max_attend_past", builder.getI64IntegerAttr(-1));
    setDefault("alibi_num_heads", stack->getAttr("heads"));
    bool relative = isOn("rel_pos_bias", 0) || isOn("rotary_pos_emb", 0) ||
                    isOn("rotary_xpos", 0) || isOn("polar_pos_emb", 0);
    setDefault("disable_abs_pos_emb", builder.getBoolAttr(relative));
  }

  AttentionLayersOp stack;
  StackLayout layout;
  Builder builder;
};

//===----------------------------------------------------------------------===//
// Wrappers
//===----------------------------------------------------------------------===//

/// Resolves a wrapper around a resolved stack.
LogicalResult resolveWrapper(Operation *wrapper, AttentionLayersOp stack) {
  addDefaults(wrapper);
  Builder builder(wrapper);
  auto setDefault = [&](StringRef name, int64_t value) {
    if (!hasKnob(wrapper, name))
      wrapper->setAttr(name, builder.getI64IntegerAttr(value));
  };
  if (isa<TransformerWrapperOp>(wrapper))
    setDefault("emb_dim", intKnob(stack, "dim"));
  if (isa<ContinuousTransformerWrapperOp>(wrapper))
    setDefault("max_seq_len", 0);
  if (hasKnob(wrapper, "use_abs_pos_emb")) {
    bool positions = boolKnob(wrapper, "use_abs_pos_emb") &&
                     !boolKnob(stack, "disable_abs_pos_emb") &&
                     intKnob(wrapper, "max_seq_len") > 0;
    wrapper->setAttr("use_abs_pos_emb", builder.getBoolAttr(positions));
  }
  return checkWrapper(wrapper, stack);
}

LogicalResult resolve(Operation *wrapper) {
  if (auto towers = dyn_cast<XTransformerOp>(wrapper)) {
    if (failed(dropPlanned(towers)) || failed(requireKnobs(towers)))
      return failure();
    addDefaults(towers);
    return success(succeeded(resolve(towers.getEncoder())) &&
                   succeeded(resolve(towers.getDecoder())));
  }
  AttentionLayersOp stack = stackOf(wrapper);
  // What a wrapper needs is missed before what its stack needs.
  if (wrapper != stack &&
      (failed(dropPlanned(wrapper)) || failed(requireKnobs(wrapper))))
    return failure();
  if (failed(StackResolver(stack).run()))
    return failure();
  return wrapper == stack ? success() : resolveWrapper(wrapper, stack);
}

struct ResolveKnobsPass : impl::ResolveKnobsPassBase<ResolveKnobsPass> {
  void runOnOperation() override {
    for (auto model : getOperation().getOps<ModelOp>())
      if (failed(resolve(model.getWrapper())))
        return signalPassFailure();
  }
};

} // namespace
} // namespace xf
