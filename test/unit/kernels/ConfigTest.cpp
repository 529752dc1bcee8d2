// Holds: the text forms of configs and kernels, and the message of every rule
// that a config can break.
#include "targets/Config.h"

#include "runtime/src/program.h"

#include <gtest/gtest.h>

namespace xf::targets {
namespace {

static_assert(CpuAVX2 == XF_CPU_AVX2 && CpuAVX512 == XF_CPU_AVX512,
              "the library checks the bits that targets/ names");

KernelDesc gemm(int64_t k, int64_t n) {
  KernelDesc desc;
  desc.kind = KernelKind::Gemm;
  desc.gemm = {k, n, 1, 0};
  return desc;
}

Config gemmConfig() {
  return {"x86-64-avx512",
          "packed",
          {{"tile_m", 12},
           {"tile_n", 32},
           {"unroll_k", 4},
           {"grain_rows", 48},
           {"grain_cols", 96}}};
}

TEST(ConfigTest, PrintsInKeyOrderAndReadsBack) {
  std::string text = "target = \"x86-64-avx512\", variant = \"packed\", "
                     "grain_cols = 96, grain_rows = 48, tile_m = 12, "
                     "tile_n = 32, unroll_k = 4";
  EXPECT_EQ(printConfig(gemmConfig()), text);
  std::string error;
  std::optional<Config> read = parseConfig(text, error);
  ASSERT_TRUE(read) << error;
  EXPECT_EQ(*read, gemmConfig());
}

TEST(ConfigTest, ReadsAnyOrderAndSpacing) {
  std::string error;
  std::optional<Config> read =
      parseConfig("  tile_m=12,variant=\"packed\" ,target=\"t\"\n", error);
  ASSERT_TRUE(read) << error;
  EXPECT_EQ(read->get("tile_m"), 12);
  EXPECT_EQ(read->get("tile_n"), 0);
}

TEST(ConfigTest, MalformedTextNamesThePlace) {
  const std::pair<const char *, const char *> cases[] = {
      {"", "expected a key before ``"},
      {"target = \"t\", = 3", "expected a key before `= 3`"},
      {"target \"t\"", "expected `=` after `target`"},
      {"target = t", "`target` must be a string in double quotes"},
      {"target = \"t", "`target` must be a string in double quotes"},
      {"tile_m = many", "`tile_m` must be an integer"},
      {"tile_m = 99999999999999999999", "`tile_m` must be an integer"},
      {"tile_m = 1, tile_m = 2", "`tile_m` is given twice"},
      {"target = \"t\", variant = \"v\" tile_m = 1",
       "expected `,` or the end before `tile_m = 1`"},
      {"tile_m = 1", "a config names its `target` and `variant`"},
  };
  for (auto [text, message] : cases) {
    std::string error;
    EXPECT_FALSE(parseConfig(text, error)) << text;
    EXPECT_EQ(error, message);
  }
}

/// The rule that the gemm config above breaks once `key` has another value.
std::string brokenBy(const char *key, int64_t value) {
  Config config = gemmConfig();
  config.values[key] = value;
  return checkConfig(config, gemm(384, 1152), *findMachine("x86-64-avx512"));
}

TEST(ConfigTest, GemmRules) {
  EXPECT_EQ(brokenBy("tile_m", 12), "");
  EXPECT_EQ(brokenBy("tile_m", 16),
            "16 x 2 accumulators do not fit into 32 registers");
  EXPECT_EQ(brokenBy("tile_m", 0), "`tile_m = 0` is too small");
  EXPECT_EQ(brokenBy("tile_n", 24),
            "`tile_n = 24` must be a multiple of 16, of no more panels than n "
            "= 1152");
  EXPECT_EQ(brokenBy("prefetch_k", 256), "");
  EXPECT_EQ(brokenBy("prefetch_k", 0), "`prefetch_k = 0` is too small");
  EXPECT_EQ(brokenBy("unroll_k", 5), "`unroll_k = 5` must divide k = 384");
  EXPECT_EQ(brokenBy("grain_cols", 80),
            "`grain_cols = 80` must be a multiple of `tile_n = 32`");
  EXPECT_EQ(brokenBy("grain_rows", -1), "`grain_rows = -1` is too small");
  EXPECT_EQ(brokenBy("grain_rows", INT32_MAX), "");
  EXPECT_EQ(brokenBy("grain_rows", int64_t(1) << 31),
            "`grain_rows = 2147483648` is too large");
  EXPECT_EQ(brokenBy("prefetch_k", 2 << 20),
            "`prefetch_k = 2097152` is too large");
  EXPECT_EQ(brokenBy("tile_x", 1), "variant `packed` has no `tile_x`");
}

// Every kind may say for how many rows it is.
TEST(ConfigTest, MaxRows) {
  EXPECT_EQ(brokenBy("max_rows", 48), "");
  EXPECT_EQ(brokenBy("max_rows", 0), "`max_rows = 0` is too small");
  KernelDesc desc;
  desc.kind = KernelKind::Gather;
  desc.gather.width = 48;
  Config gather{"x86-64-avx2",
                "plain",
                {{"grain_rows", 4}, {"grain_cols", 0}, {"max_rows", 4}}};
  EXPECT_EQ(checkConfig(gather, desc, *findMachine("x86-64-avx2")), "");
}

TEST(CodeConfigTest, LeavesWhatOnlySaysWhenAndWhere) {
  Config config = gemmConfig(), other = config;
  config.values["max_rows"] = 48;
  other.values["grain_cols"] = 32, other.values["grain_rows"] = 0;
  EXPECT_EQ(codeConfig(config), codeConfig(other));
  EXPECT_EQ(codeConfig(config).get("tile_n"), 32);
  other.values["tile_m"] = 8;
  EXPECT_NE(codeConfig(config), codeConfig(other));
}

TEST(ConfigTest, TargetVariantAndKeys) {
  const Machine &machine = *findMachine("x86-64-avx512");
  Config config = gemmConfig();
  config.target = "x86-64-avx2";
  EXPECT_EQ(checkConfig(config, gemm(384, 1152), machine),
            "the config is for `x86-64-avx2`, not for `x86-64-avx512`");
  config = gemmConfig();
  config.variant = "amx";
  EXPECT_EQ(checkConfig(config, gemm(384, 1152), machine),
            "`gemm` has no variant `amx`");
  config = gemmConfig();
  config.values.erase("unroll_k");
  EXPECT_EQ(checkConfig(config, gemm(384, 1152), machine),
            "variant `packed` needs `unroll_k`");
}

TEST(ConfigTest, AttentionRules) {
  KernelDesc desc;
  desc.kind = KernelKind::Attention;
  desc.attention.heads = desc.attention.kvHeads = 2;
  desc.attention.headDim = desc.attention.valueDim = 48;
  auto brokenBy = [&](const char *key, int64_t value) {
    Config config{"x86-64-avx512",
                  "blocked",
                  {{"tile_q", 32},
                   {"tile_end", 16},
                   {"pack", 0},
                   {"tile_keys", 8},
                   {"tile_rows", 8},
                   {"tile_cols", 16},
                   {"grain_rows", 0},
                   {"grain_cols", 48}}};
    config.values[key] = value;
    return checkConfig(config, desc, *findMachine("x86-64-avx512"));
  };
  EXPECT_EQ(brokenBy("tile_q", 32), "");
  EXPECT_EQ(brokenBy("tile_q", 24),
            "`tile_q = 24` must be a multiple of the vector width 16");
  EXPECT_EQ(brokenBy("tile_end", 8),
            "`tile_end = 8` must be a multiple of the vector width 16");
  EXPECT_EQ(brokenBy("pack", 2), "`pack = 2` must be 0 or 1");
  EXPECT_EQ(brokenBy("tile_end", 48),
            "`tile_end = 48` must be at most `tile_q = 32`");
  EXPECT_EQ(brokenBy("tile_cols", 12), "`tile_cols = 12` or `tile_rows = 8` "
                                       "must be a multiple of the vector "
                                       "width 16");
  EXPECT_EQ(brokenBy("tile_rows", 5),
            "`tile_rows = 5` must divide `tile_q = 32`");
  EXPECT_EQ(brokenBy("tile_cols", 32),
            "`tile_cols = 32` must divide the value dimension 48");
  EXPECT_EQ(brokenBy("tile_keys", 16),
            "scores of 32 queries x 16 keys do not fit into 32 registers");
  EXPECT_EQ(
      brokenBy("tile_rows", 32),
      "32 rows x 16 columns of accumulators do not fit into 32 registers");
  EXPECT_EQ(brokenBy("grain_cols", 64),
            "`grain_cols = 64` must be whole heads of 48");
}

// The variant follows from what is computed.
TEST(ConfigTest, KeptAttentionRules) {
  const Machine &machine = *findMachine("x86-64-avx2");
  KernelDesc desc;
  desc.kind = KernelKind::Attention;
  desc.attention.heads = desc.attention.kvHeads = 3;
  desc.attention.headDim = desc.attention.valueDim = 5;
  Config kept{"x86-64-avx2", "kept", {{"grain_rows", 16}, {"grain_cols", 0}}};
  EXPECT_EQ(checkConfig(kept, desc, machine),
            "variant `kept` does not compute this attention");
  desc.attention.sink = desc.attention.emptyIsZero = true;
  EXPECT_FALSE(desc.attention.keepsScores());
  desc.attention.topK = 3;
  EXPECT_EQ(checkConfig(kept, desc, machine), "");
  kept.values["grain_cols"] = 5;
  EXPECT_EQ(checkConfig(kept, desc, machine),
            "`grain_cols = 5` must be 0: a task keeps the scores of all heads");
}

TEST(ConfigTest, MapRules) {
  KernelDesc desc;
  desc.kind = KernelKind::Map;
  desc.map.width = 48;
  Config config{"x86-64-avx2", "plain", {{"grain_rows", 4}, {"grain_cols", 8}}};
  EXPECT_EQ(checkConfig(config, desc, *findMachine("x86-64-avx2")),
            "`grain_cols = 8` must be 0: a task maps whole rows");
}

TEST(ConfigTest, RowwiseRules) {
  KernelDesc desc;
  desc.kind = KernelKind::Rowwise;
  desc.rowwise.width = 48;
  const Machine &machine = *findMachine("x86-64-avx2");
  Config rows{"x86-64-avx2", "rows", {{"grain_rows", 4}, {"grain_cols", 16}}};
  EXPECT_EQ(checkConfig(rows, desc, machine),
            "`grain_cols = 16` must be 0: a row is reduced by one task");
  desc.rowwise.overSequence = true;
  EXPECT_EQ(checkConfig(rows, desc, machine),
            "variant `rows` does not reduce over the sequence");
  Config columns{"x86-64-avx2",
                 "columns",
                 {{"tile_cols", 32}, {"grain_rows", 1}, {"grain_cols", 0}}};
  EXPECT_EQ(
      checkConfig(columns, desc, machine),
      "`tile_cols = 32` must be a power of two that divides the width 48");
  columns.values["tile_cols"] = 16, columns.values["grain_cols"] = 24;
  EXPECT_EQ(checkConfig(columns, desc, machine),
            "`grain_cols = 24` must be a multiple of `tile_cols = 16`");
  columns.values["grain_cols"] = 32;
  EXPECT_EQ(checkConfig(columns, desc, machine), "");
  desc.rowwise.groups = 3;
  EXPECT_EQ(checkConfig(columns, desc, machine),
            "parts of a row are not reduced over the sequence");
}

TEST(KernelKeyTest, NamesEverySize) {
  EXPECT_EQ(kernelKey(gemm(384, 1152)), "gemm k=384 n=1152 vectors=1 rows=0");
  KernelDesc desc;
  desc.kind = KernelKind::Attention;
  desc.attention = {12,  4,   32,  16,   0,    384,   512,
                    576, 576, 576, 0.1f, true, false, true};
  EXPECT_EQ(kernelKey(desc),
            "attention heads=12 kv_heads=4 head_dim=32 value_dim=16 q=576+0 "
            "k=576+384 v=576+512 scale=0.1 "
            "score_mod=1 mask_mod=0 shared=1");
  desc.kind = KernelKind::Rowwise;
  desc.rowwise = {true, 384, {Combine::Add, Combine::Max, Combine::Min}, 1, 2};
  EXPECT_EQ(kernelKey(desc),
            "rowwise over=sequence width=384 stages=+^v vectors=1 rows=2");
  desc.kind = KernelKind::Gather;
  desc.gather = {
      384, {GatherIndex::Ids, GatherIndex::Positions, GatherIndex::Types}};
  EXPECT_EQ(kernelKey(desc), "gather width=384 tables=ipt");
  desc.kind = KernelKind::Map;
  desc.map = {40, {{40, false, true}, {3, true}}, {{4, 40}, {9}}, true};
  EXPECT_EQ(kernelKey(desc),
            "map width=40 operands=40o,3s tables=4x40,9 batch=1");
}

// Kernels without options keep the keys that records were made under; each
// option adds a word.
TEST(KernelKeyTest, OptionsAddWords) {
  KernelDesc desc;
  desc.kind = KernelKind::Attention;
  std::string plain = kernelKey(desc);
  AttentionDesc &a = desc.attention;
  a.rows = {{4}, {2, ReadSpace::Keys}, {1, ReadSpace::Sequences}};
  a.pairs = {3}, a.tables = {{3, 9}, {7}}, a.memoryKeys = 2, a.topK = 5;
  a.crossKeys = a.zeroKey = a.sink = a.emptyIsZero = true;
  EXPECT_EQ(kernelKey(desc),
            plain + " rows=4q,2k,1s pairs=3 tables=3x9,7 cross=1 zero_key=1 "
                    "memory_keys=2 sink=1 empty_zero=1 top_k=5");
  a = {};
  a.hasAliveMod = a.preMix = a.postMix = a.gateMix = true;
  a.scoresIn = a.scoresOut = a.l2Distance = a.selective = true;
  a.suffixSums = a.copeMix = true, a.copeLength = 16;
  a.normalizer = Normalizer::Queries;
  EXPECT_EQ(kernelKey(desc),
            plain + " alive_mod=1 pre_mix=1 post_mix=1 gate_mix=1 scores_in=1 "
                    "scores_out=1 l2=1 selective=1 suffix_sums=1 "
                    "normalizer=4 cope=16 cope_mix=1");
  desc.kind = KernelKind::Rowwise;
  plain = kernelKey(desc);
  desc.rowwise.groups = 12;
  EXPECT_EQ(kernelKey(desc), plain + " groups=12");
}

} // namespace
} // namespace xf::targets
