// One running call, and the launches that its host program asks for.
#pragma once

#include "runtime/src/session.h"

#include <atomic>

/// Lives on the stack of `encode`. Workers reach it through a launch.
struct xf_exec {
  xf_session *session = nullptr;
  int32_t rows = 0;      ///< tokens of this piece
  int32_t sequences = 0; ///< rows of the caller's batch in this piece
  std::atomic<int32_t> status{
      XF_OK};             ///< the first failure; tasks after it do nothing
  char message[640] = ""; ///< its text; written by whoever set `status`, read
                          ///< once the launch is over
};
