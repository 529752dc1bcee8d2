// Every outlined kernel of a module, in every form that its configs ask for, to
// object files. The edge of the only library that sees both MLIR and Halide: no
// exception and no Halide type leaves it.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LogicalResult.h"
#include "llvm/ADT/SmallVector.h"

#include <functional>
#include <string>
#include <vector>

namespace xf {

struct KernelObject {
  std::string name;   ///< `xfk_gemm_upto48_avx2`, whose `_argv` form the host
                      ///< program calls; `halide_runtime` for the last one
  std::string kernel; ///< symbol of the hk.kernel; empty for the runtime
  std::string target; ///< Machine name; empty for the runtime
  llvm::SmallVector<char, 0> bytes; ///< ELF object
  bool cached = false;              ///< taken from the cache
};

struct EmitOptions {
  std::string cacheDir; ///< empty: defaultCacheDir()
  bool useCache = true;
  unsigned threads = 0; ///< kernels compiled at once; 0: one per core
  /// Hears a line per compiled kernel; may be empty.
  std::function<void(const std::string &)> progress;
};

/// One object per kernel, target and form, in the module's order, and Halide's
/// runtime last. Bytes depend on the kernel alone: not on the others, their
/// order, `threads` or the cache. Errors are diagnostics at the op that cannot
/// be compiled; all kernels are tried. Forks: nothing may have run Halide in
/// this process before, and other threads must be idle.
mlir::FailureOr<std::vector<KernelObject>>
emitKernels(mlir::ModuleOp module, const EmitOptions &options);

/// The lowered statements of all kernels (`--emit=stmt`), each under a line
/// with its name and config.
mlir::FailureOr<std::string> emitStmt(mlir::ModuleOp module,
                                      const EmitOptions &options);

} // namespace xf
