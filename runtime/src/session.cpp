// See session.h.
#include "runtime/src/session.h"

#include <cinttypes>
#include <cstdlib>
#include <cstring>
#include <new>

namespace xf::rt {

// A call with more tokens runs in pieces; no result depends on where they end.
// Each piece reads all weights anew, which takes the time of some 30 tokens;
// more tokens want an arena that crowds the L3 cache. 32 x 128 of MiniLM takes
// 445, 455, 461, 478 ms on one thread with 512, 1024, 2048, 4096, and 255, 252,
// 252, 258 ms on two (Zen 5, 32 MB).
static constexpr uint32_t defaultMaxTokens = 1024;

namespace {
struct Plan {
  uint32_t threads = 1, maxTokens = 0;
  uint64_t arenaWidth = 0;
  size_t arenaBytes = 0, indexBytes = 0, profileBytes = 0;
  static constexpr size_t numIndexBuffers = 6;
  size_t total() const {
    return arenaBytes + numIndexBuffers * indexBytes + profileBytes;
  }
};
} // namespace

static uint64_t widestEntry(const xf_program &program) {
  uint64_t width = 1;
  for (uint32_t index = 0; index < program.num_entries; ++index)
    if (program.entries[index].arena_width > width)
      width = program.entries[index].arena_width;
  return width;
}

static xf_status resolveThreads(const xf_model &model, uint32_t wanted,
                                uint32_t &threads) {
  if (wanted > ThreadPool::maxThreads)
    return fail(XF_INVALID_ARGUMENT,
                "`threads` is %u, at most %u work together; 0 means the "
                "model's default, %u",
                wanted, ThreadPool::maxThreads, model.threads);
  threads = wanted ? wanted : model.threads;
  return XF_OK;
}

static xf_status makePlan(const xf_model &model,
                          const xf_session_options *given, Plan &plan) {
  xf_session_options options;
  xf_session_options_init(&options);
  if (given)
    XF_RETURN_IF_ERROR(readStruct(&options, sizeof(options), given,
                                  offsetof(xf_session_options, profile),
                                  "xf_session_options"));
  if (options.profile > 1 || options.reserved != 0)
    return fail(XF_INVALID_ARGUMENT,
                "`profile` is %u and `reserved` %u, they are 0 or 1, and 0",
                options.profile, options.reserved);
  XF_RETURN_IF_ERROR(resolveThreads(model, options.threads, plan.threads));
  // Kernels index a buffer with 32 bits, so the arena stays below 2^31 floats.
  const uint64_t rowPad = XF_ROW_PAD;
  const uint64_t width = widestEntry(*model.program);
  const uint64_t mostRows = uint64_t(INT32_MAX) / width / rowPad * rowPad;
  const uint64_t most = mostRows > 2 * rowPad ? mostRows - 2 * rowPad : 0;
  if (most == 0)
    return fail(XF_INTERNAL,
                "`%s` wants %" PRIu64
                " floats for each token, which is too many",
                model.program->name, width);
  uint64_t tokens = options.max_tokens;
  if (tokens == 0) {
    tokens = model.program->max_seq_len > defaultMaxTokens
                 ? model.program->max_seq_len
                 : defaultMaxTokens;
    tokens = tokens < most ? tokens : most;
  }
  if (tokens > most)
    return fail(XF_INVALID_ARGUMENT,
                "`max_tokens` is %" PRIu64 ", at most %" PRIu64
                " tokens of `%s` fit at once",
                tokens, most, model.program->name);
  plan.arenaWidth = width;
  plan.maxTokens = uint32_t(tokens);
  const size_t rows = paddedRows(plan.maxTokens);
  plan.arenaBytes = roundUp(size_t(width) * rows * sizeof(float), 64);
  plan.indexBytes = roundUp((rows + 1) * sizeof(int32_t), 64);
  if (options.profile)
    plan.profileBytes =
        roundUp((size_t(model.program->num_ops) + 1) * sizeof(OpCounters), 64);
  return XF_OK;
}

xf_status workspaceSize(const xf_model *model,
                        const xf_session_options *options, size_t *bytes) {
  if (!bytes)
    return fail(XF_INVALID_ARGUMENT,
                "`bytes` is null: it takes the size's address");
  *bytes = 0;
  if (!model)
    return fail(XF_INVALID_ARGUMENT, "`model` is null");
  Plan plan;
  XF_RETURN_IF_ERROR(makePlan(*model, options, plan));
  *bytes = plan.total();
  return XF_OK;
}

xf_status createSession(xf_model *model, const xf_session_options *options,
                        xf_session **session) {
  if (!session)
    return fail(XF_INVALID_ARGUMENT,
                "`session` is null: it takes the session's address");
  *session = nullptr;
  if (!model)
    return fail(XF_INVALID_ARGUMENT, "`model` is null");
  Plan plan;
  XF_RETURN_IF_ERROR(makePlan(*model, options, plan));
  void *place = aligned_alloc(64, roundUp(sizeof(xf_session), 64));
  Mapping memory;
  if (!place || !memory.allocate(plan.total())) {
    free(place);
    return fail(XF_OUT_OF_MEMORY,
                "no memory for a session of %u tokens, which takes %zu bytes; "
                "lower `max_tokens`",
                plan.maxTokens, plan.total());
  }
  xf_session *created = new (place) xf_session;
  created->model = model;
  created->threads = plan.threads;
  created->maxTokens = plan.maxTokens;
  created->rowCapacity = paddedRows(plan.maxTokens);
  created->arenaWidth = plan.arenaWidth;
  created->memory = static_cast<Mapping &&>(memory);
  uint8_t *next = created->memory.data();
  created->arena = reinterpret_cast<float *>(next);
  next += plan.arenaBytes;
  for (int32_t **buffer :
       {&created->ids, &created->types, &created->positions,
        &created->sequenceBegin, &created->order, &created->taskBegin}) {
    *buffer = reinterpret_cast<int32_t *>(next);
    next += plan.indexBytes;
  }
  if (plan.profileBytes)
    created->profile = reinterpret_cast<OpCounters *>(next);
  model->sessions.fetch_add(1);
  *session = created;
  return XF_OK;
}

xf_status destroySession(xf_session *session) {
  if (!session)
    return XF_OK;
  if (session->busy.exchange(true))
    return fail(XF_BUSY, "a call runs in the session: cancel it or wait for "
                         "it, then destroy the session");
  session->model->pool.forget(session->team);
  session->model->sessions.fetch_sub(1);
  session->~xf_session();
  free(session);
  return XF_OK;
}

xf_status setThreads(xf_session *session, uint32_t threads) {
  if (!session)
    return fail(XF_INVALID_ARGUMENT, "`session` is null");
  BusyGuard guard(*session);
  if (!guard.acquired)
    return fail(XF_BUSY, "a call runs in the session: its number of threads is "
                         "set between calls");
  return resolveThreads(*session->model, threads, session->threads);
}

xf_status cancelSession(xf_session *session) {
  if (!session)
    return fail(XF_INVALID_ARGUMENT, "`session` is null");
  session->cancelled.store(true);
  return XF_OK;
}

} // namespace xf::rt
