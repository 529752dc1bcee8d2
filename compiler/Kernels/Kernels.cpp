// Dispatch by kind, and the arguments that the kinds have in common.
#include "compiler/Kernels/Algorithms.h"

#include <fmt/format.h>

#include <algorithm>

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
    return config.variant == "kept"
               ? buildKeptAttention(desc, config, scalars)
               : buildBlockedAttention(desc, config, scalars);
  case KernelKind::Rowwise:
    return buildRowwise(desc, config, scalars);
  case KernelKind::Gather:
    return buildGather(desc, config, scalars);
  case KernelKind::Map:
    return buildMap(desc, config, scalars);
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

std::vector<ImageParam>
addTables(KernelFuncs &kernel,
          const std::vector<std::vector<int64_t>> &tables) {
  std::vector<ImageParam> images;
  for (size_t t = 0; t < tables.size(); ++t)
    images.push_back(addInput(kernel, fmt::format("table_{}", t),
                              Halide::Float(32),
                              {tables[t].rbegin(), tables[t].rend()}));
  return images;
}

ImageParam addIndexInput(KernelFuncs &kernel, const std::string &name) {
  ImageParam image(Halide::Int(32), 1, name);
  image.dim(0).set_stride(1);
  addBuffer(kernel, image);
  return image;
}

Expr inRange(
    Expr index, Expr extent,
    const Halide::Internal::Scope<Halide::Internal::Interval> &within) {
  using namespace Halide::Internal;
  Interval range = bounds_of_expr_in_scope(simplify(index), within);
  bool fits = range.is_bounded() &&
              is_const_one(simplify(range.min >= 0 && range.max < extent));
  return fits ? Halide::unsafe_promise_clamped(index, 0, extent - 1)
              : Halide::clamp(index, 0, extent - 1);
}

std::function<Expr(int, std::vector<Expr>)>
tableReader(std::vector<ImageParam> tables,
            const Halide::Internal::Scope<Halide::Internal::Interval> &within) {
  return [tables, &within](int number, std::vector<Expr> indices) -> Expr {
    ImageParam table = tables.at(number);
    std::reverse(indices.begin(), indices.end());
    for (size_t d = 0; d < indices.size(); ++d)
      indices[d] = inRange(indices[d], table.dim(int(d)).extent(), within);
    return table(indices);
  };
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
