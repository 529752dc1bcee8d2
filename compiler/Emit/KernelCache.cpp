// Entries are written to a temporary name and renamed, so that a reader sees a
// whole entry or none.
#include "compiler/Emit/KernelCache.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>

using namespace llvm;

namespace xf {
namespace {

constexpr size_t hashSize = 32;

using Hash = BLAKE3Result<hashSize>;

Hash hashOf(ArrayRef<char> content) {
  BLAKE3 hasher;
  hasher.update(StringRef(content.data(), content.size()));
  return hasher.final<hashSize>();
}

} // namespace

std::string cacheKey(ArrayRef<StringRef> parts) {
  BLAKE3 hasher;
  for (StringRef part : parts) {
    char length[8];
    support::endian::write64le(length, part.size());
    hasher.update(StringRef(length, sizeof length));
    hasher.update(part);
  }
  return toHex(hasher.final<hashSize>(), /*LowerCase=*/true);
}

std::string defaultCacheDir() {
  if (const char *base = std::getenv("XDG_CACHE_HOME"); base && *base)
    return std::string(base) + "/xfc";
  if (const char *home = std::getenv("HOME"); home && *home)
    return std::string(home) + "/.cache/xfc";
  return "";
}

KernelCache::KernelCache(std::string dir, Warn warn)
    : dir(std::move(dir)), warn(std::move(warn)) {}

std::string KernelCache::pathOf(StringRef key) const {
  SmallString<256> path(dir);
  // Two levels keep folders small.
  sys::path::append(path, key.take_front(2), key.drop_front(2) + ".o");
  return std::string(path);
}

void KernelCache::disable(const std::string &reason) {
  if (warn)
    warn("kernel cache `" + dir + "` is not used: " + reason);
  dir.clear();
}

std::optional<SmallVector<char, 0>> KernelCache::lookup(StringRef key) {
  if (dir.empty())
    return std::nullopt;
  auto file = MemoryBuffer::getFile(pathOf(key), /*IsText=*/false,
                                    /*RequiresNullTerminator=*/false);
  if (!file)
    return std::nullopt;
  ArrayRef<char> bytes((*file)->getBufferStart(), (*file)->getBufferSize());
  if (bytes.size() < hashSize)
    return std::nullopt;
  ArrayRef<char> content = bytes.drop_front(hashSize);
  Hash hash = hashOf(content);
  if (!std::equal(hash.begin(), hash.end(),
                  reinterpret_cast<const uint8_t *>(bytes.data())))
    return std::nullopt; // damaged: compiled again and overwritten
  return SmallVector<char, 0>(content);
}

void KernelCache::store(StringRef key, ArrayRef<char> content) {
  if (dir.empty())
    return;
  std::string path = pathOf(key);
  if (std::error_code ec =
          sys::fs::create_directories(sys::path::parent_path(path)))
    return disable("cannot create a folder: " + ec.message());
  auto temporary = sys::fs::TempFile::create(path + ".tmp-%%%%%%%%");
  if (!temporary)
    return disable(toString(temporary.takeError()));
  Hash hash = hashOf(content);
  raw_fd_ostream out(temporary->FD, /*shouldClose=*/false);
  out.write(reinterpret_cast<const char *>(hash.data()), hash.size());
  out.write(content.data(), content.size());
  out.flush();
  if (std::error_code ec = out.error()) {
    out.clear_error();
    consumeError(temporary->discard());
    return disable("cannot write: " + ec.message());
  }
  if (Error error = temporary->keep(path))
    disable(toString(std::move(error)));
}

} // namespace xf
