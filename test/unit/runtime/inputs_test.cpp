// Holds where the rows of a call lie: the model's own, prepended ones, tokens,
// chunks and the context; what index buffers and named inputs hold on each; and
// that pieces change none of it.
#include "probe.h"

#include <functional>

using namespace fake;

static const std::vector<int> lengths = {3, 1, 7, 5, 9, 4, 2};
static const std::vector<int> prependedLengths = {2, 0, 1, 0, 3, 0, 1};
static const std::vector<int> contextLengths = {4, 2, 1, 6, 3, 9, 5};

static std::vector<int64_t> offsetsOf(const std::vector<int> &lengths) {
  std::vector<int64_t> offsets{0};
  for (int length : lengths)
    offsets.push_back(offsets.back() + length);
  return offsets;
}

/// 1, 2, 3 ... times `unit`.
static std::vector<float> countUp(size_t count, float unit) {
  std::vector<float> values(count);
  for (size_t index = 0; index < count; ++index)
    values[index] = unit * float(index + 1);
  return values;
}

namespace {
/// Compares a result with what `expect` says of each row of it.
class Inputs : public testing::Test {
protected:
  using Expect = std::function<void(const StackRow &, std::vector<float> &)>;

  bool isInResult(const StackRow &row) const {
    const int32_t behind = row.length - 1 - row.place;
    if (probe.entry.chunk_tokens > 0)
      return row.kind == StackRow::Token;
    return row.place >= int32_t(probe.entry.skip_lead) &&
           behind >= int32_t(probe.entry.skip_tail);
  }

  void expectRows(const std::vector<xf_feed> &feeds, const Expect &expect) {
    std::vector<float> expected;
    size_t rows = 0;
    for (const StackRow &row : layOut(probe.entry, lengths, prepended)) {
      if (!isInResult(row))
        continue;
      ++rows;
      expect(row, expected);
    }
    EXPECT_EQ(probe.run(batch.view(true), feeds, rows), expected);
  }

  /// The number of a row's token among all of the batch.
  size_t tokenOf(const StackRow &row) const {
    return size_t(batch.offsets[size_t(row.sequence)] + row.index);
  }

  Batch batch = makeBatch(lengths);
  std::vector<int> prepended;
  Probe probe;
};
} // namespace

TEST_F(Inputs, IndicesAreThoseOfTokensAndZeroElsewhere) {
  probe.entry.lead = 3;
  probe.entry.tail = 2;
  for (uint64_t buffer : {XF_INDEX_IDS, XF_INDEX_POSITIONS, XF_INDEX_TYPES})
    probe.addArg(XF_ARG_INDEX, XF_SPACE_TOKENS, buffer);
  probe.addArg(XF_ARG_ROW_INDEX);
  probe.addArg(XF_ARG_ROW_LENGTH);
  probe.addArg(XF_ARG_ROW_SEQUENCE);
  probe.variants = {{0, 0, 5, 4}};
  probe.open();
  expectRows({}, [&](const StackRow &row, std::vector<float> &out) {
    const bool token = row.kind == StackRow::Token;
    const size_t at = token ? tokenOf(row) : 0;
    out.insert(out.end(),
               {token ? float(batch.ids[at]) : 0, token ? float(row.index) : 0,
                token ? float(batch.types[at]) : 0, float(row.place),
                float(row.length), float(row.sequence)});
  });
}

TEST_F(Inputs, TheResultLeavesOutWhatTheEntrySays) {
  probe.entry.lead = 3;
  probe.entry.tail = 2;
  probe.entry.skip_lead = 2;
  probe.entry.skip_tail = 1;
  probe.addArg(XF_ARG_ROW_INDEX);
  probe.open();
  expectRows({}, [](const StackRow &row, std::vector<float> &out) {
    out.push_back(float(row.place));
  });
  xf_entry_info info;
  xf_entry_info_init(&info);
  ASSERT_EQ(api().entry_info(probe.model, 0, &info), XF_OK);
  EXPECT_EQ(info.extra_rows, 2u);
}

TEST_F(Inputs, FillsWhereNothingIsGiven) {
  probe.entry.lead = 1;
  probe.entry.tail = 1;
  auto addRows = [&](const char *name, xf_fill fill, float value) {
    probe.addArg(XF_ARG_ARENA, XF_SPACE_TOKENS, probe.inputs.size());
    probe.addInput(name, XF_INPUT_ROWS, XF_SPACE_TOKENS, 1, XF_SCATTER_TOKENS,
                   fill, value, probe.inputs.size());
  };
  addRows("value", XF_FILL_VALUE, 2.5f);
  addRows("index", XF_FILL_INDEX, 0);
  addRows("is_prepended", XF_FILL_IS_PREPENDED, 0);
  addRows("is_token", XF_FILL_IS_TOKEN, 0);
  probe.addInput("kind", XF_INPUT_INDEX, XF_SPACE_TOKENS, 1, XF_SCATTER_TOKENS,
                 XF_FILL_VALUE, 4, 3, 9);
  probe.addArg(XF_ARG_INDEX, XF_SPACE_TOKENS, 3);
  probe.open();
  expectRows({}, [](const StackRow &row, std::vector<float> &out) {
    const bool token = row.kind == StackRow::Token;
    out.insert(out.end(),
               {2.5f, float(row.place), 0, float(token), token ? 4.0f : 0.0f});
  });
}

TEST_F(Inputs, FeedsOfEveryTypeReachTheirTokens) {
  probe.entry.lead = 2;
  probe.addInput("x", XF_INPUT_ROWS, XF_SPACE_TOKENS, 3, XF_SCATTER_TOKENS,
                 XF_FILL_REQUIRED, -1, 5);
  probe.addInput("kind", XF_INPUT_INDEX, XF_SPACE_TOKENS, 1, XF_SCATTER_TOKENS,
                 XF_FILL_REQUIRED, 0, 3, 200);
  probe.addArg(XF_ARG_ARENA, XF_SPACE_TOKENS, 5, 3);
  probe.addArg(XF_ARG_INDEX, XF_SPACE_TOKENS, 3);
  probe.open();
  const size_t tokens = batch.ids.size();
  auto check = [&](auto element) {
    using T = decltype(element);
    std::vector<T> x(3 * tokens);
    for (size_t index = 0; index < x.size(); ++index)
      x[index] = T(index);
    for (size_t type = 0; type < 3; ++type) {
      std::vector<uint8_t> small(tokens);
      std::vector<int32_t> ints(tokens);
      std::vector<int64_t> longs(tokens);
      for (size_t index = 0; index < tokens; ++index)
        longs[index] = ints[index] = small[index] = uint8_t(199 - index);
      const xf_feed kinds[] = {makeFeed("kind", small), makeFeed("kind", ints),
                               makeFeed("kind", longs)};
      expectRows({kinds[type], makeFeed("x", x)}, [&](const StackRow &row,
                                                      std::vector<float> &out) {
        const bool token = row.kind == StackRow::Token;
        for (size_t column = 0; column < 3; ++column)
          out.push_back(token ? float(x[3 * tokenOf(row) + column]) : -1);
        out.push_back(token ? float(199 - tokenOf(row)) : 0);
      });
    }
  };
  check(float());
  check(int32_t());
  check(int64_t());
  check(uint8_t());
}

TEST_F(Inputs, PrependedRowsHaveOffsetsAndAMaskOfTheirOwn) {
  probe.entry.lead = 2;
  probe.entry.tail = 1;
  probe.entry.skip_lead = 1;
  probe.addInput("prepend_embeds", XF_INPUT_ROWS, XF_SPACE_TOKENS, 2,
                 XF_SCATTER_PREPENDED, XF_FILL_VALUE, 0, 0);
  probe.addInput("mask", XF_INPUT_ROWS, XF_SPACE_TOKENS, 1, XF_SCATTER_TOKENS,
                 XF_FILL_VALUE, 1, 2);
  probe.addInput("is_prepended", XF_INPUT_ROWS, XF_SPACE_TOKENS, 1,
                 XF_SCATTER_TOKENS, XF_FILL_IS_PREPENDED, 0, 3);
  probe.addArg(XF_ARG_ARENA, XF_SPACE_TOKENS, 0, 2);
  probe.addArg(XF_ARG_ARENA, XF_SPACE_TOKENS, 2, 1);
  probe.addArg(XF_ARG_ARENA, XF_SPACE_TOKENS, 3, 1);
  probe.addArg(XF_ARG_INDEX, XF_SPACE_TOKENS, XF_INDEX_POSITIONS);
  probe.open();
  prepended = prependedLengths;
  std::vector<int64_t> offsets = offsetsOf(prepended);
  for (int64_t &offset : offsets)
    offset += 1; // a slice of a larger array
  const std::vector<float> embeds = countUp(2 * size_t(offsets.back()), 0.5f);
  std::vector<uint8_t> mask(batch.ids.size()),
      prependMask(size_t(offsets.back()));
  for (size_t index = 0; index < mask.size(); ++index)
    mask[index] = index % 3 != 0;
  for (size_t index = 0; index < prependMask.size(); ++index)
    prependMask[index] = index % 2;
  for (bool masked : {false, true}) {
    std::vector<xf_feed> feeds = {makeFeed("prepend_embeds", embeds, &offsets)};
    if (masked) {
      feeds.push_back(makeFeed("prepend_mask", prependMask));
      feeds.push_back(makeFeed("mask", mask));
    }
    expectRows(feeds, [&](const StackRow &row, std::vector<float> &out) {
      const bool given = row.kind == StackRow::Prepended,
                 token = row.kind == StackRow::Token;
      const size_t at = size_t(offsets[size_t(row.sequence)] + row.index);
      float kept = 1;
      if (masked && given)
        kept = float(prependMask[at]);
      if (masked && token)
        kept = float(mask[tokenOf(row)]);
      out.insert(out.end(),
                 {given ? embeds[2 * at] : 0, given ? embeds[2 * at + 1] : 0,
                  kept, float(given), token ? float(row.index) : 0});
    });
  }
  // Without them there are no such rows.
  prepended.clear();
  expectRows({makeFeed("mask", mask)}, [&](const StackRow &row,
                                           std::vector<float> &out) {
    const bool token = row.kind == StackRow::Token;
    out.insert(out.end(), {0, 0, token ? float(mask[tokenOf(row)]) : 1.0f, 0,
                           token ? float(row.index) : 0});
  });
}

TEST_F(Inputs, RowsOfTheWholeStackMayBeGiven) {
  probe.entry.lead = 1;
  probe.entry.tail = 2;
  probe.addInput("condition", XF_INPUT_ROWS, XF_SPACE_TOKENS, 2, XF_SCATTER_ALL,
                 XF_FILL_REQUIRED, 0, 0);
  probe.addArg(XF_ARG_ARENA, XF_SPACE_TOKENS, 0, 2);
  probe.open();
  const std::vector<float> values =
      countUp(2 * layOut(probe.entry, lengths).size(), 1);
  EXPECT_EQ(probe.run(batch.view(), {makeFeed("condition", values)},
                      values.size() / 2),
            values);
}

TEST_F(Inputs, PositionsMayBeGivenOrStartLater) {
  probe.entry.lead = 1;
  probe.addInput("pos", XF_INPUT_INDEX, XF_SPACE_TOKENS, 1, XF_SCATTER_TOKENS,
                 XF_FILL_POSITION, 0, XF_INDEX_POSITIONS, 64);
  probe.addInput("pos", XF_INPUT_ROWS, XF_SPACE_TOKENS, 1, XF_SCATTER_TOKENS,
                 XF_FILL_INDEX, 0, 0);
  probe.addInput("seq_start_pos", XF_INPUT_ROWS, XF_SPACE_SEQUENCES, 1,
                 XF_SCATTER_TOKENS, XF_FILL_VALUE, 0, 1);
  probe.addArg(XF_ARG_INDEX, XF_SPACE_TOKENS, XF_INDEX_POSITIONS);
  probe.addArg(XF_ARG_ARENA, XF_SPACE_TOKENS, 0, 1);
  probe.open();
  std::vector<int64_t> pos(batch.ids.size());
  for (size_t index = 0; index < pos.size(); ++index)
    pos[index] = int64_t(index * 37 % 64);
  expectRows({makeFeed("pos", pos)},
             [&](const StackRow &row, std::vector<float> &out) {
               const bool token = row.kind == StackRow::Token;
               out.push_back(token ? float(pos[tokenOf(row)]) : 0);
               out.push_back(token ? float(pos[tokenOf(row)]) : 0);
             });
  const std::vector<int32_t> start = {0, 0, 3, 5, 8, 1, 9};
  expectRows({makeFeed("seq_start_pos", start)},
             [&](const StackRow &row, std::vector<float> &out) {
               const bool token = row.kind == StackRow::Token;
               const int32_t from = start[size_t(row.sequence)];
               out.push_back(token ? float(std::max(row.index - from, 0)) : 0);
               out.push_back(float(row.place));
             });
}

TEST_F(Inputs, ChunksHaveMemoryBeforeThemAndEndInPadding) {
  probe.entry.chunk_tokens = 3;
  probe.entry.chunk_memory = 2;
  probe.addInput("is_token", XF_INPUT_ROWS, XF_SPACE_TOKENS, 1,
                 XF_SCATTER_TOKENS, XF_FILL_IS_TOKEN, 0, 0);
  probe.addInput("x", XF_INPUT_ROWS, XF_SPACE_TOKENS, 1, XF_SCATTER_TOKENS,
                 XF_FILL_REQUIRED, 0, 1);
  for (uint64_t buffer : {XF_INDEX_IDS, XF_INDEX_POSITIONS, XF_INDEX_TYPES})
    probe.addArg(XF_ARG_INDEX, XF_SPACE_TOKENS, buffer);
  probe.addArg(XF_ARG_ROW_INDEX);
  probe.addArg(XF_ARG_ROW_LENGTH);
  probe.addArg(XF_ARG_ARENA, XF_SPACE_TOKENS, 0, 1);
  probe.addArg(XF_ARG_ARENA, XF_SPACE_TOKENS, 1, 1);
  probe.open();
  const std::vector<float> x = countUp(batch.ids.size(), 1);
  expectRows({makeFeed("x", x)},
             [&](const StackRow &row, std::vector<float> &out) {
               const size_t at = tokenOf(row);
               out.insert(out.end(), {float(batch.ids[at]), float(row.index),
                                      float(batch.types[at]), float(row.place),
                                      float(row.length), 1, x[at]});
             });
}

TEST_F(Inputs, TheContextHasRowsOfItsOwn) {
  probe.addInput("context", XF_INPUT_ROWS, XF_SPACE_CONTEXT, 2,
                 XF_SCATTER_TOKENS, XF_FILL_REQUIRED, 0, 0);
  probe.addInput("context_mask", XF_INPUT_ROWS, XF_SPACE_CONTEXT, 1,
                 XF_SCATTER_TOKENS, XF_FILL_VALUE, 1, 2);
  probe.addInput("condition", XF_INPUT_ROWS, XF_SPACE_SEQUENCES, 2,
                 XF_SCATTER_TOKENS, XF_FILL_VALUE, 3, 3);
  // One row a sequence: its number, its tokens, its context, its condition.
  probe.launch.kind = XF_LAUNCH_POOL;
  probe.launch.space = XF_SPACE_SEQUENCES;
  probe.launch.length_space = XF_SPACE_CONTEXT;
  probe.addArg(XF_ARG_SEQUENCE);
  for (xf_space space :
       {XF_SPACE_TOKENS, XF_SPACE_CONTEXT, XF_SPACE_SEQUENCES}) {
    probe.addArg(XF_ARG_SEQ_BEGIN, space);
    probe.addArg(XF_ARG_SEQ_LENGTH, space);
  }
  probe.addArg(XF_ARG_ARENA, XF_SPACE_SEQUENCES, 3, 2);
  probe.variants = {{3, 0, 1, 2}, {0, 0, 0, 0}};
  probe.open();
  const std::vector<int64_t> offsets = offsetsOf(contextLengths);
  const std::vector<float> context = countUp(2 * size_t(offsets.back()), 1);
  const std::vector<float> condition = countUp(2 * lengths.size(), 0.25f);
  std::vector<float> expected;
  for (size_t row = 0; row < lengths.size(); ++row)
    expected.insert(expected.end(),
                    {float(row), float(batch.offsets[row]), float(lengths[row]),
                     float(offsets[row]), float(contextLengths[row]),
                     float(row), 1, condition[2 * row],
                     condition[2 * row + 1]});
  EXPECT_EQ(probe.run(batch.view(),
                      {makeFeed("context", context, &offsets),
                       makeFeed("condition", condition)},
                      lengths.size()),
            expected);
}

TEST_F(Inputs, ContextRowsLieAsTheyAreGiven) {
  probe.addInput("context", XF_INPUT_ROWS, XF_SPACE_CONTEXT, 2,
                 XF_SCATTER_TOKENS, XF_FILL_REQUIRED, 0, 0);
  probe.addInput("context_mask", XF_INPUT_ROWS, XF_SPACE_CONTEXT, 1,
                 XF_SCATTER_TOKENS, XF_FILL_VALUE, 1, 2);
  // Over the context's rows, whose result lies where the next launch, over the
  // tokens, reads it: there are as many of these.
  probe.addArg(XF_ARG_ARENA, XF_SPACE_CONTEXT, 0, 2);
  probe.addArg(XF_ARG_ARENA, XF_SPACE_CONTEXT, 2, 1);
  probe.argsBefore = std::move(probe.args);
  probe.launchBefore.kind = XF_LAUNCH_ROWS;
  probe.launchBefore.space = XF_SPACE_CONTEXT;
  probe.args.clear();
  probe.addArg(XF_ARG_ARENA, XF_SPACE_TOKENS, Probe::inputWidth, 3);
  probe.open();
  std::vector<int> mirrored(contextLengths.rbegin(), contextLengths.rend());
  const Batch tokens = makeBatch(mirrored);
  std::vector<int64_t> offsets = offsetsOf(contextLengths);
  const std::vector<float> context = countUp(2 * size_t(offsets.back()), 1);
  std::vector<float> expected;
  for (size_t row = 0; row < context.size() / 2; ++row)
    expected.insert(expected.end(),
                    {context[2 * row], context[2 * row + 1], 1});
  EXPECT_EQ(probe.run(tokens.view(), {makeFeed("context", context, &offsets)},
                      context.size() / 2),
            expected);
}

TEST_F(Inputs, ImagesBecomePatches) {
  probe.entry.takes_ids = 0;
  probe.entry.image_channels = 2;
  probe.entry.image_size = 6;
  probe.entry.image_patch = 2;
  probe.addInput("images", XF_INPUT_ROWS, XF_SPACE_TOKENS, 8, XF_SCATTER_IMAGES,
                 XF_FILL_REQUIRED, 0, 0);
  probe.addArg(XF_ARG_ARENA, XF_SPACE_TOKENS, 0, 8);
  probe.open();
  // A 6 x 6 image, then one of 4 x 4: pixel = 1000 image + 100 channel + 10 y +
  // x.
  std::vector<float> pixels, expected;
  for (int image = 0; image < 2; ++image) {
    const int side = image == 0 ? 6 : 4;
    for (int channel = 0; channel < 2; ++channel)
      for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x)
          pixels.push_back(float(1000 * image + 100 * channel + 10 * y + x));
    for (int top = 0; top < side; top += 2)
      for (int left = 0; left < side; left += 2)
        for (int y = top; y < top + 2; ++y)
          for (int x = left; x < left + 2; ++x)
            for (int channel = 0; channel < 2; ++channel)
              expected.push_back(
                  float(1000 * image + 100 * channel + 10 * y + x));
  }
  const std::vector<int64_t> offsets = {0, 9, 13};
  xf_batch view;
  xf_batch_init(&view);
  view.offsets = offsets.data();
  view.num_ids = 13;
  view.num_rows = 2;
  EXPECT_EQ(probe.run(view, {makeFeed("images", pixels)}, 13), expected);
}

// All kinds of inputs in sessions that hold few rows: the same bits.
TEST_F(Inputs, PiecesChangeNoBit) {
  probe.entry.lead = 1;
  probe.entry.tail = 1;
  probe.entry.skip_lead = 1;
  probe.addInput("prepend_embeds", XF_INPUT_ROWS, XF_SPACE_TOKENS, 2,
                 XF_SCATTER_PREPENDED, XF_FILL_VALUE, 0, 0);
  probe.addInput("mask", XF_INPUT_ROWS, XF_SPACE_TOKENS, 1, XF_SCATTER_TOKENS,
                 XF_FILL_VALUE, 1, 2);
  probe.addInput("stack", XF_INPUT_ROWS, XF_SPACE_TOKENS, 1, XF_SCATTER_ALL,
                 XF_FILL_VALUE, 0, 3);
  probe.addInput("condition", XF_INPUT_ROWS, XF_SPACE_SEQUENCES, 1,
                 XF_SCATTER_TOKENS, XF_FILL_VALUE, 0, 4);
  probe.addInput("context", XF_INPUT_ROWS, XF_SPACE_CONTEXT, 1,
                 XF_SCATTER_TOKENS, XF_FILL_REQUIRED, 0, 5);
  probe.addInput("bias", XF_INPUT_PAIRS, XF_SPACE_TOKENS, 2, XF_SCATTER_TOKENS,
                 XF_FILL_VALUE, 0.5f, 0);
  probe.entry.pairs_width = 2;
  probe.launch.kind = XF_LAUNCH_SEQUENCE;
  probe.addArg(XF_ARG_ARENA, XF_SPACE_TOKENS, 0, 2);
  probe.addArg(XF_ARG_ARENA, XF_SPACE_TOKENS, 2, 1);
  probe.addArg(XF_ARG_ARENA, XF_SPACE_TOKENS, 3, 1);
  probe.addArg(XF_ARG_PAIRS, XF_SPACE_TOKENS, 0, 2);
  probe.addArg(XF_ARG_SEQ_LENGTH);
  probe.addArg(XF_ARG_SEQ_LENGTH, XF_SPACE_CONTEXT);
  probe.variants = {{0, 0, 2, 0}};
  probe.open(1);
  const std::vector<int64_t> offsets = offsetsOf(prependedLengths),
                             contextOffsets = offsetsOf(contextLengths);
  const std::vector<float> embeds = countUp(2 * size_t(offsets.back()), 1);
  const std::vector<uint8_t> mask(batch.ids.size(), 1);
  const size_t rows = layOut(probe.entry, lengths, prependedLengths).size();
  const std::vector<float> stack = countUp(rows, 0.5f),
                           condition = countUp(lengths.size(), 2),
                           context = countUp(size_t(contextOffsets.back()), 3);
  size_t pairs = 0;
  for (int length : lengths)
    pairs += 2 * size_t(length) * size_t(length);
  const std::vector<float> bias = countUp(pairs, 0.125f);
  const std::vector<xf_feed> feeds = {
      makeFeed("prepend_embeds", embeds, &offsets),
      makeFeed("mask", mask),
      makeFeed("stack", stack),
      makeFeed("condition", condition),
      makeFeed("context", context, &contextOffsets),
      makeFeed("bias", bias)};
  const size_t results = rows - lengths.size();
  const std::vector<float> whole = probe.run(batch.view(), feeds, results);
  for (uint32_t threads : {1u, 3u})
    for (uint32_t maxTokens : {14u, 15u, 20u, 33u}) {
      OpenSession session(probe.model, threads, maxTokens);
      std::vector<float> out(whole.size());
      const xf_batch view = batch.view();
      ASSERT_EQ(api().run(session, "states", &view, feeds.data(), feeds.size(),
                          out.data(), out.size()),
                XF_OK)
          << lastError();
      EXPECT_EQ(out, whole) << maxTokens << " tokens";
    }
}
