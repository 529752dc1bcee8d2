// Which keys a query sees: key masks, masks of pairs, prefixes, windows,
// causality and the user's own mask_mod.
#include "compiler/Transforms/Expand/AttentionState.h"

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

static bool isOn(AttentionLayersOp stack, StringRef name) {
  return hasKnob(stack, name) && boolKnob(stack, name);
}

/// Keys of the sequence itself. `self_attn_kv_mask` and `seq_start_pos` stand
/// in for `mask` in a call that gives them; below 0 they are not given.
static void addKeyMask(AttentionState &a) {
  Value mask = a.e.input("mask"), own = a.e.input("self_attn_kv_mask"),
        start = a.e.input("seq_start_pos");
  if (!mask && !own && !start)
    return;
  int64_t maskAt = mask ? a.mods.addRows(mask) : -1;
  int64_t ownAt = own ? a.mods.addRows(own) : -1;
  int64_t startAt = start ? a.mods.addRows(start) : -1;
  // A kept query sees itself under `mask` alone, and what a masked one gives is
  // dropped. A sequence starts before its end.
  auto keeps = [=](Scalars &s, const PairIndex &at) {
    Scalar zero = s.constant(0);
    Scalar keep;
    if (maskAt >= 0)
      keep = s.less(zero, s.readAt(maskAt, 0, at.j));
    if (startAt >= 0) {
      Scalar first = s.read(startAt, 0);
      Scalar isGiven = s.lessEqual(zero, first);
      Scalar started = s.lessEqual(first, s.toFloat(at.j));
      keep = s.select(isGiven, started, keep ? keep : s.boolean(true));
      if (ownAt < 0)
        return keep;
      Scalar given = s.readAt(ownAt, 0, at.j);
      Scalar both = s.both(s.less(zero, given), started);
      return s.select(s.lessEqual(zero, given), both, keep);
    }
    if (ownAt < 0)
      return keep;
    Scalar given = s.readAt(ownAt, 0, at.j);
    Scalar keeps = s.less(zero, given);
    if (!keep)
      keep = s.boolean(true);
    return s.select(s.lessEqual(zero, given), keeps, keep);
  };
  a.mods.addMask(keeps, {.emptiesQueries = bool(own)});
}

/// Keys before the end of the prefix are seen by all, others causally.
static void addPrefixMask(AttentionState &a) {
  Value length = a.e.input("prefix_attn_len");
  int64_t lengthAt = length ? a.mods.addRows(length) : -1;
  auto keeps = [=](Scalars &s, const PairIndex &at) {
    Scalar keep = s.lessEqual(at.j, at.i);
    if (lengthAt < 0)
      return keep;
    Scalar key = s.toFloat(at.j);
    Scalar inPrefix = s.less(key, s.read(lengthAt, 0));
    return s.either(keep, inPrefix);
  };
  a.mods.addMask(keeps, {.knowsExtraKeys = true});
}

static void addWindow(AttentionState &a, int64_t past) {
  if (!a.isCross()) {
    auto keeps = [=](Scalars &s, const PairIndex &at) {
      Scalar distance = s.sub(at.i, at.j);
      return s.lessEqual(distance, s.integer(past));
    };
    return a.mods.addMask(keeps, {});
  }
  // Queries of a cross attention are aligned with the end of the context.
  auto count = [&](Value &rows, const Twine &name, ValueRange operands) {
    if (!rows)
      rows = a.e.map(
          name, operands, {}, 1,
          [](Scalars &s, Scalar, Scalar, Scalar n) { return s.toFloat(n); });
    return a.mods.addRows(rows);
  };
  int64_t rows = count(a.positions.numRows, "num_rows", {});
  int64_t keys = count(a.positions.numKeys, "num_keys", a.branch.k);
  auto keeps = [=](Scalars &s, const PairIndex &at) {
    Scalar numKeys = s.toInt(s.readAt(keys, 0, at.j));
    Scalar shift = s.sub(numKeys, s.toInt(s.readAt(rows, 0, at.i)));
    Scalar aligned = s.add(at.i, shift);
    Scalar distance = s.sub(aligned, at.j);
    return s.lessEqual(distance, s.integer(past));
  };
  a.mods.addMask(keeps, {});
}

static void addSelfMasks(AttentionState &a) {
  AttentionLayersOp stack = a.e.stack;
  addKeyMask(a);
  if (Value pairs = a.e.input("attn_mask")) {
    int64_t number = a.mods.addPairs(pairs);
    auto keeps = [=](Scalars &s, const PairIndex &at) {
      Scalar zero = s.constant(0);
      return s.less(zero, s.pair(number, at.h, at.j));
    };
    a.mods.addMask(keeps, {.emptiesQueries = true});
  }
  if (isOn(stack, "prefix_causal"))
    addPrefixMask(a);
  if (boolKnob(stack, "causal"))
    a.mods.addMask(
        [](Scalars &s, const PairIndex &at) { return s.lessEqual(at.j, at.i); },
        {.late = true, .knowsExtraKeys = true});
  if (a.o.maxAttendPast)
    addWindow(a, *a.o.maxAttendPast);
  if (stack.getMaskMod().empty())
    return;
  auto keeps = [=](Scalars &s, const PairIndex &at) mutable {
    return s.inlineRegion(stack.getMaskMod(), {at.h, at.i, at.j});
  };
  a.mods.addMask(keeps, {.late = true});
}

/// Softmax over queries: masked ones take no part, and what masks keys works
/// afterwards.
static void addQueryMask(AttentionState &a) {
  Value mask = a.rowMask();
  if (!mask)
    return;
  int64_t number = a.mods.addRows(mask);
  auto keeps = [=](Scalars &s, const PairIndex &at) {
    Scalar zero = s.constant(0);
    return s.less(zero, s.readAt(number, 0, at.i));
  };
  a.mods.addMask(keeps, {.late = true});
}

static void addMaskOfKeys(AttentionState &a, Value mask) {
  if (!mask)
    return;
  int64_t number = a.mods.addRows(mask);
  auto keeps = [=](Scalars &s, const PairIndex &at) {
    Scalar zero = s.constant(0);
    return s.less(zero, s.readAt(number, 0, at.j));
  };
  a.mods.addMask(keeps, {.emptiesQueries = true});
}

void addMasks(AttentionState &a) {
  switch (a.branch.kind) {
  case AttentionBranch::Kind::Self:
    return addSelfMasks(a);
  case AttentionBranch::Kind::Pool:
    return addMaskOfKeys(a, a.e.input("mask"));
  case AttentionBranch::Kind::Cross:
    addMaskOfKeys(a, a.e.input("context_mask"));
    if (a.o.maxAttendPast)
      addWindow(a, *a.o.maxAttendPast);
    if (a.o.normalizer == Normalizer::Queries)
      addQueryMask(a);
    return;
  }
}

} // namespace xf::expand
