// The measuring process with kernels that go wrong in every way: each costs
// itself only, and what is fine runs on.
#include "compiler/Tune/MeasureProcess.h"
#include "compiler/Tune/Pace.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"

#include <gtest/gtest.h>

namespace xf::tune {
namespace {

using Outcome = MeasureProcess::Outcome;
using Verdict = MeasureProcess::Verdict;

constexpr int32_t width = 16;

/// One launch: ids in, rows out.
Workload sampleWork() {
  Workload work;
  work.model = "sample";
  work.numTokens = 1000;
  work.arenaWidth = width;
  work.kernels.emplace_back().uses = 1;
  WorkLaunch launch;
  launch.name = "only";
  launch.args = {{XF_ARG_INDEX, XF_ELEM_I32, 1, 0, {}, XF_INDEX_IDS, 0, 0}};
  launch.outputWidth = width;
  work.launches.push_back(launch);
  return work;
}

struct Measure : testing::Test {
  Workload work = sampleWork();
  std::unique_ptr<llvm::MemoryBuffer> object =
      std::move(*llvm::MemoryBuffer::getFile(XF_BAD_KERNELS, false, false));

  /// A variant for each of `functions`, cut into crops of 3 rows x 8 columns.
  MeasureProcess::Setup setup(std::vector<std::string> functions) {
    MeasureProcess::Setup setup;
    setup.work = &work;
    setup.machine = &targets::cpuMachines().front();
    setup.runtime =
        llvm::ArrayRef(object->getBufferStart(), object->getBufferSize());
    setup.threads = 2;
    for (size_t i = 0; i < functions.size(); ++i) {
      setup.code.push_back({setup.runtime, functions[i]});
      setup.variants.push_back({0, i, 3, 8});
    }
    return setup;
  }
};

TEST_F(Measure, ComparesVariantsAndTimesThem) {
  MeasureProcess process(setup({"good", "good", "wrong", "failing"}));
  ASSERT_EQ(process.check({5, 2}, 2, {0}, {false, true, true, true}, 10),
            Outcome::Ok)
      << process.message();
  EXPECT_EQ(process.verdict(0), Verdict::None);
  EXPECT_EQ(process.verdict(1), Verdict::Same);
  EXPECT_EQ(process.verdict(2), Verdict::Different);
  EXPECT_EQ(process.where(2).find("row 2, column 3 is "), 0u)
      << process.where(2);
  EXPECT_EQ(process.verdict(3), Verdict::Different);
  EXPECT_NE(process.where(3).find("failed with code -7"), std::string::npos)
      << process.where(3);
  PassTimes times;
  ASSERT_EQ(process.run({64}, 1, {1}, 10, times), Outcome::Ok);
  ASSERT_EQ(times.seconds.size(), 1u);
  EXPECT_GT(times.seconds[0], 0);
  EXPECT_EQ(times.wall, times.seconds[0]);
  double flops = 0;
  ASSERT_EQ(process.measureCeiling(1, 10, flops), Outcome::Ok);
  EXPECT_GT(flops, 0);
}

TEST_F(Measure, ACrashIsBlamedAndTheRestGoOn) {
  MeasureProcess process(setup({"good", "good", "crashing", "good"}));
  std::vector<bool> asks = {false, true, true, true};
  ASSERT_EQ(process.check({5}, 1, {0}, asks, 10), Outcome::Died);
  EXPECT_EQ(process.culprit(), 2u);
  EXPECT_NE(process.message().find("signal 11"), std::string::npos)
      << process.message();
  EXPECT_EQ(process.verdict(1), Verdict::Same);
  EXPECT_EQ(process.verdict(3), Verdict::None);
  ASSERT_EQ(process.check({5}, 1, {0}, {false, false, false, true}, 10),
            Outcome::Ok);
  EXPECT_EQ(process.verdict(3), Verdict::Same);
}

TEST_F(Measure, AHangIsEndedAndBlamed) {
  MeasureProcess process(setup({"good", "hanging", "good"}));
  ASSERT_EQ(process.check({5}, 2, {0}, {false, true, true}, 0.3),
            Outcome::TimedOut);
  EXPECT_EQ(process.culprit(), 1u);
  EXPECT_NE(process.message().find("took longer"), std::string::npos);
  PassTimes times;
  EXPECT_EQ(process.run({5}, 2, {2}, 10, times), Outcome::Ok);
}

TEST_F(Measure, ACrashOutsideOfACheckIsNobodys) {
  MeasureProcess process(setup({"crashing"}));
  PassTimes times;
  EXPECT_EQ(process.run({5}, 1, {0}, 10, times), Outcome::Died);
  EXPECT_EQ(process.culprit(), MeasureProcess::nobody);
}

TEST_F(Measure, CodeThatDoesNotLinkIsNamed) {
  MeasureProcess process(setup({"good", "absent"}));
  EXPECT_EQ(process.start(10), Outcome::Failed);
  EXPECT_EQ(process.culprit(), 1u);
  EXPECT_NE(process.message().find("absent"), std::string::npos)
      << process.message();
}

//===----------------------------------------------------------------------===//
// Pace
//===----------------------------------------------------------------------===//

/// A lock file in a place of its own.
struct LockPath {
  llvm::SmallString<128> path;
  LockPath() {
    (void)llvm::sys::fs::createTemporaryFile("measure", "lock", path);
  }
  ~LockPath() { (void)llvm::sys::fs::remove(path); }
  MeasureLock open() const {
    return llvm::cantFail(MeasureLock::open(path.str().str()));
  }
};

TEST(MeasureLock, OneHasItAtATime) {
  LockPath place;
  MeasureLock first = place.open(), second = place.open();
  EXPECT_TRUE(first.tryAcquire());
  EXPECT_FALSE(second.tryAcquire());
  first.release();
  EXPECT_TRUE(second.tryAcquire());
  auto wrong = MeasureLock::open("/proc/none/lock");
  ASSERT_FALSE(bool(wrong));
  EXPECT_NE(llvm::toString(wrong.takeError()).find("cannot open the lock"),
            std::string::npos);
}

TEST(Pace, DisturbedPassesAreRepeatedAndInTheEndCountAsSuch) {
  TuneOptions options;
  LockPath place;
  Pace pace(options, place.open());
  EXPECT_FALSE(pace.shallRepeat(1, 0.01, 1)) << "a little is always going on";
  int repeats = 0;
  while (pace.shallRepeat(1, 0.5, 1))
    ASSERT_LT(++repeats, 1000);
  EXPECT_GT(repeats, 3);
  EXPECT_TRUE(pace.isDisturbed());
  EXPECT_FALSE(pace.shallRepeat(1, 0.5, 1)) << "from then on it goes on";
  options.allowBusy = true;
  Pace any(options, place.open());
  EXPECT_FALSE(any.shallRepeat(1, 0.5, 1));
  EXPECT_FALSE(any.isDisturbed());
}

TEST(Load, CountsTheCoresThatOthersUse) {
  // Readings as /proc gives them, a second apart: others use 1.3 cores.
  CpuTimes before{100, 10, 50}, after{101.6, 10.3, 51};
  EXPECT_NEAR(othersCores(before, after), 1.3, 1e-9);
  EXPECT_EQ(othersCores(after, before), 0);
  CpuTimes here = readCpuTimes(0);
  EXPECT_GT(here.busy, 0);
  EXPECT_GT(here.now, 0);
}

TEST(Pace, IsOverAtTheDeadlineAndWhenStopped) {
  TuneOptions options;
  options.budget = 100;
  bool stop = false;
  options.stopped = [&] { return stop; };
  LockPath place;
  Pace pace(options, place.open());
  EXPECT_FALSE(pace.isOver(50));
  EXPECT_TRUE(pace.isOver(0));
  stop = true;
  EXPECT_TRUE(pace.isOver(50));
}

} // namespace
} // namespace xf::tune
