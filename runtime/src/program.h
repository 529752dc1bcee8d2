/* The private contract between the host program that the compiler emits and the
 * runtime it is linked with. Plain C, fixed-size fields, natural alignment
 * without padding holes; the compiler writes these structs as LLVM constants.
 * Both sides assert the sizes; XF_PROGRAM_VERSION changes whenever a field
 * does. */
#ifndef XF_RUNTIME_PROGRAM_H
#define XF_RUNTIME_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define XF_PROGRAM_MAGIC 0x30474f5250465831ull /* "1XFPROG0" */
#define XF_PROGRAM_VERSION 2u
#define XF_MAX_TARGETS 4
#define XF_MAX_VARIANTS 16 /* of a kernel on one target */
/* Arena rows are allocated in multiples of this, and at least this many past
 * the last row may be read or written by a kernel (garbage rows: no result
 * depends on them). */
#define XF_ROW_PAD 32

/* CPU features a kernel table needs (bit set of xf_target.features). */
#define XF_CPU_AVX2 1u   /* AVX2, FMA, F16C */
#define XF_CPU_AVX512 2u /* F, BW, DQ, VL, CD: Skylake's set */

/* Halide's argv entry: args[0] is `void **` user context, then one pointer per
 * argument (halide_buffer_t* or scalar*). */
typedef int32_t (*xf_kernel_fn)(void **args);

/* What an argument of a launch is. Buffers are halide_buffer_t of 1 to 3
 * dimensions, innermost first. */
enum xf_arg_kind {
  /* offset: bytes into the weight section; extents and dims as packed */
  XF_ARG_WEIGHT = 0,
  /* [width, rows] f32; offset in floats per row: address = arena + offset *
   * row_capacity * 4 */
  XF_ARG_ARENA = 1,
  XF_ARG_IDS = 2,       /* [rows] i32 token ids */
  XF_ARG_POSITIONS = 3, /* [rows] i32 position within the sequence */
  XF_ARG_TYPES = 4,     /* [rows] i32 token types */
  /* scalar i32: first row of the task's sequence (SEQUENCE and POOL launches),
   * and its number of rows */
  XF_ARG_SEQ_BEGIN = 5,
  XF_ARG_SEQ_LENGTH = 6
};

enum xf_elem_type { XF_ELEM_F32 = 0, XF_ELEM_I32 = 1 };

typedef struct xf_arg {
  uint32_t kind; /* xf_arg_kind */
  uint32_t elem; /* xf_elem_type */
  uint32_t dims; /* 1..3; 0 for scalars */
  /* Arena values after pooling have one row per sequence. */
  uint32_t rows_are_sequences;
  /* Innermost first, dense strides; for ARENA extent[0] is the width, the rest
   * unused. */
  int32_t extent[4];
  uint64_t offset;
} xf_arg; /* 40 bytes */

/* How a launch's output is split into tasks. A task is a crop (min and extent)
 * of the output buffer. */
enum xf_launch_kind {
  /* crops of grain_rows x grain_cols over all rows of the call */
  XF_LAUNCH_ROWS = 0,
  /* the same, sequence by sequence: a crop never crosses a sequence, and SEQ_*
   * scalars tell which */
  XF_LAUNCH_SEQUENCE = 1,
  /* output has one row per sequence; a crop is one row x grain_cols, SEQ_* give
   * its tokens */
  XF_LAUNCH_POOL = 2
};

/* How a kernel is computed for up to so many rows: those of the launch (ROWS),
 * or of the sequence (SEQUENCE, POOL). Results do not depend on the variant. */
typedef struct xf_variant {
  int32_t max_rows; /* 0: any number, which ends a target's list */
  uint32_t kernel;  /* index into the target's kernel table */
  int32_t grain_rows, grain_cols; /* 0: everything */
} xf_variant;                     /* 16 bytes */

typedef struct xf_launch {
  uint32_t kind; /* xf_launch_kind */
  /* Inputs, in the kernel's order; the output is appended as the last one. */
  uint32_t num_args;
  uint32_t output_width;
  uint32_t op_index; /* into the library's op names, for profiles and errors */
  uint64_t output_offset; /* floats per row */
  /* A list per target, one after the other; max_rows ascends in each. */
  const xf_variant *variants;
  int32_t first_variant[XF_MAX_TARGETS]; /* where each target's list starts */
  const xf_arg *args;
  /* ROWS launches over pooled values run over sequences. */
  uint32_t rows_are_sequences;
  uint32_t reserved;
} xf_launch; /* 64 bytes */

/* One kernel table per CPU target. */
typedef struct xf_target {
  const char *name;
  const xf_kernel_fn *kernels;
  uint32_t features; /* XF_CPU_* that must all be there */
  uint32_t num_kernels;
} xf_target; /* 24 bytes */

struct xf_exec; /* one running call; owned by the runtime */
typedef int32_t (*xf_entry_fn)(struct xf_exec *exec);

/* An entry point of the model: `encode`, `states`. */
typedef struct xf_entry {
  const char *name;
  xf_entry_fn run;
  uint64_t arena_width;   /* floats per row */
  uint64_t result_offset; /* floats per row */
  uint32_t result_width;
  uint32_t result_rows_are_sequences;
} xf_entry; /* 40 bytes */

typedef struct xf_program {
  uint64_t magic;
  uint32_t version, num_targets;
  uint32_t num_entries, reserved;
  const char *name;          /* the model's name in the spec */
  const char *describe_json; /* what xf describe returns, NUL-terminated */
  const xf_target *targets;  /* weakest first */
  const xf_entry *entries;
  /* Embedded section, 64-byte aligned, or NULL: in weights_file. */
  const uint8_t *weights;
  /* File name only; looked up beside the library unless open says otherwise. */
  const char *weights_file;
  uint64_t weights_bytes;
  uint64_t weights_hash; /* XXH64 of the weight section, seed 0 */
  const char *const *op_names;
  uint32_t num_ops, max_seq_len; /* max_seq_len 0: unlimited */
  uint32_t num_tokens;
  uint32_t num_token_types; /* 0: the model has none */
} xf_program;               /* 112 bytes */

/* A weights file (NAME.xfw): this header, zeros up to `offset`, then the weight
 * section. Little endian. */
#define XF_WEIGHTS_MAGIC 0x53544857475846ull
#define XF_WEIGHTS_VERSION 1u
typedef struct xf_weights_header {
  uint64_t magic;
  uint32_t version, reserved;
  /* Of the section in the file: a multiple of 4096, so that it can be mapped.
   */
  uint64_t offset;
  uint64_t bytes;    /* of the section; the file ends where it ends */
  uint64_t hash;     /* XXH64 of the section, seed 0 */
} xf_weights_header; /* 40 bytes */

/* Runs one launch over the pool; 0 or an xf_status that the entry function
 * returns at once. Defined by the runtime. */
int32_t xf_rt_launch(struct xf_exec *exec, const xf_launch *launch);

/* The program of this library. Defined by the emitted host object;
 * xf_get_api_NAME is a wrapper of the runtime's table. */
extern const xf_program xf_program_instance;

#ifdef __cplusplus
}
#define XF_ASSERT_LAYOUT(condition)                                            \
  static_assert(condition, "the layout that the compiler writes")
#else
#define XF_ASSERT_LAYOUT(condition)                                            \
  _Static_assert(condition, "the layout that the compiler writes")
#endif

XF_ASSERT_LAYOUT(sizeof(void *) == 8);
XF_ASSERT_LAYOUT(sizeof(xf_arg) == 40 && offsetof(xf_arg, extent) == 16 &&
                 offsetof(xf_arg, offset) == 32);
XF_ASSERT_LAYOUT(sizeof(xf_variant) == 16 &&
                 offsetof(xf_variant, grain_rows) == 8);
XF_ASSERT_LAYOUT(sizeof(xf_launch) == 64 &&
                 offsetof(xf_launch, output_offset) == 16);
XF_ASSERT_LAYOUT(offsetof(xf_launch, variants) == 24 &&
                 offsetof(xf_launch, first_variant) == 32);
XF_ASSERT_LAYOUT(offsetof(xf_launch, args) == 48 &&
                 offsetof(xf_launch, rows_are_sequences) == 56);
XF_ASSERT_LAYOUT(sizeof(xf_target) == 24 &&
                 offsetof(xf_target, features) == 16);
XF_ASSERT_LAYOUT(sizeof(xf_entry) == 40 &&
                 offsetof(xf_entry, arena_width) == 16);
XF_ASSERT_LAYOUT(offsetof(xf_entry, result_offset) == 24 &&
                 offsetof(xf_entry, result_width) == 32);
XF_ASSERT_LAYOUT(sizeof(xf_program) == 112 && offsetof(xf_program, name) == 24);
XF_ASSERT_LAYOUT(offsetof(xf_program, weights) == 56 &&
                 offsetof(xf_program, weights_bytes) == 72);
XF_ASSERT_LAYOUT(offsetof(xf_program, op_names) == 88 &&
                 offsetof(xf_program, num_tokens) == 104);
XF_ASSERT_LAYOUT(sizeof(xf_weights_header) == 40 &&
                 offsetof(xf_weights_header, hash) == 32);
#undef XF_ASSERT_LAYOUT
#endif
