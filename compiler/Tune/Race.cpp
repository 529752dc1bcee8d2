// Successive halving in spirit: the longer the race, the less a runner may lag
// behind the leader.
#include "compiler/Tune/Race.h"

#include <algorithm>
#include <cmath>

namespace xf::tune {
namespace {

/// After so many rounds, whoever takes more than `slack` of the leader's time
/// is out. The fastest of few samples is not yet the fastest possible, so the
/// first looks are lenient.
struct Checkpoint {
  size_t rounds;
  double slack;
};
constexpr Checkpoint checkpoints[] = {{3, 1.3},   {6, 1.12},  {12, 1.05},
                                      {24, 1.02}, {48, 1.01}, {96, 1.01}};
constexpr size_t enough = 3;       ///< samples of a runner that count
constexpr size_t leastRounds = 12; ///< before the order can stand
/// Alone, nobody is compared: a few samples say what runner 0 takes.
constexpr size_t aloneRounds = 6;

} // namespace

static double bestOf(const std::vector<double> &times) {
  return times.empty() ? 0 : *std::min_element(times.begin(), times.end());
}

static double medianOf(std::vector<double> times) {
  if (times.empty())
    return 0;
  auto middle = times.begin() + ptrdiff_t(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

Race::Race(size_t count, size_t sizes, unsigned seed)
    : runners(count), queues(sizes * disciplines), random(seed) {
  for (Runner &runner : runners)
    runner.times.resize(courses());
}

size_t Race::next(size_t size, Discipline discipline) {
  std::vector<size_t> &queue = queues[course(size, discipline)];
  while (!queue.empty() && !runners[queue.back()].running)
    queue.pop_back();
  if (queue.empty()) {
    for (size_t i = 0; i < runners.size(); ++i)
      if (runners[i].running)
        queue.push_back(i);
    std::shuffle(queue.begin(), queue.end(), random);
  }
  size_t runner = queue.back();
  queue.pop_back();
  return runner;
}

void Race::add(size_t runner, size_t size, Discipline discipline,
               double seconds) {
  runners[runner].times[course(size, discipline)].push_back(seconds);
}

size_t Race::samples(size_t runner, Discipline discipline) const {
  return runners[runner].times[discipline].size();
}

double Race::best(size_t runner, Discipline discipline) const {
  return bestOf(runners[runner].times[discipline]);
}

double Race::median(size_t runner, Discipline discipline) const {
  return medianOf(runners[runner].times[discipline]);
}

double Race::relative(size_t runner, Discipline discipline) const {
  double most = 0;
  for (size_t c = discipline; c < courses(); c += disciplines) {
    double by = bestOf(runners[0].times[c]);
    if (by > 0)
      most = std::max(most, bestOf(runners[runner].times[c]) / by);
  }
  return most > 0 ? most : 1;
}

double Race::score(size_t runner) const {
  return std::sqrt(relative(runner, One) * relative(runner, All));
}

bool Race::isMeasured(size_t runner) const {
  return std::all_of(runners[runner].times.begin(), runners[runner].times.end(),
                     [](const Times &times) { return times.size() >= enough; });
}

size_t Race::rounds() const {
  size_t least = SIZE_MAX;
  for (const Runner &runner : runners)
    if (runner.running)
      for (const Times &times : runner.times)
        least = std::min(least, times.size());
  return least;
}

size_t Race::leader() const {
  size_t leader = 0;
  for (size_t i = 1; i < runners.size(); ++i)
    if (isMeasured(i) && score(i) < score(leader))
      leader = i;
  return leader;
}

/// By medians the leader leads runner 0 too, if it does by its best times.
bool Race::isStable() const {
  size_t first = leader();
  double byMedian = 1;
  for (size_t c = 0; c < courses(); ++c)
    byMedian *=
        medianOf(runners[first].times[c]) / medianOf(runners[0].times[c]);
  return first == 0 || byMedian < 1;
}

std::vector<size_t> Race::drop() {
  std::vector<size_t> dropped;
  size_t done = rounds(), still = 0;
  if (checkpoint < std::size(checkpoints) &&
      done >= checkpoints[checkpoint].rounds) {
    double most = score(leader()) * checkpoints[checkpoint].slack;
    for (size_t i = 1; i < runners.size(); ++i)
      if (runners[i].running && score(i) > most) {
        runners[i].running = false;
        dropped.push_back(i);
      }
    ++checkpoint;
  }
  for (const Runner &runner : runners)
    still += runner.running;
  if (still == 1)
    decided = done >= (runners.size() == 1 ? aloneRounds : leastRounds);
  else
    decided = (still == 2 && done >= leastRounds && runners[leader()].running &&
               leader() != 0 && isStable() && score(leader()) < 0.97) ||
              checkpoint == std::size(checkpoints);
  return dropped;
}

} // namespace xf::tune
