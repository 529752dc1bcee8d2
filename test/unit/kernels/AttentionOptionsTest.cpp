// Holds: attention with everything that a description may ask for equals the
// steps in double, in both variants, for odd shapes; a query's result is the
// same bits in any crop, config and target, and nothing else is read or
// written.
#include "AttentionReference.h"

#include <map>

namespace xf::test {
namespace {

using Halide::Expr;
using targets::AttentionDesc;
using targets::Normalizer;
using targets::ReadSpace;

//===----------------------------------------------------------------------===//
// Regions, on Exprs and on numbers
//===----------------------------------------------------------------------===//

Expr sum(Expr a, Expr b) { return kernels::add(a, b); }
double sum(double a, double b) { return a + b; }
Expr product(Expr a, Expr b) { return kernels::mul(a, b); }
double product(double a, double b) { return a * b; }
Expr choose(Expr c, Expr a, Expr b) { return Halide::select(c, a, b); }
template <class T> T choose(bool c, T a, T b) { return c ? a : b; }
Expr within(Expr x, int low, int high) { return Halide::clamp(x, low, high); }
int within(int x, int low, int high) { return std::clamp(x, low, high); }
Expr number(Expr x) { return Halide::cast<float>(x); }
double number(int x) { return x; }
Expr least(Expr a, Expr b) { return Halide::max(a, b); }
int least(int a, int b) { return std::max(a, b); }
Expr readRow(const kernels::Reads &r, int n, Expr c, Expr row) {
  return r.row(n, c, row);
}
double readRow(const PlainReads &r, int n, int c, int row) {
  return r.row(n, c, row);
}
Expr readOwn(const kernels::Reads &r, int n, Expr c) {
  return r.row(n, c, Expr());
}
double readOwn(const PlainReads &r, int n, int c) { return r.row(n, c, -1); }

AttentionCase attention(std::string name, int64_t heads, int64_t kvHeads,
                        int64_t headDim, int64_t valueDim) {
  AttentionCase c;
  c.kernel.name = std::move(name);
  c.kernel.desc.kind = targets::KernelKind::Attention;
  AttentionDesc &a = c.desc();
  a.heads = heads, a.kvHeads = kvHeads;
  a.headDim = headDim, a.valueDim = valueDim;
  a.qWidth = heads * headDim, a.kWidth = kvHeads * headDim + 3;
  a.vWidth = kvHeads * valueDim, a.kOffset = 3;
  a.scale = float(1 / std::sqrt(double(headDim)));
  return c;
}

/// A case with changes to its description.
template <class F> AttentionCase with(AttentionCase c, F change) {
  change(c.desc());
  return c;
}
template <class F> AttentionCase scored(AttentionCase c, F mod) {
  c.desc().hasScoreMod = true;
  c.kernel.scalars.scoreMod = [=](const kernels::Reads &r, Expr s, Expr h,
                                  Expr i, Expr j) -> Expr {
    return mod(r, s, h, i, j);
  };
  c.scoreMod = [=](const PlainReads &r, double s, int h, int i, int j) {
    return mod(r, s, h, i, j);
  };
  return c;
}
template <class F> AttentionCase masked(AttentionCase c, F keep) {
  c.desc().hasMaskMod = true;
  c.kernel.scalars.maskMod = [=](const kernels::Reads &r, Expr h, Expr i,
                                 Expr j) -> Expr { return keep(r, h, i, j); };
  c.maskMod = [=](const PlainReads &r, int h, int i, int j) -> bool {
    return keep(r, h, i, j);
  };
  return c;
}
template <class F> AttentionCase alive(AttentionCase c, F keep) {
  c.desc().hasAliveMod = true;
  c.kernel.scalars.aliveMod = [=](const kernels::Reads &r, Expr h, Expr i,
                                  Expr j) -> Expr { return keep(r, h, i, j); };
  c.aliveMod = [=](const PlainReads &r, int h, int i, int j) -> bool {
    return keep(r, h, i, j);
  };
  return c;
}

auto causal = [](auto &r, auto h, auto i, auto j) { return j <= i; };
/// Operand 0 keeps about two keys of three, and every extra one.
auto fed = [](auto &r, auto h, auto i, auto j) {
  return j < 0 || readRow(r, 0, 0, least(j, 0)) > -0.7f;
};
auto causalAndFed = [](auto &r, auto h, auto i, auto j) {
  return j <= i && (j < 0 || readRow(r, 0, 0, least(j, 0)) > -0.7f);
};
auto nothing = [](auto &r, auto h, auto i, auto j) { return j < 0 && i < 0; };

//===----------------------------------------------------------------------===//
// Cases
//===----------------------------------------------------------------------===//

std::vector<AttentionCase> blockedCases() {
  auto bias = [](auto &r, auto s, auto h, auto i, auto j) {
    return sum(s, r.table(0, {h, within(i - j + 4, 0, 8)}));
  };
  auto readsAll = [](auto &r, auto s, auto h, auto i, auto j) {
    auto own = readOwn(r, 0, h), key = readRow(r, 0, h, least(j, 0)),
         before = readRow(r, 0, h, least(i - j, 0)),
         pair = r.pair(0, h, least(j, 0));
    return sum(sum(product(s, own), product(key, pair)),
               sum(before, readOwn(r, 1, 2)));
  };
  auto window = [](auto &r, auto h, auto i, auto j) {
    return j < 0 || (j <= i && i - j < 5);
  };
  auto prefix = [](auto &r, auto h, auto i, auto j) {
    return j <= i || number(j) < readOwn(r, 0, 0) + 6.0f;
  };
  auto noise = [](auto &r, auto s, auto h, auto i, auto j) {
    return sum(s, product(readRow(r, 0, 1, least(j, 0)), readOwn(r, 1, 1)));
  };
  std::vector<AttentionCase> cases;
  cases.push_back(scored(with(attention("table of distances", 4, 2, 8, 8),
                              [](auto &a) { a.tables = {{4, 9}}; }),
                         bias));
  cases.push_back(scored(with(attention("rows, pairs, sequences", 3, 3, 5, 4),
                              [](auto &a) {
                                a.rows = {{3}, {4, ReadSpace::Sequences}};
                                a.pairs = {2};
                              }),
                         readsAll));
  cases.push_back(masked(with(attention("mask fed, average", 2, 1, 16, 16),
                              [](auto &a) { a.rows = {{1}}; }),
                         causalAndFed));
  cases.push_back(masked(with(attention("mask fed, zero", 2, 2, 16, 16),
                              [](auto &a) {
                                a.rows = {{1}};
                                a.emptyIsZero = true;
                              }),
                         causalAndFed));
  cases.push_back(masked(with(attention("all masked, zero", 2, 2, 4, 20),
                              [](auto &a) { a.emptyIsZero = true; }),
                         nothing));
  cases.push_back(masked(with(attention("window, sink, memory", 4, 2, 16, 32),
                              [](auto &a) {
                                a.sink = a.zeroKey = true;
                                a.memoryKeys = 3;
                              }),
                         window));
  cases.push_back(with(attention("zero key", 4, 4, 8, 5),
                       [](auto &a) { a.zeroKey = true; }));
  cases.push_back(
      with(attention("sink", 3, 1, 8, 8), [](auto &a) { a.sink = true; }));
  cases.push_back(
      masked(with(attention("prefix", 2, 2, 16, 16),
                  [](auto &a) { a.rows = {{1, ReadSpace::Sequences}}; }),
             prefix));
  cases.push_back(with(attention("cross", 4, 2, 8, 16),
                       [](auto &a) { a.crossKeys = true; }));
  cases.push_back(masked(scored(with(attention("cross, fed", 2, 2, 12, 7),
                                     [](auto &a) {
                                       a.crossKeys = a.emptyIsZero = true;
                                       a.memoryKeys = 2;
                                       a.rows = {{2, ReadSpace::Keys}, {2}};
                                     }),
                                noise),
                         fed));
  cases[5].kernel.everyConfig = true;
  return cases;
}

std::vector<AttentionCase> keptCases() {
  auto clamped = [](auto &r, auto s, auto h, auto i, auto j) {
    return choose(s > 0.5f, s, product(s, 0.5f));
  };
  auto byOwnRow = [](auto &r, auto s, auto h, auto i, auto j) {
    return sum(s, product(readOwn(r, 0, h), readRow(r, 0, h, least(j, 0))));
  };
  auto fedKeys = [](auto &r, auto h, auto i, auto j) {
    return j < 0 || readRow(r, 0, 0, least(j, 0)) > -0.7f;
  };
  auto fedQueries = [](auto &r, auto h, auto i, auto j) {
    return readOwn(r, 0, 0) > -1.2f;
  };
  auto few = [](auto &r, auto h, auto i, auto j) { return i < 3 && j == i; };
  auto base = attention("plain", 4, 2, 8, 8);
  auto named = [&](const char *name, auto change) {
    AttentionCase c = with(base, change);
    c.kernel.name = name;
    return c;
  };
  std::vector<AttentionCase> cases;
  cases.push_back(
      masked(named("pre mix", [](auto &a) { a.preMix = true; }), causal));
  cases.push_back(
      scored(named("post mix", [](auto &a) { a.postMix = true; }), clamped));
  cases.push_back(masked(named("all mixes, extra keys, sink",
                               [](auto &a) {
                                 a.preMix = a.postMix = a.gateMix = true;
                                 a.sink = a.zeroKey = true, a.memoryKeys = 2;
                               }),
                         causal));
  cases.push_back(masked(named("scores in and out",
                               [](auto &a) {
                                 a.scoresIn = a.scoresOut = true;
                                 a.memoryKeys = 2;
                               }),
                         causal));
  cases.push_back(scored(masked(with(attention("odd", 3, 1, 5, 7),
                                     [](auto &a) {
                                       a.preMix = a.scoresOut = true;
                                       a.rows = {{3}};
                                     }),
                                causalAndFed),
                         byOwnRow));
  cases.push_back(masked(named("top 3", [](auto &a) { a.topK = 3; }), causal));
  cases.push_back(named("top 4 with sink and zero key", [](auto &a) {
    a.topK = 4, a.sink = a.zeroKey = true;
  }));
  cases.push_back(alive(
      masked(named("alive", [](auto &a) { a.rows = {{1}}; }), causalAndFed),
      fed));
  cases.push_back(alive(named("hardly alive", [](auto &) {}), few));
  cases.push_back(masked(
      named("sigmoid", [](auto &a) { a.normalizer = Normalizer::Sigmoid; }),
      causal));
  cases.push_back(masked(
      named("one hot", [](auto &a) { a.normalizer = Normalizer::OneHot; }),
      causal));
  cases.push_back(masked(named("signed",
                               [](auto &a) {
                                 a.normalizer = Normalizer::Signed;
                                 a.preMix = true;
                               }),
                         causal));
  cases.push_back(alive(masked(named("over queries",
                                     [](auto &a) {
                                       a.normalizer = Normalizer::Queries;
                                       a.rows = {{1}};
                                     }),
                               fedQueries),
                        fedKeys));
  cases.push_back(masked(named("distance",
                               [](auto &a) {
                                 a.l2Distance = a.emptyIsZero = true;
                                 a.rows = {{1}};
                               }),
                         causalAndFed));
  cases.push_back(
      masked(named("cope", [](auto &a) { a.copeLength = 6; }), causal));
  cases.push_back(
      masked(named("cope, mixed",
                   [](auto &a) { a.copeLength = 16, a.copeMix = true; }),
             causal));
  cases.push_back(masked(
      named("selective",
            [](auto &a) { a.selective = a.zeroKey = a.scoresOut = true; }),
      causal));
  cases.push_back(masked(
      named("suffix sums", [](auto &a) { a.suffixSums = a.scoresOut = true; }),
      causal));
  cases.push_back(masked(named("cross, mixed",
                               [](auto &a) {
                                 a.crossKeys = a.preMix = a.emptyIsZero = true;
                                 a.rows = {{1, ReadSpace::Keys}};
                               }),
                         fed));
  return cases;
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

/// The output of a crop, and the scores if there are any.
struct Outputs {
  Matrix<float> values;
  std::vector<float> scores;
};

Outputs run(CompiledKernel &kernel, AttentionCall &call, int row, int count) {
  const AttentionDesc &desc = call.c.desc();
  int width = int(desc.heads * desc.valueDim), heads = int(desc.heads);
  int slots = int(desc.extraKeys()) + call.keys;
  Outputs out{Matrix<float>(call.rows, width, untouched), {}};
  Halide::Runtime::Buffer<> output = view(out.values);
  output.crop(1, row, count);
  std::vector<halide_buffer_t *> buffers;
  for (Halide::Runtime::Buffer<> &input : kernel.inputs)
    buffers.push_back(input.raw_buffer());
  buffers.push_back(output.raw_buffer());
  Halide::Runtime::Buffer<> scores;
  if (desc.scoresOut) {
    out.scores.assign(size_t(slots) * size_t(heads) * size_t(call.rows),
                      untouched);
    scores = Halide::Runtime::Buffer<float>(
        out.scores.data(), std::vector<int>{slots, heads, call.rows});
    scores.crop(2, row, count);
    buffers.push_back(scores.raw_buffer());
  }
  kernel.call(buffers, call.scalars());
  return out;
}

void checkValues(const AttentionCall &call, const Outputs &whole) {
  AttentionCall::Result expected = call.expected();
  // Scores of some tens of terms of a few units, weights that err by as much
  // and sums of them; masked scores are huge.
  for (int i = 0; i < call.queries; ++i)
    for (int col = 0; col < whole.values.width; ++col)
      ASSERT_NEAR(whole.values(call.begin + i, col), expected.output(i, col),
                  4e-5)
          << "query " << i << " of " << call.queries << " column " << col;
  if (whole.scores.empty())
    return;
  size_t row = expected.scores.size() / size_t(call.queries);
  for (size_t n = 0; n < expected.scores.size(); ++n) {
    double score = expected.scores[n];
    ASSERT_NEAR(whole.scores[size_t(call.begin) * row + n], score,
                4e-5 + std::abs(score) * 1e-6)
        << "score " << n;
  }
}

void checkCrops(CompiledKernel &kernel, AttentionCall &call,
                const Outputs &whole) {
  int end = call.begin + call.queries;
  for (int step : {1, 3, 11})
    for (int row = call.begin; row < end; row += step) {
      int count = std::min(step, end - row);
      Outputs part = run(kernel, call, row, count);
      ASSERT_TRUE(sameRows(part.values, whole.values, row, row + count))
          << step << " rows from " << row - call.begin;
      ASSERT_TRUE(onlyRowsWritten(part.values, row, row + count));
      size_t size = whole.scores.size() / size_t(call.rows);
      ASSERT_TRUE(std::equal(part.scores.begin() + long(size * size_t(row)),
                             part.scores.begin() +
                                 long(size * size_t(row + (size ? count : 0))),
                             whole.scores.begin() + long(size * size_t(row))));
    }
}

void check(const std::vector<AttentionCase> &cases) {
  for (const AttentionCase &c : cases) {
    std::map<std::pair<int, int>, Outputs> firsts;
    for (const Setting &setting : settings(c.kernel)) {
      SCOPED_TRACE(setting.text(c.kernel));
      CompiledKernel kernel(c.kernel, setting.config, *setting.machine);
      for (auto [queries, keys] :
           {std::pair(1, 1), {2, 9}, {7, 3}, {18, 33}, {41, 20}}) {
        SCOPED_TRACE(std::to_string(queries) + " queries");
        AttentionCall call(c, 5, queries, 4, keys);
        kernel.inputs = call.inputs();
        Outputs whole = run(kernel, call, call.begin, queries);
        ASSERT_NO_FATAL_FAILURE(checkValues(call, whole));
        EXPECT_TRUE(
            onlyRowsWritten(whole.values, call.begin, call.begin + queries));
        ASSERT_NO_FATAL_FAILURE(checkCrops(kernel, call, whole));
        auto [first, isFirst] =
            firsts.try_emplace(std::pair(queries, keys), whole);
        EXPECT_TRUE(isFirst || (sameRows(first->second.values, whole.values, 0,
                                         call.rows) &&
                                first->second.scores == whole.scores))
            << "differs from the first config or target";
      }
    }
  }
}

TEST(AttentionOptionsTest, BlockedEqualsTheReference) { check(blockedCases()); }

TEST(AttentionOptionsTest, KeptEqualsTheReference) { check(keptCases()); }

} // namespace
} // namespace xf::test
