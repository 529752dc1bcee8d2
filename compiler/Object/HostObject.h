// Object files that do not come from Halide: the host program (LLVM dialect)
// and the embedded weights.
#pragma once

#include "compiler/Conversion/ProgramAttrs.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"

#include <cstdint>

namespace xf {

/// Text of LLVM IR for a module in the LLVM dialect (`--emit=llvm`).
llvm::Expected<std::string> printHostProgram(mlir::ModuleOp module);

/// Translates a module in the LLVM dialect to an x86-64 (baseline),
/// position-independent ELF object.
llvm::Expected<llvm::SmallVector<char>> emitHostObject(mlir::ModuleOp module);

/// An object that holds `bytes` bytes of the file at `path` from `offset` on as
/// read-only data under `weightsSymbol`, aligned to
/// 64. The path does not appear in it.
llvm::Expected<llvm::SmallVector<char>>
emitWeightsObject(llvm::StringRef path, uint64_t offset, uint64_t bytes);

} // namespace xf
