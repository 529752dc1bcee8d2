// A schedule's choices for one kernel on one machine. Text form equals the body
// of #hk.config.
#pragma once

#include "targets/Kernel.h"
#include "targets/Machine.h"

#include <map>
#include <optional>
#include <string>

namespace xf::targets {

struct Config {
  std::string target;  ///< `x86-64-avx2`, `x86-64-avx512`: the Machine's name
  std::string variant; ///< names the algorithm: `packed`, `blocked`, `plain`
  /// Named integers that the variant's schedule reads: tile_m, tile_n,
  /// unroll_k, grain_rows, grain_cols, ... grain_rows and grain_cols (every
  /// kind): the crop one task of the library's thread pool computes; 0 = whole
  /// extent. max_rows (every kind, may be absent): the most rows that it is
  /// for. targets/README.md lists them all.
  std::map<std::string, int64_t> values;

  /// The value of `key`, or 0 where the config has none.
  int64_t get(const std::string &key) const;

  bool operator==(const Config &) const = default;
};

/// `target = "x86-64-avx2", variant = "packed", grain_cols = 192, ...` in key
/// order; parse(print(c)) == c.
std::string printConfig(const Config &config);

/// Nothing and `error` set when `text` is not the text form of a config.
std::optional<Config> parseConfig(const std::string &text, std::string &error);

/// Empty when `config` is legal for `desc` on `machine`, else the rule that it
/// breaks.
std::string checkConfig(const Config &config, const KernelDesc &desc,
                        const Machine &machine);

/// What the code of a kernel depends on: `config` without grain_rows,
/// grain_cols and max_rows, which say only when and on which crops it is
/// called.
Config codeConfig(const Config &config);

/// The heights of the register tiles that cover the rows of a crop, highest
/// first: tile_m, then lower ones that take less time.
std::vector<int64_t> gemmTileHeights(const Config &config);

/// The numbers of queries in a block of attention: tile_q, then tile_end if it
/// is lower.
std::vector<int64_t> attentionBlockHeights(const Config &config);

/// Keys whose scores with a block of `height` queries are in registers
/// together: tile_keys in a block of tile_q; in a lower one as many scores,
/// with the keys rounded down to a power of two.
int64_t attentionTileKeys(const Config &config, int64_t height);

/// Whether the lanes of attention's outputs are columns; where tile_cols does
/// not fill vectors, they are queries. Never vectors below full width: LLVM
/// would join those of unrolled copies, and separate products from their sums.
bool vectorsAreColumns(const Config &config, const Machine &machine);

/// How many partial sums a reduction over a row, or a part of it, keeps. The
/// same for every target and config, because it is part of the result's
/// rounding: 64 independent sums hide the latency of an addition even with 16
/// lanes a vector.
int rowLanes(const RowwiseDesc &rowwise);

} // namespace xf::targets
