// Holds: attention equals softmax(score) V in double within its rounding bound,
// a query's result is the same bits in any crop, in any batch and at every
// place in it, and nothing outside the crop is read or written.
#include "Reference.h"

namespace xf::test {
namespace {

struct AttentionData {
  targets::AttentionDesc desc;
  std::vector<Matrix<float>> operands; ///< qkv, or q, k and v

  /// A call of `rows` rows. Rows outside of [begin, end) are not a number:
  /// whoever reads them fails.
  AttentionData(const targets::AttentionDesc &desc, int rows, int begin,
                int end)
      : desc(desc) {
    std::mt19937 random(2);
    auto operand = [&](int64_t width) {
      Matrix<float> sequence = randomMatrix(end - begin, int(width), random, 2);
      Matrix<float> all(rows, int(width), std::nanf(""));
      std::copy(sequence.values.begin(), sequence.values.end(),
                all.values.begin() + size_t(begin) * width);
      operands.push_back(all);
    };
    operand(desc.qWidth);
    if (!desc.sharedQKV)
      operand(desc.kWidth), operand(desc.vWidth);
  }

  std::vector<Halide::Runtime::Buffer<>> inputs() {
    std::vector<Halide::Runtime::Buffer<>> all;
    for (Matrix<float> &operand : operands)
      all.push_back(view(operand));
    return all;
  }

  float q(int r, int h, int d) const {
    return operands[0](r, int(desc.qOffset + h * desc.headDim) + d);
  }
  float k(int r, int h, int d) const {
    return operands[desc.sharedQKV ? 0 : 1](
        r, int(desc.kOffset + h % desc.kvHeads * desc.headDim) + d);
  }
  float v(int r, int h, int d) const {
    return operands[desc.sharedQKV ? 0 : 2](
        r, int(desc.vOffset + h % desc.kvHeads * desc.valueDim) + d);
  }
};

struct Weights {
  std::vector<double> values; ///< of each key, summing to one
  double scoreError = 0;      ///< bound on the rounding error of a score
};

Weights weightsOf(const AttentionData &data, const PlainScalars &plain,
                  int begin, int n, int h, int i) {
  Weights weights;
  double top = -1e300, sum = 0;
  for (int j = 0; j < n; ++j) {
    double score = 0, magnitude = 0;
    for (int d = 0; d < data.desc.headDim; ++d) {
      double product = double(data.q(begin + i, h, d)) *
                       data.k(begin + j, h, d) * data.desc.scale;
      score += product, magnitude += std::abs(product);
    }
    // headDim FMAs and the scale; then a score_mod of slope 1 at most, whose
    // few operations round on values below 64.
    double error = (double(data.desc.headDim) + 2) * epsilon * magnitude;
    if (plain.scoreMod)
      score = plain.scoreMod(score, h, i, j), error += 8 * epsilon * 64;
    weights.scoreError = std::max(weights.scoreError, error);
    if (plain.maskMod && !plain.maskMod(h, i, j))
      score = -3.4028235e38;
    weights.values.push_back(score);
    top = std::max(top, score);
  }
  for (double &value : weights.values)
    sum += value = std::exp(value - top);
  for (double &value : weights.values)
    value /= sum;
  return weights;
}

void checkValues(const KernelCase &c, const AttentionData &data,
                 const Matrix<float> &whole, int begin, int n) {
  for (int h = 0; h < data.desc.heads; ++h)
    for (int i = 0; i < n; ++i) {
      Weights weights = weightsOf(data, c.plain, begin, n, h, i);
      // |v| <= 2; weights err by twice the scores' error and exp's; sums and
      // products of n terms round n times each.
      double bound = 2 * (4 * weights.scoreError + (2 * n + 16) * epsilon);
      for (int d = 0; d < data.desc.valueDim; ++d) {
        double expected = 0;
        for (int j = 0; j < n; ++j)
          expected += weights.values[j] * data.v(begin + j, h, d);
        ASSERT_NEAR(whole(begin + i, int(h * data.desc.valueDim) + d), expected,
                    bound)
            << "head " << h << " query " << i << " of " << n << " column " << d;
      }
    }
}

class AttentionTest : public testing::Test {
protected:
  static constexpr int rows = 90;

  /// Rows one by one, in threes and in elevens, and one head at a time: the
  /// bits of the whole.
  static void checkCrops(CompiledKernel &kernel,
                         const targets::AttentionDesc &desc,
                         const Matrix<float> &whole, int begin, int n) {
    int width = whole.width, head = int(desc.valueDim);
    for (int step : {1, 3, 11}) {
      for (int first = 0; first < n; first += step) {
        int last = std::min(first + step, n);
        Matrix<float> part(rows, width, untouched);
        kernel.run(part, {begin + first, last - first, 0, width}, begin, n);
        ASSERT_TRUE(sameRows(part, whole, begin + first, begin + last))
            << step << " rows from " << first << " of " << n;
        ASSERT_TRUE(onlyRowsWritten(part, begin + first, begin + last))
            << step << " rows from " << first << " of " << n;
      }
    }
    Matrix<float> heads(rows, width, untouched);
    for (int column = 0; column < width; column += head)
      kernel.run(heads, {begin, n, column, head}, begin, n);
    ASSERT_TRUE(sameRows(heads, whole, 0, rows)) << "head by head";
  }
};

TEST_F(AttentionTest, EveryConfigEqualsTheReference) {
  for (const KernelCase &c : attentionCases()) {
    std::map<int, Matrix<float>> firsts;
    for (const Setting &setting : settings(c)) {
      SCOPED_TRACE(setting.text(c));
      CompiledKernel kernel(c, setting.config, *setting.machine);
      for (int n : {1, 2, 15, 33, 70}) {
        int begin = (n * 5) % (rows - n),
            width = int(c.desc.attention.heads * c.desc.attention.valueDim);
        AttentionData data(c.desc.attention, rows, begin, begin + n);
        kernel.inputs = data.inputs();
        Matrix<float> whole(rows, width, untouched);
        kernel.run(whole, {begin, n, 0, width}, begin, n);
        checkValues(c, data, whole, begin, n);
        ASSERT_TRUE(onlyRowsWritten(whole, begin, begin + n));
        checkCrops(kernel, c.desc.attention, whole, begin, n);
        auto [first, isFirst] = firsts.try_emplace(n, whole);
        EXPECT_TRUE(isFirst || sameRows(first->second, whole, 0, rows))
            << "differs from the first config or target";

        // The same sequence at another place, among other rows.
        AttentionData moved(c.desc.attention, n, 0, n);
        kernel.inputs = moved.inputs();
        Matrix<float> alone(n, width, untouched);
        kernel.run(alone, {0, n, 0, width}, 0, n);
        EXPECT_TRUE(std::equal(alone.values.begin(), alone.values.end(),
                               whole.values.begin() + size_t(begin) * width));
      }
    }
  }
}

// Scores of 1e30: the largest takes all the weight, and nothing overflows.
TEST_F(AttentionTest, LargeScoresPickOneKey) {
  KernelCase c = attentionCases()[0];
  constexpr int n = 33;
  for (const targets::Machine *machine : hostMachines()) {
    SCOPED_TRACE(machine->name);
    CompiledKernel kernel(
        c, targets::heuristicConfig(c.desc, *machine, targets::shapeClassOf(n)),
        *machine);
    AttentionData data(c.desc.attention, n, 0, n);
    for (int r = 0; r < n; ++r)
      for (int col = 0; col < data.desc.vOffset; ++col)
        data.operands[0](r, col) *= 1e15f;
    kernel.inputs = data.inputs();
    int width = int(data.desc.heads * data.desc.valueDim);
    Matrix<float> output(n, width, untouched);
    kernel.run(output, {0, n, 0, width}, 0, n);
    for (int h = 0; h < data.desc.heads; ++h)
      for (int i = 0; i < n; ++i) {
        std::vector<double> weights =
            weightsOf(data, c.plain, 0, n, h, i).values;
        int best = int(std::max_element(weights.begin(), weights.end()) -
                       weights.begin());
        for (int d = 0; d < data.desc.valueDim; ++d)
          ASSERT_EQ(output(i, int(h * data.desc.valueDim) + d),
                    data.v(best, h, d))
              << "head " << h << " query " << i;
      }
  }
}

} // namespace
} // namespace xf::test
