// Scalar functions as Halide expressions: the same instructions in a vector, in
// its tail and in scalar code, on every target, so that a value does not depend
// on where in a tile it was computed. (Halide's own call libm when scalar and
// an approximation of some ulp when vectorised.)
#pragma once

#include "Halide.h"

namespace xf::kernels {

/// e^x, relative error below 1.2e-7 (2^-23); subnormal, zero and infinite
/// results where they belong.
Halide::Expr exp(Halide::Expr x);

/// 2^x, relative error below 1.2e-7; zero below -149, infinite from 128.
Halide::Expr exp2(Halide::Expr x);

/// 2^x for x <= 0, as softmax needs it, in 13 instructions: relative error
/// below 1.2e-7 from -126 on, exactly 0 up to -127, between them at most
/// 2^-126.
Halide::Expr exp2OfNonPositive(Halide::Expr x);

/// Natural logarithm, relative error below 1.2e-7; -inf at 0, NaN below.
Halide::Expr log(Halide::Expr x);

/// log(1 + x), relative error below 3e-7; -inf at -1.
Halide::Expr log1p(Halide::Expr x);

/// Sine and cosine, absolute error below 1.2e-7 for |x| <= 1e5, which is what
/// positions times frequencies reach; within [-1, 1] and of no meaning from 1e7
/// on.
/// @{
Halide::Expr sin(Halide::Expr x);
Halide::Expr cos(Halide::Expr x);
/// @}

/// Hyperbolic tangent, relative error below 2.4e-7 (subnormal results: the last
/// bit).
Halide::Expr tanh(Halide::Expr x);

/// Error function, absolute error below 1.2e-7 and relative below 2.4e-7
/// (subnormal results: the last bit).
Halide::Expr erf(Halide::Expr x);

/// x times the normal distribution's cumulative probability at x, which is
/// x / 2 * (1 + erf(x / sqrt(2))), in half the instructions of that form and
/// without its cancellation for x < 0: error below 1.2e-7 of the value plus
/// 6e-8.
Halide::Expr gelu(Halide::Expr x);

/// a * b + c rounded once where the target has FMA; the compiler may not move
/// it.
Halide::Expr fma(Halide::Expr a, Halide::Expr b, Halide::Expr c);

/// One operation that is neither reordered nor merged with its neighbours.
/// @{
Halide::Expr add(Halide::Expr a, Halide::Expr b);
Halide::Expr sub(Halide::Expr a, Halide::Expr b);
Halide::Expr mul(Halide::Expr a, Halide::Expr b);
Halide::Expr div(Halide::Expr a, Halide::Expr b);
/// @}

} // namespace xf::kernels
