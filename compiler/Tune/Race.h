// Who is fastest: some runners, timed one sample after the other in shuffled
// rounds, and dropped when they are hopeless. Knows nothing of kernels.
#pragma once

#include <array>
#include <cstddef>
#include <random>
#include <vector>

namespace xf::tune {

/// Runner 0 is the one that the others are compared with; it runs to the end.
/// Each is timed in two disciplines, at one thread and at all.
class Race {
public:
  enum Discipline { One, All };
  static constexpr size_t disciplines = 2;

  Race(size_t runners, unsigned seed);

  /// Who is to be timed next. Everybody still in the race comes once before
  /// anybody comes again.
  size_t next(Discipline discipline);
  void add(size_t runner, Discipline discipline, double seconds);

  /// Those that are dropped now. To be asked after every few samples.
  std::vector<size_t> drop();

  /// Nothing more is to be learned: the order stands, or the rest are alike.
  bool isDecided() const { return decided; }

  /// Fewest samples that any runner has in either discipline, of those still
  /// in the race.
  size_t rounds() const;
  bool isRunning(size_t runner) const { return runners[runner].running; }
  /// Whether `runner` has enough samples to say something of it.
  bool isMeasured(size_t runner) const;

  size_t samples(size_t runner, Discipline discipline) const;
  double best(size_t runner, Discipline discipline) const;
  double median(size_t runner, Discipline discipline) const;
  /// Best time by runner 0's.
  double relative(size_t runner, Discipline discipline) const;
  /// Both disciplines together: the geometric mean of `relative`.
  double score(size_t runner) const;
  /// The runner with the lowest score.
  size_t leader() const;

private:
  using Times = std::vector<double>;
  struct Runner {
    std::array<Times, disciplines> times;
    bool running = true;
  };

  bool isStable() const;

  std::vector<Runner> runners;
  std::array<std::vector<size_t>, disciplines> queues;
  std::mt19937 random;
  size_t checkpoint = 0;
  bool decided = false;
};

} // namespace xf::tune
