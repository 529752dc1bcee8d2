// Candidates: the target's tile shapes, with unrolls, grains and column tiles
// that follow from the kernel's sizes.
#include "targets/Candidates.h"

#include "targets/x86/Tables.h"

#include <algorithm>

namespace xf::targets {

/// The largest divisor of `value` that is at most `limit`.
static int64_t divisorBelow(int64_t value, int64_t limit) {
  for (int64_t d = std::min(value, limit); d > 1; --d)
    if (value % d == 0)
      return d;
  return 1;
}

/// The smallest divisor of `value` that is at least `limit`, or `value`.
static int64_t divisorAbove(int64_t value, int64_t limit) {
  for (int64_t d = std::max<int64_t>(limit, 1); d < value; ++d)
    if (value % d == 0)
      return d;
  return value;
}

static Config makeConfig(const Machine &machine, const char *variant) {
  Config config;
  config.target = machine.name;
  config.variant = variant;
  return config;
}

//===----------------------------------------------------------------------===//
// Gemm
//===----------------------------------------------------------------------===//

/// Columns of a task: an even number of equal parts of n where there is one, so
/// that a call of few rows still occupies two threads evenly, of 2 million
/// multiply-adds or less at 48 rows: some tens of microseconds.
static int64_t gemmGrainColumns(const GemmDesc &gemm, int64_t tileN) {
  constexpr int64_t multiplyAdds = 2 << 20, rows = 48;
  int64_t tiles = (gemm.n + tileN - 1) / tileN,
          most = std::max<int64_t>(multiplyAdds / (rows * gemm.k * tileN), 1);
  for (int64_t part = std::min(most, tiles); part >= 1; --part)
    if (tiles % part == 0 && tiles / part % 2 == 0)
      return part * tileN;
  return divisorBelow(tiles, most) * tileN;
}

static void addGemm(const KernelDesc &desc, const Machine &machine,
                    std::vector<Config> &configs) {
  for (const x86::GemmTile &tile : x86::gemmTiles(machine)) {
    Config config = makeConfig(machine, "packed");
    // A block of rows is read once for each column tile: 48 of them stay in L2
    // for any k in use.
    int64_t grainRows = (48 + tile.rows - 1) / tile.rows * tile.rows;
    config.values = {{"tile_m", tile.rows},
                     {"tile_n", tile.columns},
                     {"unroll_k", divisorBelow(desc.gemm.k, 4)},
                     {"grain_rows", grainRows},
                     {"grain_cols", gemmGrainColumns(desc.gemm, tile.columns)}};
    configs.push_back(config);
  }
  // One panel at a time serves every n.
  Config config = configs.front();
  config.values["tile_n"] = 16;
  config.values["grain_cols"] = gemmGrainColumns(desc.gemm, 16);
  configs.push_back(config);
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

static void addAttention(const KernelDesc &desc, const Machine &machine,
                         std::vector<Config> &configs) {
  const AttentionDesc &attention = desc.attention;
  // A pair of heads makes a task of some tens of microseconds at 128 tokens;
  // fewer heads are worth a task each.
  int64_t headsPerTask =
      attention.heads >= 8 && attention.heads % 2 == 0 ? 2 : 1;
  for (const x86::AttentionTile &tile : x86::attentionTiles(machine)) {
    Config config = makeConfig(machine, "blocked");
    int64_t lanes = machine.vectorFloats, rows, cols;
    if (attention.valueDim % lanes == 0) {
      int64_t accumulators = machine.vectorRegisters / 2 / tile.rows;
      rows = tile.rows;
      cols = divisorBelow(attention.valueDim / lanes,
                          std::max<int64_t>(accumulators, 1)) *
             lanes;
    } else {
      int64_t vectors = tile.queries / lanes;
      rows = tile.queries;
      cols = divisorBelow(attention.valueDim,
                          (machine.vectorRegisters - 1) / vectors - 1);
    }
    config.values = {
        {"tile_q", tile.queries},
        {"tile_end", std::max(tile.queries / 2 / lanes, int64_t(1)) * lanes},
        {"tile_keys", tile.keys},
        {"tile_rows", rows},
        {"tile_cols", cols},
        {"grain_rows", (128 + tile.queries - 1) / tile.queries * tile.queries},
        {"grain_cols", headsPerTask * attention.valueDim}};
    configs.push_back(config);
  }
}

//===----------------------------------------------------------------------===//
// Rowwise and gather
//===----------------------------------------------------------------------===//

/// Rows of a task that streams `width` values a row: about 8192 values, a
/// microsecond or two.
static int64_t streamGrainRows(int64_t width) {
  return std::clamp<int64_t>(8192 / width, 1, 256);
}

static void addRowwise(const KernelDesc &desc, const Machine &machine,
                       std::vector<Config> &configs) {
  const RowwiseDesc &rowwise = desc.rowwise;
  if (!rowwise.overSequence) {
    Config config = makeConfig(machine, "rows");
    config.values = {{"grain_rows", streamGrainRows(rowwise.width)},
                     {"grain_cols", 0}};
    configs.push_back(config);
    return;
  }
  for (int64_t most : {64, 16}) {
    Config config = makeConfig(machine, "columns");
    int64_t tile = 1;
    while (tile < most && rowwise.width % (2 * tile) == 0)
      tile *= 2;
    // Two or more parts of 128 columns or more: one sequence alone occupies two
    // threads.
    int64_t grain =
        divisorAbove(rowwise.width / tile, (128 + tile - 1) / tile) * tile;
    config.values = {
        {"tile_cols", tile}, {"grain_rows", 1}, {"grain_cols", grain}};
    configs.push_back(config);
  }
}

static void addGather(const KernelDesc &desc, const Machine &machine,
                      std::vector<Config> &configs) {
  Config config = makeConfig(machine, "plain");
  config.values = {{"grain_rows", streamGrainRows(desc.gather.width)},
                   {"grain_cols", 0}};
  configs.push_back(config);
}

namespace {
struct CandidatesEntry {
  KernelKind kind;
  const char *target; ///< prefix of the machine's name
  void (*add)(const KernelDesc &, const Machine &, std::vector<Config> &);
};
} // namespace

static const CandidatesEntry candidatesTable[] = {
    {KernelKind::Gemm, "x86-64", addGemm},
    {KernelKind::Attention, "x86-64", addAttention},
    {KernelKind::Rowwise, "x86-64", addRowwise},
    {KernelKind::Gather, "x86-64", addGather},
};

std::vector<Config> candidates(const KernelDesc &desc, const Machine &machine) {
  std::vector<Config> proposed, legal;
  for (const CandidatesEntry &entry : candidatesTable)
    if (entry.kind == desc.kind && machine.name.rfind(entry.target, 0) == 0)
      entry.add(desc, machine, proposed);
  for (Config &config : proposed)
    if (checkConfig(config, desc, machine).empty() &&
        std::find(legal.begin(), legal.end(), config) == legal.end())
      legal.push_back(config);
  return legal;
}

} // namespace xf::targets
