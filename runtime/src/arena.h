// Memory by page: the working memory of a session (zeroed, private) and a
// weights file mapped for reading.
#pragma once

#include <cstddef>
#include <cstdint>

namespace xf::rt {

/// `value` rounded up to a multiple of `unit`.
constexpr size_t roundUp(size_t value, size_t unit) {
  return (value + unit - 1) / unit * unit;
}

/// A range of pages that unmaps itself. Page-aligned, so that any vector load
/// within is aligned too.
class Mapping {
public:
  Mapping() = default;
  Mapping(Mapping &&other) noexcept
      : address(other.address), bytes(other.bytes) {
    other.release();
  }
  Mapping &operator=(Mapping &&other) noexcept;
  ~Mapping();

  /// Zeroed memory, taken from the system page by page as it is first touched.
  /// False if there is none.
  bool allocate(size_t size);
  /// The first `size` bytes of an open file, read-only and shared with every
  /// process that maps it. False on failure.
  bool mapFile(int file, size_t size);

  uint8_t *data() const { return static_cast<uint8_t *>(address); }
  size_t size() const { return bytes; }

private:
  void release() {
    address = nullptr;
    bytes = 0;
  }

  void *address = nullptr;
  size_t bytes = 0;
};

} // namespace xf::rt
