/* Encodes three sentences given as token ids and prints how similar they are.
 * Linked with the library; main.cpp loads it at run time instead. */
#include "minilm.h"

#include <stdio.h>

enum { ROWS = 3, WIDTH = MINILM_ENCODE_DIM };

/* As the model's tokenizer gives them: "The cat sat on the mat.",
 * "A cat was sitting on a rug.", "Stock prices fell." */
static const int32_t ids[] = {101,  1996, 4937,  2938, 2006, 1996, 13523,
                              1012, 102,  101,   1037, 4937, 2001, 3564,
                              2006, 1037, 20452, 1012, 102,  101,  4518,
                              7597, 3062, 1012,  102};
static const int64_t offsets[ROWS + 1] = {0, 9, 19, 25};

static int failed(const xf_api *api, xf_status status) {
  if (status == XF_OK)
    return 0;
  fprintf(stderr, "%s: %s\n", api->status_name(status), api->last_error());
  return 1;
}

static int print_similarities(const xf_api *api, xf_session *session) {
  static float vectors[ROWS * WIDTH];
  xf_batch batch;
  xf_batch_init(&batch);
  batch.ids = ids;
  batch.num_ids = sizeof(ids) / sizeof(ids[0]);
  batch.offsets = offsets;
  batch.num_rows = ROWS;
  if (failed(api, api->encode(session, &batch, vectors, ROWS * WIDTH)))
    return 1;
  /* The vectors have length 1, so their product is the cosine. */
  for (int a = 0; a < ROWS; ++a)
    for (int b = 0; b < ROWS; ++b) {
      float cosine = 0;
      for (int i = 0; i < WIDTH; ++i)
        cosine += vectors[a * WIDTH + i] * vectors[b * WIDTH + i];
      printf("%.3f%c", cosine, b + 1 < ROWS ? ' ' : '\n');
    }
  return 0;
}

int main(void) {
  const xf_api *api = xf_get_api_minilm(XF_ABI_VERSION);
  xf_model *model = NULL;
  xf_session *session = NULL;
  int result;
  if (!api) {
    fprintf(stderr, "the library speaks another version of xf.h\n");
    return 2;
  }
  result = failed(api, api->model_open(NULL, &model)) ||
           failed(api, api->session_create(model, NULL, &session)) ||
           print_similarities(api, session);
  result |= failed(api, api->session_destroy(session));
  result |= failed(api, api->model_close(model));
  return result;
}
