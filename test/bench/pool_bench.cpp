// Times what the runtime's pool adds to a launch: launches of tasks that do
// nothing, or that take a given time, on one thread and more.
// ./pool_bench; the figures in runtime/README.md come from it.
#include "runtime/src/thread_pool.h"

#include <benchmark/benchmark.h>

using namespace xf::rt;

/// A task that keeps its thread busy for as many nanoseconds as `data` says.
static void work(void *data, uint32_t, KernelContext &) {
  const uint64_t wanted = reinterpret_cast<uintptr_t>(data);
  if (wanted == 0)
    return;
  const uint64_t start = nanoseconds();
  while (nanoseconds() - start < wanted)
    ;
}

/// Arguments: threads, tasks a launch, nanoseconds a task. `added`: the time of
/// a launch beyond that of the tasks which its busiest thread runs.
static void launches(benchmark::State &state) {
  const uint32_t threads = uint32_t(state.range(0)),
                 tasks = uint32_t(state.range(1));
  void *const length = reinterpret_cast<void *>(state.range(2));
  static ThreadPool pool;
  Team team;
  KernelContext context;
  pool.open(team, threads);
  for (int warm = 0; warm < 1000; ++warm)
    pool.run(team, work, length, tasks, Share::Parts, context);
  const uint64_t start = nanoseconds();
  for (auto _ : state)
    pool.run(team, work, length, tasks, Share::Parts, context);
  const double each =
      double(nanoseconds() - start) / double(state.iterations());
  state.counters["added_ns"] =
      each - double((tasks + threads - 1) / threads) * double(state.range(2));
  pool.close(team);
  pool.forget(team);
}
BENCHMARK(launches)
    ->ArgNames({"threads", "tasks", "ns"})
    ->ArgsProduct({{1, 2}, {2, 8, 32}, {0, 2000}})
    ->UseRealTime();

/// A call of one launch after a pause, in microseconds: what waking costs a
/// caller that does not call at once.
static void calls(benchmark::State &state) {
  static ThreadPool pool;
  Team team;
  KernelContext context;
  const uint64_t pause = uint64_t(state.range(0)) * 1000;
  for (auto _ : state) {
    state.PauseTiming();
    const uint64_t start = nanoseconds();
    while (nanoseconds() - start < pause)
      ;
    state.ResumeTiming();
    pool.open(team, 2);
    for (int launch = 0; launch < 40; ++launch)
      pool.run(team, work, reinterpret_cast<void *>(10000), 4, Share::Parts,
               context);
    pool.close(team);
  }
  pool.forget(team);
}
BENCHMARK(calls)
    ->ArgName("pause_us")
    ->Arg(0)
    ->Arg(30)
    ->Arg(1000)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

BENCHMARK_MAIN();
