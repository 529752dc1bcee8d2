// Text form and legality of configs: one table of keys per kind, then the rules
// between them.
#include "targets/Config.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cctype>
#include <charconv>
#include <cstdint>

namespace xf::targets {

int64_t Config::get(const std::string &key) const {
  auto it = values.find(key);
  return it == values.end() ? 0 : it->second;
}

std::string printConfig(const Config &config) {
  std::string text = fmt::format("target = \"{}\", variant = \"{}\"",
                                 config.target, config.variant);
  for (const auto &[key, value] : config.values)
    text += fmt::format(", {} = {}", key, value);
  return text;
}

namespace {
/// A cursor over `key = value, key = value`.
struct Reader {
  std::string_view rest;

  void skipSpace() {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\n"), rest.size()));
  }
  bool eat(char c) {
    skipSpace();
    if (rest.empty() || rest.front() != c)
      return false;
    rest.remove_prefix(1);
    return true;
  }
  std::string word() {
    skipSpace();
    size_t end = 0;
    while (end < rest.size() &&
           (std::isalnum(static_cast<unsigned char>(rest[end])) ||
            rest[end] == '_'))
      ++end;
    std::string text(rest.substr(0, end));
    rest.remove_prefix(end);
    return text;
  }
  std::optional<std::string> string() {
    if (!eat('"'))
      return std::nullopt;
    size_t end = rest.find('"');
    if (end == std::string_view::npos)
      return std::nullopt;
    std::string text(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    return text;
  }
  std::optional<int64_t> integer() {
    skipSpace();
    int64_t value = 0;
    auto [end, status] =
        std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (status != std::errc())
      return std::nullopt;
    rest.remove_prefix(size_t(end - rest.data()));
    return value;
  }
};
} // namespace

static std::string parseField(Reader &reader, Config &config) {
  std::string key = reader.word();
  if (key.empty())
    return fmt::format("expected a key before `{}`", reader.rest);
  if (!reader.eat('='))
    return fmt::format("expected `=` after `{}`", key);
  if (key == "target" || key == "variant") {
    std::optional<std::string> text = reader.string();
    if (!text)
      return fmt::format("`{}` must be a string in double quotes", key);
    (key == "target" ? config.target : config.variant) = *text;
    return "";
  }
  std::optional<int64_t> value = reader.integer();
  if (!value)
    return fmt::format("`{}` must be an integer", key);
  if (!config.values.emplace(key, *value).second)
    return fmt::format("`{}` is given twice", key);
  return "";
}

std::optional<Config> parseConfig(const std::string &text, std::string &error) {
  Config config;
  Reader reader{text};
  do {
    error = parseField(reader, config);
    if (!error.empty())
      return std::nullopt;
  } while (reader.eat(','));
  reader.skipSpace();
  if (!reader.rest.empty())
    error = fmt::format("expected `,` or the end before `{}`", reader.rest);
  else if (config.target.empty() || config.variant.empty())
    error = "a config names its `target` and `variant`";
  if (!error.empty())
    return std::nullopt;
  return config;
}

Config codeConfig(const Config &config) {
  Config code = config;
  for (const char *key : {"grain_rows", "grain_cols", "max_rows"})
    code.values.erase(key);
  return code;
}

std::vector<int64_t> gemmTileHeights(const Config &config) {
  // Eight chains of FMAs keep a core busy: lower tiles take as long.
  constexpr int64_t least = 8 * 16;
  std::vector<int64_t> heights{config.get("tile_m")};
  for (int64_t height : {12, 8, 4, 2})
    if (height < heights.front() && height * config.get("tile_n") >= least)
      heights.push_back(height);
  return heights;
}

std::vector<int64_t> attentionBlockHeights(const Config &config) {
  int64_t tileQ = config.get("tile_q"), tileEnd = config.get("tile_end");
  return tileEnd < tileQ ? std::vector<int64_t>{tileQ, tileEnd}
                         : std::vector<int64_t>{tileQ};
}

int64_t attentionTileKeys(const Config &config, int64_t height) {
  int64_t keys = config.get("tile_keys");
  if (height == config.get("tile_q"))
    return keys;
  return int64_t(
      std::bit_floor(uint64_t(keys * config.get("tile_q") / height)));
}

bool vectorsAreColumns(const Config &config, const Machine &machine) {
  return config.get("tile_cols") % machine.vectorFloats == 0;
}

int rowLanes(const RowwiseDesc &rowwise) {
  int64_t width = rowwise.width / rowwise.groups;
  for (int lanes : {64, 32})
    if (width % lanes == 0)
      return lanes;
  if (rowwise.groups == 1 || width >= 16)
    return 16;
  // Small parts, heads of 8 say: no rest.
  return int(std::bit_floor(uint64_t(width & -width)));
}

//===----------------------------------------------------------------------===//
// Legality
//===----------------------------------------------------------------------===//

namespace {
struct Variant {
  KernelKind kind;
  const char *name;
  std::vector<const char *> keys; ///< besides those of every variant
  std::vector<const char *> optional = {};
};
} // namespace

static const std::vector<Variant> &variants() {
  static const std::vector<Variant> table = {
      {KernelKind::Gemm,
       "packed",
       {"tile_m", "tile_n", "unroll_k"},
       {"prefetch_k"}},
      {KernelKind::Attention,
       "blocked",
       {"tile_q", "tile_end", "tile_keys", "tile_rows", "tile_cols", "pack"}},
      {KernelKind::Attention, "kept", {}},
      {KernelKind::Rowwise, "rows", {}},
      {KernelKind::Rowwise, "columns", {"tile_cols"}},
      {KernelKind::Gather, "plain", {}},
      {KernelKind::Map, "plain", {}},
  };
  return table;
}

// A library holds rows and crops as int32; kernels compute addresses, floats of
// 16 columns a step, in int32.
constexpr int64_t mostRows = INT32_MAX, mostOfCode = 1 << 20;

/// The variant exists; its keys are given, and no others but the optional ones.
static std::string checkKeys(const Config &config, KernelKind kind) {
  for (const Variant &variant : variants()) {
    if (variant.kind != kind || variant.name != config.variant)
      continue;
    std::vector<const char *> keys = variant.keys;
    keys.insert(keys.end(), {"grain_rows", "grain_cols"});
    for (const char *key : keys)
      if (!config.values.count(key))
        return fmt::format("variant `{}` needs `{}`", variant.name, key);
    keys.insert(keys.end(), variant.optional.begin(), variant.optional.end());
    for (const auto &[key, value] : config.values) {
      bool known = key == "max_rows";
      for (const char *name : keys)
        known |= key == name;
      if (!known)
        return fmt::format("variant `{}` has no `{}`", variant.name, key);
      const bool isGrain = key.rfind("grain_", 0) == 0;
      if (value < (isGrain || key == "pack" ? 0 : 1))
        return fmt::format("`{} = {}` is too small", key, value);
      if (value > (isGrain || key == "max_rows" ? mostRows : mostOfCode))
        return fmt::format("`{} = {}` is too large", key, value);
    }
    return "";
  }
  return fmt::format("`{}` has no variant `{}`", kindName(kind),
                     config.variant);
}

static std::string checkGemm(const Config &config, const GemmDesc &gemm,
                             const Machine &machine) {
  int64_t tileM = config.get("tile_m"), tileN = config.get("tile_n"),
          unroll = config.get("unroll_k");
  if (tileN % 16 != 0 || tileN >= gemm.n + 16)
    return fmt::format(
        "`tile_n = {}` must be a multiple of 16, of no more panels than n = {}",
        tileN, gemm.n);
  if (gemm.k % unroll != 0)
    return fmt::format("`unroll_k = {}` must divide k = {}", unroll, gemm.k);
  int64_t columns = tileN / machine.vectorFloats;
  if (tileM * columns + columns + 1 > machine.vectorRegisters)
    return fmt::format("{} x {} accumulators do not fit into {} registers",
                       tileM, columns, machine.vectorRegisters);
  if (config.get("grain_cols") % tileN != 0)
    return fmt::format("`grain_cols = {}` must be a multiple of `tile_n = {}`",
                       config.get("grain_cols"), tileN);
  return "";
}

static std::string checkAttention(const Config &config,
                                  const AttentionDesc &attention,
                                  const Machine &machine) {
  if (attention.keepsScores() != (config.variant == "kept"))
    return fmt::format("variant `{}` does not compute this attention",
                       config.variant);
  if (config.variant == "kept")
    return config.get("grain_cols") == 0
               ? ""
               : fmt::format("`grain_cols = {}` must be 0: a task keeps the "
                             "scores of all heads",
                             config.get("grain_cols"));
  int64_t tileQ = config.get("tile_q"), tileEnd = config.get("tile_end"),
          rows = config.get("tile_rows"), cols = config.get("tile_cols");
  for (const char *key : {"tile_q", "tile_end"})
    if (config.get(key) % machine.vectorFloats != 0)
      return fmt::format("`{} = {}` must be a multiple of the vector width {}",
                         key, config.get(key), machine.vectorFloats);
  if (tileEnd > tileQ)
    return fmt::format("`tile_end = {}` must be at most `tile_q = {}`", tileEnd,
                       tileQ);
  if (tileQ % rows != 0)
    return fmt::format("`tile_rows = {}` must divide `tile_q = {}`", rows,
                       tileQ);
  if (attention.valueDim % cols != 0)
    return fmt::format("`tile_cols = {}` must divide the value dimension {}",
                       cols, attention.valueDim);
  int64_t queryVectors = tileQ / machine.vectorFloats,
          keys = config.get("tile_keys");
  if (queryVectors * (keys + 1) + 1 > machine.vectorRegisters)
    return fmt::format(
        "scores of {} queries x {} keys do not fit into {} registers", tileQ,
        keys, machine.vectorRegisters);
  if (config.get("pack") > 1)
    return fmt::format("`pack = {}` must be 0 or 1", config.get("pack"));
  bool columns = vectorsAreColumns(config, machine);
  if (!columns && rows % machine.vectorFloats != 0)
    return fmt::format("`tile_cols = {}` or `tile_rows = {}` must be a "
                       "multiple of the vector width {}",
                       cols, rows, machine.vectorFloats);
  int64_t vectors = (columns ? cols : rows) / machine.vectorFloats,
          broadcasts = columns ? rows : cols;
  if (vectors * (broadcasts + 1) + 1 > machine.vectorRegisters)
    return fmt::format(
        "{} rows x {} columns of accumulators do not fit into {} registers",
        rows, cols, machine.vectorRegisters);
  if (config.get("grain_cols") % attention.valueDim != 0)
    return fmt::format("`grain_cols = {}` must be whole heads of {}",
                       config.get("grain_cols"), attention.valueDim);
  return "";
}

static std::string checkRowwise(const Config &config,
                                const RowwiseDesc &rowwise) {
  int64_t grain = config.get("grain_cols"), tile = config.get("tile_cols");
  if (rowwise.overSequence != (config.variant == "columns"))
    return fmt::format("variant `{}` does not reduce over the {}",
                       config.variant,
                       rowwise.overSequence ? "sequence" : "row");
  if (rowwise.overSequence && rowwise.groups != 1)
    return "parts of a row are not reduced over the sequence";
  if (!rowwise.overSequence)
    return grain == 0 ? ""
                      : fmt::format("`grain_cols = {}` must be 0: a row is "
                                    "reduced by one task",
                                    grain);
  if (rowwise.width % tile != 0 || (tile & (tile - 1)) != 0)
    return fmt::format(
        "`tile_cols = {}` must be a power of two that divides the width {}",
        tile, rowwise.width);
  if (grain % tile != 0)
    return fmt::format(
        "`grain_cols = {}` must be a multiple of `tile_cols = {}`", grain,
        tile);
  return "";
}

std::string checkConfig(const Config &config, const KernelDesc &desc,
                        const Machine &machine) {
  if (config.target != machine.name)
    return fmt::format("the config is for `{}`, not for `{}`", config.target,
                       machine.name);
  if (std::string error = checkKeys(config, desc.kind); !error.empty())
    return error;
  switch (desc.kind) {
  case KernelKind::Gemm:
    return checkGemm(config, desc.gemm, machine);
  case KernelKind::Attention:
    return checkAttention(config, desc.attention, machine);
  case KernelKind::Rowwise:
    return checkRowwise(config, desc.rowwise);
  case KernelKind::Gather:
    return "";
  case KernelKind::Map:
    return config.get("grain_cols") == 0
               ? ""
               : fmt::format("`grain_cols = {}` must be 0: a task maps whole "
                             "rows",
                             config.get("grain_cols"));
  }
  return "";
}

} // namespace xf::targets
