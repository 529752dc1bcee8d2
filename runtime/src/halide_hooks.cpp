// The hooks that Halide's runtime leaves to the program. Its own versions are
// weak; these replace them, so that a kernel neither prints nor aborts nor asks
// the system for memory. launch.cpp refers to this file, which pulls it out of
// the archive before Halide's versions can satisfy the linker.
#include "runtime/src/halide_hooks.h"

#include <HalideRuntime.h>

#include <cstdio>
#include <cstdlib>

namespace xf::rt {

namespace {
// Halide promises its vectors this alignment. Each allocation is preceded by
// one unit that holds its header.
constexpr size_t unit = 128;
// Beyond any kernel's needs and far from overflow.
constexpr size_t mostBytes = size_t(1) << 39;

struct alignas(unit) Header {
  size_t bytes; // header included
  bool inBlock;
};
static_assert(sizeof(Header) == unit);
} // namespace

Scratch::~Scratch() { free(block); }

void *Scratch::allocate(size_t bytes) {
  if (bytes > mostBytes)
    return nullptr;
  const size_t size = (bytes + 2 * unit - 1) / unit * unit;
  Header *header;
  if (size <= blockSize - top) {
    header = reinterpret_cast<Header *>(block + top);
    header->inBlock = true;
    top += size;
  } else {
    header = static_cast<Header *>(aligned_alloc(unit, size));
    if (!header)
      return nullptr;
    header->inBlock = false;
    outside += size;
  }
  header->bytes = size;
  ++live;
  if (top + outside > peak)
    peak = top + outside;
  return header + 1;
}

void Scratch::release(void *pointer) {
  Header *header = static_cast<Header *>(pointer) - 1;
  if (!header->inBlock) {
    outside -= header->bytes;
    free(header);
  } else if (reinterpret_cast<char *>(header) + header->bytes == block + top) {
    top -= header->bytes; // the usual order: last in, first out
  }
  if (--live > 0)
    return;
  top = 0;
  if (peak <= blockSize)
    return;
  const size_t wanted = (peak + peak / 4) / unit *
                        unit; // some room, as alignment shifts between shapes
  if (char *larger = static_cast<char *>(aligned_alloc(unit, wanted))) {
    free(block);
    block = larger;
    blockSize = wanted;
  }
}

void *allocateFor(KernelContext *context, size_t bytes) {
  if (context)
    return context->scratch.allocate(bytes);
  return bytes > mostBytes
             ? nullptr
             : aligned_alloc(unit, (bytes + unit - 1) / unit * unit);
}

void releaseFor(KernelContext *context, void *pointer) {
  if (!pointer)
    return;
  if (context)
    context->scratch.release(pointer);
  else
    free(pointer);
}

} // namespace xf::rt

using xf::rt::kernelContext;

extern "C" {

void *halide_malloc(void *userContext, size_t bytes) {
  return xf::rt::allocateFor(kernelContext(userContext), bytes);
}

void halide_free(void *userContext, void *pointer) {
  xf::rt::releaseFor(kernelContext(userContext), pointer);
}

void halide_error(void *userContext, const char *message) {
  xf::rt::KernelContext *context = kernelContext(userContext);
  if (context && context->error[0] == '\0')
    snprintf(context->error, sizeof(context->error), "%s", message);
}

void halide_print(void *, const char *) {}

// Kernels are serial: the pool splits launches. Should one hold a parallel loop
// after all, it runs here and in order.
int halide_do_par_for(void *userContext, halide_task_t task, int begin,
                      int size, uint8_t *closure) {
  for (int index = begin; index < begin + size; ++index)
    if (int code = task(userContext, index, closure))
      return code;
  return 0;
}
}
