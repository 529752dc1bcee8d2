// Rules between knobs. The pairs are in KnobRules.def; what needs arithmetic or
// the wrapper's knobs is a function here.
#include "dsl/KnobRules.h"

#include "dsl/Expressions.h"

#include "llvm/ADT/StringExtras.h"

namespace xf::dsl {

namespace {

using Knobs = std::map<std::string, KnobSetting>;

/// The knobs of one constructor call, with defaults for what is not set.
class KnobView {
public:
  KnobView(KnobOwner owner, const Knobs &knobs) : owner(owner), knobs(knobs) {}

  const KnobSetting *find(llvm::StringRef name) const {
    auto it = knobs.find(name.str());
    return it == knobs.end() ? nullptr : &it->second;
  }

  /// Values in a list, one a layer; 1 where one value holds for all or none is
  /// set.
  static size_t layersOf(const KnobSetting *setting) {
    auto *list = setting ? std::get_if<std::vector<Value>>(&setting->value.data)
                         : nullptr;
    return list ? list->size() : 1;
  }

  /// The value in layer `layer`; nullopt where the knob is not set and has no
  /// default.
  std::optional<Value> value(llvm::StringRef name, size_t layer = 0) const {
    const KnobSetting *setting = find(name);
    if (!setting)
      return defaultValue(*findKnob(owner, name));
    auto *list = std::get_if<std::vector<Value>>(&setting->value.data);
    if (!list)
      return setting->value;
    return layer < list->size() ? std::optional((*list)[layer]) : std::nullopt;
  }

  std::optional<int64_t> integer(llvm::StringRef name, size_t layer = 0) const {
    return get<int64_t>(value(name, layer));
  }
  std::optional<double> real(llvm::StringRef name, size_t layer = 0) const {
    return get<double>(value(name, layer));
  }

  /// True, or given any other value than false.
  bool isOn(llvm::StringRef name, size_t layer = 0) const {
    std::optional<Value> found = value(name, layer);
    auto *boolean = found ? std::get_if<bool>(&found->data) : nullptr;
    return found && (!boolean || *boolean);
  }

private:
  template <typename T>
  static std::optional<T> get(const std::optional<Value> &value) {
    auto *held = value ? std::get_if<T>(&value->data) : nullptr;
    return held ? std::optional(*held) : std::nullopt;
  }

  static std::optional<Value> defaultValue(const KnobInfo &knob) {
    int64_t integer;
    double real;
    if (knob.type == KnobType::Int &&
        llvm::to_integer(knob.defaultText, integer, 10))
      return Value{integer};
    if (knob.type == KnobType::Float && llvm::to_float(knob.defaultText, real))
      return Value{real};
    if (knob.type == KnobType::Bool && knob.defaultText != "none")
      return Value{knob.defaultText == "true"};
    if (knob.type == KnobType::Enum)
      return Value{knob.defaultText.str()};
    return std::nullopt;
  }

  KnobOwner owner;
  const Knobs &knobs;
};

/// `ff_swish = [true, false]` has as many layers as the longer of two knobs.
size_t layersOf(const KnobView &knobs, llvm::StringRef a, llvm::StringRef b) {
  return std::max(KnobView::layersOf(knobs.find(a)),
                  KnobView::layersOf(knobs.find(b)));
}

class RuleChecker {
public:
  RuleChecker(const CheckedModel &model, const CheckedStack &stack,
              DiagnosticEngine &diags)
      : model(model), wrapper(model.cls->owner, model.knobs),
        stackRange(stack.range), stackClass(stack.cls),
        stack(stack.cls->owner, stack.knobs), stackKnobs(stack.knobs),
        diags(diags) {}

  void check() {
    pairs();
    depth();
    keyHeads();
    oneHead();
    alibiHeads();
    feedForwardWidth();
    if (model.cls->owner != KnobOwner::TransformerWrapper)
      return;
    embeddingWidth();
    positions();
    pooling();
    numerics();
  }

private:
  /// Where the knob is set, for the primary range; the stack where it is not.
  SourceRange rangeOf(const KnobSetting *setting) const {
    return setting ? setting->nameRange : stackRange;
  }

  /// A note where `setting` says so; nothing for a default.
  static void noteAt(DiagnosticBuilder &builder, const KnobSetting *setting) {
    if (setting)
      builder.note(setting->nameRange, diag::NoteValueHere, setting->knob->name,
                   spell(setting->value));
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

  //===--- Pairs
  //------------------------------------------------------------===//

  void pairs() {
#define XF_EXCLUSIVE(a, b, reason) exclusive(#a, #b, reason);
#define XF_NEEDS(a, b) needs(#a, #b);
#define XF_DROPS(prefix, b) drops(prefix, #b);
#include "dsl/KnobRules.def"
  }

  void exclusive(llvm::StringRef a, llvm::StringRef b, llvm::StringRef reason) {
    for (size_t layer = 0; layer < layersOf(stack, a, b); ++layer)
      if (stack.isOn(a, layer) && stack.isOn(b, layer))
        return report(stack.find(a), {stack.find(b)}, diag::KnobsExclusive, a,
                      b, reason);
  }

  void needs(llvm::StringRef a, llvm::StringRef b) {
    const KnobSetting *setting = stack.find(a);
    if (!setting || isFalse(*setting))
      return;
    for (size_t layer = 0; layer < KnobView::layersOf(stack.find(b)); ++layer)
      if (stack.isOn(b, layer))
        return;
    report(setting, {stack.find(b)}, diag::KnobNoEffect, a, "without", b);
  }

  /// Switching off what is off anyway says nothing that is dropped.
  static bool isFalse(const KnobSetting &setting) {
    auto *boolean = std::get_if<bool>(&setting.value.data);
    return boolean && !*boolean;
  }

  void drops(llvm::StringRef prefix, llvm::StringRef b) {
    if (!stack.isOn(b))
      return;
    for (const auto &[name, setting] : stackKnobs)
      if (llvm::StringRef(name).starts_with(prefix) &&
          setting.knob->status == KnobStatus::Supported)
        report(&setting, {stack.find(b)}, diag::KnobNoEffect, name, "with", b);
  }

  //===--- The stack
  //--------------------------------------------------------===//

  void depth() {
    if (!stack.find("depth") && !stack.find("custom_layers"))
      diags.report(stackRange, diag::MissingKnob, stackClass->name, "depth");
  }

  void keyHeads() {
    int64_t heads = *stack.integer("heads");
    const KnobSetting *setting = stack.find("attn_kv_heads");
    for (size_t layer = 0; layer < KnobView::layersOf(setting); ++layer) {
      std::optional<int64_t> kvHeads = stack.integer("attn_kv_heads", layer);
      if (kvHeads && heads % *kvHeads != 0)
        return report(setting, {stack.find("heads")}, diag::KeyHeads, heads,
                      *kvHeads);
    }
  }

  /// A single head has no output projection, so what it makes must already be
  /// as wide as the stream.
  void oneHead() {
    std::optional<int64_t> dim = stack.integer("dim");
    if (!dim || *stack.integer("heads") != 1)
      return;
    const KnobSetting *valueWidth = stack.find("attn_value_dim_head");
    llvm::StringRef name = valueWidth ? "attn_value_dim_head" : "attn_dim_head";
    for (size_t layer = 0; layer < KnobView::layersOf(stack.find(name));
         ++layer) {
      int64_t width = *stack.integer(name, layer);
      if (width != *dim)
        return report(stack.find("heads"),
                      {stack.find(name), stack.find("dim")}, diag::OneHead,
                      name, width, *dim);
    }
  }

  void alibiHeads() {
    int64_t heads = *stack.integer("heads");
    std::optional<int64_t> alibiHeads = stack.integer("alibi_num_heads");
    if (alibiHeads && *alibiHeads > heads)
      report(stack.find("alibi_num_heads"), {stack.find("heads")},
             diag::AlibiHeads, *alibiHeads, heads);
  }

  void feedForwardWidth() {
    if (stack.isOn("only_attn"))
      return;
    std::optional<int64_t> dim = stack.integer("dim");
    const KnobSetting *setting = stack.find("ff_mult");
    for (size_t layer = 0; dim && layer < KnobView::layersOf(setting);
         ++layer) {
      double mult = *stack.real("ff_mult", layer);
      if (static_cast<int64_t>(static_cast<double>(*dim) * mult) < 1)
        return report(setting, {stack.find("dim")}, diag::FeedForwardWidth,
                      spell(Value{mult}), *dim);
    }
  }

  //===--- The wrapper
  //------------------------------------------------------===//

  void embeddingWidth() {
    std::optional<int64_t> dim = stack.integer("dim"),
                           width = wrapper.integer("emb_dim");
    if (dim && width && *width != *dim)
      report(wrapper.find("emb_dim"), {stack.find("dim")}, diag::EmbeddingWidth,
             *width, *dim);
  }

  /// Three knobs can switch absolute positions off; asking for them in another
  /// one must not be dropped.
  void positions() {
    const KnobSetting *use = wrapper.find("use_abs_pos_emb"),
                      *disable = stack.find("disable_abs_pos_emb");
    const KnobSetting *length = wrapper.find("max_seq_len");
    bool asked = use && wrapper.isOn("use_abs_pos_emb");
    bool keeps = disable && !stack.isOn("disable_abs_pos_emb");
    bool empty = length && wrapper.integer("max_seq_len") == 0;
    llvm::StringRef reason =
        "one asks for absolute positions, the other for none";
    if (asked && disable && !keeps)
      report(disable, {use}, diag::KnobsExclusive, "disable_abs_pos_emb = true",
             "use_abs_pos_emb = true", reason);
    if (asked && empty)
      report(length, {use}, diag::KnobsExclusive, "max_seq_len = 0",
             "use_abs_pos_emb = true", reason);
    if (keeps && empty)
      report(length, {disable}, diag::KnobsExclusive, "max_seq_len = 0",
             "disable_abs_pos_emb = false", reason);
  }

  void pooling() {
    if (!wrapper.isOn("normalize") ||
        std::get<std::string>(wrapper.value("pool")->data) != "none")
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

  const CheckedModel &model;
  KnobView wrapper;
  SourceRange stackRange;
  const ClassInfo *stackClass;
  KnobView stack;
  const Knobs &stackKnobs;
  DiagnosticEngine &diags;
};

} // namespace

void checkKnobRules(const CheckedSpec &spec, DiagnosticEngine &diags) {
  for (const CheckedModel &model : spec.models)
    for (const auto &[name, stack] : model.stacks)
      if (stack.cls->owner == KnobOwner::AttentionLayers)
        RuleChecker(model, stack, diags).check();
}

} // namespace xf::dsl
