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
#define XF_PROGRAM_VERSION 3u
#define XF_MAX_TARGETS 4
#define XF_MAX_VARIANTS 16 /* of a kernel on one target */
#define XF_MAX_ARGS 64     /* of a launch */
#define XF_MAX_INDICES 64  /* index buffers of a program */
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

/* What the rows of a value stand for. All spaces share the arena. */
enum xf_space {
  /* the stack's rows: of each sequence the lead rows, prepended rows, tokens
   * and tail rows of its entry */
  XF_SPACE_TOKENS = 0,
  XF_SPACE_SEQUENCES = 1, /* one row for each sequence */
  XF_SPACE_CONTEXT = 2,   /* the context's rows, with lengths of their own */
  XF_NUM_SPACES = 3
};

/* What an argument of a launch is. Buffers are halide_buffer_t of 1 to 4
 * dimensions, innermost first. */
enum xf_arg_kind {
  /* offset: bytes into the weight section; extents and dims as packed */
  XF_ARG_WEIGHT = 0,
  /* [width, rows of `space`] f32; offset in floats per row: address = arena +
   * offset * row_capacity * 4 */
  XF_ARG_ARENA = 1,
  /* [rows] i32 of tokens; offset: number of the index buffer, xf_index or that
   * of a named input */
  XF_ARG_INDEX = 2,
  /* [rows of `space`] i32: the row's place in its sequence, rows of its
   * sequence, number of its sequence. `space` is tokens or context. */
  XF_ARG_ROW_INDEX = 3,
  XF_ARG_ROW_LENGTH = 4,
  XF_ARG_ROW_SEQUENCE = 5,
  /* scalar i32 of the task's sequence (SEQUENCE and POOL launches): its first
   * row in `space`, its number of rows there, and its number. What other texts
   * call key begin and key length is these with the keys' space. */
  XF_ARG_SEQ_BEGIN = 6,
  XF_ARG_SEQ_LENGTH = 7,
  XF_ARG_SEQUENCE = 8,
  /* [key_capacity, heads, rows of tokens] f32 of the second arena; extent[1]:
   * heads; offset in floats per row and key: address = pairs + offset *
   * row_capacity * key_capacity * 4 */
  XF_ARG_PAIRS = 9,
  XF_NUM_ARG_KINDS = 10
};

/* The index buffers that every entry has; named int inputs come after them. */
enum xf_index {
  XF_INDEX_IDS = 0,       /* token ids; 0 on rows that are no tokens */
  XF_INDEX_POSITIONS = 1, /* place among the tokens; 0 on other rows */
  XF_INDEX_TYPES = 2,     /* token types; 0 on other rows */
  XF_INDEX_NAMED = 3
};

enum xf_elem_type { XF_ELEM_F32 = 0, XF_ELEM_I32 = 1 };

typedef struct xf_arg {
  uint32_t kind;  /* xf_arg_kind */
  uint32_t elem;  /* xf_elem_type */
  uint32_t dims;  /* 1..4; 0 for scalars */
  uint32_t space; /* xf_space, where the kind has one */
  /* Innermost first, dense strides; for ARENA extent[0] is the width, for PAIRS
   * extent[1] the heads, the rest unused. */
  int32_t extent[4];
  uint64_t offset;
  /* 1: the launch writes it (PAIRS only). It is cropped in rows as the output,
   * and passed after it. */
  uint32_t is_output;
  uint32_t reserved;
} xf_arg; /* 48 bytes */

/* How a launch's output is split into tasks. A task is a crop (min and extent)
 * of the output buffer. */
enum xf_launch_kind {
  /* crops of grain_rows x grain_cols over all rows that the call has in `space`
   */
  XF_LAUNCH_ROWS = 0,
  /* the same, sequence by sequence: a crop never crosses a sequence, and
   * SEQ_* scalars tell which. `space` is tokens or context. */
  XF_LAUNCH_SEQUENCE = 1,
  /* `space` is sequences: a crop is one row x grain_cols, SEQ_* give its rows
   * in other spaces */
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
  /* Inputs, in the kernel's order; the output is appended as the last one, and
   * after it those inputs that are outputs. */
  uint32_t num_args;
  uint32_t output_width;
  uint32_t op_index; /* into the library's op names, for profiles and errors */
  uint64_t output_offset; /* floats per row */
  /* A list per target, one after the other; max_rows ascends in each. */
  const xf_variant *variants;
  int32_t first_variant[XF_MAX_TARGETS]; /* where each target's list starts */
  const xf_arg *args;
  uint32_t space; /* xf_space of the output */
  /* SEQUENCE, POOL: the space (tokens or context) whose sequences pick the
   * variant; for attention that of the queries. */
  uint32_t length_space;
} xf_launch; /* 64 bytes */

/* One kernel table per CPU target. */
typedef struct xf_target {
  const char *name;
  const xf_kernel_fn *kernels;
  uint32_t features; /* XF_CPU_* that must all be there */
  uint32_t num_kernels;
} xf_target; /* 24 bytes */

/* A named input of an entry's calls: where a feed of that name goes. Several
 * may have one name, the feed then goes to all of them. */
enum xf_input_kind {
  XF_INPUT_ROWS = 0,  /* f32 in the arena, a row of `width` floats */
  XF_INPUT_INDEX = 1, /* i32, one a token, in an index buffer */
  XF_INPUT_PAIRS = 2  /* f32 in the second arena, `width` heads */
};
/* Which rows of the tokens' space the caller gives (other spaces: all). */
enum xf_scatter {
  XF_SCATTER_TOKENS = 0, /* one row for each token */
  /* rows with offsets of their own, which is what makes prepended rows */
  XF_SCATTER_PREPENDED = 1,
  XF_SCATTER_ALL = 2, /* one row for each row of the stack */
  /* one row for each token, given as images [channels, side, side], which have
   * as many patches as the sequence has tokens */
  XF_SCATTER_IMAGES = 3
};
/* What rows hold that the caller does not give. */
enum xf_fill {
  XF_FILL_REQUIRED = 0, /* a feed must be there; other rows: fill_value */
  XF_FILL_VALUE = 1,    /* fill_value */
  XF_FILL_INDEX = 2,    /* ROWS: the row's index in its sequence */
  /* INDEX: as the buffer of positions, seq_start_pos subtracted */
  XF_FILL_POSITION = 3,
  /* ROWS that no feed has: 1 on prepended rows (on tokens), else 0 */
  XF_FILL_IS_PREPENDED = 4,
  XF_FILL_IS_TOKEN = 5,
  XF_NUM_FILLS = 6
};

typedef struct xf_input {
  const char *name;
  uint32_t kind;    /* xf_input_kind */
  uint32_t space;   /* xf_space; ROWS only, else tokens */
  uint32_t width;   /* ROWS: floats a row; PAIRS: heads; INDEX: 1 */
  uint32_t scatter; /* xf_scatter */
  uint32_t fill;    /* xf_fill */
  float fill_value; /* INDEX: a whole number, for absent feeds; else 0 there */
  uint32_t limit;   /* INDEX: values are 0 .. limit - 1 */
  uint32_t reserved;
  /* ROWS: floats per row of the arena; INDEX: number of the buffer, at least
   * XF_INDEX_NAMED, or XF_INDEX_POSITIONS for a feed that replaces those;
   * PAIRS: floats per row and key */
  uint64_t offset;
} xf_input; /* 48 bytes */

struct xf_exec; /* one running call; owned by the runtime */
typedef int32_t (*xf_entry_fn)(struct xf_exec *exec);

/* An entry point of the model: `encode`, `states`, `logits`. */
typedef struct xf_entry {
  const char *name;
  xf_entry_fn run;
  const xf_input *inputs;
  uint64_t arena_width;   /* floats per row */
  uint64_t pairs_width;   /* floats per row and key; 0: no pairs */
  uint64_t result_offset; /* floats per row */
  uint32_t result_width;
  uint32_t result_space; /* tokens or sequences */
  uint32_t num_inputs;
  uint32_t takes_ids; /* 0: the batch has offsets only */
  /* Rows that every sequence has before and behind its own, and how many of
   * them the result leaves out. */
  uint32_t lead, tail, skip_lead, skip_tail;
  uint32_t num_tokens;  /* ids are 0 .. num_tokens - 1 */
  uint32_t max_seq_len; /* of tokens; 0: unlimited */
  /* Of the entry's images, if an input has them: a patch is image_patch^2 *
   * image_channels floats, row by row, channels innermost. */
  uint32_t image_channels, image_size, image_patch;
  /* If not 0: tokens come in chunks of so many, the last one filled up with
   * rows that are no tokens, and chunk_memory rows stand before each. The
   * result has the tokens only. Then lead, tail and prepended rows are 0. */
  uint32_t chunk_tokens, chunk_memory;
  /* Keys besides the sequence's rows that pairs have room for. */
  uint32_t extra_keys;
} xf_entry; /* 112 bytes */

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
  /* Of its entries the largest; max_seq_len 0: unlimited; num_tokens 0: none
   * takes ids. */
  uint32_t num_ops, max_seq_len;
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
XF_ASSERT_LAYOUT(sizeof(xf_arg) == 48 && offsetof(xf_arg, extent) == 16 &&
                 offsetof(xf_arg, offset) == 32);
XF_ASSERT_LAYOUT(offsetof(xf_arg, space) == 12 &&
                 offsetof(xf_arg, is_output) == 40);
XF_ASSERT_LAYOUT(sizeof(xf_variant) == 16 &&
                 offsetof(xf_variant, grain_rows) == 8);
XF_ASSERT_LAYOUT(sizeof(xf_launch) == 64 &&
                 offsetof(xf_launch, output_offset) == 16);
XF_ASSERT_LAYOUT(offsetof(xf_launch, variants) == 24 &&
                 offsetof(xf_launch, first_variant) == 32);
XF_ASSERT_LAYOUT(offsetof(xf_launch, args) == 48 &&
                 offsetof(xf_launch, space) == 56);
XF_ASSERT_LAYOUT(sizeof(xf_target) == 24 &&
                 offsetof(xf_target, features) == 16);
XF_ASSERT_LAYOUT(sizeof(xf_input) == 48 && offsetof(xf_input, kind) == 8 &&
                 offsetof(xf_input, fill_value) == 28);
XF_ASSERT_LAYOUT(offsetof(xf_input, limit) == 32 &&
                 offsetof(xf_input, offset) == 40);
XF_ASSERT_LAYOUT(sizeof(xf_entry) == 112 && offsetof(xf_entry, inputs) == 16 &&
                 offsetof(xf_entry, arena_width) == 24);
XF_ASSERT_LAYOUT(offsetof(xf_entry, result_offset) == 40 &&
                 offsetof(xf_entry, num_inputs) == 56);
XF_ASSERT_LAYOUT(offsetof(xf_entry, lead) == 64 &&
                 offsetof(xf_entry, num_tokens) == 80);
XF_ASSERT_LAYOUT(offsetof(xf_entry, image_channels) == 88 &&
                 offsetof(xf_entry, extra_keys) == 108);
XF_ASSERT_LAYOUT(sizeof(xf_program) == 112 && offsetof(xf_program, name) == 24);
XF_ASSERT_LAYOUT(offsetof(xf_program, weights) == 56 &&
                 offsetof(xf_program, weights_bytes) == 72);
XF_ASSERT_LAYOUT(offsetof(xf_program, op_names) == 88 &&
                 offsetof(xf_program, num_tokens) == 104);
XF_ASSERT_LAYOUT(sizeof(xf_weights_header) == 40 &&
                 offsetof(xf_weights_header, hash) == 32);
#undef XF_ASSERT_LAYOUT
#endif
