// Holds how pairs lie in the second arena: what callers give, the fill around
// it, and what one launch writes and the next reads.
#include "probe.h"

using namespace fake;

static const std::vector<int> lengths = {3, 1, 7, 5};

namespace {
class Pairs : public testing::Test {
protected:
  /// Rows of [head][key] as the probe shows them; `pair` says what a pair of
  /// rows of the stack is.
  template <typename Pair>
  std::vector<float> expectedRows(int32_t heads, Pair pair) const {
    std::vector<float> expected;
    for (const StackRow &row : layOut(probe.entry, lengths)) {
      for (int32_t head = 0; head < heads; ++head)
        for (int32_t key = 0; key < Probe::keysShown; ++key)
          expected.push_back(key < row.length ? pair(row, head, key) : -1);
      expected.push_back(float(row.length));
    }
    return expected;
  }

  /// [head][i][j] of each sequence of `sizes`: distinct numbers.
  static std::vector<float> makePairs(const std::vector<int> &sizes,
                                      int32_t heads) {
    std::vector<float> values;
    for (int size : sizes)
      for (int32_t index = 0; index < heads * size * size; ++index)
        values.push_back(float(values.size() + 1));
    return values;
  }

  Batch batch = makeBatch(lengths);
  Probe probe;
};
} // namespace

TEST_F(Pairs, OfTokensWithAFillAround) {
  probe.entry.lead = 2;
  probe.entry.tail = 1;
  probe.entry.pairs_width = 5;
  probe.addInput("attn_bias", XF_INPUT_PAIRS, XF_SPACE_TOKENS, 3,
                 XF_SCATTER_TOKENS, XF_FILL_VALUE, 0.5f, 2);
  probe.launch.kind = XF_LAUNCH_SEQUENCE;
  probe.addArg(XF_ARG_PAIRS, XF_SPACE_TOKENS, 2, 3);
  probe.addArg(XF_ARG_SEQ_LENGTH);
  probe.variants = {{0, 0, 2, 0}};
  probe.open();
  const std::vector<float> bias = makePairs(lengths, 3);
  const std::vector<float> given =
      expectedRows(3, [&](const StackRow &row, int32_t head, int32_t key) {
        size_t before = 0;
        for (int32_t sequence = 0; sequence < row.sequence; ++sequence)
          before += 3 * size_t(lengths[size_t(sequence)]) *
                    size_t(lengths[size_t(sequence)]);
        const int32_t n = lengths[size_t(row.sequence)], j = key - 2;
        if (row.kind != StackRow::Token || j < 0 || j >= n)
          return 0.5f;
        return bias[before + size_t((head * n + row.index) * n + j)];
      });
  EXPECT_EQ(probe.run(batch.view(), {makeFeed("attn_bias", bias)},
                      layOut(probe.entry, lengths).size()),
            given);
  EXPECT_EQ(probe.run(batch.view(), {}, layOut(probe.entry, lengths).size()),
            expectedRows(3, [](auto...) { return 0.5f; }));
}

TEST_F(Pairs, OfAllRowsOfTheStack) {
  probe.entry.lead = 1;
  probe.entry.pairs_width = 1;
  probe.addInput("attn_mask", XF_INPUT_PAIRS, XF_SPACE_TOKENS, 1,
                 XF_SCATTER_ALL, XF_FILL_VALUE, 1, 0);
  probe.launch.kind = XF_LAUNCH_SEQUENCE;
  probe.addArg(XF_ARG_PAIRS, XF_SPACE_TOKENS, 0, 1);
  probe.addArg(XF_ARG_SEQ_LENGTH);
  probe.open();
  std::vector<uint8_t> mask;
  size_t size = 0;
  for (int length : lengths)
    size += size_t((length + 1) * (length + 1));
  for (size_t index = 0; index < size; ++index)
    mask.push_back(index % 3 == 0);
  size_t next = 0;
  const std::vector<float> expected =
      expectedRows(1, [&](auto...) { return float(mask[next++]); });
  EXPECT_EQ(probe.run(batch.view(), {makeFeed("attn_mask", mask)},
                      layOut(probe.entry, lengths).size()),
            expected);
}

TEST_F(Pairs, OfChunksSkipTheMemory) {
  probe.entry.chunk_tokens = 2;
  probe.entry.chunk_memory = 1;
  probe.entry.pairs_width = 1;
  probe.addInput("attn_bias", XF_INPUT_PAIRS, XF_SPACE_TOKENS, 1,
                 XF_SCATTER_TOKENS, XF_FILL_VALUE, 0, 0);
  probe.launch.kind = XF_LAUNCH_SEQUENCE;
  probe.addArg(XF_ARG_PAIRS, XF_SPACE_TOKENS, 0, 1);
  probe.addArg(XF_ARG_SEQ_LENGTH);
  probe.open();
  // Three tokens: rows are memory, 0, 1, memory, 2, padding.
  const Batch three = makeBatch({3});
  const std::vector<float> bias = makePairs({3}, 1);
  const int32_t tokenAt[] = {-1, 0, 1, -1, 2, -1};
  std::vector<float> expected;
  for (int32_t row : {1, 2, 4}) {
    for (int32_t key = 0; key < Probe::keysShown; ++key)
      expected.push_back(key >= 6 ? -1
                         : tokenAt[key] < 0
                             ? 0
                             : bias[size_t(3 * tokenAt[row] + tokenAt[key])]);
    expected.push_back(6);
  }
  EXPECT_EQ(probe.run(three.view(), {makeFeed("attn_bias", bias)}, 3),
            expected);
}

// The first launch's tasks are crops of two rows; the second reads all.
TEST_F(Pairs, AreHandedOnFromLaunchToLaunch) {
  probe.entry.pairs_width = 7;
  probe.entry.extra_keys = 2;
  probe.addArg(XF_ARG_PAIRS, XF_SPACE_TOKENS, 4, 3, /*isOutput=*/true);
  probe.addArg(XF_ARG_SEQ_LENGTH);
  probe.argsBefore = probe.args;
  probe.args[0].is_output = 0;
  probe.launchBefore.kind = probe.launch.kind = XF_LAUNCH_SEQUENCE;
  probe.variants = {{4, 0, 2, 0}, {0, 0, 3, 0}};
  probe.open(3);
  std::vector<float> expected;
  int32_t number = 0;
  for (const StackRow &row : layOut(probe.entry, lengths)) {
    for (int32_t head = 0; head < 3; ++head)
      for (int32_t key = 0; key < Probe::keysShown; ++key)
        expected.push_back(
            key < row.length ? float(1000 * number + 100 * head + key) : -1);
    expected.push_back(float(row.length));
    ++number;
  }
  EXPECT_EQ(probe.run(batch.view(), {}, batch.ids.size()), expected);
}

TEST_F(Pairs, AreWrittenBySequence) {
  probe.entry.pairs_width = 3;
  probe.addArg(XF_ARG_PAIRS, XF_SPACE_TOKENS, 0, 3, /*isOutput=*/true);
  probe.open();
  std::vector<float> out(batch.ids.size() * size_t(probe.columns()));
  EXPECT_EQ(probe.tryRun(batch.view(), {}, out), XF_INTERNAL);
  EXPECT_NE(lastError().find("it writes pairs, but not by sequence"),
            std::string::npos)
      << lastError();
}

TEST_F(Pairs, AreNotCutInColumns) {
  probe.entry.pairs_width = 3;
  probe.launch.kind = XF_LAUNCH_SEQUENCE;
  probe.addArg(XF_ARG_PAIRS, XF_SPACE_TOKENS, 0, 3, /*isOutput=*/true);
  probe.variants = {{0, 0, 2, 4}};
  probe.open();
  std::vector<float> out(batch.ids.size() * size_t(probe.columns()));
  EXPECT_EQ(probe.tryRun(batch.view(), {}, out), XF_INTERNAL);
  EXPECT_NE(lastError().find("its grain cuts columns"), std::string::npos)
      << lastError();
}

// Rows of pairs are as long as a sequence can be, whatever the session's size.
TEST_F(Pairs, TakeTheRoomOfTheLongestSequence) {
  probe.entry.pairs_width = 4;
  probe.entry.lead = 2;
  probe.entry.max_seq_len = 100;
  probe.addArg(XF_ARG_ROW_INDEX);
  probe.open();
  auto workspace = [&](uint32_t maxTokens) {
    size_t bytes = 0;
    const xf_session_options options = {sizeof(options), 0, maxTokens, 0, 0};
    EXPECT_EQ(api().workspace_size(probe.model, &options, &bytes), XF_OK)
        << lastError();
    return bytes;
  };
  // 102 rows, rounded up, and a block more: 160 keys.
  const size_t more = workspace(8192) - workspace(4096);
  EXPECT_GE(more, size_t(4096) * 4 * 160 * 4);
  EXPECT_LT(more, size_t(4096) * 4 * 160 * 4 + 4096 * 4 * 100);
  // Kernels index with 32 bits.
  const xf_session_options options = {sizeof(options), 0, 1u << 22, 0, 0};
  size_t bytes = 0;
  EXPECT_EQ(api().workspace_size(probe.model, &options, &bytes),
            XF_INVALID_ARGUMENT);
  EXPECT_NE(lastError().find("fit at once"), std::string::npos) << lastError();
}
