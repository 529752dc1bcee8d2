// Polynomials by Lawson's weighted least squares on Chebyshev nodes, in double,
// for the ranges named beside them; the tests compare every function with
// double-precision libm. Plain `*` and `+` in Horner steps become FMAs (there
// is nothing in them to reorder); every other operation is strict, since the
// compiler would otherwise be free to reassociate it differently in each
// unrolled copy.
#include "compiler/Kernels/ScalarMath.h"

#include <cmath>
#include <initializer_list>
#include <limits>

namespace xf::kernels {

using Halide::cast;
using Halide::Expr;
using Halide::Float;
using Halide::Int;
using Halide::reinterpret;
using Halide::Internal::Call;

static Expr strict(Call::IntrinsicOp op, Expr a, Expr b) {
  return Call::make(a.type(), op, {a, b}, Call::PureIntrinsic);
}

Expr add(Expr a, Expr b) { return strict(Call::strict_add, a, b); }
Expr sub(Expr a, Expr b) { return strict(Call::strict_sub, a, b); }
Expr mul(Expr a, Expr b) { return strict(Call::strict_mul, a, b); }
Expr div(Expr a, Expr b) { return strict(Call::strict_div, a, b); }
Expr fma(Expr a, Expr b, Expr c) { return a * b + c; }

/// Horner's rule, lowest coefficient first.
static Expr polynomial(Expr x, std::initializer_list<double> coefficients) {
  const double *c = coefficients.end() - 1;
  Expr sum = Expr(float(*c));
  while (c-- != coefficients.begin())
    sum = fma(sum, x, Expr(float(*c)));
  return sum;
}

static constexpr float ln2High =
    0x1.62e400p-1f; // 15 bits, so that n * ln2High is exact for |n| < 512
static constexpr float ln2Low = 0x1.7f7d1cp-20f;

namespace {
/// e^x = value * 2^power, value in [0.707, 1.415].
struct ScaledExp {
  Expr value, power;
};
} // namespace

/// e^r for |r| <= ln(2) / 2.
static Expr expOfFraction(Expr r) {
  // (e^r - 1 - r) / r^2: 3.1e-9 of e^r
  Expr g = polynomial(r, {4.9999993e-1, 1.6666521e-1, 4.1668390e-2,
                          8.3687200e-3, 1.3814600e-3});
  return add(fma(mul(r, r), g, r), Expr(1.0f));
}

/// `x` must be in the range of exponents: |x| < 200.
static ScaledExp scaledExp(Expr x) {
  Expr n = Halide::round(mul(x, Expr(float(M_LOG2E))));
  Expr r = fma(n, Expr(-ln2Low), fma(n, Expr(-ln2High), x));
  return {expOfFraction(r), cast<int32_t>(n)};
}

static Expr powerOfTwo(Expr n) { return reinterpret<float>((n + 127) << 23); }

/// The scaled value; two factors reach both ends of the exponent range.
static Expr unscaled(ScaledExp e) {
  Expr half = e.power >> 1;
  return mul(mul(e.value, powerOfTwo(half)), powerOfTwo(e.power - half));
}

// Past the bounds of the clamps the results are 0 or infinity anyway.
Expr exp(Expr x) {
  return unscaled(scaledExp(Halide::clamp(x, -105.0f, 90.0f)));
}

Expr exp2(Expr x) {
  Expr clamped = Halide::clamp(x, -152.0f, 130.0f), n = Halide::round(clamped);
  return unscaled({expOfFraction(mul(sub(clamped, n), Expr(float(M_LN2)))),
                   cast<int32_t>(n)});
}

Expr exp2OfNonPositive(Expr x) {
  // At -127 the exponent field and the mantissa are 0.
  x = Halide::max(x, -127.0f);
  // The sum's low bits hold n, and a shift by 23 moves them over an exponent.
  Expr shifted = add(x, Expr(0x1.8p23f)), n = sub(shifted, Expr(0x1.8p23f));
  // (2^r - 1) / r for |r| <= 1/2: 1.6e-8 of 2^r
  Expr r = sub(x, n);
  Expr g = polynomial(r, {6.9314720286e-1, 2.4022647914e-1, 5.5503324711e-2,
                          9.6184373577e-3, 1.3398874414e-3, 1.5353361910e-4});
  return reinterpret<float>(reinterpret<uint32_t>(fma(g, r, Expr(1.0f))) +
                            (reinterpret<uint32_t>(shifted) << 23));
}

Expr log(Expr x) {
  constexpr float smallestNormal = 1.17549435e-38f, twoTo23 = 8388608.0f;
  Expr subnormal = x < smallestNormal;
  Expr bits =
      reinterpret<int32_t>(Halide::select(subnormal, mul(x, Expr(twoTo23)), x));
  Expr exponent =
      (bits - 0x3f3504f3) >>
      23; // 0x3f3504f3 is sqrt(1/2): the mantissa is in [sqrt(1/2), sqrt(2))
  Expr r = sub(reinterpret<float>(bits - (exponent << 23)), Expr(1.0f));
  Expr n = cast<float>(exponent - Halide::select(subnormal, 23, 0));
  // (log(1 + r) - r + r^2 / 2) / r^3: 5.9e-9 of log(1 + r)
  Expr g =
      polynomial(r, {3.3333332e-1, -2.5000823e-1, 2.0001233e-1, -1.6623298e-1,
                     1.4201553e-1, -1.3160582e-1, 1.2763328e-1, -7.635656e-2});
  Expr square = mul(r, r);
  Expr tail =
      fma(n, Expr(ln2Low), fma(square, Expr(-0.5f), mul(mul(square, r), g)));
  Expr value = fma(n, Expr(ln2High), add(r, tail));
  constexpr float infinity = std::numeric_limits<float>::infinity();
  value = Halide::select(reinterpret<int32_t>(x) == 0x7f800000, Expr(infinity),
                         value);
  value = Halide::select(x == 0.0f, Expr(-infinity), value);
  return Halide::select(reinterpret<int32_t>(x) < 0 && x != 0.0f,
                        reinterpret<float>(Expr(0x7fc00000)), value);
}

Expr log1p(Expr x) {
  // What rounding 1 + x took away, the ratio gives back.
  Expr sum = add(x, Expr(1.0f)), kept = sub(sum, Expr(1.0f));
  Expr value =
      mul(kernels::log(sum), div(x, Halide::select(kept == 0.0f, 1.0f, kept)));
  value = Halide::select(x >= 0x1p30f, kernels::log(x), value);
  return Halide::select(kept == 0.0f, x, value);
}

namespace {
/// x = quadrant * pi/2 + fraction, |fraction| <= 0.786.
struct Angle {
  Expr fraction, quadrant;
};
} // namespace

/// Cody and Waite's reduction: pi/2 in two parts of 8 bits, whose products with
/// n are exact for |n| < 2^16, and the rest. No FMAs, which the compiler would
/// merge into one.
static Angle reducedAngle(Expr x) {
  Expr clamped = Halide::clamp(x, -0x1p30f, 0x1p30f);
  Expr n = Halide::round(mul(clamped, Expr(float(M_2_PI))));
  Expr r = clamped;
  for (float part : {0x1.92p+0f, 0x1.fap-12f, 0x1.54442ep-20f})
    r = sub(r, mul(n, Expr(part)));
  // Past the range of the reduction nothing is right, but all stays bounded.
  return {Halide::clamp(r, -0.8f, 0.8f), cast<int32_t>(n)};
}

static Expr sineOf(Expr x, int quarterTurns) {
  Angle angle = reducedAngle(x);
  Expr r = angle.fraction, square = mul(r, r),
       quadrant = angle.quadrant + quarterTurns;
  // (sin(r) - r) / r^3 and (cos(r) - 1) / r^2 for |r| <= 0.786: 1.8e-9 and
  // 1e-10 absolute
  Expr s = polynomial(square,
                      {-1.66666506203e-1, 8.33197590367e-3, -1.9495285333e-4});
  Expr c = polynomial(
      square, {-0.5, 4.1666646806e-2, -1.3887364414e-3, 2.4438082494e-5});
  Expr value = Halide::select((quadrant & 1) == 0, fma(mul(r, square), s, r),
                              fma(square, c, Expr(1.0f)));
  return Halide::select((quadrant & 2) == 0, value, 0.0f - value);
}

Expr sin(Expr x) { return sineOf(x, 0); }
Expr cos(Expr x) { return sineOf(x, 1); }

Expr tanh(Expr x) {
  Expr magnitude = Halide::abs(x);
  Expr square = mul(x, x);
  // (tanh(x) / x - 1) / x^2 for |x| <= 0.64: 5.4e-9 of tanh(x)
  Expr g = polynomial(square, {-3.333327208e-1, 1.333115281e-1, -5.37141075e-2,
                               2.05517198e-2, -5.6039144e-3});
  Expr small = fma(mul(x, square), g, x);
  // 1 - 2 / (e^2x + 1); from 9.1 on it rounds to 1.
  ScaledExp e = scaledExp(Halide::min(add(magnitude, magnitude), 19.0f));
  Expr large =
      sub(Expr(1.0f),
          div(Expr(2.0f), add(mul(e.value, powerOfTwo(e.power)), Expr(1.0f))));
  large = Halide::select(x < 0.0f, 0.0f - large, large);
  return Halide::select(magnitude < 0.625f, small, large);
}

Expr erf(Expr x) {
  Expr magnitude = Halide::abs(x);
  // erf(x) / x for |x| <= 0.92: 1.5e-8 of it
  Expr g = polynomial(mul(x, x),
                      {1.1283791500, -3.7612496460e-1, 1.1281845952e-1,
                       -2.6767719978e-2, 4.9948304146e-3, -5.9994064078e-4});
  Expr small = mul(x, g);
  // -log(1 - erf(x)) for 0.91 <= x <= 3.95: 1.5e-9 of 1; further out erf rounds
  // to 1.
  Expr q = polynomial(Halide::min(magnitude, 3.95f),
                      {1.9192535968e-4, 1.1276896303, 6.3716113654e-1,
                       1.0394802205e-1, -2.2233869632e-2, 3.0447319124e-3,
                       -1.9606995200e-4});
  Expr large =
      sub(Expr(1.0f), exp2OfNonPositive(mul(q, Expr(float(-M_LOG2E)))));
  large = Halide::select(x < 0.0f, 0.0f - large, large);
  return Halide::select(magnitude < 0.92f, small, large);
}

Expr gelu(Expr x) {
  // log2 of the probability of -|x|: 9.7e-9 of |x| times the probability, for
  // |x| <= 5.5; further out it keeps falling, and that product is below 1e-7.
  Expr magnitude = Halide::abs(x);
  Expr q =
      polynomial(magnitude, {-9.99999888e-1, -1.15111035, -4.59168784e-1,
                             -5.26107071e-2, 7.22510574e-3, -2.58925784e-4,
                             -1.36161247e-4, 2.89203741e-5, -1.96600974e-6});
  // max is exact and keeps the compiler from merging q's last step with what
  // follows; -127 is where the power is 0.
  Expr tail = mul(magnitude, exp2OfNonPositive(Halide::max(q, -127.0f)));
  return sub(Halide::max(x, 0.0f), tail);
}

} // namespace xf::kernels
