// Positions that turn queries and keys: rotary embedding with its variants, and
// polar embedding. The angles of a row are computed once an entry; each layer
// reads their cosines and sines.
#include "compiler/Transforms/Expand/AttentionState.h"

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

static bool isOn(AttentionLayersOp stack, StringRef name) {
  return hasKnob(stack, name) && boolKnob(stack, name);
}

static double realOr(AttentionLayersOp stack, StringRef name, double value) {
  return hasKnob(stack, name) ? floatKnob(stack, name) : value;
}

namespace {

/// What the rotary knobs say of a stack.
struct RotaryOptions {
  explicit RotaryOptions(AttentionLayersOp stack) {
    dim = hasKnob(stack, "rotary_emb_dim")
              ? intKnob(stack, "rotary_emb_dim")
              : intKnob(stack, "attn_dim_head") / 2;
    double rescale = realOr(stack, "rotary_base_rescale_factor", 1);
    if (rescale != 1)
      base *= std::pow(rescale, dim / (dim - 2.0));
    interpolation = realOr(stack, "rotary_interpolation_factor", 1);
    xpos = isOn(stack, "rotary_xpos");
    scaleBase = realOr(stack, "rotary_xpos_scale_base", 512);
    halfSplit = isOn(stack, "rotary_half_split");
  }

  /// Pairs of features that turn; an odd number of features rounds up.
  int64_t pairs() const { return (dim + 1) / 2; }

  int64_t dim;
  double base = 10000, interpolation, scaleBase;
  bool xpos, halfSplit;
};

} // namespace

//===----------------------------------------------------------------------===//
// Rotary: angles
//===----------------------------------------------------------------------===//

/// The number of a row: what the call says, or its place in the sequence.
static Scalar positionOf(Scalars &s, bool isGiven, Scalar row) {
  return isGiven ? s.read(0, 0) : s.toFloat(row);
}

/// base^(-2p/dim) of every pair p.
static FlatSymbolRefAttr rotaryFrequencies(Expander &e,
                                           const RotaryOptions &rotary) {
  SmallVector<double> values;
  for (int64_t pair = 0; pair < rotary.pairs(); ++pair)
    values.push_back(std::pow(rotary.base, -2.0 * pair / rotary.dim));
  return e.weight(
      "rotary.frequencies",
      RecipeAttr::values(e.b.getContext(), {rotary.pairs()}, values));
}

/// ln((2p + 0.4 dim) / (1.4 dim)) of every pair p.
static FlatSymbolRefAttr xposDecays(Expander &e, const RotaryOptions &rotary) {
  SmallVector<double> values;
  for (int64_t pair = 0; pair < rotary.pairs(); ++pair)
    values.push_back(
        std::log((2.0 * pair + 0.4 * rotary.dim) / (1.4 * rotary.dim)));
  return e.weight(
      "rotary.decays",
      RecipeAttr::values(e.b.getContext(), {rotary.pairs()}, values));
}

/// Cosines and sines of `position * frequency`, times decay^(sign * distance
/// from the middle) with xpos: of queries sign is 1, of keys -1, so that only
/// the distance of the two stays. The middle is that of the longest sequence: a
/// row must not depend on how many follow it.
static Value rotaryAngles(Expander &e, const RotaryOptions &rotary,
                          const Twine &name, Value positions, int sign) {
  SmallVector<FlatSymbolRefAttr> tables = {rotaryFrequencies(e, rotary)};
  if (rotary.xpos)
    tables.push_back(xposDecays(e, rotary));
  SmallVector<Value> operands;
  if (positions)
    operands.push_back(positions);
  int64_t pairs = rotary.pairs();
  return e.map(name, operands, tables, 2 * pairs,
               [&](Scalars &s, Scalar c, Scalar i, Scalar n) {
                 Scalar limit = s.integer(pairs);
                 Scalar pair = s.rem(c, limit);
                 Scalar position = positionOf(s, bool(positions), i);
                 Scalar angle = s.mul(position, s.table(0, pair));
                 if (rotary.interpolation != 1)
                   angle = s.div(angle, s.constant(rotary.interpolation));
                 Scalar cosine = s.cos(angle);
                 Scalar sine = s.sin(angle);
                 Scalar value = s.select(s.less(c, limit), cosine, sine);
                 if (!rotary.xpos)
                   return value;
                 Scalar middle =
                     s.constant(static_cast<double>(e.maxRows() / 2));
                 Scalar fromMiddle = s.sub(position, middle);
                 Scalar power =
                     s.div(fromMiddle, s.constant(sign * rotary.scaleBase));
                 Scalar decay = s.exp(s.mul(power, s.table(1, pair)));
                 return s.mul(value, decay);
               });
}

//===----------------------------------------------------------------------===//
// Rotary: turning
//===----------------------------------------------------------------------===//

/// Turns the first features of the last `turned` of `heads` heads of `x`.
static Value rotate(AttentionState &a, const RotaryOptions &rotary,
                    StringRef name, Value x, Value angles, int64_t heads,
                    int64_t turned) {
  int64_t dim = a.headDim, pairs = rotary.pairs(), width = heads * dim;
  return a.e.map(Twine(a.prefix) + name, {x, angles}, {}, width,
                 [&](Scalars &s, Scalar c, Scalar, Scalar) {
                   Scalar feature = s.rem(c, s.integer(dim));
                   Scalar one = s.integer(1);
                   // The partner of a feature, the pair's number, and which of
                   // the two it is.
                   Scalar isFirst, pair;
                   Scalar step = one;
                   if (rotary.halfSplit) {
                     step = s.integer(pairs);
                     isFirst = s.less(feature, step);
                     pair = s.select(isFirst, feature, s.sub(feature, step));
                   } else {
                     Scalar two = s.integer(2);
                     isFirst = s.equal(s.rem(feature, two), s.integer(0));
                     pair = s.div(feature, two);
                   }
                   Scalar after = s.add(c, step);
                   Scalar before = s.sub(c, step);
                   Scalar partner =
                       s.clamp(s.select(isFirst, after, before), 0, width - 1);
                   pair = s.clamp(pair, 0, pairs - 1);
                   Scalar cosine = s.read(1, pair);
                   Scalar sine = s.read(1, s.add(pair, s.integer(pairs)));
                   Scalar own = s.read(0, c);
                   Scalar other = s.read(0, partner);
                   Scalar across = s.select(isFirst, s.neg(other), other);
                   Scalar straight = s.mul(own, cosine);
                   Scalar value = s.add(straight, s.mul(across, sine));
                   if (2 * pairs < dim)
                     value = s.select(s.less(feature, s.integer(2 * pairs)),
                                      value, own);
                   if (turned < heads) {
                     Scalar first = s.integer((heads - turned) * dim);
                     value = s.select(s.less(c, first), own, value);
                   }
                   return value;
                 });
}

static void rotateSelf(AttentionState &a, const RotaryOptions &rotary) {
  if (!a.positions.queryAngles) {
    Value positions = a.e.input("pos");
    a.positions.queryAngles = a.positions.keyAngles =
        rotaryAngles(a.e, rotary, "rotary.angles", positions, 1);
    if (rotary.xpos)
      a.positions.keyAngles =
          rotaryAngles(a.e, rotary, "rotary.key_angles", positions, -1);
  }
  int64_t turned = a.o.heads, turnedKeys = a.o.kvHeads;
  if (hasKnob(a.e.stack, "rotate_num_heads"))
    turned = turnedKeys = intKnob(a.e.stack, "rotate_num_heads");
  if (a.o.latentRopeSubheads)
    turned = turnedKeys = *a.o.latentRopeSubheads;
  a.q = rotate(a, rotary, "q_rotary", a.q, a.positions.queryAngles, a.o.heads,
               turned);
  a.k = rotate(a, rotary, "k_rotary", a.k, a.positions.keyAngles, a.o.kvHeads,
               turnedKeys);
}

/// Cross attention turns only where the context's positions are given.
static void rotateCross(AttentionState &a, const RotaryOptions &rotary) {
  Value positions = a.e.input("context_pos");
  if (!positions)
    return;
  if (!a.positions.queryAngles)
    a.positions.queryAngles =
        rotaryAngles(a.e, rotary, "rotary.angles", a.e.input("pos"), 1);
  if (!a.positions.contextAngles)
    a.positions.contextAngles =
        rotaryAngles(a.e, rotary, "rotary.context_angles", positions, -1);
  a.q = rotate(a, rotary, "q_rotary", a.q, a.positions.queryAngles, a.o.heads,
               a.o.heads);
  a.k = rotate(a, rotary, "k_rotary", a.k, a.positions.contextAngles,
               a.o.kvHeads, a.o.kvHeads);
}

//===----------------------------------------------------------------------===//
// Polar
//===----------------------------------------------------------------------===//

/// Cosines, then sines, of the angles of `heads` heads (one set for all where
/// `bias` is null; else each key head is turned by its learned angles too).
static Value polarAngles(AttentionState &a, const Twine &name, int64_t heads,
                         FlatSymbolRefAttr bias) {
  Expander &e = a.e;
  int64_t dim = a.o.headDim;
  SmallVector<double> frequencies;
  for (int64_t f = 0; f < dim; ++f)
    frequencies.push_back(std::pow(10000.0, -double(f) / dim));
  SmallVector<FlatSymbolRefAttr> tables = {
      e.weight("polar.frequencies",
               RecipeAttr::values(e.b.getContext(), {dim}, frequencies))};
  if (bias)
    tables.push_back(bias);
  SmallVector<Value> operands;
  Value positions = e.input("pos");
  if (positions)
    operands.push_back(positions);
  return e.map(name, operands, tables, heads * 2 * dim,
               [&](Scalars &s, Scalar c, Scalar i, Scalar) {
                 Scalar place = s.rem(c, s.integer(2 * dim));
                 Scalar feature = s.rem(place, s.integer(dim));
                 Scalar position = positionOf(s, bool(positions), i);
                 Scalar angle = s.mul(position, s.table(0, feature));
                 if (bias) {
                   Scalar head = s.div(c, s.integer(2 * dim));
                   angle = s.add(angle, s.table(1, {head, feature}));
                 }
                 Scalar cosine = s.cos(angle);
                 Scalar sine = s.sin(angle);
                 return s.select(s.less(place, s.integer(dim)), cosine, sine);
               });
}

/// Each feature becomes a length, softplus of it, at an angle: twice as many
/// features. `perHead`: the angles differ by head.
static Value toPolar(AttentionState &a, StringRef name, Value x, Value angles,
                     int64_t heads, bool perHead) {
  int64_t dim = a.o.headDim;
  return a.e.map(Twine(a.prefix) + name, {x, angles}, {}, heads * 2 * dim,
                 [&](Scalars &s, Scalar c, Scalar, Scalar) {
                   Scalar place = s.rem(c, s.integer(2 * dim));
                   Scalar feature = s.rem(place, s.integer(dim));
                   Scalar head = s.div(c, s.integer(2 * dim));
                   Scalar column = s.mul(head, s.integer(dim));
                   Scalar own = s.read(0, s.add(column, feature));
                   Scalar turn = s.read(1, perHead ? c : place);
                   return s.mul(s.softplus(own), turn);
                 });
}

static void applyPolar(AttentionState &a) {
  const AttentionOptions &o = a.o;
  if (!a.positions.queryAngles) {
    constexpr double kTurn = 2 * 3.14159265358979323846;
    RecipeAttr bias = RecipeAttr::reshape(
        a.e.tensor("polar_pos_emb.learned_bias", {o.kvHeads, 1, o.headDim}),
        {o.kvHeads, o.headDim});
    FlatSymbolRefAttr shift =
        a.e.weight("polar.key_bias", RecipeAttr::clip(bias, -kTurn, 0));
    a.positions.queryAngles = polarAngles(a, "polar.angles", 1, {});
    a.positions.keyAngles =
        polarAngles(a, "polar.key_angles", o.kvHeads, shift);
  }
  a.q = toPolar(a, "q_polar", a.q, a.positions.queryAngles, o.heads, false);
  a.k = toPolar(a, "k_polar", a.k, a.positions.keyAngles, o.kvHeads, true);
  a.headDim = 2 * o.headDim;
}

void applyRotation(AttentionState &a) {
  AttentionLayersOp stack = a.e.stack;
  if (a.branch.kind == AttentionBranch::Kind::Pool)
    return;
  if (isOn(stack, "rotary_pos_emb") || isOn(stack, "rotary_xpos")) {
    RotaryOptions rotary(stack);
    a.isSelf() ? rotateSelf(a, rotary) : rotateCross(a, rotary);
  } else if (isOn(stack, "polar_pos_emb") && a.isSelf()) {
    applyPolar(a);
  }
}

} // namespace xf::expand
