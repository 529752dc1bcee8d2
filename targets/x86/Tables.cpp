// Tile shapes for x86-64. Beside each, GFLOP/s on one core of a Zen 5 (EPYC,
// family 26 model 2, 2.6 GHz nominal; FMA peak 122 with AVX2, 249 with AVX-512)
// by `kernels_bench --all`: gemm of 128 x 384 x 1152, attention of 12 heads of
// 32 at 128 tokens.
#include "targets/x86/Tables.h"

namespace xf::targets::x86 {

const std::vector<GemmTile> &gemmTiles(const Machine &machine) {
  static const std::vector<GemmTile> avx2 = {
      {6, 16}, // 117
      {4, 16}, // 103
  };
  static const std::vector<GemmTile> avx512 = {
      {12, 32}, // 230
      {8, 48},  // 229
      {8, 32},  // 230
      {12, 16}, // 209
  };
  return machine.vectorFloats == 16 ? avx512 : avx2;
}

const std::vector<AttentionTile> &attentionTiles(const Machine &machine) {
  static const std::vector<AttentionTile> avx2 = {
      {16, 6, 4}, // 83
      {16, 4, 4}, // 80
      {24, 4, 6}, // 66
      {8, 8, 4},  // 71
  };
  static const std::vector<AttentionTile> avx512 = {
      {32, 8, 8},  // 154
      {32, 12, 8}, // 153
      {16, 16, 8}, // 134
      {48, 8, 12}, // 131
  };
  return machine.vectorFloats == 16 ? avx512 : avx2;
}

} // namespace xf::targets::x86
