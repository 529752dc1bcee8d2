// XXH64 after its published specification: four lanes over stripes of 32 bytes,
// merged, then the tail and a final mix.
#include "runtime/src/hash.h"

#include <cstring>

namespace xf::rt {

static constexpr uint64_t prime1 = 0x9e3779b185ebca87ull,
                          prime2 = 0xc2b2ae3d27d4eb4full,
                          prime3 = 0x165667b19e3779f9ull,
                          prime4 = 0x85ebca77c2b2ae63ull,
                          prime5 = 0x27d4eb2f165667c5ull;

static uint64_t rotate(uint64_t value, int bits) {
  return (value << bits) | (value >> (64 - bits));
}

template <typename T> static T load(const unsigned char *bytes) {
  T value; // little endian, as every target of this project
  memcpy(&value, bytes, sizeof(value));
  return value;
}

static uint64_t round(uint64_t lane, uint64_t input) {
  return rotate(lane + input * prime2, 31) * prime1;
}

static uint64_t merge(uint64_t hash, uint64_t lane) {
  return (hash ^ round(0, lane)) * prime1 + prime4;
}

static uint64_t finish(uint64_t hash, const unsigned char *bytes, size_t size) {
  for (; size >= 8; bytes += 8, size -= 8)
    hash = rotate(hash ^ round(0, load<uint64_t>(bytes)), 27) * prime1 + prime4;
  if (size >= 4) {
    hash = rotate(hash ^ load<uint32_t>(bytes) * prime1, 23) * prime2 + prime3;
    bytes += 4;
    size -= 4;
  }
  for (; size > 0; ++bytes, --size)
    hash = rotate(hash ^ *bytes * prime5, 11) * prime1;
  hash = (hash ^ (hash >> 33)) * prime2;
  hash = (hash ^ (hash >> 29)) * prime3;
  return hash ^ (hash >> 32);
}

uint64_t xxh64(const void *data, size_t size, uint64_t seed) {
  const unsigned char *bytes = static_cast<const unsigned char *>(data);
  if (size < 32)
    return finish(seed + prime5 + size, bytes, size);
  uint64_t lanes[4] = {seed + prime1 + prime2, seed + prime2, seed,
                       seed - prime1};
  size_t left = size;
  for (; left >= 32; left -= 32)
    for (uint64_t &lane : lanes) {
      lane = round(lane, load<uint64_t>(bytes));
      bytes += 8;
    }
  uint64_t hash = rotate(lanes[0], 1) + rotate(lanes[1], 7) +
                  rotate(lanes[2], 12) + rotate(lanes[3], 18);
  for (uint64_t lane : lanes)
    hash = merge(hash, lane);
  return finish(hash + size, bytes, left);
}

} // namespace xf::rt
