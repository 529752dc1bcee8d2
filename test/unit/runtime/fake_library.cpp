// What makes the fake program a library like any other, for users that load
// one: Python's tests and xf-run's.
#include "fake_program.h"

#include <chrono>
#include <thread>

extern "C" {

XF_EXPORT const xf_api *xf_get_api_fake(uint32_t version) {
  return xf_get_api(version);
}

/// Each task takes this long from now on: a call that a test can watch and
/// stop.
XF_EXPORT void fake_set_delay(uint32_t microseconds) {
  fake::behaviour.onTask = [microseconds](fake::Kernel) {
    if (microseconds)
      std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
  };
}
}
