// Tile shapes for x86-64. Beside each, GFLOP/s on one core of a Zen 5 (EPYC,
// family 26 model 2, 2.6 GHz nominal; FMA peak 122 with AVX2, 249 with AVX-512)
// by `kernels_bench --all`: gemm of 128 x 384 x 1152, attention of 12 heads of
// 32 at 128 tokens.
#include "targets/x86/Tables.h"

namespace xf::targets::x86 {

// Up to 48 rows the weights are read once or a few times, from L3 or memory:
// one panel at a time is one stream, and a prefetch 16 KB ahead of it keeps the
// FMAs fed. Wider tiles read several streams, of which no one line ahead is
// near. From 49 rows on the panels are in L2 for all tiles of rows but the
// first, and the fewest loads for an FMA win: wide tiles, no prefetch.
// Measured for all gemms of a MiniLM, weights not in cache, one thread: 16 rows
// in 1.7 ms with 16 x 16 and prefetch (0.85 of the FMA peak), 5.1 without, 2.0
// with 8 x 32, 2.9 with 12 x 32; one row in 0.8 ms (54 GB/s). 8 x 48 reaches
// 0.98 of the peak at 128 x 384 x 1152, 12 x 32 0.95, 16 x 16 0.89.
const std::vector<GemmTile> &gemmTiles(const Machine &machine,
                                       const ShapeClass &shapeClass) {
  static const std::vector<GemmTile> avx2Few = {
      {4, 16, 256}, {4, 16, 128}, {6, 16, 256}, {4, 16}, {6, 16}};
  static const std::vector<GemmTile> avx2Many = {
      {6, 16}, {4, 16}, {6, 16, 256}};
  static const std::vector<GemmTile> avx512One = {{4, 16, 256}, {2, 16, 256},
                                                  {4, 16, 512}, {16, 16, 256},
                                                  {4, 32},      {4, 64}};
  static const std::vector<GemmTile> avx512Few = {
      {16, 16, 256}, {16, 16, 128}, {16, 16, 512}, {12, 16, 256},
      {24, 16, 256}, {8, 32, 64},   {8, 48, 64},   {8, 48}};
  static const std::vector<GemmTile> avx512Many = {
      {8, 48}, {12, 32}, {8, 32}, {16, 16, 256}, {24, 16, 256}, {24, 16}};
  if (machine.vectorFloats < 16)
    return shapeClass.rows <= 16 ? avx2Few : avx2Many;
  return shapeClass.rows < 16    ? avx512One
         : shapeClass.rows == 16 ? avx512Few
                                 : avx512Many;
}

const std::vector<AttentionTile> &attentionTiles(const Machine &machine) {
  static const std::vector<AttentionTile> avx2 = {
      {16, 6, 4}, // 89
      {16, 4, 4}, // 87
      {8, 8, 4},  // 80
      {24, 4, 6}, // 74
  };
  static const std::vector<AttentionTile> avx512 = {
      {32, 8, 8},  // 177, and ahead at 512 tokens
      {64, 4, 8},  // 181, and ahead at 50 tokens
      {32, 12, 8}, // 172
      {16, 16, 8}, // 164, and ahead at 16 tokens
      {48, 8, 8},  // 167, and ahead at 48 tokens
  };
  return machine.vectorFloats == 16 ? avx512 : avx2;
}

} // namespace xf::targets::x86
