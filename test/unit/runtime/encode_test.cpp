// Holds that encode and states compute what the plain reference does, whatever
// the batch, pieces, target and threads.
#include "runtime_fixture.h"

#include <algorithm>
#include <numeric>
#include <utility>

using namespace fake;

static const std::vector<int> lengths = {1, 7, 64, 2, 33, 5, 18, 1, 40, 12};

TEST(Encode, MatchesReferenceOnEveryTarget) {
  const Batch batch = makeBatch(lengths);
  for (const char *target : {"small", "varied", "whole"}) {
    OpenModel model(target);
    OpenSession session(model);
    expectNear(session.encode(batch), referenceEncode(batch));
    expectNear(session.states(batch), referenceStates(batch));
    expectNear(session.encode(batch, true), referenceEncode(batch, true));
    // Types of the call before must not linger.
    expectNear(session.encode(batch), referenceEncode(batch));
  }
  EXPECT_EQ(behaviour.violations, 0);
}

TEST(Encode, PicksTheLastTargetThatTheCpuRuns) {
  OpenModel model;
  xf_model_info info;
  xf_model_info_init(&info);
  ASSERT_EQ(api().model_info(model, &info), XF_OK);
  EXPECT_STREQ(info.target, "whole");
}

TEST(Encode, ThreadsAndPiecesChangeNoBit) {
  const Batch batch = makeBatch(lengths);
  OpenModel model("small");
  OpenSession one(model, 1);
  const std::vector<float> encoded = one.encode(batch),
                           stated = one.states(batch);
  for (uint32_t threads : {1u, 2u, 3u, 8u})
    for (uint32_t maxTokens : {64u, 65u, 100u, 1000u}) {
      OpenSession session(model, threads, maxTokens);
      EXPECT_EQ(session.encode(batch), encoded)
          << threads << " threads, " << maxTokens << " tokens";
      EXPECT_EQ(session.states(batch), stated)
          << threads << " threads, " << maxTokens << " tokens";
    }
}

// The rows of the call pick a variant, but the length of each sequence where a
// launch runs sequence by sequence; no bit depends on it.
TEST(Encode, RowsPickTheVariant) {
  OpenModel varied("varied"), small("small");
  OpenSession session(varied, 2), reference(small, 1);
  auto fewTasks = [&](const std::vector<int> &lengths) {
    for (auto &count : behaviour.fewTasks)
      count = 0;
    const Batch batch = makeBatch(lengths);
    EXPECT_EQ(session.encode(batch), reference.encode(batch));
    EXPECT_EQ(behaviour.violations, 0);
    return std::vector<int>(std::begin(behaviour.fewTasks),
                            std::end(behaviour.fewTasks));
  };
  // Crops of 2 x 6 of 20 columns: 4 for each two rows, for a pooled one too.
  EXPECT_EQ(fewTasks({3}), (std::vector<int>{8, 8, 8, 4, 4}));
  EXPECT_EQ(fewTasks({4}), (std::vector<int>{8, 8, 8, 4, 4}));
  EXPECT_EQ(fewTasks({5}), (std::vector<int>{0, 0, 0, 0, 4}));
  EXPECT_EQ(fewTasks({3, 12, 4, 13}), (std::vector<int>{0, 0, 16, 8, 8}));
  EXPECT_EQ(fewTasks({1, 1, 1, 1, 1}), (std::vector<int>{0, 0, 20, 20, 0}));
}

// Around each class's border, alone and in one batch, at 1 to 3 threads.
TEST(Encode, VariantsChangeNoBit) {
  const Batch batch = makeBatch({3, 4, 5, 11, 12, 13, 64, 1});
  OpenModel varied("varied"), whole("whole");
  OpenSession reference(whole, 1);
  const std::vector<float> encoded = reference.encode(batch),
                           stated = reference.states(batch);
  for (uint32_t threads : {1u, 2u, 3u}) {
    OpenSession session(varied, threads);
    EXPECT_EQ(session.encode(batch), encoded) << threads << " threads";
    EXPECT_EQ(session.states(batch), stated) << threads << " threads";
    for (size_t row = 0; row < batch.rows(); ++row) {
      const std::vector<float> alone = session.encode(pick(batch, {row}));
      EXPECT_TRUE(std::equal(alone.begin(), alone.end(), &encoded[row * width]))
          << "row " << row << ", " << threads << " threads";
    }
  }
}

TEST(Encode, RowsDoNotSeeTheirNeighbours) {
  const Batch batch = makeBatch(lengths);
  OpenModel model("small");
  OpenSession session(model);
  const std::vector<float> whole = session.encode(batch);
  std::vector<size_t> order(lengths.size());
  std::iota(order.rbegin(), order.rend(), 0);
  for (const auto &rows :
       {order, std::vector<size_t>{3}, std::vector<size_t>{2, 2, 0, 9}}) {
    const std::vector<float> part = session.encode(pick(batch, rows));
    for (size_t index = 0; index < rows.size(); ++index)
      EXPECT_TRUE(std::equal(&part[index * width],
                             &part[(index + 1) * width - 1] + 1,
                             &whole[rows[index] * width]));
  }
}

TEST(Encode, TheLongestSequenceComesFirst) {
  BehaviourReset reset;
  OpenModel model("whole");
  OpenSession session(model, 1);
  std::vector<std::pair<int32_t, int32_t>> seen;
  behaviour.onSequence = [&](int32_t begin, int32_t length) {
    seen.emplace_back(begin, length);
  };
  session.encode(makeBatch({2, 7, 1, 7, 64, 2}));
  EXPECT_EQ(seen, (std::vector<std::pair<int32_t, int32_t>>{
                      {17, 64}, {2, 7}, {10, 7}, {0, 2}, {81, 2}, {9, 1}}));
}

TEST(Encode, TheLastPiecesShareWhatIsLeft) {
  BehaviourReset reset;
  OpenModel model("whole");
  OpenSession session(model, 1, 64);
  auto pieces = [&](const std::vector<int> &lengths) {
    std::vector<int> tokens;
    int piece = 0;
    behaviour.onSequence = [&](int32_t begin, int32_t length) {
      piece = std::max(piece, begin + length);
    };
    behaviour.onTask = [&](Kernel kernel) {
      if (kernel == Pool && piece > 0)
        tokens.push_back(std::exchange(piece, 0));
    };
    session.encode(makeBatch(lengths));
    return tokens;
  };
  EXPECT_EQ(pieces(std::vector<int>(6, 10)), std::vector<int>{60});
  EXPECT_EQ(pieces(std::vector<int>(10, 10)), (std::vector<int>{50, 50}));
  EXPECT_EQ(pieces(std::vector<int>(8, 9)), (std::vector<int>{36, 36}));
  EXPECT_EQ(pieces(std::vector<int>(16, 10)), (std::vector<int>{60, 50, 50}));
  // Rows stay whole, and there are never more pieces than fit.
  EXPECT_EQ(pieces({1, 64, 1}), (std::vector<int>{1, 64, 1}));
  EXPECT_EQ(pieces({40, 24, 10}), (std::vector<int>{40, 34}));
  EXPECT_EQ(pieces({64}), std::vector<int>{64});
}

TEST(Encode, TakesASliceOfALargerArray) {
  const Batch batch = makeBatch(lengths);
  OpenModel model;
  OpenSession session(model);
  const std::vector<float> whole = session.encode(batch);
  xf_batch slice = batch.view();
  slice.offsets += 3;
  slice.num_rows = 4;
  std::vector<float> out(4 * width);
  ASSERT_EQ(api().encode(session, &slice, out.data(), out.size()), XF_OK)
      << lastError();
  EXPECT_TRUE(std::equal(out.begin(), out.end(), &whole[3 * width]));
}

TEST(Encode, NoRowsIsNothing) {
  OpenModel model;
  OpenSession session(model);
  xf_batch batch;
  xf_batch_init(&batch);
  EXPECT_EQ(api().encode(session, &batch, nullptr, 0), XF_OK);
  EXPECT_EQ(api().states(session, &batch, nullptr, 0), XF_OK);
}

TEST(Encode, ResultsLargerThanNeededAreLeftAlone) {
  const Batch batch = makeBatch({3});
  OpenModel model;
  OpenSession session(model);
  std::vector<float> out(2 * width, 7.0f);
  const xf_batch view = batch.view();
  ASSERT_EQ(api().encode(session, &view, out.data(), out.size()), XF_OK);
  EXPECT_EQ(out[width], 7.0f);
}

#if defined(__x86_64__)
#include <immintrin.h>
// A caller that flushes denormals gets the same bits, and gets its own setting
// back.
TEST(Encode, CallersFloatEnvironmentDoesNotMatter) {
  OpenModel model;
  OpenSession session(model, 1);
  const Batch batch = makeBatch({5});
  const unsigned before = _mm_getcsr();
  static std::atomic<unsigned> seen;
  BehaviourReset reset;
  behaviour.onTask = [](Kernel) { seen = _mm_getcsr() & 0x8040; };
  _mm_setcsr(before | 0x8040);
  session.encode(batch);
  const unsigned after = _mm_getcsr();
  _mm_setcsr(before);
  EXPECT_EQ(seen, 0u);
  EXPECT_EQ(after & 0x8040, 0x8040u);
}
#endif
