// Two pipes for "do" and "done", and memory that both processes see for
// everything else; so what the child had found out survives it.
#include "compiler/Tune/MeasureProcess.h"

#include "targets/host/Ceilings.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace xf::tune {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t mostSequences = 4096;
constexpr int realtimePriority = 50;
constexpr int ceilingRuns = 20; ///< of a tenth of a millisecond each

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

bool readWhole(int file, void *data, size_t size) {
  for (auto *at = static_cast<char *>(data); size;) {
    ssize_t n = read(file, at, size);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    at += n;
    size -= size_t(n);
  }
  return true;
}

bool writeWhole(int file, const void *data, size_t size) {
  ssize_t n;
  do
    n = write(file, data, size); // below PIPE_BUF: all or nothing
  while (n < 0 && errno == EINTR);
  return n == ssize_t(size);
}

} // namespace

struct MeasureProcess::Request {
  enum Kind : uint32_t { Run, Check, Ceiling } kind;
  uint32_t threads;
  uint32_t sequences;
};

struct MeasureProcess::Shared {
  std::atomic<uint32_t> current{nobody};
  double wall = 0, delay = 0, flops = 0;
  char message[512] = "";
};

//===----------------------------------------------------------------------===//
// The child
//===----------------------------------------------------------------------===//

template <size_t size>
static void copyText(char (&to)[size], const std::string &from) {
  strncpy(to, from.c_str(), size - 1);
  to[size - 1] = '\0';
}

bool MeasureProcess::answer(Probe &probe, const Request &request) {
  if (request.kind == Request::Ceiling) {
    shared->flops = targets::fmaFlops(setup.machine->vectorFloats == 16
                                          ? targets::Isa::Avx512
                                          : targets::Isa::Avx2,
                                      int(request.threads), ceilingRuns);
    return true;
  }
  llvm::ArrayRef<int64_t> batch(lengths, request.sequences);
  llvm::ArrayRef<uint32_t> chosen(assignment, setup.work->launches.size());
  llvm::Error error = llvm::Error::success();
  if (request.kind == Request::Run) {
    PassTimes times;
    error = probe.run(batch, request.threads, chosen, times);
    std::copy(times.seconds.begin(), times.seconds.end(), seconds);
    shared->wall = times.wall;
    shared->delay = times.delay;
  } else {
    Probe::Check check;
    check.asks = [&](uint32_t variant) {
      if (asked[variant] && verdicts[variant] == Verdict::None) {
        shared->current = variant;
        return true;
      }
      return false;
    };
    check.verdict = [&](uint32_t variant, bool same, const std::string &where) {
      copyText(texts[variant], where);
      verdicts[variant] = same ? Verdict::Same : Verdict::Different;
      shared->current = nobody;
    };
    error = probe.check(batch, request.threads, chosen, check);
  }
  if (!error)
    return true;
  copyText(shared->message, llvm::toString(std::move(error)));
  return false;
}

void MeasureProcess::serve(int requests, int answers) {
  signal(SIGINT, SIG_IGN); // the parent decides what an interrupt means
  signal(SIGTERM, SIG_IGN);
  if (setup.realtime) {
    sched_param parameters{};
    parameters.sched_priority = realtimePriority;
    (void)sched_setscheduler(0, SCHED_FIFO, &parameters);
  }
  auto probe = Probe::create(
      *setup.work, *setup.machine, setup.code, setup.runtime, setup.variants,
      setup.threads, [&](size_t code) { shared->current = uint32_t(code); });
  char ok = bool(probe);
  if (!probe)
    copyText(shared->message, llvm::toString(probe.takeError()));
  else
    shared->current = nobody;
  if (!writeWhole(answers, &ok, 1) || !ok)
    _exit(0);
  Request request;
  while (readWhole(requests, &request, sizeof request)) {
    ok = answer(**probe, request);
    if (!writeWhole(answers, &ok, 1))
      break;
  }
  _exit(0);
}

//===----------------------------------------------------------------------===//
// The parent
//===----------------------------------------------------------------------===//

MeasureProcess::MeasureProcess(Setup given) : setup(std::move(given)) {
  const size_t launches = setup.work->launches.size(),
               variants = setup.variants.size();
  // Arrays of falling alignment, one behind the other.
  sharedBytes = sizeof(Shared) +
                launches * (sizeof(double) + sizeof(uint32_t)) +
                mostSequences * sizeof(int64_t) +
                variants * (sizeof(Verdict) + sizeof(bool) + sizeof *texts);
  void *memory = mmap(nullptr, sharedBytes, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return;
  shared = new (memory) Shared;
  seconds = reinterpret_cast<double *>(shared + 1);
  lengths = reinterpret_cast<int64_t *>(seconds + launches);
  assignment = reinterpret_cast<uint32_t *>(lengths + mostSequences);
  verdicts = reinterpret_cast<Verdict *>(assignment + launches);
  asked = reinterpret_cast<bool *>(verdicts + variants);
  texts = reinterpret_cast<char(*)[128]>(asked + variants);
}

MeasureProcess::~MeasureProcess() {
  stop();
  if (shared)
    munmap(shared, sharedBytes);
}

void MeasureProcess::stop() {
  for (int *end : {&requests, &answers}) {
    if (*end >= 0)
      close(*end);
    *end = -1;
  }
  if (child <= 0)
    return;
  kill(child, SIGKILL);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR)
    ;
  child = -1;
}

MeasureProcess::Outcome MeasureProcess::start(double most) {
  if (child > 0)
    return Outcome::Ok;
  blamed = nobody;
  int down[2], up[2];
  if (!shared || pipe2(down, O_CLOEXEC) != 0) {
    text =
        std::string("cannot start the measuring process: ") + strerror(errno);
    return Outcome::Failed;
  }
  if (pipe2(up, O_CLOEXEC) != 0) {
    text =
        std::string("cannot start the measuring process: ") + strerror(errno);
    close(down[0]), close(down[1]);
    return Outcome::Failed;
  }
  shared->current = nobody;
  fflush(nullptr);
  const pid_t parent = getpid();
  child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
      _exit(1);
    close(down[1]), close(up[0]);
    serve(down[0], up[1]);
  }
  close(down[0]), close(up[1]);
  requests = down[1], answers = up[0];
  if (child < 0) {
    text =
        std::string("cannot start the measuring process: ") + strerror(errno);
    stop();
    return Outcome::Failed;
  }
  Outcome outcome = waitForAnswer(most);
  if (outcome == Outcome::Failed)
    stop();
  return outcome;
}

/// The child's answer, within `most` seconds of the last sign of progress.
MeasureProcess::Outcome MeasureProcess::waitForAnswer(double most) {
  Clock::time_point since = Clock::now();
  uint32_t at = shared->current;
  while (true) {
    pollfd end{answers, POLLIN, 0};
    int ready = poll(&end, 1, 50);
    if (ready > 0)
      break;
    if (uint32_t now = shared->current; now != at) {
      at = now;
      since = Clock::now();
    }
    if (secondsSince(since) > most) {
      blamed = shared->current;
      text = fmt::format("it took longer than {:.0f} s", most);
      stop();
      return Outcome::TimedOut;
    }
  }
  char ok = 0;
  if (readWhole(answers, &ok, 1)) {
    if (ok)
      return Outcome::Ok;
    blamed = shared->current;
    text = shared->message;
    return Outcome::Failed;
  }
  blamed = shared->current;
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR)
    ;
  child = -1;
  stop();
  text = WIFSIGNALED(status)
             ? fmt::format("it was stopped by signal {} ({})", WTERMSIG(status),
                           strsignal(WTERMSIG(status)))
             : std::string("its process ended without an answer");
  return Outcome::Died;
}

MeasureProcess::Outcome MeasureProcess::ask(const Request &request,
                                            double most) {
  Outcome outcome = start(most);
  blamed = nobody; // of a variant: this code has been linked before
  if (outcome != Outcome::Ok)
    return outcome;
  shared->current = nobody;
  // A child that is gone is noticed by its answer, which never comes.
  signal(SIGPIPE, SIG_IGN);
  (void)writeWhole(requests, &request, sizeof request);
  return waitForAnswer(most);
}

void MeasureProcess::setLengths(llvm::ArrayRef<int64_t> batch) {
  std::copy(batch.begin(), batch.end(), lengths);
}

MeasureProcess::Outcome MeasureProcess::check(llvm::ArrayRef<int64_t> batch,
                                              uint32_t threads,
                                              llvm::ArrayRef<uint32_t> chosen,
                                              const std::vector<bool> &asks,
                                              double most) {
  if (batch.size() > mostSequences) {
    text = "too many sequences";
    return Outcome::Failed;
  }
  setLengths(batch);
  std::copy(chosen.begin(), chosen.end(), assignment);
  std::fill_n(verdicts, setup.variants.size(), Verdict::None);
  std::copy(asks.begin(), asks.end(), asked);
  return ask({Request::Check, threads, uint32_t(batch.size())}, most);
}

MeasureProcess::Outcome MeasureProcess::run(llvm::ArrayRef<int64_t> batch,
                                            uint32_t threads,
                                            llvm::ArrayRef<uint32_t> chosen,
                                            double most, PassTimes &times) {
  if (batch.size() > mostSequences) {
    text = "too many sequences";
    return Outcome::Failed;
  }
  setLengths(batch);
  std::copy(chosen.begin(), chosen.end(), assignment);
  Outcome outcome = ask({Request::Run, threads, uint32_t(batch.size())}, most);
  times.seconds.assign(seconds, seconds + chosen.size());
  times.wall = shared->wall;
  times.delay = shared->delay;
  return outcome;
}

MeasureProcess::Outcome
MeasureProcess::measureCeiling(uint32_t threads, double most, double &flops) {
  Outcome outcome = ask({Request::Ceiling, threads, 0}, most);
  flops = shared->flops;
  return outcome;
}

MeasureProcess::Verdict MeasureProcess::verdict(uint32_t variant) const {
  return verdicts[variant];
}

std::string MeasureProcess::where(uint32_t variant) const {
  return texts[variant];
}

} // namespace xf::tune
