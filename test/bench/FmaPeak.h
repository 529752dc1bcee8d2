// The ceiling of f32 arithmetic: a loop of independent FMAs that touches no
// memory. What a core reaches in it is what no kernel can exceed.
#pragma once

namespace xf::test {

/// FLOP/s of `threads` threads together with vectors of 8 (AVX2) or 16
/// (AVX-512) floats, which the CPU must have: the best of some runs of
/// milliseconds.
double fmaPeak(int vectorFloats, int threads);

} // namespace xf::test
