// Compiled kernels by content: the key is a hash of everything an object
// depends on, so an entry is never stale and never touched again. Several
// processes may share a folder.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <functional>
#include <optional>
#include <string>

namespace xf {

/// Hash of `parts` in order, as hex; no two different lists of parts run
/// together.
std::string cacheKey(llvm::ArrayRef<llvm::StringRef> parts);

/// `$XDG_CACHE_HOME/xfc`, else `$HOME/.cache/xfc`; empty when neither is set.
std::string defaultCacheDir();

/// One folder of entries. An entry is the hash of its content, then the
/// content, so that a damaged one is noticed. Not thread-safe; not needed to
/// be.
class KernelCache {
public:
  using Warn = std::function<void(const std::string &)>;

  /// `dir` is created on the first store. An empty `dir` is a cache that holds
  /// nothing. `warn` hears about trouble once: none of it stops a compilation.
  KernelCache(std::string dir, Warn warn);

  std::optional<llvm::SmallVector<char, 0>> lookup(llvm::StringRef key);
  void store(llvm::StringRef key, llvm::ArrayRef<char> content);

private:
  std::string pathOf(llvm::StringRef key) const;
  void disable(const std::string &reason);

  std::string dir;
  Warn warn;
};

} // namespace xf
