// The tile shapes worth trying on x86-64, by kind; plain C++, so that a pass
// can ask.
#pragma once

#include "targets/Kernel.h"
#include "targets/Machine.h"
#include "targets/ShapeClass.h"

#include <vector>

namespace xf::targets::x86 {

/// tile_m rows x tile_n columns of accumulators; prefetch_k or 0.
struct GemmTile {
  int rows, columns, prefetch = 0;
};

/// tile_q queries a block; tile_keys keys of it and tile_rows queries of it in
/// registers at a time.
struct AttentionTile {
  int queries, keys, rows;
};

/// The best known first; entries that do not fit a kernel are left out by the
/// caller.
/// @{
const std::vector<GemmTile> &gemmTiles(const Machine &machine,
                                       const ShapeClass &shapeClass);
const std::vector<AttentionTile> &attentionTiles(const Machine &machine);
/// @}

} // namespace xf::targets::x86
