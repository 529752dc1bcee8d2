// Positions and distances as a bias of the logits: ALiBi, T5's table, a network
// of the distance, forget gates, and a bank of curves. Networks that see
// nothing but the distance become tables when the weights are packed.
#include "compiler/Transforms/Expand/AttentionState.h"

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

static bool isOn(AttentionLayersOp stack, StringRef name) {
  return hasKnob(stack, name) && boolKnob(stack, name);
}

//===----------------------------------------------------------------------===//
// ALiBi
//===----------------------------------------------------------------------===//

namespace {

/// The slope of a head: by formula, or a number each in a table.
struct Slopes {
  explicit Slopes(AttentionState &a)
      : heads(a.o.heads), biased(intKnob(a.e.stack, "alibi_num_heads")) {
    if (!hasKnob(a.e.stack, "rel_pos_kwargs"))
      return;
    auto given =
        dictKnob(a.e.stack, "rel_pos_kwargs").getAs<ArrayAttr>("slopes");
    if (!given)
      return;
    SmallVector<double> values;
    for (auto value : given.getAsRange<FloatAttr>())
      values.push_back(value.getValueAsDouble());
    biased = static_cast<int64_t>(values.size());
    values.resize(heads);
    table = a.mods.addTable(
        a.e.weight("alibi.slopes",
                   RecipeAttr::values(a.e.b.getContext(), {heads}, values)));
  }

  Scalar operator()(Scalars &s, Scalar h) const {
    if (table >= 0)
      return s.table(table, h);
    Scalar slope = buildAlibiSlope(s.getBuilder(), s.getLoc(), h, biased);
    if (biased == heads)
      return slope;
    Scalar has = s.less(h, s.integer(biased));
    return s.select(has, slope, s.constant(0));
  }

  int64_t heads, biased, table = -1;
};

} // namespace

/// Minus slope(h) * abs(i - j), of the positions that the call gives if it
/// does.
static void addAlibi(AttentionState &a) {
  Slopes slopes(a);
  AttentionLayersOp stack = a.e.stack;
  bool rotates = isOn(stack, "rotary_pos_emb") || isOn(stack, "rotary_xpos");
  Value positions = rotates ? Value() : a.e.input("pos");
  int64_t number = positions ? a.mods.addRows(positions) : -1;
  a.mods.addBias([=](Scalars &s, Scalar score, const PairIndex &at) {
    Scalar slope = slopes(s, at.h);
    Scalar distance;
    if (number >= 0) {
      Scalar query = s.readAt(number, 0, at.i);
      distance = s.abs(s.sub(query, s.readAt(number, 0, at.j)));
    } else {
      Scalar ahead = s.sub(at.i, at.j);
      Scalar behind = s.sub(s.integer(0), ahead);
      distance = s.toFloat(s.max(ahead, behind));
    }
    return s.sub(score, s.mul(slope, distance));
  });
}

//===----------------------------------------------------------------------===//
// Tables of distances
//===----------------------------------------------------------------------===//

/// Adds `table[h, limit + (i - j)]`, the distance cut to -limit .. limit.
static void addDistanceTable(AttentionState &a, FlatSymbolRefAttr table,
                             int64_t limit) {
  int64_t number = a.mods.addTable(table);
  a.mods.addBias([=](Scalars &s, Scalar score, const PairIndex &at) {
    Scalar distance = s.clamp(s.sub(at.i, at.j), -limit, limit);
    Scalar column = s.add(distance, s.integer(limit));
    return s.add(score, s.table(number, {at.h, column}));
  });
}

/// T5's buckets, all distances from the last bucket on being one. The bias is
/// multiplied by the square root of the head's width.
static void addT5Bias(AttentionState &a) {
  AttentionLayersOp stack = a.e.stack;
  int64_t buckets = intKnob(stack, "rel_pos_num_buckets");
  int64_t limit = intKnob(stack, "rel_pos_max_distance");
  RecipeAttr table = a.e.tensor("rel_pos.relative_attention_bias.weight",
                                {buckets, a.o.heads});
  double scale = std::sqrt(double(intKnob(stack, "attn_dim_head")));
  RecipeAttr bias = RecipeAttr::scale(
      RecipeAttr::t5Table(table, boolKnob(stack, "causal"), limit), scale);
  addDistanceTable(a, a.e.weight("rel_pos.bias", bias), limit);
}

namespace {

/// What `dynamic_pos_bias` says of its network, a bias per head from a
/// distance: layers of linear, norm and SiLU, then a linear.
struct DistanceNetwork {
  DistanceNetwork(AttentionLayersOp stack, int64_t heads)
      : heads(heads), width(intKnob(stack, "dim") / 4),
        depth(intKnob(stack, "dynamic_pos_bias_mlp_depth")),
        normed(isOn(stack, "dynamic_pos_bias_norm")),
        logs(isOn(stack, "dynamic_pos_bias_log_distance")) {}

  static std::string layerName(int64_t layer) {
    return "rel_pos.mlp." + std::to_string(layer);
  }

  int64_t heads, width, depth;
  bool normed, logs;
};

} // namespace

/// The network over all distances below `length`, either way: [heads,
/// 2 length - 1].
static RecipeAttr distanceTable(Expander &e, const DistanceNetwork &net,
                                int64_t length) {
  auto linear = [&](const std::string &name, RecipeAttr x, int64_t out) {
    int64_t in = x.getShape().back();
    x = RecipeAttr::matmul(x, e.tensor(name + ".weight", {out, in}));
    return RecipeAttr::plus(x, e.tensor(name + ".bias", {out}));
  };
  RecipeAttr x = RecipeAttr::distances(e.b.getContext(), length, net.logs);
  for (int64_t layer = 0; layer < net.depth; ++layer) {
    std::string name = net.layerName(layer);
    x = linear(name + ".0", x, net.width);
    if (net.normed) {
      // The stack's LayerNorm without an offset first, then torch's own.
      x = RecipeAttr::unary(RecipeKind::LayerNormRows, x);
      StringRef gain = layer == 0 ? ".1.gamma" : ".1.weight";
      x = RecipeAttr::mul(x, e.tensor(name + gain, {net.width}));
      if (layer > 0)
        x = RecipeAttr::plus(x, e.tensor(name + ".1.bias", {net.width}));
    }
    x = RecipeAttr::unary(RecipeKind::Silu, x);
  }
  return RecipeAttr::transpose(linear(net.layerName(net.depth), x, net.heads));
}

/// The network over the distance from the first row of the sequence, `sign` 1
/// or -1: a row per distance, for sequences of any length.
static Value distanceRows(Expander &e, const DistanceNetwork &net,
                          StringRef suffix, int sign) {
  constexpr double kTorchEps = 1e-5;
  Value x = e.map("rel_pos.distance" + suffix, {}, {}, 1,
                  [&](Scalars &s, Scalar, Scalar i, Scalar) {
                    Scalar distance = s.toFloat(i);
                    if (net.logs)
                      distance = s.log(s.add(distance, s.constant(1)));
                    return sign < 0 ? s.neg(distance) : distance;
                  });
  for (int64_t layer = 0; layer < net.depth; ++layer) {
    std::string name = net.layerName(layer);
    x = e.linear(name + ".0", x, net.width, true);
    if (net.normed) {
      StringRef gain = layer == 0 ? ".1.gamma" : ".1.weight";
      FlatSymbolRefAttr bias;
      if (layer > 0)
        bias = e.weight(name + ".1.bias", {net.width});
      x = e.norm(name + ".norm", NormKind::Layer, x, kTorchEps,
                 e.weight(name + gain, {net.width}), bias);
    }
    e.setName(e.tower + name + ".silu");
    x = e.b.create<ActivationOp>(x.getType(), ActivationKind::Silu, x);
  }
  return e.linear(net.layerName(net.depth), x, net.heads, true);
}

/// A network of the distance: a table where the longest sequence is known, else
/// a row per distance.
static void addDynamicBias(AttentionState &a) {
  DistanceNetwork net(a.e.stack, a.o.heads);
  if (int64_t length = a.e.maxRows())
    return addDistanceTable(
        a, a.e.weight("rel_pos.bias", distanceTable(a.e, net, length)),
        length - 1);
  if (!a.positions.biasBehind) {
    a.positions.biasBehind = distanceRows(a.e, net, ".behind", 1);
    a.positions.biasAhead = distanceRows(a.e, net, ".ahead", -1);
  }
  int64_t behind = a.mods.addRows(a.positions.biasBehind);
  int64_t ahead = a.mods.addRows(a.positions.biasAhead);
  a.mods.addBias([=](Scalars &s, Scalar score, const PairIndex &at) {
    Scalar zero = s.integer(0);
    Scalar distance = s.sub(at.i, at.j);
    Scalar past = s.readAt(behind, at.h, s.max(distance, zero));
    Scalar future = s.readAt(ahead, at.h, s.max(s.sub(zero, distance), zero));
    return s.add(score, s.select(s.less(distance, zero), future, past));
  });
}

//===----------------------------------------------------------------------===//
// Biases that depend on the tokens
//===----------------------------------------------------------------------===//

/// Sums over the rows up to each, column by column: an attention to all of them
/// with weights of one, the sigmoid of a logit that is large everywhere.
static Value prefixSums(AttentionState &a, StringRef name, Value x) {
  constexpr double kSaturated = 100;
  int64_t width = getWidth(x);
  a.e.setName(Twine(a.e.tower) + a.prefix + name);
  Value first = a.e.slice(Twine(a.prefix) + name, x, 0, 1);
  AttentionInputs inputs = {first, first, x, a.e.batch};
  AttentionShape shape = {1, 1, 1, width, 0};
  auto op = a.e.b.create<AttentionOp>(inputs, shape);
  op.setNormalizer(Normalizer::Sigmoid);
  AttentionMods mods;
  mods.addStep([=](Scalars &s, Scalar, const PairIndex &) {
    return s.constant(kSaturated);
  });
  mods.addMask(
      [](Scalars &s, const PairIndex &at) { return s.lessEqual(at.j, at.i); },
      {.late = true});
  mods.build(op);
  return op.getResult();
}

/// log(sigmoid(x)) * factor.
static Scalar logSigmoid(Scalars &s, Scalar x, double factor) {
  Scalar value = s.neg(s.softplus(s.neg(x)));
  return factor == 1 ? value : s.mul(value, s.constant(factor));
}

/// A gate per token and head; the bias of a pair is the sum of the gates' logs
/// between the two, of its own set in each direction.
static void addForgetGates(AttentionState &a) {
  bool causal = boolKnob(a.e.stack, "causal");
  int64_t heads = a.o.heads, width = causal ? heads : 2 * heads;
  double factor = a.o.forgetGatesScale;
  Value gates = a.e.linear(a.prefix + "data_dependent_alibi.to_forget_gates.0",
                           a.branch.q, width, true);
  gates = a.e.map(a.prefix + "forget_gates", gates, {}, width,
                  [&](Scalars &s, Scalar c, Scalar, Scalar) {
                    return logSigmoid(s, s.read(0, c), factor);
                  });
  int64_t sums = a.mods.addRows(prefixSums(a, "forget_sums", gates));
  a.mods.addBias([=](Scalars &s, Scalar score, const PairIndex &at) {
    Scalar query = s.readAt(sums, at.h, at.i);
    Scalar bias = s.sub(query, s.readAt(sums, at.h, at.j));
    if (!causal) {
      Scalar other = s.add(at.h, s.integer(heads));
      Scalar key = s.readAt(sums, other, at.j);
      Scalar ahead = s.sub(key, s.readAt(sums, other, at.i));
      bias = s.select(s.less(at.i, at.j), ahead, bias);
    }
    return s.add(score, bias);
  });
}

/// A gate per pair, of small queries and keys of its own; the bias of a pair is
/// the sum of the query's gates' logs from the key on.
static void addForgetGatesPerRow(AttentionState &a) {
  int64_t heads = a.o.heads, dim = a.o.forgetGatesDim, width = heads * dim;
  double factor = a.o.forgetGatesScale;
  std::string name = a.prefix + "forget_gates";
  Value both = a.e.linear(a.prefix + "data_dependent_alibi.to_forget_gates.0",
                          a.branch.q, 2 * width, false);
  Value keys = a.e.slice(name, both, width, width);
  AttentionInputs inputs = {a.e.slice(name, both, 0, width), keys,
                            a.e.slice(name, both, width, heads), a.e.batch};
  inputs.scoresOut = true;
  AttentionShape shape = {heads, heads, dim, 1, 1 / std::sqrt(double(dim))};
  a.e.setName(a.e.tower + name);
  auto op = a.e.b.create<AttentionOp>(inputs, shape);
  op.setSuffixSums(true);
  AttentionMods mods;
  // The pair of a token with itself is there, with a gate that is open.
  mods.addStep([=](Scalars &s, Scalar score, const PairIndex &at) {
    Scalar gate = logSigmoid(s, score, factor);
    Scalar isBefore = s.less(at.j, at.i);
    return s.select(isBefore, gate, s.constant(0));
  });
  mods.addMask(
      [](Scalars &s, const PairIndex &at) { return s.lessEqual(at.j, at.i); },
      {.late = true});
  mods.build(op);
  int64_t sums = a.mods.addPairs(op.getScores());
  a.mods.addBias([=](Scalars &s, Scalar score, const PairIndex &at) {
    return s.add(score, s.pair(sums, at.h, at.j));
  });
}

/// Curves over the distance, mixed by weights that the query's token gives.
static void addDistanceBank(AttentionState &a) {
  int64_t basis = a.o.relProjBasis, limit = *a.o.relProj;
  std::string prefix = a.prefix + "rel_proj_pos_bias.";
  Value weights = a.e.linear(prefix + "to_distance_weights.0", a.branch.q,
                             a.o.heads * basis, true);
  int64_t rows = a.mods.addRows(weights);
  int64_t bank =
      a.mods.addTable(a.e.weight(prefix + "distance_bank", {basis, limit}));
  a.mods.addBias([=](Scalars &s, Scalar score, const PairIndex &at) {
    Scalar distance = s.sub(at.i, at.j);
    Scalar column = s.clamp(distance, 0, limit - 1);
    Scalar first = s.mul(at.h, s.integer(basis));
    Scalar sum;
    for (int64_t r = 0; r < basis; ++r) {
      Scalar place = s.add(first, s.integer(r));
      Scalar weight = s.readAt(rows, place, at.i);
      Scalar term = s.mul(weight, s.table(bank, {s.integer(r), column}));
      sum = sum ? s.add(sum, term) : term;
    }
    Scalar isKnown = s.equal(distance, column);
    return s.add(score, s.select(isKnown, sum, s.constant(0)));
  });
}

//===----------------------------------------------------------------------===//
// All of them
//===----------------------------------------------------------------------===//

/// The bias of positions, in place of which a call may give one of its own.
static void addPositions(AttentionState &a) {
  AttentionLayersOp stack = a.e.stack;
  if (Value bias = a.e.input("attn_bias")) {
    int64_t number = a.mods.addPairs(bias);
    a.mods.addBias([=](Scalars &s, Scalar score, const PairIndex &at) {
      return s.add(score, s.pair(number, at.h, at.j));
    });
  } else if (isOn(stack, "alibi_pos_bias")) {
    addAlibi(a);
  } else if (isOn(stack, "rel_pos_bias")) {
    addT5Bias(a);
  } else if (isOn(stack, "dynamic_pos_bias")) {
    addDynamicBias(a);
  }
}

void addPositionBias(AttentionState &a) {
  AttentionLayersOp stack = a.e.stack;
  if (a.isSelf()) {
    addPositions(a);
    if (a.o.forgetGates)
      a.o.forgetGatesPerRow ? addForgetGatesPerRow(a) : addForgetGates(a);
    if (a.o.relProj)
      addDistanceBank(a);
  }
  if (a.o.softclamp)
    a.mods.addStep(
        [bound = *a.o.softclamp](Scalars &s, Scalar score, const PairIndex &) {
          return s.softclamp(score, bound);
        });
  if (a.isSelf() && !stack.getScoreMod().empty())
    a.mods.addBias([=](Scalars &s, Scalar score, const PairIndex &at) mutable {
      return s.inlineRegion(stack.getScoreMod(), {score, at.h, at.i, at.j});
    });
}

} // namespace xf::expand
