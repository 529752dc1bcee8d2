// The layout of a stack as letters, as x-transformers builds it: `a` attention,
// `c` cross attention, `f` feedforward.
#include "compiler/Transforms/Expand/Layout.h"

#include "compiler/Dialect/XF/IR/ModelKnobs.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

/// Every sublayer becomes ops, so no bound is no end.
static constexpr size_t kMostSublayers = 16384;

static bool isOn(Operation *op, StringRef name) {
  return hasKnob(op, name) && boolKnob(op, name);
}

static std::string times(const std::string &text, int64_t count) {
  std::string result;
  for (int64_t n = 0; n < count; ++n)
    result += text;
  return result;
}

static std::string without(std::string text, char letter) {
  llvm::erase(text, letter);
  return text;
}

static std::string blockOf(AttentionLayersOp stack) {
  bool cross = isOn(stack, "cross_attend");
  std::string block = cross && isOn(stack, "only_cross") ? "cf"
                      : cross                            ? "acf"
                                                         : "af";
  if (isOn(stack, "macaron"))
    block = "f" + block;
  return isOn(stack, "only_attn") ? without(block, 'f') : block;
}

/// N sublayers with one attention in `ratio`, all in the first two thirds.
static FailureOr<std::string> parallelLayout(AttentionLayersOp stack,
                                             const std::string &block,
                                             int64_t depth) {
  int64_t total = depth * static_cast<int64_t>(block.size());
  int64_t attentions = total / intKnob(stack, "par_ratio");
  std::string head = without(block, 'f');
  int64_t cut = total * 2 / 3;
  int64_t width = attentions ? (cut + cut / attentions) / attentions : 0;
  if (width < static_cast<int64_t>(head.size()) || attentions * width > total) {
    return emitError(knobLoc(stack, "par_ratio"))
           << "`par_ratio` = " << intKnob(stack, "par_ratio")
           << " leaves no room for an attention in the first two thirds of "
           << total << " sublayers";
  }
  head += times("f", width - static_cast<int64_t>(head.size()));
  std::string letters = times(head, attentions);
  return letters + times("f", total - static_cast<int64_t>(letters.size()));
}

static FailureOr<std::string> sandwichLayout(AttentionLayersOp stack,
                                             const std::string &block,
                                             int64_t depth) {
  int64_t ends = intKnob(stack, "sandwich_coef");
  if (ends > depth)
    return emitError(knobLoc(stack, "sandwich_coef"))
           << "`sandwich_coef` = " << ends
           << " is more than `depth` = " << depth;
  return times("a", ends) + times(block, depth - ends) + times("f", ends);
}

static FailureOr<std::string>
lettersOf(AttentionLayersOp stack, const std::string &block, int64_t depth) {
  if (hasKnob(stack, "custom_layers")) {
    std::string letters;
    for (StringRef word : stringsKnob(stack, "custom_layers")) {
      if (word != "a" && word != "c" && word != "f")
        return emitError(knobLoc(stack, "custom_layers"))
               << "`custom_layers` has `" << word
               << "`, but sublayers are `a`, `c` and `f`";
      letters += word;
    }
    return letters;
  }
  if (hasKnob(stack, "par_ratio"))
    return parallelLayout(stack, block, depth);
  if (hasKnob(stack, "sandwich_coef"))
    return sandwichLayout(stack, block, depth);
  return times(block, depth);
}

static LogicalResult setOrder(AttentionLayersOp stack, StackLayout &layout) {
  if (!hasKnob(stack, "layers_execute_order"))
    return success();
  layout.order.clear();
  for (int64_t index : intsKnob(stack, "layers_execute_order")) {
    if (index < 0 || index >= static_cast<int64_t>(layout.sublayers.size()))
      return emitError(knobLoc(stack, "layers_execute_order"))
             << "`layers_execute_order` names sublayer " << index
             << ", but there are " << layout.sublayers.size();
    layout.order.push_back(static_cast<unsigned>(index));
  }
  return success();
}

unsigned StackLayout::count(Sublayer::Kind kind) const {
  return static_cast<unsigned>(llvm::count_if(
      sublayers, [&](const Sublayer &sub) { return sub.kind == kind; }));
}

FailureOr<StackLayout> layoutOf(AttentionLayersOp stack) {
  if (!hasKnob(stack, "depth") && !hasKnob(stack, "custom_layers"))
    return emitError(ownLoc(stack))
           << "`depth` is not set and has no default; only `custom_layers` "
              "stands in for it";
  int64_t depth = hasKnob(stack, "depth") ? intKnob(stack, "depth") : 0;
  bool tied = isOn(stack, "weight_tie_layers");
  if (tied && !hasKnob(stack, "depth"))
    return emitError(knobLoc(stack, "weight_tie_layers"))
           << "`weight_tie_layers` runs one block `depth` times, but `depth` "
              "is not set";
  std::string block = blockOf(stack);
  auto letters = lettersOf(stack, block, tied ? 1 : depth);
  if (failed(letters))
    return failure();
  if (isOn(stack, "only_attn"))
    letters = without(*letters, 'f');
  if (letters->empty() || letters->size() > kMostSublayers)
    return emitError(ownLoc(stack))
           << "a stack has 1 to " << kMostSublayers << " sublayers, this one "
           << letters->size();
  StackLayout layout;
  bool regular = !hasKnob(stack, "custom_layers") &&
                 !hasKnob(stack, "par_ratio") &&
                 !hasKnob(stack, "sandwich_coef");
  layout.blockSize = regular ? static_cast<unsigned>(block.size()) : 1;
  unsigned seen[3] = {0, 0, 0};
  for (char letter : *letters) {
    auto kind = letter == 'a'   ? Sublayer::Kind::Attention
                : letter == 'c' ? Sublayer::Kind::Cross
                                : Sublayer::Kind::Feedforward;
    auto index = static_cast<unsigned>(layout.sublayers.size());
    layout.sublayers.push_back(
        {kind, index, seen[static_cast<unsigned>(kind)]++});
  }
  for (int64_t run = 0; run < (tied ? depth : 1); ++run)
    for (const Sublayer &sub : layout.sublayers)
      layout.order.push_back(sub.index);
  if (tied && hasKnob(stack, "layers_execute_order"))
    return emitError(knobLoc(stack, "layers_execute_order"))
           << "`layers_execute_order` and `weight_tie_layers` exclude each "
              "other: both say in which order the sublayers run";
  if (failed(setOrder(stack, layout)))
    return failure();
  layout.depth = static_cast<unsigned>(
      tied    ? 1
      : depth ? depth
              : static_cast<int64_t>(layout.order.size()));
  return layout;
}

} // namespace xf::expand
