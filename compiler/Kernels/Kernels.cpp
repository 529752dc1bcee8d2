// Dispatch by kind, and the arguments that the kinds have in common.
#include "compiler/Kernels/Algorithms.h"

#include <fmt/format.h>

namespace xf::kernels {

using Halide::ImageParam;
using targets::KernelFuncs;
using targets::KernelKind;

KernelFuncs buildKernel(const targets::KernelDesc &desc,
                        const targets::Config &config, const Scalars &scalars) {
  switch (desc.kind) {
  case KernelKind::Gemm:
    return buildGemm(desc, config, scalars);
  case KernelKind::Attention:
    return buildAttention(desc, config, scalars);
  case KernelKind::Rowwise:
    return buildRowwise(desc, config, scalars);
  case KernelKind::Gather:
    return buildGather(desc, config, scalars);
  }
  return {};
}

static void addBuffer(KernelFuncs &kernel, ImageParam &image) {
  kernel.arguments.push_back(image);
  kernel.inputs.push_back(image);
}

ImageParam addInput(KernelFuncs &kernel, const std::string &name,
                    Halide::Type type, const std::vector<int> &extents) {
  ImageParam image(type, int(extents.size()), name);
  int stride = 1;
  for (size_t d = 0; d < extents.size(); ++d) {
    image.dim(int(d)).set_bounds(0, extents[d]).set_stride(stride);
    stride *= extents[d];
  }
  addBuffer(kernel, image);
  return image;
}

ImageParam addRowsInput(KernelFuncs &kernel, const std::string &name,
                        int64_t width) {
  ImageParam image(Halide::Float(32), 2, name);
  image.dim(0).set_bounds(0, int(width));
  image.dim(1).set_stride(int(width));
  addBuffer(kernel, image);
  return image;
}

std::vector<ImageParam> addVectorInputs(KernelFuncs &kernel, int count,
                                        int64_t width) {
  std::vector<ImageParam> images;
  for (int i = 0; i < count; ++i)
    images.push_back(addInput(kernel, fmt::format("vector_{}", i),
                              Halide::Float(32), {int(width)}));
  return images;
}

std::vector<ImageParam> addRowsInputs(KernelFuncs &kernel, int count,
                                      int64_t width) {
  std::vector<ImageParam> images;
  for (int i = 0; i < count; ++i)
    images.push_back(addRowsInput(kernel, fmt::format("rows_{}", i), width));
  return images;
}

Halide::Param<int32_t> addScalar(KernelFuncs &kernel, const std::string &name) {
  Halide::Param<int32_t> param(name);
  kernel.arguments.push_back(param);
  return param;
}

void promiseRows(Halide::OutputImageParam buffer, int64_t width) {
  buffer.dim(1).set_stride(int(width));
}

} // namespace xf::kernels
