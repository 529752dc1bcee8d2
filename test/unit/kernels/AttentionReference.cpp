// The steps of KNOBS.md section 1, 9 to 20, in the order of the description.
#include "AttentionReference.h"

#include <limits>

namespace xf::test {

using targets::AttentionDesc;
using targets::Normalizer;
using targets::ReadSpace;

static constexpr double masked = -double(3.4028235e38f);

static std::vector<float> randomValues(size_t count, std::mt19937 &random,
                                       float scale = 1) {
  return randomMatrix(1, int(count), random, scale).values;
}

/// Random rows [begin, begin + count) of `rows`.
static Matrix<float> rowsAmongNaNs(int rows, int begin, int count,
                                   int64_t width, std::mt19937 &random) {
  Matrix<float> part = randomMatrix(count, int(width), random, 2),
                all(rows, int(width), std::nanf(""));
  std::copy(part.values.begin(), part.values.end(),
            all.values.begin() + size_t(begin) * size_t(width));
  return all;
}

AttentionCall::AttentionCall(const AttentionCase &c, int begin, int queries,
                             int keyBegin, int keys)
    : c(c), rows(begin + queries + 3), begin(begin), queries(queries),
      keyRows(keyBegin + keys + 2), keyBegin(keyBegin), keys(keys) {
  const AttentionDesc &desc = c.desc();
  if (!desc.crossKeys)
    keyRows = rows, this->keyBegin = begin, this->keys = queries;
  std::mt19937 random(11);
  q = rowsAmongNaNs(rows, begin, queries, desc.qWidth, random);
  if (!desc.sharedQKV) {
    k = rowsAmongNaNs(keyRows, this->keyBegin, this->keys, desc.kWidth, random);
    v = rowsAmongNaNs(keyRows, this->keyBegin, this->keys, desc.vWidth, random);
  }
  for (const targets::AttentionRows &operand : desc.rows)
    rowOperands.push_back(
        operand.space == ReadSpace::Sequences
            ? rowsAmongNaNs(3, 1, 1, operand.width, random)
        : operand.space == ReadSpace::Queries
            ? rowsAmongNaNs(rows, begin, queries, operand.width, random)
            : rowsAmongNaNs(keyRows, this->keyBegin, this->keys, operand.width,
                            random));
  capacity = this->keys + int(desc.extraKeys()) + 3;
  auto pairValues = [&](int64_t heads) {
    return randomValues(size_t(capacity) * size_t(heads) * size_t(rows),
                        random);
  };
  for (int64_t heads : desc.pairs)
    pairs.push_back(pairValues(heads));
  if (desc.scoresIn)
    scoresIn = pairValues(desc.heads);
  for (const std::vector<int64_t> &extents : desc.tables)
    tables.push_back(randomMatrix(extents.size() > 1 ? int(extents[0]) : 1,
                                  int(extents.back()), random));
  sink = randomValues(size_t(desc.heads), random);
  int memories = int(desc.kvHeads * desc.memoryKeys);
  memoryKeys = randomMatrix(memories, int(desc.headDim), random);
  memoryValues = randomMatrix(memories, int(desc.valueDim), random);
  size_t square = size_t(desc.heads * desc.heads);
  for (std::vector<float> *mix : {&preMix, &postMix, &gateMix, &copeMix})
    *mix = randomValues(square, random, 0.4f);
  cope = randomValues(size_t(desc.copeLength * desc.headDim), random, 0.5f);
}

std::vector<Halide::Runtime::Buffer<>> AttentionCall::inputs() {
  const AttentionDesc &desc = c.desc();
  std::vector<Halide::Runtime::Buffer<>> all{view(q)};
  if (!desc.sharedQKV)
    all.insert(all.end(), {view(k), view(v)});
  for (Matrix<float> &operand : rowOperands)
    all.push_back(view(operand));
  auto add = [&](std::vector<float> &values, std::vector<int> extents) {
    all.push_back(Halide::Runtime::Buffer<float>(values.data(), extents));
  };
  for (size_t n = 0; n < pairs.size(); ++n)
    add(pairs[n], {capacity, int(desc.pairs[n]), rows});
  int heads = int(desc.heads);
  if (desc.scoresIn)
    add(scoresIn, {capacity, heads, rows});
  for (size_t t = 0; t < tables.size(); ++t)
    if (desc.tables[t].size() > 1)
      all.push_back(view(tables[t]));
    else
      add(tables[t].values, {tables[t].width});
  if (desc.sink)
    add(sink, {heads});
  if (desc.memoryKeys)
    all.insert(all.end(), {view(memoryKeys), view(memoryValues)});
  if (desc.preMix)
    add(preMix, {heads, heads});
  if (desc.postMix)
    add(postMix, {heads, heads});
  if (desc.gateMix)
    add(gateMix, {heads, heads});
  if (desc.copeLength)
    add(cope, {int(desc.headDim), int(desc.copeLength)});
  if (desc.copeMix)
    add(copeMix, {heads, heads});
  return all;
}

std::vector<int> AttentionCall::scalars() const {
  if (!c.desc().hasKeyScalars())
    return {begin, queries};
  return {begin, queries, keyBegin, keys, 1};
}

namespace {
/// Scores or weights of all queries: [queries, heads, slots].
struct Scores {
  int queries, heads, slots;
  std::vector<double> values;

  Scores(int queries, int heads, int slots)
      : queries(queries), heads(heads), slots(slots),
        values(size_t(queries) * size_t(heads) * size_t(slots)) {}
  double &operator()(int i, int h, int e) {
    return values[(size_t(i) * size_t(heads) + size_t(h)) * size_t(slots) +
                  size_t(e)];
  }
  template <class F> void set(F value) {
    for (int i = 0; i < queries; ++i)
      for (int h = 0; h < heads; ++h)
        for (int e = 0; e < slots; ++e)
          (*this)(i, h, e) = value(i, h, e);
  }
};

/// sum over g of matrix(h, g) * from(g).
Scores mixed(const std::vector<float> &matrix, Scores from) {
  Scores to = from;
  to.set([&](int i, int h, int e) {
    double sum = 0;
    for (int g = 0; g < from.heads; ++g)
      sum += double(matrix[size_t(h * from.heads + g)]) * from(i, g, e);
    return sum;
  });
  return to;
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// One call's computation.
struct Steps {
  const AttentionCall &call;
  const AttentionCase &c;
  const AttentionDesc &desc;
  int extras, n, slots;
  Scores scores, raw, signs;

  explicit Steps(const AttentionCall &call)
      : call(call), c(call.c), desc(c.desc()), extras(int(desc.extraKeys())),
        n(call.queries), slots(extras + call.keys),
        scores(n, int(desc.heads), slots), raw(scores), signs(scores) {}

  double query(int i, int h, int d) const {
    return call.q(call.begin + i, int(desc.qOffset + h * desc.headDim) + d);
  }
  /// Column of a key or value: `isValue` says which.
  double slotColumn(bool isValue, int e, int h, int column) const {
    int g = h % int(desc.kvHeads),
        width = int(isValue ? desc.valueDim : desc.headDim);
    if (e < extras) {
      int memory = e - (desc.zeroKey ? 1 : 0);
      return memory < 0 ? 0
                        : (isValue ? call.memoryValues : call.memoryKeys)(
                              g * int(desc.memoryKeys) + memory, column);
    }
    const Matrix<float> &operand = desc.sharedQKV ? call.q
                                   : isValue      ? call.v
                                                  : call.k;
    return operand(call.keyBegin + e - extras,
                   int(isValue ? desc.vOffset : desc.kOffset) + g * width +
                       column);
  }
  PlainReads reads(int i) const;
  bool keeps(int i, int h, int e) const {
    return !c.maskMod || c.maskMod(reads(i), h, i, e - extras);
  }
  void addScores();
  void addCope();
  void addSelection();
  Scores weights();
};
} // namespace

PlainReads Steps::reads(int i) const {
  PlainReads reads;
  reads.row = [=, this](int operand, int column, int row) -> double {
    const Matrix<float> &rows = call.rowOperands[size_t(operand)];
    ReadSpace space = desc.rows[size_t(operand)].space;
    if (space == ReadSpace::Sequences)
      return rows(1, column);
    if (space == ReadSpace::Keys)
      return rows(call.keyBegin + std::clamp(row, 0, call.keys - 1), column);
    row = row < 0 ? (row == -1 ? i : 0) : row;
    return rows(call.begin + std::min(row, n - 1), column);
  };
  reads.table = [this](int table, std::vector<int> indices) -> double {
    return call.tables[size_t(table)](indices.size() > 1 ? indices[0] : 0,
                                      indices.back());
  };
  reads.pair = [=, this](int pair, int head, int key) -> double {
    int heads = int(desc.pairs[size_t(pair)]);
    return call.pairs[size_t(pair)][size_t(
        ((call.begin + i) * heads + head % heads) * call.capacity +
        std::max(key, 0))];
  };
  return reads;
}

void Steps::addScores() {
  raw.set([&](int i, int h, int e) {
    double sum = 0;
    for (int d = 0; d < desc.headDim; ++d) {
      double x = query(i, h, d), y = slotColumn(false, e, h, d);
      sum += desc.l2Distance ? -(x - y) * (x - y) : x * y;
    }
    double in =
        desc.scoresIn
            ? call.scoresIn[size_t(
                  ((call.begin + i) * desc.heads + h) * call.capacity + e)]
            : 0;
    return sum * desc.scale + in;
  });
  scores = raw;
  if (desc.preMix) {
    Scores mix = mixed(call.preMix, raw);
    scores.set(
        [&](int i, int h, int e) { return raw(i, h, e) + mix(i, h, e); });
  }
  if (c.scoreMod)
    scores.set([&](int i, int h, int e) {
      return c.scoreMod(reads(i), scores(i, h, e), h, i, e - extras);
    });
  signs = scores;
  scores.set([&](int i, int h, int e) {
    double score = desc.normalizer == Normalizer::Signed
                       ? std::abs(scores(i, h, e))
                       : scores(i, h, e);
    return keeps(i, h, e) ? score : desc.suffixSums ? 0 : masked;
  });
  if (desc.suffixSums)
    for (int i = 0; i < n; ++i)
      for (int h = 0; h < desc.heads; ++h)
        for (int e = slots - 2; e >= 0; --e)
          scores(i, h, e) += scores(i, h, e + 1);
}

void Steps::addCope() {
  Scores gates = scores;
  if (desc.copeMix) {
    gates = mixed(call.copeMix, scores);
    gates.set([&](int i, int h, int e) {
      return e - extras <= i ? gates(i, h, e) : masked;
    });
  }
  for (int i = 0; i < n; ++i)
    for (int h = 0; h < desc.heads; ++h) {
      double position = 0;
      for (int e = slots - 1; e >= 0; --e) {
        position += sigmoid(gates(i, h, e));
        double at = std::min(position, double(desc.copeLength - 1)),
               low = std::floor(at);
        auto logit = [&](double whole) {
          double sum = 0;
          for (int d = 0; d < desc.headDim; ++d)
            sum += query(i, h, d) *
                   call.cope[size_t(int(whole) * int(desc.headDim) + d)];
          return sum;
        };
        scores(i, h, e) +=
            logit(std::ceil(at)) * (at - low) + logit(low) * (1 - (at - low));
      }
    }
}

void Steps::addSelection() {
  std::vector<double> taken(static_cast<size_t>(slots), 0.0);
  for (int i = 0; i < n; ++i)
    for (int e = 0; e < slots; ++e) {
      double gate =
          e <= extras || e - extras == i ? 0 : std::max(scores(i, 0, e), 0.0);
      for (int h = 0; h < desc.heads; ++h)
        scores(i, h, e) -= taken[size_t(e)];
      taken[size_t(e)] += gate;
    }
}

Scores Steps::weights() {
  Scores p = scores;
  for (int i = 0; i < n; ++i)
    for (int h = 0; h < desc.heads; ++h) {
      std::vector<double> all;
      if (desc.sink)
        all.push_back(call.sink[size_t(h)]);
      for (int e = 0; e < slots; ++e)
        all.push_back(scores(i, h, e));
      double kth = -std::numeric_limits<double>::infinity();
      if (desc.topK && desc.topK <= int64_t(all.size())) {
        std::vector<double> sorted = all;
        std::sort(sorted.rbegin(), sorted.rend());
        kth = sorted[size_t(desc.topK - 1)];
      }
      for (double &s : all)
        s = s >= kth ? s : masked;
      double top = *std::max_element(all.begin(), all.end()), sum = 0;
      int first = int(std::max_element(all.begin(), all.end()) - all.begin()) -
                  (desc.sink ? 1 : 0);
      for (double s : all)
        sum += std::exp(s - top);
      for (int e = 0; e < slots; ++e) {
        double s = all[size_t(e + (desc.sink ? 1 : 0))],
               sign = signs(i, h, e) > 0   ? 1
                      : signs(i, h, e) < 0 ? -1
                                           : 0;
        double soft = std::exp(s - top) / sum;
        p(i, h, e) = desc.normalizer == Normalizer::Sigmoid  ? sigmoid(s)
                     : desc.normalizer == Normalizer::OneHot ? e == first
                     : desc.normalizer == Normalizer::Signed ? soft * sign
                                                             : soft;
      }
    }
  if (desc.normalizer != Normalizer::Queries)
    return p;
  for (int h = 0; h < desc.heads; ++h)
    for (int e = 0; e < slots; ++e) {
      double top = masked, sum = 0;
      for (int i = 0; i < n; ++i)
        top = std::max(top, scores(i, h, e));
      for (int i = 0; i < n; ++i)
        sum += std::exp(scores(i, h, e) - top);
      for (int i = 0; i < n; ++i)
        p(i, h, e) = !c.aliveMod || c.aliveMod(reads(i), h, i, e - extras)
                         ? std::exp(scores(i, h, e) - top) / sum
                         : 0;
    }
  for (int i = 0; i < n; ++i)
    for (int h = 0; h < desc.heads; ++h) {
      double sum = 0;
      for (int e = 0; e < slots; ++e)
        sum += p(i, h, e);
      for (int e = 0; e < slots; ++e)
        p(i, h, e) /= std::max(sum, 1e-8);
    }
  return p;
}

AttentionCall::Result AttentionCall::expected() const {
  const AttentionDesc &desc = c.desc();
  Steps steps(*this);
  steps.addScores();
  if (desc.copeLength)
    steps.addCope();
  if (desc.selective)
    steps.addSelection();
  Scores p = steps.weights();
  if (desc.postMix)
    p = mixed(postMix, p);
  if (desc.gateMix) {
    Scores gate = mixed(gateMix, steps.raw);
    p.set([&](int i, int h, int e) { return p(i, h, e) * gate(i, h, e); });
  }
  Result result{Matrix<double>(queries, int(desc.heads * desc.valueDim)),
                steps.scores.values};
  for (int i = 0; i < queries; ++i)
    for (int h = 0; h < desc.heads; ++h) {
      bool alive = !c.aliveMod, any = !desc.emptyIsZero;
      for (int e = 0; e < steps.slots; ++e) {
        alive = alive || c.aliveMod(steps.reads(i), h, i, e - steps.extras);
        any = any || steps.keeps(i, h, e);
      }
      for (int d = 0; d < desc.valueDim; ++d) {
        double sum = 0;
        for (int e = 0; e < steps.slots; ++e)
          sum += p(i, h, e) * steps.slotColumn(true, e, h, d);
        result.output(i, int(h * desc.valueDim) + d) = alive && any ? sum : 0;
      }
    }
  return result;
}

} // namespace xf::test
