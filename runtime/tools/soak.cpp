// See soak.h.
#include "runtime/tools/soak.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>

namespace {
struct Usage {
  long residentKiB = 0, threads = 0, files = 0;
};
} // namespace

static Usage measure() {
  Usage usage;
  std::ifstream status("/proc/self/status");
  for (std::string name; status >> name; status.ignore(4096, '\n'))
    if (name == "VmRSS:")
      status >> usage.residentKiB;
    else if (name == "Threads:")
      status >> usage.threads;
  const std::filesystem::directory_iterator files("/proc/self/fd");
  usage.files = std::distance(begin(files), end(files));
  return usage;
}

static Usage report(const char *when) {
  const Usage usage = measure();
  std::printf("%-12s %8ld KiB resident, %ld threads, %ld files\n", when,
              usage.residentKiB, usage.threads, usage.files);
  std::fflush(stdout);
  return usage;
}

int soak(xf::Session &session, unsigned calls) {
  // The tokens are few: rows of a table that were never read before would be
  // growth, though no leak.
  std::mt19937 random(1);
  std::uniform_int_distribution<int32_t> length(3, 8);
  std::uniform_int_distribution<int32_t> token(
      0, std::min<int32_t>(200, int32_t(session.info().num_tokens)) - 1);
  std::vector<float> out(session.info().encode_width);
  const unsigned limit =
      session.info().max_seq_len ? session.info().max_seq_len : 8;
  Usage early;
  report("start");
  for (unsigned call = 0; call < calls; ++call) {
    std::vector<int32_t> row(std::min<size_t>(length(random), limit));
    std::generate(row.begin(), row.end(), [&] { return token(random); });
    out = session.encode({row});
    if (call + 1 == std::max(1u, calls / 10))
      early = report("first tenth");
  }
  const Usage late = report("end");
  const bool grew = late.residentKiB > early.residentKiB + 256 ||
                    late.threads > early.threads || late.files > early.files;
  std::puts(grew ? "it grew" : "it did not grow");
  return grew ? 1 : 0;
}
