// Times the kernels of a MiniLM encoder, and some of other sizes, on one
// thread, cut into the crops that the library's tasks would be, at every ISA of
// the host. Prints the fastest launch in microseconds, its GFLOP/s and, as
// `of_peak`, the ratio to a loop of independent FMAs timed in the same run.
//
//   kernels_bench [--all] [--streamed] [--benchmark_filter=...]
//     --all: every candidate config, else the heuristic's choice
//     --streamed: no launch finds its weights in a cache near by
#include "test/unit/kernels/CompiledKernel.h"

#include "targets/Candidates.h"
#include "targets/host/Ceilings.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <chrono>
#include <cstring>
#include <map>
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
  /// The rows that pick a launch's shape class.
  int classRows(const targets::KernelDesc &desc) const {
    return desc.kind == KernelKind::Attention ||
                   (desc.kind == KernelKind::Rowwise &&
                    desc.rowwise.overSequence)
               ? length
               : rows();
  }
};

/// --streamed: a launch finds its weights where a model of 48 MB leaves them.
bool streamed = false;

struct Bench {
  KernelCase kernelCase;
  targets::Config config;
  std::unique_ptr<CompiledKernel> kernel;
  std::vector<Matrix<float>> operands;
  std::vector<std::vector<int32_t>> indices;
  Matrix<float> output;
  int copies = 1, copy = 0; ///< of a gemm's weights

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
      copies = streamed ? 1 + (48 << 20) / (panels * k * 64) : 1;
      addOperand(copies * panels * k, 16);
      push(operands.back(), {16, k, panels});
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
    case KernelKind::Map:
      width = int(desc.map.width);
      for (const targets::MapOperand &operand : desc.map.operands) {
        addOperand(rows, int(operand.width));
        push(operands.back(), {int(operand.width), rows});
      }
      break;
    }
    output = Matrix<float>(outputRows, width);
  }

  /// Where weights are streamed, the next launch takes others.
  void nextWeights() {
    if (copies == 1)
      return;
    const targets::GemmDesc &gemm = kernelCase.desc.gemm;
    int k = int(gemm.k), panels = int(gemm.n + 15) / 16;
    copy = (copy + 1) % copies;
    kernel->inputs[1] = Halide::Runtime::Buffer<float>(
        operands[1].values.data() + size_t(copy) * panels * k * 16,
        std::vector<int>{16, k, panels});
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
              const targets::Machine &machine, Shape shape, double ceiling) {
  if (!bench->kernel)
    bench->kernel = std::make_unique<CompiledKernel>(bench->kernelCase,
                                                     bench->config, machine);
  bench->prepare(shape);
  bench->launch(shape);
  double best = 1e300; // what else runs on the machine can only add to it
  for (auto _ : state) {
    bench->nextWeights();
    auto start = std::chrono::steady_clock::now();
    bench->launch(shape);
    best = std::min(best, secondsSince(start));
  }
  state.counters["best_us"] = best * 1e6;
  if (bench->kernelCase.desc.kind == KernelKind::Attention)
    state.counters["us_per_token"] = best * 1e6 / shape.rows();
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
    for (auto [name, flag] :
         {std::pair("--all", &all), {"--streamed", &streamed}})
      if (i < argc && std::strcmp(argv[i], name) == 0)
        *flag = true, std::copy(argv + i + 1, argv + argc--, argv + i), --i;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 1;

  for (const targets::Machine *machine : hostMachines()) {
    double ceiling = targets::fmaFlops(
        machine->vectorFloats == 16 ? targets::Isa::Avx512 : targets::Isa::Avx2,
        1);
    benchmark::AddCustomContext("peak of " + machine->name,
                                std::to_string(ceiling / 1e9) + " GFLOP/s");
    for (const KernelCase &c : benchCases()) {
      std::vector<Shape> shapes = {{1, 16}, {1, 128}, {8, 128}};
      if (c.desc.kind == KernelKind::Attention)
        shapes = {{1, 16}, {1, 50}, {1, 128}, {8, 128}, {1, 512}};
      // Time per token of what a mask skips is flat in the length.
      if (c.name.find("window") != std::string::npos)
        shapes = {{1, 512}, {1, 1024}, {1, 2048}, {1, 4096}};
      std::map<std::string, std::shared_ptr<Bench>> benches; // by config
      for (Shape shape : shapes) {
        std::vector<targets::Config> configs = targets::candidates(
            c.desc, *machine, targets::shapeClassOf(shape.classRows(c.desc)));
        if (!all)
          configs.resize(1);
        for (const targets::Config &config : configs) {
          std::string text = targets::printConfig(config);
          auto &bench = benches[text];
          if (!bench)
            bench =
                std::make_shared<Bench>(Bench{c, config, nullptr, {}, {}, {}});
          std::string name =
              fmt::format("{}/{}/{} rows", machine->name, c.name, shape.rows());
          if (all)
            name += "/" + text.substr(text.find("grain_cols"));
          benchmark::RegisterBenchmark(
              name.c_str(), [=, bench = bench](benchmark::State &s) {
                runBench(s, bench, *machine, shape, ceiling);
              });
        }
      }
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
