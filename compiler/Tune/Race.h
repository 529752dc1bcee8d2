// Who is fastest: some runners, timed one sample after the other in shuffled
// rounds, and dropped when they are hopeless. Knows nothing of kernels.
#pragma once

#include <cstddef>
#include <random>
#include <vector>

namespace xf::tune {

/// Runner 0 is the one that the others are compared with; it runs to the end.
/// Each is timed on courses: several sizes, each in two disciplines, at one
/// thread and at all.
class Race {
public:
  enum Discipline { One, All };
  static constexpr size_t disciplines = 2;

  Race(size_t runners, size_t sizes, unsigned seed);

  /// Who is to be timed next. Everybody still in the race comes once before
  /// anybody comes again.
  size_t next(size_t size, Discipline discipline);
  void add(size_t runner, size_t size, Discipline discipline, double seconds);

  /// Those that are dropped now. To be asked after every few samples.
  std::vector<size_t> drop();

  /// Nothing more is to be learned: the order stands, or the rest are alike.
  bool isDecided() const { return decided; }

  /// Fewest samples that any runner has on any course, of those still in the
  /// race.
  size_t rounds() const;
  bool isRunning(size_t runner) const { return runners[runner].running; }
  /// Whether `runner` has enough samples to say something of it.
  bool isMeasured(size_t runner) const;

  // Of the first size.
  size_t samples(size_t runner, Discipline discipline) const;
  double best(size_t runner, Discipline discipline) const;
  double median(size_t runner, Discipline discipline) const;
  /// Best time by runner 0's, at the size where that is the most: who wins
  /// shall lose nowhere.
  double relative(size_t runner, Discipline discipline) const;
  /// Both disciplines together: the geometric mean of `relative`.
  double score(size_t runner) const;
  /// The runner with the lowest score.
  size_t leader() const;

private:
  using Times = std::vector<double>;
  struct Runner {
    std::vector<Times> times; ///< by course
    bool running = true;
  };

  static size_t course(size_t size, Discipline discipline) {
    return size * disciplines + discipline;
  }
  size_t courses() const { return queues.size(); }
  bool isStable() const;

  std::vector<Runner> runners;
  std::vector<std::vector<size_t>> queues; ///< by course
  std::mt19937 random;
  size_t checkpoint = 0;
  bool decided = false;
};

} // namespace xf::tune
