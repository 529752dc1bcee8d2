/* Holds that xf.h and program.h are C11, and that a C caller can go through
 * every call of the table. */
#include "runtime/src/program.h"
#include "xf/xf.h"

#include <stdio.h>

static int failures = 0;

static void expect(int condition, const char *what) {
  if (!condition) {
    printf("failed: %s\n", what);
    ++failures;
  }
}

int main(void) {
  const int32_t ids[] = {1, 2, 3, 4};
  const int64_t offsets[] = {0, 3, 4};
  float vectors[40], states[80];
  const xf_api *api = xf_get_api(XF_ABI_VERSION);
  xf_model_options model_options;
  xf_session_options session_options;
  xf_model_info info;
  xf_batch batch;
  xf_model *model;
  xf_session *session;
  const char *json;
  size_t bytes;

  if (!api)
    return 1;
  xf_model_options_init(&model_options);
  xf_session_options_init(&session_options);
  xf_model_info_init(&info);
  xf_batch_init(&batch);
  batch.ids = ids;
  batch.num_ids = 4;
  batch.offsets = offsets;
  batch.num_rows = 2;
  expect(api->model_open(&model_options, &model) == XF_OK, "model_open");
  expect(api->model_describe(model, &json) == XF_OK && json[0] == '{',
         "model_describe");
  expect(api->model_info(model, &info) == XF_OK && info.encode_width == 20,
         "model_info");
  expect(api->workspace_size(model, &session_options, &bytes) == XF_OK &&
             bytes > 0,
         "workspace_size");
  expect(api->session_create(model, &session_options, &session) == XF_OK,
         "session_create");
  expect(api->set_threads(session, 1) == XF_OK, "set_threads");
  expect(api->check(session, &batch) == XF_OK, "check");
  expect(api->encode(session, &batch, vectors, 40) == XF_OK, "encode");
  expect(api->states(session, &batch, states, 80) == XF_OK, "states");
  expect(api->cancel(session) == XF_OK, "cancel");
  expect(api->encode(session, &batch, vectors, 39) == XF_BUFFER_TOO_SMALL,
         "encode with too small a result");
  expect(api->last_error()[0] != '\0', "last_error");
  expect(api->status_name(XF_OK)[0] == 'o', "status_name");
  expect(api->session_destroy(session) == XF_OK, "session_destroy");
  expect(api->model_close(model) == XF_OK, "model_close");
  return failures;
}
