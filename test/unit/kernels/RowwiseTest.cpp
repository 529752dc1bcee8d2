// Holds: rowwise reductions and maps equal the plain ones within rounding, the
// same bits for every crop and target.
#include "Reference.h"

namespace xf::test {
namespace {

using targets::Combine;

struct RowwiseData {
  static constexpr int rows = 37, sequences = 3;
  targets::RowwiseDesc desc;
  Matrix<float> x;
  std::vector<Matrix<float>> vectors, others;
  int outputRows;

  explicit RowwiseData(const targets::RowwiseDesc &desc)
      : desc(desc), outputRows(desc.overSequence ? sequences : rows) {
    std::mt19937 random(3);
    int width = int(desc.width);
    x = randomMatrix(rows, width, random, 2);
    for (int i = 0; i < desc.vectors; ++i)
      vectors.push_back(randomMatrix(1, width, random));
    for (int i = 0; i < desc.rows; ++i)
      others.push_back(randomMatrix(outputRows, width, random));
  }

  std::vector<Halide::Runtime::Buffer<>> inputs() {
    std::vector<Halide::Runtime::Buffer<>> all{view(x)};
    for (Matrix<float> &vector : vectors)
      all.push_back(
          Halide::Runtime::Buffer<float>(vector.values.data(), x.width));
    for (Matrix<float> &other : others)
      all.push_back(view(other));
    return all;
  }

  /// Rows [begin, end) of sequence s: 1, 16 and 20 of them.
  static std::pair<int, int> sequence(int s) {
    return s == 0   ? std::pair(0, 1)
           : s == 1 ? std::pair(1, 17)
                    : std::pair(17, 37);
  }

  std::vector<double> reduced(const PlainScalars &plain, int count,
                              const std::function<double(int)> &value) const {
    std::vector<double> accs;
    for (size_t stage = 0; stage < desc.stages.size(); ++stage) {
      Combine combine = desc.stages[stage];
      double acc = combine == Combine::Add   ? 0
                   : combine == Combine::Max ? -1e300
                                             : 1e300;
      for (int i = 0; i < count; ++i) {
        std::vector<double> operands{value(i), double(i), double(count)};
        operands.insert(operands.end(), accs.begin(), accs.end());
        double mapped = stage < plain.maps.size() && plain.maps[stage]
                            ? plain.maps[stage](operands)
                            : operands[0];
        acc = combine == Combine::Add   ? acc + mapped
              : combine == Combine::Max ? std::max(acc, mapped)
                                        : std::min(acc, mapped);
      }
      accs.push_back(acc);
    }
    return accs;
  }

  double expected(const PlainScalars &plain, int r, int c) const {
    std::vector<double> operands, accs;
    if (desc.overSequence) {
      auto [begin, end] = sequence(r);
      accs = reduced(plain, end - begin, [&, begin = begin](int i) {
        return double(x(begin + i, c));
      });
      operands = {double(end - begin)};
    } else {
      int part = x.width / int(desc.groups), first = c / part * part;
      accs =
          reduced(plain, part, [&](int i) { return double(x(r, first + i)); });
      operands = {double(x(r, c)), double(c - first), double(part)};
    }
    operands.insert(operands.end(), accs.begin(), accs.end());
    for (const Matrix<float> &vector : vectors)
      operands.push_back(vector(0, c));
    for (const Matrix<float> &other : others)
      operands.push_back(other(r, c));
    return plain.finish(operands);
  }
};

void run(CompiledKernel &kernel, const RowwiseData &data, Matrix<float> &output,
         Crop crop) {
  if (!data.desc.overSequence)
    return kernel.run(output, crop);
  for (int s = crop.row; s < crop.row + crop.rows; ++s) {
    auto [begin, end] = RowwiseData::sequence(s);
    kernel.run(output, {s, 1, crop.column, crop.columns}, begin, end - begin);
  }
}

void checkCrops(CompiledKernel &kernel, const RowwiseData &data,
                const targets::Config &config, const Matrix<float> &whole) {
  for (int r = 0; r < whole.rows; ++r) {
    Matrix<float> part(whole.rows, whole.width, untouched);
    run(kernel, data, part, {r, 1, 0, whole.width});
    ASSERT_TRUE(sameRows(part, whole, r, r + 1)) << "row " << r << " alone";
    ASSERT_TRUE(onlyRowsWritten(part, r, r + 1)) << "row " << r << " alone";
  }
  if (!data.desc.overSequence)
    return;
  int tile = int(config.get("tile_cols"));
  Matrix<float> parts(whole.rows, whole.width, untouched);
  for (int c = 0; c < whole.width; c += tile)
    run(kernel, data, parts, {0, whole.rows, c, tile});
  ASSERT_TRUE(sameRows(parts, whole, 0, whole.rows)) << "by columns";
}

TEST(RowwiseTest, EveryConfigEqualsTheReference) {
  for (const KernelCase &c : rowwiseCases()) {
    RowwiseData data(c.desc.rowwise);
    Matrix<float> first;
    // Sums of n terms up to 4 round n times; a layer norm divides by a
    // deviation of 0.3 or more, or (width 1) by sqrt(1e-5), where the numerator
    // is exactly 0.
    double bound =
        16 * (double(std::max(data.x.width, data.rows)) + 16) * epsilon;
    for (const Setting &setting : settings(c)) {
      SCOPED_TRACE(setting.text(c));
      CompiledKernel kernel(c, setting.config, *setting.machine);
      kernel.inputs = data.inputs();
      Matrix<float> whole(data.outputRows, data.x.width, untouched);
      run(kernel, data, whole, {0, data.outputRows, 0, data.x.width});
      for (int r = 0; r < whole.rows; ++r)
        for (int col = 0; col < whole.width; ++col)
          ASSERT_NEAR(whole(r, col), data.expected(c.plain, r, col), bound)
              << "row " << r << " column " << col;
      checkCrops(kernel, data, setting.config, whole);
      if (first.rows == 0)
        first = whole;
      EXPECT_TRUE(sameRows(first, whole, 0, whole.rows))
          << "differs from the first config or target";
    }
  }
}

} // namespace
} // namespace xf::test
