/* Loads a library, encodes one row and says when it was done and what memory
 * that took: cold_start LIBRARY THREADS ID... Prints a line of JSON: the
 * monotonic clock in seconds, kB of memory, the vector. The caller knows when
 * it started us. */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include <xf/xf.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_IDS = 4096 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* The kB that a line of /proc/self/status gives for `name`. */
static long memory(const char *name) {
  char line[256];
  long value = -1;
  FILE *status = fopen("/proc/self/status", "r");
  while (status && fgets(line, sizeof line, status))
    if (strncmp(line, name, strlen(name)) == 0)
      value = strtol(line + strlen(name) + 1, NULL, 10);
  if (status)
    fclose(status);
  return value;
}

static int fail(const char *what, const char *why) {
  fprintf(stderr, "cold_start: error: %s: %s\n", what, why);
  return 1;
}

static int run(const xf_api *api, xf_batch *batch, uint32_t threads) {
  xf_model *model;
  xf_session *session;
  xf_model_options options;
  xf_model_info info;
  float *vector;
  double done;
  xf_model_options_init(&options);
  xf_model_info_init(&info);
  options.threads = threads;
  if (api->model_open(&options, &model) || api->model_info(model, &info) ||
      api->session_create(model, NULL, &session))
    return fail("open", api->last_error());
  vector = malloc(info.encode_width * sizeof *vector);
  if (!vector || api->encode(session, batch, vector, info.encode_width))
    return fail("encode", api->last_error());
  done = now();
  printf("{\"done\": %.9f, \"memory\": {\"resident\": %ld, \"peak\": %ld, "
         "\"anonymous\": %ld}, \"vector\": [",
         done, memory("VmRSS"), memory("VmHWM"), memory("RssAnon"));
  for (uint64_t i = 0; i < info.encode_width; ++i)
    printf("%s%.9g", i ? ", " : "", (double)vector[i]);
  printf("]}\n");
  free(vector);
  return api->session_destroy(session) || api->model_close(model)
             ? fail("close", api->last_error())
             : 0;
}

int main(int argc, char **argv) {
  static int32_t ids[MAX_IDS];
  int64_t offsets[2] = {0, argc - 3};
  void *library;
  xf_get_api_fn get_api;
  const xf_api *api;
  xf_batch batch;
  if (argc < 4 || argc - 3 > MAX_IDS)
    return fail("usage", "cold_start LIBRARY THREADS ID...");
  for (int i = 3; i < argc; ++i)
    ids[i - 3] = (int32_t)strtol(argv[i], NULL, 10);
  library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return fail("dlopen", dlerror());
  *(void **)&get_api = dlsym(library, "xf_get_api");
  api = get_api ? get_api(XF_ABI_VERSION) : NULL;
  if (!api)
    return fail(argv[1], "speaks another version of xf.h");
  xf_batch_init(&batch);
  batch.ids = ids;
  batch.num_ids = (uint64_t)offsets[1];
  batch.offsets = offsets;
  batch.num_rows = 1;
  return run(api, &batch, (uint32_t)strtol(argv[2], NULL, 10));
}
