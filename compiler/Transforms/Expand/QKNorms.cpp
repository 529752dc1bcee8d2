// Norms of queries, keys and values, head by head, and the learned keys and
// values that stand before those of the sequence.
#include "compiler/Transforms/Expand/AttentionState.h"

#include <cmath>

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

/// What torch's `normalize` divides by at least.
static constexpr double kUnitEps = 1e-12;

/// The rows of `x` with each of `groups` parts scaled to unit length.
static Value unitParts(AttentionState &a, StringRef name, Value x,
                       int64_t groups, FlatSymbolRefAttr gain = {}) {
  return a.e.norm(Twine(a.prefix) + name, NormKind::L2, x, kUnitEps, gain, {},
                  groups);
}

/// unit(x) * sqrt(dim) * (gamma + 1), head by head.
static Value rmsHeads(AttentionState &a, StringRef name, Value x, int64_t heads,
                      int64_t dim) {
  std::string gamma = (Twine(a.prefix) + name + ".gamma").str();
  RecipeAttr stored = a.e.tensor(gamma, {heads, 1, dim});
  RecipeAttr gain =
      RecipeAttr::scale(RecipeAttr::add(stored, 1), std::sqrt(double(dim)));
  gain = RecipeAttr::reshape(gain, {heads * dim});
  return unitParts(a, name, x, heads, a.e.weight(gamma, gain));
}

void normalizeHeads(AttentionState &a) {
  const AttentionOptions &o = a.o;
  if (o.qkNorm) {
    FlatSymbolRefAttr queryGain, keyGain;
    if (o.qkNormDimScale) {
      queryGain = a.reshaped("qk_norm_q_scale", {o.heads, 1, o.headDim},
                             {o.innerWidth()});
      keyGain = a.reshaped("qk_norm_k_scale", {o.kvHeads, 1, o.headDim},
                           {o.keyWidth()});
    } else {
      a.scale = o.qkNormScale;
    }
    a.q = unitParts(a, "q_norm", a.q, o.heads * o.qkNormGroups, queryGain);
    a.k = unitParts(a, "k_norm", a.k, o.kvHeads * o.qkNormGroups, keyGain);
  }
  if (o.qkRmsnorm)
    a.q = rmsHeads(a, "q_rmsnorm", a.q, o.heads, o.headDim);
  if (o.kRmsnorm)
    a.k = rmsHeads(a, "k_rmsnorm", a.k, o.kvHeads, o.headDim);
  if (o.valueRmsnorm)
    a.v = rmsHeads(a, "value_rmsnorm", a.v, o.kvHeads, o.valueDim);
}

/// Keys of the memory are normalised as other keys are, but not by the
/// rmsnorms.
static RecipeAttr memoryKeys(AttentionState &a) {
  const AttentionOptions &o = a.o;
  int64_t count = o.kvHeads * o.numMemKv, groups = o.qkNormGroups;
  RecipeAttr keys =
      a.e.tensor(a.prefix + "mem_k", {o.kvHeads, o.numMemKv, o.headDim});
  if (!o.qkNorm)
    return RecipeAttr::reshape(keys, {count, o.headDim});
  keys = RecipeAttr::reshape(keys, {count * groups, o.headDim / groups});
  keys = RecipeAttr::reshape(RecipeAttr::unary(RecipeKind::UnitRows, keys),
                             {count, o.headDim});
  if (!o.qkNormDimScale)
    return keys;
  RecipeAttr gain =
      a.e.tensor(a.prefix + "qk_norm_k_scale", {o.kvHeads, 1, o.headDim});
  gain = RecipeAttr::reshape(RecipeAttr::repeat(gain, 1, o.numMemKv),
                             {count, o.headDim});
  return RecipeAttr::mul(keys, gain);
}

static RecipeAttr memoryValues(AttentionState &a) {
  const AttentionOptions &o = a.o;
  RecipeAttr values =
      a.e.tensor(a.prefix + "mem_v", {o.kvHeads, o.numMemKv, o.valueDim});
  values = RecipeAttr::reshape(values, {o.kvHeads * o.numMemKv, o.valueDim});
  if (!o.laser)
    return values;
  values = RecipeAttr::unary(RecipeKind::Tanh,
                             RecipeAttr::scale(values, 1 / *o.laser));
  return RecipeAttr::unary(RecipeKind::Exp,
                           RecipeAttr::scale(values, *o.laser));
}

void addMemories(AttentionState &a) {
  if (a.o.numMemKv == 0)
    return;
  a.memoryKeys = a.e.weight(a.prefix + "mem_k", memoryKeys(a));
  a.memoryValues = a.e.weight(a.prefix + "mem_v", memoryValues(a));
}

void exponentiateValues(AttentionState &a) {
  if (!a.o.laser)
    return;
  a.v = a.e.map(a.prefix + "laser", a.v, {}, getWidth(a.v),
                [&](Scalars &s, Scalar c, Scalar, Scalar) {
                  return s.exp(s.softclamp(s.read(0, c), *a.o.laser));
                });
}

} // namespace xf::expand
