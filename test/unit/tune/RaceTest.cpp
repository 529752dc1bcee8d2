// The race finds the fastest of runners whose times are noisy, drops the
// hopeless early, and never the one that all are compared with.
#include "compiler/Tune/Race.h"

#include <gtest/gtest.h>

#include <map>

namespace xf::tune {
namespace {

/// Runs a race of runners that take `times`, plus up to `noise` of it and now
/// and then a stall. Returns when each was dropped, in rounds.
std::map<size_t, size_t> run(Race &race, const std::vector<double> &times,
                             double noise, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::map<size_t, size_t> dropped;
  for (int pass = 0; pass < 100000 && !race.isDecided(); ++pass) {
    for (Race::Discipline discipline : {Race::One, Race::All}) {
      size_t runner = race.next(0, discipline);
      double stall = uniform(random) < 0.05 ? 5 : 1;
      race.add(runner, 0, discipline,
               times[runner] * (1 + noise * uniform(random)) * stall);
    }
    for (size_t runner : race.drop())
      dropped[runner] = race.rounds();
  }
  EXPECT_TRUE(race.isDecided());
  return dropped;
}

TEST(Race, FindsTheFastest) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    Race race(6, 1, seed);
    run(race, {1, 1.5, 0.9, 0.95, 2, 1.1}, 0.1, seed);
    EXPECT_EQ(race.leader(), 2u) << seed;
    EXPECT_NEAR(race.score(2), 0.9, 0.03);
  }
}

TEST(Race, DropsTheHopelessEarlyAndTheCloseLate) {
  Race race(4, 1, 1);
  auto dropped = run(race, {1, 3, 1.08, 0.9}, 0.02);
  EXPECT_LT(dropped.at(1), 6u);
  EXPECT_GE(dropped.at(2), 6u);
  EXPECT_TRUE(race.isRunning(3));
}

TEST(Race, KeepsTheRunnerThatAllAreComparedWith) {
  Race race(3, 1, 1);
  run(race, {3, 1, 2}, 0.02);
  EXPECT_TRUE(race.isRunning(0));
  EXPECT_NEAR(race.relative(1, Race::One), 1.0 / 3, 0.02);
  EXPECT_GE(race.samples(0, Race::All), race.samples(2, Race::All));
}

TEST(Race, EverybodyRunsBeforeAnybodyRunsAgain) {
  Race race(5, 1, 3);
  for (int round = 0; round < 4; ++round) {
    std::vector<int> count(5);
    for (int i = 0; i < 5; ++i)
      ++count[race.next(0, Race::One)];
    EXPECT_EQ(count, std::vector<int>(5, 1));
  }
}

TEST(Race, WhoLosesAtOneSizeDoesNotWin) {
  Race race(3, 2, 1);
  const double times[3][2] = {{1, 5}, {0.8, 5.5}, {0.9, 4.9}};
  for (int pass = 0; pass < 1000 && !race.isDecided(); ++pass) {
    for (size_t size : {0, 1})
      for (Race::Discipline discipline : {Race::One, Race::All}) {
        size_t runner = race.next(size, discipline);
        race.add(runner, size, discipline, times[runner][size]);
      }
    race.drop();
  }
  EXPECT_EQ(race.leader(), 2u);
  EXPECT_DOUBLE_EQ(race.relative(1, Race::One), 1.1);
  EXPECT_DOUBLE_EQ(race.relative(2, Race::All), 0.98);
  EXPECT_DOUBLE_EQ(race.best(2, Race::One), 0.9);
}

TEST(Race, TwinsEndUndecidedButEnd) {
  Race race(3, 1, 1);
  run(race, {1, 1, 1}, 0.05);
  EXPECT_NEAR(race.score(race.leader()), 1, 0.02);
}

TEST(Race, OneRunnerAloneIsMeasuredAllTheSame) {
  Race race(1, 1, 1);
  run(race, {1}, 0.05);
  EXPECT_TRUE(race.isMeasured(0));
  EXPECT_EQ(race.leader(), 0u);
}

} // namespace
} // namespace xf::tune
