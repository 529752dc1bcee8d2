// From objects to the library: links kernels, host program, weights, one Halide
// runtime and our runtime archive into a shared object that exports two
// symbols, then reads it back and refuses it if it exports or needs anything
// else.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace xf {

/// An object file in memory, or on disk when `path` is set. The bytes belong to
/// the caller.
struct LinkInput {
  llvm::ArrayRef<char> bytes;
  std::string path;
};

struct LinkOptions {
  std::string output; ///< path of the library; written to a temporary beside it
                      ///< and renamed, or left alone on failure
  std::string name;   ///< the model's name: `xf_get_api_NAME` is exported
  std::vector<LinkInput> objects;
  std::string runtimeArchive; ///< libxf_runtime.a; empty: findRuntimeArchive()
  std::string linker; ///< a compiler driver such as `gcc`; empty: the first of
                      ///< clang-19, clang, gcc, cc on PATH
};

/// Links a shared object. Inputs in the same order give a bit-identical output,
/// wherever it is written.
llvm::Error linkLibrary(const LinkOptions &options);

/// The archive beside the running program (`../lib/libxf_runtime.a`), else the
/// one of the build tree.
llvm::Expected<std::string> findRuntimeArchive();

/// What a shared object says of itself: names it defines for others, and
/// libraries it asks the loader for.
struct DynamicInterface {
  std::vector<std::string> exports, needed; ///< each sorted
};
llvm::Expected<DynamicInterface> readDynamicInterface(llvm::StringRef path);

/// Fails unless the library at `path` exports exactly `exports` and needs
/// nothing but libc, libm, libpthread and the loader.
llvm::Error checkLibrary(llvm::StringRef path,
                         llvm::ArrayRef<std::string> exports);

} // namespace xf
