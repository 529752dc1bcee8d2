// Attention whose scores are kept for all heads and keys of a crop (variant
// `kept`): heads are mixed, scores come from and go to other layers, weights
// follow from more than one score.
//
// Step by step, each a Func [queries, keys, heads] with the queries innermost.
// What a query gets is a function of its lane alone, with chains over d, heads
// and keys in ascending order: it does not depend on the crop. Only `selective`
// and the normalizer `queries` need other queries: those before, or all, are
// computed with the crop.
//
// Keys are slots here: first the extra ones, then those of the sequence. Slots
// past the last key, up to a whole tile, repeat it and are never read.
#include "compiler/Kernels/AttentionInputs.h"

#include <fmt/format.h>

namespace xf::kernels {

using Halide::Func;
using Halide::ImageParam;
using Halide::RDom;
using Halide::Var;
using Halide::Internal::Call;
using Halide::Internal::Interval;
using Halide::Internal::Scope;
using targets::AttentionDesc;
using targets::KernelDesc;
using targets::KernelFuncs;
using targets::Normalizer;

namespace {

class KeptBuilder {
public:
  KeptBuilder(KernelFuncs &kernel, const AttentionInputs &in,
              const Scalars &scalars, Halide::OutputImageParam out);

  /// The output (c, r) of scores and weights, and the scores as an output.
  /// @{
  Expr output(Var c, Expr r);
  Func scoresOut();
  /// @}

private:
  void addOperands();
  void addScores();
  void addCope();
  void addSelection();
  void addThreshold();
  void addWeights();
  void addSoftmax();
  void addOverQueries();
  void addResult();

  Func add(const std::string &name, Func func) {
    return kernel.funcs[name] = func;
  }
  void add(const std::string &name, const RDom &dom) {
    kernel.rvars[name] = dom.x;
  }
  /// A stored step (i, e, h).
  Func step(const std::string &name, Expr value) {
    Func func(name);
    func(i, e, h) = value;
    return add(name, func);
  }
  /// sum over g of matrix(g, h) * from(i, e, g), in tiles of step `of`.
  Expr mixed(const std::string &name, const std::string &of, ImageParam matrix,
             Func from);
  /// Sums of `value(e)` from slot e on, from the last key down.
  Func suffixSums(const std::string &name,
                  const std::function<Expr(Expr)> &value);
  /// `value(e)` of all keys of a query, combined.
  Func overKeys(const std::string &name, Expr start,
                const std::function<Expr(Expr)> &value,
                const std::function<Expr(Expr, Expr)> &combine);

  Expr queryRow() const {
    return Halide::unsafe_promise_clamped(Halide::min(firstRow + i, lastRow),
                                          firstRow, lastRow);
  }
  Expr query() const { return queryRow() - in.seqBegin; }
  /// The key of a slot, as regions count them.
  Expr keyOf(Expr slot) const {
    return Halide::min(slot, numKeys - 1) - extras;
  }
  Reads reads();
  Expr own(int operand, Expr column);

  KernelFuncs &kernel;
  const AttentionInputs &in;
  const AttentionDesc &desc;
  const Scalars &scalars;
  int extras;
  Expr firstRow, lastRow, numRows, numKeys;
  Scope<Interval> ranges;
  std::vector<Func> ownRows;
  Var i{"i"}, e{"e"}, h{"h"}, d{"d"}, c{"c"}, p{"p"};

  Func queries, keys, values;
  Func raw;    ///< scale * q.k + scores_in, where a mix asks for it
  Func signs;  ///< scores before their absolute value, where those have signs
  Func scores; ///< the last step so far
  Func threshold, top, weights;
};

} // namespace

KeptBuilder::KeptBuilder(KernelFuncs &kernel, const AttentionInputs &in,
                         const Scalars &scalars, Halide::OutputImageParam out)
    : kernel(kernel), in(in), desc(in.desc), scalars(scalars),
      extras(int(desc.extraKeys())), firstRow(out.dim(1).min()),
      lastRow(out.dim(1).max()), numKeys(in.keyLength + extras) {
  bool overQueries = desc.normalizer == Normalizer::Queries;
  if (overQueries || desc.selective)
    firstRow = in.seqBegin;
  if (overQueries)
    lastRow = in.seqBegin + in.seqLength - 1;
  numRows = lastRow - firstRow + 1;
  ranges.push(h.name(), Interval(0, int(desc.heads) - 1));
  addOperands();
  addScores();
  if (desc.copeLength)
    addCope();
  if (desc.selective)
    addSelection();
  addThreshold();
  addWeights();
  addResult();
  kernel.vars = {{"i", i}, {"e", e}, {"h", h}, {"d", d}, {"c", c}, {"p", p}};
}

/// A column of the query's own row: the same for every key, so a Func.
Expr KeptBuilder::own(int operand, Expr column) {
  using Halide::Internal::expr_uses_var;
  if (expr_uses_var(column, i.name()) || expr_uses_var(column, e.name()))
    return Expr();
  std::string name = fmt::format("own_{}", ownRows.size());
  ImageParam rows = in.rows[operand];
  Func func(name);
  func(i, h) = rows(inRange(column, rows.dim(0).extent(), ranges), queryRow());
  ownRows.push_back(add(name, func));
  return func(i, h);
}

Reads KeptBuilder::reads() {
  return attentionReads(
      in, queryRow(), query(), ranges,
      [this](int operand, Expr column) { return own(operand, column); });
}

Expr KeptBuilder::mixed(const std::string &name, const std::string &of,
                        ImageParam matrix, Func from) {
  RDom g(0, int(desc.heads), name + "_head");
  Func sum(name);
  sum(i, e, h) = 0.0f;
  sum(i, e, h) = fma(matrix(g, h), from(i, e, g), sum(i, e, h));
  add(name, sum), add(name, g);
  kernel.tileOf[name] = of;
  return sum(i, e, h);
}

Func KeptBuilder::suffixSums(const std::string &name,
                             const std::function<Expr(Expr)> &value) {
  RDom r(0, numKeys, name + "_key");
  Func sums(name);
  sums(i, e, h) = 0.0f;
  Expr slot = numKeys - 1 - r;
  sums(i, slot, h) = kernels::add(sums(i, slot + 1, h), value(slot));
  add(name, r);
  return add(name, sums);
}

Func KeptBuilder::overKeys(const std::string &name, Expr start,
                           const std::function<Expr(Expr)> &value,
                           const std::function<Expr(Expr, Expr)> &combine) {
  RDom r(0, numKeys, name + "_key");
  Func func(name);
  func(i, h) = start;
  func(i, h) = combine(func(i, h), value(r));
  add(name, r);
  return add(name, func);
}

/// Queries (i, d, h), keys (d, e, h) and values (c, e, h).
void KeptBuilder::addOperands() {
  queries = Func("query");
  queries(i, d, h) =
      in.q(int(desc.qOffset) + h * int(desc.headDim) + d, queryRow());
  add("query", queries);
  keys = Func("keys"), values = Func("values");
  keys(d, e, h) = in.key(d, e, h);
  values(c, e, h) = in.value(c, e, h);
  if (extras) { // stored, so that no choice is left to the products
    Expr slot = Halide::max(e - extras, 0), extra = Halide::min(e, extras - 1);
    Func allKeys("all_keys"), allValues("all_values");
    allKeys(d, e, h) = Halide::select(e < extras, in.extraKey(d, extra, h),
                                      in.key(d, slot, h));
    allValues(c, e, h) = Halide::select(e < extras, in.extraValue(c, extra, h),
                                        in.value(c, slot, h));
    keys = add("keys", allKeys), values = add("values", allValues);
  }
}

void KeptBuilder::addScores() {
  bool keepsRaw = desc.preMix || desc.gateMix;
  bool isSigned = desc.normalizer == Normalizer::Signed;
  RDom overDim(0, int(desc.headDim), "d");
  Func dot("dot");
  Expr q = queries(i, overDim, h), k = keys(overDim, e, h % int(desc.kvHeads));
  dot(i, e, h) = 0.0f;
  dot(i, e, h) = desc.l2Distance ? fma(sub(q, k), sub(q, k), dot(i, e, h))
                                 : fma(q, k, dot(i, e, h));
  add("dot", dot), add("dot", overDim);
  kernel.tileOf["dot"] = keepsRaw ? "raw" : isSigned ? "signs" : "score";

  Expr value = mul(dot(i, e, h), desc.l2Distance ? -desc.scale : desc.scale);
  if (desc.scoresIn) {
    auto promised = [&](Expr index, int dim) {
      return Halide::unsafe_promise_clamped(index, in.scoresIn.dim(dim).min(),
                                            in.scoresIn.dim(dim).max());
    };
    value = kernels::add(value,
                         in.scoresIn(promised(Halide::min(e, numKeys - 1), 0),
                                     h, promised(queryRow(), 2)));
  }
  if (keepsRaw) {
    raw = step("raw", value);
    value = raw(i, e, h);
  }
  if (desc.preMix)
    value = kernels::add(
        value, mixed("pre_mix", isSigned ? "signs" : "score", in.preMix, raw));
  Reads reads = this->reads();
  if (scalars.scoreMod)
    value = scalars.scoreMod(reads, value, h, query(), keyOf(e));
  if (isSigned) {
    signs = step("signs", value);
    value = Halide::abs(signs(i, e, h));
  }
  if (scalars.maskMod) {
    Expr masked = Halide::select(scalars.maskMod(reads, h, query(), keyOf(e)),
                                 value, desc.suffixSums ? 0.0f : maskedScore);
    // See the blocked variant: tiles of dot products stay whole.
    value = Call::make(Halide::Float(32), Call::return_second, {value, masked},
                       Call::PureIntrinsic);
  }
  scores = step("score", value);
  if (desc.suffixSums)
    scores = suffixSums("suffix", [scores = scores, this](Expr slot) -> Expr {
      return scores(i, slot, h);
    });
}

static Expr sigmoid(Expr x) {
  return div(Expr(1.0f), kernels::add(kernels::exp(sub(Expr(0.0f), x)), 1.0f));
}

/// Positions that depend on the content: a key's is the sum of gates from it
/// on; between whole ones, the table's two logits are interpolated.
void KeptBuilder::addCope() {
  Func gates = scores;
  if (desc.copeMix) {
    Expr sum = mixed("cope_mix", "cope_source", in.copeMix, scores);
    Expr isPast = keyOf(e) <= query();
    gates = step("cope_source",
                 Call::make(Halide::Float(32), Call::return_second,
                            {sum, Halide::select(isPast, sum, maskedScore)},
                            Call::PureIntrinsic));
  }
  gates = step("gate", sigmoid(gates(i, e, h)));
  Func positions = suffixSums(
      "positions", [&](Expr slot) -> Expr { return gates(i, slot, h); });

  RDom overDim(0, int(desc.headDim), "cope_d");
  Func logits("cope_logits");
  logits(i, p, h) = 0.0f;
  logits(i, p, h) =
      fma(queries(i, overDim, h), in.cope(overDim, p), logits(i, p, h));
  add("cope_logits", logits), add("cope_logits", overDim);

  int last = int(desc.copeLength) - 1;
  Expr position = Halide::min(positions(i, e, h), float(last)),
       low = Halide::floor(position), part = sub(position, low);
  auto logitAt = [&](Expr whole) {
    return logits(i, Halide::clamp(Halide::cast<int32_t>(whole), 0, last), h);
  };
  scores =
      step("coped",
           kernels::add(scores(i, e, h),
                        kernels::add(mul(logitAt(Halide::ceil(position)), part),
                                     mul(logitAt(low), sub(1.0f, part)))));
}

/// What the first head's earlier queries selected is taken from later ones: all
/// but the first key and a query's own.
void KeptBuilder::addSelection() {
  RDom r(1, Halide::max(numRows - 1, 0), "selection_row");
  Func sums("selection");
  sums(i, e) = 0.0f;
  Expr before = r - 1, key = e - extras;
  Expr gate = Halide::select(key <= 0 || key == before, 0.0f,
                             Halide::max(scores(before, e, 0), 0.0f));
  sums(r, e) = kernels::add(sums(before, e), gate);
  add("selection", sums), add("selection", r);
  scores = step("selected", sub(scores(i, e, h), sums(i, e)));
}

/// An i32 that orders as the float does; both zeros are one.
static Expr orderOf(Expr x) {
  Expr bits = Halide::reinterpret<int32_t>(kernels::add(x, Expr(0.0f)));
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

/// The i32 of the same place in order as an unsigned number.
static Expr signedOrder(Expr x) {
  return Halide::reinterpret<int32_t>(x) ^ Expr(INT32_MIN);
}

/// The largest t that K scores reach, two bits at a time from the highest: how
/// many of the three that are more than 0 at a place are reached by K.
void KeptBuilder::addThreshold() {
  if (desc.topK == 0)
    return;
  Func orders("order");
  orders(i, e, h) = orderOf(scores(i, e, h));
  add("order", orders);
  Expr found = Halide::cast<uint32_t>(0);
  for (int place = 30; place >= 0; place -= 2) {
    auto reaches = [&](Expr order, int digit) {
      Expr least =
          signedOrder(found | Halide::Internal::make_const(
                                  Halide::UInt(32), int64_t(digit) << place));
      return Halide::cast<int32_t>(order >= least);
    };
    auto all = [&](auto countOf) {
      return Halide::Tuple(countOf(1), countOf(2), countOf(3));
    };
    std::string name = fmt::format("count_{}", place);
    RDom r(0, numKeys, name + "_key");
    Func counts(name), digits(fmt::format("digits_{}", place));
    counts(i, h) = all([&](int digit) {
      return desc.sink ? reaches(orderOf(in.sink(h)), digit) : Expr(0);
    });
    counts(i, h) = all([&](int digit) {
      return counts(i, h)[digit - 1] + reaches(orders(i, r, h), digit);
    });
    add(name, counts), add(name, r);
    Expr digit = Halide::cast<uint32_t>(0);
    for (int d = 0; d < 3; ++d)
      digit += Halide::cast<uint32_t>(counts(i, h)[d] >= int(desc.topK));
    digits(i, h) = found | (digit << place);
    threshold = add(fmt::format("digits_{}", place), digits);
    found = digits(i, h);
  }
}

void KeptBuilder::addWeights() {
  if (desc.normalizer == Normalizer::Sigmoid) {
    weights = step("weight", sigmoid(scores(i, e, h)));
  } else if (desc.normalizer == Normalizer::Queries) {
    addOverQueries();
  } else {
    addSoftmax();
  }
  if (desc.postMix) {
    Expr sum = mixed("post_mix", "post", in.postMix, weights);
    weights = step("post", sum);
  }
  if (desc.gateMix) {
    Expr gate = mixed("gate_mix", "gated", in.gateMix, raw);
    weights = step("gated", mul(weights(i, e, h), gate));
  }
}

/// Softmax over the keys that are left, perhaps with signs; or the first
/// largest.
void KeptBuilder::addSoftmax() {
  auto left = [&](Expr score) {
    if (desc.topK == 0)
      return score;
    Expr least = signedOrder(threshold(i, h));
    return Halide::select(orderOf(score) >= least, score, maskedScore);
  };
  Expr sink = desc.sink ? left(in.sink(h)) : Expr();
  top = overKeys(
      "top", desc.sink ? sink : Expr(maskedScore),
      [&](Expr slot) -> Expr { return scores(i, slot, h); },
      [](Expr a, Expr b) { return Halide::max(a, b); });
  if (desc.normalizer == Normalizer::OneHot) {
    Func first = overKeys(
        "first", numKeys,
        [&](Expr slot) -> Expr {
          return Halide::select(scores(i, slot, h) == top(i, h), slot, numKeys);
        },
        [](Expr a, Expr b) { return Halide::min(a, b); });
    Expr taken = first(i, h);
    if (desc.sink) // which comes before the keys
      taken = Halide::select(sink == top(i, h), numKeys, taken);
    weights = step("weight", Halide::select(e == taken, 1.0f, 0.0f));
    return;
  }
  Func power =
      step("weight", kernels::exp(sub(left(scores(i, e, h)), top(i, h))));
  Func sum = overKeys(
      "sum", desc.sink ? kernels::exp(sub(sink, top(i, h))) : Expr(0.0f),
      [&](Expr slot) -> Expr { return power(i, slot, h); },
      [](Expr a, Expr b) { return kernels::add(a, b); });
  Func inverse("inverse");
  inverse(i, h) = div(Expr(1.0f), sum(i, h));
  add("inverse", inverse);
  Expr weight = mul(power(i, e, h), inverse(i, h));
  if (desc.normalizer == Normalizer::Signed) {
    Expr sign = signs(i, e, h);
    weight = mul(weight,
                 Halide::select(sign > 0.0f, 1.0f, sign < 0.0f, -1.0f, 0.0f));
  }
  weights = step("probability", weight);
}

/// Softmax over the queries of a key; then the weights of a query's living keys
/// are divided by their sum.
void KeptBuilder::addOverQueries() {
  RDom r(0, numRows, "query_row");
  Func largest("query_top"), sum("query_sum");
  largest(e, h) = maskedScore;
  largest(e, h) = Halide::max(largest(e, h), scores(r, e, h));
  Func power =
      step("weight", kernels::exp(sub(scores(i, e, h), largest(e, h))));
  sum(e, h) = 0.0f;
  sum(e, h) = kernels::add(sum(e, h), power(r, e, h));
  add("query_top", largest), add("query_top", r);
  add("query_sum", sum), add("query_sum", r);
  Expr share = div(power(i, e, h), sum(e, h));
  if (scalars.aliveMod)
    share = Halide::select(scalars.aliveMod(reads(), h, query(), keyOf(e)),
                           share, 0.0f);
  Func shares = step("share", share);
  Func total = overKeys(
      "total", 0.0f, [&](Expr slot) -> Expr { return shares(i, slot, h); },
      [](Expr a, Expr b) { return kernels::add(a, b); });
  weights = step("probability",
                 div(shares(i, e, h), Halide::max(total(i, h), 1e-8f)));
}

/// Weighted sums of the values (i, c, h), or 0 where no key is left.
void KeptBuilder::addResult() {
  RDom r(0, numKeys, "value_key");
  int valueDim = int(desc.valueDim);
  Func acc("acc"), result("result");
  Expr column = Halide::min(c, valueDim - 1);
  acc(i, c, h) = 0.0f;
  acc(i, c, h) = fma(weights(i, r, h), values(column, r, h % int(desc.kvHeads)),
                     acc(i, c, h));
  add("acc", acc), add("acc", r);

  Expr value = acc(i, c, h);
  if (scalars.aliveMod) {
    Reads reads = this->reads();
    Func living = overKeys(
        "living", 0,
        [&](Expr slot) -> Expr {
          return Halide::select(
              scalars.aliveMod(reads, h, query(), slot - extras), 1, 0);
        },
        [](Expr a, Expr b) { return Halide::max(a, b); });
    value = Halide::select(living(i, h) > 0, value, 0.0f);
  }
  if (desc.emptyIsZero) {
    Func best = overKeys(
        "best", maskedScore,
        [&](Expr slot) -> Expr { return scores(i, slot, h); },
        [](Expr a, Expr b) { return Halide::max(a, b); });
    value = Halide::select(best(i, h) > maskedScore, value, 0.0f);
  }
  result(i, c, h) = Call::make(Halide::Float(32), Call::return_second,
                               {acc(i, c, h), value}, Call::PureIntrinsic);
  add("result", result);
}

Expr KeptBuilder::output(Var column, Expr r) {
  int valueDim = int(desc.valueDim);
  return kernel.funcs.at("result")(r - firstRow, column % valueDim,
                                   column / valueDim);
}

Func KeptBuilder::scoresOut() {
  Var slot("slot"), head("head"), r("r");
  Func out("scores_out");
  out(slot, head, r) =
      scores(r - firstRow, Halide::min(slot, numKeys - 1), head);
  Halide::OutputImageParam buffer = out.output_buffer();
  buffer.dim(0).set_min(0);
  buffer.dim(1).set_bounds(0, int(desc.heads));
  kernel.vars["slot"] = slot;
  return out;
}

KernelFuncs buildKeptAttention(const KernelDesc &desc, const targets::Config &,
                               const Scalars &scalars) {
  const AttentionDesc &attention = desc.attention;
  KernelFuncs kernel;
  AttentionInputs in = addAttentionInputs(kernel, attention);
  Var c("c"), r("r");
  Func output("output");
  output(c, r) = Halide::undef<float>();
  Halide::OutputImageParam out = output.output_buffer();
  KeptBuilder builder(kernel, in, scalars, out);
  RDom rows(out.dim(1).min(), out.dim(1).extent(), "rows");
  output(c, rows) = builder.output(c, rows);
  promiseRows(out, attention.heads * attention.valueDim);
  kernel.output = output;
  kernel.vars["column"] = c;
  if (attention.scoresOut)
    kernel.scores = builder.scoresOut();
  return kernel;
}

} // namespace xf::kernels
