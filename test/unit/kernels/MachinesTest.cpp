// Holds: the tests of this folder covered every target, or says which not.
#include "KernelCases.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace xf::test {
namespace {

TEST(MachinesTest, HostRunsEveryTarget) {
  std::vector<const targets::Machine *> host = hostMachines();
  ASSERT_FALSE(host.empty()) << "no target runs here: nothing was tested";
  for (const targets::Machine &machine : targets::cpuMachines())
    if (std::find(host.begin(), host.end(), &machine) == host.end())
      GTEST_SKIP() << "this CPU cannot run " << machine.name
                   << ": its kernels were not tested";
}

} // namespace
} // namespace xf::test
