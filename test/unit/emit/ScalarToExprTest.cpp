// Every entry of the scalar table, run by Halide's JIT in a vector and one lane
// at a time, against libm or plain C++.
#include "compiler/Emit/ScalarToExpr.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

namespace xf {
namespace {

class ScalarToExpr : public testing::Test {
protected:
  ScalarToExpr() {
    context.loadDialect<mlir::arith::ArithDialect, mlir::math::MathDialect,
                        mlir::func::FuncDialect>();
  }

  /// `arguments` -> `result` with `body` defining %r.
  mlir::Region &parse(const std::string &arguments, const std::string &result,
                      const std::string &body) {
    std::string text = "func.func @f(" + arguments + ") -> " + result + " {\n" +
                       body + "\nreturn %r : " + result + "\n}";
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    if (!module)
      throw std::runtime_error("does not parse: " + text);
    return mlir::cast<mlir::func::FuncOp>(module->getBody()->front()).getBody();
  }

  /// The region over each element of `inputs`, vectorised by 8; the same bits
  /// must come out one lane at a time.
  template <typename T, typename R>
  std::vector<R> run(mlir::Region &region,
                     const std::vector<std::vector<T>> &inputs) {
    int size = int(inputs[0].size());
    Halide::Var x("x");
    std::vector<Halide::Expr> arguments;
    for (const std::vector<T> &input : inputs) {
      Halide::Buffer<T> buffer(size);
      std::copy(input.begin(), input.end(), buffer.begin());
      arguments.push_back(buffer(x));
    }
    Halide::Expr value =
        Halide::cast(Halide::type_of<R>(), scalarToExpr(region, arguments));
    Halide::Func vector("vector"), scalar("scalar");
    vector(x) = value;
    scalar(x) = value;
    vector.vectorize(x, 8);
    Halide::Buffer<R> fromVector(size), fromScalar(size);
    Halide::Pipeline({vector, scalar}).realize({fromVector, fromScalar});
    EXPECT_EQ(
        0, std::memcmp(fromVector.data(), fromScalar.data(), size * sizeof(R)))
        << "a lane differs from scalar code";
    return {fromVector.begin(), fromVector.end()};
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

/// 0, and numbers of both signs from 1e-6 to `limit`; a multiple of 8.
std::vector<float> floats(float limit) {
  std::vector<float> values = {0,    1,     -1,   0.5f,        -0.5f,
                               1.5f, -1.5f, 2.5f, 0.49999997f, -0.49999997f};
  for (float x = 1e-6f; x < limit; x *= 1.37f) {
    values.push_back(x);
    values.push_back(-x);
  }
  std::erase_if(values, [&](float x) { return std::fabs(x) > limit; });
  while (values.size() % 8)
    values.push_back(limit / 3);
  return values;
}

struct UnaryCase {
  const char *op;
  std::function<double(double)> expected;
  double tolerance;    ///< relative; 0: the same float
  float low, high;     ///< operands outside are left out
  double absolute = 0; ///< the error may reach this anyhow
};

TEST_F(ScalarToExpr, UnaryFloat) {
  constexpr float most = 1e8f;
  auto single = [](float (*f)(float)) {
    return [f](double x) { return double(f(float(x))); };
  };
  // Tolerances that are not 0 are those that ScalarMath.h states; libm's own
  // functions must come out as they are.
  const UnaryCase cases[] = {
      {"arith.negf", [](double x) { return -x; }, 0, -most, most},
      {"math.absf", [](double x) { return std::fabs(x); }, 0, -most, most},
      {"math.floor", [](double x) { return std::floor(x); }, 0, -most, most},
      {"math.ceil", [](double x) { return std::ceil(x); }, 0, -most, most},
      {"math.trunc", [](double x) { return std::trunc(x); }, 0, -most, most},
      {"math.round", [](double x) { return std::round(x); }, 0, -most, most},
      {"math.roundeven", [](double x) { return std::nearbyint(x); }, 0, -most,
       most},
      {"math.sqrt", [](double x) { return std::sqrt(x); }, 0, 0, most},
      {"math.rsqrt", [](double x) { return 1.0f / std::sqrt(float(x)); }, 0,
       1e-6f, most},
      {"math.exp", [](double x) { return std::exp(x); }, 1.2e-7, -80, 80},
      {"math.log", [](double x) { return std::log(x); }, 1.2e-7, 1e-6f, most},
      {"math.tanh", [](double x) { return std::tanh(x); }, 2.4e-7, -most, most},
      {"math.erf", [](double x) { return std::erf(x); }, 2.4e-7, -most, most},
      {"math.exp2", [](double x) { return std::exp2(x); }, 1.2e-7, -100, 100},
      {"math.expm1", single(expm1f), 0, -80, 80},
      {"math.log2", single(log2f), 0, 1e-6f, most},
      {"math.log10", single(log10f), 0, 1e-6f, most},
      {"math.log1p", [](double x) { return std::log1p(x); }, 3e-7, 0, most},
      {"math.cbrt", single(cbrtf), 0, -most, most},
      {"math.sin", [](double x) { return std::sin(x); }, 0, -1e5f, 1e5f,
       1.2e-7},
      {"math.cos", [](double x) { return std::cos(x); }, 0, -1e5f, 1e5f,
       1.2e-7},
      {"math.tan", single(tanf), 0, -most, most},
      {"math.asin", single(asinf), 0, -1, 1},
      {"math.acos", single(acosf), 0, -1, 1},
      {"math.atan", single(atanf), 0, -most, most},
      {"math.sinh", single(sinhf), 0, -80, 80},
      {"math.cosh", single(coshf), 0, -80, 80},
      {"math.asinh", single(asinhf), 0, -most, most},
      {"math.acosh", single(acoshf), 0, 1, most},
      {"math.atanh", single(atanhf), 0, -0.999f, 0.999f},
  };
  for (const UnaryCase &c : cases) {
    SCOPED_TRACE(c.op);
    std::vector<float> x = floats(most);
    for (float &value : x)
      value = value < c.low || value > c.high ? (c.low + c.high) / 2 : value;
    std::vector<float> y = run<float, float>(
        parse("%a: f32", "f32", "%r = " + std::string(c.op) + " %a : f32"),
        {x});
    for (size_t i = 0; i < x.size(); ++i) {
      double expected = c.expected(x[i]);
      if (c.tolerance == 0 && c.absolute == 0)
        EXPECT_EQ(y[i], float(expected)) << "at " << x[i];
      else
        EXPECT_LE(std::fabs(y[i] - expected),
                  c.tolerance * std::fabs(expected) + c.absolute)
            << "at " << x[i];
    }
  }
}

TEST_F(ScalarToExpr, BinaryFloat) {
  const std::pair<const char *, float (*)(float, float)> cases[] = {
      {"arith.addf", [](float a, float b) { return a + b; }},
      {"arith.subf", [](float a, float b) { return a - b; }},
      {"arith.mulf", [](float a, float b) { return a * b; }},
      {"arith.divf", [](float a, float b) { return a / b; }},
      {"arith.remf", fmodf},
      {"arith.maximumf", [](float a, float b) { return std::max(a, b); }},
      {"arith.minimumf", [](float a, float b) { return std::min(a, b); }},
      {"arith.maxnumf", fmaxf},
      {"arith.minnumf", fminf},
      {"math.powf", powf},
      {"math.atan2", atan2f},
      {"math.copysign", copysignf},
  };
  for (auto [op, expected] : cases) {
    SCOPED_TRACE(op);
    std::vector<float> a = floats(1e3f), b(a.rbegin(), a.rend());
    for (size_t i = 0; i < a.size(); ++i) {
      if (b[i] == 0)
        b[i] = 3;
      if (std::string(op) ==
          "math.powf") // a negative base has NaN powers, huge ones overflow
        a[i] = std::fabs(a[i]) + 0.1f, b[i] = std::fmod(b[i], 10.0f);
    }
    std::vector<float> y =
        run<float, float>(parse("%a: f32, %b: f32", "f32",
                                "%r = " + std::string(op) + " %a, %b : f32"),
                          {a, b});
    for (size_t i = 0; i < a.size(); ++i)
      EXPECT_EQ(y[i], expected(a[i], b[i])) << "at " << a[i] << ", " << b[i];
  }
}

// The exact GELU's written form, whose own function has no cancellation where
// x < 0; a form that differs in a constant is evaluated as it stands.
TEST_F(ScalarToExpr, Gelu) {
  auto form = [](const char *half) {
    return std::string("%h = arith.constant ") + half +
           " : f32\n%o = arith.constant 1.0 : f32\n"
           "%c = arith.constant 0.70710678118654752 : f32\n"
           "%l = arith.mulf %x, %h : f32\n%s = arith.mulf %x, %c : f32\n"
           "%e = math.erf %s : f32\n%p = arith.addf %e, %o : f32\n"
           "%r = arith.mulf %l, %p : f32";
  };
  std::vector<float> x;
  for (int i = -160; i <= 160; ++i)
    x.push_back(float(i) / 20);
  std::vector<float> gelu = run<float, float>(
                         parse("%x: f32", "f32", form("0.5")), {x}),
                     halved = run<float, float>(
                         parse("%x: f32", "f32", form("0.25")), {x});
  for (size_t i = 0; i < x.size(); ++i) {
    double exact = x[i] * 0.5 * std::erfc(-x[i] * M_SQRT1_2);
    EXPECT_NEAR(gelu[i], exact, 1.2e-7 * std::fabs(exact) + 6e-8) << x[i];
    EXPECT_NEAR(halved[i], exact / 2, 1e-6) << x[i];
  }
}

TEST_F(ScalarToExpr, FusedMultiplyAdd) {
  std::vector<float> a = floats(1e3f), b(a.rbegin(), a.rend()), c = a;
  std::rotate(c.begin(), c.begin() + 5, c.end());
  std::vector<float> y =
      run<float, float>(parse("%a: f32, %b: f32, %c: f32", "f32",
                              "%r = math.fma %a, %b, %c : f32"),
                        {a, b, c});
  for (size_t i = 0; i < a.size(); ++i)
    EXPECT_EQ(y[i], fmaf(a[i], b[i], c[i]));
}

// A product and a sum stay two roundings: a fused one would differ in many of
// these.
TEST_F(ScalarToExpr, NothingIsFused) {
  std::vector<float> a = floats(1e3f), b(a.rbegin(), a.rend());
  std::vector<float> y = run<float, float>(
      parse("%a: f32, %b: f32", "f32",
            "%p = arith.mulf %a, %b : f32\n%r = arith.addf %p, %a : f32"),
      {a, b});
  for (size_t i = 0; i < a.size(); ++i) {
    volatile float product = a[i] * b[i];
    EXPECT_EQ(y[i], product + a[i]);
  }
}

std::vector<int32_t> integers() {
  std::vector<int32_t> values;
  for (int32_t x = -16; x < 16; ++x)
    values.push_back(x);
  for (int32_t x :
       {100, -100, 12345, -12345, 1 << 20, -(1 << 20), 65535, -65536})
    values.push_back(x);
  return values;
}

TEST_F(ScalarToExpr, BinaryInteger) {
  auto u = [](int64_t x) { return int64_t(uint32_t(x)); };
  auto floorDivide = [](int64_t a, int64_t b) {
    return int64_t(std::floor(double(a) / double(b)));
  };
  auto ceilDivide = [](int64_t a, int64_t b) {
    return int64_t(std::ceil(double(a) / double(b)));
  };
  const std::pair<const char *, std::function<int64_t(int64_t, int64_t)>>
      cases[] = {
          {"arith.addi", std::plus<int64_t>()},
          {"arith.subi", std::minus<int64_t>()},
          {"arith.muli", [](int64_t a, int64_t b) { return a * (b % 128); }},
          {"arith.divsi", std::divides<int64_t>()},
          {"arith.remsi", std::modulus<int64_t>()},
          {"arith.floordivsi", floorDivide},
          {"arith.ceildivsi", ceilDivide},
          {"arith.divui", [&](int64_t a, int64_t b) { return u(a) / u(b); }},
          {"arith.remui", [&](int64_t a, int64_t b) { return u(a) % u(b); }},
          {"arith.ceildivui",
           [&](int64_t a, int64_t b) { return (u(a) + u(b) - 1) / u(b); }},
          {"arith.maxsi", [](int64_t a, int64_t b) { return std::max(a, b); }},
          {"arith.minsi", [](int64_t a, int64_t b) { return std::min(a, b); }},
          {"arith.maxui",
           [&](int64_t a, int64_t b) { return std::max(u(a), u(b)); }},
          {"arith.minui",
           [&](int64_t a, int64_t b) { return std::min(u(a), u(b)); }},
          {"arith.andi", std::bit_and<int64_t>()},
          {"arith.ori", std::bit_or<int64_t>()},
          {"arith.xori", std::bit_xor<int64_t>()},
          {"arith.shli",
           [](int64_t a, int64_t b) {
             return int32_t(uint32_t(a) << (b & 7));
           }},
          {"arith.shrsi", [](int64_t a, int64_t b) { return a >> (b & 7); }},
          {"arith.shrui",
           [&](int64_t a, int64_t b) { return u(a) >> (b & 7); }},
      };
  for (auto &[op, expected] : cases) {
    SCOPED_TRACE(op);
    std::string name = op;
    std::vector<int32_t> a = integers(), b(a.rbegin(), a.rend());
    std::rotate(b.begin(), b.begin() + 3, b.end());
    for (int32_t &divisor : b) {
      if (divisor == 0)
        divisor = 7;
      if (name.starts_with("arith.sh"))
        divisor &= 7;
      if (name == "arith.muli")
        divisor %= 128;
    }
    std::vector<int32_t> y = run<int32_t, int32_t>(
        parse("%a: i32, %b: i32", "i32", "%r = " + name + " %a, %b : i32"),
        {a, b});
    for (size_t i = 0; i < a.size(); ++i)
      EXPECT_EQ(y[i], int32_t(expected(a[i], b[i])))
          << "at " << a[i] << ", " << b[i];
  }
}

TEST_F(ScalarToExpr, AbsoluteInteger) {
  std::vector<int32_t> a = integers();
  std::vector<int32_t> y = run<int32_t, int32_t>(
      parse("%a: i32", "i32", "%r = math.absi %a : i32"), {a});
  for (size_t i = 0; i < a.size(); ++i)
    EXPECT_EQ(y[i], std::abs(a[i]));
}

TEST_F(ScalarToExpr, CompareIntegers) {
  const std::pair<const char *, bool (*)(int32_t, int32_t)> cases[] = {
      {"eq", [](int32_t a, int32_t b) { return a == b; }},
      {"ne", [](int32_t a, int32_t b) { return a != b; }},
      {"slt", [](int32_t a, int32_t b) { return a < b; }},
      {"sle", [](int32_t a, int32_t b) { return a <= b; }},
      {"sgt", [](int32_t a, int32_t b) { return a > b; }},
      {"sge", [](int32_t a, int32_t b) { return a >= b; }},
      {"ult", [](int32_t a, int32_t b) { return uint32_t(a) < uint32_t(b); }},
      {"ule", [](int32_t a, int32_t b) { return uint32_t(a) <= uint32_t(b); }},
      {"ugt", [](int32_t a, int32_t b) { return uint32_t(a) > uint32_t(b); }},
      {"uge", [](int32_t a, int32_t b) { return uint32_t(a) >= uint32_t(b); }},
  };
  for (auto [predicate, expected] : cases) {
    SCOPED_TRACE(predicate);
    std::vector<int32_t> a = integers(), b = a;
    std::reverse(b.begin(), b.begin() + 20);
    std::vector<uint8_t> y = run<int32_t, uint8_t>(
        parse("%a: i32, %b: i32", "i1",
              "%r = arith.cmpi " + std::string(predicate) + ", %a, %b : i32"),
        {a, b});
    for (size_t i = 0; i < a.size(); ++i)
      EXPECT_EQ(y[i], expected(a[i], b[i])) << "at " << a[i] << ", " << b[i];
  }
}

TEST_F(ScalarToExpr, CompareFloats) {
  const std::pair<const char *, bool (*)(float, float)> cases[] = {
      {"false", [](float, float) { return false; }},
      {"true", [](float, float) { return true; }},
      {"oeq", [](float a, float b) { return a == b; }},
      {"ueq", [](float a, float b) { return a == b; }},
      {"one", [](float a, float b) { return a != b; }},
      {"une", [](float a, float b) { return a != b; }},
      {"olt", [](float a, float b) { return a < b; }},
      {"ult", [](float a, float b) { return a < b; }},
      {"ole", [](float a, float b) { return a <= b; }},
      {"ule", [](float a, float b) { return a <= b; }},
      {"ogt", [](float a, float b) { return a > b; }},
      {"ugt", [](float a, float b) { return a > b; }},
      {"oge", [](float a, float b) { return a >= b; }},
      {"uge", [](float a, float b) { return a >= b; }},
      {"ord", [](float, float) { return true; }},
      {"uno", [](float, float) { return false; }},
  };
  for (auto [predicate, expected] : cases) {
    SCOPED_TRACE(predicate);
    std::vector<float> a = floats(10), b = a;
    std::reverse(b.begin(), b.begin() + 20);
    std::vector<uint8_t> y = run<float, uint8_t>(
        parse("%a: f32, %b: f32", "i1",
              "%r = arith.cmpf " + std::string(predicate) + ", %a, %b : f32"),
        {a, b});
    for (size_t i = 0; i < a.size(); ++i)
      EXPECT_EQ(y[i], expected(a[i], b[i])) << "at " << a[i] << ", " << b[i];
  }
}

TEST_F(ScalarToExpr, BooleansAndSelect) {
  std::vector<int32_t> a = integers(), b(a.rbegin(), a.rend());
  const std::pair<const char *, bool (*)(bool, bool)> cases[] = {
      {"arith.andi", [](bool p, bool q) { return p && q; }},
      {"arith.ori", [](bool p, bool q) { return p || q; }},
      {"arith.xori", [](bool p, bool q) { return p != q; }},
  };
  for (auto [op, expected] : cases) {
    SCOPED_TRACE(op);
    std::string body =
        "%zero = arith.constant 0 : i32\n%p = arith.cmpi sgt, %a, %zero : i32\n"
        "%q = arith.cmpi slt, %b, %a : i32\n%c = " +
        std::string(op) + " %p, %q : i1\n%r = arith.select %c, %a, %b : i32";
    std::vector<int32_t> y =
        run<int32_t, int32_t>(parse("%a: i32, %b: i32", "i32", body), {a, b});
    for (size_t i = 0; i < a.size(); ++i)
      EXPECT_EQ(y[i], expected(a[i] > 0, b[i] < a[i]) ? a[i] : b[i]);
  }
}

TEST_F(ScalarToExpr, Conversions) {
  std::vector<int32_t> a = integers();
  std::vector<float> f = run<int32_t, float>(
      parse("%a: i32", "f32", "%r = arith.sitofp %a : i32 to f32"), {a});
  std::vector<float> uf = run<int32_t, float>(
      parse("%a: i32", "f32", "%r = arith.uitofp %a : i32 to f32"), {a});
  std::vector<int64_t> wide = run<int32_t, int64_t>(
      parse("%a: i32", "i64", "%r = arith.extsi %a : i32 to i64"), {a});
  std::vector<int64_t> uwide = run<int32_t, int64_t>(
      parse("%a: i32", "i64", "%r = arith.extui %a : i32 to i64"), {a});
  std::vector<int8_t> narrow = run<int32_t, int8_t>(
      parse("%a: i32", "i8", "%r = arith.trunci %a : i32 to i8"), {a});
  std::vector<uint8_t> odd = run<int32_t, uint8_t>(
      parse("%a: i32", "i1", "%r = arith.trunci %a : i32 to i1"), {a});
  std::vector<float> bits = run<int32_t, float>(
      parse("%a: i32", "f32", "%r = arith.bitcast %a : i32 to f32"), {a});
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(f[i], float(a[i]));
    EXPECT_EQ(uf[i], float(uint32_t(a[i])));
    EXPECT_EQ(wide[i], a[i]);
    EXPECT_EQ(uwide[i], uint32_t(a[i]));
    EXPECT_EQ(narrow[i], int8_t(a[i]));
    EXPECT_EQ(odd[i], a[i] & 1);
    EXPECT_EQ(0, std::memcmp(&bits[i], &a[i], 4));
  }
  std::vector<float> x = floats(1e6f);
  std::vector<int32_t> toInt = run<float, int32_t>(
      parse("%a: f32", "i32", "%r = arith.fptosi %a : f32 to i32"), {x});
  std::vector<double> toDouble = run<float, double>(
      parse("%a: f32", "f64", "%r = arith.extf %a : f32 to f64"), {x});
  std::vector<float> third = run<float, float>(
      parse("%a: f32", "f32",
            "%w = arith.extf %a : f32 to f64\n%c = arith.constant 3.0 : "
            "f64\n%q = arith.divf %w, %c : f64\n"
            "%r = arith.truncf %q : f64 to f32"),
      {x});
  for (size_t i = 0; i < x.size(); ++i) {
    EXPECT_EQ(toInt[i], int32_t(x[i]));
    EXPECT_EQ(toDouble[i], x[i]);
    EXPECT_EQ(third[i], float(x[i] / 3.0));
  }
  for (float &value : x)
    value = std::fabs(value);
  std::vector<int32_t> toUnsigned = run<float, int32_t>(
      parse("%a: f32", "i32", "%r = arith.fptoui %a : f32 to i32"), {x});
  for (size_t i = 0; i < x.size(); ++i)
    EXPECT_EQ(toUnsigned[i], int32_t(uint32_t(x[i])));
}

TEST_F(ScalarToExpr, BooleansBecomeNumbers) {
  std::vector<int32_t> a = integers();
  const std::tuple<const char *, const char *, double> cases[] = {
      {"arith.extsi", "i32", -1},
      {"arith.extui", "i32", 1},
      {"arith.sitofp", "f32", -1},
      {"arith.uitofp", "f32", 1}};
  for (auto [op, type, whenTrue] : cases) {
    SCOPED_TRACE(op);
    std::string body = "%zero = arith.constant 0 : i32\n%p = arith.cmpi sgt, "
                       "%a, %zero : i32\n%r = " +
                       std::string(op) + " %p : i1 to " + type;
    std::vector<double> y =
        run<int32_t, double>(parse("%a: i32", type, body), {a});
    for (size_t i = 0; i < a.size(); ++i)
      EXPECT_EQ(y[i], a[i] > 0 ? whenTrue : 0);
  }
}

TEST_F(ScalarToExpr, DoubleFunctions) {
  const std::pair<const char *, double (*)(double)> cases[] = {
      {"math.exp", std::exp},
      {"math.log", std::log},
      {"math.tanh", std::tanh},
      {"math.erf", std::erf},
      {"math.sin", std::sin}};
  for (auto [op, expected] : cases) {
    SCOPED_TRACE(op);
    std::vector<double> x;
    for (int i = 1; i <= 16; ++i)
      x.push_back(i * 0.37);
    std::vector<double> y = run<double, double>(
        parse("%a: f64", "f64", "%r = " + std::string(op) + " %a : f64"), {x});
    for (size_t i = 0; i < x.size(); ++i)
      EXPECT_EQ(y[i], expected(x[i]));
  }
}

/// What scalarToExpr says of a region it cannot compile, and the op it blames.
std::pair<std::string, std::string>
errorOf(mlir::Region &region, std::vector<Halide::Expr> arguments) {
  try {
    scalarToExpr(region, arguments);
  } catch (const EmitError &error) {
    return {error.what(), error.op->getName().getStringRef().str()};
  }
  return {};
}

TEST_F(ScalarToExpr, UnknownOpIsAnError) {
  auto [message, op] = errorOf(
      parse("%a: i32", "i32", "%r = math.ctpop %a : i32"), {Halide::Expr(1)});
  EXPECT_EQ(message,
            "op `math.ctpop` in a scalar region has no counterpart in Halide");
  EXPECT_EQ(op, "math.ctpop");
}

TEST_F(ScalarToExpr, UnknownTypeIsAnError) {
  auto [message, op] = errorOf(
      parse("%a: i32", "index", "%r = arith.index_cast %a : i32 to index"),
      {Halide::Expr(1)});
  EXPECT_EQ(message, "type `index` in a scalar region; f32, f64, i1, i8, i16, "
                     "i32 and i64 are compiled");
  EXPECT_EQ(op, "arith.index_cast");
}

TEST_F(ScalarToExpr, BooleanArithmeticIsAnError) {
  auto [message, op] =
      errorOf(parse("%a: i1, %b: i1", "i1", "%r = arith.addi %a, %b : i1"),
              {Halide::Internal::const_true(), Halide::Internal::const_true()});
  EXPECT_EQ(op, "arith.addi");
}

TEST_F(ScalarToExpr, WrongNumberOfArgumentsIsAnError) {
  auto [message, op] =
      errorOf(parse("%a: f32", "f32", "%r = math.exp %a : f32"), {});
  EXPECT_EQ(message, "a scalar region takes 1 values; its kernel gives 0");
}

} // namespace
} // namespace xf
