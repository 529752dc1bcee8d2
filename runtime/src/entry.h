// What an entry point says of its rows: how many a sequence has in the stack,
// which of them are its tokens, and which the result has.
#pragma once

#include "runtime/src/program.h"
#include "runtime/src/status.h"

struct xf_model;

namespace xf::rt {

/// NULL: no entry of that name.
const xf_entry *findEntry(const xf_program &program, const char *name);

/// That every entry's rows, result and inputs lie where memory will be.
xf_status checkEntries(const xf_program &program);

/// See entry_info in xf.h.
xf_status entryInfo(const xf_model *model, uint32_t index, xf_entry_info *info);

/// Writes the entries and their inputs as a JSON array, cut at `size`; returns
/// its whole length.
size_t describeEntries(const xf_program &program, char *text, size_t size);

/// Inputs that no feed has.
inline bool isMadeHere(const xf_input &input) {
  return input.fill == XF_FILL_IS_PREPENDED || input.fill == XF_FILL_IS_TOKEN;
}

/// The mask of prepended rows is part of the input `mask`, none of its own;
/// whether the entry takes one.
bool takesPrependMask(const xf_entry &entry);
inline constexpr char prependMaskName[] = "prepend_mask";

/// Rows that a sequence of `tokens` and `prepended` rows has in the stack.
inline uint64_t stackRows(const xf_entry &entry, uint64_t tokens,
                          uint64_t prepended) {
  if (entry.chunk_tokens == 0)
    return entry.lead + prepended + tokens + entry.tail;
  const uint64_t chunks =
      (tokens + entry.chunk_tokens - 1) / entry.chunk_tokens;
  return chunks * (uint64_t(entry.chunk_tokens) + entry.chunk_memory);
}

/// Rows of the result that it has, if the result has one for each token.
inline uint64_t resultRows(const xf_entry &entry, uint64_t tokens,
                           uint64_t prepended) {
  if (entry.chunk_tokens != 0)
    return tokens;
  return stackRows(entry, tokens, prepended) - entry.skip_lead -
         entry.skip_tail;
}

/// Calls `body(row, token, count)` for each range of tokens that are neighbours
/// in the stack: `count` of them from `token` on are its rows from `row` on.
template <typename Body>
void forEachTokenRun(const xf_entry &entry, int32_t tokens, int32_t prepended,
                     Body body) {
  if (entry.chunk_tokens == 0)
    return body(int32_t(entry.lead) + prepended, 0, tokens);
  const int32_t size = int32_t(entry.chunk_tokens);
  int32_t row = int32_t(entry.chunk_memory);
  for (int32_t token = 0; token < tokens; token += size) {
    body(row, token, tokens - token < size ? tokens - token : size);
    row += size + int32_t(entry.chunk_memory);
  }
}

/// True if every sequence's rows are its tokens.
inline bool hasTokensOnly(const xf_entry &entry) {
  return entry.chunk_tokens == 0 && entry.lead == 0 && entry.tail == 0;
}

/// The number of index buffers that the program's entries use.
uint32_t countIndexBuffers(const xf_program &program);

} // namespace xf::rt
