// The state of one thread that runs kernels. Kernels get it as Halide's user
// context, and Halide's hooks (allocation, errors) find their thread's memory
// and message buffer through it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace xf::rt {

/// Memory that kernels allocate and free while they run: a stack that is kept
/// between calls. When a call needed more than the block holds, the excess came
/// from malloc and the block grows once everything is freed; so after the first
/// call of a shape nothing is allocated any more.
class Scratch {
public:
  Scratch() = default;
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;
  ~Scratch();

  /// Aligned for any vector; NULL if there is no memory.
  void *allocate(size_t bytes);
  /// `pointer` came from allocate and was not released yet.
  void release(void *pointer);
  /// Bytes of the block kept for later calls.
  size_t capacity() const { return blockSize; }

private:
  char *block = nullptr;
  size_t blockSize = 0, top = 0; // bytes of the block, bytes of it in use
  size_t outside = 0,
         peak = 0; // bytes got elsewhere; most bytes in use at once
  size_t live = 0; // allocations not yet released
};

/// What `args[0]` of a kernel points at.
struct KernelContext {
  Scratch scratch;
  char error[512] = ""; ///< text of halide_error, the first of a kernel's call
};

/// A KernelContext is reached from C, where it is Halide's `void
/// *user_context`.
inline KernelContext *kernelContext(void *userContext) {
  return static_cast<KernelContext *>(userContext);
}

/// As Scratch::allocate, or from malloc when no context is given.
void *allocateFor(KernelContext *context, size_t bytes);
void releaseFor(KernelContext *context, void *pointer);

} // namespace xf::rt
