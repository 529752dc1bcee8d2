// Holds that a session counts what each op does when it is asked to, that no
// result depends on it, and that callers compiled before the counters are
// served as ever.
#include "runtime_fixture.h"

#include <chrono>
#include <cstddef>
#include <thread>

using namespace fake;

namespace {

struct ProfiledSession {
  ProfiledSession(xf_model *model, uint32_t threads, uint32_t maxTokens = 0) {
    xf_session_options options;
    xf_session_options_init(&options);
    options.threads = threads;
    options.max_tokens = maxTokens;
    options.profile = 1;
    EXPECT_EQ(api().session_create(model, &options, &session), XF_OK)
        << lastError();
  }
  ProfiledSession(const ProfiledSession &) = delete;
  ~ProfiledSession() {
    EXPECT_EQ(api().session_destroy(session), XF_OK) << lastError();
  }

  std::vector<float> encode(const Batch &batch) {
    std::vector<float> out(batch.rows() * width);
    const xf_batch view = batch.view();
    EXPECT_EQ(api().encode(session, &view, out.data(), out.size()), XF_OK)
        << lastError();
    return out;
  }
  std::vector<xf_op_profile> read() {
    std::vector<xf_op_profile> ops(NumKernels);
    size_t count = 0;
    EXPECT_EQ(api().profile_read(session, ops.data(), sizeof(xf_op_profile),
                                 ops.size(), &count),
              XF_OK)
        << lastError();
    EXPECT_EQ(count, size_t(NumKernels));
    return ops;
  }
  xf_session *session = nullptr;
};

} // namespace

TEST(Profile, CountsWhatEachOpDoes) {
  OpenModel model("small");
  ProfiledSession session(model, 1);
  const Batch batch = makeBatch({3, 10, 1});
  session.encode(batch);
  session.encode(batch);
  const std::vector<xf_op_profile> ops = session.read();
  const char *const names[] = {"embed", "mix", "attend", "pool", "scale"};
  // Tokens before pooling, sequences after it; two calls.
  const uint64_t rows[] = {28, 28, 28, 6, 6};
  for (int op = 0; op < NumKernels; ++op) {
    EXPECT_STREQ(ops[op].name, names[op]);
    EXPECT_EQ(ops[op].launches, 2u) << names[op];
    EXPECT_EQ(ops[op].rows, rows[op]) << names[op];
    EXPECT_EQ(ops[op].pairs, op == Attend ? 2u * (9 + 100 + 1) : 0u)
        << names[op];
  }
  // 14 rows by grains of 3, and 20 columns by 16: 5 x 2 tasks a call.
  EXPECT_EQ(ops[Embed].tasks, 20u);
  // Sequence by sequence, grains of 4 rows and 8 columns: (1 + 3 + 1) x 3.
  EXPECT_EQ(ops[Attend].tasks, 30u);
}

TEST(Profile, PiecesAddUp) {
  OpenModel model("small");
  ProfiledSession whole(model, 1), pieces(model, 1, 16);
  const Batch batch = makeBatch({3, 10, 1, 16, 9});
  EXPECT_EQ(whole.encode(batch), pieces.encode(batch));
  const auto a = whole.read(), b = pieces.read();
  for (int op = 0; op < NumKernels; ++op) {
    EXPECT_EQ(a[op].launches, 1u);
    EXPECT_EQ(b[op].launches, 3u);
    EXPECT_EQ(a[op].rows, b[op].rows);
    EXPECT_EQ(a[op].pairs, b[op].pairs);
  }
}

TEST(Profile, TimeIsTheCallersAndEveryThreads) {
  BehaviourReset reset;
  OpenModel model("small");
  ProfiledSession session(model, 2);
  behaviour.onTask = [](Kernel kernel) {
    if (kernel == Mix)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  session.encode(makeBatch({13}));
  const std::vector<xf_op_profile> ops = session.read();
  // A sleep is never shorter than asked for.
  EXPECT_GE(ops[Mix].busy_ns, ops[Mix].tasks * 1000000u);
  EXPECT_GE(ops[Mix].wall_ns, ops[Mix].tasks * 1000000u / 2);
  for (const xf_op_profile &op : ops) {
    EXPECT_GT(op.wall_ns, 0u) << op.name;
    EXPECT_LE(op.busy_ns, 2 * op.wall_ns) << op.name;
  }
}

TEST(Profile, NoResultDependsOnIt) {
  OpenModel model("small");
  const Batch batch = makeBatch({1, 7, 64, 2, 33});
  OpenSession plain(model, 2);
  const std::vector<float> expected = plain.encode(batch);
  for (uint32_t threads : {1, 2, 3})
    EXPECT_EQ(ProfiledSession(model, threads).encode(batch), expected);
}

TEST(Profile, ResetAndEmptyCallsCountNothing) {
  OpenModel model("small");
  ProfiledSession session(model, 1);
  session.encode(makeBatch({5}));
  ASSERT_EQ(api().profile_reset(session.session), XF_OK);
  session.encode(makeBatch({}));
  for (const xf_op_profile &op : session.read()) {
    EXPECT_EQ(op.launches + op.tasks + op.rows + op.pairs, 0u);
    EXPECT_EQ(op.wall_ns + op.busy_ns, 0u);
    EXPECT_STRNE(op.name, "");
  }
}

TEST(Profile, ReadingSaysWhatIsWrong) {
  OpenModel model("small");
  OpenSession plain(model, 1);
  ProfiledSession session(model, 1);
  xf_op_profile ops[NumKernels];
  size_t count = 7;
  EXPECT_EQ(api().profile_read(plain, ops, sizeof(*ops), NumKernels, &count),
            XF_INVALID_ARGUMENT);
  EXPECT_EQ(lastError(), "the session counts nothing: create it with `profile` "
                         "set to 1");
  EXPECT_EQ(count, 0u);
  EXPECT_EQ(api().profile_reset(plain), XF_INVALID_ARGUMENT);
  EXPECT_EQ(api().profile_reset(nullptr), XF_INVALID_ARGUMENT);
  auto read = [&](xf_op_profile *to, size_t size, size_t capacity) {
    return api().profile_read(session.session, to, size, capacity, &count);
  };
  EXPECT_EQ(api().profile_read(nullptr, ops, sizeof(*ops), 5, &count),
            XF_INVALID_ARGUMENT);
  EXPECT_EQ(api().profile_read(session.session, ops, sizeof(*ops), 5, nullptr),
            XF_INVALID_ARGUMENT);
  EXPECT_EQ(read(ops, 8, NumKernels), XF_INVALID_ARGUMENT);
  EXPECT_EQ(lastError(),
            "`op_size` is 8, it is sizeof(xf_op_profile), at least 56");
  EXPECT_EQ(read(nullptr, sizeof(*ops), 1), XF_INVALID_ARGUMENT);
  EXPECT_EQ(read(ops, sizeof(*ops), 4), XF_BUFFER_TOO_SMALL);
  EXPECT_EQ(lastError(), "`ops` holds 4 ops, `fake` has 5");
  EXPECT_EQ(count, 5u);
  count = 0;
  EXPECT_EQ(read(nullptr, sizeof(*ops), 0), XF_OK); // how many are there?
  EXPECT_EQ(count, 5u);
}

TEST(Profile, IsRefusedWhileACallRuns) {
  BehaviourReset reset;
  OpenModel model("small");
  ProfiledSession session(model, 1);
  size_t count = 0;
  behaviour.onTask = [&](Kernel) {
    EXPECT_EQ(api().profile_read(session.session, nullptr,
                                 sizeof(xf_op_profile), 0, &count),
              XF_BUSY);
    EXPECT_EQ(api().profile_reset(session.session), XF_BUSY);
  };
  session.encode(makeBatch({2}));
}

TEST(Profile, OptionIsZeroOrOne) {
  OpenModel model("small");
  xf_session_options options;
  xf_session_options_init(&options);
  options.profile = 2;
  xf_session *session = nullptr;
  EXPECT_EQ(api().session_create(model, &options, &session),
            XF_INVALID_ARGUMENT);
  EXPECT_EQ(lastError(), "`profile` is 2 and `reserved` 0, they are 0 or 1, "
                         "and 0");
  options.profile = 0, options.reserved = 1;
  EXPECT_EQ(api().session_create(model, &options, &session),
            XF_INVALID_ARGUMENT);
}

// A caller compiled against 1.0 gives a struct that ends before `profile`, and
// asks for that version.
TEST(Profile, OlderCallersAreServed) {
  ASSERT_NE(xf_get_api(1u << 16), nullptr);
  OpenModel model("small");
  xf_session_options options;
  xf_session_options_init(&options);
  options.struct_size = offsetof(xf_session_options, profile);
  options.profile = 77; // whatever lies behind the caller's struct
  xf_session *session = nullptr;
  ASSERT_EQ(api().session_create(model, &options, &session), XF_OK)
      << lastError();
  EXPECT_EQ(api().profile_reset(session), XF_INVALID_ARGUMENT);
  EXPECT_EQ(api().session_destroy(session), XF_OK);
}

// A caller compiled against a later minor version has longer elements: what is
// not known here is zero.
TEST(Profile, LongerElementsAreFine) {
  OpenModel model("small");
  ProfiledSession session(model, 1);
  session.encode(makeBatch({5}));
  struct Later {
    xf_op_profile op;
    uint64_t more;
  } ops[NumKernels];
  for (Later &later : ops)
    later.more = 9;
  size_t count = 0;
  ASSERT_EQ(api().profile_read(session.session, &ops[0].op, sizeof(Later),
                               NumKernels, &count),
            XF_OK);
  for (const Later &later : ops) {
    EXPECT_EQ(later.op.launches, 1u);
    EXPECT_EQ(later.more, 0u);
  }
  EXPECT_STREQ(ops[4].op.name, "scale");
}

TEST(Profile, CountersAreInTheWorkspace) {
  OpenModel model("small");
  xf_session_options options;
  xf_session_options_init(&options);
  size_t plain = 0, profiled = 0;
  ASSERT_EQ(api().workspace_size(model, &options, &plain), XF_OK);
  options.profile = 1;
  ASSERT_EQ(api().workspace_size(model, &options, &profiled), XF_OK);
  EXPECT_GT(profiled, plain);
  EXPECT_LT(profiled, plain + 4096);
}
