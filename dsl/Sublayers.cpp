// The layout of a stack, as x-transformers' AttentionLayers builds it.
#include "dsl/Sublayers.h"

#include "llvm/ADT/STLExtras.h"

#include <fmt/format.h>

namespace xf::dsl {

namespace {

/// As many sublayers as are laid out; more are an error of the compiler.
constexpr int64_t mostSublayers = 16384;

std::string times(const std::string &text, int64_t count) {
  std::string result;
  for (int64_t n = 0; n < count && int64_t(result.size()) < mostSublayers; ++n)
    result += text;
  return result;
}

std::string without(std::string text, char letter) {
  llvm::erase(text, letter);
  return text;
}

std::string blockOf(const KnobView &stack) {
  bool cross = stack.isOn("cross_attend");
  std::string block = cross && stack.isOn("only_cross") ? "cf"
                      : cross                           ? "acf"
                                                        : "af";
  if (stack.isOn("macaron"))
    block = "f" + block;
  return stack.isOn("only_attn") ? without(block, 'f') : block;
}

/// A attentions in the first two thirds of N sublayers, with feed-forwards
/// between them and behind.
std::string parallel(const std::string &block, int64_t depth, int64_t ratio,
                     std::optional<LayoutProblem> &problem) {
  int64_t total = depth * int64_t(block.size()), attentions = total / ratio;
  std::string head = without(block, 'f');
  int64_t cut = total * 2 / 3;
  int64_t width = attentions ? (cut + cut / attentions) / attentions : 0;
  if (width < int64_t(head.size()) || width * attentions > total) {
    problem = {"par_ratio", "depth",
               fmt::format("`par_ratio` = {} leaves no room for attention in "
                           "the first two thirds of {} sublayers",
                           ratio, total)};
    return "";
  }
  head += times("f", width - int64_t(head.size()));
  std::string letters = times(head, attentions);
  return letters + times("f", total - int64_t(letters.size()));
}

std::string sandwich(const std::string &block, int64_t depth, int64_t ends,
                     std::optional<LayoutProblem> &problem) {
  if (ends > depth) {
    problem = {"sandwich_coef", "depth",
               fmt::format("`sandwich_coef` = {} is more than `depth` = {}",
                           ends, depth)};
    return "";
  }
  return times("a", ends) + times(block, depth - ends) + times("f", ends);
}

} // namespace

std::string sublayersOf(const KnobView &stack,
                        std::optional<LayoutProblem> *problemOut) {
  std::optional<LayoutProblem> ignored;
  std::optional<LayoutProblem> &problem = problemOut ? *problemOut : ignored;
  std::string block = blockOf(stack), letters;
  std::optional<int64_t> depth = stack.integer("depth");
  if (stack.find("custom_layers"))
    for (const std::string &letter : stack.strings("custom_layers"))
      letters += letter;
  else if (!depth)
    return "";
  else if (auto ratio = stack.integer("par_ratio"))
    letters = parallel(block, *depth, *ratio, problem);
  else if (auto ends = stack.integer("sandwich_coef"))
    letters = sandwich(block, *depth, *ends, problem);
  else
    letters = times(block, stack.isOn("weight_tie_layers") ? 1 : *depth);
  return stack.isOn("only_attn") ? without(letters, 'f') : letters;
}

} // namespace xf::dsl
