// Holds what shapes and files of ids become, and what is said of wrong ones.
#include "compiler/Profile/Workloads.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

using namespace xf::profile;

static std::string errorOf(llvm::Error error) {
  return llvm::toString(std::move(error));
}

TEST(Shapes, AreRowsOfRandomIds) {
  auto workloads = parseShapes("2x3, 1x50", 7);
  ASSERT_TRUE(bool(workloads));
  ASSERT_EQ(workloads->size(), 2u);
  const Workload &first = workloads->front();
  EXPECT_EQ(first.name, "2x3");
  EXPECT_EQ(first.offsets, (std::vector<int64_t>{0, 3, 6}));
  for (const Workload &workload : *workloads) {
    EXPECT_EQ(workload.tokens(), size_t(workload.offsets.back()));
    for (int32_t id : workload.ids)
      EXPECT_TRUE(id >= 0 && id < 7);
  }
  auto again = parseShapes("2x3", 7);
  ASSERT_TRUE(bool(again));
  EXPECT_EQ(again->front().ids, first.ids);
}

TEST(Shapes, WrongOnesAreNamed) {
  for (const char *text : {"", "8", "x8", "8x", "0x8", "8x0", "-1x8", "8x8x8",
                           "1x16,", "1.5x3", "99999999999999999999x1"})
    EXPECT_NE(errorOf(parseShapes(text, 7).takeError()).find("is no shape"),
              std::string::npos)
        << text;
  EXPECT_EQ(errorOf(parseShapes("1x8,4096x4096", 7).takeError()),
            "shape `4096x4096` has too many tokens, at most 1048576 are "
            "profiled at once");
}

namespace {
struct File {
  explicit File(llvm::StringRef text) {
    int descriptor;
    EXPECT_FALSE(
        llvm::sys::fs::createTemporaryFile("ids", "txt", descriptor, path));
    llvm::raw_fd_ostream(descriptor, /*shouldClose=*/true) << text;
  }
  ~File() { llvm::sys::fs::remove(path); }
  llvm::SmallString<64> path;
};
} // namespace

TEST(Ids, AreRowsOfAFile) {
  File file("1, 2,3\n\n  4 5\r\n6");
  auto workload = readIds(file.path.c_str());
  ASSERT_TRUE(bool(workload));
  EXPECT_EQ(workload->ids, (std::vector<int32_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(workload->offsets, (std::vector<int64_t>{0, 3, 5, 6}));
}

TEST(Ids, WrongOnesAreNamed) {
  File words("1 2\n3 cat\n"), empty("\n\n");
  const std::string path = words.path.c_str();
  EXPECT_EQ(errorOf(readIds(path).takeError()),
            path + ":2: `cat` is no token id");
  EXPECT_EQ(errorOf(readIds(empty.path.c_str()).takeError()),
            "`" + std::string(empty.path.c_str()) + "` has no row of ids");
  EXPECT_EQ(errorOf(readIds("/no/such/file").takeError()),
            "cannot read `/no/such/file`: No such file or directory");
}
