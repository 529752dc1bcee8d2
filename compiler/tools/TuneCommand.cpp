// Flags of `xfc tune`, what an interrupt means, and the progress bar.
#include "compiler/tools/TuneCommand.h"

#include "compiler/Driver/Compile.h"
#include "compiler/Tune/HostCpu.h"
#include "compiler/Tune/RecordFile.h"
#include "compiler/Tune/Report.h"
#include "compiler/Tune/Tune.h"
#include "compiler/tools/Options.h"
#include "compiler/tools/Output.h"
#include "compiler/tools/RecordOptions.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Process.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <csignal>

using namespace xf;
namespace cl = llvm::cl;

cl::SubCommand &xf::tuneCommand() {
  static cl::SubCommand command(
      "tune", "measure which config of each kernel is the fastest here");
  return command;
}

static cl::opt<std::string>
    budget("budget", cl::value_desc("120s"), cl::init("120s"),
           cl::cat(xfcOptions()), cl::sub(tuneCommand()),
           cl::desc("time for the search: seconds, or minutes as in 5m"));
static cl::opt<unsigned>
    threads("threads", cl::value_desc("N"), cl::init(0), cl::cat(xfcOptions()),
            cl::sub(tuneCommand()),
            cl::desc("threads to measure with, beside one; 0: all cores"));
static cl::list<std::string>
    targetNames("target", cl::value_desc("NAME"), cl::CommaSeparated,
                cl::cat(xfcOptions()), cl::sub(tuneCommand()),
                cl::desc("targets to tune for (default: the strongest that "
                         "runs here); `all`: every one that does"));
static cl::list<int64_t>
    classRows("classes", cl::value_desc("ROWS"), cl::CommaSeparated,
              cl::cat(xfcOptions()), cl::sub(tuneCommand()),
              cl::desc("shape classes (default: 1,16,128,1024)"));
static cl::opt<std::string>
    outFile("out", cl::value_desc("FILE"), cl::cat(xfcOptions()),
            cl::sub(tuneCommand()),
            cl::desc("where records are added (default: yours)"));
static cl::opt<bool> show("show", cl::cat(xfcOptions()), cl::sub(tuneCommand()),
                          cl::desc("measure nothing; only report"));
static cl::opt<std::string> svgFile("svg", cl::value_desc("FILE"),
                                    cl::cat(xfcOptions()),
                                    cl::sub(tuneCommand()),
                                    cl::desc("write a chart of the search"));
static cl::opt<std::string>
    jsonFile("json", cl::value_desc("FILE"), cl::cat(xfcOptions()),
             cl::sub(tuneCommand()),
             cl::desc("write JSON; `-`: to standard output, without a table"));
static cl::opt<bool> allowBusy("allow-busy", cl::cat(xfcOptions()),
                               cl::sub(tuneCommand()),
                               cl::desc("measure however busy the machine is"));
static cl::opt<bool>
    realtime("realtime", cl::cat(xfcOptions()), cl::sub(tuneCommand()),
             cl::desc("measure at real-time priority, where that is allowed"));
static cl::opt<std::string>
    lockFile("lock", cl::value_desc("FILE"), cl::cat(xfcOptions()),
             cl::sub(tuneCommand()),
             cl::desc("held while measuring (default: one of yours)"));

bool xf::tuneRequested() { return bool(tuneCommand()); }
bool xf::tuneShowsAll() { return show; }

//===----------------------------------------------------------------------===//
// Progress
//===----------------------------------------------------------------------===//

static volatile std::sig_atomic_t interrupted = 0;

namespace {

/// A line that is written over on a terminal; elsewhere a line whenever the
/// work changes.
class ProgressLine {
public:
  void update(const tune::Progress &progress) {
    using Clock = std::chrono::steady_clock;
    std::string work = progress.what.substr(0, progress.what.find('/'));
    if (!isTerminal) {
      work = work.substr(0, work.find_last_not_of("0123456789") + 1);
      if (work != last)
        llvm::errs() << progress.what << '\n';
      last = work;
      return;
    }
    if (Clock::now() - drawn < std::chrono::milliseconds(100))
      return;
    drawn = Clock::now();
    constexpr int width = 24;
    int full = int(progress.fraction * width);
    int left = int(progress.secondsLeft + 0.5);
    clear();
    llvm::errs() << fmt::format("[{}{}] {:3.0f}%  {}  best so far {:.2f}x  "
                                "{}:{:02} left",
                                std::string(full, '#'),
                                std::string(width - full, '.'),
                                100 * progress.fraction, progress.what,
                                progress.speedUp, left / 60, left % 60);
  }

  void say(const std::string &line) {
    clear();
    llvm::errs() << line << '\n';
  }

  void clear() {
    if (isTerminal)
      llvm::errs() << "\r\033[K";
  }

private:
  bool isTerminal = llvm::sys::Process::StandardErrIsDisplayed();
  std::string last;
  std::chrono::steady_clock::time_point drawn;
};

} // namespace

//===----------------------------------------------------------------------===//
// Flags
//===----------------------------------------------------------------------===//

static int failure(llvm::Error error) {
  usageError(llvm::toString(std::move(error)));
  return 1;
}

static std::optional<double> parseBudget(llvm::StringRef text) {
  const bool minutes = text.consume_back("m");
  if (!minutes)
    text.consume_back("s");
  double unit = minutes ? 60 : 1, value;
  if (text.getAsDouble(value) || !(value > 0) || value * unit > 86400)
    return std::nullopt;
  return value * unit;
}

/// The machines that are meant; empty after saying why none.
static std::vector<const targets::Machine *> chooseMachines() {
  std::vector<const targets::Machine *> runnable = tune::runnableMachines(),
                                        chosen;
  std::vector<std::string> names;
  for (const targets::Machine *machine : runnable)
    names.push_back(fmt::format("`{}`", machine->name));
  if (runnable.empty())
    usageError("this machine runs none of the targets");
  else if (targetNames.empty())
    return {runnable.back()};
  for (const std::string &name : targetNames) {
    if (name == "all")
      return runnable;
    auto found = llvm::find_if(runnable, [&](const targets::Machine *machine) {
      return machine->name == name;
    });
    if (found == runnable.end()) {
      usageError(fmt::format("--target={} does not run here; what does is {}",
                             name, fmt::join(names, ", ")));
      return {};
    }
    if (!llvm::is_contained(chosen, *found))
      chosen.push_back(*found);
  }
  return chosen;
}

static std::optional<std::vector<targets::ShapeClass>> chooseClasses() {
  std::vector<targets::ShapeClass> chosen;
  std::vector<int64_t> known;
  for (const targets::ShapeClass &shape : targets::shapeClasses()) {
    known.push_back(shape.rows);
    if (classRows.empty() || llvm::is_contained(classRows, shape.rows))
      chosen.push_back(shape);
  }
  for (int64_t rows : classRows)
    if (!llvm::is_contained(known, rows)) {
      usageError(fmt::format("--classes={} names no shape class; they are {}",
                             rows, fmt::join(known, ", ")));
      return std::nullopt;
    }
  return chosen;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

static int writeReport(const tune::Report &report) {
  if (jsonFile != "-")
    llvm::outs() << tune::toText(report);
  int result = 0;
  if (!jsonFile.empty())
    result |= writeOutput(jsonFile, [&](llvm::raw_ostream &os) {
      os << llvm::formatv("{0:2}\n", llvm::json::Value(tune::toJson(report)));
    });
  if (!svgFile.empty())
    result |= writeOutput(
        svgFile, [&](llvm::raw_ostream &os) { os << tune::toSvg(report); });
  return result;
}

static const char *const ownSource = "records of --out";

/// What the flags name, and before it the file of --out: one's own file is
/// added to and shown, whether compilations look at it or not.
static llvm::Expected<targets::RecordSet> loadRecordsAndOwn() {
  auto records = loadChosenRecords();
  if (!records || outFile.empty())
    return records;
  targets::RecordSet::Source own{ownSource, {}};
  if (llvm::sys::fs::exists(outFile)) {
    auto read = tune::readRecords(outFile, warnOfRecords);
    if (!read)
      return read.takeError();
    own.records = std::move(*read);
  }
  records->sources.insert(records->sources.begin(), std::move(own));
  return records;
}

int xf::runTuneShow() {
  auto records = loadRecordsAndOwn();
  if (!records)
    return failure(records.takeError());
  return writeReport(tune::reportRecords(*records));
}

static void printSummary(const tune::TuneResult &result,
                         const std::string &file) {
  size_t failed =
      size_t(llvm::count_if(result.records, [](const targets::Record &record) {
        return record.status != targets::RecordStatus::Ok;
      }));
  llvm::errs() << fmt::format(
      "{} candidates: {} known before, {} measured now, {} failed, {:.1f} "
      "s{}\n",
      result.candidates, result.known, result.records.size() - failed, failed,
      result.seconds,
      result.waited > 1 ? fmt::format(" ({:.1f} s of waiting)", result.waited)
                        : "");
  if (!result.records.empty())
    llvm::errs() << fmt::format("records added to {}\n", file);
}

/// The user's file for this processor.
static std::string recordPath(const targets::Cpu &cpu) {
  if (!outFile.empty())
    return outFile;
  std::string folder = tune::userRecordFolder();
  return folder.empty() ? "" : folder + "/" + cpu.id() + ".jsonl";
}

/// An interrupt stops the search, whose words go to `line`; a second one ends
/// the program as ever, and what has a record by then is kept.
static void follow(tune::TuneOptions &options, ProgressLine &line) {
  for (int number : {SIGINT, SIGTERM})
    std::signal(number, [](int signal) {
      interrupted = 1;
      std::signal(signal, SIG_DFL);
    });
  options.stopped = [] { return interrupted != 0; };
  options.progress = [&](const tune::Progress &progress) {
    line.update(progress);
  };
  options.say = [&](const std::string &text) { line.say(text); };
  options.emit.progress = options.say;
}

/// Adds what was found to the source that it was written to, as a compilation
/// would see it now.
static void addRecords(targets::RecordSet &records,
                       const std::vector<targets::Record> &found) {
  auto &sources = records.sources;
  const char *name = outFile.empty() ? tune::userSource : ownSource;
  if (sources.empty() || sources.front().name != name)
    sources.insert(sources.begin(), targets::RecordSet::Source{name, {}});
  auto &first = sources.front().records;
  first.insert(first.end(), found.begin(), found.end());
}

/// Measures, then reports all that is known.
static int search(mlir::ModuleOp module, const tune::Workload &work,
                  targets::RecordSet &records, tune::TuneOptions &options) {
  options.threads = threads ? unsigned(threads) : unsigned(options.cpu.cores);
  options.recordFile = recordPath(options.cpu);
  if (options.recordFile.empty())
    return usageError("there is no place for records: neither XDG_CACHE_HOME "
                      "nor HOME is set; say --out=FILE");
  for (const targets::RecordSet::Source &source : records.sources)
    options.known.insert(options.known.end(), source.records.begin(),
                         source.records.end());
  options.xfc = XFC_VERSION;
  options.halide = XFC_HALIDE_VERSION;
  options.allowBusy = allowBusy;
  options.realtime = realtime;
  options.lockFile = lockFile.empty() && !tune::userRecordFolder().empty()
                         ? tune::userRecordFolder() + "/measuring.lock"
                         : lockFile;
  ProgressLine line;
  follow(options, line);
  auto result = tune::tune(module, options);
  line.clear();
  if (!result)
    return failure(result.takeError());
  printSummary(*result, options.recordFile);
  addRecords(records, result->records);
  int status = writeReport(
      tune::reportModel(work, options.machines, options.classes, records));
  return result->stopped ? 130 : status;
}

int xf::runTune(mlir::ModuleOp module) {
  tune::TuneOptions options;
  auto seconds = parseBudget(budget);
  if (!seconds)
    return usageError(fmt::format("--budget={} is no time: say `120s` or `5m`, "
                                  "at most a day",
                                  budget.getValue()));
  options.budget = *seconds;
  options.machines = chooseMachines();
  auto classes = chooseClasses();
  if (options.machines.empty() || !classes)
    return 2;
  options.classes = *classes;
  for (const std::string &path : {jsonFile.getValue(), svgFile.getValue()})
    if (auto error = checkWritable(path))
      return failure(std::move(error));
  auto records = loadRecordsAndOwn();
  if (!records)
    return failure(records.takeError());
  options.cpu = tune::hostCpu();
  if (!show && records->cpu != options.cpu.id())
    return usageError(fmt::format(
        "what is measured here is of `{}`, not of `{}`; --tune-for goes with "
        "--show, or with a command that compiles",
        options.cpu.id(), records->cpu));
  if (failed(lowerTo(Phase::Plan, module)))
    return 1;
  auto work = tune::findWorkload(module);
  if (failed(work))
    return 1;
  if (show)
    return writeReport(
        tune::reportModel(*work, options.machines, options.classes, *records));
  return search(module, *work, *records, options);
}
