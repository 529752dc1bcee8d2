// The case table.
#include "KernelCases.h"

#include "compiler/Kernels/ScalarMath.h"

#include <algorithm>
#include <cmath>

namespace xf::test {

using Halide::Expr;
using kernels::add;
using kernels::mul;
using kernels::sub;
using targets::Combine;
using targets::KernelKind;

using Exprs = std::vector<Expr>;
using Doubles = std::vector<double>;

//===----------------------------------------------------------------------===//
// Gemm
//===----------------------------------------------------------------------===//

static KernelCase gemm(std::string name, int64_t k, int64_t n, int vectors = 0,
                       int rows = 0) {
  KernelCase c;
  c.name = std::move(name);
  c.desc.kind = KernelKind::Gemm;
  c.desc.gemm = {k, n, vectors, rows};
  return c;
}

static KernelCase withBias(KernelCase c) {
  c.scalars.epilogue = [](Exprs v) { return add(v[0], v[1]); };
  c.plain.epilogue = [](Doubles v) { return v[0] + v[1]; };
  return c;
}

static KernelCase withGelu(KernelCase c) {
  c.scalars.epilogue = [](Exprs v) { return kernels::gelu(add(v[0], v[1])); };
  c.plain.epilogue = [](Doubles v) {
    double x = v[0] + v[1];
    return 0.5 * x * (1 + std::erf(x * M_SQRT1_2));
  };
  return c;
}

static KernelCase withResidual(KernelCase c) {
  c.scalars.epilogue = [](Exprs v) { return add(add(v[0], v[1]), v[2]); };
  c.plain.epilogue = [](Doubles v) { return v[0] + v[1] + v[2]; };
  return c;
}

std::vector<KernelCase> gemmCases() {
  std::vector<KernelCase> cases = {
      gemm("plain", 64, 96),
      withGelu(gemm("gelu", 20, 96, 1)),
      gemm("one by one", 1, 1),
      withResidual(gemm("less than a panel", 5, 3, 1, 1)),
      withGelu(gemm("a panel and a column", 7, 17, 1)),
      withBias(gemm("three panels", 10, 48, 1)),
      withResidual(gemm("odd panels", 33, 80, 1, 1)),
      withBias(gemm("many panels and a part", 16, 200, 1)),
  };
  cases[0].everyConfig = true;
  return cases;
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

/// q, k and v side by side in one buffer, after `pad` unused columns.
static KernelCase joined(std::string name, int64_t heads, int64_t kvHeads,
                         int64_t headDim, int64_t valueDim, int64_t pad = 0) {
  KernelCase c;
  c.name = std::move(name);
  c.desc.kind = KernelKind::Attention;
  targets::AttentionDesc &a = c.desc.attention;
  a.heads = heads, a.kvHeads = kvHeads, a.headDim = headDim,
  a.valueDim = valueDim;
  a.qOffset = pad, a.kOffset = pad + heads * headDim,
  a.vOffset = a.kOffset + kvHeads * headDim;
  a.qWidth = a.kWidth = a.vWidth = a.vOffset + kvHeads * valueDim;
  a.scale = float(1 / std::sqrt(double(headDim)));
  a.sharedQKV = true;
  return c;
}

/// q, k and v in a buffer each.
static KernelCase apart(KernelCase c) {
  targets::AttentionDesc &a = c.desc.attention;
  a.sharedQKV = false;
  a.qOffset = a.kOffset = a.vOffset = 0;
  a.qWidth = a.heads * a.headDim, a.kWidth = a.kvHeads * a.headDim,
  a.vWidth = a.kvHeads * a.valueDim;
  return c;
}

template <class F> static KernelCase masked(KernelCase c, F keep) {
  c.desc.attention.hasMaskMod = true;
  c.scalars.maskMod = [keep](const kernels::Reads &, Expr h, Expr i,
                             Expr j) -> Expr { return keep(h, i, j); };
  c.plain.maskMod = [keep](int h, int i, int j) -> bool {
    return keep(h, i, j);
  };
  return c;
}

/// A soft cap and a slope per head.
static KernelCase scored(KernelCase c) {
  c.desc.attention.hasScoreMod = true;
  c.scalars.scoreMod = [](const kernels::Reads &, Expr s, Expr h, Expr i,
                          Expr j) {
    Expr slope = mul(Halide::cast<float>(h + 1), -0.125f);
    return add(mul(kernels::tanh(mul(s, 0.125f)), 8.0f),
               mul(slope, Halide::cast<float>(Halide::abs(i - j))));
  };
  c.plain.scoreMod = [](double s, int h, int i, int j) {
    return 8 * std::tanh(s * 0.125) - 0.125 * (h + 1) * std::abs(i - j);
  };
  return c;
}

std::vector<KernelCase> attentionCases() {
  auto causal = [](auto h, auto i, auto j) { return j <= i; };
  auto later = [](auto h, auto i, auto j) {
    return j > i + h;
  }; // the last rows keep nothing: they average
  auto window = [](auto h, auto i, auto j) { return i - j < 9 && j - i < 5; };
  auto windowAndFirst = [](auto h, auto i, auto j) {
    return j < 2 || (j <= i && i - j < 5 + h);
  };
  auto thirdOfChunk = [](auto h, auto i, auto j) {
    return i / 24 == j / 24 && (i - j) % 3 == 0;
  };
  std::vector<KernelCase> cases = {
      joined("grouped heads", 4, 2, 32, 32),
      // Rows of 4 KiB, which long sequences pack.
      masked(joined("causal", 2, 2, 16, 24, 912), causal),
      apart(scored(joined("odd head", 1, 1, 5, 5))),
      masked(apart(joined("three columns", 3, 1, 3, 1)), later),
      scored(masked(joined("wide values", 2, 1, 64, 80), window)),
      joined("vectors of queries", 2, 2, 20, 20),
      masked(joined("window and first keys", 2, 2, 16, 16, 3), windowAndFirst),
      masked(joined("every third of a chunk", 1, 1, 16, 16), thirdOfChunk),
  };
  cases[0].everyConfig = cases[5].everyConfig = true;
  return cases;
}

//===----------------------------------------------------------------------===//
// Rowwise
//===----------------------------------------------------------------------===//

static KernelCase rowwise(std::string name, bool overSequence, int64_t width,
                          std::vector<Combine> stages, int vectors = 0,
                          int rows = 0) {
  KernelCase c;
  c.name = std::move(name);
  c.desc.kind = KernelKind::Rowwise;
  c.desc.rowwise = {overSequence, width, std::move(stages), vectors, rows};
  return c;
}

/// Mean, then the mean square of what is left, then gain and bias.
static KernelCase layerNorm(std::string name, int64_t width) {
  KernelCase c = rowwise(std::move(name), false, width,
                         {Combine::Add, Combine::Add}, 2, 0);
  auto mean = [](Exprs v) {
    return kernels::div(v[3], Halide::cast<float>(v[2]));
  };
  c.scalars.maps = {{}, [mean](Exprs v) {
                      Expr d = sub(v[0], mean(v));
                      return mul(d, d);
                    }};
  c.scalars.finish = [mean](Exprs v) {
    Expr variance = kernels::div(v[4], Halide::cast<float>(v[2]));
    Expr scale = kernels::div(1.0f, Halide::sqrt(add(variance, 1e-5f)));
    return add(mul(mul(sub(v[0], mean(v)), scale), v[5]), v[6]);
  };
  c.plain.maps = {{}, [](Doubles v) {
                    return (v[0] - v[3] / v[2]) * (v[0] - v[3] / v[2]);
                  }};
  c.plain.finish = [](Doubles v) {
    return (v[0] - v[3] / v[2]) / std::sqrt(v[4] / v[2] + 1e-5) * v[5] + v[6];
  };
  return c;
}

/// The largest value plus a tenth of the smallest, plus a row operand.
static KernelCase extremes(std::string name, bool overSequence, int64_t width) {
  KernelCase c = rowwise(std::move(name), overSequence, width,
                         {Combine::Max, Combine::Min}, 0, 1);
  int first = overSequence ? 1 : 3;
  c.scalars.finish = [first](Exprs v) {
    return add(add(v[first], mul(v[first + 1], 0.1f)), v[first + 2]);
  };
  c.plain.finish = [first](Doubles v) {
    return v[first] + v[first + 1] * 0.1 + v[first + 2];
  };
  return c;
}

/// No reduction: x * vector + column / width.
static KernelCase elementwise(std::string name, int64_t width) {
  KernelCase c = rowwise(std::move(name), false, width, {}, 1, 0);
  c.scalars.finish = [](Exprs v) {
    return add(mul(v[0], v[3]), kernels::div(Halide::cast<float>(v[1]),
                                             Halide::cast<float>(v[2])));
  };
  c.plain.finish = [](Doubles v) { return v[0] * v[3] + v[1] / v[2]; };
  return c;
}

static KernelCase meanPool(std::string name, int64_t width) {
  KernelCase c = rowwise(std::move(name), true, width, {Combine::Add}, 1, 0);
  c.scalars.finish = [](Exprs v) {
    return mul(kernels::div(v[1], Halide::cast<float>(v[0])), v[2]);
  };
  c.plain.finish = [](Doubles v) { return v[1] / v[0] * v[2]; };
  return c;
}

static KernelCase inGroups(KernelCase c, int64_t groups) {
  c.desc.rowwise.groups = groups;
  return c;
}

/// exp(x - max) / sum of them, and the column of the part as a tilt.
static KernelCase softmax(std::string name, int64_t width) {
  KernelCase c = rowwise(std::move(name), false, width,
                         {Combine::Max, Combine::Add}, 0, 0);
  auto power = [](Exprs v) {
    return kernels::exp(
        sub(add(v[0], mul(Halide::cast<float>(v[1]), 0.125f)), v[3]));
  };
  c.scalars.maps = {
      [](Exprs v) { return add(v[0], mul(Halide::cast<float>(v[1]), 0.125f)); },
      power};
  c.scalars.finish = [power](Exprs v) { return kernels::div(power(v), v[4]); };
  auto plainPower = [](Doubles v) {
    return std::exp(v[0] + 0.125 * v[1] - v[3]);
  };
  c.plain.maps = {[](Doubles v) { return v[0] + 0.125 * v[1]; }, plainPower};
  c.plain.finish = [plainPower](Doubles v) { return plainPower(v) / v[4]; };
  return c;
}

std::vector<KernelCase> rowwiseCases() {
  std::vector<KernelCase> cases = {
      inGroups(layerNorm("12 layer norms of 32", 384), 12),
      inGroups(layerNorm("3 layer norms of 20", 60), 3),
      inGroups(softmax("4 softmaxes of 8", 32), 4),
      inGroups(softmax("5 softmaxes of 6", 30), 5),
      inGroups(softmax("2 softmaxes of 5", 10), 2),
      softmax("softmax of 7", 7),
      layerNorm("layer norm of 384", 384),
      layerNorm("layer norm of 100", 100),
      layerNorm("layer norm of 3", 3),
      layerNorm("layer norm of 1", 1),
      extremes("extremes of 48", false, 48),
      elementwise("map of 37", 37),
      meanPool("mean of 384", 384),
      meanPool("mean of 5", 5),
      extremes("extremes over rows", true, 24),
  };
  cases[12].everyConfig = true;
  return cases;
}

//===----------------------------------------------------------------------===//
// Gather
//===----------------------------------------------------------------------===//

static KernelCase gather(std::string name, int64_t width,
                         std::vector<targets::GatherIndex> tables) {
  KernelCase c;
  c.name = std::move(name);
  c.desc.kind = KernelKind::Gather;
  c.desc.gather = {width, std::move(tables)};
  return c;
}

std::vector<KernelCase> gatherCases() {
  using enum targets::GatherIndex;
  std::vector<KernelCase> cases = {
      gather("three tables", 40, {Ids, Positions, Types}),
      gather("three columns", 3, {Ids, Positions}),
      gather("one table", 64, {Ids})};
  cases[0].scalars.epilogue = [](Exprs v) { return mul(v[0], 2.5f); };
  cases[0].plain.epilogue = [](Doubles v) { return v[0] * 2.5; };
  return cases;
}

//===----------------------------------------------------------------------===//
// Benchmarks and machines
//===----------------------------------------------------------------------===//

std::vector<KernelCase> benchCases() {
  auto causal = [](auto h, auto i, auto j) { return j <= i; };
  auto window = [](auto h, auto i, auto j) { return j <= i && i - j < 128; };
  return {
      withBias(gemm("qkv", 384, 1152, 1)),
      withResidual(gemm("attention output", 384, 384, 1, 1)),
      withGelu(gemm("feed-forward in", 384, 1536, 1)),
      withResidual(gemm("feed-forward out", 1536, 384, 1, 1)),
      joined("attention", 12, 12, 32, 32),
      layerNorm("layer norm", 384),
      meanPool("mean pool", 384),
      gather("embedding", 384,
             {targets::GatherIndex::Ids, targets::GatherIndex::Positions,
              targets::GatherIndex::Types}),
      withGelu(gemm("768 to 3072", 768, 3072, 1)),
      withResidual(gemm("3072 to 768", 3072, 768, 1, 1)),
      gemm("100 to 300", 100, 300),
      gemm("384 to 30522", 384, 30522),
      joined("12 heads of 64", 12, 12, 64, 64),
      joined("8 heads of 128", 8, 8, 128, 128),
      joined("5 heads of 20", 5, 5, 20, 20),
      masked(joined("causal heads", 12, 12, 32, 32), causal),
      masked(joined("causal window of 128", 12, 12, 64, 64), window),
  };
}

std::vector<const targets::Machine *> hostMachines() {
  Halide::Target host = Halide::get_host_target();
  std::vector<const targets::Machine *> machines;
  for (const targets::Machine &machine : targets::cpuMachines()) {
    Halide::Target target(machine.halideTarget);
    bool all = true;
    for (int f = 0; f < Halide::Target::FeatureEnd; ++f)
      all &= !target.has_feature(Halide::Target::Feature(f)) ||
             host.has_feature(Halide::Target::Feature(f));
    if (all)
      machines.push_back(&machine);
  }
  return machines;
}

} // namespace xf::test
