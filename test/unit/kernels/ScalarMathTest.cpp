// Holds: each scalar function is as accurate as ScalarMath.h says over its
// whole range, and the same in vector and scalar code on every target of the
// host.
#include "KernelCases.h"

#include "compiler/Kernels/ScalarMath.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace xf::test {
namespace {

using Halide::Expr;
using Function = Expr (*)(Expr);

/// `f` of every input, by vectors of the machine, or (lanes 1) by scalar code.
std::vector<float> evaluate(Function f, std::vector<float> &inputs,
                            const targets::Machine &machine, int lanes) {
  Halide::ImageParam input(Halide::Float(32), 1);
  Halide::Func output("output");
  Halide::Var x("x");
  output(x) = f(input(x));
  if (lanes > 1)
    output.vectorize(x, lanes, Halide::TailStrategy::GuardWithIf);
  Halide::Buffer<float> in(inputs.data(), int(inputs.size())),
      out(int(inputs.size()));
  input.set(in);
  output.realize(
      {out},
      Halide::Target(machine.halideTarget).with_feature(Halide::Target::JIT));
  return std::vector<float>(out.data(), out.data() + out.number_of_elements());
}

struct Accuracy {
  const char *name;
  Function function;
  double (*exact)(double);
  float low, high;
  double relative,
      absolute; ///< the error may reach relative * |exact| + absolute
};

double exactGelu(double x) { return x / 2 * std::erfc(-x * M_SQRT1_2); }

const Accuracy accuracies[] = {
    {"exp", kernels::exp, std::exp, -87.3f, 88.72f, 0x1p-23, 0},
    {"exp, subnormal results", kernels::exp, std::exp, -103.9f, -87.3f, 0x1p-23,
     0x1p-149},
    {"exp2", kernels::exp2, std::exp2, -126.0f, 127.99f, 0x1p-23, 0},
    {"exp2 of non-positive", kernels::exp2OfNonPositive, std::exp2, -126.0f,
     0.0f, 0x1p-23, 0},
    {"log", kernels::log, std::log, 1e-45f, 8.0f, 0x1p-23, 0},
    {"log, large", kernels::log, std::log, 8.0f, 3.4e38f, 0x1p-23, 0},
    {"log1p", kernels::log1p, std::log1p, -0.999f, 8.0f, 3e-7, 0},
    {"log1p, large", kernels::log1p, std::log1p, 8.0f, 3.4e38f, 3e-7, 0},
    {"sin", kernels::sin, std::sin, -8.0f, 8.0f, 0, 1.2e-7},
    {"cos", kernels::cos, std::cos, -8.0f, 8.0f, 0, 1.2e-7},
    {"sin, far", kernels::sin, std::sin, -1e5f, 1e5f, 0, 1.2e-7},
    {"cos, far", kernels::cos, std::cos, -1e5f, 1e5f, 0, 1.2e-7},
    {"tanh", kernels::tanh, std::tanh, -12.0f, 12.0f, 0x1p-22, 0x1p-149},
    {"erf", kernels::erf, std::erf, -6.0f, 6.0f, 0x1p-22, 0x1p-149},
    {"erf, absolute", kernels::erf, std::erf, -6.0f, 6.0f, 0, 0x1p-23},
    {"gelu", kernels::gelu, exactGelu, -6.0f, 6.0f, 0x1p-23, 0x1p-24},
    {"gelu, large", kernels::gelu, exactGelu, -1e30f, 1e30f, 0x1p-23, 0x1p-24},
};

/// Evenly spaced and uniformly random floats of [low, high], and floats of
/// every magnitude in it.
std::vector<float> inputsFor(const Accuracy &a) {
  std::vector<float> inputs{a.low, a.high};
  std::mt19937 random(5);
  std::uniform_real_distribution<double> uniform(a.low, a.high),
      exponent(-40, 38);
  for (int i = 0; i < 150001; ++i) {
    inputs.push_back(float(a.low + (double(a.high) - a.low) * i / 150001));
    inputs.push_back(float(uniform(random)));
    float magnitude = float(std::pow(10, exponent(random)));
    for (float x : {magnitude, -magnitude})
      if (x >= a.low && x <= a.high)
        inputs.push_back(x);
  }
  return inputs;
}

TEST(ScalarMathTest, AccurateOverTheWholeRange) {
  for (const Accuracy &a : accuracies) {
    std::vector<float> inputs = inputsFor(a), first;
    for (const targets::Machine *machine : hostMachines()) {
      SCOPED_TRACE(std::string(a.name) + " on " + machine->name);
      std::vector<float> outputs =
          evaluate(a.function, inputs, *machine, machine->vectorFloats);
      double worst = 0, worstAt = 0;
      for (size_t i = 0; i < inputs.size(); ++i) {
        double exact = a.exact(inputs[i]);
        double error = std::abs(outputs[i] - exact) /
                       (a.relative * std::abs(exact) + a.absolute);
        if (exact != outputs[i] && !(error <= worst))
          worst = error, worstAt = inputs[i];
      }
      EXPECT_LE(worst, 1) << "of the bound, at " << worstAt;
      if (first.empty())
        first = outputs;
      EXPECT_EQ(first, outputs) << "differs from the first target";
      inputs.resize(
          999); // scalar code is slow, and 999 leaves a tail to the vectors
      std::vector<float> scalar = evaluate(a.function, inputs, *machine, 1);
      EXPECT_TRUE(std::equal(scalar.begin(), scalar.end(), outputs.begin()))
          << "scalar differs from vector";
      inputs = inputsFor(a);
    }
  }
}

TEST(ScalarMathTest, EndsOfTheRange) {
  float infinity = std::numeric_limits<float>::infinity(),
        largest = std::numeric_limits<float>::max();
  for (const targets::Machine *machine : hostMachines()) {
    SCOPED_TRACE(machine->name);
    auto at = [&](Function f, std::vector<float> inputs) {
      return evaluate(f, inputs, *machine, machine->vectorFloats);
    };
    EXPECT_EQ(at(kernels::exp, {0, -0.0f, 89, largest, -104, -largest}),
              (std::vector<float>{1, 1, infinity, infinity, 0, 0}));
    EXPECT_EQ(at(kernels::exp2OfNonPositive,
                 {0, -0.0f, -126, -127, -4e6f, -1e30f, -largest, -infinity}),
              (std::vector<float>{1, 1, 0x1p-126f, 0, 0, 0, 0, 0}));
    std::vector<float> underflowing;
    for (float x = -126; x > -127; x -= 0x1p-8f)
      underflowing.push_back(x);
    for (float y : at(kernels::exp2OfNonPositive, underflowing))
      EXPECT_TRUE(y >= 0 && y <= 0x1p-126f) << y;
    EXPECT_EQ(at(kernels::log, {1, 0, -0.0f, infinity}),
              (std::vector<float>{0, -infinity, -infinity, infinity}));
    EXPECT_TRUE(std::isnan(at(kernels::log, {-1})[0]));
    EXPECT_EQ(at(kernels::log1p, {0, -1, 1e-30f, infinity}),
              (std::vector<float>{0, -infinity, 1e-30f, infinity}));
    EXPECT_EQ(at(kernels::sin, {0, -0.0f}), (std::vector<float>{0, 0}));
    EXPECT_EQ(at(kernels::cos, {0, -0.0f}), (std::vector<float>{1, 1}));
    for (Function f : {kernels::sin, kernels::cos})
      for (float y : at(f, {1e8f, -1e20f, largest, infinity}))
        EXPECT_LE(std::abs(y), 1);
    EXPECT_EQ(at(kernels::tanh, {0, 10, -10, largest, -largest}),
              (std::vector<float>{0, 1, -1, 1, -1}));
    EXPECT_EQ(at(kernels::erf, {0, 4, -4, largest, -largest}),
              (std::vector<float>{0, 1, -1, 1, -1}));
  }
}

} // namespace
} // namespace xf::test
