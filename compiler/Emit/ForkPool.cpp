// fork, memfd and poll: a child writes its answer to a memory file that both
// share, and its end is seen as the end of a pipe.
#include "compiler/Emit/ForkPool.h"

#include "llvm/ADT/Twine.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace xf {
namespace {

using Clock = std::chrono::steady_clock;

struct AnswerHeader {
  uint32_t ok = 0;
  uint32_t messageSize = 0;
};

struct Child {
  size_t index = 0;
  pid_t pid = -1;
  int alive = -1;  ///< reading end of a pipe that closes when the child ends
  int answer = -1; ///< memory file: an AnswerHeader, the message, the output
  Clock::time_point start;
};

bool writeAll(int fd, const char *data, size_t size) {
  while (size) {
    ssize_t n = write(fd, data, size);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    data += n;
    size -= n;
  }
  return true;
}

[[noreturn]] void runChild(size_t index, pid_t parent, int answer, Job job) {
  // A compiler that is killed takes its children along.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent)
    _exit(1);
  llvm::SmallVector<char, 0> output;
  std::string message;
  AnswerHeader header;
  header.ok = job(index, output, message);
  header.messageSize = message.size();
  bool written = writeAll(answer, reinterpret_cast<const char *>(&header),
                          sizeof header) &&
                 writeAll(answer, message.data(), message.size()) &&
                 writeAll(answer, output.data(), output.size());
  // _exit: buffers and destructors belong to the parent.
  _exit(written ? 0 : 1);
}

/// False, with errno set, when the system has no more files or processes to
/// give.
bool startChild(Child &child, Job job) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return false;
  child.answer = memfd_create("xf-job", MFD_CLOEXEC);
  pid_t parent = getpid();
  if (child.answer >= 0) {
    fflush(nullptr);
    child.start = Clock::now();
    child.pid = fork();
  }
  if (child.pid == 0) {
    close(ends[0]);
    runChild(child.index, parent, child.answer, job);
  }
  close(ends[1]);
  child.alive = ends[0];
  if (child.pid > 0)
    return true;
  int error = errno;
  close(ends[0]);
  if (child.answer >= 0)
    close(child.answer);
  errno = error;
  return false;
}

/// The whole of a memory file.
llvm::SmallVector<char, 0> readAll(int fd) {
  struct stat info = {};
  fstat(fd, &info);
  llvm::SmallVector<char, 0> bytes;
  bytes.resize_for_overwrite(info.st_size);
  size_t size = 0;
  while (size < bytes.size()) {
    ssize_t n = pread(fd, bytes.data() + size, bytes.size() - size, size);
    if (n <= 0)
      break;
    size += n;
  }
  bytes.truncate(size);
  return bytes;
}

JobResult finishChild(Child &child) {
  JobResult result;
  int status = 0;
  while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR)
    ;
  result.seconds =
      std::chrono::duration<double>(Clock::now() - child.start).count();
  llvm::SmallVector<char, 0> bytes = readAll(child.answer);
  close(child.answer);
  close(child.alive);
  AnswerHeader header;
  bool exited = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (bytes.size() >= sizeof header)
    memcpy(&header, bytes.data(), sizeof header);
  if (WIFSIGNALED(status))
    result.message =
        (llvm::Twine("the kernel compiler was stopped by signal ") +
         llvm::Twine(WTERMSIG(status)) + " (" + strsignal(WTERMSIG(status)) +
         ")")
            .str();
  else if (!exited || bytes.size() < sizeof header ||
           bytes.size() - sizeof header < header.messageSize)
    result.message = "the kernel compiler ended without an answer";
  else {
    const char *message = bytes.data() + sizeof header;
    result.ok = header.ok;
    result.message.assign(message, header.messageSize);
    bytes.erase(bytes.begin(),
                bytes.begin() + sizeof header + header.messageSize);
    result.output = std::move(bytes);
  }
  return result;
}

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Milliseconds until the first of `running` may be late, or `stopped` is to be
/// asked again; -1: never.
int longestWait(const std::vector<Child> &running, const ForkLimits &limits) {
  constexpr int ask = 100;
  double wait = limits.stopped ? ask : INT_MAX;
  if (limits.seconds > 0)
    for (const Child &child : running)
      wait = std::min(wait,
                      1000 * (limits.seconds - secondsSince(child.start)) + 1);
  return wait == INT_MAX ? -1 : std::max(int(wait), 0);
}

/// Index in `running` of a child that has ended, or of one that is late, or
/// -1 after a wait in which neither happened.
int waitForOne(const std::vector<Child> &running, const ForkLimits &limits) {
  std::vector<pollfd> ends;
  for (const Child &child : running)
    ends.push_back({child.alive, POLLIN, 0});
  if (poll(ends.data(), ends.size(), longestWait(running, limits)) > 0)
    for (size_t i = 0; i < ends.size(); ++i)
      if (ends[i].revents)
        return int(i);
  if (limits.seconds > 0)
    for (size_t i = 0; i < running.size(); ++i)
      if (secondsSince(running[i].start) > limits.seconds)
        return int(i);
  return -1;
}

void endChild(Child &child) {
  kill(child.pid, SIGKILL);
  finishChild(child);
}

} // namespace

void runForked(size_t count, unsigned threads, Job job,
               llvm::function_ref<void(size_t, JobResult &)> done,
               const ForkLimits &limits) {
  if (threads == 0)
    threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<Child> running;
  size_t next = 0;
  while (next < count || !running.empty()) {
    if (limits.stopped && limits.stopped()) {
      for (Child &child : running)
        endChild(child);
      return;
    }
    if (next < count && running.size() < threads) {
      Child child;
      child.index = next;
      if (startChild(child, job)) {
        running.push_back(child);
        ++next;
        continue;
      }
      if (running.empty()) { // nothing will be freed by waiting
        JobResult failed;
        failed.message =
            std::string("cannot start the kernel compiler: ") + strerror(errno);
        done(next++, failed);
        continue;
      }
    }
    int ended = waitForOne(running, limits);
    if (ended < 0)
      continue;
    Child child = running[ended];
    running.erase(running.begin() + ended);
    bool late =
        limits.seconds > 0 && secondsSince(child.start) > limits.seconds;
    if (late)
      kill(child.pid, SIGKILL); // without effect if it has just ended
    JobResult result = finishChild(child);
    if (late && !result.ok) {
      result.timedOut = true;
      result.message = (llvm::Twine("the kernel compiler took longer than ") +
                        llvm::Twine(int(limits.seconds + 0.5)) + " s")
                           .str();
    }
    done(child.index, result);
  }
}

} // namespace xf
