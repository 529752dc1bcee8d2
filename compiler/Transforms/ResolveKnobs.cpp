// xf-resolve-knobs: every knob that a compiled model depends on becomes an
// explicit attribute, so that no later pass knows a default. What `none` stands
// for is worked out here; a knob that the compiler does not know yet, and knobs
// that contradict each other, are errors at the knob's own line.
#include "compiler/Dialect/XF/IR/ModelKnobs.h"
#include "compiler/Dialect/XF/IR/XF.h"
#include "compiler/Transforms/Passes.h"

#include "llvm/ADT/StringExtras.h"

namespace xf {

#define GEN_PASS_DEF_RESOLVEKNOBSPASS
#include "compiler/Transforms/Passes.h.inc"

using namespace mlir;
using namespace xf::ir;

namespace {

enum class Owner { AttentionLayers, TransformerWrapper };
enum class Kind { Int, Float, Bool, String, Enum, IntList, StringList, Any };
enum class Status { Supported, Planned };

struct KnobDefault {
  Owner owner;
  Kind kind;
  StringRef name, text;
  Status status;
};

constexpr KnobDefault knobDefaults[] = {
#define XF_KNOB(owner, kind, name, text, status)                               \
  {Owner::owner, Kind::kind, name, text, Status::status},
#include "compiler/Dialect/XF/IR/KnobDefaults.inc"
#undef XF_KNOB
};

/// The default as an attribute; null for `required`, `none` and what is not
/// compiled in any form.
Attribute defaultAttr(const KnobDefault &knob, Builder &builder) {
  if (knob.text == "required" ||
      (knob.text == "none" && knob.kind != Kind::Enum))
    return {};
  int64_t integer;
  double real;
  switch (knob.kind) {
  case Kind::Int:
    return llvm::to_integer(knob.text, integer, 10)
               ? builder.getI64IntegerAttr(integer)
               : Attribute();
  case Kind::Float:
    return llvm::to_float(knob.text, real) ? builder.getF64FloatAttr(real)
                                           : Attribute();
  case Kind::Bool:
    return builder.getBoolAttr(knob.text == "true");
  case Kind::Enum:
  case Kind::String:
    return builder.getStringAttr(knob.text);
  case Kind::Any: // bool where it has a default at all
    return knob.text == "true" || knob.text == "false"
               ? builder.getBoolAttr(knob.text == "true")
               : Attribute();
  case Kind::IntList:
  case Kind::StringList:
    return {};
  }
  return {};
}

/// `attr`, or every element of it where it is one a layer, equals `value`.
bool equalsEverywhere(Attribute attr, Attribute value) {
  auto values = dyn_cast<ArrayAttr>(attr);
  if (!values)
    return attr == value;
  return llvm::all_of(values,
                      [&](Attribute element) { return element == value; });
}

/// The error of a knob, at its line, with a note at the line of the other one.
LogicalResult contradiction(Operation *op, StringRef name, Operation *otherOp,
                            StringRef other, const Twine &message) {
  InFlightDiagnostic diag = emitError(knobLoc(op, name)) << message;
  if (hasKnob(otherOp, other))
    diag.attachNote(knobLoc(otherOp, other))
        << "`" << other << "` is " << otherOp->getAttr(other) << " here";
  return diag;
}

class Resolver {
public:
  explicit Resolver(TransformerWrapperOp wrapper)
      : wrapper(wrapper), stack(wrapper.getStack()), builder(wrapper) {}

  LogicalResult run() {
    if (failed(dropPlanned(stack, Owner::AttentionLayers)) ||
        failed(dropPlanned(wrapper, Owner::TransformerWrapper)) ||
        failed(require(stack, {"dim", "depth"})) ||
        failed(require(wrapper, {"num_tokens", "max_seq_len"})))
      return failure();
    if (failed(resolveKeyHeads()))
      return failure();
    addDefaults(stack, Owner::AttentionLayers);
    addDefaults(wrapper, Owner::TransformerWrapper);
    resolveStack();
    return failure(failed(resolveWrapper()) || failed(checkStack()));
  }

private:
  /// A knob that is not compiled yet may be there with its default, which says
  /// nothing; it is removed.
  LogicalResult dropPlanned(Operation *op, Owner owner) {
    for (const KnobDefault &knob : knobDefaults) {
      Attribute attr = knob.owner == owner && knob.status == Status::Planned
                           ? op->getAttr(knob.name)
                           : Attribute();
      if (!attr)
        continue;
      if (!equalsEverywhere(attr, defaultAttr(knob, builder)))
        return emitError(knobLoc(op, knob.name))
               << "`" << knob.name << "` is not supported yet";
      op->removeAttr(knob.name);
    }
    return success();
  }

  LogicalResult require(Operation *op, ArrayRef<StringRef> names) {
    for (StringRef name : names)
      if (!hasKnob(op, name))
        return emitError(ownLoc(op))
               << "`" << name << "` is not set and has no default";
    return success();
  }

  void addDefaults(Operation *op, Owner owner) {
    for (const KnobDefault &knob : knobDefaults) {
      if (knob.owner != owner || knob.status != Status::Supported ||
          hasKnob(op, knob.name))
        continue;
      if (Attribute attr = defaultAttr(knob, builder))
        op->setAttr(knob.name, attr);
    }
  }

  unsigned layers() { return static_cast<unsigned>(intKnob(stack, "depth")); }

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
    for (unsigned layer = 0; layer < layers(); ++layer) {
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
    stack->removeAttr(one);
    bool same = llvm::all_equal(perLayer);
    stack->setAttr(count,
                   same ? perLayer.front() : builder.getArrayAttr(perLayer));
    return success();
  }

  int64_t headsByDefault() {
    for (const KnobDefault &knob : knobDefaults)
      if (knob.name == "heads")
        return cast<IntegerAttr>(defaultAttr(knob, builder)).getInt();
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
  void resolveStack() {
    stack->removeAttr("attn_one_kv_head");
    auto setDefault = [&](StringRef name, Attribute value) {
      fillNone(name, value);
      if (!hasKnob(stack, name))
        stack->setAttr(name, value);
    };
    setDefault("attn_value_dim_head", stack->getAttr("attn_dim_head"));
    setDefault("attn_max_attend_past", builder.getI64IntegerAttr(-1));
    setDefault("alibi_num_heads", stack->getAttr("heads"));
    // Rotary and the other positions that switch absolute ones off are not
    // compiled yet.
    setDefault("disable_abs_pos_emb", builder.getBoolAttr(false));
  }

  LogicalResult resolveWrapper() {
    int64_t dim = intKnob(stack, "dim");
    if (!hasKnob(wrapper, "emb_dim"))
      wrapper->setAttr("emb_dim", builder.getI64IntegerAttr(dim));
    if (int64_t width = intKnob(wrapper, "emb_dim"); width != dim)
      return contradiction(wrapper, "emb_dim", stack, "dim",
                           "`emb_dim` = " + Twine(width) +
                               " other than `dim` = " + Twine(dim) +
                               " is not supported yet");
    bool positions = boolKnob(wrapper, "use_abs_pos_emb") &&
                     !boolKnob(stack, "disable_abs_pos_emb") &&
                     intKnob(wrapper, "max_seq_len") > 0;
    wrapper->setAttr("use_abs_pos_emb", builder.getBoolAttr(positions));
    if (wordKnob(wrapper, "numerics") != "strict")
      return emitError(knobLoc(wrapper, "numerics"))
             << "`numerics` = `" << wordKnob(wrapper, "numerics")
             << "` is not supported yet";
    if (boolKnob(wrapper, "normalize") && wordKnob(wrapper, "pool") == "none")
      return contradiction(
          wrapper, "normalize", wrapper, "pool",
          "`normalize` is about the vectors of `encode`, but `pool` is none");
    return success();
  }

  LogicalResult checkStack() {
    int64_t dim = intKnob(stack, "dim"), heads = intKnob(stack, "heads");
    if (int64_t count = intKnob(stack, "alibi_num_heads"); count > heads)
      return contradiction(stack, "alibi_num_heads", stack, "heads",
                           "`alibi_num_heads` = " + Twine(count) +
                               " is more than `heads` = " + Twine(heads));
    for (unsigned layer = 0; layer < layers(); ++layer) {
      if (boolKnob(stack, "ff_swish", layer) &&
          boolKnob(stack, "ff_relu_squared", layer))
        return contradiction(stack, "ff_swish", stack, "ff_relu_squared",
                             "`ff_swish` and `ff_relu_squared` exclude each "
                             "other: a feed-forward has one activation");
      if (!boolKnob(stack, "only_attn") &&
          static_cast<int64_t>(dim * floatKnob(stack, "ff_mult", layer)) < 1)
        return contradiction(stack, "ff_mult", stack, "dim",
                             "`ff_mult` leaves a feed-forward of width 0");
      int64_t width = intKnob(stack, "attn_value_dim_head", layer);
      if (heads == 1 && width != dim)
        return contradiction(stack, "heads", stack, "attn_value_dim_head",
                             "`heads` = 1 has no output projection, so a "
                             "head's values must be as wide as `dim` = " +
                                 Twine(dim));
    }
    return success();
  }

  TransformerWrapperOp wrapper;
  AttentionLayersOp stack;
  Builder builder;
};

struct ResolveKnobsPass : impl::ResolveKnobsPassBase<ResolveKnobsPass> {
  void runOnOperation() override {
    for (auto model : getOperation().getOps<ModelOp>())
      if (failed(
              Resolver(cast<TransformerWrapperOp>(model.getWrapper())).run()))
        return signalPassFailure();
  }
};

} // namespace
} // namespace xf
