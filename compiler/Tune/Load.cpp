// /proc/stat and /proc/PID/stat count in ticks of 10 ms: good for spans of some
// tenths of a second.
#include "compiler/Tune/Load.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace xf::tune {
namespace {

double ticksToSeconds(double ticks) {
  return ticks / double(sysconf(_SC_CLK_TCK));
}

/// All but idle and waiting for disks.
double busyTicks() {
  FILE *file = fopen("/proc/stat", "re");
  if (!file)
    return 0;
  double user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0,
         steal = 0;
  int found = fscanf(file, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &user, &nice,
                     &system, &idle, &wait, &irq, &soft, &steal);
  fclose(file);
  return found == 8 ? user + nice + system + irq + soft + steal : 0;
}

double processTicks(pid_t process) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", int(process));
  FILE *file = fopen(path, "re");
  if (!file)
    return 0;
  size_t size = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[size] = '\0';
  // The name, in parentheses, may hold anything; utime and stime are the 12th
  // and 13th words after it.
  const char *rest = strrchr(text, ')');
  double user = 0, system = 0;
  if (rest)
    sscanf(rest + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lf %lf",
           &user, &system);
  return user + system;
}

} // namespace

CpuTimes readCpuTimes(pid_t child) {
  CpuTimes times;
  times.busy = ticksToSeconds(busyTicks());
  times.own = ticksToSeconds(processTicks(getpid()) +
                             (child > 0 ? processTicks(child) : 0));
  times.now = std::chrono::duration<double>(
                  std::chrono::steady_clock::now().time_since_epoch())
                  .count();
  return times;
}

double othersCores(const CpuTimes &before, const CpuTimes &after) {
  double wall = after.now - before.now,
         others = (after.busy - before.busy) - (after.own - before.own);
  return wall > 0 && others > 0 ? others / wall : 0;
}

llvm::Expected<MeasureLock> MeasureLock::open(const std::string &path) {
  if (path.empty())
    return MeasureLock(-1);
  if (llvm::StringRef folder = llvm::sys::path::parent_path(path);
      !folder.empty())
    (void)llvm::sys::fs::create_directories(folder);
  int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0)
    return llvm::createStringError(
        std::error_code(errno, std::generic_category()),
        "cannot open the lock `%s`: %s; say --lock=FILE", path.c_str(),
        strerror(errno));
  return MeasureLock(file);
}

MeasureLock::~MeasureLock() {
  if (file >= 0)
    close(file);
}

bool MeasureLock::tryAcquire() {
  return file < 0 || flock(file, LOCK_EX | LOCK_NB) == 0;
}

void MeasureLock::release() {
  if (file >= 0)
    flock(file, LOCK_UN);
}

} // namespace xf::tune
