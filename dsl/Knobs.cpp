// The knob table in memory: constant rows generated from Knobs.td, and lookup
// by name.
#include "dsl/Knobs.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <limits>

namespace xf::dsl {

namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();

#define XF_KNOB_WORDS
#include "dsl/KnobTable.inc"
#undef XF_KNOB_WORDS

const KnobInfo knobRows[] = {
#define XF_KNOB_ROWS
#include "dsl/KnobTable.inc"
#undef XF_KNOB_ROWS
};

#define XF_CLASS_WORDS
#include "dsl/KnobTable.inc"
#undef XF_CLASS_WORDS

const ClassInfo classRows[] = {
#define XF_CLASS_ROWS
#include "dsl/KnobTable.inc"
#undef XF_CLASS_ROWS
};

/// The rows of one owner; they are neighbours because the table is sorted.
llvm::ArrayRef<KnobInfo> knobsOf(KnobOwner owner) {
  auto [first, last] = std::equal_range(
      std::begin(knobRows), std::end(knobRows), owner, [](auto &a, auto &b) {
        auto key = [](const auto &x) {
          if constexpr (std::is_same_v<std::decay_t<decltype(x)>, KnobOwner>)
            return x;
          else
            return x.owner;
        };
        return key(a) < key(b);
      });
  return llvm::ArrayRef(first, last);
}
} // namespace

llvm::ArrayRef<KnobInfo> allKnobs() { return knobRows; }

llvm::ArrayRef<ClassInfo> allClasses() { return classRows; }

const KnobInfo *findKnob(KnobOwner owner, llvm::StringRef name) {
  llvm::ArrayRef<KnobInfo> knobs = knobsOf(owner);
  const KnobInfo *row = llvm::lower_bound(
      knobs, name,
      [](const KnobInfo &knob, llvm::StringRef n) { return knob.name < n; });
  return row != knobs.end() && row->name == name ? row : nullptr;
}

const KnobInfo *nearestKnob(KnobOwner owner, llvm::StringRef name) {
  unsigned best = static_cast<unsigned>(name.size() / 3) + 1;
  const KnobInfo *nearest = nullptr;
  for (const KnobInfo &knob : knobsOf(owner)) {
    unsigned distance =
        name.edit_distance(knob.name, /*AllowReplacements=*/true, best);
    if (distance < best) {
      best = distance;
      nearest = &knob;
    }
  }
  return nearest;
}

const ClassInfo *findClass(llvm::StringRef name) {
  const ClassInfo *row = llvm::find_if(
      classRows, [&](const ClassInfo &cls) { return cls.name == name; });
  return row != std::end(classRows) ? row : nullptr;
}

std::optional<bool> ClassInfo::sets(llvm::StringRef knob) const {
  if (knob == "causal" && causal >= 0)
    return causal == 1;
  return llvm::is_contained(on, knob) ? std::optional(true) : std::nullopt;
}

llvm::StringRef ownerName(KnobOwner owner) {
  switch (owner) {
  case KnobOwner::AttentionLayers:
    return "AttentionLayers";
  case KnobOwner::TransformerWrapper:
    return "TransformerWrapper";
  case KnobOwner::ViTransformerWrapper:
    return "ViTransformerWrapper";
  case KnobOwner::XTransformer:
    return "XTransformer";
  case KnobOwner::ContinuousTransformerWrapper:
    return "ContinuousTransformerWrapper";
  case KnobOwner::MultiInputTransformerWrapper:
    return "MultiInputTransformerWrapper";
  case KnobOwner::Refine:
    return "refine";
  case KnobOwner::Generate:
    return "generate";
  case KnobOwner::Sweep:
    return "sweep";
  }
  return "";
}

} // namespace xf::dsl
