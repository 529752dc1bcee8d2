// The threads of a model. A session's team runs its launches, each a number of
// tasks: the caller takes them and so do workers that joined, until none is
// left. No launch waits for a worker to show up, so any number of sessions can
// share the pool. A worker that joined stays for the call and watches a counter
// of launches: between two launches no lock is taken and nobody sleeps.
#pragma once

#include "runtime/src/cpu.h"
#include "runtime/src/halide_hooks.h"

#include <atomic>
#include <cstdint>
#include <pthread.h>
#include <sys/types.h>

namespace xf::rt {

using TaskFn = void (*)(void *data, uint32_t index, KernelContext &context);

/// Which tasks a thread takes while it has a choice.
enum class Share {
  Parts,  ///< each thread a part of neighbours, then what others have left
  InOrder ///< the next one, whoever comes
};

/// The threads of one session. Owned by the session, used by one thread at a
/// time; the pool must `forget` it before it goes.
struct Team {
  /// A part of the launch's tasks.
  struct alignas(64) Part {
    /// The launch's number in the upper half; in the lower one, how many of its
    /// last tasks nobody took. To take a task is to count it down; who took one
    /// may read the fields below until it has counted it done.
    std::atomic<uint64_t> ticket{0};
  };
  static constexpr uint32_t mostParts = 16;
  Part parts[mostParts];

  /// Counts launches: what workers between two of them watch.
  alignas(64) std::atomic<uint32_t> launch{0};
  std::atomic<uint32_t> numTasks{0}, numParts{1};
  std::atomic<TaskFn> task{nullptr};
  std::atomic<void *> data{nullptr};
  /// Most threads on a launch, the caller included.
  std::atomic<uint32_t> maxThreads{1};

  /// Tasks not yet done; the top bit: the caller sleeps until they are.
  alignas(64) std::atomic<uint32_t> pending{0};

  /// Whether a call runs: its next launch is near, so it is worth waiting for.
  std::atomic<bool> open{false};
  /// Workers inside; changed under the pool's lock.
  alignas(64) std::atomic<uint32_t> members{0};
  /// The session goes, or this process has no such workers.
  std::atomic<bool> disbanded{false};

  uint64_t seats[4] = {1}; ///< those taken; guarded by the pool's lock
  pid_t process = 0;       ///< that the workers inside belong to
  Team *previous = nullptr, *next = nullptr;
};

class ThreadPool {
public:
  /// No more than this many threads work on a launch, whatever a session asks
  /// for.
  static constexpr uint32_t maxThreads = 256;

  /// `cpus`: that its threads can run on at once.
  explicit ThreadPool(uint32_t cpus = usableCpus());
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;
  /// Joins the workers. No call may be running.
  ~ThreadPool();

  /// A call of the team begins: launches of up to `threads` threads, the caller
  /// included, follow each other.
  void open(Team &team, uint32_t threads);
  void close(Team &team);

  /// Runs every task of 0 .. numTasks - 1 once; returns when all are done. The
  /// caller works too, with its own `context`. Between open and close.
  void run(Team &team, TaskFn task, void *data, uint32_t numTasks, Share share,
           KernelContext &context);

  /// Waits until no worker looks at a closed team any more.
  void forget(Team &team);

  /// After a fork the child has none of its parent's workers: forgets them.
  /// Cheap; called at the start of a call.
  void noticeFork();

  uint32_t workerCount();
  uint32_t cpuCount() const { return cpus; }

private:
  struct Worker {
    ThreadPool *pool = nullptr;
    pthread_t thread{};
    KernelContext context;
  };
  struct Seat {
    Team *team = nullptr;
    uint32_t number = 0;
  };

  static void *workerMain(void *argument);
  void work(Worker &worker);
  void serve(const Seat &seat, uint32_t seen, KernelContext &context);
  Seat joinAny();
  bool leave(const Seat &seat);
  void createWorkers(uint32_t wanted);
  void callWorkers(uint32_t count);
  void list(Team &team);
  bool isCrowded();

  pthread_mutex_t lock;
  Team *teams = nullptr; ///< that ever wanted workers; guarded by lock
  Worker *workers[maxThreads] = {}; ///< guarded by lock
  std::atomic<uint32_t> numWorkers{0};
  /// Calls for workers; what idle ones sleep on.
  std::atomic<uint32_t> epoch{0};
  std::atomic<uint32_t> sleepers{0};
  std::atomic<uint32_t> openTeams{0}, wantedWorkers{0}; ///< by open teams
  std::atomic<bool> stopping{false};
  std::atomic<pid_t> owner;
  const uint32_t cpus;
};

} // namespace xf::rt
