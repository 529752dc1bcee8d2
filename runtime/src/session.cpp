// See session.h.
#include "runtime/src/session.h"

#include "runtime/src/call.h"

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
/// What a session reserves. Index buffers are all of one size, a number for
/// each row: the entries' own, then `fixedBuffers`.
struct Plan {
  uint32_t threads = 1, maxTokens = 0;
  uint64_t arenaWidth = 1, pairsWidth = 0, keyCapacity = 0;
  uint32_t numIndices = 0, numSources = 0;
  size_t arenaBytes = 0, pairBytes = 0, indexBytes = 0, sourceBytes = 0,
         profileBytes = 0;
  // Begin and three row tables of tokens and context, order, first tasks.
  static constexpr size_t fixedBuffers = 2 * 4 + 2;
  size_t total() const {
    return arenaBytes + pairBytes + (numIndices + fixedBuffers) * indexBytes +
           sourceBytes + profileBytes;
  }
};
} // namespace

/// The most rows that a sequence may have in any space of the entry, if pieces
/// have at most `maxTokens`.
static uint64_t longestSequence(const xf_entry &entry, uint64_t maxTokens) {
  bool bounded = entry.max_seq_len != 0;
  for (uint32_t index = 0; index < entry.num_inputs; ++index)
    bounded &= entry.inputs[index].scatter != XF_SCATTER_PREPENDED &&
               entry.inputs[index].space != XF_SPACE_CONTEXT;
  const uint64_t most = stackRows(entry, entry.max_seq_len, 0);
  return bounded && most < maxTokens ? most : maxTokens;
}

/// Sets what the entries ask for; the key capacity is for pieces of
/// `maxTokens`.
static void planEntries(const xf_program &program, uint64_t maxTokens,
                        Plan &plan) {
  plan.numIndices = countIndexBuffers(program);
  plan.keyCapacity = 0;
  for (uint32_t index = 0; index < program.num_entries; ++index) {
    const xf_entry &entry = program.entries[index];
    if (entry.arena_width > plan.arenaWidth)
      plan.arenaWidth = entry.arena_width;
    if (entry.num_inputs >= plan.numSources)
      plan.numSources = entry.num_inputs + 1;
    if (entry.pairs_width > plan.pairsWidth)
      plan.pairsWidth = entry.pairs_width;
    // As with rows, kernels may read and write some keys past the last.
    const uint64_t keys =
        paddedRows(uint32_t(longestSequence(entry, maxTokens))) +
        roundUp(entry.extra_keys, XF_ROW_PAD);
    if (entry.pairs_width > 0 && keys > plan.keyCapacity)
      plan.keyCapacity = keys;
  }
}

/// Kernels index a buffer with 32 bits, so either arena stays below 2^31
/// floats.
static bool fits(const xf_program &program, uint64_t tokens) {
  if (tokens > INT32_MAX - 2 * XF_ROW_PAD)
    return false;
  Plan plan;
  planEntries(program, tokens, plan);
  const uint64_t most = uint64_t(INT32_MAX) / paddedRows(uint32_t(tokens));
  return plan.arenaWidth <= most &&
         (plan.pairsWidth == 0 || plan.keyCapacity <= most / plan.pairsWidth);
}

/// The most tokens that fit, 0 if not even one does.
static uint64_t mostTokens(const xf_program &program) {
  uint64_t low = 0, high = INT32_MAX;
  while (high - low > 1) {
    const uint64_t middle = low + (high - low) / 2;
    (fits(program, middle) ? low : high) = middle;
  }
  return low;
}

/// Enough for the longest sequence of any entry, without prepended rows.
static uint64_t defaultTokens(const xf_program &program) {
  uint64_t tokens = defaultMaxTokens;
  for (uint32_t index = 0; index < program.num_entries; ++index) {
    const xf_entry &entry = program.entries[index];
    const uint64_t rows = stackRows(entry, entry.max_seq_len, 0);
    tokens = rows > tokens ? rows : tokens;
  }
  return tokens;
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
  const xf_program &program = *model.program;
  const uint64_t most = mostTokens(program);
  planEntries(program, 1, plan);
  if (most == 0)
    return fail(XF_INTERNAL,
                "`%s` wants %" PRIu64
                " floats for each token, which is too many",
                program.name, plan.arenaWidth + plan.pairsWidth);
  uint64_t tokens = options.max_tokens;
  if (tokens == 0) {
    tokens = defaultTokens(program);
    tokens = tokens < most ? tokens : most;
  }
  if (tokens > most)
    return fail(XF_INVALID_ARGUMENT,
                "`max_tokens` is %" PRIu64 ", at most %" PRIu64
                " tokens of `%s` fit at once",
                tokens, most, program.name);
  plan.maxTokens = uint32_t(tokens);
  planEntries(program, tokens, plan);
  const size_t rows = paddedRows(plan.maxTokens);
  plan.arenaBytes = roundUp(size_t(plan.arenaWidth) * rows * sizeof(float), 64);
  plan.pairBytes = roundUp(
      size_t(plan.pairsWidth * plan.keyCapacity) * rows * sizeof(float), 64);
  plan.indexBytes = roundUp((rows + 1) * sizeof(int32_t), 64);
  plan.sourceBytes = roundUp(plan.numSources * sizeof(Source), 64);
  if (options.profile)
    plan.profileBytes =
        roundUp((size_t(program.num_ops) + 1) * sizeof(OpCounters), 64);
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

/// Gives each buffer its part of the session's memory, in the order of
/// Plan::total.
static void shareMemory(xf_session &session, const Plan &plan) {
  uint8_t *next = session.memory.data();
  auto take = [&](size_t bytes) {
    uint8_t *part = next;
    next += bytes;
    return part;
  };
  auto takeIndices = [&] {
    return reinterpret_cast<int32_t *>(take(plan.indexBytes));
  };
  session.arena = reinterpret_cast<float *>(take(plan.arenaBytes));
  for (uint32_t index = 0; index < plan.numIndices; ++index)
    session.indices[index] = takeIndices();
  session.begin[XF_SPACE_TOKENS] = takeIndices();
  session.order = takeIndices();
  session.taskBegin = takeIndices();
  session.begin[XF_SPACE_CONTEXT] = takeIndices();
  for (uint32_t space : {XF_SPACE_TOKENS, XF_SPACE_CONTEXT})
    for (int32_t *&table : session.rowTables[space])
      table = takeIndices();
  // Source has no invariant that zeros do not hold.
  session.sources = reinterpret_cast<Source *>(take(plan.sourceBytes));
  if (plan.pairBytes)
    session.pairs = reinterpret_cast<float *>(take(plan.pairBytes));
  if (plan.profileBytes)
    session.profile = reinterpret_cast<OpCounters *>(take(plan.profileBytes));
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
  created->pairsWidth = uint32_t(plan.pairsWidth);
  created->keyCapacity = uint32_t(plan.keyCapacity);
  created->numIndices = plan.numIndices;
  created->memory = static_cast<Mapping &&>(memory);
  shareMemory(*created, plan);
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
