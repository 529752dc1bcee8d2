// Holds: gather sums the rows that its indices name, exactly, and writes only
// its crop.
#include "Reference.h"

namespace xf::test {
namespace {

TEST(GatherTest, EveryConfigEqualsTheReference) {
  constexpr int rows = 29, entries = 11;
  for (const KernelCase &c : gatherCases()) {
    std::mt19937 random(4);
    std::vector<Matrix<float>> tables;
    std::vector<std::vector<int32_t>> indices;
    for (size_t t = 0; t < c.desc.gather.tables.size(); ++t) {
      tables.push_back(randomMatrix(entries, int(c.desc.gather.width), random));
      indices.emplace_back();
      for (int r = 0; r < rows; ++r)
        indices.back().push_back(int32_t(random() % entries));
    }
    for (const Setting &setting : settings(c)) {
      SCOPED_TRACE(setting.text(c));
      CompiledKernel kernel(c, setting.config, *setting.machine);
      for (auto &index : indices)
        kernel.inputs.push_back(
            Halide::Runtime::Buffer<int32_t>(index.data(), rows));
      for (auto &table : tables)
        kernel.inputs.push_back(view(table));
      for (auto [firstRow, count] :
           {std::pair(0, rows), std::pair(5, 1), std::pair(7, 13)}) {
        Matrix<float> output(rows, tables[0].width, untouched);
        kernel.run(output, {firstRow, count, 0, tables[0].width});
        EXPECT_TRUE(onlyRowsWritten(output, firstRow, firstRow + count));
        for (int r = firstRow; r < firstRow + count; ++r)
          for (int col = 0; col < output.width; ++col) {
            float sum = tables[0](indices[0][r], col);
            for (size_t t = 1; t < tables.size(); ++t)
              sum += tables[t](indices[t][r], col);
            float expected =
                c.plain.epilogue ? float(c.plain.epilogue({sum})) : sum;
            ASSERT_EQ(output(r, col), expected)
                << "row " << r << " column " << col;
          }
      }
    }
  }
}

} // namespace
} // namespace xf::test
