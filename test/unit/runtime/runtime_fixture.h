// RAII for the tests, on the C ABI itself rather than on xf.hpp, whose own test
// is hpp_test.cpp.
#pragma once

#include "fake_program.h"

#include <gtest/gtest.h>

#include <string>

namespace fake {

inline std::string lastError() { return api().last_error(); }

/// A model that closes itself; fails the test if it cannot.
struct OpenModel {
  explicit OpenModel(const char *target = nullptr, uint32_t threads = 0) {
    xf_model_options options;
    xf_model_options_init(&options);
    options.target = target;
    options.threads = threads;
    EXPECT_EQ(api().model_open(&options, &model), XF_OK) << lastError();
  }
  OpenModel(const OpenModel &) = delete;
  ~OpenModel() { EXPECT_EQ(api().model_close(model), XF_OK) << lastError(); }
  operator xf_model *() const { return model; }
  xf_model *model = nullptr;
};

struct OpenSession {
  explicit OpenSession(xf_model *model, uint32_t threads = 0,
                       uint32_t maxTokens = 0) {
    xf_session_options options;
    xf_session_options_init(&options);
    options.threads = threads;
    options.max_tokens = maxTokens;
    EXPECT_EQ(api().session_create(model, &options, &session), XF_OK)
        << lastError();
  }
  OpenSession(const OpenSession &) = delete;
  ~OpenSession() {
    EXPECT_EQ(api().session_destroy(session), XF_OK) << lastError();
  }
  operator xf_session *() const { return session; }

  std::vector<float> encode(const Batch &batch, bool withTypes = false) {
    std::vector<float> out(batch.rows() * width);
    const xf_batch view = batch.view(withTypes);
    EXPECT_EQ(api().encode(session, &view, out.data(), out.size()), XF_OK)
        << lastError();
    return out;
  }
  std::vector<float> states(const Batch &batch, bool withTypes = false) {
    std::vector<float> out(batch.ids.size() * width);
    const xf_batch view = batch.view(withTypes);
    EXPECT_EQ(api().states(session, &view, out.data(), out.size()), XF_OK)
        << lastError();
    return out;
  }
  xf_session *session = nullptr;
};

/// Sums of at most 64 terms in different order: a few units in the last place.
inline void expectNear(const std::vector<float> &got,
                       const std::vector<float> &expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t index = 0; index < got.size(); ++index)
    ASSERT_NEAR(got[index], expected[index], 1e-5f) << "value " << index;
}

} // namespace fake
