// Holds that a call of a shape seen before allocates nothing, on no thread. The
// linker sends every allocation of this program to the counters below.
#include "runtime_fixture.h"

using namespace fake;

static std::atomic<int> allocations{0};

extern "C" {
void *__real_malloc(size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__real_mmap(void *address, size_t size, int protection, int flags,
                  int file, long offset);

void *__wrap_malloc(size_t size) {
  ++allocations;
  return __real_malloc(size);
}
void *__wrap_aligned_alloc(size_t alignment, size_t size) {
  ++allocations;
  return __real_aligned_alloc(alignment, size);
}
void *__wrap_mmap(void *address, size_t size, int protection, int flags,
                  int file, long offset) {
  ++allocations;
  return __real_mmap(address, size, protection, flags, file, offset);
}
}

TEST(HotPath, AllocatesNothing) {
  const Batch batch = makeBatch({1, 7, 64, 2, 33, 5, 18, 1, 40, 12});
  const xf_batch view = batch.view();
  OpenModel model("small");
  OpenSession session(model, 2);
  EXPECT_GT(allocations, 0) << "the counters are not linked in";
  std::vector<float> vectors(batch.rows() * width);
  std::vector<float> states(batch.ids.size() * width);
  // Tasks that wait for each other see to it that the worker warms up too.
  BehaviourReset reset;
  std::atomic<int> inside{0};
  behaviour.onTask = [&](Kernel kernel) {
    if (kernel == Mix && ++inside <= 2)
      while (inside < 2)
        ;
  };
  for (int turn = 0; turn < 3; ++turn) {
    inside = 0;
    const int before = allocations;
    ASSERT_EQ(api().encode(session, &view, vectors.data(), vectors.size()),
              XF_OK);
    ASSERT_EQ(api().states(session, &view, states.data(), states.size()),
              XF_OK);
    if (turn > 0)
      EXPECT_EQ(allocations, before);
  }
}
