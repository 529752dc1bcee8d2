// Holds that a library is profiled through its C ABI: the runtime's hand-made
// model, whose description knows nothing of ops; and the arithmetic of bounds.
#include "compiler/Profile/Measure.h"
#include "compiler/Profile/Workloads.h"

#include <gtest/gtest.h>

using namespace xf;
using namespace xf::profile;

static std::string openError(const std::string &path,
                             const std::string &target = "") {
  auto library = Library::open({path, target, "", 0});
  return library ? "" : llvm::toString(library.takeError());
}

TEST(Library, SaysWhyItIsNone) {
  EXPECT_EQ(openError("no-such.so"), "there is no library `no-such.so`");
  EXPECT_NE(openError("/proc/self/exe").find("cannot load `/proc/self/exe`"),
            std::string::npos);
  EXPECT_NE(openError(FAKE_MODEL, "z80").find("invalid argument: "),
            std::string::npos);
}

TEST(Measure, CountsTheFakeModel) {
  auto library = Library::open({FAKE_MODEL, "small", "", 2});
  ASSERT_TRUE(bool(library)) << llvm::toString(library.takeError());
  auto workloads = parseShapes("2x3,1x5", library->info().num_tokens);
  ASSERT_TRUE(bool(workloads));
  auto profile = measure(*library, *workloads, {3, 1});
  ASSERT_TRUE(bool(profile)) << llvm::toString(profile.takeError());
  EXPECT_EQ(profile->model, "fake");
  EXPECT_EQ(profile->target, "small");
  EXPECT_EQ(profile->entry, "encode");
  EXPECT_EQ(profile->ceilings.threads, 2);
  EXPECT_GT(profile->ceilings.fmaFlops, 1e9);
  EXPECT_GT(profile->ceilings.dramBytes, 1e8);
  EXPECT_GT(profile->ceilings.cacheBytes, 1e8);
  ASSERT_EQ(profile->workloads.size(), 2u);
  const WorkloadProfile &first = profile->workloads[0];
  EXPECT_EQ(first.repetitions, 3u);
  EXPECT_EQ(first.tokens, 6u);
  EXPECT_GT(first.fastestCall, 0);
  EXPECT_GE(first.medianCall, first.fastestCall);
  ASSERT_EQ(first.ops.size(), 5u);
  EXPECT_EQ(first.ops[2].facts.name, "attend");
  EXPECT_EQ(first.ops[2].cost.pairs, 18u); // of one call
  EXPECT_EQ(first.total.launches, 5u);
  EXPECT_GT(first.total.wall, 0);
}

TEST(Measure, ChecksWorkloads) {
  auto library = Library::open({FAKE_MODEL, "small", "", 1});
  ASSERT_TRUE(bool(library)) << llvm::toString(library.takeError());
  Workload workload;
  workload.ids = {1, 2, 1000};
  workload.offsets = {0, 3};
  EXPECT_EQ(llvm::toString(library->check(workload)),
            "invalid id: row 0, position 2: id 1000 is outside 0 .. 99");
}

TEST(Bounds, AreTheNearerCeiling) {
  targets::Ceilings ceilings;
  ceilings.fmaFlops = 100e9, ceilings.dramBytes = 10e9;
  ceilings.cacheBytes = 40e9;
  WorkloadProfile workload;
  Cost cost;
  EXPECT_EQ(boundOf(cost, workload, ceilings).kind, Bound::None);
  cost.wall = 1, cost.busy = 1.5, cost.flops = 50e9, cost.bytes = 2e9;
  Bound bound = boundOf(cost, workload, ceilings);
  EXPECT_EQ(bound.kind, Bound::Fma);
  EXPECT_DOUBLE_EQ(bound.ofFma, 0.5);
  EXPECT_DOUBLE_EQ(bound.ofBandwidth, 0.2);
  cost.bytes = 8e9;
  EXPECT_EQ(boundOf(cost, workload, ceilings).kind, Bound::Memory);
  workload.fitsInCache = true;
  bound = boundOf(cost, workload, ceilings);
  EXPECT_EQ(bound.kind, Bound::Fma);
  EXPECT_DOUBLE_EQ(bound.ofBandwidth, 0.2);
  cost.flops = 0;
  EXPECT_EQ(boundOf(cost, workload, ceilings).kind, Bound::Cache);
  EXPECT_DOUBLE_EQ(efficiency(cost, 2), 0.75);
}
