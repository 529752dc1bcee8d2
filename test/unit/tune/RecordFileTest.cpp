// Files of records: what is written can be read, damage costs its own line, and
// an append survives whatever happened to the file before.
#include "compiler/Tune/RecordFile.h"

#include "SampleRecords.h"
#include "compiler/Tune/HostCpu.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

namespace xf::test {
namespace {

using namespace targets;
using namespace tune;

Record sample(double time = 0.9) {
  KernelDesc desc = gemmDesc(384, 1152);
  auto configs =
      candidates(desc, *findMachine("x86-64-avx512"), shapeClasses()[2]);
  return sampleRecord(desc, 128, configs[0], configs[1], time, time);
}

std::string lineOf(const Record &record) { return recordLine(record); }

struct Warnings {
  std::vector<std::string> texts;
  Warn hear() {
    return [this](const std::string &text) { texts.push_back(text); };
  }
};

/// A folder that is removed with it.
struct Folder {
  llvm::SmallString<128> path;
  Folder() { (void)llvm::sys::fs::createUniqueDirectory("records", path); }
  ~Folder() { (void)llvm::sys::fs::remove_directories(path); }
  std::string operator/(const std::string &name) const {
    return path.str().str() + "/" + name;
  }
};

void write(const std::string &path, const std::string &text) {
  std::error_code ec;
  llvm::raw_fd_ostream(path, ec) << text;
}

TEST(RecordJson, GivesBackWhatWasWritten) {
  Record record = sample();
  record.math = "_erf";
  auto parsed = parseRecord(lineOf(record));
  ASSERT_TRUE(bool(parsed)) << llvm::toString(parsed.takeError());
  EXPECT_EQ(lineOf(*parsed), lineOf(record));
  EXPECT_EQ(parsed->config, record.config);
  EXPECT_EQ(parsed->baseline, record.baseline);
  EXPECT_EQ(parsed->kernel, record.kernel);
  EXPECT_EQ(parsed->math, "_erf");
  EXPECT_EQ(parsed->rows, 128);
  EXPECT_EQ(parsed->cpu.id(), "AuthenticAMD-26-2");
  EXPECT_EQ(parsed->all.threads, 2);
  EXPECT_NEAR(parsed->one.best, record.one.best, 1e-9);
  EXPECT_NEAR(parsed->all.relative, 0.9, 1e-9);
}

TEST(RecordJson, FailuresCarryAMessageInsteadOfTimes) {
  for (RecordStatus status :
       {RecordStatus::WrongResult, RecordStatus::BuildFailed,
        RecordStatus::RunFailed, RecordStatus::TimedOut}) {
    Record record = sample();
    record.status = status;
    record.message = "row 3, column 7 differs";
    auto parsed = parseRecord(lineOf(record));
    ASSERT_TRUE(bool(parsed)) << llvm::toString(parsed.takeError());
    EXPECT_EQ(parsed->status, status);
    EXPECT_EQ(parsed->message, record.message);
  }
}

TEST(RecordJson, UnknownFieldsAreSkipped) {
  std::string line = lineOf(sample());
  line.insert(1, "\"later\":{\"a\":[1,2]},");
  auto parsed = parseRecord(line);
  EXPECT_TRUE(bool(parsed)) << llvm::toString(parsed.takeError());
}

TEST(RecordJson, SaysWhichFieldIsWrong) {
  auto errorOf = [](std::string line, const std::string &from,
                    const std::string &to) {
    size_t at = line.find(from);
    EXPECT_NE(at, std::string::npos);
    auto parsed = parseRecord(line.replace(at, from.size(), to));
    return parsed ? "no error" : llvm::toString(parsed.takeError());
  };
  const std::string line = lineOf(sample());
  EXPECT_EQ(errorOf(line, "\"rows\": 128", "\"rows\": \"128\""),
            "`rows` is absent or of another type");
  EXPECT_EQ(errorOf(line, "\"family\": 26,", ""),
            "`family` is absent or of another type");
  EXPECT_EQ(errorOf(line, "\"status\": \"ok\"", "\"status\": \"fine\""),
            "`fine` is no status");
  EXPECT_EQ(errorOf(line, "\"us\": 9", "\"us\": -9"),
            "`one` holds a time that is not above 0");
  EXPECT_NE(errorOf(line, "variant = ", "variant ").find("is no config"),
            std::string::npos);
  EXPECT_EQ(errorOf("[1]", "[1]", "[2]"),
            "`method` is absent or of another type");
}

TEST(RecordFile, ADamagedLineCostsItselfAndIsNamed) {
  std::string text =
      lineOf(sample(0.9)) + "\n{\"method\": 1\n\n" + lineOf(sample(0.8)) + "\n";
  Warnings warnings;
  auto records = parseRecords(text, "mine.jsonl", warnings.hear());
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1].origin, "mine.jsonl:4");
  ASSERT_EQ(warnings.texts.size(), 1u);
  EXPECT_EQ(warnings.texts[0],
            "mine.jsonl:2: the record is skipped: it is no JSON");
}

TEST(RecordFile, AnotherKindOfFileIsNotNamedLineByLine) {
  Warnings warnings;
  std::string text;
  for (int line = 0; line < 40; ++line)
    text += "#include <vector>\n";
  EXPECT_TRUE(parseRecords(text, "a.cpp", warnings.hear()).empty());
  ASSERT_EQ(warnings.texts.size(), 6u);
  EXPECT_EQ(warnings.texts.back(), "a.cpp: 35 more records are skipped");
}

TEST(RecordFile, ATornLastLineIsSkippedAndAppendingGoesOnBehindIt) {
  Folder folder;
  std::string path = folder / "a/b.jsonl", first = lineOf(sample(0.9));
  ASSERT_FALSE(bool(appendRecord(path, sample(0.9))));
  for (size_t kept : {first.size() / 2, first.size()}) {
    SCOPED_TRACE(kept);
    write(path, first + "\n" + first.substr(0, kept));
    Warnings warnings;
    auto torn = readRecords(path, warnings.hear());
    ASSERT_TRUE(bool(torn));
    EXPECT_EQ(torn->size(), kept == first.size() ? 2u : 1u)
        << "a whole line that lacks its end only is one";
    ASSERT_FALSE(bool(appendRecord(path, sample(0.7))));
    auto repaired = readRecords(path, warnings.hear());
    ASSERT_TRUE(bool(repaired));
    EXPECT_EQ(repaired->size(), torn->size() + 1);
    EXPECT_EQ(lineOf(repaired->back()), lineOf(sample(0.7)));
  }
}

TEST(RecordFile, WhatCannotBeWrittenOrReadIsAnError) {
  auto isRefused = [](llvm::Error error) {
    return llvm::toString(std::move(error)).find("cannot write") !=
           std::string::npos;
  };
  EXPECT_TRUE(isRefused(appendRecord("/proc/none/x.jsonl", sample())));
  EXPECT_TRUE(isRefused(checkRecordFile("/proc/none/x.jsonl")));
  EXPECT_TRUE(isRefused(checkRecordFile("/")));
  Folder folder;
  std::string path = folder / "a/b.jsonl";
  EXPECT_FALSE(bool(checkRecordFile(path)));
  EXPECT_TRUE(llvm::sys::fs::exists(path));
  auto missing = readRecords("/nowhere.jsonl", {});
  ASSERT_FALSE(bool(missing));
  EXPECT_EQ(llvm::toString(missing.takeError()),
            "cannot read `/nowhere.jsonl`: No such file or directory");
}

TEST(RecordFile, AFileThatIsNamedIsTheOnlySource) {
  Folder folder;
  std::string path = folder / "given.jsonl";
  ASSERT_FALSE(bool(appendRecord(path, sample())));
  auto set = loadRecords(path, "AuthenticAMD-26-2", {});
  ASSERT_TRUE(bool(set));
  ASSERT_EQ(set->sources.size(), 1u);
  EXPECT_EQ(set->sources[0].records.size(), 1u);
  EXPECT_EQ(set->cpu, "AuthenticAMD-26-2");
  auto none = loadRecords("none", "host", {});
  ASSERT_TRUE(bool(none));
  EXPECT_TRUE(none->sources.empty());
  EXPECT_EQ(none->cpu, hostCpu().id());
  auto absent = loadRecords(folder / "absent", "host", {});
  ASSERT_FALSE(bool(absent));
  llvm::consumeError(absent.takeError());
}

TEST(RecordFile, AProcessorIsNamedOrUnknownOrNone) {
  auto wordsOf = [](const char *tuneFor) {
    Folder folder;
    std::string path = folder / "given.jsonl";
    EXPECT_FALSE(bool(appendRecord(path, sample())));
    Warnings warnings;
    auto set = loadRecords(path, tuneFor, warnings.hear());
    if (!set)
      return llvm::toString(set.takeError());
    EXPECT_EQ(set->cpu, tuneFor);
    return warnings.texts.empty() ? std::string() : warnings.texts.back();
  };
  EXPECT_EQ(wordsOf("AuthenticAMD-26-2"), "");
  EXPECT_EQ(wordsOf("GenuineIntel-6-143"),
            "nothing was measured on `GenuineIntel-6-143`: the heuristic "
            "decides");
  for (const char *none : {"zen5", "", "AMD-26", "-1-2", "AMD-26-x"})
    EXPECT_EQ(wordsOf(none),
              std::string("`") + none +
                  "` is no processor; say `host`, or VENDOR-FAMILY-MODEL such "
                  "as AuthenticAMD-26-2");
}

TEST(RecordFile, TheUsersComeBeforeTheCommitted) {
  Folder folder;
  setenv("XDG_CACHE_HOME", folder.path.c_str(), 1);
  ASSERT_FALSE(bool(
      appendRecord(userRecordFolder() + "/AuthenticAMD-26-2.jsonl", sample())));
  write(userRecordFolder() + "/notes.txt", "no records");
  Warnings warnings;
  auto set = loadRecords("all", "host", warnings.hear());
  ASSERT_TRUE(bool(set));
  ASSERT_EQ(set->sources.size(), 2u);
  EXPECT_EQ(set->sources[0].name, "your records");
  EXPECT_EQ(set->sources[0].records.size(), 1u);
  EXPECT_EQ(set->sources[1].name, "committed records");
  EXPECT_TRUE(warnings.texts.empty()) << warnings.texts.front();
  auto builtin = loadRecords("builtin", "host", {});
  ASSERT_TRUE(bool(builtin));
  EXPECT_EQ(builtin->sources.size(), 1u);
}

/// Every line of targets/tuning parses, names a legal config of a target that
/// exists, and lies in the file of its processor.
TEST(RecordFile, TheCommittedRecordsAreSound) {
  Warnings warnings;
  auto set = loadRecords("builtin", "host", warnings.hear());
  ASSERT_TRUE(bool(set));
  EXPECT_TRUE(warnings.texts.empty()) << warnings.texts.front();
  for (const Record &record : set->sources[0].records) {
    EXPECT_NE(
        record.origin.find("targets/tuning/" + record.cpu.id() + ".jsonl"),
        std::string::npos)
        << record.origin;
    EXPECT_TRUE(findMachine(record.config.target)) << record.origin;
    EXPECT_EQ(record.config.target, record.baseline.target) << record.origin;
    EXPECT_FALSE(record.disturbed) << record.origin;
  }
}

TEST(HostCpu, IsNamed) {
  Cpu cpu = hostCpu();
  EXPECT_FALSE(cpu.vendor.empty());
  EXPECT_GT(cpu.family, 0);
  EXPECT_GE(cpu.cores, 1);
}

} // namespace
} // namespace xf::test
