// A probe in a child process: what crashes or hangs there costs the variant
// that it was running, which is known, and the process is started again.
#pragma once

#include "compiler/Tune/Probe.h"

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace xf::tune {

class MeasureProcess {
public:
  struct Setup {
    const Workload *work = nullptr;
    const targets::Machine *machine = nullptr;
    std::vector<CodeObject> code;
    llvm::ArrayRef<char> runtime;
    std::vector<Variant> variants;
    uint32_t threads = 1;
    bool realtime = false; ///< before all other processes, if that is allowed
  };
  /// What `setup` points at must outlive the process.
  explicit MeasureProcess(Setup setup);
  MeasureProcess(const MeasureProcess &) = delete;
  MeasureProcess &operator=(const MeasureProcess &) = delete;
  ~MeasureProcess();

  enum class Outcome {
    Ok,
    Failed,  ///< an error; the process lives on, or never got ready
    Died,    ///< by a signal
    TimedOut ///< and was ended
  };

  /// Starts the process if it does not run, and waits until it is ready.
  Outcome start(double seconds);
  void stop();
  pid_t process() const { return child; }

  /// Probe::check of the variants that `asks`, at most `seconds` each. When it
  /// ends early, the verdicts until then stand and `culprit` was running.
  Outcome check(llvm::ArrayRef<int64_t> lengths, uint32_t threads,
                llvm::ArrayRef<uint32_t> assignment,
                const std::vector<bool> &asks, double seconds);
  enum class Verdict : uint8_t { None, Same, Different };
  Verdict verdict(uint32_t variant) const;
  /// Where a result differs, or the kernel's error.
  std::string where(uint32_t variant) const;

  /// Probe::run.
  Outcome run(llvm::ArrayRef<int64_t> lengths, uint32_t threads,
              llvm::ArrayRef<uint32_t> assignment, double seconds,
              PassTimes &times);

  /// targets::fmaFlops at the machine's vectors.
  Outcome measureCeiling(uint32_t threads, double seconds, double &flops);

  static constexpr uint32_t nobody = UINT32_MAX;
  /// After an outcome that is not Ok: the code object that `start` was
  /// linking, or the variant that `check` was running; `nobody` otherwise.
  uint32_t culprit() const { return blamed; }
  /// After an outcome that is not Ok.
  const std::string &message() const { return text; }

private:
  struct Shared;
  struct Request;

  [[noreturn]] void serve(int requests, int answers);
  bool answer(Probe &probe, const Request &request);
  Outcome ask(const Request &request, double seconds);
  Outcome waitForAnswer(double seconds);
  void setLengths(llvm::ArrayRef<int64_t> lengths);

  Setup setup;
  size_t sharedBytes = 0;
  Shared *shared = nullptr;
  // Inside the shared memory.
  uint32_t *assignment = nullptr;
  double *seconds = nullptr;
  int64_t *lengths = nullptr;
  Verdict *verdicts = nullptr;
  bool *asked = nullptr;
  char (*texts)[128] = nullptr;

  pid_t child = -1;
  int requests = -1, answers = -1; ///< ends of pipes
  uint32_t blamed = nobody;
  std::string text;
};

} // namespace xf::tune
