// A region of arith and math ops as a function on Halide expressions: the
// single op-by-op table. Numerics are strict: each op becomes its correctly
// rounded or library-accurate counterpart; nothing is reassociated or
// approximated beyond what compiler/Kernels/ScalarMath.h states. Two things
// Halide assumes: floats are not NaN, signed integers do not overflow.
#pragma once

#include "mlir/IR/Operation.h"
#include "mlir/IR/Region.h"

// Halide.h after MLIR: it defines macros with common names.
#include "Halide.h"
#include "compiler/Kernels/Kernels.h"

#include <stdexcept>
#include <vector>

namespace xf {

/// Thrown inside compiler/Emit, never across its edge: `op` cannot be compiled,
/// and why.
struct EmitError : std::runtime_error {
  mlir::Operation *op;
  EmitError(mlir::Operation *op, const std::string &message)
      : std::runtime_error(message), op(op) {}
};

/// The value that the one block of `region` yields when its arguments are
/// `arguments` (as many, of the same types) and it reads through `reads`.
/// Throws an EmitError at an op that the table lacks, a type that Halide lacks,
/// or a read where there is nothing to read.
Halide::Expr scalarToExpr(mlir::Region &region,
                          llvm::ArrayRef<Halide::Expr> arguments,
                          const kernels::Reads *reads = nullptr);

} // namespace xf
