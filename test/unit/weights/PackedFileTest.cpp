// The weight section and its file: header, place, checksum, and that a failed
// write leaves nothing behind.
#include "compiler/Weights/PackedFile.h"

#include "runtime/src/program.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <csignal>
#include <cstring>
#include <sys/resource.h>

using namespace xf::weights;
using testing::HasSubstr;

static size_t countEntries(llvm::StringRef folder) {
  std::error_code error;
  size_t count = 0;
  for (llvm::sys::fs::directory_iterator it(folder, error), end;
       it != end && !error; it.increment(error))
    ++count;
  return count;
}

class PackedFileTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("xf-packed", folder));
    path = folder;
    llvm::sys::path::append(path, "tiny.xfw");
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  llvm::SmallString<128> folder, path;
};

TEST(WeightSection, HashIsXXH64) {
  // The published value of XXH64 of no bytes with seed 0.
  EXPECT_EQ(WeightSection(0).hash(), 0xef46db3751d8e999ull);
}

TEST(WeightSection, GapsAreZero) {
  WeightSection section(192);
  section.write(64, {1.0f});
  llvm::ArrayRef<uint8_t> bytes = section.bytes();
  for (size_t i = 0; i < bytes.size(); ++i) {
    uint8_t expected = i == 66 ? 0x80 : i == 67 ? 0x3f : 0;
    EXPECT_EQ(bytes[i], expected) << i;
  }
}

TEST_F(PackedFileTest, WritesHeaderAndSection) {
  WeightSection section(128);
  section.write(0, {1, 2, 3});
  section.write(64, {4});
  llvm::Error error = writePackedFile(path, section);
  ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));

  auto buffer = llvm::MemoryBuffer::getFile(path, false, false);
  ASSERT_TRUE(bool(buffer));
  llvm::StringRef bytes = (*buffer)->getBuffer();
  ASSERT_EQ(bytes.size(), 4096u + 128u);
  xf_weights_header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  EXPECT_EQ(header.magic, XF_WEIGHTS_MAGIC);
  EXPECT_EQ(header.version, XF_WEIGHTS_VERSION);
  EXPECT_EQ(header.reserved, 0u);
  EXPECT_EQ(header.offset, 4096u);
  EXPECT_EQ(header.bytes, 128u);
  EXPECT_EQ(header.hash, section.hash());
  EXPECT_EQ(
      bytes.substr(sizeof header, 4096 - sizeof header).find_first_not_of('\0'),
      llvm::StringRef::npos);
  EXPECT_EQ(std::memcmp(bytes.data() + 4096, section.bytes().data(), 128), 0);
  // No temporary file is left.
  EXPECT_EQ(countEntries(folder), 1u);
}

TEST_F(PackedFileTest, TwoWritesAreEqual) {
  WeightSection section(64);
  section.write(0, {1, 2});
  for (int i = 0; i < 2; ++i) {
    llvm::Error error = writePackedFile(path, section);
    ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));
  }
  EXPECT_EQ(countEntries(folder), 1u);
}

TEST_F(PackedFileTest, ReportsAFolderThatIsNotThere) {
  llvm::sys::path::append(path, "deeper.xfw");
  llvm::Error error = writePackedFile(path, WeightSection(64));
  ASSERT_TRUE(bool(error));
  EXPECT_THAT(llvm::toString(std::move(error)),
              HasSubstr("cannot write weights to `" + path.str().str() + "`"));
  EXPECT_EQ(countEntries(folder), 0u);
}

// A limit on the size of files stands for a full disk.
TEST_F(PackedFileTest, ReportsAFullDisk) {
  auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  rlimit small = {1000, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  llvm::Error error = writePackedFile(path, WeightSection(1 << 20));
  setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, before);
  EXPECT_EQ(llvm::toString(std::move(error)), "cannot write weights to `" +
                                                  path.str().str() +
                                                  "`: File too large");
  EXPECT_EQ(countEntries(folder), 0u);
}
