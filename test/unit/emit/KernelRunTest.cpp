// Kernels from hk text to machine code, linked, loaded and run against plain
// C++, at every ISA of this machine.
#include "KernelModule.h"

#include "HalideBuffer.h"
#include "gtest/gtest.h"

#include <cmath>

namespace xf::test {
namespace {

constexpr int rowPad = 32; // rows past the last that a kernel may touch

/// Dense [width, rows...] floats with room behind, and the same filled by a
/// fixed pattern.
struct Tensor {
  std::vector<float> values;
  std::vector<int> extents;
  Halide::Runtime::Buffer<float> buffer;

  explicit Tensor(std::vector<int> extents, int seed = 0) : extents(extents) {
    size_t size = 1;
    for (int extent : extents)
      size *= extent;
    values.resize(size + size_t(rowPad) * extents[0]);
    for (size_t i = 0; i < size; ++i)
      values[i] = seed ? std::sin(float(i) * 0.37f + float(seed)) : 0.0f;
    buffer = Halide::Runtime::Buffer<float>(values.data(), this->extents);
  }
  float operator()(int c, int r = 0) const {
    return values[size_t(r) * extents[0] + c];
  }
};

struct Argv {
  void *userContext = nullptr;
  std::vector<void *> args{&userContext};
  template <typename... Args>
  int32_t call(ArgvFunction function, Args &&...given) {
    (add(given), ...);
    return function(args.data());
  }
  void add(Tensor &tensor) { args.push_back(tensor.buffer.raw_buffer()); }
  void add(Halide::Runtime::Buffer<int32_t> &buffer) {
    args.push_back(buffer.raw_buffer());
  }
  void add(int32_t &scalar) { args.push_back(&scalar); }
};

/// All kernels of this file compiled once, for every test and target.
LoadedKernels &kernels() {
  static LoadedKernels *loaded = [] {
    KernelModule module(std::string(gemmText) + attentionText + layerNormText +
                        meanText + gatherText + mapText + keptText);
    EmitOptions options;
    options.useCache = false;
    auto objects = emitKernels(module.get(), options);
    if (failed(objects))
      throw std::runtime_error("the kernels do not compile");
    return new LoadedKernels(*objects);
  }();
  return *loaded;
}

ArgvFunction find(const std::string &kernel, const targets::Machine &machine) {
  return kernels().find(
      "xfk_" + kernel +
      machine.name.substr(machine.name.rfind('-')).replace(0, 1, "_"));
}

class KernelRun : public testing::TestWithParam<targets::Machine> {};
INSTANTIATE_TEST_SUITE_P(Machines, KernelRun,
                         testing::ValuesIn(runnableMachines()),
                         [](const auto &info) {
                           return info.param.name.substr(
                               info.param.name.rfind('-') + 1);
                         });

TEST_P(KernelRun, GemmWithBiasGeluAndResidual) {
  constexpr int k = 48, n = 40;
  for (int rows : {1, 2, 7, 37}) {
    SCOPED_TRACE(rows);
    Tensor x({k, rows}, 1), packed({16, k, 3}), bias({n}, 3),
        residual({n, rows}, 4), y({n, rows});
    auto weight = [](int i, int c) {
      return std::cos(float(i * n + c) * 0.11f);
    };
    for (int i = 0; i < k; ++i)
      for (int c = 0; c < n; ++c)
        packed.values[(size_t(c / 16) * k + i) * 16 + c % 16] = weight(i, c);
    ASSERT_EQ(
        0, Argv().call(find("gemm", GetParam()), x, packed, bias, residual, y));
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < n; ++c) {
        double sum = bias(c);
        for (int i = 0; i < k; ++i)
          sum += double(x(i, r)) * weight(i, c);
        double expected =
            0.5 * sum * (1 + std::erf(sum / std::sqrt(2.0))) + residual(c, r);
        EXPECT_NEAR(y(c, r), expected, 1e-5) << "row " << r << ", column " << c;
      }
  }
}

TEST_P(KernelRun, CausalAttentionWithScoreMod) {
  constexpr int heads = 2, dim = 32, width = 3 * heads * dim;
  for (int length : {1, 5, 50}) {
    SCOPED_TRACE(length);
    int begin = 3, rows = begin + length + 2; // other sequences around
    Tensor qkv({width, rows}, 5), y({heads * dim, rows});
    // The crop of one sequence.
    Tensor crop = y;
    crop.buffer = Halide::Runtime::Buffer<float>(
        y.values.data() + size_t(begin) * heads * dim, heads * dim, length);
    crop.buffer.set_min(0, begin);
    ASSERT_EQ(0, Argv().call(find("attention", GetParam()), qkv, begin, length,
                             crop));
    for (int h = 0; h < heads; ++h)
      for (int i = 0; i < length; ++i) {
        std::vector<double> weights;
        double sum = 0;
        for (int j = 0; j <= i; ++j) {
          double dot = 0;
          for (int d = 0; d < dim; ++d)
            dot += double(qkv(h * dim + d, begin + i)) *
                   qkv(heads * dim + h * dim + d, begin + j);
          weights.push_back(std::exp(0.25 * dot - (i - j) / 16.0));
          sum += weights.back();
        }
        for (int d = 0; d < dim; ++d) {
          double expected = 0;
          for (int j = 0; j <= i; ++j)
            expected += weights[j] / sum *
                        qkv(2 * heads * dim + h * dim + d, begin + j);
          EXPECT_NEAR(y(h * dim + d, begin + i), expected, 1e-5)
              << "head " << h << ", query " << i;
        }
      }
    for (int c = 0; c < heads * dim; ++c)
      EXPECT_EQ(y(c, begin - 1), 0) << "a row of another sequence was written";
  }
}

TEST_P(KernelRun, LayerNorm) {
  constexpr int n = 40;
  for (int rows : {1, 9}) {
    Tensor x({n, rows}, 6), gain({n}, 7), bias({n}, 8), y({n, rows});
    ASSERT_EQ(0, Argv().call(find("layernorm", GetParam()), x, gain, bias, y));
    for (int r = 0; r < rows; ++r) {
      double mean = 0, variance = 0;
      for (int c = 0; c < n; ++c)
        mean += x(c, r) / double(n);
      for (int c = 0; c < n; ++c)
        variance += (x(c, r) - mean) * (x(c, r) - mean) / n;
      for (int c = 0; c < n; ++c)
        EXPECT_NEAR(y(c, r),
                    (x(c, r) - mean) / std::sqrt(variance + 1e-12) * gain(c) +
                        bias(c),
                    1e-5);
    }
  }
}

TEST_P(KernelRun, MeanOverSequence) {
  constexpr int n = 40;
  for (int length : {1, 13}) {
    int begin = 2, sequence = 1;
    Tensor x({n, begin + length + 1}, 9), y({n, 3});
    Tensor crop = y;
    crop.buffer = Halide::Runtime::Buffer<float>(y.values.data() + n, n, 1);
    crop.buffer.set_min(0, sequence);
    ASSERT_EQ(0, Argv().call(find("mean", GetParam()), x, begin, length, crop));
    for (int c = 0; c < n; ++c) {
      double sum = 0;
      for (int r = 0; r < length; ++r)
        sum += x(c, begin + r);
      EXPECT_NEAR(y(c, sequence), sum / length, 1e-6);
      EXPECT_EQ(y(c, 0), 0);
      EXPECT_EQ(y(c, 2), 0);
    }
  }
}

TEST_P(KernelRun, GatherOfTwoTables) {
  constexpr int n = 40;
  std::vector<int32_t> ids = {8, 0, 3, 3, 7}, positions = {0, 1, 2, 0, 4};
  int rows = int(ids.size());
  Halide::Runtime::Buffer<int32_t> idBuffer(ids.data(), rows),
      positionBuffer(positions.data(), rows);
  Tensor tokens({n, 9}, 10), places({n, 5}, 11), y({n, rows});
  ASSERT_EQ(0, Argv().call(find("gather", GetParam()), idBuffer, positionBuffer,
                           tokens, places, y));
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < n; ++c)
      EXPECT_EQ(y(c, r), 2 * (tokens(c, ids[r]) + places(c, positions[r])));
}

TEST_P(KernelRun, MapOfReads) {
  std::vector<int32_t> index = {0, 0, 1, 2, 3, 4}, length = {1, 5, 5, 5, 5, 5},
                       sequence = {0, 1, 1, 1, 1, 1};
  int rows = int(index.size());
  Halide::Runtime::Buffer<int32_t> indexBuffer(index.data(), rows),
      lengthBuffer(length.data(), rows), sequenceBuffer(sequence.data(), rows);
  Tensor x({24, rows}, 12), s({3, 2}, 13), table({20, 4}, 14), y({20, rows});
  ASSERT_EQ(0, Argv().call(find("map", GetParam()), x, s, table, indexBuffer,
                           lengthBuffer, sequenceBuffer, y));
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < 20; ++c) {
      int before = index[r] ? r - 1 : r;
      double expected =
          x(c + 3, r) * std::sin(double(table(c, std::min(index[r], 3)))) +
          double(x(c, before)) * s(2, sequence[r]);
      EXPECT_NEAR(y(c, r), expected, 1e-6) << "row " << r << ", column " << c;
    }
}

TEST_P(KernelRun, KeptScoresAreAnOutput) {
  constexpr int heads = 2, dim = 8;
  int begin = 2, length = 19, rows = begin + length;
  Tensor qkv({48, rows}, 15), mask({1, rows}), mix({heads, heads}, 16),
      y({heads * dim, rows}), scores({length, heads, rows});
  for (int r = 0; r < rows; ++r)
    mask.values[size_t(r)] = r % 3 != 0;
  Tensor crop = y, scoresCrop = scores;
  crop.buffer = Halide::Runtime::Buffer<float>(
      y.values.data() + size_t(begin) * heads * dim, heads * dim, length);
  crop.buffer.set_min(0, begin);
  scoresCrop.buffer = scores.buffer.cropped(2, begin, length);
  ASSERT_EQ(0, Argv().call(find("kept", GetParam()), qkv, mask, mix, begin,
                           length, crop, scoresCrop));
  for (int i = 0; i < length; ++i)
    for (int h = 0; h < heads; ++h) {
      std::vector<double> weights;
      double sum = 0;
      for (int j = 0; j < length; ++j) {
        double dots[heads] = {};
        for (int g = 0; g < heads; ++g)
          for (int d = 0; d < dim; ++d)
            dots[g] += 0.5 * qkv(g * dim + d, begin + i) *
                       qkv((heads + g) * dim + d, begin + j);
        double score = dots[h];
        for (int g = 0; g < heads; ++g)
          score += double(mix(g, h)) * dots[g];
        bool kept = mask(0, begin + j) > 0.5f;
        float stored =
            scores.values[(size_t(begin + i) * heads + h) * length + j];
        if (kept)
          EXPECT_NEAR(stored, score, 1e-5);
        else
          EXPECT_EQ(stored, -3.4028235e38f);
        weights.push_back(kept ? std::exp(score) : 0);
        sum += weights.back();
      }
      for (int d = 0; d < dim; ++d) {
        double expected = 0;
        for (int j = 0; j < length; ++j)
          expected +=
              weights[j] / sum * qkv((2 * heads + h) * dim + d, begin + j);
        EXPECT_NEAR(y(h * dim + d, begin + i), expected, 1e-5)
            << "head " << h << ", query " << i;
      }
    }
}

} // namespace
} // namespace xf::test
