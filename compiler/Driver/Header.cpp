// Writes NAME.h: what a C program needs to link the library directly, without
// looking anything up.

#include "compiler/Driver/Header.h"

#include "llvm/ADT/StringExtras.h"

#include <fmt/format.h>

using namespace xf;

static constexpr const char *headerFormat =
    R"(/* {name}: written by xfc; link with {library}. See xf/xf.h for the calls. */
#ifndef XF_MODEL_{upper}_H
#define XF_MODEL_{upper}_H

#include <xf/xf.h>

/* Valid token ids are 0 to {upper}_NUM_TOKENS - 1. */
#define {upper}_NUM_TOKENS {tokens}
/* Longest sequence, in tokens; 0: no limit. */
#define {upper}_MAX_SEQ_LEN {length}
/* Valid token types are 0 to {upper}_TOKEN_TYPES - 1; 0: the model has none. */
#define {upper}_TOKEN_TYPES {types}
{widths}
#ifdef __cplusplus
extern "C" {{
#endif

/* The library's functions: xf_get_api under a name of its own, so that any number of models can be linked together. */
const xf_api *xf_get_api_{name}(uint32_t version);

#ifdef __cplusplus
}}
#endif
#endif
)";

std::string xf::generateHeader(const ModelSummary &model,
                               const std::string &library) {
  std::string upper = llvm::StringRef(model.name).upper(), widths;
  for (const EntrySummary &entry : model.entries)
    widths += fmt::format(
        "/* Floats of one {} that `{}` writes. */\n#define {}_{}_DIM {}\n",
        entry.rowsAreSequences ? "sequence's vector" : "token's state",
        entry.name, upper, llvm::StringRef(entry.name).upper(), entry.width);
  return fmt::format(
      headerFormat, fmt::arg("name", model.name), fmt::arg("library", library),
      fmt::arg("upper", upper), fmt::arg("tokens", model.numTokens),
      fmt::arg("length", model.maxSeqLen), fmt::arg("types", model.tokenTypes),
      fmt::arg("widths", widths));
}
