// Holds that kernels' scratch is aligned, reused without further allocation
// once warm, and never fails the odd orders.
#include "runtime/src/halide_hooks.h"

#include <HalideRuntime.h>
#include <gtest/gtest.h>

#include <cstring>

using xf::rt::KernelContext;
using xf::rt::Scratch;

TEST(Scratch, IsAlignedAndApart) {
  Scratch scratch;
  char *first = static_cast<char *>(scratch.allocate(1)),
       *second = static_cast<char *>(scratch.allocate(1000));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(first) % 128, 0u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(second) % 128, 0u);
  std::memset(first, 1, 1);
  std::memset(second, 2, 1000);
  EXPECT_EQ(first[0], 1);
  scratch.release(second);
  scratch.release(first);
}

TEST(Scratch, WarmsUpToTheLargestCall) {
  Scratch scratch;
  void *pointers[3];
  for (int turn = 0; turn < 2; ++turn) {
    const size_t before = scratch.capacity();
    for (void *&pointer : pointers)
      pointer = scratch.allocate(5000);
    for (int index : {1, 0, 2}) // not the order of a stack
      scratch.release(pointers[index]);
    EXPECT_GE(scratch.capacity(), 15000u);
    if (turn > 0)
      EXPECT_EQ(scratch.capacity(), before);
  }
}

TEST(Scratch, ALoopThatAllocatesReusesItsSpace) {
  Scratch scratch;
  for (int turn = 0; turn < 2; ++turn) {
    void *outer = scratch.allocate(100);
    for (int step = 0; step < 1000; ++step)
      scratch.release(scratch.allocate(1000));
    scratch.release(outer);
  }
  EXPECT_LT(scratch.capacity(), 3000u);
}

TEST(Scratch, RefusesWhatCannotBe) {
  Scratch scratch;
  EXPECT_EQ(scratch.allocate(SIZE_MAX), nullptr);
  EXPECT_EQ(scratch.allocate(SIZE_MAX / 2), nullptr);
  scratch.release(scratch.allocate(0));
}

TEST(Hooks, WorkWithoutAContext) {
  void *memory = halide_malloc(nullptr, 100);
  ASSERT_NE(memory, nullptr);
  halide_free(nullptr, memory);
  halide_free(nullptr, nullptr);
  EXPECT_EQ(halide_malloc(nullptr, SIZE_MAX), nullptr);
  halide_error(nullptr, "nobody listens");
  halide_print(nullptr, "nobody listens");
}

TEST(Hooks, TheFirstErrorOfAKernelCounts) {
  KernelContext context;
  halide_error(&context, "first");
  halide_error(&context, "second");
  EXPECT_STREQ(context.error, "first");
}

TEST(Hooks, ParallelLoopsRunInOrder) {
  struct Seen {
    int next = 3;
    bool ordered = true;
  } seen;
  auto task = [](void *, int index, uint8_t *closure) {
    Seen &seen = *reinterpret_cast<Seen *>(closure);
    seen.ordered &= index == seen.next++;
    return index == 5 ? -9 : 0;
  };
  EXPECT_EQ(halide_do_par_for(nullptr, task, 3, 10,
                              reinterpret_cast<uint8_t *>(&seen)),
            -9);
  EXPECT_TRUE(seen.ordered);
  EXPECT_EQ(seen.next, 6);
}
