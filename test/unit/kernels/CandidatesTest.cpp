// Holds: every kernel has candidates on every machine, all legal, and grains
// that occupy two threads.
#include "targets/Candidates.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace xf::targets {
namespace {

std::vector<KernelDesc> kernels() {
  std::vector<KernelDesc> all;
  for (int64_t k : {1, 3, 7, 64, 384, 1536, 4096})
    for (int64_t n : {1, 3, 16, 17, 96, 384, 1152, 1536, 30522}) {
      KernelDesc desc;
      desc.gemm = {k, n, 0, 0};
      all.push_back(desc);
    }
  for (int64_t heads : {1, 3, 12, 32})
    for (int64_t dim : {1, 5, 24, 32, 64, 80, 128}) {
      KernelDesc desc;
      desc.kind = KernelKind::Attention;
      desc.attention.heads = desc.attention.kvHeads = heads;
      desc.attention.headDim = desc.attention.valueDim = dim;
      all.push_back(desc);
      desc.attention.preMix = true;
      all.push_back(desc);
    }
  for (int64_t width : {1, 3, 40, 384, 4096, 20000}) {
    KernelDesc desc;
    desc.kind = KernelKind::Rowwise;
    desc.rowwise = {false, width, {Combine::Add}, 0, 0};
    all.push_back(desc);
    desc.rowwise.overSequence = true;
    all.push_back(desc);
    desc.kind = KernelKind::Gather;
    desc.gather = {width, {GatherIndex::Ids}};
    all.push_back(desc);
    desc.kind = KernelKind::Map;
    desc.map.width = width;
    all.push_back(desc);
  }
  return all;
}

TEST(CandidatesTest, LegalDistinctAndNeverNone) {
  for (const ShapeClass &shapeClass : shapeClasses())
    for (const Machine &machine : cpuMachines())
      for (const KernelDesc &desc : kernels()) {
        std::vector<Config> configs = candidates(desc, machine, shapeClass);
        ASSERT_FALSE(configs.empty()) << kernelKey(desc);
        for (size_t i = 0; i < configs.size(); ++i) {
          EXPECT_EQ(checkConfig(configs[i], desc, machine), "")
              << kernelKey(desc) << ": " << printConfig(configs[i]);
          for (size_t j = 0; j < i; ++j)
            EXPECT_NE(configs[i], configs[j]) << kernelKey(desc);
        }
        EXPECT_EQ(heuristicConfig(desc, machine, shapeClass), configs.front());
      }
}

// 16 rows of a layer are one block of rows: its columns must be the work of two
// threads or more, in equal parts.
TEST(CandidatesTest, FewRowsAreSplitOverColumns) {
  for (const Machine &machine : cpuMachines())
    for (auto [k, n] : {std::pair(384, 384), std::pair(384, 1152),
                        std::pair(384, 1536), std::pair(1536, 384)}) {
      KernelDesc desc;
      desc.gemm = {k, n, 0, 0};
      int64_t grain =
          heuristicConfig(desc, machine, shapeClassOf(16)).get("grain_cols");
      EXPECT_EQ(n % grain, 0) << n;
      EXPECT_EQ(n / grain % 2, 0) << n;
    }
}

TEST(ShapeClassesTest, EachHoldsItsOwnRowsAndTheLastHasNoEnd) {
  int64_t before = 0;
  for (const ShapeClass &shapeClass : shapeClasses()) {
    EXPECT_GT(shapeClass.rows, before);
    EXPECT_EQ(shapeClassOf(shapeClass.rows), shapeClass);
    EXPECT_EQ(shapeClassOf(before + 1), shapeClass);
    if (shapeClass != shapeClasses().back()) {
      EXPECT_EQ(shapeClassOf(shapeClass.maxRows), shapeClass);
    }
    before = shapeClass.maxRows;
  }
  EXPECT_EQ(before, 0) << "the last takes any number";
}

TEST(CandidatesTest, AllClassesTogetherHaveEachOnce) {
  const Machine &machine = cpuMachines().back();
  for (const KernelDesc &desc : kernels()) {
    std::vector<Config> all = allCandidates(desc, machine);
    for (const ShapeClass &shapeClass : shapeClasses())
      for (const Config &config : candidates(desc, machine, shapeClass)) {
        EXPECT_FALSE(config.values.count("max_rows"));
        EXPECT_EQ(std::count(all.begin(), all.end(), config), 1)
            << printConfig(config);
      }
  }
}

TEST(GemmTileHeightsTest, LowerOnesWhereTheyTakeLess) {
  auto heights = [](int64_t rows, int64_t columns) {
    Config config;
    config.values = {{"tile_m", rows}, {"tile_n", columns}};
    return gemmTileHeights(config);
  };
  using Heights = std::vector<int64_t>;
  EXPECT_EQ(heights(16, 16), (Heights{16, 12, 8}));
  EXPECT_EQ(heights(8, 48), (Heights{8, 4}));
  EXPECT_EQ(heights(12, 32), (Heights{12, 8, 4}));
  EXPECT_EQ(heights(4, 64), (Heights{4, 2}));
  EXPECT_EQ(heights(6, 16), (Heights{6}));
}

TEST(AttentionBlockHeightsTest, TileThenTheLowerEnd) {
  Config config;
  config.values = {{"tile_q", 32}, {"tile_end", 16}};
  EXPECT_EQ(attentionBlockHeights(config), (std::vector<int64_t>{32, 16}));
  config.values["tile_end"] = 32;
  EXPECT_EQ(attentionBlockHeights(config), (std::vector<int64_t>{32}));
}

TEST(AttentionTileKeysTest, LowerBlocksTakePowersOfTwo) {
  Config config;
  config.values = {{"tile_q", 32}, {"tile_end", 16}, {"tile_keys", 12}};
  EXPECT_EQ(attentionTileKeys(config, 32), 12);
  EXPECT_EQ(attentionTileKeys(config, 16), 16);
}

TEST(MachinesTest, WeakestFirstAndFoundByName) {
  unsigned before = 0;
  for (const Machine &machine : cpuMachines()) {
    EXPECT_EQ(machine.cpuFeatures & before, before) << machine.name;
    before = machine.cpuFeatures;
    EXPECT_EQ(findMachine(machine.name), &machine);
  }
  EXPECT_EQ(findMachine("z80"), nullptr);
}

} // namespace
} // namespace xf::targets
