// Rules between knobs: those of KnobRules.def, and what needs arithmetic, which
// is a function here.
#include "dsl/KnobRules.h"

#include "dsl/Expressions.h"
#include "dsl/PairRules.h"
#include "dsl/Sublayers.h"

#include <cmath>

namespace xf::dsl {

namespace {

/// What an entry of a layered list stands for.
struct LayerKind {
  llvm::StringLiteral prefix;
  char letter; ///< of the sublayers it is about; 0: all
  llvm::StringLiteral plural;
};
constexpr LayerKind layerKinds[] = {
    {"cross_attn_", 'c', "cross attentions"},
    {"attn_", 'a', "self attentions"},
    {"ff_", 'f', "feed-forwards"},
    {"", 0, "sublayers"},
};

/// The rules of a stack and of what stands around it.
class RuleChecker {
public:
  RuleChecker(const ModelView &view, DiagnosticEngine &diags)
      : view(view), stack(view.stack), wrapper(view.wrapper), diags(diags) {}

  void check() {
    checkPairRules(view, diags);
    layout();
    keyHeads("attn_kv_heads");
    keyHeads("cross_attn_kv_heads");
    oneHead();
    projectOut();
    valuesAsKeys("attn_num_mem_kv", "learned values are as wide as keys");
    valuesAsKeys("attn_value_rmsnorm", "its gains are as wide as keys");
    atMostHeads("alibi_num_heads");
    atMostHeads("rotate_num_heads");
    rotation();
    buckets();
    normGroups();
    ropeSubheads();
    slopes();
    residualArguments();
    loraRank();
    feedForwardWidth();
    inputs();
    if (view.model.cls->owner != KnobOwner::TransformerWrapper)
      return;
    embeddingWidth();
    positions();
    pooling();
    numerics();
  }

private:
  /// Where the knob is set, for the primary range; the stack where it is not.
  SourceRange rangeOf(const KnobSetting *setting) const {
    return setting && setting->nameRange.isValid() ? setting->nameRange
                                                   : view.checkedStack.range;
  }

  /// How the text spells a knob of the stack or the wrapper.
  std::string spelled(llvm::StringRef name) const { return view.spelled(name); }

  /// A note where `setting` says so; nothing for a default.
  void noteAt(DiagnosticBuilder &builder, const KnobSetting *setting) const {
    if (setting && setting->nameRange.isValid())
      builder.note(setting->nameRange, diag::NoteValueHere,
                   spelled(setting->knob->name), spell(setting->value));
  }

  template <typename... Args>
  void report(const KnobSetting *primary,
              std::initializer_list<const KnobSetting *> others,
              const DiagKind<Args...> &kind,
              const std::type_identity_t<Args> &...args) {
    DiagnosticBuilder builder = diags.report(rangeOf(primary), kind, args...);
    for (const KnobSetting *other : others)
      noteAt(builder, other);
  }

  //===--- Layout
  //------------------------------------------------------------===//

  void layout() {
    if (!stack.find("depth") && !stack.find("custom_layers")) {
      diags.report(view.checkedStack.range, diag::MissingKnob,
                   view.prefix.empty() ? stackName() : "XTransformer",
                   spelled("depth"));
      return;
    }
    std::optional<LayoutProblem> problem;
    std::string sublayers = sublayersOf(stack, &problem);
    if (problem)
      return report(stack.find(problem->knob), {stack.find(problem->other)},
                    diag::Layout, problem->message);
    if (sublayers.empty())
      return report(stack.find("custom_layers"), {stack.find("only_attn")},
                    diag::Layout, "the stack has no sublayers");
    layerCounts(sublayers);
    order(sublayers);
    if (stack.find("weight_tie_layers") && stack.isOn("weight_tie_layers") &&
        !stack.find("depth"))
      diags.report(rangeOf(stack.find("weight_tie_layers")), diag::MissingKnob,
                   spelled("weight_tie_layers"), spelled("depth"));
    if (stack.isOn("only_attn") && stack.find("custom_layers") &&
        llvm::is_contained(stack.strings("custom_layers"), "f"))
      report(stack.find("only_attn"), {stack.find("custom_layers")},
             diag::KnobsExclusive, spelled("only_attn"),
             spelled("custom_layers"),
             "the list has feed-forwards, which are left out");
    if (stack.find("custom_layers") && stack.find("depth")) {
      if (stack.find("layers_execute_order"))
        report(stack.find("depth"), {stack.find("custom_layers")},
               diag::KnobsExclusive, spelled("depth"), spelled("custom_layers"),
               "the layers and their order are listed");
      else
        report(stack.find("depth"), {stack.find("custom_layers")},
               diag::KnobNoEffect, spelled("depth"), "with",
               spelled("custom_layers"));
    }
    bool hasCross = llvm::StringRef(sublayers).contains('c');
    if (hasCross != stack.isOn("cross_attend"))
      report(stack.find("custom_layers"), {stack.find("cross_attend")},
             hasCross ? diag::KnobRequires : diag::KnobsExclusive,
             spelled("custom_layers"), spelled("cross_attend"),
             hasCross ? "its `c` reads a context"
                      : "the context has no cross attention that reads it");
  }

  llvm::StringRef stackName() const { return view.checkedStack.cls->name; }

  /// The lists of `layered` knobs have one entry a layer of their kind.
  void layerCounts(llvm::StringRef sublayers) {
    for (const auto &[name, setting] : stack.settings()) {
      auto *list = std::get_if<std::vector<Value>>(&setting.value.data);
      if (!list || !setting.knob->layered)
        continue;
      const LayerKind &kind =
          *llvm::find_if(layerKinds, [&, &n = name](const LayerKind &k) {
            return llvm::StringRef(n).starts_with(k.prefix);
          });
      size_t layers =
          kind.letter ? sublayers.count(kind.letter) : sublayers.size();
      if (list->size() == layers)
        continue;
      auto builder =
          diags.report(setting.valueRange, diag::LayerCount, spelled(name),
                       int64_t(list->size()), int64_t(layers), kind.plural);
      noteAt(builder, stack.find("depth"));
    }
  }

  void order(llvm::StringRef sublayers) {
    for (int64_t index : stack.integers("layers_execute_order"))
      if (index < 0 || index >= int64_t(sublayers.size()))
        return report(stack.find("layers_execute_order"), {}, diag::LayerOrder,
                      index, int64_t(sublayers.size()));
  }

  //===--- Heads
  //------------------------------------------------------------===//

  void keyHeads(llvm::StringRef name) {
    int64_t heads = *stack.integer("heads");
    for (size_t layer = 0; layer < stack.layersOf(name); ++layer) {
      std::optional<int64_t> kvHeads = stack.integer(name, layer);
      if (kvHeads && heads % *kvHeads != 0)
        return report(stack.find(name), {stack.find("heads")}, diag::KeyHeads,
                      spelled("heads"), heads, spelled(name), *kvHeads);
    }
  }

  /// The width of a head's values in a self attention.
  std::pair<std::string, int64_t> valueWidth(size_t layer) const {
    auto own = stack.integer("attn_value_dim_head", layer);
    return own ? std::pair(std::string("attn_value_dim_head"), *own)
               : std::pair(std::string("attn_dim_head"),
                           *stack.integer("attn_dim_head"));
  }

  /// A single head has no output projection, so what it makes must already be
  /// as wide as the stream.
  void oneHead() {
    std::optional<int64_t> dim = stack.integer("dim");
    if (!dim || *stack.integer("heads") != 1)
      return;
    for (size_t layer = 0; layer < stack.layersOf("attn_value_dim_head");
         ++layer) {
      auto [name, width] = valueWidth(layer);
      bool projects = stack.isOn("attn_project_out", layer) ||
                      stack.isOn("attn_on_attn", layer);
      if (width != *dim && !projects)
        return report(stack.find("heads"),
                      {stack.find(name), stack.find("dim")}, diag::OneHead,
                      spelled("heads"), spelled(name), width, *dim);
    }
  }

  /// What x-transformers makes for values as wide as keys.
  void valuesAsKeys(llvm::StringRef name, llvm::StringRef reason) {
    int64_t width = *stack.integer("attn_dim_head");
    size_t layers =
        std::max(stack.layersOf("attn_value_dim_head"), stack.layersOf(name));
    for (size_t layer = 0; layer < layers; ++layer)
      if (stack.isOn(name, layer) &&
          stack.integer("attn_value_dim_head", layer).value_or(width) != width)
        return report(stack.find("attn_value_dim_head"), {stack.find(name)},
                      diag::KnobsExclusive, spelled("attn_value_dim_head"),
                      spelled(name), reason);
  }

  /// The same for `attn_project_out = false` with any number of heads.
  void projectOut() {
    std::optional<int64_t> dim = stack.integer("dim");
    int64_t heads = *stack.integer("heads");
    const KnobSetting *setting = stack.find("attn_project_out");
    for (size_t layer = 0; dim && layer < stack.layersOf("attn_project_out");
         ++layer) {
      std::optional<Value> value = stack.value("attn_project_out", layer);
      auto *projects = value ? std::get_if<bool>(&value->data) : nullptr;
      int64_t width = valueWidth(layer).second * heads;
      if (projects && !*projects && stack.isOn("attn_on_attn", layer))
        return report(setting, {stack.find("attn_on_attn")}, diag::KnobIgnored,
                      spelled("attn_on_attn"), spelled("attn_project_out"),
                      "it is a wider output projection, and there is none");
      if (projects && !*projects && heads > 1 && width != *dim)
        return report(setting, {stack.find("heads"), stack.find("dim")},
                      diag::NoProjection, spelled("attn_project_out"), width,
                      *dim);
    }
  }

  void atMostHeads(llvm::StringRef name) {
    int64_t heads = *stack.integer("heads");
    std::optional<int64_t> count = stack.integer(name);
    if (count && *count > heads)
      report(stack.find(name), {stack.find("heads")}, diag::HeadCount,
             spelled(name), *count, spelled("heads"), heads);
  }

  //===--- Positions
  //------------------------------------------------------------===//

  void rotation() {
    int64_t width = *stack.integer("attn_dim_head");
    std::optional<int64_t> rotated = stack.integer("rotary_emb_dim");
    if (rotated && *rotated > width)
      report(stack.find("rotary_emb_dim"), {stack.find("attn_dim_head")},
             diag::RotaryWidth, spelled("rotary_emb_dim"), *rotated,
             spelled("attn_dim_head"), width);
    bool rotates = stack.isOn("rotary_pos_emb") || stack.isOn("rotary_xpos");
    for (llvm::StringRef name :
         {"rotary_emb_dim", "rotary_interpolation_factor",
          "rotary_base_rescale_factor", "rotary_half_split",
          "rotate_num_heads"})
      if (stack.isOn(name) && !rotates)
        report(stack.find(name), {stack.find("rotary_pos_emb")},
               diag::KnobNoEffect, spelled(name), "without",
               spelled("rotary_pos_emb"));
    if (stack.isOn("rotary_base_rescale_factor") && rotates &&
        rotated.value_or(width / 2) == 2)
      report(stack.find("rotary_base_rescale_factor"),
             {stack.find("rotary_emb_dim")}, diag::RotaryRescale,
             spelled("rotary_base_rescale_factor"));
  }

  void buckets() {
    int64_t buckets = *stack.integer("rel_pos_num_buckets"),
            distance = *stack.integer("rel_pos_max_distance");
    if (buckets > distance)
      report(stack.find("rel_pos_num_buckets"),
             {stack.find("rel_pos_max_distance")}, diag::Buckets,
             spelled("rel_pos_num_buckets"), buckets,
             spelled("rel_pos_max_distance"), distance);
  }

  void slopes() {
    const KnobSetting *setting = stack.find("rel_pos_kwargs");
    auto *entries =
        setting ? std::get_if<std::vector<ValueEntry>>(&setting->value.data)
                : nullptr;
    int64_t heads =
        stack.integer("alibi_num_heads").value_or(*stack.integer("heads"));
    for (const ValueEntry &entry :
         entries ? *entries : std::vector<ValueEntry>())
      if (auto *list = std::get_if<std::vector<Value>>(&entry.value.data))
        if (int64_t(list->size()) != heads)
          report(setting, {stack.find("alibi_num_heads"), stack.find("heads")},
                 diag::Slopes, int64_t(list->size()), heads);
  }

  //===--- Attention
  //------------------------------------------------------------===//

  void normGroups() {
    int64_t width = *stack.integer("attn_dim_head");
    size_t layers = std::max(stack.layersOf("attn_qk_norm_groups"),
                             stack.layersOf("attn_qk_norm"));
    for (size_t layer = 0; layer < layers; ++layer) {
      int64_t groups = stack.integer("attn_qk_norm_groups", layer).value_or(1);
      bool isNorm = stack.isOn("attn_qk_norm", layer);
      if (isNorm && (width % groups != 0 || width / groups <= 2))
        return report(stack.find("attn_qk_norm_groups"),
                      {stack.find("attn_dim_head")}, diag::NormGroups,
                      spelled("attn_qk_norm_groups"), groups,
                      spelled("attn_dim_head"), width);
    }
  }

  void ropeSubheads() {
    int64_t heads = *stack.integer("heads");
    size_t layers = std::max(stack.layersOf("attn_latent_rope_subheads"),
                             stack.layersOf("attn_kv_heads"));
    for (size_t layer = 0; layer < layers; ++layer) {
      auto subheads = stack.integer("attn_latent_rope_subheads", layer);
      int64_t keyHeads =
          stack.isOn("attn_one_kv_head", layer)
              ? 1
              : stack.integer("attn_kv_heads", layer).value_or(heads);
      if (subheads && *subheads > keyHeads)
        return report(stack.find("attn_latent_rope_subheads"),
                      {stack.find("attn_kv_heads")}, diag::RopeSubheads,
                      spelled("attn_latent_rope_subheads"), *subheads,
                      keyHeads);
    }
  }

  /// The rank is below the width, as x-transformers checks.
  void loraRank() {
    std::optional<int64_t> dim = stack.integer("dim");
    int64_t rank = 64;
    const KnobSetting *setting = stack.find("attn_aggregated_residual_kwargs");
    if (setting)
      for (const ValueEntry &entry :
           std::get<std::vector<ValueEntry>>(setting->value.data))
        rank = std::get<int64_t>(entry.value.data);
    if (stack.isOn("attn_aggregated_residuals") && dim && rank >= *dim)
      report(setting ? setting : stack.find("attn_aggregated_residuals"),
             {stack.find("dim")}, diag::LoraRank,
             spelled("attn_aggregated_residual_kwargs"), rank, *dim);
  }

  /// Each argument belongs to one residual rule.
  void residualArguments() {
    const KnobSetting *setting = stack.find("residual_fn_kwargs");
    if (stack.isOn("gated_multi_residual") && !setting)
      report(stack.find("gated_multi_residual"), {}, diag::KnobRequires,
             spelled("gated_multi_residual"), spelled("residual_fn_kwargs"),
             "`read_gate_rank` has no default");
    auto *entries =
        setting ? std::get_if<std::vector<ValueEntry>>(&setting->value.data)
                : nullptr;
    for (const ValueEntry &entry :
         entries ? *entries : std::vector<ValueEntry>()) {
      llvm::StringRef rule = entry.name == "learned" ? "mv_split_residual"
                                                     : "gated_multi_residual";
      if (!stack.isOn(rule))
        report(setting, {}, diag::KnobRequires,
               spelled("residual_fn_kwargs." + entry.name), spelled(rule),
               "no other residual rule has this argument");
    }
  }

  void feedForwardWidth() {
    if (stack.isOn("only_attn"))
      return;
    std::optional<int64_t> dim = stack.integer("dim");
    const KnobSetting *setting = stack.find("ff_mult");
    for (size_t layer = 0; dim && layer < stack.layersOf("ff_mult"); ++layer) {
      double mult = *stack.real("ff_mult", layer);
      if (static_cast<int64_t>(static_cast<double>(*dim) * mult) < 1)
        return report(setting, {stack.find("dim")}, diag::FeedForwardWidth,
                      spelled("ff_mult"), spell(Value{mult}), *dim);
    }
  }

  //===--- Inputs of a call
  //------------------------------------------------------------===//

  /// An input that the model has no use for, or that it cannot have.
  struct InputRule {
    llvm::StringLiteral input, knob;
    bool wanted; ///< the knob must be on, or must be off
    llvm::StringLiteral reason;
  };
  static constexpr InputRule inputRules[] = {
      {"decoded", "shift_tokens", true, "only token shift asks what is new"},
      {"decoded", "causal", true, "only a causal stack decodes"},
      {"prefix_attn_len", "prefix_causal", true,
       "only a `PrefixDecoder` has a prefix"},
      {"context_mask", "cross_attend", true, "there is no context"},
      {"context_pos", "cross_attend", true, "there is no context"},
      {"context_pos", "rotary_pos_emb", true,
       "a context has positions for rotation only"},
      {"in_attn_cond", "reinject_input", false,
       "both are added to every branch's input"},
      {"seq_start_pos", "scaled_sinu_pos_emb", false,
       "x-transformers moves no sinusoids"},
      {"pos", "rel_pos_bias", false,
       "x-transformers gives this bias no positions"},
      {"pos", "dynamic_pos_bias", false,
       "x-transformers gives this bias no positions"},
      {"mask", "memory_tokens_interspersed_every", false,
       "masks do not know the tokens in between"},
  };

  void inputs() {
    bool isStack = view.model.cls->owner == KnobOwner::AttentionLayers;
    if (!isStack && stack.find("inputs")) {
      report(stack.find("inputs"), {}, diag::MisplacedKnob, spelled("inputs"),
             view.model.cls->name, stackName());
      return;
    }
    const KnobView &owner = isStack ? stack : wrapper;
    const KnobSetting *setting = owner.find("inputs");
    std::vector<std::string> listed = owner.strings("inputs");
    for (size_t i = 0; i < listed.size(); ++i)
      if (llvm::is_contained(llvm::ArrayRef(listed).take_front(i), listed[i]))
        diags.report(setting->valueRange, diag::Duplicate, "input", listed[i]);
    if (view.hasInput("mask") && view.isOnAnywhere("attn_pool") &&
        view.isOnAnywhere("num_memory_tokens")) {
      auto builder = diags.report(
          setting->valueRange, diag::InputNoUse, "mask",
          "x-transformers fails with `attn_pool` and memory tokens");
      noteAt(builder, view.find("num_memory_tokens"));
    }
    if (view.hasInput("prepend_mask") && !view.hasInput("prepend_embeds"))
      diags.report(setting->valueRange, diag::InputNoUse, "prepend_mask",
                   "`prepend_embeds` is no input");
    for (const InputRule &rule : inputRules) {
      bool isOn = view.isOnAnywhere(rule.knob);
      if (rule.knob == "rotary_pos_emb")
        isOn |= view.isOnAnywhere("rotary_xpos");
      if (!view.hasInput(rule.input) || isOn == rule.wanted)
        continue;
      auto builder = diags.report(setting->valueRange, diag::InputNoUse,
                                  rule.input, rule.reason);
      noteAt(builder, view.find(rule.knob));
    }
  }

  //===--- The wrapper
  //------------------------------------------------------===//

  /// A tied head multiplies states by the table, so both have one width.
  void embeddingWidth() {
    std::optional<int64_t> dim = stack.integer("dim"),
                           width = wrapper.integer("emb_dim");
    if (dim && width && *width != *dim && wrapper.isOn("tie_embedding"))
      report(wrapper.find("emb_dim"),
             {wrapper.find("tie_embedding"), stack.find("dim")},
             diag::EmbeddingWidth, *width, *dim);
  }

  /// What switches absolute positions off; null where they stay on.
  const char *positionsOff() const {
    if (stack.find("disable_abs_pos_emb"))
      return stack.isOn("disable_abs_pos_emb") ? "disable_abs_pos_emb"
                                               : nullptr;
    for (const char *name :
         {"rel_pos_bias", "rotary_pos_emb", "rotary_xpos", "polar_pos_emb"})
      if (stack.isOn(name))
        return name;
    return nullptr;
  }

  /// Several knobs can switch absolute positions off; asking for them in
  /// another one must not be dropped.
  void positions() {
    const KnobSetting *use = wrapper.find("use_abs_pos_emb"),
                      *disable = stack.find("disable_abs_pos_emb");
    const KnobSetting *length = wrapper.find("max_seq_len");
    bool asked = use && wrapper.isOn("use_abs_pos_emb");
    bool keeps = disable && !stack.isOn("disable_abs_pos_emb");
    bool empty = length && wrapper.integer("max_seq_len") == 0;
    llvm::StringRef reason =
        "one asks for absolute positions, the other for none";
    std::string disables = spelled("disable_abs_pos_emb"),
                uses = spelled("use_abs_pos_emb"), max = spelled("max_seq_len");
    if (asked && disable && !keeps)
      report(disable, {use}, diag::KnobsExclusive, disables + " = true",
             uses + " = true", reason);
    if (asked && empty)
      report(length, {use}, diag::KnobsExclusive, max + " = 0",
             uses + " = true", reason);
    if (keeps && empty)
      report(length, {disable}, diag::KnobsExclusive, max + " = 0",
             disables + " = false", reason);
    sinusoids(empty);
  }

  void sinusoids(bool empty) {
    if (!wrapper.isOn("scaled_sinu_pos_emb"))
      return;
    const char *off = positionsOff();
    bool unused =
        wrapper.find("use_abs_pos_emb") && !wrapper.isOn("use_abs_pos_emb");
    std::string by = off      ? off
                     : unused ? "use_abs_pos_emb"
                     : empty  ? "max_seq_len"
                              : "";
    if (!by.empty())
      report(wrapper.find("scaled_sinu_pos_emb"), {view.find(by)},
             diag::KnobIgnored, spelled("scaled_sinu_pos_emb"), spelled(by),
             "it switches absolute positions off");
  }

  void pooling() {
    if (!wrapper.isOn("normalize") || wrapper.isOn("pool"))
      return;
    DiagnosticBuilder builder = diags.report(rangeOf(wrapper.find("normalize")),
                                             diag::NormalizeWithoutPool);
    noteAt(builder, wrapper.find("pool"));
    builder.hint("set `pool` to mean, cls, last or max");
  }

  void numerics() {
    const KnobSetting *setting = wrapper.find("numerics");
    if (setting && std::get<std::string>(setting->value.data) != "strict")
      diags.report(setting->valueRange, diag::WordPlanned, "numerics",
                   spell(setting->value));
  }

  const ModelView &view;
  const KnobView &stack, &wrapper;
  DiagnosticEngine &diags;
};

} // namespace

void checkKnobRules(const CheckedModel &model, DiagnosticEngine &diags) {
  for (const CheckedModel &side : model.sides)
    checkKnobRules(side, diags);
  if (!model.stacks.empty())
    RuleChecker(ModelView(model), diags).check();
}

void checkKnobRules(const CheckedSpec &spec, DiagnosticEngine &diags) {
  for (const CheckedModel &model : spec.models)
    checkKnobRules(model, diags);
}

} // namespace xf::dsl
