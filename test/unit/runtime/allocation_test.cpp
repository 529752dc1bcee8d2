// Holds that a call of a shape seen before allocates nothing, on no thread; and
// that any allocation or thread may be refused. The linker sends every one that
// this program asks for to the counters below.
#include "probe.h"

#include <cerrno>
#include <climits>
#include <pthread.h>
#include <sys/mman.h>

using namespace fake;

static std::atomic<int> allocations{0};
static std::atomic<int> granted{INT_MAX}; // all after as many are refused
static std::atomic<bool> noThreads{false};

static bool refused() {
  ++allocations;
  return granted.fetch_sub(1) <= 0;
}

extern "C" {
void *__real_malloc(size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__real_mmap(void *address, size_t size, int protection, int flags,
                  int file, long offset);

void *__wrap_malloc(size_t size) {
  return refused() ? nullptr : __real_malloc(size);
}
void *__wrap_aligned_alloc(size_t alignment, size_t size) {
  return refused() ? nullptr : __real_aligned_alloc(alignment, size);
}
void *__wrap_mmap(void *address, size_t size, int protection, int flags,
                  int file, long offset) {
  return refused()
             ? MAP_FAILED
             : __real_mmap(address, size, protection, flags, file, offset);
}
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *), void *argument) {
  return noThreads ? EAGAIN
                   : __real_pthread_create(thread, attributes, run, argument);
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

// Nor does one with inputs of every kind, in pieces.
TEST(HotPath, FeedsAllocateNothing) {
  Probe probe;
  probe.entry.lead = 1;
  probe.entry.pairs_width = 2;
  probe.addInput("mask", XF_INPUT_ROWS, XF_SPACE_TOKENS, 1, XF_SCATTER_TOKENS,
                 XF_FILL_VALUE, 1, 0);
  probe.addInput("context", XF_INPUT_ROWS, XF_SPACE_CONTEXT, 2,
                 XF_SCATTER_TOKENS, XF_FILL_REQUIRED, 0, 1);
  probe.addInput("kind", XF_INPUT_INDEX, XF_SPACE_TOKENS, 1, XF_SCATTER_TOKENS,
                 XF_FILL_REQUIRED, 0, 3, 5);
  probe.addInput("bias", XF_INPUT_PAIRS, XF_SPACE_TOKENS, 2, XF_SCATTER_TOKENS,
                 XF_FILL_REQUIRED, 0, 0);
  probe.addArg(XF_ARG_ROW_INDEX);
  probe.open(1, 12);
  const Batch batch = makeBatch({7, 5, 3});
  const xf_batch view = batch.view();
  const std::vector<uint8_t> mask(15, 1), kinds(15, 4);
  const std::vector<int64_t> offsets = {0, 4, 7, 9};
  const std::vector<float> context(18, 1), bias(2 * (49 + 25 + 9), 1);
  const xf_feed feeds[] = {makeFeed("mask", mask), makeFeed("kind", kinds),
                           makeFeed("context", context, &offsets),
                           makeFeed("bias", bias)};
  std::vector<float> out(18);
  auto run = [&] {
    return api().run(probe.session, "states", &view, feeds, std::size(feeds),
                     out.data(), out.size());
  };
  probe.isSilent = true; // what it writes down takes memory
  ASSERT_EQ(run(), XF_OK) << lastError();
  const int before = allocations;
  ASSERT_EQ(run(), XF_OK);
  EXPECT_EQ(allocations, before);
}

// Opening, a session and a call, with ever more allocations granted before all
// others are refused: a status says so, or the result is right.
TEST(HotPath, AnyAllocationMayFail) {
  const Batch batch = makeBatch({3, 64});
  const xf_batch view = batch.view();
  std::vector<float> expected(batch.rows() * width), out(expected.size());
  {
    OpenModel model("small");
    expected = OpenSession(model, 2).encode(batch);
  }
  xf_session_options options;
  xf_session_options_init(&options);
  options.threads = 2;
  bool done = false;
  int refusals = 0;
  for (int count = 0; !done; ++count) {
    ASSERT_LT(count, 100);
    xf_model *model = nullptr;
    xf_session *session = nullptr;
    granted = count;
    xf_status status = api().model_open(nullptr, &model);
    if (status == XF_OK)
      status = api().session_create(model, &options, &session);
    if (status == XF_OK)
      status = api().encode(session, &view, out.data(), out.size());
    done = granted > 0;
    granted = INT_MAX;
    if (status == XF_OK) {
      EXPECT_EQ(out, expected);
    } else {
      EXPECT_EQ(status, XF_OUT_OF_MEMORY) << lastError();
      EXPECT_NE(lastError(), "");
      ++refusals;
    }
    EXPECT_EQ(api().session_destroy(session), XF_OK);
    EXPECT_EQ(api().model_close(model), XF_OK);
  }
  EXPECT_GE(refusals, 4); // model, description, session, its memory
}

TEST(HotPath, WithoutThreadsTheCallerDoesIt) {
  const Batch batch = makeBatch({3, 64, 9});
  OpenModel model("small");
  const std::vector<float> expected = OpenSession(model, 1).encode(batch);
  OpenSession session(model, 8);
  noThreads = true;
  EXPECT_EQ(session.encode(batch), expected);
  noThreads = false;
  EXPECT_EQ(session.encode(batch), expected);
}
