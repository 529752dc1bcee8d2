// Reads the knobs of an attention. Whether a cross attention has a knob of its
// own, and whether it inherits that of self attention, is decided here only.
#include "compiler/Transforms/Expand/AttentionOptions.h"

#include "compiler/Dialect/XF/IR/ModelKnobs.h"

using namespace mlir;
using namespace xf::ir;
using namespace xf::expand;

namespace {

/// The `attn_*` knobs as one attention sees them; an absent knob is off.
class KnobReader {
public:
  KnobReader(Operation *stack, unsigned layer, bool cross)
      : stack(stack), layer(layer), cross(cross) {}

  bool flag(StringRef name) const {
    auto value = dyn_cast_or_null<BoolAttr>(find(name));
    return value && value.getValue();
  }
  std::optional<int64_t> number(StringRef name) const {
    auto value = dyn_cast_or_null<IntegerAttr>(find(name));
    return value ? std::optional(value.getInt()) : std::nullopt;
  }
  std::optional<double> real(StringRef name) const {
    auto value = dyn_cast_or_null<FloatAttr>(find(name));
    return value ? std::optional(value.getValueAsDouble()) : std::nullopt;
  }
  std::optional<bool> choice(StringRef name) const {
    auto value = dyn_cast_or_null<BoolAttr>(find(name));
    return value ? std::optional(value.getValue()) : std::nullopt;
  }
  /// Entry `key` of a dictionary.
  std::optional<double> real(StringRef name, StringRef key) const {
    auto values = dyn_cast_or_null<DictionaryAttr>(find(name));
    auto value =
        dyn_cast_or_null<FloatAttr>(values ? values.get(key) : nullptr);
    return value ? std::optional(value.getValueAsDouble()) : std::nullopt;
  }
  /// Whether a cross attention says something itself.
  bool isOwn(StringRef name) const {
    return cross && hasKnob(stack, ("cross_attn_" + name).str());
  }

private:
  Attribute find(StringRef name) const {
    if (!cross)
      return entry(stack->getAttr(("attn_" + name).str()));
    if (isOwn(name))
      return entry(stack->getAttr(("cross_attn_" + name).str()));
    // One value per self attention does not reach cross attention.
    Attribute inherited = stack->getAttr(("attn_" + name).str());
    return isa_and_nonnull<ArrayAttr>(inherited) ? Attribute() : inherited;
  }

  Attribute entry(Attribute attr) const {
    auto values = dyn_cast_or_null<ArrayAttr>(attr);
    if (!values)
      return attr;
    return layer < values.size() ? values[layer] : Attribute();
  }

  Operation *stack;
  unsigned layer;
  bool cross;
};

void readSizes(const KnobReader &knobs, AttentionOptions &o) {
  int64_t selfDim = o.headDim;
  o.headDim = knobs.number("dim_head").value_or(o.headDim);
  o.kvHeads = knobs.number("kv_heads").value_or(o.heads);
  if (knobs.flag("one_kv_head"))
    o.kvHeads = 1;
  o.valueDim = knobs.number("value_dim_head").value_or(o.headDim);
  // Values are as wide as keys unless something else is said, and what is
  // inherited says so of the width of self attention.
  if (o.valueDim == selfDim && !knobs.isOwn("value_dim_head"))
    o.valueDim = o.headDim;
  o.bias = knobs.flag("bias");
  o.projectOut = knobs.choice("project_out");
}

void readQueriesAndKeys(const KnobReader &knobs, AttentionOptions &o) {
  if (knobs.flag("use_latent_q"))
    o.latentQ = knobs.number("dim_latent_q");
  if (knobs.flag("use_latent_kv")) {
    o.latentKv = knobs.number("dim_latent_kv");
    o.latentRopeSubheads = knobs.number("latent_rope_subheads");
  }
  o.qkNorm = knobs.flag("qk_norm");
  o.qkNormDimScale = knobs.flag("qk_norm_dim_scale");
  o.qkNormGroups = knobs.number("qk_norm_groups").value_or(o.qkNormGroups);
  o.qkNormScale = knobs.real("qk_norm_scale").value_or(o.qkNormScale);
  o.qkRmsnorm = knobs.flag("qk_rmsnorm");
  o.kRmsnorm = o.qkRmsnorm || knobs.flag("k_rmsnorm");
  o.valueRmsnorm = knobs.flag("value_rmsnorm");
  o.numMemKv = knobs.number("num_mem_kv").value_or(0);
  o.addZeroKv = knobs.flag("add_zero_kv");
  if (knobs.flag("laser"))
    o.laser = knobs.real("laser_softclamp_value").value_or(15);
}

void readLogits(const KnobReader &knobs, AttentionOptions &o) {
  o.maxAttendPast = knobs.number("max_attend_past");
  if (o.maxAttendPast && *o.maxAttendPast < 0)
    o.maxAttendPast.reset();
  if (knobs.flag("softclamp_logits"))
    o.softclamp = knobs.real("logit_softclamp_value").value_or(50);
  o.preTalkingHeads = knobs.flag("pre_talking_heads");
  o.postTalkingHeads = knobs.flag("post_talking_heads");
  o.preScalePostTalkingHeads = knobs.flag("pre_scale_post_talking_heads");
  o.l2Distance = knobs.flag("l2_distance");
  o.selective = knobs.flag("selective");
  o.sink = knobs.flag("head_learned_sink");
  if (knobs.flag("use_cope"))
    o.cope = knobs.number("cope_max_pos").value_or(16);
  o.copeTalkingHeads = knobs.flag("cope_talking_heads");
  o.topK = knobs.number("sparse_topk");
  if (knobs.flag("sigmoid"))
    o.normalizer = Normalizer::Sigmoid;
  else if (knobs.flag("hard"))
    o.normalizer = Normalizer::OneHot;
  else if (knobs.flag("cog_signed"))
    o.normalizer = Normalizer::Signed;
  o.forgetGates = knobs.flag("data_dependent_alibi");
  o.forgetGatesPerRow = knobs.flag("data_dependent_alibi_per_row");
  o.forgetGatesDim = knobs.number("data_dependent_alibi_per_row_dim_head")
                         .value_or(o.forgetGatesDim);
  o.forgetGatesScale =
      knobs.real("data_dependent_alibi_kwargs", "post_log_scale").value_or(1);
  if (knobs.flag("use_rel_proj_pos_bias"))
    o.relProj = knobs.number("rel_proj_max_dist").value_or(1024);
  o.relProjBasis =
      knobs.number("rel_proj_num_distance_basis").value_or(o.relProjBasis);
}

void readGates(const KnobReader &knobs, AttentionOptions &o) {
  o.headScale = knobs.flag("head_scale");
  o.gateValueHeads = knobs.flag("gate_value_heads");
  o.onAttn = knobs.flag("on_attn");
  o.valueGate = {knobs.flag("gate_values"), knobs.flag("gate_values_headwise"),
                 knobs.number("gate_values_rank")};
  o.outputGate = {knobs.flag("output_gate"), knobs.flag("output_gate_headwise"),
                  knobs.number("output_gate_rank")};
  o.swigluValues = knobs.flag("swiglu_values");
  o.lowRankSilu = knobs.choice("low_rank_silu_gates").value_or(true);
  o.orthogValues = knobs.flag("orthog_projected_values");
  o.orthogValuesPerHead = knobs.flag("orthog_projected_values_per_head");
}

AttentionOptions readAll(AttentionLayersOp stack, const KnobReader &knobs) {
  AttentionOptions o;
  o.heads = intKnob(stack, "heads");
  o.headDim = intKnob(stack, "attn_dim_head");
  readSizes(knobs, o);
  readQueriesAndKeys(knobs, o);
  readLogits(knobs, o);
  readGates(knobs, o);
  return o;
}

} // namespace

AttentionOptions AttentionOptions::self(AttentionLayersOp stack,
                                        unsigned layer) {
  AttentionOptions o = readAll(stack, KnobReader(stack, layer, false));
  // The first attention's values are what the others mix with.
  auto isOn = [&](StringRef name) {
    return hasKnob(stack, name) && boolKnob(stack, name);
  };
  o.learnedValueMix = layer > 0 && isOn("add_value_residual") &&
                      isOn("learned_value_residual_mix");
  return o;
}

AttentionOptions AttentionOptions::cross(AttentionLayersOp stack,
                                         unsigned layer) {
  KnobReader knobs(stack, layer, true);
  AttentionOptions o = readAll(stack, knobs);
  if (knobs.flag("inverted_attention"))
    o.normalizer = Normalizer::Queries;
  return o;
}

AttentionOptions AttentionOptions::plain(int64_t heads, int64_t headDim) {
  AttentionOptions o;
  o.heads = o.kvHeads = heads;
  o.headDim = o.valueDim = headDim;
  return o;
}
