// XXH64, the hash of a weight section: fast enough (several GB/s) to check
// gigabytes when a caller asks for it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace xf::rt {

/// XXH64 of `size` bytes.
uint64_t xxh64(const void *data, size_t size, uint64_t seed = 0);

} // namespace xf::rt
