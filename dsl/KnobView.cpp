// Defaults, class-set values and layers of knobs.
#include "dsl/KnobView.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace xf::dsl {

namespace {

std::optional<Value> defaultValue(const KnobInfo &knob) {
  llvm::StringRef text = knob.defaultText;
  int64_t integer;
  double real;
  if (knob.type == KnobType::Int && llvm::to_integer(text, integer, 10))
    return Value{integer};
  if (knob.type == KnobType::Float && llvm::to_float(text, real))
    return Value{real};
  bool isBoolean = knob.type == KnobType::Bool || knob.type == KnobType::Switch;
  if (isBoolean && (text == "true" || text == "false"))
    return Value{text == "true"};
  if (knob.type == KnobType::Enum)
    return Value{text.str()};
  return std::nullopt;
}

template <typename T> std::optional<T> get(const std::optional<Value> &value) {
  auto *held = value ? std::get_if<T>(&value->data) : nullptr;
  return held ? std::optional(*held) : std::nullopt;
}

/// `none` in a layer of an integer knob, or as the word of a choice.
bool isNone(const KnobInfo &knob, const Value &value) {
  auto *word = std::get_if<std::string>(&value.data);
  return word && *word == "none" && knob.type != KnobType::String;
}

/// The value asks for nothing: the default, or a count of zero.
bool isNothing(const KnobInfo &knob, const Value &value) {
  if (auto *boolean = std::get_if<bool>(&value.data))
    return !*boolean;
  if (isNone(knob, value))
    return true;
  if (auto *integer = std::get_if<int64_t>(&value.data))
    if (*integer == 0 && knob.name.starts_with("num_"))
      return true;
  std::optional<Value> unset = defaultValue(knob);
  if (auto *real = std::get_if<double>(&value.data))
    return get<double>(unset) == *real;
  if (auto *integer = std::get_if<int64_t>(&value.data))
    return get<int64_t>(unset) == *integer;
  if (auto *word = std::get_if<std::string>(&value.data))
    return knob.defaultText == *word;
  return false;
}

} // namespace

const KnobSetting *KnobView::find(llvm::StringRef name) const {
  auto it = knobs.find(name.str());
  return it == knobs.end() ? nullptr : &it->second;
}

/// Knobs whose lists have one entry a layer; the list of another is its value.
static const std::vector<Value> *layersIn(const KnobSetting *setting) {
  return setting && setting->knob->layered
             ? std::get_if<std::vector<Value>>(&setting->value.data)
             : nullptr;
}

size_t KnobView::layersOf(llvm::StringRef name) const {
  auto *list = layersIn(find(name));
  return list ? list->size() : 1;
}

std::optional<Value> KnobView::value(llvm::StringRef name, size_t layer) const {
  const KnobInfo *knob = findKnob(cls.owner, name);
  const KnobSetting *setting = find(name);
  if (!knob)
    return std::nullopt;
  if (!setting) {
    if (std::optional<bool> set = cls.sets(name))
      return Value{*set};
    return defaultValue(*knob);
  }
  auto *list = layersIn(setting);
  if (list && layer >= list->size())
    return std::nullopt;
  const Value &value = list ? (*list)[layer] : setting->value;
  return knob->type == KnobType::Int && isNone(*knob, value)
             ? std::nullopt
             : std::optional(value);
}

std::optional<int64_t> KnobView::integer(llvm::StringRef name,
                                         size_t layer) const {
  return get<int64_t>(value(name, layer));
}

std::optional<double> KnobView::real(llvm::StringRef name, size_t layer) const {
  return get<double>(value(name, layer));
}

template <typename T>
static std::vector<T> elements(const std::optional<Value> &value) {
  std::vector<T> result;
  if (auto list = get<std::vector<Value>>(value))
    for (const Value &element : *list)
      if (auto *held = std::get_if<T>(&element.data))
        result.push_back(*held);
  return result;
}

std::vector<std::string> KnobView::strings(llvm::StringRef name) const {
  return elements<std::string>(value(name));
}

std::vector<int64_t> KnobView::integers(llvm::StringRef name) const {
  return elements<int64_t>(value(name));
}

bool KnobView::isOn(llvm::StringRef name, size_t layer) const {
  std::optional<Value> found = value(name, layer);
  return found && !isNothing(*findKnob(cls.owner, name), *found);
}

bool KnobView::isOnAnywhere(llvm::StringRef name) const {
  for (size_t layer = 0; layer < layersOf(name); ++layer)
    if (isOn(name, layer))
      return true;
  return false;
}

const KnobView::Knobs ModelView::noKnobs;

ModelView::ModelView(const CheckedModel &model)
    : model(model), checkedStack(model.stacks.front().second),
      wrapper(*model.cls, model.cls->owner == KnobOwner::AttentionLayers
                              ? noKnobs
                              : model.knobs),
      stack(*checkedStack.cls, checkedStack.knobs),
      prefix(checkedStack.prefix) {
  if (model.cls->owner != KnobOwner::AttentionLayers)
    collect(wrapper, *model.cls);
  collect(stack, *checkedStack.cls);
}

/// Knobs that are on where nothing is said.
static const std::vector<const KnobInfo *> &onByDefault() {
  static const std::vector<const KnobInfo *> knobs = [] {
    std::vector<const KnobInfo *> result;
    for (const KnobInfo &knob : allKnobs())
      if (knob.type == KnobType::Bool && knob.defaultText == "true")
        result.push_back(&knob);
    return result;
  }();
  return knobs;
}

void ModelView::collect(const KnobView &view, const ClassInfo &cls) {
  auto add = [&](llvm::StringRef name) {
    if (view.isOnAnywhere(name))
      on.insert(name);
  };
  for (const auto &[name, setting] : view.settings())
    add(name);
  for (llvm::StringRef name : cls.on)
    add(name);
  if (view.knows("causal"))
    add("causal");
  for (const KnobInfo *knob : onByDefault())
    if (knob->owner == cls.owner)
      add(knob->name);
}

const KnobView &ModelView::viewOf(llvm::StringRef name) const {
  return name != "inputs" && stack.knows(name) ? stack : wrapper;
}

bool ModelView::hasInput(llvm::StringRef input) const {
  bool isStack = model.cls->owner == KnobOwner::AttentionLayers;
  return llvm::is_contained((isStack ? stack : wrapper).strings("inputs"),
                            input.str());
}

} // namespace xf::dsl
