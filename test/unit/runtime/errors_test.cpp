// Holds that every status is reachable, says what was wrong, zeroes what it
// would have written, and leaves the session usable.
#include "runtime_fixture.h"

#include "runtime/src/model.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <thread>

using namespace fake;

namespace {
class Errors : public testing::Test {
protected:
  Errors()
      : session(model, 2, 32), batch(makeBatch({3, 5})), view(batch.view()),
        out(64, 7.0f) {}

  /// The call fails with `status`, the text holds `text`, the result is zero;
  /// afterwards the session works.
  void expectFailure(xf_status status, const char *text, bool states = false) {
    std::fill(out.begin(), out.end(), 7.0f);
    EXPECT_EQ((states ? api().states : api().encode)(session, &view, out.data(),
                                                     out.size()),
              status);
    EXPECT_NE(lastError().find(text), std::string::npos) << lastError();
    EXPECT_EQ(out, std::vector<float>(out.size(), 0.0f));
    view = batch.view();
    ASSERT_EQ(api().encode(session, &view, out.data(), out.size()), XF_OK)
        << lastError();
  }

  BehaviourReset reset;
  OpenModel model{"small"};
  OpenSession session;
  Batch batch;
  xf_batch view;
  std::vector<float> out;
};
} // namespace

TEST_F(Errors, IdOutsideTheTable) {
  batch.ids[4] = 100;
  view = batch.view();
  std::vector<float> result(64, 7.0f);
  EXPECT_EQ(api().encode(session, &view, result.data(), result.size()),
            XF_INVALID_ID);
  EXPECT_EQ(lastError(), "row 1, position 1: id 100 is outside 0 .. 99");
  batch.ids[4] = std::numeric_limits<int32_t>::min();
  EXPECT_EQ(api().encode(session, &view, result.data(), result.size()),
            XF_INVALID_ID);
  EXPECT_EQ(lastError(),
            "row 1, position 1: id -2147483648 is outside 0 .. 99");
  EXPECT_EQ(result, std::vector<float>(64, 0.0f));
}

TEST_F(Errors, AreToldWithoutRunning) {
  EXPECT_EQ(api().check(session, &view), XF_OK);
  batch.ids[4] = 100;
  behaviour.onTask = [](Kernel) { FAIL() << "something ran"; };
  EXPECT_EQ(api().check(session, &view), XF_INVALID_ID);
  EXPECT_EQ(lastError(), "row 1, position 1: id 100 is outside 0 .. 99");
  EXPECT_EQ(api().check(nullptr, &view), XF_INVALID_ARGUMENT);
  EXPECT_EQ(api().check(session, nullptr), XF_INVALID_ARGUMENT);
}

TEST_F(Errors, TypeOutsideTheTable) {
  batch.types[0] = 2;
  view = batch.view(true);
  expectFailure(XF_INVALID_ID,
                "row 0, position 0: token type 2 is outside 0 .. 1");
}

TEST_F(Errors, OffsetsThatDecrease) {
  const int64_t offsets[] = {0, 5, 3};
  view.offsets = offsets;
  expectFailure(
      XF_INVALID_OFFSETS,
      "row 1 ends before it starts: offsets[1] is 5, offsets[2] is 3");
}

TEST_F(Errors, OffsetsBelowZero) {
  const int64_t offsets[] = {-1, 3, 5};
  view.offsets = offsets;
  expectFailure(XF_INVALID_OFFSETS, "offsets[0] is -1, it cannot be negative");
}

TEST_F(Errors, OffsetsPastTheIds) {
  const int64_t offsets[] = {0, 3, 9};
  view.offsets = offsets;
  expectFailure(XF_INVALID_OFFSETS, "row 1 ends at offset 9, there are 8 ids");
  const int64_t huge[] = {0, 3, std::numeric_limits<int64_t>::max()};
  view.offsets = huge;
  expectFailure(XF_INVALID_OFFSETS,
                "row 1 ends at offset 9223372036854775807, there are 8 ids");
}

TEST_F(Errors, EmptyRow) {
  const int64_t offsets[] = {0, 3, 3};
  view.offsets = offsets;
  expectFailure(XF_INVALID_OFFSETS,
                "row 1 is empty: every row has at least one token", true);
}

TEST_F(Errors, RowLongerThanTheModel) {
  Batch longer = makeBatch({4, 65});
  view = longer.view();
  expectFailure(XF_TOO_LONG,
                "row 1 has 65 tokens, `fake` takes at most 64 (`max_seq_len`)");
}

TEST_F(Errors, RowLongerThanTheSession) {
  Batch longer = makeBatch({33});
  view = longer.view();
  expectFailure(XF_TOO_LONG, "row 0 has 33 tokens, the session was created for "
                             "at most 32 (`max_tokens`)");
}

TEST_F(Errors, ResultTooSmall) {
  out.resize(39);
  EXPECT_EQ(api().encode(session, &view, out.data(), out.size()),
            XF_BUFFER_TOO_SMALL);
  EXPECT_EQ(lastError(),
            "`out` holds 39 floats, `encode` of 2 rows writes 2 x 20");
  EXPECT_EQ(api().states(session, &view, out.data(), out.size()),
            XF_BUFFER_TOO_SMALL);
  EXPECT_EQ(lastError(),
            "`out` holds 39 floats, `states` of 8 tokens writes 8 x 20");
}

TEST_F(Errors, NullPointers) {
  EXPECT_EQ(api().encode(nullptr, &view, out.data(), out.size()),
            XF_INVALID_ARGUMENT);
  EXPECT_EQ(lastError(), "`session` is null");
  EXPECT_EQ(api().states(nullptr, &view, nullptr, 0), XF_INVALID_ARGUMENT);
  EXPECT_EQ(api().encode(session, nullptr, out.data(), out.size()),
            XF_INVALID_ARGUMENT);
  EXPECT_EQ(api().encode(session, &view, nullptr, 1000), XF_INVALID_ARGUMENT);
  view.ids = nullptr;
  expectFailure(XF_INVALID_ARGUMENT, "`ids` is null, but there are 2 rows");
  view.offsets = nullptr;
  expectFailure(XF_INVALID_ARGUMENT, "`offsets` is null");
  view.num_rows = std::numeric_limits<size_t>::max();
  expectFailure(XF_INVALID_ARGUMENT, "which no array of offsets can hold");

  xf_session *created = session;
  size_t bytes = 1;
  EXPECT_EQ(api().session_create(nullptr, nullptr, &created),
            XF_INVALID_ARGUMENT);
  EXPECT_EQ(created, nullptr);
  EXPECT_EQ(api().session_create(model, nullptr, nullptr), XF_INVALID_ARGUMENT);
  EXPECT_EQ(api().workspace_size(nullptr, nullptr, &bytes),
            XF_INVALID_ARGUMENT);
  EXPECT_EQ(bytes, 0u);
  EXPECT_EQ(api().workspace_size(model, nullptr, nullptr), XF_INVALID_ARGUMENT);
  EXPECT_EQ(api().set_threads(nullptr, 1), XF_INVALID_ARGUMENT);
  EXPECT_EQ(api().cancel(nullptr), XF_INVALID_ARGUMENT);
  EXPECT_EQ(api().session_destroy(nullptr), XF_OK);

  const char *json = "";
  xf_model_info info;
  xf_model_info_init(&info);
  info.num_tokens = 1;
  EXPECT_EQ(api().model_open(nullptr, nullptr), XF_INVALID_ARGUMENT);
  EXPECT_EQ(api().model_close(nullptr), XF_OK);
  EXPECT_EQ(api().model_describe(nullptr, &json), XF_INVALID_ARGUMENT);
  EXPECT_EQ(json, nullptr);
  EXPECT_EQ(api().model_describe(model, nullptr), XF_INVALID_ARGUMENT);
  EXPECT_EQ(api().model_info(nullptr, &info), XF_INVALID_ARGUMENT);
  EXPECT_EQ(info.num_tokens, 0u);
  EXPECT_EQ(api().model_info(model, nullptr), XF_INVALID_ARGUMENT);
}

TEST_F(Errors, StructSizeNobodySet) {
  view.struct_size = 0;
  expectFailure(XF_INVALID_ARGUMENT,
                "`xf_batch.struct_size` is 0, it is at least 48; set it up "
                "with `xf_batch_init`");
  view.struct_size = size_t(-1);
  expectFailure(XF_INVALID_ARGUMENT, "`xf_batch.struct_size`");
  xf_model_options modelOptions = {};
  xf_model *opened = model;
  EXPECT_EQ(api().model_open(&modelOptions, &opened), XF_INVALID_ARGUMENT);
  EXPECT_EQ(opened, nullptr);
  xf_session_options sessionOptions = {};
  xf_session *created = session;
  EXPECT_EQ(api().session_create(model, &sessionOptions, &created),
            XF_INVALID_ARGUMENT);
  EXPECT_EQ(created, nullptr);
  xf_model_info info = {};
  EXPECT_EQ(api().model_info(model, &info), XF_INVALID_ARGUMENT);
}

// A caller compiled against a later minor version has longer structs; the part
// known here counts.
TEST_F(Errors, LongerStructsAreFine) {
  struct {
    xf_session_options options;
    uint64_t later;
  } options = {{sizeof(options), 1, 16}, 42};
  size_t bytes = 0;
  EXPECT_EQ(api().workspace_size(model, &options.options, &bytes), XF_OK)
      << lastError();
  EXPECT_GT(bytes, 16u * 3 * width * 4);
}

TEST_F(Errors, OptionsOutOfRange) {
  xf_session_options options = {sizeof(options), 257, 0};
  xf_session *created = nullptr;
  EXPECT_EQ(api().session_create(model, &options, &created),
            XF_INVALID_ARGUMENT);
  EXPECT_EQ(lastError(), "`threads` is 257, at most 256 work together; 0 means "
                         "the model's default, " +
                             std::to_string(model.model->threads));
  options = {sizeof(options), 0, 2000000000};
  EXPECT_EQ(api().session_create(model, &options, &created),
            XF_INVALID_ARGUMENT);
  EXPECT_NE(lastError().find("`max_tokens` is 2000000000, at most"),
            std::string::npos)
      << lastError();
  EXPECT_EQ(api().set_threads(session, 300), XF_INVALID_ARGUMENT);
  xf_model *opened = nullptr;
  xf_model_options modelOptions;
  xf_model_options_init(&modelOptions);
  modelOptions.threads = 1000;
  EXPECT_EQ(api().model_open(&modelOptions, &opened), XF_INVALID_ARGUMENT);
  xf_model_options_init(&modelOptions);
  modelOptions.verify_weights = 2;
  EXPECT_EQ(api().model_open(&modelOptions, &opened), XF_INVALID_ARGUMENT);
  EXPECT_EQ(lastError(), "`verify_weights` is 2, it is 0 or 1");
}

TEST_F(Errors, TargetsThatAreNotThere) {
  xf_model *opened = nullptr;
  xf_model_options options;
  xf_model_options_init(&options);
  options.target = "sparc";
  EXPECT_EQ(api().model_open(&options, &opened), XF_INVALID_ARGUMENT);
  EXPECT_EQ(lastError(), "`fake` has no kernels for target `sparc`; it has "
                         "`small`, `varied`, `whole`, `never`");
  options.target = "never";
  EXPECT_EQ(api().model_open(&options, &opened), XF_UNSUPPORTED_CPU);
  EXPECT_EQ(opened, nullptr);
}

TEST_F(Errors, CpuTooOld) {
  xf_program program = makeProgram();
  xf_target never = program.targets[3];
  program.targets = &never;
  program.num_targets = 1;
  xf_model *opened = nullptr;
  EXPECT_EQ(xf::rt::openModel(program, nullptr, &opened), XF_UNSUPPORTED_CPU);
  EXPECT_NE(lastError().find("`fake` needs at least a CPU with"),
            std::string::npos)
      << lastError();
}

TEST_F(Errors, EntryThatTheModelLacks) {
  xf_program program = makeProgram();
  program.num_entries = 1;
  xf_model *opened = nullptr;
  ASSERT_EQ(xf::rt::openModel(program, nullptr, &opened), XF_OK) << lastError();
  {
    OpenSession without(opened);
    EXPECT_EQ(api().states(without, &view, out.data(), out.size()),
              XF_NOT_SUPPORTED);
    EXPECT_EQ(lastError(), "`fake` has no `states`: its spec leaves it out");
  }
  EXPECT_EQ(api().model_close(opened), XF_OK);
}

TEST_F(Errors, KernelThatFails) {
  behaviour.code = -3;
  behaviour.failing = Mix;
  behaviour.message = "input buffer x is accessed beyond its extent";
  EXPECT_EQ(api().encode(session, &view, out.data(), out.size()), XF_INTERNAL);
  EXPECT_EQ(lastError(), "the kernel of `mix` in `fake` failed with code -3: "
                         "input buffer x is accessed beyond its extent");
  behaviour.message = nullptr;
  EXPECT_EQ(api().encode(session, &view, out.data(), out.size()), XF_INTERNAL);
  EXPECT_EQ(lastError(), "the kernel of `mix` in `fake` failed with code -3");
  behaviour.failing = -1;
  EXPECT_EQ(api().encode(session, &view, out.data(), out.size()), XF_OK);
}

TEST_F(Errors, KernelWithoutMemory) {
  behaviour.hungry = true;
  EXPECT_EQ(api().encode(session, &view, out.data(), out.size()),
            XF_OUT_OF_MEMORY);
  behaviour.hungry = false;
  EXPECT_EQ(api().encode(session, &view, out.data(), out.size()), XF_OK);
}

TEST_F(Errors, SessionUsedByTwoThreads) {
  std::atomic<bool> inside{false}, leave{false};
  behaviour.onTask = [&](Kernel) {
    inside = true;
    while (!leave)
      std::this_thread::yield();
  };
  std::thread first([&] {
    EXPECT_EQ(api().encode(session, &view, out.data(), out.size()), XF_OK);
  });
  while (!inside)
    std::this_thread::yield();
  std::vector<float> other(64);
  EXPECT_EQ(api().encode(session, &view, other.data(), other.size()), XF_BUSY);
  EXPECT_EQ(lastError(), "another thread runs a call in the session: use one "
                         "session for each thread");
  EXPECT_EQ(api().check(session, &view), XF_BUSY);
  EXPECT_EQ(api().session_destroy(session), XF_BUSY);
  EXPECT_EQ(api().set_threads(session, 1), XF_BUSY);
  leave = true;
  first.join();
}

TEST_F(Errors, ModelClosedTooSoon) {
  EXPECT_EQ(api().model_close(model), XF_BUSY);
  EXPECT_EQ(lastError(), "`fake` still has 1 session: destroy it first");
}

TEST(DamagedProgram, IsRefused) {
  auto refuse = [](auto change, const char *text) {
    xf_program program = makeProgram();
    xf_entry entries[2] = {program.entries[0], program.entries[1]};
    xf_target targets[1] = {program.targets[0]};
    xf_kernel_fn kernels[NumKernels];
    std::memcpy(kernels, targets[0].kernels, sizeof(kernels));
    targets[0].kernels = kernels;
    program.entries = entries;
    program.targets = targets;
    program.num_targets = 1;
    change(program, entries, targets, kernels);
    xf_model *model = nullptr;
    EXPECT_EQ(xf::rt::openModel(program, nullptr, &model), XF_INTERNAL) << text;
    EXPECT_EQ(model, nullptr);
    EXPECT_NE(lastError().find(text), std::string::npos) << lastError();
  };
  refuse([](xf_program &p, auto...) { p.magic ^= 1; }, "the program has magic");
  refuse([](xf_program &p, auto...) { p.version = 1; },
         "version 1, this runtime runs");
  refuse([](xf_program &p, auto...) { p.name = nullptr; }, "no name");
  refuse([](xf_program &p, auto...) { p.num_targets = 0; }, "0 kernel tables");
  refuse([](xf_program &p, auto...) { p.num_targets = 5; }, "5 kernel tables");
  refuse([](xf_program &p, auto...) { p.num_tokens = 1u << 31; },
         "sizes out of range");
  refuse([](auto &, xf_entry *entries, auto...) { entries[0].num_tokens = 0; },
         "sizes are out of range");
  refuse([](xf_program &p, auto...) { p.entries = nullptr; },
         "no table of entry points");
  refuse([](xf_program &p, auto...) { p.weights = nullptr; }, "names no file");
  refuse([](xf_program &p,
            auto...) { p.weights = nullptr, p.weights_file = "../x"; },
         "names no file");
  refuse([](auto &, xf_entry *entries, auto...) { entries[1].run = nullptr; },
         "entry point 1");
  refuse([](auto &, xf_entry *entries, auto...) { entries[0].arena_width = 1; },
         "outside its arena");
  refuse([](auto &, xf_entry *entries,
            auto...) { entries[0].result_offset = uint64_t(-4); },
         "outside its arena");
  refuse([](auto &, auto *, xf_target *targets,
            auto...) { targets[0].name = nullptr; },
         "kernel table 0");
  refuse([](auto &, auto *, auto *,
            xf_kernel_fn *kernels) { kernels[2] = nullptr; },
         "kernel 2 of `fake` is missing");
}

namespace {
// A launch that the runtime must refuse, run by an entry point of its own.
xf_launch badLaunch;
std::array<xf_variant, 2 * XF_MAX_VARIANTS> badVariants;
xf_arg badArgs[40];
} // namespace

TEST(DamagedLaunch, IsRefused) {
  xf_program program = makeProgram();
  xf_entry entry = program.entries[0];
  entry.run = [](xf_exec *exec) { return xf_rt_launch(exec, &badLaunch); };
  program.entries = &entry;
  program.num_entries = 1;
  xf_model *model = nullptr;
  ASSERT_EQ(xf::rt::openModel(program, nullptr, &model), XF_OK) << lastError();
  {
    OpenSession session(model);
    const Batch batch = makeBatch({3});
    const xf_batch view = batch.view();
    auto refuse = [&](auto change, const char *text) {
      badArgs[0] = {XF_ARG_ARENA, XF_ELEM_F32, 2, 0, {width, 0, 0, 0}, 0, 0, 0};
      badVariants.fill({7, Scale, 0, 0});
      badVariants[XF_MAX_VARIANTS - 1] = {0, Scale, 0, 0};
      badLaunch = launches[Scale];
      badLaunch.variants = badVariants.data();
      for (int32_t &first : badLaunch.first_variant)
        first = XF_MAX_VARIANTS - 1;
      badLaunch.args = badArgs;
      badLaunch.space = XF_SPACE_TOKENS;
      change();
      std::vector<float> out(width);
      EXPECT_EQ(api().encode(session, &view, out.data(), out.size()),
                XF_INTERNAL)
          << text;
      EXPECT_NE(lastError().find(text), std::string::npos) << lastError();
      EXPECT_NE(lastError().find("the launch of `scale` in `fake` is damaged"),
                std::string::npos)
          << lastError();
    };
    refuse([] { badVariants[XF_MAX_VARIANTS - 1].kernel = NumKernels; },
           "out of range");
    refuse([] { badVariants[XF_MAX_VARIANTS - 1].max_rows = 9; }, "do not end");
    refuse([] { badLaunch.variants = nullptr; }, "no variants");
    refuse([] { std::ranges::fill(badLaunch.first_variant, -1); },
           "no variants");
    refuse([] { badLaunch.kind = 9; }, "out of range");
    refuse([] { badLaunch.num_args = XF_MAX_ARGS + 1; }, "out of range");
    refuse([] { badLaunch.output_offset = 2 * width + 1; },
           "output lies outside");
    refuse([] { badArgs[0].offset = 2 * width + 1; }, "input lies outside");
    refuse([] { badArgs[0].kind = XF_ARG_SEQ_BEGIN; }, "no sequences");
    refuse([] { badArgs[0].kind = 77; }, "unknown kind");
    refuse([] { badArgs[0].kind = XF_ARG_INDEX, badArgs[0].offset = 3; },
           "index buffer is out of range");
    refuse([] { badArgs[0].kind = XF_ARG_PAIRS, badArgs[0].extent[1] = 1; },
           "outside the arena of pairs");
    refuse(
        [] {
          badArgs[0].kind = XF_ARG_ROW_INDEX;
          badArgs[0].space = XF_SPACE_SEQUENCES;
        },
        "rows are sequences");
    refuse([] { badArgs[0].space = XF_NUM_SPACES; }, "space is out of range");
    refuse([] { badArgs[0].is_output = 1; }, "marked as output");
    refuse([] { badLaunch.space = XF_NUM_SPACES; }, "space does not fit");
    refuse([] { badLaunch.kind = XF_LAUNCH_POOL; }, "space does not fit");
    refuse(
        [] {
          badLaunch.kind = XF_LAUNCH_SEQUENCE;
          badLaunch.length_space = XF_SPACE_SEQUENCES;
        },
        "space does not fit");
    refuse(
        [] {
          badArgs[0] = {XF_ARG_WEIGHT,
                        XF_ELEM_F32,
                        2,
                        0,
                        {1 << 20, 1 << 20, 0, 0},
                        0,
                        0,
                        0};
        },
        "weight section");
    refuse(
        [] {
          badArgs[0] = {XF_ARG_WEIGHT, XF_ELEM_F32,  1, 0,
                        {4, 0, 0, 0},  uint64_t(-4), 0, 0};
        },
        "weight section");
    refuse(
        [] {
          badArgs[0] = {XF_ARG_WEIGHT, XF_ELEM_F32, 9, 0,
                        {4, 0, 0, 0},  0,           0, 0};
        },
        "weight section");
  }
  EXPECT_EQ(api().model_close(model), XF_OK);
}

TEST(Api, VersionsThatItServes) {
  EXPECT_NE(xf_get_api(XF_ABI_VERSION), nullptr);
  EXPECT_EQ(xf_get_api(0), nullptr);
  EXPECT_EQ(xf_get_api((XF_ABI_MAJOR + 1) << 16), nullptr);
  EXPECT_EQ(xf_get_api(XF_ABI_VERSION + 1), nullptr);
  EXPECT_EQ(api().struct_size, sizeof(xf_api));
  EXPECT_EQ(api().abi_version, XF_ABI_VERSION);
}

TEST(Api, EveryStatusHasAName) {
  for (xf_status status = XF_OK; status <= XF_INVALID_FEED; ++status)
    EXPECT_STRNE(api().status_name(status), "unknown status") << status;
  EXPECT_STREQ(api().status_name(-1), "unknown status");
  EXPECT_STREQ(api().status_name(XF_INVALID_FEED + 1), "unknown status");
}

TEST(Api, LastErrorBelongsToItsThread) {
  EXPECT_EQ(api().cancel(nullptr), XF_INVALID_ARGUMENT);
  std::thread([] { EXPECT_STREQ(api().last_error(), ""); }).join();
  EXPECT_EQ(lastError(), "`session` is null");
}

TEST(Api, DescribeIsTheCompilersObjectAndTheRuntimes) {
  OpenModel model("small", 3);
  const char *json = nullptr;
  ASSERT_EQ(api().model_describe(model, &json), XF_OK);
  const std::string expected =
      "{\"name\": \"fake\", \"dim\": 20, \"runtime\": {\"abi\": \"1.2\", "
      "\"target\": \"small\", \"threads\": 3, \"weights\": \"embedded\", "
      "\"entries\": [{\"name\": \"encode\", \"width\": 20, \"rows\": "
      "\"sequences\", \"takes_ids\": true, \"num_tokens\": 100, "
      "\"max_seq_len\": 64, ";
  EXPECT_EQ(std::string(json).substr(0, expected.size()), expected);
  EXPECT_TRUE(std::string(json).ends_with("\"inputs\": []}]}}")) << json;
}

TEST(Api, InfoSizesTheBuffers) {
  OpenModel model("small", 3);
  xf_model_info info;
  xf_model_info_init(&info);
  ASSERT_EQ(api().model_info(model, &info), XF_OK);
  EXPECT_STREQ(info.name, "fake");
  EXPECT_EQ(info.encode_width, size_t(width));
  EXPECT_EQ(info.states_width, size_t(width));
  EXPECT_EQ(info.num_tokens, uint32_t(numTokens));
  EXPECT_EQ(info.num_token_types, uint32_t(numTypes));
  EXPECT_EQ(info.max_seq_len, uint32_t(maxSeqLen));
  EXPECT_EQ(info.threads, 3u);
  EXPECT_EQ(info.num_entries, 2u);
}

TEST(Api, WorkspaceGrowsWithTheTokens) {
  OpenModel model;
  size_t small = 0, large = 0;
  xf_session_options options = {sizeof(options), 0, 64};
  ASSERT_EQ(api().workspace_size(model, &options, &small), XF_OK);
  options.max_tokens = 6400;
  ASSERT_EQ(api().workspace_size(model, &options, &large), XF_OK);
  EXPECT_GE(small, size_t(64 + XF_ROW_PAD) * 3 * width * 4);
  EXPECT_GT(large, 50 * small);
}
