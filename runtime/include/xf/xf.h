/* The C ABI of a library that xfc makes from a spec: everything a caller needs,
 * next to the small generated NAME.h.
 *
 * A library exports two functions, `xf_get_api` and `xf_get_api_NAME`, that
 * return the same table of calls. The second name lets a program link several
 * models directly; with dlopen either one serves.
 *
 * Every call returns an xf_status. On anything but XF_OK, `last_error` says
 * what was wrong and what would be right, and whatever the call would have
 * written is zero. No call aborts, exits, throws, prints or changes global
 * state. */
#ifndef XF_XF_H
#define XF_XF_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ABI version: the major number changes when something existing does, the minor
 * number when something is added. */
#define XF_ABI_MAJOR 1u
#define XF_ABI_MINOR 2u
#define XF_ABI_VERSION ((XF_ABI_MAJOR << 16) | XF_ABI_MINOR)

/* Asks the compiler to warn about a status nobody looks at. */
#if defined(__GNUC__)
#define XF_NODISCARD __attribute__((warn_unused_result))
#else
#define XF_NODISCARD
#endif

#if defined(__GNUC__)
#define XF_EXPORT __attribute__((visibility("default")))
#else
#define XF_EXPORT
#endif

/* ---- Status ---- */

/* What a call came to. New codes are added at the end; treat an unknown one as
 * a failure. */
typedef int32_t xf_status;
enum {
  XF_OK = 0,
  /* A null pointer, a struct_size nobody set, an option out of range. */
  XF_INVALID_ARGUMENT = 1,
  /* Offsets that decrease, leave the ids, or make an empty row. */
  XF_INVALID_OFFSETS = 2,
  /* A token id or token type outside the model's tables. */
  XF_INVALID_ID = 3,
  /* A row longer than the model or the session takes. */
  XF_TOO_LONG = 4,
  /* The result does not fit into the capacity given. */
  XF_BUFFER_TOO_SMALL = 5,
  /* Memory could not be had; everything is as before the call. */
  XF_OUT_OF_MEMORY = 6,
  /* This CPU lacks what the library was compiled for. */
  XF_UNSUPPORTED_CPU = 7,
  /* The weights file is not where it was looked for, or unreadable. */
  XF_WEIGHTS_NOT_FOUND = 8,
  /* A weights file that is damaged or belongs to another library. */
  XF_WEIGHTS_INVALID = 9,
  /* This model has no such entry point. */
  XF_NOT_SUPPORTED = 10,
  /* The session is running a call; the model still has sessions. */
  XF_BUSY = 11,
  /* `cancel` was called; the session can be used again. */
  XF_CANCELLED = 12,
  /* The library itself is damaged or has a defect. */
  XF_INTERNAL = 13,
  /* Since 1.2. A feed that the entry does not take or must have, or whose type,
   * number of values or values are wrong. */
  XF_INVALID_FEED = 14
};

/* ---- Types ---- */

/* A model: program and weights. Immutable once open; any number of threads may
 * use it. Owned by whoever opened it. */
typedef struct xf_model xf_model;

/* The working state of one caller: activations and scratch. Used by one thread
 * at a time (a second one is answered XF_BUSY); only `cancel` may come from any
 * thread at any time. Keeps its model in use; owned by whoever created it. */
typedef struct xf_session xf_session;

/* How to open a model. Set it up with xf_model_options_init, then change
 * fields; new fields are added at the end. */
typedef struct xf_model_options {
  /* sizeof(xf_model_options) where the caller was compiled. */
  size_t struct_size;
  /* Weights file, or folder to look in; NULL: beside the library. Ignored if
   * the weights are embedded. */
  const char *weights;
  /* Name of the kernel set, such as "x86-64-avx2"; NULL: the strongest that
   * this CPU runs. */
  const char *target;
  /* Default for this model's sessions; 0: as many as CPUs that the process may
   * use. */
  uint32_t threads;
  /* 1: check the weights' hash at open, which reads all of them. */
  uint32_t verify_weights;
} xf_model_options;

/* How to create a session. Set it up with xf_session_options_init. */
typedef struct xf_session_options {
  size_t struct_size;
  /* Most threads that work on one call, the caller's included; 0: the model's
   * default. */
  uint32_t threads;
  /* Most tokens worked on at once, and so the longest row: bounds the memory;
   * 0: a good default. Larger calls run in pieces, with the same result. */
  uint32_t max_tokens;
  /* Since 1.1. 1: count what each op costs, for profile_read; 0: count nothing.
   * No result depends on it. */
  uint32_t profile;
  uint32_t reserved; /* 0 */
} xf_session_options;

/* What one op of the model has cost in a session since it was created or its
 * counters were reset; since 1.1. Written by profile_read. */
typedef struct xf_op_profile {
  const char *name;  /* as in the library's description; static */
  uint64_t launches; /* how often it ran */
  uint64_t tasks;    /* pieces that its launches were split into */
  /* Nanoseconds from start to end, as the calling thread sees it. */
  uint64_t wall_ns;
  /* Nanoseconds that threads spent in its tasks, summed over threads: at most
   * about wall_ns times the threads, the rest of that is idle. */
  uint64_t busy_ns;
  uint64_t rows; /* of its results: tokens, or sequences after pooling */
  /* Ops that look at whole sequences: squares of the sequences' lengths,
   * summed. 0 for others. */
  uint64_t pairs;
} xf_op_profile;

/* Numbers that a caller sizes its buffers by. Set it up with
 * xf_model_info_init. */
typedef struct xf_model_info {
  size_t struct_size;
  const char *name;    /* the model's, in its spec; static */
  const char *target;  /* the kernel set in use; static */
  size_t encode_width; /* floats in a vector of `encode`; 0: no such entry */
  size_t states_width; /* floats in a token's state; 0: no such entry */
  uint32_t num_tokens; /* ids are 0 .. num_tokens - 1 */
  /* Token types are 0 .. num_token_types - 1; 0: the model has none. */
  uint32_t num_token_types;
  /* Longest row; 0: bounded by the session's max_tokens only. */
  uint32_t max_seq_len;
  uint32_t threads; /* default for new sessions */
  /* Since 1.2: entry_info tells of each. */
  uint32_t num_entries;
  uint32_t reserved; /* 0 */
} xf_model_info;

/* What an entry point takes and gives; since 1.2. Its inputs, which feeds
 * fill, are in the library's description. Set it up with xf_entry_info_init. */
typedef struct xf_entry_info {
  size_t struct_size;
  const char *name; /* static */
  size_t width;     /* floats in a row of the result */
  /* 1: the result has a row for each sequence. 0: one for each of its tokens
   * and prepended rows, and `extra_rows` of the model's own. */
  uint32_t per_sequence;
  uint32_t extra_rows;
  uint32_t takes_ids;   /* 0: the batch has offsets only, `ids` is NULL */
  uint32_t num_tokens;  /* ids are 0 .. num_tokens - 1 */
  uint32_t max_seq_len; /* longest row; 0: bounded by max_tokens only */
  uint32_t num_inputs;
} xf_entry_info;

/* Rows of token ids, joined: row r is ids[i] for offsets[r] <= i <
 * offsets[r + 1]. Nothing is padded. Read during the call only. Set it up with
 * xf_batch_init. */
typedef struct xf_batch {
  size_t struct_size;
  const int32_t *ids;         /* NULL for an entry that takes none */
  const int32_t *token_types; /* one an id, or NULL: all 0 */
  /* num_rows + 1 values that increase, each within 0 .. num_ids. */
  const int64_t *offsets;
  size_t num_ids;  /* length of ids, and of token_types if given */
  size_t num_rows; /* 0 is fine: nothing happens */
} xf_batch;

/* Types of a feed's values. */
enum { XF_F32 = 0, XF_I32 = 1, XF_U8 = 2, XF_I64 = 3 };

/* Values of a named input of an entry point; since 1.2. Read during the call
 * only. What `data` holds depends on the input (see the description):
 *
 *   per token     its width of values for each id of the batch, as token_types
 *   per sequence  its width of values for each row of the batch
 *   prepended,    rows with `offsets` of their own: row r of the batch has rows
 *   context       offsets[r] .. offsets[r + 1] - 1 of the data. Feeds of one
 * kind have the same lengths; one of them may leave `offsets` NULL if another
 * has them all           its width of values for each row of the stack,
 * sequence by sequence: the model's own first rows, prepended rows, tokens, the
 *                 model's own last rows
 *   pairs         for each sequence in turn [heads, n, n], n its tokens (or its
 *                 rows of the stack)
 *   images        for each sequence [channels, side, side] with as many patches
 *                 as it has tokens */
typedef struct xf_feed {
  size_t struct_size; /* of all feeds of a call the same */
  const char *name;
  const void *data;
  uint32_t type;          /* XF_F32 .. */
  uint32_t reserved;      /* 0 */
  const int64_t *offsets; /* num_rows + 1, or NULL */
  size_t count;           /* values in data */
} xf_feed;

/* ---- The table of calls ---- */

/* Versioned and append-only: a member never moves or changes its type within a
 * major version. Lives as long as the library. Every call may be made from any
 * thread unless it says otherwise. */
typedef struct xf_api {
  /* sizeof(xf_api) in the library: members past it are not there. */
  size_t struct_size;
  uint32_t abi_version; /* XF_ABI_VERSION of the library */
  uint32_t reserved;

  /* The text of the calling thread's last failure; "" before the first. Never
   * NULL; valid until the thread's next failing call. */
  const char *(*last_error)(void);

  /* "invalid id" for XF_INVALID_ID, and so on; "unknown status" for a code that
   * is none. Static. */
  const char *(*status_name)(xf_status status);

  /* Opens the library's model: picks the kernels for this CPU and maps the
   * weights. `options` may be NULL. Sets *model (NULL on failure), which the
   * caller gives to model_close. Errors: INVALID_ARGUMENT, UNSUPPORTED_CPU,
   * WEIGHTS_NOT_FOUND, WEIGHTS_INVALID, OUT_OF_MEMORY, INTERNAL. */
  xf_status (*model_open)(const xf_model_options *options,
                          xf_model **model) XF_NODISCARD;

  /* Stops the model's threads and frees it; NULL is fine. Close every model
   * before unloading the library. Errors: BUSY while sessions exist (nothing is
   * freed). */
  xf_status (*model_close)(xf_model *model) XF_NODISCARD;

  /* Sets *json to what the library says of itself: one JSON object,
   * NUL-terminated UTF-8, owned by the model. Errors: INVALID_ARGUMENT. */
  xf_status (*model_describe)(const xf_model *model,
                              const char **json) XF_NODISCARD;

  /* Fills *info up to its struct_size. Errors: INVALID_ARGUMENT. */
  xf_status (*model_info)(const xf_model *model,
                          xf_model_info *info) XF_NODISCARD;

  /* Sets *bytes to the memory that a session with these options reserves.
   * `options` may be NULL. Errors: INVALID_ARGUMENT. */
  xf_status (*workspace_size)(const xf_model *model,
                              const xf_session_options *options,
                              size_t *bytes) XF_NODISCARD;

  /* Creates a session. `options` may be NULL. Sets *session (NULL on failure),
   * which the caller gives to session_destroy before it closes the model.
   * Errors: INVALID_ARGUMENT, OUT_OF_MEMORY. */
  xf_status (*session_create)(xf_model *model,
                              const xf_session_options *options,
                              xf_session **session) XF_NODISCARD;

  /* Frees a session; NULL is fine. Errors: BUSY while a call runs in it
   * (nothing is freed). */
  xf_status (*session_destroy)(xf_session *session) XF_NODISCARD;

  /* Changes how many threads later calls of the session use; 0: the model's
   * default. No result depends on it. Errors: INVALID_ARGUMENT, BUSY. */
  xf_status (*set_threads)(xf_session *session, uint32_t threads) XF_NODISCARD;

  /* One vector a row: out[r * encode_width + c]. A row's vector is bitwise the
   * same in any batch, order and thread count. `out` must hold `out_capacity`
   * floats, at least num_rows * encode_width; on failure all of them are zero.
   * Errors: INVALID_ARGUMENT, INVALID_OFFSETS, INVALID_ID, TOO_LONG,
   * BUFFER_TOO_SMALL, NOT_SUPPORTED, BUSY, CANCELLED, OUT_OF_MEMORY, INTERNAL.
   */
  xf_status (*encode)(xf_session *session, const xf_batch *batch, float *out,
                      size_t out_capacity) XF_NODISCARD;

  /* The state of every token: out[(offsets[r] - offsets[0] + i) * states_width
   * + c]. Otherwise as `encode`. */
  xf_status (*states)(xf_session *session, const xf_batch *batch, float *out,
                      size_t out_capacity) XF_NODISCARD;

  /* What `encode` or `states` would say of the batch, without running anything.
   * Errors: INVALID_ARGUMENT, INVALID_OFFSETS, INVALID_ID, TOO_LONG,
   * NOT_SUPPORTED if the model has neither, BUSY. */
  xf_status (*check)(xf_session *session, const xf_batch *batch) XF_NODISCARD;

  /* Asks the call that runs in the session, if any, to stop soon: it returns
   * XF_CANCELLED, or XF_OK if it was as good as done. From any thread, while
   * the session exists. Errors: INVALID_ARGUMENT. */
  xf_status (*cancel)(xf_session *session) XF_NODISCARD;

  /* Since 1.1, as all below. Copies the counters of a session that was created
   * with `profile`, one element an op, in an order that is the same for all
   * sessions of a model. `op_size` is sizeof(xf_op_profile) where the caller
   * was compiled. Sets *count to the number of ops; `ops` may be NULL if
   * `capacity`, in elements, is 0, which only asks for it. Errors:
   * INVALID_ARGUMENT, BUFFER_TOO_SMALL (if not asking; *count is set, and `ops`
   * is left as it was), BUSY. */
  xf_status (*profile_read)(xf_session *session, xf_op_profile *ops,
                            size_t op_size, size_t capacity,
                            size_t *count) XF_NODISCARD;

  /* Sets the counters to zero. Errors: INVALID_ARGUMENT, BUSY. */
  xf_status (*profile_reset)(xf_session *session) XF_NODISCARD;

  /* Since 1.2, as all below. Runs the entry point of that name: `encode` and
   * `states` are this without feeds. The result's rows come sequence by
   * sequence; how many there are says entry_info. `feeds` may be NULL if
   * `num_feeds` is 0. A sequence's result is bitwise the same in any batch.
   * Errors: those of `encode`, INVALID_FEED. */
  xf_status (*run)(xf_session *session, const char *entry,
                   const xf_batch *batch, const xf_feed *feeds,
                   size_t num_feeds, float *out,
                   size_t out_capacity) XF_NODISCARD;

  /* Fills *info for entry point `index`, 0 .. num_entries - 1 of the model's
   * info. Errors: INVALID_ARGUMENT. */
  xf_status (*entry_info)(const xf_model *model, uint32_t index,
                          xf_entry_info *info) XF_NODISCARD;
} xf_api;

/* The table of this library, or NULL if it cannot serve callers compiled for
 * `version` (pass XF_ABI_VERSION): the major numbers differ, or the caller's
 * minor number is newer. */
XF_EXPORT const xf_api *xf_get_api(uint32_t version);

/* What dlsym(library, "xf_get_api") returns. */
typedef const xf_api *(*xf_get_api_fn)(uint32_t version);

/* ---- Setting up structs ---- */

static inline void xf_model_options_init(xf_model_options *options) {
  const xf_model_options zero = {sizeof(xf_model_options), NULL, NULL, 0, 0};
  *options = zero;
}

static inline void xf_session_options_init(xf_session_options *options) {
  const xf_session_options zero = {sizeof(xf_session_options), 0, 0, 0, 0};
  *options = zero;
}

static inline void xf_model_info_init(xf_model_info *info) {
  const xf_model_info zero = {
      sizeof(xf_model_info), NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0};
  *info = zero;
}

static inline void xf_entry_info_init(xf_entry_info *info) {
  const xf_entry_info zero = {sizeof(xf_entry_info), NULL, 0, 0, 0, 0, 0, 0, 0};
  *info = zero;
}

static inline void xf_feed_init(xf_feed *feed) {
  const xf_feed zero = {sizeof(xf_feed), NULL, NULL, XF_F32, 0, NULL, 0};
  *feed = zero;
}

static inline void xf_batch_init(xf_batch *batch) {
  const xf_batch zero = {sizeof(xf_batch), NULL, NULL, NULL, 0, 0};
  *batch = zero;
}

#ifdef __cplusplus
}
#endif
#endif
