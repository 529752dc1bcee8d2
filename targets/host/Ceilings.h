// What this machine can do at most in f32: multiplications and additions a
// second, and bytes read a second from memory and from the last cache. No
// kernel can exceed them, so they are what a measured kernel is compared with.
// Chosen at run time: the program that holds this runs on any x86-64.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace xf::targets {

/// The vectors that a loop uses.
enum class Isa { Avx2, Avx512 };

/// `avx2`, `avx512`.
const char *isaName(Isa isa);
/// The widest that this CPU has; none if it lacks AVX2 and FMA.
std::optional<Isa> hostIsa();

/// Bytes of the last cache, shared by cores; a guess where the system does not
/// say.
size_t lastCacheBytes();

/// FLOP/s of `threads` threads together in a loop of independent FMAs that
/// touches no memory: the best of some runs of a fraction of a millisecond. The
/// CPU must have `isa`.
double fmaFlops(Isa isa, int threads, int runs = 100);

struct Ceilings {
  Isa isa = Isa::Avx2;
  int threads = 1;
  double fmaFlops = 0;   ///< FLOP/s
  double dramBytes = 0;  ///< bytes/s read from memory; 0: could not be measured
  double cacheBytes = 0; ///< bytes/s read from the last cache, likewise
};

/// `{"threads": 1, "fma_gflops": 237.7, "read_gbs": 31.2, "l3_gbs": 98.5,
/// "isa": "avx512"}`
std::string toJson(const Ceilings &ceilings);

/// Measures in slices, so that they can lie between those of what is compared:
/// clocks and other load change within seconds.
class CeilingMeter {
public:
  /// `threads` (at least 1) threads work together; the CPU must have `isa`.
  CeilingMeter(Isa isa, int threads);
  ~CeilingMeter();

  /// One slice of 10 to 50 ms.
  void measure();
  /// The best of all slices so far.
  const Ceilings &best() const { return ceilings; }

private:
  class Buffer;
  std::unique_ptr<Buffer> buffer;
  Ceilings ceilings;
};

} // namespace xf::targets
