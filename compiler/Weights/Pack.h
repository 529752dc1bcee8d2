// The layouts in which kernels read weights, and the section that holds all
// weights of a library.
#pragma once

#include "compiler/Weights/Recipe.h"

#include "llvm/ADT/ArrayRef.h"

namespace xf::weights {

/// Columns of a panel; see PackLayout::Panels.
inline constexpr int64_t kPanelColumns = 16;
/// Every weight starts at a multiple of this in the section, and so in memory.
inline constexpr uint64_t kWeightAlignment = 64;

enum class PackLayout {
  /// Row-major as it is; a vector is padded with zeros to a multiple of 16.
  Plain,
  /// A (K, N) matrix as [ceil(N / 16)][K][16], zeros where N ends: one panel of
  /// 16 columns after the other, each contiguous as a gemm walks it.
  Panels,
};

/// Floats that a weight of `shape` takes in `layout`. Panels needs a matrix.
uint64_t packedSize(llvm::ArrayRef<int64_t> shape, PackLayout layout);

/// The packed values, `packedSize` of them.
std::vector<float> pack(const Tensor &tensor, PackLayout layout);

/// Where the weights of a library lie: known from shapes alone, so that the
/// host program can be made before any value is read.
class SectionPlan {
public:
  /// Reserves room for `floats` values and returns their offset in bytes.
  uint64_t add(uint64_t floats);
  /// Size of the section so far, a multiple of kWeightAlignment.
  uint64_t bytes() const { return size; }

private:
  uint64_t size = 0;
};

} // namespace xf::weights
