// Holds that sessions in many threads agree with one, share the pool, survive a
// fork, and that a call can be cancelled.
#include "runtime_fixture.h"

#include "runtime/src/model.h"

#include <chrono>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace fake;

static const Batch &someBatch() {
  static const Batch batch = makeBatch({1, 7, 64, 2, 33, 5, 18, 1, 40, 12});
  return batch;
}

TEST(Threads, ASessionEachAgrees) {
  OpenModel model("small", 2);
  const std::vector<float> expected = OpenSession(model, 1).encode(someBatch());
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread)
    threads.emplace_back([&, thread] {
      OpenSession session(model, 1 + thread % 3, 64 + 50 * thread);
      for (int turn = 0; turn < 20; ++turn)
        EXPECT_EQ(session.encode(someBatch()), expected);
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST(Threads, WorkersAreSharedAndMadeWhenWanted) {
  OpenModel model("small");
  OpenSession one(model, 1), four(model, 4), three(model, 3);
  one.encode(someBatch());
  EXPECT_EQ(model.model->pool.workerCount(), 0u);
  four.encode(someBatch());
  EXPECT_EQ(model.model->pool.workerCount(), 3u);
  three.encode(someBatch());
  EXPECT_EQ(model.model->pool.workerCount(), 3u);
}

TEST(Threads, NoMoreThanTheSessionAsksFor) {
  BehaviourReset reset;
  OpenModel model("small");
  OpenSession wide(model, 8), narrow(model, 2);
  wide.encode(someBatch()); // now there are seven workers
  std::atomic<int> inside{0}, most{0};
  behaviour.onTask = [&](Kernel) {
    const int now = ++inside;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);)
      ;
    std::this_thread::sleep_for(std::chrono::microseconds(50));
    --inside;
  };
  narrow.encode(someBatch());
  EXPECT_LE(most, 2);
  ASSERT_EQ(api().set_threads(narrow, 1), XF_OK);
  most = 0;
  narrow.encode(someBatch());
  EXPECT_EQ(most, 1);
}

TEST(Threads, WorkersTakePart) {
  BehaviourReset reset;
  OpenModel model("small");
  OpenSession session(model, 3);
  // Tasks that wait for each other end only if as many threads as that run
  // them.
  std::atomic<int> waiting{0};
  behaviour.onTask = [&](Kernel kernel) {
    if (kernel != Embed || waiting >= 3)
      return;
    ++waiting;
    while (waiting < 3)
      std::this_thread::yield();
  };
  session.encode(someBatch());
  EXPECT_EQ(waiting, 3);
}

TEST(Threads, ModelsOfOneLibraryAreApart) {
  OpenModel first("small", 2), second("whole", 2);
  OpenSession a(first), b(second);
  EXPECT_EQ(a.encode(someBatch()), b.encode(someBatch()));
}

TEST(Cancel, StopsTheRunningCallOnly) {
  BehaviourReset reset;
  OpenModel model("small");
  OpenSession session(model, 1);
  const std::vector<float> expected = session.encode(someBatch());
  ASSERT_EQ(api().cancel(session), XF_OK); // nothing runs: no effect
  EXPECT_EQ(session.encode(someBatch()), expected);

  std::atomic<int> tasks{0};
  behaviour.onTask = [&](Kernel) {
    if (++tasks == 5)
      EXPECT_EQ(api().cancel(session), XF_OK);
  };
  const xf_batch view = someBatch().view();
  std::vector<float> out(expected.size(), 7.0f);
  EXPECT_EQ(api().encode(session, &view, out.data(), out.size()), XF_CANCELLED);
  EXPECT_EQ(lastError(), "`encode` was cancelled after 0 of 10 rows");
  EXPECT_EQ(out, std::vector<float>(out.size(), 0.0f));
  EXPECT_EQ(tasks, 5); // it stopped between tasks, not at the end of the launch
  behaviour.onTask = nullptr;
  EXPECT_EQ(session.encode(someBatch()), expected);
}

TEST(Cancel, FromAnotherThreadInALaterPiece) {
  BehaviourReset reset;
  OpenModel model("small");
  OpenSession session(model, 2, 64);
  std::atomic<int> pools{
      0}; // two tasks a row: the fifth belongs to the second piece
  std::atomic<bool> done{false};
  behaviour.onTask = [&](Kernel kernel) {
    pools += kernel == Pool;
    while (pools >= 5 && !done)
      std::this_thread::yield();
  };
  std::thread canceller([&] {
    while (pools < 5)
      std::this_thread::yield();
    EXPECT_EQ(api().cancel(session), XF_OK);
    done = true;
  });
  const xf_batch view = someBatch().view();
  std::vector<float> out(10 * width);
  EXPECT_EQ(api().encode(session, &view, out.data(), out.size()), XF_CANCELLED);
  EXPECT_EQ(lastError(), "`encode` was cancelled after 2 of 10 rows");
  canceller.join();
}

#if !defined(__has_feature)
#define __has_feature(x) 0
#endif
#if !__has_feature(thread_sanitizer) // which cannot start threads in the child
                                     // of a threaded program
TEST(Threads, AForkedChildComputesOnItsOwn) {
  OpenModel model("small");
  OpenSession session(model, 3);
  xf_session *unused = nullptr;
  ASSERT_EQ(api().session_create(model, nullptr, &unused), XF_OK);
  ASSERT_EQ(api().set_threads(unused, 3), XF_OK);
  const xf_batch view = someBatch().view();
  std::vector<float> out(10 * width);
  ASSERT_EQ(api().encode(unused, &view, out.data(), out.size()), XF_OK);
  const std::vector<float> expected = session.encode(someBatch());
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (api().session_destroy(unused) != XF_OK)
      _exit(2);
    const bool same = session.encode(someBatch()) == expected &&
                      model.model->pool.workerCount() == 2;
    const bool closed = api().session_destroy(session) == XF_OK &&
                        api().model_close(model.model) == XF_OK;
    _exit(same && closed ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(api().session_destroy(unused), XF_OK);
  EXPECT_EQ(session.encode(someBatch()), expected);
}
#endif
