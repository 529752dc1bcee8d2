// Packs weights for the kernels and plans the section they lie in.
#include "compiler/Weights/Pack.h"

#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cassert>

using namespace llvm;
using namespace xf::weights;

uint64_t xf::weights::packedSize(ArrayRef<int64_t> shape, PackLayout layout) {
  if (layout == PackLayout::Panels) {
    assert(shape.size() == 2 && "only a matrix has panels");
    return alignTo(shape[1], kPanelColumns) * shape[0];
  }
  if (shape.size() == 1)
    return alignTo(shape[0], kPanelColumns);
  uint64_t size = 1;
  for (int64_t extent : shape)
    size *= extent;
  return size;
}

static std::vector<float> packPanels(const Tensor &tensor) {
  int64_t depth = tensor.shape[0], columns = tensor.shape[1];
  std::vector<float> packed(packedSize(tensor.shape, PackLayout::Panels));
  auto out = packed.begin();
  for (int64_t first = 0; first < columns; first += kPanelColumns) {
    int64_t width = std::min(kPanelColumns, columns - first);
    for (int64_t k = 0; k < depth; ++k, out += kPanelColumns)
      std::copy_n(tensor.values.begin() + k * columns + first, width, out);
  }
  return packed;
}

std::vector<float> xf::weights::pack(const Tensor &tensor, PackLayout layout) {
  if (layout == PackLayout::Panels)
    return packPanels(tensor);
  std::vector<float> packed = tensor.values;
  packed.resize(packedSize(tensor.shape, layout));
  return packed;
}

uint64_t SectionPlan::add(uint64_t floats) {
  uint64_t offset = size;
  size = alignTo(size + floats * sizeof(float), kWeightAlignment);
  return offset;
}
