// The threads of a model. A job is a counter of tasks that its caller and any
// idle workers take from until none is left, so a job needs no worker to finish
// and several sessions can share the pool. Workers are created when first
// wanted.
#pragma once

#include "runtime/src/halide_hooks.h"

#include <atomic>
#include <cstdint>
#include <pthread.h>
#include <sys/types.h>

namespace xf::rt {

/// One parallel loop. Lives as long as its session, since a worker may still
/// look at it as `run` returns.
struct Job {
  void (*task)(void *data, uint32_t index, KernelContext &context) = nullptr;
  void *data = nullptr;
  uint32_t numTasks = 0;
  uint32_t maxThreads = 1; ///< the caller included

  std::atomic<uint32_t> nextTask{0};
  /// Workers inside; the top bit: the caller sleeps until they are out.
  std::atomic<uint32_t> active{0};
  /// Threads that ever took part; guarded by the pool's lock.
  uint32_t joined = 0;
  Job *previous = nullptr, *next = nullptr;
};

class ThreadPool {
public:
  /// No more than this many threads work on a job, whatever a session asks for.
  static constexpr uint32_t maxThreads = 256;

  ThreadPool();
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;
  /// Joins the workers. No job may be running.
  ~ThreadPool();

  /// Runs every task of `job` once; returns when all are done. The caller works
  /// too, with its own `context`.
  void run(Job &job, KernelContext &context);

  /// After a fork the child has none of its parent's workers: forgets them.
  /// Cheap; called at the start of a call.
  void noticeFork();

  uint32_t workerCount();

private:
  struct Worker {
    ThreadPool *pool = nullptr;
    pthread_t thread{};
    KernelContext context;
  };

  static void *workerMain(void *argument);
  void work(Worker &worker);
  Job *joinAny();
  void createWorkers(uint32_t wanted);
  void publish(Job &job);
  void retract(Job &job);

  pthread_mutex_t lock;
  Job *jobs = nullptr; ///< those that may want workers; guarded by lock
  Worker *workers[maxThreads] = {}; ///< guarded by lock
  std::atomic<uint32_t> numWorkers{0};
  /// Counts publications; what idle workers sleep on.
  std::atomic<uint32_t> epoch{0};
  std::atomic<uint32_t> sleepers{0};
  std::atomic<bool> stopping{false};
  std::atomic<pid_t> owner;
};

} // namespace xf::rt
