// The scalar regions of an attention from the steps and rules that its knobs
// added. A region to which nothing contributes stays empty.
#include "compiler/Transforms/Expand/AttentionState.h"

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

/// The same pair with a key that operands can be read at, where the key may be
/// an extra one.
static PairIndex readable(Scalars &s, PairIndex at, bool hasExtraKeys) {
  if (hasExtraKeys)
    at.j = s.max(at.j, s.integer(0));
  return at;
}

static Scalar isExtraKey(Scalars &s, const PairIndex &at) {
  return s.less(at.j, s.integer(0));
}

Scalar AttentionMods::allKeep(Scalars &s, const PairIndex &at,
                              MaskFilter counts, bool hasExtraKeys) const {
  Scalar keep;
  for (const Mask &mask : masks) {
    if (!counts(mask))
      continue;
    bool passes = hasExtraKeys && !mask.traits.knowsExtraKeys;
    Scalar next = mask.keeps(s, readable(s, at, passes));
    if (passes)
      next = s.either(isExtraKey(s, at), next);
    keep = keep ? s.both(keep, next) : next;
  }
  return keep;
}

void AttentionMods::build(AttentionOp op) const {
  bool hasExtraKeys = op.getNumExtraKeys() > 0;
  if (!steps.empty())
    buildScoreMod(op, [&](Scalars &s, ValueRange arguments) {
      Scalar score = arguments[0];
      PairIndex at = {arguments[1], arguments[2], arguments[3]};
      for (const Step &step : steps) {
        bool passes = step.passesExtraKeys && hasExtraKeys;
        Scalar next = step.apply(s, score, readable(s, at, passes));
        score = passes ? s.select(isExtraKey(s, at), score, next) : next;
      }
      return score;
    });

  // A softmax over queries takes its rules apart: late ones choose queries.
  bool overQueries = op.getNormalizer() == Normalizer::Queries;
  auto isLate = [](const Mask &mask) { return mask.traits.late; };
  auto isEarly = [](const Mask &mask) { return !mask.traits.late; };
  auto isMask = [&](const Mask &mask) {
    return !overQueries || mask.traits.late;
  };
  auto rule = [&](MaskFilter counts) {
    return [&, counts](Scalars &s, ValueRange index) {
      return allKeep(s, {index[0], index[1], index[2]}, counts, hasExtraKeys);
    };
  };
  if (has(isMask))
    buildMaskMod(op, rule(isMask));
  bool needsZeros = !hasExtraKeys && has([](const Mask &mask) {
    return mask.traits.emptiesQueries;
  });
  if (overQueries ? has(isEarly) : needsZeros && has(isLate))
    buildAliveMod(op, rule(isEarly));
  else if (needsZeros)
    op.setEmpty(EmptyRows::Zero);
}

} // namespace xf::expand
