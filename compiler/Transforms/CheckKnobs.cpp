// Contradictions between resolved knobs.
#include "compiler/Transforms/CheckKnobs.h"

#include "compiler/Dialect/XF/IR/ModelKnobs.h"

using namespace mlir;
using namespace xf::ir;
using xf::expand::StackLayout;
using xf::expand::Sublayer;

namespace xf {

LogicalResult contradiction(Operation *op, StringRef name, Operation *otherOp,
                            StringRef other, const Twine &message) {
  InFlightDiagnostic diag = emitError(knobLoc(op, name)) << message;
  if (hasKnob(otherOp, other))
    diag.attachNote(knobLoc(otherOp, other))
        << "`" << other << "` is " << otherOp->getAttr(other) << " here";
  return diag;
}

static bool isOn(Operation *op, StringRef name) {
  if (!hasKnob(op, name))
    return false;
  if (auto list = op->getAttrOfType<ArrayAttr>(name))
    return !list.empty();
  return switchKnob(op, name);
}

//===----------------------------------------------------------------------===//
// The stack
//===----------------------------------------------------------------------===//

namespace {
/// Two knobs of a stack that do not go together, and why.
struct Exclusion {
  StringLiteral first, second, reason;
};
} // namespace

static constexpr Exclusion kExclusions[] = {
    {"gated_multi_residual", "gate_residual", "a stack has one residual rule"},
    {"gated_multi_residual", "orthog_residual",
     "a stack has one residual rule"},
    {"gated_multi_residual", "mv_split_residual",
     "a stack has one residual rule"},
    {"orthog_residual", "mv_split_residual", "a stack has one residual rule"},
    {"gate_residual", "orthog_residual", "a stack has one residual rule"},
    {"gate_residual", "mv_split_residual", "a stack has one residual rule"},
    {"integrate_layers", "attn_aggregated_residuals",
     "a branch reads one mixture of layers"},
    {"sandwich_norm", "gated_multi_residual",
     "gated streams are normed after each sum only"},
};

static LogicalResult checkExclusions(AttentionLayersOp stack) {
  for (const Exclusion &pair : kExclusions)
    if (isOn(stack, pair.first) && isOn(stack, pair.second))
      return contradiction(stack, pair.first, stack, pair.second,
                           "`" + pair.first + "` and `" + pair.second +
                               "` exclude each other: " + pair.reason);
  if (isOn(stack, "sandwich_norm") && !boolKnob(stack, "pre_norm"))
    return contradiction(stack, "sandwich_norm", stack, "pre_norm",
                         "`sandwich_norm` needs `pre_norm`");
  return success();
}

/// Several streams go into one row, which not every rule knows how to read.
static LogicalResult checkStreams(AttentionLayersOp stack) {
  bool several = hasKnob(stack, "num_residual_streams") &&
                 intKnob(stack, "num_residual_streams") > 1;
  if (isOn(stack, "gated_multi_residual")) {
    if (!several)
      return contradiction(
          stack, "gated_multi_residual", stack, "num_residual_streams",
          "`gated_multi_residual` needs `num_residual_streams` above 1");
    if (!dictKnob(stack, "residual_fn_kwargs")
             .getAs<IntegerAttr>("read_gate_rank"))
      return contradiction(stack, "gated_multi_residual", stack,
                           "residual_fn_kwargs",
                           "`gated_multi_residual` needs `read_gate_rank` in "
                           "`residual_fn_kwargs`");
  }
  if (!several)
    return success();
  for (StringRef name : {"unet_skips", "reinject_input", "gate_residual",
                         "orthog_residual", "mv_split_residual"})
    if (isOn(stack, name))
      return contradiction(stack, name, stack, "num_residual_streams",
                           "`" + name +
                               "` works on one residual stream, but "
                               "`num_residual_streams` is more");
  return success();
}

static LogicalResult checkShift(AttentionLayersOp stack,
                                const StackLayout &layout) {
  if (!hasKnob(stack, "shift_tokens"))
    return success();
  int64_t dim = intKnob(stack, "dim");
  for (const Sublayer &sub : layout.sublayers) {
    int64_t amount = intKnob(stack, "shift_tokens", sub.index);
    int64_t parts = boolKnob(stack, "causal") ? amount + 1 : 2 * amount + 1;
    if (parts > dim)
      return contradiction(stack, "shift_tokens", stack, "dim",
                           "`shift_tokens` = " + Twine(amount) +
                               " cuts features into " + Twine(parts) +
                               " parts, but `dim` is " + Twine(dim));
  }
  return success();
}

static LogicalResult checkFeedforwards(AttentionLayersOp stack,
                                       const StackLayout &layout) {
  int64_t dim = intKnob(stack, "dim");
  unsigned count = layout.count(Sublayer::Kind::Feedforward);
  for (unsigned layer = 0; layer < count; ++layer) {
    if (boolKnob(stack, "ff_swish", layer) &&
        boolKnob(stack, "ff_relu_squared", layer))
      return contradiction(stack, "ff_swish", stack, "ff_relu_squared",
                           "`ff_swish` and `ff_relu_squared` exclude each "
                           "other: a feed-forward has one activation");
    if (static_cast<int64_t>(dim * floatKnob(stack, "ff_mult", layer)) < 1)
      return contradiction(stack, "ff_mult", stack, "dim",
                           "`ff_mult` leaves a feed-forward of width 0");
  }
  return success();
}

LogicalResult checkStack(AttentionLayersOp stack, const StackLayout &layout) {
  int64_t dim = intKnob(stack, "dim"), heads = intKnob(stack, "heads");
  if (int64_t count = intKnob(stack, "alibi_num_heads"); count > heads)
    return contradiction(stack, "alibi_num_heads", stack, "heads",
                         "`alibi_num_heads` = " + Twine(count) +
                             " is more than `heads` = " + Twine(heads));
  unsigned attentions = layout.count(Sublayer::Kind::Attention);
  for (unsigned layer = 0; layer < attentions; ++layer) {
    int64_t width = intKnob(stack, "attn_value_dim_head", layer);
    bool projected =
        isOn(stack, "attn_project_out") || isOn(stack, "attn_on_attn");
    if (heads == 1 && width != dim && !projected)
      return contradiction(stack, "heads", stack, "attn_value_dim_head",
                           "`heads` = 1 has no output projection, so a "
                           "head's values must be as wide as `dim` = " +
                               Twine(dim));
  }
  if (failed(checkFeedforwards(stack, layout)) ||
      failed(checkExclusions(stack)) || failed(checkStreams(stack)))
    return failure();
  return checkShift(stack, layout);
}

//===----------------------------------------------------------------------===//
// Wrappers
//===----------------------------------------------------------------------===//

static LogicalResult checkTransformer(TransformerWrapperOp wrapper,
                                      AttentionLayersOp stack) {
  if (wordKnob(wrapper, "numerics") != "strict")
    return emitError(knobLoc(wrapper, "numerics"))
           << "`numerics` = `" << wordKnob(wrapper, "numerics")
           << "` is not supported yet";
  if (boolKnob(wrapper, "normalize") && wordKnob(wrapper, "pool") == "none")
    return contradiction(
        wrapper, "normalize", wrapper, "pool",
        "`normalize` is about the vectors of `encode`, but `pool` is none");
  int64_t dim = intKnob(stack, "dim"), width = intKnob(wrapper, "emb_dim");
  if (isOn(wrapper, "tie_embedding") && width != dim)
    return contradiction(
        wrapper, "tie_embedding", wrapper, "emb_dim",
        "`tie_embedding` needs embeddings as wide as `dim` = " + Twine(dim));
  if (isOn(wrapper, "looped") && !isOn(stack, "pre_and_post_norm"))
    return contradiction(wrapper, "looped", stack, "pre_and_post_norm",
                         "`looped` needs `pre_and_post_norm`");
  if (isOn(wrapper, "recycling") && !hasKnob(wrapper, "recycle_steps"))
    return contradiction(wrapper, "recycling", wrapper, "recycle_steps",
                         "`recycling` needs `recycle_steps`, the number of "
                         "passes through the stack");
  if (isOn(wrapper, "ff_deep_embed") && hasKnob(wrapper, "num_memory_tokens") &&
      intKnob(wrapper, "num_memory_tokens") > 0)
    return contradiction(wrapper, "ff_deep_embed", wrapper, "num_memory_tokens",
                         "`ff_deep_embed` has an entry for every token, which "
                         "memory tokens are not");
  return success();
}

LogicalResult checkWrapper(Operation *wrapper, AttentionLayersOp stack) {
  if (auto transformer = dyn_cast<TransformerWrapperOp>(wrapper))
    return checkTransformer(transformer, stack);
  if (isa<ViTransformerWrapperOp>(wrapper)) {
    int64_t size = intKnob(wrapper, "image_size");
    int64_t patch = intKnob(wrapper, "patch_size");
    if (size % patch != 0)
      return contradiction(
          wrapper, "patch_size", wrapper, "image_size",
          "`patch_size` = " + Twine(patch) +
              " does not divide `image_size` = " + Twine(size));
  }
  return success();
}

} // namespace xf
