// Holds that the default number of threads heeds the CPU time that control
// groups grant, of both versions, by the strictest group.
#include "runtime/src/cpu.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

using xf::rt::quotaCpus;
namespace fs = std::filesystem;

namespace {
/// A folder of control groups; removed with the object.
class Groups {
public:
  Groups()
      : folder(fs::temp_directory_path() /
               ("xf-cpu-test-" + std::to_string(getpid()))) {
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  ~Groups() { fs::remove_all(folder); }
  Groups(const Groups &) = delete;

  void write(const std::string &path, const std::string &text) const {
    fs::create_directories((folder / path).parent_path());
    std::ofstream(folder / path) << text;
  }
  uint32_t cpus(const std::string &membership) const {
    write("membership", membership);
    return quotaCpus((folder / "membership").c_str(), folder.c_str());
  }

private:
  fs::path folder;
};
} // namespace

TEST(Quota, NoneIsNoLimit) {
  const Groups groups;
  EXPECT_EQ(quotaCpus("/nowhere", "/nowhere"), 0u);
  EXPECT_EQ(groups.cpus("0::/\n"), 0u);
  groups.write("cpu.max", "max 100000\n");
  EXPECT_EQ(groups.cpus("0::/\n"), 0u);
  EXPECT_EQ(groups.cpus("gibberish\n::\n:\n0::"), 0u);
}

TEST(Quota, WholeCpusAndAtLeastOne) {
  const Groups groups;
  for (const auto &[text, cpus] : {std::pair{"200000 100000\n", 2u},
                                   {"390000 100000\n", 3u},
                                   {"50000 100000\n", 1u},
                                   {"99999999999999999999 1\n", 0u}}) {
    groups.write("cpu.max", text);
    EXPECT_EQ(groups.cpus("0::/\n"), cpus) << text;
  }
}

TEST(Quota, TheStrictestGroupCounts) {
  const Groups groups;
  groups.write("cpu.max", "800000 100000\n");
  groups.write("a/cpu.max", "300000 100000\n");
  groups.write("a/b/cpu.max", "max 100000\n");
  EXPECT_EQ(groups.cpus("0::/a/b\n"), 3u);
  EXPECT_EQ(groups.cpus("0::/a/b/not/seen/here\n"), 3u);
  EXPECT_EQ(groups.cpus("0::/elsewhere\n"), 8u);
}

TEST(Quota, OfTheFirstVersion) {
  const Groups groups;
  groups.write("cpu/a/cpu.cfs_quota_us", "250000\n");
  groups.write("cpu/a/cpu.cfs_period_us", "100000\n");
  groups.write("cpu/cpu.cfs_quota_us", "-1\n");
  groups.write("cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(groups.cpus("5:memory:/m\n4:cpu,cpuacct:/a\n0::/\n"), 2u);
  EXPECT_EQ(groups.cpus("2:cpuacct:/a\n1:cpu:/\n"), 0u);
}

TEST(Cpus, AreNoMoreThanTheProcessMayRunOn) {
  EXPECT_GE(xf::rt::usableCpus(), 1u);
  EXPECT_LE(xf::rt::usableCpus(), uint32_t(sysconf(_SC_NPROCESSORS_CONF)));
}
