// Holds that every feed that does not fit is refused with its name and what
// would fit, before anything runs, and leaves the session usable; and that
// entries and inputs of a damaged program are refused when a model is opened.
#include "probe.h"

#include <cmath>
#include <functional>

using namespace fake;

namespace {
/// One entry with an input of each kind, and a call that is right.
class Feeds : public testing::Test {
protected:
  Feeds() {
    probe.entry.lead = 1;
    probe.entry.max_seq_len = 8;
    probe.entry.pairs_width = 1;
    probe.addInput("mask", XF_INPUT_ROWS, XF_SPACE_TOKENS, 1, XF_SCATTER_TOKENS,
                   XF_FILL_VALUE, 1, 0);
    probe.addInput("context", XF_INPUT_ROWS, XF_SPACE_CONTEXT, 2,
                   XF_SCATTER_TOKENS, XF_FILL_REQUIRED, 0, 1);
    probe.addInput("context_mask", XF_INPUT_ROWS, XF_SPACE_CONTEXT, 1,
                   XF_SCATTER_TOKENS, XF_FILL_VALUE, 1, 3);
    probe.addInput("prepend_embeds", XF_INPUT_ROWS, XF_SPACE_TOKENS, 2,
                   XF_SCATTER_PREPENDED, XF_FILL_VALUE, 0, 4);
    probe.addInput("embed_ids.kind", XF_INPUT_INDEX, XF_SPACE_TOKENS, 1,
                   XF_SCATTER_TOKENS, XF_FILL_VALUE, 0, 3, 5);
    probe.addInput("condition", XF_INPUT_ROWS, XF_SPACE_SEQUENCES, 3,
                   XF_SCATTER_TOKENS, XF_FILL_VALUE, 0, 6);
    probe.addInput("attn_mask", XF_INPUT_PAIRS, XF_SPACE_TOKENS, 1,
                   XF_SCATTER_TOKENS, XF_FILL_VALUE, 1, 0);
    probe.addInput("seq_start_pos", XF_INPUT_ROWS, XF_SPACE_SEQUENCES, 1,
                   XF_SCATTER_TOKENS, XF_FILL_VALUE, 0, 9);
    probe.addInput("is_prepended", XF_INPUT_ROWS, XF_SPACE_TOKENS, 1,
                   XF_SCATTER_TOKENS, XF_FILL_IS_PREPENDED, 0, 10);
    probe.addInput("stack", XF_INPUT_ROWS, XF_SPACE_TOKENS, 1, XF_SCATTER_ALL,
                   XF_FILL_VALUE, 0, 11);
    probe.addArg(XF_ARG_INDEX, XF_SPACE_TOKENS, XF_INDEX_IDS);
    probe.open(2, 12);
  }

  /// The call with `feed` besides the context fails with the status and text;
  /// without it, it works.
  void expectFailure(const xf_feed &feed, xf_status status, const char *text) {
    expectFailureOf({contextFeed(), feed}, status, text);
  }
  void expectSuccess(const xf_feed &feed) {
    std::vector<float> out(64);
    EXPECT_EQ(probe.tryRun(batch.view(), {contextFeed(), feed}, out), XF_OK)
        << lastError();
  }
  void expectFailureOf(const std::vector<xf_feed> &feeds, xf_status status,
                       const char *text) {
    std::vector<float> out(64, 7);
    EXPECT_EQ(probe.tryRun(batch.view(), feeds, out), status) << text;
    EXPECT_EQ(lastError(), text);
    EXPECT_EQ(out, std::vector<float>(64, 0));
    ASSERT_EQ(probe.tryRun(batch.view(), {contextFeed()}, out), XF_OK)
        << lastError();
  }

  xf_feed contextFeed() const {
    return makeFeed("context", context, &contextOffsets);
  }

  Batch batch = makeBatch({3, 5});
  std::vector<float> context = std::vector<float>(12, 1.0f);
  std::vector<int64_t> contextOffsets = {0, 2, 6};
  Probe probe;
};
} // namespace

TEST_F(Feeds, UnknownNames) {
  const std::vector<float> values(8, 1.0f);
  expectFailure(makeFeed("maks", values), XF_INVALID_FEED,
                "`states` of `probed` takes no feed `maks`; it takes `mask`, "
                "`context`, `context_mask`, `prepend_embeds`, "
                "`embed_ids.kind`, `condition`, `attn_mask`, `seq_start_pos`, "
                "`stack`, `prepend_mask`");
  expectFailure(makeFeed("is_prepended", values), XF_INVALID_FEED,
                "`is_prepended` of `probed` is made by the library: it takes "
                "no feed");
  expectFailure(makeFeed(nullptr, values), XF_INVALID_ARGUMENT,
                "feed 1 has no name");
}

TEST_F(Feeds, MissingOnes) {
  expectFailureOf({}, XF_INVALID_FEED,
                  "`states` of `probed` needs a feed `context`");
  // What has no feeds at all says so too.
  const xf_batch view = batch.view();
  std::vector<float> out(64);
  EXPECT_EQ(api().states(probe.session, &view, out.data(), out.size()),
            XF_INVALID_FEED);
}

TEST_F(Feeds, GivenTwice) {
  expectFailureOf({contextFeed(), contextFeed()}, XF_INVALID_FEED,
                  "feed `context` is given twice");
}

TEST_F(Feeds, StructsThatNobodySetUp) {
  const std::vector<float> values(8, 1.0f);
  xf_feed feed = makeFeed("mask", values);
  feed.reserved = 3;
  expectFailure(feed, XF_INVALID_ARGUMENT,
                "`reserved` of feed `mask` is 3, it is 0");
  feed = makeFeed("mask", values);
  feed.type = 4;
  expectFailure(feed, XF_INVALID_FEED,
                "feed `mask` is of type 4: types are XF_F32 .. XF_I64, 0 .. 3");
  feed = makeFeed("mask", values);
  feed.data = nullptr;
  expectFailure(feed, XF_INVALID_FEED,
                "feed `mask` has 8 values, but `data` is null");
  feed = contextFeed();
  feed.struct_size = 3;
  expectFailureOf(
      {feed}, XF_INVALID_ARGUMENT,
      "`xf_feed.struct_size` is 3, it is at least 48; set it up with "
      "`xf_feed_init`");
  feed = makeFeed("mask", values);
  feed.struct_size = 56;
  expectFailure(feed, XF_INVALID_ARGUMENT,
                "`struct_size` of feed 1 is 56, that of feed 0 is 48");
  const xf_batch view = batch.view();
  std::vector<float> out(64);
  EXPECT_EQ(api().run(probe.session, "states", &view, nullptr, 2, out.data(),
                      out.size()),
            XF_INVALID_ARGUMENT);
  EXPECT_EQ(lastError(), "`feeds` is null, but `num_feeds` is 2");
}

// A caller of a later version has longer structs.
TEST_F(Feeds, OfANewerCallerAreRead) {
  const std::vector<uint8_t> mask(8, 1);
  struct Longer {
    xf_feed feed;
    int64_t later[2];
  } feeds[2] = {{contextFeed(), {1, 2}}, {makeFeed("mask", mask), {3, 4}}};
  for (Longer &longer : feeds)
    longer.feed.struct_size = sizeof(Longer);
  const xf_batch view = batch.view();
  std::vector<float> out(64);
  EXPECT_EQ(api().run(probe.session, "states", &view, &feeds[0].feed, 2,
                      out.data(), out.size()),
            XF_OK)
      << lastError();
}

TEST_F(Feeds, WrongNumbersOfValues) {
  const std::vector<float> seven(7, 1.0f);
  expectFailure(makeFeed("mask", seven), XF_INVALID_FEED,
                "feed `mask` has 7 values, it must have 8 x 1: 1 for each "
                "token");
  expectFailure(makeFeed("condition", seven), XF_INVALID_FEED,
                "feed `condition` has 7 values, it must have 2 x 3: 3 for each "
                "sequence");
  expectFailure(makeFeed("attn_mask", seven), XF_INVALID_FEED,
                "feed `attn_mask` has 7 values, it must have 34 x 1: 1 for "
                "each two tokens of a sequence");
  expectFailure(makeFeed("stack", seven), XF_INVALID_FEED,
                "feed `stack` has 7 values, it must have 10 x 1: 1 for each "
                "row of the stack");
  // Rows with offsets may be part of a larger array.
  expectSuccess(makeFeed("context_mask", seven));
}

TEST_F(Feeds, WrongOffsets) {
  const std::vector<float> values(20, 1.0f);
  auto refuse = [&](const char *name, std::vector<int64_t> offsets,
                    xf_status status, const char *text) {
    xf_feed feed = makeFeed(name, values, &offsets);
    if (std::string(name) == "context")
      expectFailureOf({feed}, status, text);
    else
      expectFailure(feed, status, text);
  };
  refuse("context", {-1, 2, 4}, XF_INVALID_OFFSETS,
         "offsets[0] of feed `context` is -1, it cannot be negative");
  refuse("context", {0, 3, 2}, XF_INVALID_OFFSETS,
         "feed `context`, row 1 ends before it starts: offsets[1] is 3, "
         "offsets[2] is 2");
  refuse("context", {0, 3, 3}, XF_INVALID_OFFSETS,
         "feed `context`, row 1 is empty: every sequence has at least one row "
         "of it");
  refuse("context", {0, 3, 11}, XF_INVALID_FEED,
         "feed `context` has 20 values, its offsets lead to 11 x 2");
  refuse("context", {0, 3, INT64_MAX}, XF_INVALID_FEED,
         "feed `context` has 20 values, its offsets lead to "
         "9223372036854775807 x 2");
  refuse("context_mask", {0, 2, 5}, XF_INVALID_OFFSETS,
         "feed `context_mask`, row 1 has 3 rows, another feed of its kind has "
         "4");
  refuse("mask", {0, 3, 8}, XF_INVALID_FEED,
         "feed `mask` has offsets: only prepended and context rows have");
  expectFailure(makeFeed("prepend_mask", values), XF_INVALID_FEED,
                "feed `prepend_mask` needs the rows that it masks: feed "
                "those, too");
  expectFailure(makeFeed("prepend_embeds", values), XF_INVALID_FEED,
                "feed `prepend_embeds` has no `offsets`: they say which of its "
                "rows belong to which sequence");
  // Prepended rows may be none.
  const std::vector<int64_t> none = {0, 0, 2};
  expectSuccess(makeFeed("prepend_embeds", values, &none));
}

TEST_F(Feeds, TooManyRows) {
  const std::vector<float> values(60, 1.0f);
  std::vector<int64_t> offsets = {0, 9, 10};
  expectFailure(makeFeed("prepend_embeds", values, &offsets), XF_TOO_LONG,
                "row 0 has 3 tokens, of 13 rows with the prepended and the "
                "model's own; the session was created for at most 12 "
                "(`max_tokens`)");
  offsets = {0, 1, 20};
  expectFailureOf(
      {makeFeed("context", values, &offsets)}, XF_TOO_LONG,
      "row 1 has 19 rows of context, the session was created for at "
      "most 12 (`max_tokens`)");
}

TEST_F(Feeds, WrongValues) {
  std::vector<float> mask(8, 1.0f);
  mask[5] = 0.5f;
  expectFailure(makeFeed("mask", mask), XF_INVALID_FEED,
                "value 5 of feed `mask` is 0.5, it is 0 or 1");
  const std::vector<int64_t> two(34, 2);
  expectFailure(makeFeed("attn_mask", two), XF_INVALID_FEED,
                "value 0 of feed `attn_mask` is 2, it is 0 or 1");
  std::vector<int32_t> kinds(8, 4);
  kinds[4] = 5;
  expectFailure(makeFeed("embed_ids.kind", kinds), XF_INVALID_ID,
                "row 1, position 1: `embed_ids.kind` 5 is outside 0 .. 4");
  kinds[4] = -1;
  expectFailure(makeFeed("embed_ids.kind", kinds), XF_INVALID_ID,
                "row 1, position 1: `embed_ids.kind` -1 is outside 0 .. 4");
  expectFailure(makeFeed("embed_ids.kind", mask), XF_INVALID_FEED,
                "feed `embed_ids.kind` is of floats, it picks rows of a table: "
                "give integers");
  const std::vector<int32_t> starts = {0, -2};
  expectFailure(makeFeed("seq_start_pos", starts), XF_INVALID_FEED,
                "value 1 of feed `seq_start_pos` is -2, it is 0 or more");
  const std::vector<float> nan = {0, NAN};
  expectFailure(makeFeed("seq_start_pos", nan), XF_INVALID_FEED,
                "value 1 of feed `seq_start_pos` is nan, it is 0 or more");
}

TEST_F(Feeds, EntriesByName) {
  const xf_batch view = batch.view();
  std::vector<float> out(64, 7);
  EXPECT_EQ(api().run(probe.session, "logits", &view, nullptr, 0, out.data(),
                      out.size()),
            XF_NOT_SUPPORTED);
  EXPECT_EQ(lastError(), "`probed` has no entry `logits`; it has `states`");
  EXPECT_EQ(out, std::vector<float>(64, 0));
  EXPECT_EQ(api().run(probe.session, nullptr, &view, nullptr, 0, out.data(),
                      out.size()),
            XF_INVALID_ARGUMENT);
  EXPECT_EQ(api().run(nullptr, "states", &view, nullptr, 0, nullptr, 0),
            XF_INVALID_ARGUMENT);
  xf_entry_info info;
  xf_entry_info_init(&info);
  ASSERT_EQ(api().entry_info(probe.model, 0, &info), XF_OK);
  EXPECT_STREQ(info.name, "states");
  EXPECT_EQ(info.width, 1u);
  EXPECT_EQ(info.per_sequence, 0u);
  EXPECT_EQ(info.extra_rows, 1u);
  EXPECT_EQ(info.takes_ids, 1u);
  EXPECT_EQ(info.num_tokens, uint32_t(numTokens));
  EXPECT_EQ(info.max_seq_len, 8u);
  EXPECT_EQ(info.num_inputs, 10u);
  EXPECT_EQ(api().entry_info(probe.model, 1, &info), XF_INVALID_ARGUMENT);
  EXPECT_EQ(lastError(), "`index` is 1, `probed` has 1 entries");
  EXPECT_EQ(info.name, nullptr);
  EXPECT_EQ(api().entry_info(probe.model, 0, nullptr), XF_INVALID_ARGUMENT);
  EXPECT_EQ(api().entry_info(nullptr, 0, &info), XF_INVALID_ARGUMENT);
  info.struct_size = 8;
  EXPECT_EQ(api().entry_info(probe.model, 0, &info), XF_INVALID_ARGUMENT);
}

TEST(FeedsOfImages, AreSquareAndWithoutIds) {
  Probe probe;
  probe.entry.takes_ids = 0;
  probe.entry.image_channels = 1;
  probe.entry.image_size = 4;
  probe.entry.image_patch = 2;
  probe.addInput("images", XF_INPUT_ROWS, XF_SPACE_TOKENS, 4, XF_SCATTER_IMAGES,
                 XF_FILL_REQUIRED, 0, 0);
  probe.addArg(XF_ARG_ARENA, XF_SPACE_TOKENS, 0, 4);
  probe.open();
  Batch batch = makeBatch({6});
  const std::vector<float> pixels(24, 1.0f);
  std::vector<float> out(64);
  xf_batch view = batch.view();
  EXPECT_EQ(probe.tryRun(view, {makeFeed("images", pixels)}, out),
            XF_INVALID_ARGUMENT);
  EXPECT_EQ(lastError(),
            "`states` of `probed` takes no ids: `ids` must be null");
  view.ids = nullptr;
  EXPECT_EQ(probe.tryRun(view, {makeFeed("images", pixels)}, out),
            XF_INVALID_FEED);
  EXPECT_EQ(lastError(), "row 0 has 6 tokens, but feed `images` is of images, "
                         "which are square: 1, 4, 9 patches and so on");
  const std::vector<float> few(23, 1.0f);
  EXPECT_EQ(probe.tryRun(view, {makeFeed("images", few)}, out),
            XF_INVALID_FEED);
  EXPECT_EQ(lastError(), "feed `images` has 23 values, it must have 6 x 4: 4 "
                         "for each patch");
}

TEST(DamagedInputs, AreRefused) {
  auto refuse = [](const std::function<void(xf_entry &, xf_input &)> &change,
                   const char *text) {
    xf_program program = makeProgram();
    xf_entry entry = program.entries[1];
    xf_input input{};
    input.name = "mask";
    input.width = 1;
    entry.inputs = &input;
    entry.num_inputs = 1;
    entry.pairs_width = 4;
    program.entries = &entry;
    program.num_entries = 1;
    xf_model *model = nullptr;
    ASSERT_EQ(xf::rt::openModel(program, nullptr, &model), XF_OK)
        << lastError();
    ASSERT_EQ(xf::rt::closeModel(model), XF_OK);
    change(entry, input);
    EXPECT_EQ(xf::rt::openModel(program, nullptr, &model), XF_INTERNAL) << text;
    EXPECT_NE(lastError().find(text), std::string::npos) << lastError();
  };
  using E = xf_entry &;
  using I = xf_input &;
  refuse([](E e, I) { e.inputs = nullptr; }, "no table of inputs");
  refuse([](E, I i) { i.name = nullptr; }, "an input has no name");
  refuse([](E, I i) { i.width = 0; }, "lies outside the arena");
  refuse([](E, I i) { i.width = 9999; }, "lies outside the arena");
  refuse([](E, I i) { i.offset = uint64_t(-1); }, "lies outside the arena");
  refuse([](E, I i) { i.kind = 3; }, "is of unknown kind");
  refuse([](E, I i) { i.kind = XF_INPUT_INDEX, i.limit = 1; },
         "has no index buffer");
  refuse([](E, I i) { i.kind = XF_INPUT_INDEX, i.offset = 1u << 20; },
         "has no index buffer");
  refuse([](E, I i) { i.kind = XF_INPUT_INDEX, i.offset = 3; }, "has no table");
  refuse([](E, I i) { i.kind = XF_INPUT_PAIRS, i.offset = 4; },
         "outside the arena of pairs");
  refuse([](E, I i) { i.space = XF_NUM_SPACES; }, "that is none");
  refuse([](E, I i) { i.kind = XF_INPUT_PAIRS, i.space = XF_SPACE_CONTEXT; },
         "a space that its kind does not");
  refuse([](E, I i) { i.kind = XF_INPUT_PAIRS, i.scatter = 1; },
         "a scatter that its kind does not");
  refuse([](E, I i) { i.fill = XF_FILL_POSITION; },
         "a fill that its kind does not");
  refuse([](E, I i) { i.scatter = XF_SCATTER_IMAGES; }, "wide as a patch");
  refuse([](E e, I i) { e.chunk_tokens = 2, i.scatter = XF_SCATTER_PREPENDED; },
         "which chunks have not");
  refuse([](E e, I) { e.skip_lead = 1; }, "leaves out more rows");
  refuse([](E e, I) { e.result_space = XF_SPACE_CONTEXT; }, "its result has");
  refuse([](E e, I) { e.chunk_tokens = 2, e.lead = 1; }, "its chunks");
  refuse([](E e, I) { e.takes_ids = 2; }, "sizes are out of range");
}
