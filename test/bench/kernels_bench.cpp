// Times the kernels of a MiniLM encoder, and some of other sizes, on one
// thread, cut into the crops that the library's tasks would be, at every ISA of
// the host. Prints the fastest launch in microseconds, its GFLOP/s and, as
// `of_peak`, the ratio to a loop of independent FMAs timed in the same run.
//
//   kernels_bench [--all] [--benchmark_filter=...]      --all: every candidate
//   config, else the heuristic's choice
#include "test/unit/kernels/CompiledKernel.h"

#include "FmaPeak.h"
#include "targets/Candidates.h"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <random>

namespace {

using namespace xf;
using namespace xf::test;
using targets::KernelKind;

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

//===----------------------------------------------------------------------===//
// A kernel on the data of a call
//===----------------------------------------------------------------------===//

/// Rows of one call: sequences of `length` rows.
struct Shape {
  int sequences, length;
  int rows() const { return sequences * length; }
};

struct Bench {
  KernelCase kernelCase;
  targets::Config config;
  std::unique_ptr<CompiledKernel> kernel;
  std::vector<Matrix<float>> operands;
  std::vector<std::vector<int32_t>> indices;
  Matrix<float> output;

  /// Adds an input buffer of random values.
  void addOperand(int rows, int width) {
    std::mt19937 random(unsigned(operands.size()));
    std::uniform_real_distribution<float> uniform(-1, 1);
    Matrix<float> &operand = operands.emplace_back(rows, width);
    for (float &value : operand.values)
      value = uniform(random);
  }

  void prepare(Shape shape) {
    const targets::KernelDesc &desc = kernelCase.desc;
    operands.clear(), indices.clear(), operands.reserve(8),
        kernel->inputs.clear();
    int rows = shape.rows(), outputRows = rows, width = 0;
    auto push = [&](Matrix<float> &m, std::vector<int> extents) {
      kernel->inputs.push_back(
          Halide::Runtime::Buffer<float>(m.values.data(), extents));
    };
    switch (desc.kind) {
    case KernelKind::Gemm: {
      int k = int(desc.gemm.k), panels = int(desc.gemm.n + 15) / 16;
      width = int(desc.gemm.n);
      addOperand(rows, k), push(operands.back(), {k, rows});
      addOperand(panels * k, 16), push(operands.back(), {16, k, panels});
      for (int i = 0; i < desc.gemm.vectors; ++i)
        addOperand(1, width), push(operands.back(), {width});
      for (int i = 0; i < desc.gemm.rows; ++i)
        addOperand(rows, width), push(operands.back(), {width, rows});
      break;
    }
    case KernelKind::Attention:
      width = int(desc.attention.heads * desc.attention.valueDim);
      addOperand(rows, int(desc.attention.qWidth)),
          push(operands.back(), {int(desc.attention.qWidth), rows});
      break;
    case KernelKind::Rowwise:
      width = int(desc.rowwise.width);
      outputRows = desc.rowwise.overSequence ? shape.sequences : rows;
      addOperand(rows, width), push(operands.back(), {width, rows});
      for (int i = 0; i < desc.rowwise.vectors; ++i)
        addOperand(1, width), push(operands.back(), {width});
      break;
    case KernelKind::Gather:
      width = int(desc.gather.width);
      for (size_t t = 0; t < desc.gather.tables.size(); ++t) {
        for (auto &index = indices.emplace_back(rows); int32_t &i : index)
          i = int32_t(&i - index.data()) * 37 % 512;
        kernel->inputs.push_back(
            Halide::Runtime::Buffer<int32_t>(indices.back().data(), rows));
      }
      for (size_t t = 0; t < desc.gather.tables.size(); ++t)
        addOperand(512, width), push(operands.back(), {width, 512});
      break;
    }
    output = Matrix<float>(outputRows, width);
  }

  /// One launch, task by task in the order of the library's pool.
  void launch(Shape shape) {
    auto crops = [&](int begin, int rows, int seqBegin, int seqLength) {
      int grainRows = int(config.get("grain_rows")),
          grainCols = int(config.get("grain_cols"));
      grainRows = grainRows ? grainRows : rows,
      grainCols = grainCols ? grainCols : output.width;
      for (int c = 0; c < output.width; c += grainCols)
        for (int r = 0; r < rows; r += grainRows)
          kernel->run(output,
                      {begin + r, std::min(grainRows, rows - r), c,
                       std::min(grainCols, output.width - c)},
                      seqBegin, seqLength);
    };
    bool pool = kernelCase.desc.kind == KernelKind::Rowwise &&
                kernelCase.desc.rowwise.overSequence;
    if (kernelCase.desc.kind != KernelKind::Attention && !pool)
      return crops(0, shape.rows(), 0, 0);
    for (int s = 0; s < shape.sequences; ++s)
      pool ? crops(s, 1, s * shape.length, shape.length)
           : crops(s * shape.length, shape.length, s * shape.length,
                   shape.length);
  }

  /// Multiplications and additions of the products; 0 for kernels that memory
  /// bounds.
  double flops(Shape shape) const {
    const targets::KernelDesc &desc = kernelCase.desc;
    if (desc.kind == KernelKind::Gemm)
      return 2.0 * desc.gemm.k * desc.gemm.n * shape.rows();
    if (desc.kind == KernelKind::Attention)
      return 2.0 * desc.attention.heads *
             (desc.attention.headDim + desc.attention.valueDim) * shape.rows() *
             shape.length;
    return 0;
  }

  double bytes() const {
    double sum = 4.0 * output.values.size();
    for (const Matrix<float> &operand : operands)
      sum += 4.0 * operand.values.size();
    return sum;
  }
};

void runBench(benchmark::State &state, std::shared_ptr<Bench> bench,
              Shape shape, double ceiling) {
  bench->prepare(shape);
  bench->launch(shape);
  double best = 1e300; // what else runs on the machine can only add to it
  for (auto _ : state) {
    auto start = std::chrono::steady_clock::now();
    bench->launch(shape);
    best = std::min(best, secondsSince(start));
  }
  state.counters["best_us"] = best * 1e6;
  if (double flops = bench->flops(shape)) {
    state.counters["GFLOP/s"] = flops / best / 1e9;
    state.counters["of_peak"] = flops / best / ceiling;
  } else if (bench->indices.empty()) {
    state.counters["GB/s"] = bench->bytes() / best / 1e9;
  }
}

} // namespace

int main(int argc, char **argv) {
  bool all = false;
  for (int i = 1; i < argc; ++i)
    if (std::strcmp(argv[i], "--all") == 0)
      all = true, std::copy(argv + i + 1, argv + argc--, argv + i), --i;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 1;

  for (const targets::Machine *machine : hostMachines()) {
    double ceiling = fmaPeak(machine->vectorFloats, 1);
    benchmark::AddCustomContext("peak of " + machine->name,
                                std::to_string(ceiling / 1e9) + " GFLOP/s");
    for (const KernelCase &c : benchCases())
      for (const targets::Config &config :
           targets::candidates(c.desc, *machine)) {
        auto bench =
            std::make_shared<Bench>(Bench{c, config, nullptr, {}, {}, {}});
        bench->kernel = std::make_unique<CompiledKernel>(c, config, *machine);
        for (Shape shape : {Shape{1, 16}, Shape{1, 128}, Shape{8, 128}}) {
          std::string name = machine->name + "/" + c.name + "/" +
                             std::to_string(shape.rows()) + " rows";
          if (all)
            name += "/" + targets::printConfig(config).substr(
                              targets::printConfig(config).find("grain_cols"));
          benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State &s) {
            runBench(s, bench, shape, ceiling);
          });
        }
        if (!all)
          break;
      }
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
