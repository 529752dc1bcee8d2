// Holds: gemm equals a chain of FMAs over k, bit for bit, for any crop of rows
// and columns, and writes nothing else.
#include "Reference.h"

namespace xf::test {
namespace {

struct GemmData {
  static constexpr int rows = 53;
  int k, n;
  Matrix<float> x, weight, packed;
  std::vector<Matrix<float>> vectors, others;

  explicit GemmData(const targets::GemmDesc &desc)
      : k(int(desc.k)), n(int(desc.n)) {
    std::mt19937 random(1);
    x = randomMatrix(rows, k, random);
    weight = randomMatrix(k, n, random);
    int panels = (n + 15) / 16;
    packed = Matrix<float>(panels * k, 16);
    for (int j = 0; j < n; ++j)
      for (int i = 0; i < k; ++i)
        packed(j / 16 * k + i, j % 16) = weight(i, j);
    for (int i = 0; i < desc.vectors; ++i)
      vectors.push_back(randomMatrix(1, n, random));
    for (int i = 0; i < desc.rows; ++i)
      others.push_back(randomMatrix(rows, n, random));
  }

  std::vector<Halide::Runtime::Buffer<>> inputs() {
    using Buffer = Halide::Runtime::Buffer<float>;
    std::vector<Halide::Runtime::Buffer<>> all{
        view(x), Buffer(packed.values.data(), 16, k, (n + 15) / 16)};
    for (Matrix<float> &vector : vectors)
      all.push_back(Buffer(vector.values.data(), n));
    for (Matrix<float> &other : others)
      all.push_back(view(other));
    return all;
  }

  float chain(int r, int c) const {
    float sum = 0;
    for (int i = 0; i < k; ++i)
      sum = std::fma(x(r, i), weight(i, c), sum);
    return sum;
  }

  double epilogue(const PlainScalars &plain, double sum, int r, int c) const {
    std::vector<double> operands{sum};
    for (const Matrix<float> &vector : vectors)
      operands.push_back(vector(0, c));
    for (const Matrix<float> &other : others)
      operands.push_back(other(r, c));
    return plain.epilogue ? plain.epilogue(operands) : sum;
  }
};

class GemmTest : public testing::Test {
protected:
  /// Values against the reference: exact without an epilogue; with one, each of
  /// its few operations rounds, on values of at most a few units, and erf is
  /// good to 1.2e-7.
  static void checkValues(const KernelCase &c, const GemmData &data,
                          const Matrix<float> &whole) {
    for (int r = 0; r < data.rows; ++r)
      for (int j = 0; j < data.n; ++j) {
        float sum = data.chain(r, j);
        if (!c.plain.epilogue) {
          ASSERT_EQ(whole(r, j), sum) << "row " << r << " column " << j;
          continue;
        }
        double expected = data.epilogue(c.plain, sum, r, j);
        ASSERT_NEAR(whole(r, j), expected, 8 * epsilon * (2 + std::abs(sum)))
            << "row " << r << " column " << j;
      }
  }

  /// Every number of rows up to two and a half tiles, somewhere in the call:
  /// the bits of the whole, and no others.
  static void checkRowCrops(CompiledKernel &kernel, const GemmData &data,
                            const Matrix<float> &whole) {
    for (int rows = 1; rows <= 30; ++rows) {
      int first = rows * 7 % (data.rows - rows + 1);
      Matrix<float> part(data.rows, data.n, untouched);
      kernel.run(part, {first, rows, 0, data.n});
      ASSERT_TRUE(sameRows(part, whole, first, first + rows))
          << rows << " rows from " << first;
      ASSERT_TRUE(onlyRowsWritten(part, first, first + rows))
          << rows << " rows from " << first;
    }
  }

  /// Crops of grain_cols columns, as tasks are, put together to the whole.
  static void checkColumnCrops(CompiledKernel &kernel,
                               const targets::Config &config,
                               const GemmData &data,
                               const Matrix<float> &whole) {
    int grain = int(config.get("tile_n"));
    Matrix<float> parts(data.rows, data.n, untouched);
    for (int c = 0; c < data.n; c += grain) {
      kernel.run(parts, {0, data.rows, c, std::min(grain, data.n - c)});
      for (int r = 0; r < data.rows; ++r)
        for (int after = std::min(data.n, c + grain); after < data.n; ++after)
          ASSERT_EQ(parts(r, after), untouched)
              << "columns " << c << " wrote column " << after;
    }
    ASSERT_TRUE(sameRows(parts, whole, 0, data.rows));
  }
};

TEST_F(GemmTest, EveryConfigEqualsTheReference) {
  for (const KernelCase &c : gemmCases()) {
    GemmData data(c.desc.gemm);
    Matrix<float> first;
    for (const Setting &setting : settings(c)) {
      SCOPED_TRACE(setting.text(c));
      CompiledKernel kernel(c, setting.config, *setting.machine);
      kernel.inputs = data.inputs();
      Matrix<float> whole(data.rows, data.n, untouched);
      kernel.run(whole, {0, data.rows, 0, data.n});
      checkValues(c, data, whole);
      checkRowCrops(kernel, data, whole);
      checkColumnCrops(kernel, setting.config, data, whole);
      if (first.rows == 0)
        first = whole;
      EXPECT_TRUE(sameRows(first, whole, 0, data.rows))
          << "differs from the first config or target";
    }
  }
}

// A crop that starts within a tile of columns is refused with an error, not
// computed wrongly.
TEST_F(GemmTest, RefusesCropsOffTheTile) {
  KernelCase c = gemmCases()[0];
  GemmData data(c.desc.gemm);
  Setting setting = settings(c).front();
  CompiledKernel kernel(c, setting.config, *setting.machine);
  kernel.inputs = data.inputs();
  Matrix<float> output(data.rows, data.n, untouched);
  EXPECT_ANY_THROW(kernel.run(output, {0, data.rows, 8, 16}));
  EXPECT_TRUE(onlyRowsWritten(output, 0, 0));
}

} // namespace
} // namespace xf::test
