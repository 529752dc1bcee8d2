// See thread_pool.h. Two launches follow each other within microseconds, so an
// idle thread spins for a moment before it sleeps on a futex; a futex is used
// directly because a condition variable would need the lock for every wake.
#include "runtime/src/thread_pool.h"

#include <climits>
#include <csignal>
#include <cstdlib>
#include <linux/futex.h>
#include <new>
#include <sys/syscall.h>
#include <unistd.h>

namespace xf::rt {

namespace {
constexpr uint32_t callerSleeps = 1u << 31;
constexpr int spins = 600; // 10 to 20 us: longer than the gap between launches,
                           // shorter than a time slice

class Guard {
public:
  explicit Guard(pthread_mutex_t &lock) : lock(lock) {
    pthread_mutex_lock(&lock);
  }
  ~Guard() { pthread_mutex_unlock(&lock); }
  Guard(const Guard &) = delete;
  Guard &operator=(const Guard &) = delete;

private:
  pthread_mutex_t &lock;
};
} // namespace

static void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

static void sleepWhile(std::atomic<uint32_t> &word, uint32_t value) {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}

static void wake(std::atomic<uint32_t> &word, uint32_t count) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

static void drain(Job &job, KernelContext &context) {
  for (;;) {
    const uint32_t index = job.nextTask.fetch_add(1, std::memory_order_relaxed);
    if (index >= job.numTasks)
      return;
    job.task(job.data, index, context);
  }
}

ThreadPool::ThreadPool() : owner(getpid()) {
  pthread_mutex_init(&lock, nullptr);
}

ThreadPool::~ThreadPool() {
  noticeFork();
  stopping.store(true);
  epoch.fetch_add(1);
  wake(epoch, INT_MAX);
  for (uint32_t index = 0; index < numWorkers.load(); ++index) {
    pthread_join(workers[index]->thread, nullptr);
    workers[index]->~Worker();
    free(workers[index]);
  }
  pthread_mutex_destroy(&lock);
}

void ThreadPool::noticeFork() {
  const pid_t process = getpid();
  const pid_t resetting = -1;
  pid_t before = owner.load();
  if (before == process)
    return;
  if (before == resetting ||
      !owner.compare_exchange_strong(before, resetting)) {
    while (owner.load() != process)
      pause();
    return;
  }
  // The lock may be held by a thread that does not exist here, so it starts
  // anew; the workers' memory is the parent's.
  pthread_mutex_init(&lock, nullptr);
  jobs = nullptr;
  numWorkers.store(0);
  sleepers.store(0);
  owner.store(process);
}

uint32_t ThreadPool::workerCount() { return numWorkers.load(); }

void *ThreadPool::workerMain(void *argument) {
  Worker *worker = static_cast<Worker *>(argument);
  worker->pool->work(*worker);
  return nullptr;
}

/// Joins a job that has tasks left and takes another thread; NULL if there is
/// none.
Job *ThreadPool::joinAny() {
  Guard guard(lock);
  for (Job *job = jobs; job; job = job->next)
    if (job->joined < job->maxThreads &&
        job->nextTask.load(std::memory_order_relaxed) < job->numTasks) {
      ++job->joined;
      job->active.fetch_add(1);
      return job;
    }
  return nullptr;
}

void ThreadPool::work(Worker &worker) {
  while (!stopping.load()) {
    const uint32_t seen = epoch.load();
    if (Job *job = joinAny()) {
      drain(*job, worker.context);
      // From here on the job may be gone; a wake on its address then does no
      // harm.
      if (job->active.fetch_sub(1) == (callerSleeps | 1))
        wake(job->active, 1);
      continue;
    }
    for (int spin = 0;
         spin < spins && epoch.load(std::memory_order_relaxed) == seen; ++spin)
      pause();
    sleepers.fetch_add(1);
    if (epoch.load() == seen)
      sleepWhile(epoch, seen);
    sleepers.fetch_sub(1);
  }
}

/// Has at least `wanted` workers, or as many as the system gives. Signals are
/// the program's business, not theirs.
void ThreadPool::createWorkers(uint32_t wanted) {
  if (numWorkers.load(std::memory_order_relaxed) >= wanted)
    return;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  {
    Guard guard(lock);
    for (uint32_t count = numWorkers.load(); count < wanted; ++count) {
      void *memory = aligned_alloc(64, (sizeof(Worker) + 63) / 64 * 64);
      if (!memory)
        break;
      Worker *worker = new (memory) Worker;
      worker->pool = this;
      if (pthread_create(&worker->thread, nullptr, workerMain, worker) != 0) {
        worker->~Worker();
        free(worker);
        break;
      }
      workers[count] = worker;
      numWorkers.store(count + 1);
    }
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void ThreadPool::publish(Job &job) {
  {
    Guard guard(lock);
    job.previous = nullptr;
    job.next = jobs;
    if (jobs)
      jobs->previous = &job;
    jobs = &job;
  }
  // A worker counts itself a sleeper before it looks at the epoch again, so
  // either it sees this one or we see it.
  epoch.fetch_add(1);
  if (sleepers.load() > 0)
    wake(epoch,
         (job.maxThreads < job.numTasks ? job.maxThreads : job.numTasks) - 1);
}

void ThreadPool::retract(Job &job) {
  Guard guard(lock);
  (job.previous ? job.previous->next : jobs) = job.next;
  if (job.next)
    job.next->previous = job.previous;
}

void ThreadPool::run(Job &job, KernelContext &context) {
  job.nextTask.store(0, std::memory_order_relaxed);
  job.joined = 1;
  if (job.maxThreads > maxThreads)
    job.maxThreads = maxThreads;
  if (job.maxThreads <= 1 || job.numTasks <= 1) {
    drain(job, context);
    return;
  }
  createWorkers(
      (job.maxThreads < job.numTasks ? job.maxThreads : job.numTasks) - 1);
  publish(job);
  drain(job, context);
  retract(job);
  for (int spin = 0; spin < spins && job.active.load() != 0; ++spin)
    pause();
  if (job.active.load() == 0)
    return;
  uint32_t inside = job.active.fetch_or(callerSleeps) | callerSleeps;
  while (inside != callerSleeps) {
    sleepWhile(job.active, inside);
    inside = job.active.load();
  }
  job.active.store(0);
}

} // namespace xf::rt
