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

/// Columns of a task of `rows` rows: equal parts of n, a multiple of four of
/// them if possible, else of two, so that one block of rows occupies the
/// threads evenly; of `multiplyAdds` or less.
static int64_t gemmGrainColumns(const GemmDesc &gemm, int64_t tileN,
                                int64_t rows, int64_t multiplyAdds) {
  int64_t tiles = (gemm.n + tileN - 1) / tileN,
          most = std::clamp<int64_t>(multiplyAdds / (rows * gemm.k * tileN), 1,
                                     tiles);
  for (int64_t multiple : {4, 2})
    for (int64_t part = most; part >= 1 && part * 2 > most; --part)
      if (tiles % part == 0 && tiles / part % multiple == 0)
        return part * tileN;
  for (int64_t part = most; part >= 1; --part)
    if (tiles % part == 0 && tiles / part % 2 == 0)
      return part * tileN;
  return divisorBelow(tiles, most) * tileN;
}

/// Rows and columns of a task for launches of the class's rows.
static void setGemmGrains(Config &config, const GemmDesc &gemm,
                          const ShapeClass &shapeClass) {
  int64_t tileM = config.get("tile_m"), tileN = config.get("tile_n");
  // Few rows: some microseconds of reading weights, all rows at once.
  int64_t rows = 48, multiplyAdds = int64_t(3) << 20;
  if (shapeClass.maxRows == 0) {
    // Blocks of rows in plenty; each part of the columns reads x again.
    multiplyAdds = std::min<int64_t>(32 << 20, 48 * gemm.k * 384);
  } else if (shapeClass.rows > 48) {
    // The rows of x, which every tile of columns reads again, take a third of
    // L2; up to a class's rows are one block, so that the parts are equal.
    rows = std::clamp<int64_t>((96 << 10) / gemm.k, 48, 128);
    multiplyAdds = int64_t(8) << 20;
  }
  config.values["grain_rows"] = (rows + tileM - 1) / tileM * tileM;
  config.values["grain_cols"] =
      gemmGrainColumns(gemm, tileN, rows, multiplyAdds);
}

static void addGemm(const KernelDesc &desc, const Machine &machine,
                    const ShapeClass &shapeClass,
                    std::vector<Config> &configs) {
  const GemmDesc &gemm = desc.gemm;
  std::vector<x86::GemmTile> tiles = x86::gemmTiles(machine, shapeClass);
  // Tiles that fill the columns up to a sixteenth before those that do not.
  int64_t panels = (gemm.n + 15) / 16;
  std::erase_if(tiles, [&](const x86::GemmTile &tile) {
    return tile.columns > panels * 16;
  });
  std::stable_partition(
      tiles.begin(), tiles.end(), [&](const x86::GemmTile &tile) {
        int64_t width = tile.columns / 16,
                covered = (panels + width - 1) / width * width;
        return (covered - panels) * 16 <= panels;
      });
  for (const x86::GemmTile &tile : tiles) {
    Config config = makeConfig(machine, "packed");
    config.values = {{"tile_m", tile.rows},
                     {"tile_n", tile.columns},
                     {"unroll_k", divisorBelow(gemm.k, 4)}};
    if (tile.prefetch)
      config.values["prefetch_k"] = tile.prefetch;
    setGemmGrains(config, gemm, shapeClass);
    configs.push_back(config);
  }
  // Around the first: other unrolls and grains.
  Config first = configs.front();
  auto add = [&](const char *key, int64_t value) {
    Config config = first;
    config.values[key] = value;
    configs.push_back(config);
  };
  for (int64_t unroll : {2, 8})
    add("unroll_k", divisorBelow(gemm.k, unroll));
  int64_t tileN = first.get("tile_n"), grain = first.get("grain_cols"),
          all = (gemm.n + tileN - 1) / tileN * tileN;
  add("grain_cols", std::max(grain / 2 / tileN, int64_t(1)) * tileN);
  add("grain_cols", std::min(grain * 2, all));
  if (shapeClass.rows > 48)
    for (int64_t rows : {48, 96, 192})
      add("grain_rows", rows);
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

/// Heads of a task. To 48 rows, where a head takes a microsecond, a quarter of
/// them; then a pair, some tens of microseconds at 128 rows; then one head.
/// Fewer than 8 heads are worth a task each.
static int64_t attentionTaskHeads(const AttentionDesc &attention,
                                  const ShapeClass &shapeClass) {
  int64_t heads = attention.heads, rows = shapeClass.rows;
  if (heads < 8 || rows > 128)
    return 1;
  return rows <= 16 && heads % 4 == 0 ? heads / 4 : heads % 2 == 0 ? 2 : 1;
}

/// tile_rows and tile_cols: half the registers are accumulators. Vectors of
/// columns where the value dimension is made of them, else of queries.
static std::pair<int64_t, int64_t>
attentionOutputTile(const x86::AttentionTile &tile, int64_t valueDim,
                    const Machine &machine) {
  int64_t lanes = machine.vectorFloats;
  if (valueDim % lanes != 0) {
    int64_t vectors = tile.queries / lanes;
    return {
        tile.queries,
        divisorBelow(valueDim, (machine.vectorRegisters - 1) / vectors - 1)};
  }
  int64_t columns =
      std::max<int64_t>(machine.vectorRegisters / 2 / tile.rows, 1);
  return {tile.rows, divisorBelow(valueDim / lanes, columns) * lanes};
}

static void addAttention(const KernelDesc &desc, const Machine &machine,
                         const ShapeClass &shapeClass,
                         std::vector<Config> &configs) {
  const AttentionDesc &attention = desc.attention;
  if (attention.keepsScores()) {
    // Scores of 16 queries of some heads and hundreds of keys are in L2. What
    // needs the queries of the whole sequence computes them once.
    bool whole =
        attention.selective || attention.normalizer == Normalizer::Queries;
    Config config = makeConfig(machine, "kept");
    config.values = {{"grain_rows", whole ? 0 : 16}, {"grain_cols", 0}};
    configs.push_back(config);
    return;
  }
  int64_t heads = attentionTaskHeads(attention, shapeClass),
          grainRows = shapeClass.rows > 128 ? 256 : 128,
          lanes = machine.vectorFloats;
  // Rows a multiple of 4 KiB apart fall into few sets of the caches: 8 heads
  // of 128 at 512 rows reach 0.87 of the FMA peak packed, else 0.82. Other
  // widths gain nothing from packing, and lose up to 0.05.
  int64_t pack = shapeClass.rows > 16 &&
                 (attention.kWidth % 1024 == 0 || attention.vWidth % 1024 == 0);
  auto add = [&](const x86::AttentionTile &tile, int64_t pack, int64_t heads,
                 int64_t grainRows) {
    auto [rows, cols] = attentionOutputTile(tile, attention.valueDim, machine);
    Config config = makeConfig(machine, "blocked");
    config.values = {
        {"tile_q", tile.queries},
        {"tile_end", std::max(tile.queries / 2 / lanes, int64_t(1)) * lanes},
        {"tile_keys", tile.keys},
        {"tile_rows", rows},
        {"tile_cols", cols},
        {"pack", pack},
        {"grain_rows",
         (grainRows + tile.queries - 1) / tile.queries * tile.queries},
        {"grain_cols", heads * attention.valueDim}};
    configs.push_back(config);
  };
  const std::vector<x86::AttentionTile> &tiles = x86::attentionTiles(machine);
  for (const x86::AttentionTile &tile : tiles)
    add(tile, pack, heads, grainRows);
  add(tiles.front(), 1 - pack, heads, grainRows);
  // Tasks half and twice as large.
  if (heads % 2 == 0)
    add(tiles.front(), pack, heads / 2, grainRows);
  if (attention.heads % (2 * heads) == 0)
    add(tiles.front(), pack, 2 * heads, grainRows);
  if (shapeClass.rows > 16)
    for (int64_t rows : {grainRows / 2, 2 * grainRows})
      add(tiles.front(), pack, heads, rows);
}

//===----------------------------------------------------------------------===//
// Rowwise, gather and map
//===----------------------------------------------------------------------===//

/// Rows of a task that streams `width` values a row: about 8192 values, a
/// microsecond or two.
static int64_t streamGrainRows(int64_t width) {
  return std::clamp<int64_t>(8192 / width, 1, 256);
}

static void addRowwise(const KernelDesc &desc, const Machine &machine,
                       const ShapeClass &, std::vector<Config> &configs) {
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
                      const ShapeClass &, std::vector<Config> &configs) {
  Config config = makeConfig(machine, "plain");
  config.values = {{"grain_rows", streamGrainRows(desc.gather.width)},
                   {"grain_cols", 0}};
  configs.push_back(config);
}

static void addMap(const KernelDesc &desc, const Machine &machine,
                   const ShapeClass &, std::vector<Config> &configs) {
  Config config = makeConfig(machine, "plain");
  config.values = {{"grain_rows", streamGrainRows(desc.map.width)},
                   {"grain_cols", 0}};
  configs.push_back(config);
}

namespace {
struct CandidatesEntry {
  KernelKind kind;
  const char *target; ///< prefix of the machine's name
  void (*add)(const KernelDesc &, const Machine &, const ShapeClass &,
              std::vector<Config> &);
};
} // namespace

static const CandidatesEntry candidatesTable[] = {
    {KernelKind::Gemm, "x86-64", addGemm},
    {KernelKind::Attention, "x86-64", addAttention},
    {KernelKind::Rowwise, "x86-64", addRowwise},
    {KernelKind::Gather, "x86-64", addGather},
    {KernelKind::Map, "x86-64", addMap},
};

std::vector<Config> candidates(const KernelDesc &desc, const Machine &machine,
                               const ShapeClass &shapeClass) {
  std::vector<Config> proposed, legal;
  for (const CandidatesEntry &entry : candidatesTable)
    if (entry.kind == desc.kind && machine.name.rfind(entry.target, 0) == 0)
      entry.add(desc, machine, shapeClass, proposed);
  for (Config &config : proposed)
    if (checkConfig(config, desc, machine).empty() &&
        std::find(legal.begin(), legal.end(), config) == legal.end())
      legal.push_back(config);
  return legal;
}

std::vector<Config> allCandidates(const KernelDesc &desc,
                                  const Machine &machine) {
  std::vector<Config> all;
  for (const ShapeClass &shapeClass : shapeClasses())
    for (Config &config : candidates(desc, machine, shapeClass))
      if (std::find(all.begin(), all.end(), config) == all.end())
        all.push_back(std::move(config));
  return all;
}

} // namespace xf::targets
