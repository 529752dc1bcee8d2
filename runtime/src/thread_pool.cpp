// See thread_pool.h. Waiting is spinning at first, as the next launch is a
// microsecond away and waking a thread takes tens; then a futex, used directly
// because a condition variable would need the lock for every wake.
#include "runtime/src/thread_pool.h"

#include <climits>
#include <csignal>
#include <cstdlib>
#include <linux/futex.h>
#include <new>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace xf::rt {

namespace {
constexpr uint32_t callerSleeps = 1u << 31;

// How long a thread spins before it sleeps, in nanoseconds.
constexpr uint64_t duringCall = 1'000'000; // while others do their last tasks
constexpr uint64_t afterCall = 50'000;     // a caller in a loop calls again
constexpr uint64_t crowded = 5'000;        // others want this CPU

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

/// Spins until `done()`, or for longer than `limit()` nanoseconds: then false.
template <typename Done, typename Limit>
static bool spinUntil(Done done, Limit limit) {
  const uint64_t start = nanoseconds();
  do {
    for (int turn = 0; turn < 32; ++turn) {
      if (done())
        return true;
      pause();
    }
  } while (nanoseconds() - start < limit());
  return false;
}

static void sleepWhile(std::atomic<uint32_t> &word, uint32_t value) {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}

static void wake(std::atomic<uint32_t> &word, uint32_t count) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

static bool tasksLeft(const Team &team) {
  const uint32_t parts = team.numParts.load(std::memory_order_relaxed);
  for (uint32_t part = 0; part < parts; ++part)
    if (uint32_t(team.parts[part].ticket.load()) != 0)
      return true;
  return false;
}

/// The task after the last of a part, when `numTasks` are cut into `parts`.
static uint32_t partEnd(uint32_t numTasks, uint32_t parts, uint32_t part) {
  return uint32_t(uint64_t(numTasks) * (part + 1) / parts);
}

/// Takes a task of a part; false if none is left for the thread in this seat.
static bool take(Team &team, uint32_t part, uint32_t seat, uint32_t &index) {
  std::atomic<uint64_t> &place = team.parts[part].ticket;
  uint64_t ticket = place.load(std::memory_order_acquire);
  while (uint32_t(ticket) != 0 &&
         seat < team.maxThreads.load(std::memory_order_relaxed))
    if (place.compare_exchange_weak(ticket, ticket - 1,
                                    std::memory_order_acquire)) {
      index = partEnd(team.numTasks.load(std::memory_order_relaxed),
                      team.numParts.load(std::memory_order_relaxed), part) -
              uint32_t(ticket);
      return true;
    }
  return false;
}

/// Runs tasks until none is left, of the seat's own part first.
static void drain(Team &team, uint32_t seat, KernelContext &context) {
  const uint32_t parts = team.numParts.load(std::memory_order_relaxed);
  uint32_t index, done = 0;
  for (uint32_t turn = 0; turn < parts; ++turn)
    while (take(team, (seat + turn) % parts, seat, index)) {
      team.task.load(std::memory_order_relaxed)(
          team.data.load(std::memory_order_relaxed), index, context);
      ++done;
    }
  if (done > 0 && team.pending.fetch_sub(done) - done == callerSleeps)
    wake(team.pending, 1);
}

ThreadPool::ThreadPool(uint32_t cpus) : owner(getpid()), cpus(cpus) {
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
  teams = nullptr;
  numWorkers.store(0);
  sleepers.store(0);
  openTeams.store(0);
  wantedWorkers.store(0);
  owner.store(process);
}

uint32_t ThreadPool::workerCount() { return numWorkers.load(); }

/// Whether threads that are awake are more than CPUs: who spins then may keep
/// the one waited for from running.
bool ThreadPool::isCrowded() {
  return openTeams.load(std::memory_order_relaxed) +
             numWorkers.load(std::memory_order_relaxed) >
         cpus + sleepers.load(std::memory_order_relaxed);
}

void *ThreadPool::workerMain(void *argument) {
  Worker *worker = static_cast<Worker *>(argument);
  worker->pool->work(*worker);
  return nullptr;
}

/// A seat in the open team that has the fewest workers, those with tasks left
/// first.
ThreadPool::Seat ThreadPool::joinAny() {
  Guard guard(lock);
  Seat best;
  uint64_t bestRank = UINT64_MAX;
  for (Team *team = teams; team; team = team->next) {
    uint32_t word = 0;
    while (word < 3 && team->seats[word] == UINT64_MAX)
      ++word;
    if (!team->open.load() || team->seats[word] == UINT64_MAX)
      continue;
    const uint32_t number =
        word * 64 + uint32_t(__builtin_ctzll(~team->seats[word]));
    const uint64_t rank = (uint64_t(!tasksLeft(*team)) << 32) |
                          team->members.load(std::memory_order_relaxed);
    if (number < team->maxThreads.load(std::memory_order_relaxed) &&
        rank < bestRank) {
      best = {team, number};
      bestRank = rank;
    }
  }
  if (best.team) {
    best.team->seats[best.number / 64] |= uint64_t(1) << best.number % 64;
    best.team->members.fetch_add(1);
  }
  return best;
}

/// Whether the team published tasks meanwhile: its caller may have counted on
/// this worker.
bool ThreadPool::leave(const Seat &seat) {
  Guard guard(lock);
  seat.team->seats[seat.number / 64] &= ~(uint64_t(1) << seat.number % 64);
  seat.team->members.fetch_sub(1);
  return tasksLeft(*seat.team);
}

/// Works for a team for as long as there is something to do and nobody else
/// calls for workers.
void ThreadPool::serve(const Seat &seat, uint32_t seen,
                       KernelContext &context) {
  Team &team = *seat.team;
  auto limit = [&] {
    return isCrowded()                                 ? crowded
           : team.open.load(std::memory_order_relaxed) ? duringCall
                                                       : afterCall;
  };
  uint32_t launch;
  auto done = [&] {
    return team.launch.load(std::memory_order_relaxed) != launch ||
           epoch.load(std::memory_order_relaxed) != seen ||
           team.disbanded.load(std::memory_order_relaxed);
  };
  do {
    launch = team.launch.load(std::memory_order_acquire);
    drain(team, seat.number, context);
  } while (epoch.load() == seen && !team.disbanded.load() &&
           seat.number < team.maxThreads.load(std::memory_order_relaxed) &&
           spinUntil(done, limit));
}

void ThreadPool::work(Worker &worker) {
  // A thread inherits these from the one that creates it, which is a caller.
  const DefaultFloatEnvironment environment;
  for (;;) {
    // Whatever is published after this changes the epoch, so that a worker
    // which finds nothing does not sleep through it; nor through `stopping`,
    // which is set before the epoch changes and so must be looked at after it.
    const uint32_t seen = epoch.load();
    if (stopping.load())
      return;
    if (const Seat seat = joinAny(); seat.team) {
      serve(seat, seen, worker.context);
      if (leave(seat))
        continue;
    } else {
      spinUntil([&] { return epoch.load(std::memory_order_relaxed) != seen; },
                [&] { return isCrowded() ? crowded : afterCall; });
    }
    sleepers.fetch_add(1);
    if (epoch.load() == seen)
      sleepWhile(epoch, seen);
    sleepers.fetch_sub(1);
  }
}

/// Has at least `wanted` workers, or as many as the system gives. Signals are
/// the program's business, not theirs.
void ThreadPool::createWorkers(uint32_t wanted) {
  wanted = wanted < maxThreads ? wanted : maxThreads;
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

void ThreadPool::callWorkers(uint32_t count) {
  // A worker counts itself a sleeper before it looks at the epoch again, so
  // either it sees this one or we see it.
  epoch.fetch_add(1);
  if (sleepers.load() > 0)
    wake(epoch, count);
}

void ThreadPool::list(Team &team) {
  Guard guard(lock);
  team.seats[0] = 1; // the caller's
  team.seats[1] = team.seats[2] = team.seats[3] = 0;
  team.members.store(0);
  team.process = owner.load();
  team.previous = nullptr;
  team.next = teams;
  if (teams)
    teams->previous = &team;
  teams = &team;
}

void ThreadPool::open(Team &team, uint32_t threads) {
  threads = threads < maxThreads ? threads : maxThreads;
  team.maxThreads.store(threads, std::memory_order_relaxed);
  team.open.store(true);
  const uint32_t callers = openTeams.fetch_add(1) + 1;
  if (threads <= 1)
    return;
  const uint32_t all = wantedWorkers.fetch_add(threads - 1) + threads - 1;
  // Teams at work at once get workers of their own while there are CPUs for
  // them; beyond that they share.
  const uint32_t idle = callers < cpus ? cpus - callers : 0;
  const uint32_t shared = all < idle ? all : idle;
  createWorkers(shared > threads - 1 ? shared : threads - 1);
  if (team.process != owner.load())
    list(team);
  if (const uint32_t members = team.members.load(); members < threads - 1)
    callWorkers(threads - 1 - members);
}

void ThreadPool::close(Team &team) {
  team.open.store(false);
  openTeams.fetch_sub(1);
  if (const uint32_t threads = team.maxThreads.load(); threads > 1)
    wantedWorkers.fetch_sub(threads - 1);
}

void ThreadPool::forget(Team &team) {
  noticeFork();
  if (team.process != owner.load())
    return;
  team.disbanded.store(true);
  for (;;) {
    {
      Guard guard(lock);
      if (team.members.load() == 0) {
        (team.previous ? team.previous->next : teams) = team.next;
        if (team.next)
          team.next->previous = team.previous;
        return;
      }
    }
    sched_yield();
  }
}

/// Makes the tasks of a launch takeable; the fields they are described by are
/// nobody's while no task is left.
static void publish(Team &team, TaskFn task, void *data, uint32_t numTasks,
                    uint32_t numParts) {
  const uint32_t launch = team.launch.load(std::memory_order_relaxed) + 1;
  team.task.store(task, std::memory_order_relaxed);
  team.data.store(data, std::memory_order_relaxed);
  team.numTasks.store(numTasks, std::memory_order_relaxed);
  team.numParts.store(numParts, std::memory_order_relaxed);
  team.pending.store(numTasks, std::memory_order_relaxed);
  for (uint32_t part = 0, begin = 0; part < numParts; ++part) {
    const uint32_t end = partEnd(numTasks, numParts, part);
    team.parts[part].ticket.store(uint64_t(launch) << 32 | (end - begin),
                                  std::memory_order_release);
    begin = end;
  }
  team.launch.store(launch); // before the caller counts the team's members
}

void ThreadPool::run(Team &team, TaskFn task, void *data, uint32_t numTasks,
                     Share share, KernelContext &context) {
  const uint32_t most = team.maxThreads.load(std::memory_order_relaxed);
  const uint32_t threads = most < numTasks ? most : numTasks;
  if (threads <= 1) {
    for (uint32_t index = 0; index < numTasks; ++index)
      task(data, index, context);
    return;
  }
  const uint32_t parts = share == Share::InOrder     ? 1
                         : threads < Team::mostParts ? threads
                                                     : Team::mostParts;
  publish(team, task, data, numTasks, parts);
  if (const uint32_t members = team.members.load(); members < threads - 1)
    callWorkers(threads - 1 - members);
  drain(team, 0, context);
  auto done = [&] { return team.pending.load(std::memory_order_acquire) == 0; };
  if (spinUntil(done, [&] { return isCrowded() ? crowded : duringCall; }))
    return;
  uint32_t left = team.pending.fetch_or(callerSleeps) | callerSleeps;
  while (left != callerSleeps) {
    sleepWhile(team.pending, left);
    left = team.pending.load();
  }
  team.pending.store(0);
}

} // namespace xf::rt
