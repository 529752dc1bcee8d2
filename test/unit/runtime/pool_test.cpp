// Holds that a team's launches run each task once, on as many threads as are
// allowed; and that workers leave, come back and serve several teams.
#include "runtime/src/thread_pool.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

using namespace xf::rt;

namespace {
/// A team with its caller's context, that the pool forgets when it goes.
struct Caller {
  Caller(ThreadPool &pool, uint32_t threads) : pool(pool), threads(threads) {}
  Caller(const Caller &) = delete;
  ~Caller() { pool.forget(team); }

  void open() { pool.open(team, threads); }
  void close() { pool.close(team); }
  void launch(uint32_t numTasks, std::function<void(uint32_t)> task) {
    pool.run(
        team,
        [](void *data, uint32_t index, KernelContext &) {
          (*static_cast<std::function<void(uint32_t)> *>(data))(index);
        },
        &task, numTasks, share, context);
  }
  /// Tasks that wait for each other: ends only if as many threads come.
  void meet(uint32_t number) {
    std::atomic<uint32_t> inside{0};
    launch(number, [&](uint32_t) {
      ++inside;
      while (inside < number)
        std::this_thread::yield();
    });
  }

  ThreadPool &pool;
  uint32_t threads;
  Share share = Share::Parts;
  Team team;
  KernelContext context;
};
} // namespace

TEST(Pool, EveryTaskRunsOnce) {
  ThreadPool pool(2);
  Caller caller(pool, 3);
  for (int call = 0; call < 20; ++call) {
    caller.share = call % 2 ? Share::Parts : Share::InOrder;
    caller.open();
    for (uint32_t numTasks : {0u, 1u, 2u, 3u, 100u, 1000u}) {
      std::vector<std::atomic<int>> runs(numTasks);
      caller.launch(numTasks, [&](uint32_t index) { ++runs.at(index); });
      for (const auto &count : runs)
        EXPECT_EQ(count, 1);
    }
    caller.close();
  }
}

// Alone, a thread works its own part off and then the others', all in order.
TEST(Pool, PartsAreTakenFromTheirFront) {
  ThreadPool pool(1);
  Caller caller(pool, 2);
  caller.open();
  caller.meet(2);
  std::vector<uint32_t> mine;
  std::atomic<bool> busy{false};
  std::atomic<int> rest{9};
  const std::thread::id self = std::this_thread::get_id();
  // The worker holds its first task until the caller has done all the rest.
  caller.launch(10, [&](uint32_t index) {
    if (std::this_thread::get_id() == self) {
      while (!busy)
        std::this_thread::yield();
      mine.push_back(index);
      --rest;
    } else {
      EXPECT_EQ(index, 5u);
      busy = true;
      while (rest > 0)
        std::this_thread::yield();
    }
  });
  EXPECT_EQ(mine, (std::vector<uint32_t>{0, 1, 2, 3, 4, 6, 7, 8, 9}));
  caller.close();
}

TEST(Pool, WhatATaskWroteTheCallerSees) {
  ThreadPool pool(2);
  Caller caller(pool, 2);
  caller.open();
  std::vector<uint32_t> values(64); // plain memory: TSan looks on
  for (uint32_t turn = 0; turn < 2000; ++turn) {
    caller.launch(64, [&](uint32_t index) { values[index] += index; });
    if (turn % 500 == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
  caller.close();
  for (uint32_t index = 0; index < 64; ++index)
    EXPECT_EQ(values[index], 2000 * index);
}

// Longer than any worker spins: it left, and is called back.
TEST(Pool, WorkersThatLeftComeBack) {
  ThreadPool pool(2);
  Caller caller(pool, 2);
  for (int call = 0; call < 3; ++call) {
    caller.open();
    caller.meet(2);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    caller.meet(2);
    caller.close();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(pool.workerCount(), 1u);
}

TEST(Pool, MoreThreadsThanCpusTakePart) {
  ThreadPool pool(1);
  Caller caller(pool, 4);
  caller.open();
  for (int turn = 0; turn < 20; ++turn)
    caller.meet(4);
  caller.close();
}

TEST(Pool, TheNumberOfThreadsMayChangeBetweenCalls) {
  ThreadPool pool(4);
  Caller caller(pool, 4);
  for (uint32_t threads : {4u, 1u, 2u, 3u, 2u, 4u}) {
    caller.threads = threads;
    caller.open();
    std::atomic<uint32_t> inside{0}, most{0};
    for (int turn = 0; turn < 50; ++turn)
      caller.launch(16, [&](uint32_t) {
        const uint32_t now = ++inside;
        for (uint32_t seen = most;
             now > seen && !most.compare_exchange_weak(seen, now);)
          ;
        --inside;
      });
    EXPECT_LE(most, threads);
    caller.meet(threads);
    caller.close();
  }
}

TEST(Pool, TeamsAtOnceHaveWorkersForTheCpus) {
  for (const auto &[cpus, workers] :
       {std::pair{8u, 4u}, {5u, 3u}, {2u, 2u}, {1u, 2u}}) {
    ThreadPool pool(cpus);
    Caller first(pool, 3), second(pool, 3);
    first.open();
    EXPECT_EQ(pool.workerCount(), 2u);
    second.open();
    EXPECT_EQ(pool.workerCount(), workers) << cpus << " CPUs";
    second.close();
    first.close();
  }
}

// On a machine of many CPUs too, where callers want more in all.
TEST(Pool, NoMoreWorkersThanAreKept) {
  ThreadPool pool(1000);
  Caller first(pool, ThreadPool::maxThreads),
      second(pool, ThreadPool::maxThreads);
  first.open();
  second.open();
  EXPECT_LE(pool.workerCount(), ThreadPool::maxThreads);
  second.close();
  first.close();
}

// A pool may go at any moment after a call, also while its workers start.
TEST(Pool, EndsWhileWorkersStart) {
  for (int life = 0; life < 200; ++life) {
    ThreadPool pool(2);
    Caller caller(pool, 3);
    caller.open();
    caller.close();
  }
}

#if defined(__x86_64__)
#include <immintrin.h>
// Threads inherit it from the one that creates them.
TEST(Pool, CallersFloatEnvironmentDoesNotReachWorkers) {
  ThreadPool pool(2);
  Caller caller(pool, 2);
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | 0x8040);
  caller.open();
  _mm_setcsr(before);
  std::atomic<uint32_t> inside{0};
  std::atomic<unsigned> seen{0};
  caller.launch(2, [&](uint32_t) {
    ++inside;
    while (inside < 2)
      std::this_thread::yield();
    seen |= _mm_getcsr() & 0x8040;
  });
  caller.close();
  EXPECT_EQ(seen, 0u);
}
#endif

// Workers that wait in one team's call serve another's meanwhile.
TEST(Pool, TeamsShareWorkers) {
  ThreadPool pool(2);
  Caller first(pool, 2), second(pool, 2);
  first.open();
  first.meet(2);
  second.open();
  EXPECT_EQ(pool.workerCount(), 1u);
  for (int turn = 0; turn < 20; ++turn) {
    second.meet(2);
    first.meet(2);
  }
  second.close();
  first.close();
}

TEST(Pool, ManyCallersManyCalls) {
  ThreadPool pool(4);
  std::vector<std::thread> threads;
  for (uint32_t caller = 0; caller < 6; ++caller)
    threads.emplace_back([&, caller] {
      for (int life = 0; life < 10; ++life) {
        Caller one(pool, 1 + (caller + uint32_t(life)) % 4);
        for (int call = 0; call < 5; ++call) {
          one.open();
          for (uint32_t turn = 1; turn < 20; ++turn) {
            std::atomic<uint32_t> sum{0};
            one.launch(turn, [&](uint32_t index) { sum += index; });
            EXPECT_EQ(2 * sum, turn * (turn - 1));
          }
          one.close();
        }
      }
    });
  for (std::thread &thread : threads)
    thread.join();
}
