// Keys, the folder that a cache is kept in, and who shares it; what entries
// survive is in EmitKernelsTest.cpp.
#include "compiler/Emit/KernelCache.h"

#include "llvm/Support/FileSystem.h"
#include "gtest/gtest.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace xf {
namespace {

TEST(KernelCache, KeysKeepTheirPartsApart) {
  EXPECT_EQ(cacheKey({"ab", "c"}), cacheKey({"ab", "c"}));
  EXPECT_NE(cacheKey({"ab", "c"}), cacheKey({"a", "bc"}));
  EXPECT_NE(cacheKey({"ab"}), cacheKey({"ab", ""}));
  EXPECT_EQ(cacheKey({"ab"}).size(), 64u);
}

TEST(KernelCache, NoFolderHoldsNothing) {
  KernelCache cache("", [](const std::string &message) { FAIL() << message; });
  cache.store(cacheKey({"x"}), {'a'});
  EXPECT_FALSE(cache.lookup(cacheKey({"x"})));
}

class SharedCache : public testing::Test {
protected:
  SharedCache() {
    EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("xf-cache", folder));
  }
  ~SharedCache() override { llvm::sys::fs::remove_directories(folder); }
  KernelCache open() {
    return {std::string(folder),
            [&](const std::string &message) { warnings.push_back(message); }};
  }
  size_t countFiles() {
    size_t count = 0;
    for (const auto &entry :
         std::filesystem::recursive_directory_iterator(folder.c_str()))
      count += entry.is_regular_file();
    return count;
  }

  llvm::SmallString<128> folder;
  std::vector<std::string> warnings;
};

// Whoever looks while others write sees a whole entry or none.
TEST_F(SharedCache, ProcessesShareAFolder) {
  std::vector<char> content(300000, 'x');
  std::string key = cacheKey({"shared"});
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    pid_t pid = fork();
    if (pid == 0) {
      KernelCache cache = open();
      bool good = true;
      for (int round = 0; round < 20; ++round) {
        cache.store(key, content);
        auto found = cache.lookup(key);
        good &= found && std::equal(found->begin(), found->end(),
                                    content.begin(), content.end());
      }
      _exit(good && warnings.empty() ? 0 : 1);
    }
    children.push_back(pid);
  }
  for (pid_t pid : children) {
    int status = -1;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(countFiles(), 1u);
}

// A limit on the size of files stands for a full disk.
TEST_F(SharedCache, FullDiskIsOneWarningAndLeavesNothing) {
  auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  rlimit small = {1000, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  KernelCache cache = open();
  std::vector<char> content(2000, 'x');
  cache.store(cacheKey({"a"}), content);
  cache.store(cacheKey({"b"}), content);
  setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, before);
  EXPECT_FALSE(cache.lookup(cacheKey({"a"})));
  EXPECT_EQ(warnings, std::vector<std::string>{
                          "kernel cache `" + std::string(folder) +
                          "` is not used: cannot write: File too large"});
  EXPECT_EQ(countFiles(), 0u);
}

// Something else where an entry should be is trouble, not a crash.
TEST_F(SharedCache, FolderInTheWayIsAWarning) {
  KernelCache cache = open();
  std::string key = cacheKey({"a"});
  std::filesystem::create_directories(std::string(folder) + "/" +
                                      key.substr(0, 2) + "/" + key.substr(2) +
                                      ".o/folder");
  EXPECT_FALSE(cache.lookup(key));
  cache.store(key, {'a'});
  EXPECT_EQ(warnings.size(), 1u);
  EXPECT_EQ(countFiles(), 0u);
}

TEST(KernelCache, DefaultFolderFollowsTheEnvironment) {
  auto keep = [](const char *name) {
    return std::string(std::getenv(name) ? std::getenv(name) : "");
  };
  std::string xdg = keep("XDG_CACHE_HOME"), home = keep("HOME");
  setenv("HOME", "/home/somebody", 1);
  setenv("XDG_CACHE_HOME", "/elsewhere", 1);
  EXPECT_EQ(defaultCacheDir(), "/elsewhere/xfc");
  unsetenv("XDG_CACHE_HOME");
  EXPECT_EQ(defaultCacheDir(), "/home/somebody/.cache/xfc");
  unsetenv("HOME");
  EXPECT_EQ(defaultCacheDir(), "");
  setenv("HOME", home.c_str(), 1);
  if (!xdg.empty())
    setenv("XDG_CACHE_HOME", xdg.c_str(), 1);
}

} // namespace
} // namespace xf
