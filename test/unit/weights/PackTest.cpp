// Packing against the definition of each layout, element by element, on sizes
// around the panel width.
#include "compiler/Weights/Pack.h"

#include "gtest/gtest.h"

using namespace xf::weights;

static Tensor numbered(std::vector<int64_t> shape) {
  Tensor tensor{shape, {}};
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  for (int64_t i = 0; i < count; ++i)
    tensor.values.push_back(static_cast<float>(i + 1));
  return tensor;
}

TEST(Pack, PanelsOfOddSizes) {
  for (int64_t depth : {1, 2, 3, 31})
    for (int64_t columns : {1, 15, 16, 17, 32, 33, 100}) {
      Tensor tensor = numbered({depth, columns});
      std::vector<float> packed = pack(tensor, PackLayout::Panels);
      int64_t panels = (columns + 15) / 16;
      ASSERT_EQ(int64_t(packed.size()), panels * depth * 16);
      ASSERT_EQ(packed.size(), packedSize(tensor.shape, PackLayout::Panels));
      for (int64_t p = 0; p < panels; ++p)
        for (int64_t k = 0; k < depth; ++k)
          for (int64_t c = 0; c < 16; ++c) {
            int64_t column = p * 16 + c;
            float expected =
                column < columns ? tensor.values[k * columns + column] : 0;
            ASSERT_EQ(packed[(p * depth + k) * 16 + c], expected)
                << depth << " x " << columns << " at " << k << ", " << column;
          }
    }
}

TEST(Pack, PlainMatrixIsAsItIs) {
  Tensor tensor = numbered({3, 5});
  EXPECT_EQ(pack(tensor, PackLayout::Plain), tensor.values);
  EXPECT_EQ(packedSize(tensor.shape, PackLayout::Plain), 15u);
}

TEST(Pack, PlainVectorsArePadded) {
  for (int64_t size : {1, 15, 16, 17, 384}) {
    Tensor tensor = numbered({size});
    std::vector<float> packed = pack(tensor, PackLayout::Plain);
    ASSERT_EQ(packed.size(), packedSize(tensor.shape, PackLayout::Plain));
    ASSERT_EQ(packed.size() % 16, 0u);
    ASSERT_LT(int64_t(packed.size()), size + 16);
    for (int64_t i = 0; i < int64_t(packed.size()); ++i)
      ASSERT_EQ(packed[i], i < size ? tensor.values[i] : 0);
  }
}

TEST(Pack, PlanAlignsEveryWeight) {
  SectionPlan plan;
  EXPECT_EQ(plan.add(1), 0u);
  EXPECT_EQ(plan.add(16), 64u);
  EXPECT_EQ(plan.add(17), 128u);
  EXPECT_EQ(plan.bytes(), 256u);
}
