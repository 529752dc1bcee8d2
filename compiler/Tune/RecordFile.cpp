// JSON by LLVM; an append is a single write to a descriptor opened O_APPEND.
#include "compiler/Tune/RecordFile.h"

#include "compiler/Tune/BuiltinRecords.h"
#include "compiler/Tune/HostCpu.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

using namespace llvm;

namespace xf::tune {

using targets::Record;
using targets::RecordStatus;
using targets::Timing;

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static std::string quoted(const std::string &text) {
  return formatv("{0}", json::Value(text)).str();
}

/// What a measurement is good for: json::Value would print all 17 digits.
static std::string timingText(const Timing &timing) {
  return fmt::format(
      "{{\"threads\": {}, \"us\": {:.4g}, \"median_us\": {:.4g}, "
      "\"relative\": {:.4g}, \"gflops\": {:.4g}, \"samples\": "
      "{}, \"fma_gflops\": {:.4g}}}",
      timing.threads, timing.best * 1e6, timing.median * 1e6, timing.relative,
      timing.gflops, timing.samples, timing.fmaGflops);
}

static std::string cpuText(const targets::Cpu &cpu) {
  return fmt::format("{{\"vendor\": {}, \"family\": {}, \"model\": {}, "
                     "\"name\": {}, \"isa\": {}, \"cores\": {}}}",
                     quoted(cpu.vendor), cpu.family, cpu.model,
                     quoted(cpu.name), quoted(cpu.isa), cpu.cores);
}

std::string recordLine(const Record &record) {
  std::string outcome =
      record.status == RecordStatus::Ok
          ? fmt::format("\"one\": {}, \"all\": {}", timingText(record.one),
                        timingText(record.all))
          : fmt::format("\"message\": {}", quoted(record.message));
  return fmt::format(
      "{{\"method\": {}, \"kernel\": {}, \"math\": {}, \"rows\": {}, "
      "\"length\": {}, \"dtype\": {}, \"config\": {}, \"baseline\": {}, "
      "\"status\": {}, {}, \"disturbed\": {}, \"machine\": {}, \"halide\": "
      "{}, \"xfc\": {}, \"date\": {}}}",
      record.method, quoted(record.kernel), quoted(record.math), record.rows,
      record.length, quoted(record.dtype),
      quoted(targets::printConfig(record.config)),
      quoted(targets::printConfig(record.baseline)),
      quoted(targets::recordStatusName(record.status)), outcome,
      record.disturbed, cpuText(record.cpu), quoted(record.halide),
      quoted(record.xfc), quoted(record.date));
}

namespace {

/// Reads fields, and remembers the first that is absent or of another type.
class Fields {
public:
  Fields(const json::Object *object, std::string &wrong)
      : object(object), wrong(wrong) {}

  Fields inner(StringRef key) {
    const json::Object *value = object ? object->getObject(key) : nullptr;
    note(key, value);
    return Fields(value, wrong);
  }
  void read(StringRef key, std::string &value) {
    auto found = object ? object->getString(key) : std::nullopt;
    note(key, found.has_value());
    if (found)
      value = found->str();
  }
  void read(StringRef key, double &value) {
    auto found = object ? object->getNumber(key) : std::nullopt;
    note(key, found.has_value());
    value = found.value_or(value);
  }
  void read(StringRef key, bool &value) {
    auto found = object ? object->getBoolean(key) : std::nullopt;
    note(key, found.has_value());
    value = found.value_or(value);
  }
  template <typename Integer> void read(StringRef key, Integer &value) {
    auto found = object ? object->getInteger(key) : std::nullopt;
    note(key, found.has_value());
    if (found)
      value = Integer(*found);
  }
  void readConfig(StringRef key, targets::Config &config) {
    std::string text, error;
    read(key, text);
    auto parsed = targets::parseConfig(text, error);
    if (parsed)
      config = *parsed;
    else if (wrong.empty())
      wrong = fmt::format("`{}` is no config: {}", key.str(), error);
  }
  void readTiming(StringRef key, Timing &timing) {
    Fields fields = inner(key);
    double us = 0, medianUs = 0;
    fields.read("threads", timing.threads);
    fields.read("us", us);
    fields.read("median_us", medianUs);
    fields.read("samples", timing.samples);
    fields.read("gflops", timing.gflops);
    fields.read("relative", timing.relative);
    fields.read("fma_gflops", timing.fmaGflops);
    timing.best = us * 1e-6;
    timing.median = medianUs * 1e-6;
    if (wrong.empty() && !(us > 0 && timing.relative > 0))
      wrong = fmt::format("`{}` holds a time that is not above 0", key.str());
  }

private:
  void note(StringRef key, bool there) {
    if (!there && wrong.empty())
      wrong = fmt::format("`{}` is absent or of another type", key.str());
  }

  const json::Object *object;
  std::string &wrong;
};

std::optional<RecordStatus> parseStatus(StringRef text) {
  for (RecordStatus status :
       {RecordStatus::Ok, RecordStatus::WrongResult, RecordStatus::BuildFailed,
        RecordStatus::RunFailed, RecordStatus::TimedOut})
    if (text == targets::recordStatusName(status))
      return status;
  return std::nullopt;
}

} // namespace

Expected<Record> parseRecord(StringRef line) {
  Expected<json::Value> value = json::parse(line);
  if (!value) {
    consumeError(value.takeError());
    return createStringError("it is no JSON");
  }
  Record record;
  std::string wrong, status;
  Fields fields(value->getAsObject(), wrong);
  fields.read("method", record.method);
  fields.read("kernel", record.kernel);
  fields.read("math", record.math);
  fields.read("rows", record.rows);
  fields.read("length", record.length);
  fields.read("dtype", record.dtype);
  fields.readConfig("config", record.config);
  fields.readConfig("baseline", record.baseline);
  fields.read("status", status);
  fields.read("disturbed", record.disturbed);
  Fields machine = fields.inner("machine");
  machine.read("vendor", record.cpu.vendor);
  machine.read("family", record.cpu.family);
  machine.read("model", record.cpu.model);
  machine.read("name", record.cpu.name);
  machine.read("isa", record.cpu.isa);
  machine.read("cores", record.cpu.cores);
  fields.read("halide", record.halide);
  fields.read("xfc", record.xfc);
  fields.read("date", record.date);
  auto known = parseStatus(status);
  if (wrong.empty() && !known)
    wrong = fmt::format("`{}` is no status", status);
  record.status = known.value_or(RecordStatus::Ok);
  if (wrong.empty() && record.status == RecordStatus::Ok) {
    fields.readTiming("one", record.one);
    fields.readTiming("all", record.all);
  } else {
    fields.read("message", record.message);
  }
  if (!wrong.empty())
    return createStringError(llvm::Twine(wrong));
  record.text = line.str();
  return record;
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

std::vector<Record> parseRecords(StringRef text, const std::string &name,
                                 const Warn &warn) {
  // More are no damage but another kind of file.
  constexpr unsigned mostWarnings = 5;
  unsigned damaged = 0;
  std::vector<Record> records;
  for (unsigned number = 1; !text.empty(); ++number) {
    size_t end = text.find('\n');
    StringRef line = text.substr(0, end).trim();
    bool torn = end == StringRef::npos;
    text = torn ? StringRef() : text.drop_front(end + 1);
    if (line.empty())
      continue;
    Expected<Record> record = parseRecord(line);
    if (record) {
      record->origin = fmt::format("{}:{}", name, number);
      records.push_back(std::move(*record));
      continue;
    }
    std::string why = toString(record.takeError());
    if (++damaged <= mostWarnings && warn)
      warn(fmt::format("{}:{}: the record is skipped: {}", name, number,
                       torn ? "the line has no end" : why));
  }
  if (damaged > mostWarnings && warn)
    warn(fmt::format("{}: {} more records are skipped", name,
                     damaged - mostWarnings));
  return records;
}

Expected<std::vector<Record>> readRecords(const std::string &path,
                                          const Warn &warn) {
  auto buffer = MemoryBuffer::getFile(path);
  if (!buffer)
    return createStringError(buffer.getError(), "cannot read `%s`: %s",
                             path.c_str(), buffer.getError().message().c_str());
  return parseRecords((*buffer)->getBuffer(), path, warn);
}

/// Whether the last line of the open file lacks its end.
static bool isTorn(int file) {
  off_t size = lseek(file, 0, SEEK_END);
  char last = '\n';
  return size > 0 && pread(file, &last, 1, size - 1) == 1 && last != '\n';
}

static Error cannotWrite(const std::string &path, int code) {
  return createStringError(std::error_code(code, std::generic_category()),
                           "cannot write `%s`: %s", path.c_str(),
                           strerror(code));
}

/// The descriptor of the file at `path`, which is created with its folders.
static Expected<int> openForAppending(const std::string &path) {
  if (StringRef folder = sys::path::parent_path(path); !folder.empty())
    if (std::error_code ec = sys::fs::create_directories(folder))
      return cannotWrite(path, ec.value());
  int file = open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0)
    return cannotWrite(path, errno);
  return file;
}

Error appendRecord(const std::string &path, const Record &record) {
  Expected<int> file = openForAppending(path);
  if (!file)
    return file.takeError();
  std::string line = recordLine(record) + "\n";
  if (isTorn(*file))
    line.insert(0, "\n");
  ssize_t written = write(*file, line.data(), line.size());
  int code = written < 0 ? errno : ENOSPC;
  close(*file);
  return written == ssize_t(line.size()) ? Error::success()
                                         : cannotWrite(path, code);
}

Error checkRecordFile(const std::string &path) {
  Expected<int> file = openForAppending(path);
  if (!file)
    return file.takeError();
  close(*file);
  return Error::success();
}

std::string userRecordFolder() {
  if (const char *base = std::getenv("XDG_CACHE_HOME"); base && *base)
    return std::string(base) + "/xfc/tuning";
  if (const char *home = std::getenv("HOME"); home && *home)
    return std::string(home) + "/.cache/xfc/tuning";
  return "";
}

/// Every *.jsonl of the user's folder, by name.
static std::vector<Record> readUserRecords(const Warn &warn) {
  std::vector<std::string> files;
  std::error_code ec;
  for (sys::fs::directory_iterator file(userRecordFolder(), ec), end;
       !ec && file != end; file.increment(ec))
    if (sys::path::extension(file->path()) == ".jsonl")
      files.push_back(file->path());
  if (ec && ec != std::errc::no_such_file_or_directory && warn)
    warn(fmt::format("cannot read `{}`: {}", userRecordFolder(), ec.message()));
  std::sort(files.begin(), files.end());
  std::vector<Record> all;
  for (const std::string &file : files) {
    auto records = readRecords(file, warn);
    if (records)
      std::move(records->begin(), records->end(), std::back_inserter(all));
    else if (warn)
      warn(toString(records.takeError()));
    else
      consumeError(records.takeError());
  }
  return all;
}

static std::vector<Record> readBuiltinRecords(const Warn &warn) {
  std::vector<Record> all;
  for (const BuiltinRecords &file : builtinRecords()) {
    std::vector<Record> records = parseRecords(file.text, file.name, warn);
    std::move(records.begin(), records.end(), std::back_inserter(all));
  }
  return all;
}

/// Whether `text` reads as Cpu::id() writes.
static bool isCpuId(StringRef text) {
  auto [rest, model] = text.rsplit('-');
  auto [vendor, family] = rest.rsplit('-');
  unsigned number;
  return !vendor.empty() && !family.getAsInteger(10, number) &&
         !model.getAsInteger(10, number);
}

static bool knows(const targets::RecordSet &set, const std::string &cpu) {
  for (const targets::RecordSet::Source &source : set.sources)
    for (const Record &record : source.records)
      if (record.cpu.id() == cpu)
        return true;
  return false;
}

Expected<targets::RecordSet> loadRecords(const std::string &which,
                                         const std::string &tuneFor,
                                         const Warn &warn) {
  targets::RecordSet set;
  set.cpu = tuneFor == "host" ? hostCpu().id() : tuneFor;
  if (tuneFor != "host" && !isCpuId(tuneFor))
    return createStringError("`%s` is no processor; say `host`, or "
                             "VENDOR-FAMILY-MODEL such as AuthenticAMD-26-2",
                             tuneFor.c_str());
  if (which == "none")
    return set;
  if (which != "all" && which != "builtin") {
    auto records = readRecords(which, warn);
    if (!records)
      return records.takeError();
    set.sources.push_back({"records given", std::move(*records)});
  } else {
    if (which == "all")
      set.sources.push_back({userSource, readUserRecords(warn)});
    set.sources.push_back({"committed records", readBuiltinRecords(warn)});
  }
  if (tuneFor != "host" && warn && !knows(set, tuneFor))
    warn(fmt::format("nothing was measured on `{}`: the heuristic decides",
                     tuneFor));
  return set;
}

} // namespace xf::tune
