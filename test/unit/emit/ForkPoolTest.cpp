// Jobs in forked children: every result arrives, and a child's death is that
// job's failure.
#include "compiler/Emit/ForkPool.h"

#include "gtest/gtest.h"

#include <cstdlib>
#include <string>
#include <unistd.h>
#include <vector>

namespace xf {
namespace {

TEST(ForkPool, EveryJobAnswers) {
  std::vector<std::string> answers(7);
  runForked(
      answers.size(), 3,
      [](size_t index, llvm::SmallVectorImpl<char> &output, std::string &) {
        std::string text(index * 100000,
                         char('a' + index)); // more than a pipe holds
        output.append(text.begin(), text.end());
        return true;
      },
      [&](size_t index, JobResult &result) {
        EXPECT_TRUE(result.ok) << result.message;
        answers[index] =
            std::string(result.output.begin(), result.output.end());
      });
  for (size_t i = 0; i < answers.size(); ++i)
    EXPECT_EQ(answers[i], std::string(i * 100000, char('a' + i)));
}

TEST(ForkPool, JobsDoNotSeeEachOther) {
  int counter = 0;
  std::vector<int> seen;
  runForked(
      3, 1,
      [&](size_t, llvm::SmallVectorImpl<char> &output, std::string &) {
        output.push_back(char(counter++));
        return true;
      },
      [&](size_t, JobResult &result) { seen.push_back(result.output[0]); });
  EXPECT_EQ(seen, (std::vector<int>{0, 0, 0}));
  EXPECT_EQ(counter, 0);
}

TEST(ForkPool, FailuresCarryTheirMessage) {
  std::vector<std::string> messages(4);
  runForked(
      4, 2,
      [](size_t index, llvm::SmallVectorImpl<char> &, std::string &message) {
        if (index == 0)
          std::abort();
        if (index == 1)
          std::_Exit(7);
        message = index == 2 ? "wrong" : "";
        return index == 3;
      },
      [&](size_t index, JobResult &result) {
        EXPECT_EQ(result.ok, index == 3);
        messages[index] = result.message;
      });
  EXPECT_EQ(messages[0],
            "the kernel compiler was stopped by signal 6 (Aborted)");
  EXPECT_EQ(messages[1], "the kernel compiler ended without an answer");
  EXPECT_EQ(messages[2], "wrong");
}

TEST(ForkPool, AJobThatHangsIsEnded) {
  std::vector<bool> ok(3), timedOut(3);
  runForked(
      3, 2,
      [](size_t index, llvm::SmallVectorImpl<char> &, std::string &) {
        while (index == 1)
          sleep(1);
        return true;
      },
      [&](size_t index, JobResult &result) {
        ok[index] = result.ok;
        timedOut[index] = result.timedOut;
        if (index == 1) {
          EXPECT_EQ(result.message, "the kernel compiler took longer than 1 s");
        }
      },
      {/*seconds=*/1, {}});
  EXPECT_EQ(ok, (std::vector<bool>{true, false, true}));
  EXPECT_EQ(timedOut, (std::vector<bool>{false, true, false}));
}

TEST(ForkPool, StopsWhenItIsTold) {
  size_t reported = 0;
  runForked(
      100, 2,
      [](size_t index, llvm::SmallVectorImpl<char> &, std::string &) {
        while (index > 0)
          sleep(1);
        return true;
      },
      [&](size_t, JobResult &) { ++reported; },
      {/*seconds=*/0, [&] { return reported > 0; }});
  EXPECT_EQ(reported, 1u);
}

} // namespace
} // namespace xf
