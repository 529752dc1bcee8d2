// Arguments of a launch, described to Halide as buffers.
#pragma once

#include "runtime/src/launch.h"

#include <HalideRuntime.h>

namespace xf::rt {

/// A buffer with its dimensions beside it. Left as it is until it is described:
/// a launch has room for many more than it has.
struct Buffer {
  halide_buffer_t header;
  union {
    halide_dimension_t dims[4];
  };
  Buffer() {}
};

/// A dense buffer's `index`-th dimension.
inline void setDimension(Buffer &buffer, int index, int32_t extent,
                         int32_t stride) {
  buffer.dims[index] = halide_dimension_t(0, extent, stride);
}

/// A buffer at `host` of XF_ELEM_ values; its dimensions are still to be set.
void setBuffer(Buffer &buffer, const void *host, uint32_t elem, uint32_t dims);

/// Where values of the arena start that are `offset` floats a row into it.
inline float *arenaAddress(const xf_session &session, uint64_t offset) {
  return session.arena + offset * session.rowCapacity;
}

/// Describes an argument with all the rows that the session has: kernels may
/// read rows past the last one, which hold something finite or not, but belong
/// to the session. Scalars are left alone. Returns what is wrong, or NULL.
const char *describeArgument(xf_exec &exec, const xf_launch &launch,
                             const xf_arg &arg, Buffer &buffer);

} // namespace xf::rt
