// Holds that xf.hpp's handles work, move, and turn a status into an exception.
// Linked with the fake program.
#include "xf/xf.hpp"

#include <gtest/gtest.h>

static const xf_api *api() { return xf_get_api(XF_ABI_VERSION); }

TEST(Hpp, EncodesAndDescribes) {
  xf::Model model(api());
  EXPECT_EQ(model.describe().substr(0, 15), "{\"name\": \"fake\"");
  EXPECT_EQ(model.info().encode_width, 20u);
  EXPECT_GT(model.workspaceSize(), 0u);
  xf::Session session(model);
  const std::vector<float> both = session.encode({{1, 2, 3}, {4}}),
                           states = session.states({{1, 2, 3}, {4}});
  EXPECT_EQ(both.size(), 40u);
  EXPECT_EQ(states.size(), 80u);
  session.setThreads(1);
  const std::vector<float> one = session.encode({{4}});
  EXPECT_TRUE(std::equal(one.begin(), one.end(), both.begin() + 20));
  session.cancel();
}

TEST(Hpp, RunsEveryEntry) {
  xf::Model model(api());
  const std::vector<xf_entry_info> entries = model.entries();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_STREQ(entries[0].name, "encode");
  EXPECT_EQ(entries[0].per_sequence, 1u);
  EXPECT_STREQ(entries[1].name, "states");
  EXPECT_EQ(entries[1].width, 20u);
  EXPECT_EQ(entries[1].extra_rows, 0u);
  xf::Session session(model);
  const xf::Rows rows = {{1, 2, 3}, {4}};
  std::vector<float> out(80);
  session.run("states", rows.batch(), {}, out);
  EXPECT_EQ(out, session.states(rows));
  const xf::Feed feed("mask", std::vector<float>(4, 1.0f));
  const xf_feed feeds[] = {feed.view()};
  try {
    session.run("states", rows.batch(), feeds, out);
    FAIL() << "nothing was thrown";
  } catch (const xf::Error &error) {
    EXPECT_EQ(error.status(), XF_INVALID_FEED);
    EXPECT_STREQ(error.what(), "invalid feed: `states` of `fake` takes no feed "
                               "`mask`; it takes none");
  }
  EXPECT_THROW(session.run("logits", rows.batch(), {}, out), xf::Error);
}

TEST(Hpp, ProfileNamesEveryOp) {
  xf::Model model(api());
  xf_session_options options = xf::sessionOptions();
  options.profile = 1;
  xf::Session session(model, options);
  session.encode({{1, 2, 3}, {4}});
  const std::vector<xf_op_profile> ops = session.profile();
  ASSERT_EQ(ops.size(), 5u);
  EXPECT_STREQ(ops[2].name, "attend");
  EXPECT_EQ(ops[2].pairs, 10u);
  session.resetProfile();
  EXPECT_EQ(session.profile()[2].pairs, 0u);
  EXPECT_THROW(xf::Session(model).profile(), xf::Error);
}

TEST(Hpp, HandlesMove) {
  xf::Model first(api());
  xf::Model model = std::move(first);
  xf::Session session(model);
  xf::Session other = std::move(session);
  EXPECT_EQ(session.get(), nullptr);
  other = xf::Session(model);
  EXPECT_EQ(other.encode({{4}}).size(), 20u);
}

TEST(Hpp, FailuresThrow) {
  xf::Model model(api());
  {
    xf::Session session(model);
    try {
      session.encode({{1}, {1, 100}});
      FAIL() << "nothing was thrown";
    } catch (const xf::Error &error) {
      EXPECT_EQ(error.status(), XF_INVALID_ID);
      EXPECT_STREQ(error.what(),
                   "invalid id: row 1, position 1: id 100 is outside 0 .. 99");
    }
    EXPECT_THROW(model.close(), xf::Error);
  }
  model.close();
  EXPECT_THROW(xf::Model(nullptr), xf::Error);
  EXPECT_THROW(xf::Library("./no-such-library.so"), xf::Error);
  EXPECT_THROW(xf::Library("libm.so.6"),
               xf::Error); // a library, but none of ours
}
