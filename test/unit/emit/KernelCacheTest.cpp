// Keys and the folder that a cache is kept in; what entries survive is in
// EmitKernelsTest.cpp.
#include "compiler/Emit/KernelCache.h"

#include "gtest/gtest.h"

#include <cstdlib>

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
