/* Kernels by hand, in Halide's argv form: y[c, r] = ids[r] + c, done well, and
 * in every way in which a candidate can go wrong. */
#include <stdint.h>

typedef struct {
  int32_t min, extent, stride;
  uint32_t flags;
} dimension;

typedef struct {
  uint64_t device;
  const void *interface;
  uint8_t *host;
  uint64_t flags;
  uint8_t code, bits;
  uint16_t lanes;
  int32_t dimensions;
  dimension *dim;
  void *padding;
} buffer;

static void fill(void **args, int32_t wrong) {
  const buffer *ids = args[1], *out = args[2];
  for (int32_t r = 0; r < out->dim[1].extent; ++r)
    for (int32_t c = 0; c < out->dim[0].extent; ++c)
      ((float *)out->host)[(int64_t)r * out->dim[1].stride + c] =
          (float)(((const int32_t *)ids->host)[out->dim[1].min + r] +
                  out->dim[0].min + c +
                  (wrong && out->dim[1].min + r == 2 && c == 3));
}

int32_t good(void **args) { return fill(args, 0), 0; }
int32_t wrong(void **args) { return fill(args, 1), 0; }
int32_t crashing(void **args) { return fill(args, 0), *(volatile int32_t *)8; }
int32_t hanging(void **args) {
  for (volatile int32_t i = 0;;)
    i = 1;
  return fill(args, 0), 0;
}
int32_t failing(void **args) { return fill(args, 0), -7; }
