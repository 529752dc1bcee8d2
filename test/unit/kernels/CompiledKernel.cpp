// Calls of a number of arguments that is known at run time, and the views they
// take.
#include "CompiledKernel.h"

#include <stdexcept>
#include <utility>

namespace xf::test {

using Halide::Callable;

/// What GoogleTest can print: Halide's errors are no std::exception.
template <class F> static auto withStandardErrors(F f) {
  try {
    return f();
  } catch (const Halide::Error &error) {
    throw std::runtime_error(error.what());
  }
}

static Callable compile(targets::KernelFuncs &kernel,
                        const targets::Machine &machine) {
  Halide::Target target =
      Halide::Target(machine.halideTarget).with_feature(Halide::Target::JIT);
  return kernel.output.compile_to_callable(kernel.arguments, target);
}

CompiledKernel::CompiledKernel(const KernelCase &kernelCase,
                               const targets::Config &config,
                               const targets::Machine &machine) {
  targets::KernelFuncs kernel =
      kernels::buildKernel(kernelCase.desc, config, kernelCase.scalars);
  callable = withStandardErrors([&] {
    targets::scheduleKernel(kernel, kernelCase.desc, config, machine);
    return compile(kernel, machine);
  });
  for (size_t i = 0; i < kernel.arguments.size() && scalarsAfter < 0; ++i)
    if (kernel.arguments[i].is_scalar())
      scalarsAfter = int(i);
}

template <size_t... I>
static int callBuffers(const Callable &callable, halide_buffer_t **b,
                       std::index_sequence<I...>) {
  return callable(b[I]...);
}

template <size_t... I, size_t... J>
static int callScalars(const Callable &callable, halide_buffer_t **b, int begin,
                       int length, std::index_sequence<I...>,
                       std::index_sequence<J...>) {
  return callable(b[I]..., begin, length, b[sizeof...(I) + J]...);
}

static int call(const Callable &callable, std::vector<halide_buffer_t *> &b) {
  switch (b.size()) {
  case 2:
    return callBuffers(callable, b.data(), std::make_index_sequence<2>());
  case 3:
    return callBuffers(callable, b.data(), std::make_index_sequence<3>());
  case 4:
    return callBuffers(callable, b.data(), std::make_index_sequence<4>());
  case 5:
    return callBuffers(callable, b.data(), std::make_index_sequence<5>());
  case 7:
    return callBuffers(callable, b.data(), std::make_index_sequence<7>());
  }
  throw std::logic_error("no case of the table has so many arguments");
}

/// One input before the scalars (and at most one after them), or three: what
/// attention and pooling take.
static int call(const Callable &callable, std::vector<halide_buffer_t *> &b,
                int before, int begin, int length) {
  using std::make_index_sequence;
  if (before == 1 && b.size() == 2)
    return callScalars(callable, b.data(), begin, length,
                       make_index_sequence<1>(), make_index_sequence<1>());
  if (before == 1 && b.size() == 3)
    return callScalars(callable, b.data(), begin, length,
                       make_index_sequence<1>(), make_index_sequence<2>());
  if (before == 3 && b.size() == 4)
    return callScalars(callable, b.data(), begin, length,
                       make_index_sequence<3>(), make_index_sequence<1>());
  throw std::logic_error("no case of the table has so many arguments");
}

void CompiledKernel::run(Matrix<float> &output, Crop crop, int seqBegin,
                         int seqLength) {
  Halide::Runtime::Buffer<> out = view(output);
  out.crop(0, crop.column, crop.columns);
  out.crop(1, crop.row, crop.rows);
  std::vector<halide_buffer_t *> buffers;
  for (Halide::Runtime::Buffer<> &input : inputs)
    buffers.push_back(input.raw_buffer());
  buffers.push_back(out.raw_buffer());
  int status = withStandardErrors([&] {
    return scalarsAfter < 0
               ? call(callable, buffers)
               : call(callable, buffers, scalarsAfter, seqBegin, seqLength);
  });
  if (status != 0)
    throw std::runtime_error("the kernel returned " + std::to_string(status));
}

Halide::Runtime::Buffer<> view(Matrix<float> &matrix) {
  return Halide::Runtime::Buffer<float>(matrix.values.data(), matrix.width,
                                        matrix.rows);
}

} // namespace xf::test
