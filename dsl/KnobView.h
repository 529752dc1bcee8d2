// The knobs of a model as rules ask for them: with defaults, with what the
// class sets, by layer.
#pragma once

#include "dsl/Sema.h"

#include "llvm/ADT/StringSet.h"

namespace xf::dsl {

/// The knobs of one constructor call.
class KnobView {
public:
  using Knobs = std::map<std::string, KnobSetting>;

  KnobView(const ClassInfo &cls, const Knobs &knobs) : cls(cls), knobs(knobs) {}

  /// Whether the owner has a knob of the name at all.
  bool knows(llvm::StringRef name) const { return findKnob(cls.owner, name); }

  /// The setting; null where it is a default.
  const KnobSetting *find(llvm::StringRef name) const;

  /// The value in layer `layer`; nullopt where the knob is not set and has no
  /// default, or is `none` there.
  std::optional<Value> value(llvm::StringRef name, size_t layer = 0) const;
  std::optional<int64_t> integer(llvm::StringRef name, size_t layer = 0) const;
  std::optional<double> real(llvm::StringRef name, size_t layer = 0) const;
  /// The words or strings of a list; empty where it is not set.
  std::vector<std::string> strings(llvm::StringRef name) const;
  std::vector<int64_t> integers(llvm::StringRef name) const;

  /// True, or given another value than the default.
  bool isOn(llvm::StringRef name, size_t layer = 0) const;
  bool isOnAnywhere(llvm::StringRef name) const;

  /// Values in a list, one a layer; 1 where one value holds for all or none is
  /// set.
  size_t layersOf(llvm::StringRef name) const;

  const KnobView::Knobs &settings() const { return knobs; }

private:
  const ClassInfo &cls;
  const Knobs &knobs;
};

/// A model, or one side of an XTransformer: a wrapper and its stack. For a
/// model that is a stack there are no knobs of a wrapper.
class ModelView {
public:
  explicit ModelView(const CheckedModel &model);

  /// The constructor call that has a knob of the name: the stack before the
  /// wrapper.
  const KnobView &viewOf(llvm::StringRef name) const;

  const KnobSetting *find(llvm::StringRef name) const {
    return viewOf(name).find(name);
  }
  bool isOn(llvm::StringRef name, size_t layer = 0) const {
    const KnobView &view = viewOf(name);
    return view.knows(name) && view.isOn(name, layer);
  }
  bool isOnAnywhere(llvm::StringRef name) const { return on.contains(name); }
  size_t layersOf(llvm::StringRef name) const {
    return viewOf(name).layersOf(name);
  }
  /// Whether calls may pass the input in.
  bool hasInput(llvm::StringRef input) const;

  /// How the text spells a knob of the stack: `enc_attn_kv_heads`.
  std::string spelled(llvm::StringRef name) const {
    return prefix + name.str();
  }

  const CheckedModel &model;
  const CheckedStack &checkedStack;

private:
  static const KnobView::Knobs noKnobs;

public:
  KnobView wrapper, stack;
  std::string prefix;

private:
  /// Notes the knobs of the view that are on; hundreds of rules ask.
  void collect(const KnobView &view, const ClassInfo &cls);
  llvm::StringSet<> on;
};

} // namespace xf::dsl
