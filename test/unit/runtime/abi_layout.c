/* Holds the layout of xf.h 1.0 on a 64-bit machine: a caller compiled long ago
 * has these numbers in it. Lines may be added, none changed; compiling is the
 * test. The table's own layout is held beside it, in runtime/src/api.cpp. */
#include "xf/xf.h"

#define HOLDS(condition) _Static_assert(condition, #condition)

HOLDS(XF_ABI_MAJOR == 1 && sizeof(xf_status) == 4);
HOLDS(XF_OK == 0 && XF_INVALID_ARGUMENT == 1 && XF_INVALID_OFFSETS == 2 &&
      XF_INVALID_ID == 3 && XF_TOO_LONG == 4);
HOLDS(XF_BUFFER_TOO_SMALL == 5 && XF_OUT_OF_MEMORY == 6 &&
      XF_UNSUPPORTED_CPU == 7 && XF_WEIGHTS_NOT_FOUND == 8);
HOLDS(XF_WEIGHTS_INVALID == 9 && XF_NOT_SUPPORTED == 10 && XF_BUSY == 11 &&
      XF_CANCELLED == 12 && XF_INTERNAL == 13);

HOLDS(offsetof(xf_model_options, weights) == 8 &&
      offsetof(xf_model_options, target) == 16);
HOLDS(offsetof(xf_model_options, threads) == 24 &&
      offsetof(xf_model_options, verify_weights) == 28);
HOLDS(offsetof(xf_session_options, threads) == 8 &&
      offsetof(xf_session_options, max_tokens) == 12);
HOLDS(offsetof(xf_session_options, profile) == 16 &&
      offsetof(xf_session_options, reserved) == 20); /* since 1.1 */
HOLDS(offsetof(xf_model_info, name) == 8 &&
      offsetof(xf_model_info, target) == 16);
HOLDS(offsetof(xf_model_info, encode_width) == 24 &&
      offsetof(xf_model_info, states_width) == 32);
HOLDS(offsetof(xf_model_info, num_tokens) == 40 &&
      offsetof(xf_model_info, num_token_types) == 44);
HOLDS(offsetof(xf_model_info, max_seq_len) == 48 &&
      offsetof(xf_model_info, threads) == 52);
HOLDS(offsetof(xf_batch, ids) == 8 && offsetof(xf_batch, token_types) == 16 &&
      offsetof(xf_batch, offsets) == 24);
HOLDS(offsetof(xf_batch, num_ids) == 32 && offsetof(xf_batch, num_rows) == 40);

/* Since 1.1. */
HOLDS(XF_ABI_MINOR >= 1 && sizeof(xf_op_profile) >= 56);
HOLDS(offsetof(xf_op_profile, name) == 0 &&
      offsetof(xf_op_profile, launches) == 8 &&
      offsetof(xf_op_profile, tasks) == 16);
HOLDS(offsetof(xf_op_profile, wall_ns) == 24 &&
      offsetof(xf_op_profile, busy_ns) == 32 &&
      offsetof(xf_op_profile, rows) == 40 &&
      offsetof(xf_op_profile, pairs) == 48);

/* Since 1.2. */
HOLDS(XF_ABI_MINOR >= 2 && XF_INVALID_FEED == 14);
HOLDS(XF_F32 == 0 && XF_I32 == 1 && XF_U8 == 2 && XF_I64 == 3);
HOLDS(offsetof(xf_model_info, num_entries) == 56);
HOLDS(offsetof(xf_entry_info, name) == 8 &&
      offsetof(xf_entry_info, width) == 16 &&
      offsetof(xf_entry_info, per_sequence) == 24 &&
      offsetof(xf_entry_info, extra_rows) == 28);
HOLDS(offsetof(xf_entry_info, takes_ids) == 32 &&
      offsetof(xf_entry_info, num_tokens) == 36 &&
      offsetof(xf_entry_info, max_seq_len) == 40 &&
      offsetof(xf_entry_info, num_inputs) == 44);
HOLDS(offsetof(xf_feed, name) == 8 && offsetof(xf_feed, data) == 16 &&
      offsetof(xf_feed, type) == 24 && offsetof(xf_feed, reserved) == 28);
HOLDS(offsetof(xf_feed, offsets) == 32 && offsetof(xf_feed, count) == 40);

int main(void) { return 0; }
