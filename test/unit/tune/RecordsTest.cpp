// Which config records lead to: the kernel's own first, then the nearest, never
// one that was slower than the heuristic's or measured on another processor.
#include "SampleRecords.h"

#include <gtest/gtest.h>

#include <cmath>

namespace xf::test {
namespace {

using namespace targets;

const Machine &avx512() { return *findMachine("x86-64-avx512"); }
const ShapeClass &rows128() { return shapeClasses()[2]; }

struct Choose : testing::Test {
  KernelDesc desc = gemmDesc(384, 1152);
  std::vector<Config> configs = candidates(desc, avx512(), rows128());
  RecordSet set{{{"your records", {}}, {"committed records", {}}},
                sampleCpu().id()};

  const Config &heuristic() const { return configs[0]; }
  Record record(const Config &config, double one, double all) const {
    return sampleRecord(desc, 128, heuristic(), config, one, all);
  }
  std::vector<Record> &user() { return set.sources[0].records; }
  std::vector<Record> &committed() { return set.sources[1].records; }
  RecordChoice choose() const {
    return chooseConfig(desc, avx512(), rows128(), &set);
  }
  void SetUp() override { ASSERT_GE(configs.size(), 3u); }
};

TEST_F(Choose, WithoutRecordsTheHeuristicDecides) {
  EXPECT_EQ(choose().config, heuristic());
  EXPECT_EQ(choose().from, RecordChoice::From::Heuristic);
  EXPECT_EQ(chooseConfig(desc, avx512(), rows128(), nullptr).config,
            heuristic());
}

TEST_F(Choose, TheFastestOfTheKernelsOwnRecordsWins) {
  user() = {record(heuristic(), 1, 1), record(configs[1], 0.9, 0.95),
            record(configs[2], 0.8, 0.85)};
  RecordChoice choice = choose();
  EXPECT_EQ(choice.config, configs[2]);
  EXPECT_EQ(choice.from, RecordChoice::From::Record);
  EXPECT_EQ(choice.record, &user()[2]);
  EXPECT_NE(choice.source.find("your records (0.82 of the heuristic's time)\n"),
            std::string::npos)
      << choice.source;
}

TEST_F(Choose, ALossAtEitherNumberOfThreadsRulesOut) {
  user() = {record(configs[1], 0.5, 1.02), record(configs[2], 1.02, 0.5)};
  EXPECT_EQ(choose().config, heuristic());
  user().push_back(record(configs[1], 0.5, 1.005));
  EXPECT_EQ(choose().config, configs[1]) << "the newest record of a config";
}

TEST_F(Choose, LessThanOnePercentIsNoise) {
  user() = {record(configs[1], 0.995, 0.992)};
  RecordChoice choice = choose();
  EXPECT_EQ(choice.config, heuristic());
  EXPECT_EQ(choice.from, RecordChoice::From::Record) << choice.source;
}

TEST_F(Choose, TheUsersRecordsComeBeforeTheCommitted) {
  user() = {record(configs[1], 0.9, 0.9)};
  committed() = {record(configs[2], 0.5, 0.5)};
  EXPECT_EQ(choose().config, configs[1]);
  user().clear();
  EXPECT_EQ(choose().config, configs[2]);
}

TEST_F(Choose, RecordsOfOtherProcessorsAreNotUsed) {
  user() = {record(configs[1], 0.5, 0.5)};
  set.cpu = "GenuineIntel-6-143";
  EXPECT_EQ(choose().from, RecordChoice::From::Heuristic);
  user()[0].cpu.vendor = "GenuineIntel";
  user()[0].cpu.family = 6;
  user()[0].cpu.model = 143;
  EXPECT_EQ(choose().config, configs[1]) << "unless it is compiled for those";
}

TEST_F(Choose, UnusableRecordsAreNotUsed) {
  Record failed = record(configs[1], 0.5, 0.5), disturbed = failed,
         old = failed, other = failed, limited = failed;
  failed.status = RecordStatus::WrongResult;
  disturbed.disturbed = true;
  old.method = recordMethod - 1;
  other.config.target = "x86-64-avx2";
  limited.config.values["max_rows"] = 7;
  user() = {failed, disturbed, old, other, limited};
  EXPECT_EQ(choose().from, RecordChoice::From::Heuristic);
}

TEST_F(Choose, AConfigThatIsNoLongerLegalIsPassedOver) {
  Config illegal = configs[1];
  illegal.values["unroll_k"] = 7; // 384 is no multiple
  user() = {record(illegal, 0.5, 0.5), record(configs[2], 0.9, 0.9)};
  EXPECT_EQ(choose().config, configs[2]);
}

TEST_F(Choose, RecordsOutliveTheHeuristicTheyWereMeasuredBeside) {
  // Measured while another config was the heuristic's choice, at 2/3 of whose
  // time today's runs.
  auto old = [&](const Config &config, double time) {
    return sampleRecord(desc, 128, configs[2], config, time, time);
  };
  user() = {old(configs[2], 1), old(configs[1], 0.6)};
  EXPECT_EQ(choose().config, heuristic())
      << "nothing says how they compare with today's";
  user().push_back(old(heuristic(), 2.0 / 3));
  EXPECT_EQ(choose().config, configs[1]) << "0.9 of today's";
  user()[1] = old(configs[1], 0.7);
  EXPECT_EQ(choose().config, heuristic()) << "1.05 of today's";
}

TEST_F(Choose, TheNearestKernelLendsItsTiles) {
  KernelDesc near = gemmDesc(512, 1152);
  std::vector<Config> nearConfigs = candidates(near, avx512(), rows128());
  auto nearRecord = [&](const Config &config, double time) {
    return sampleRecord(near, 128, nearConfigs[0], config, time, time);
  };
  user() = {nearRecord(nearConfigs[0], 1), nearRecord(nearConfigs[1], 0.9)};
  RecordChoice choice = choose();
  EXPECT_EQ(choice.from, RecordChoice::From::Nearest);
  EXPECT_EQ(choice.config.get("tile_m"), nearConfigs[1].get("tile_m"));
  EXPECT_EQ(choice.config.get("tile_n"), nearConfigs[1].get("tile_n"));
  EXPECT_NE(std::find(configs.begin(), configs.end(), choice.config),
            configs.end())
      << "a candidate of this kernel, with grains for its own sizes";
  user()[1] = nearRecord(nearConfigs[1], 0.985);
  EXPECT_EQ(choose().from, RecordChoice::From::Heuristic)
      << "another kernel's gain must be 2%";
}

TEST_F(Choose, AFarKernelDoesNotAdvise) {
  KernelDesc far = gemmDesc(384 * 4, 1152);
  Config config = candidates(far, avx512(), rows128())[1];
  user() = {sampleRecord(far, 128, heuristic(), config, 0.5, 0.5)};
  EXPECT_EQ(choose().from, RecordChoice::From::Heuristic);
}

TEST_F(Choose, TheKernelsOwnRecordsComeBeforeANearOnes) {
  KernelDesc near = gemmDesc(512, 1152);
  Config config = candidates(near, avx512(), rows128())[1];
  user() = {sampleRecord(near, 128, heuristic(), config, 0.5, 0.5)};
  committed() = {record(configs[1], 1.2, 1.2)};
  EXPECT_EQ(choose().config, heuristic());
  EXPECT_EQ(choose().from, RecordChoice::From::Record);
}

TEST(KernelDistance, CountsPowersOfTwo) {
  auto distance = [](const std::string &a, const std::string &b,
                     int64_t rows = 128, const std::string &math = "") {
    return kernelDistance(a, "", 128, b, math, rows);
  };
  const std::string gemm = "gemm k=384 n=1152 vectors=1 rows=0";
  EXPECT_EQ(distance(gemm, gemm), 0);
  EXPECT_EQ(distance(gemm, "gemm k=768 n=1152 vectors=1 rows=0"), 1);
  EXPECT_EQ(distance(gemm, "gemm k=768 n=576 vectors=1 rows=0"), 2);
  EXPECT_EQ(distance(gemm, "gemm k=384 n=1152 vectors=1 rows=1"), 0.25);
  EXPECT_EQ(distance(gemm, gemm, 1024), 3);
  EXPECT_EQ(distance(gemm, gemm, 128, "_erf"), 0.5);
  EXPECT_TRUE(std::isinf(distance(gemm, "gather width=384 tables=ip")));
  EXPECT_TRUE(std::isinf(
      distance("rowwise over=row width=384 stages=+ vectors=2 rows=0",
               "rowwise over=row width=384 stages=++ vectors=2 rows=0")));
  EXPECT_TRUE(std::isinf(distance(gemm, "gemm k=384 n=1152 vectors=1")));
}

} // namespace
} // namespace xf::test
