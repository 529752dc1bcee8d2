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
  return kernel.pipeline().compile_to_callable(kernel.arguments, target);
}

CompiledKernel::CompiledKernel(const KernelCase &kernelCase,
                               const targets::Config &config,
                               const targets::Machine &machine) {
  targets::KernelFuncs kernel;
  callable = withStandardErrors([&] {
    kernel = kernels::buildKernel(kernelCase.desc, config, kernelCase.scalars);
    targets::scheduleKernel(kernel, kernelCase.desc, config, machine);
    return compile(kernel, machine);
  });
  for (size_t i = 0; i < kernel.arguments.size() && scalarsAfter < 0; ++i)
    if (kernel.arguments[i].is_scalar())
      scalarsAfter = int(i);
}

namespace {
/// A call of Before buffers, Scalars ints and After buffers.
struct Caller {
  const Callable &callable;
  std::vector<halide_buffer_t *> &buffers;
  const std::vector<int> &scalars;
  size_t before;
  int status = -1;

  template <size_t... B, size_t... S, size_t... A>
  int call(std::index_sequence<B...>, std::index_sequence<S...>,
           std::index_sequence<A...>) {
    return callable(buffers[B]..., scalars[S]..., buffers[sizeof...(B) + A]...);
  }
  /// The call, if these are its numbers.
  template <size_t Before, size_t Scalars, size_t After> bool attempt() {
    if (before != Before || scalars.size() != Scalars ||
        buffers.size() != Before + After)
      return false;
    status = call(std::make_index_sequence<Before>(),
                  std::make_index_sequence<Scalars>(),
                  std::make_index_sequence<After>());
    return true;
  }
  template <size_t Scalars, size_t After, size_t... Before>
  bool attemptAll(std::index_sequence<Before...>) {
    return (attempt<Before, Scalars, After>() || ...);
  }
};
} // namespace

void CompiledKernel::call(std::vector<halide_buffer_t *> buffers,
                          const std::vector<int> &scalars) {
  size_t before = scalars.empty() ? buffers.size() : size_t(scalarsAfter);
  Caller caller{callable, buffers, scalars, before};
  std::make_index_sequence<17> counts;
  bool known = withStandardErrors([&] {
    return caller.attemptAll<0, 0>(counts) || caller.attemptAll<2, 1>(counts) ||
           caller.attemptAll<2, 2>(counts) || caller.attemptAll<5, 1>(counts) ||
           caller.attemptAll<5, 2>(counts);
  });
  if (!known)
    throw std::logic_error("no case of the table has so many arguments");
  if (caller.status != 0)
    throw std::runtime_error("the kernel returned " +
                             std::to_string(caller.status));
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
  call(std::move(buffers), scalarsAfter < 0 ? std::vector<int>{}
                                            : std::vector{seqBegin, seqLength});
}

Halide::Runtime::Buffer<> view(Matrix<float> &matrix) {
  return Halide::Runtime::Buffer<float>(matrix.values.data(), matrix.width,
                                        matrix.rows);
}

} // namespace xf::test
