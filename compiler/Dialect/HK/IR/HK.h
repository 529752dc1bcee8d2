// The hk dialect in C++: generated classes, and the questions that passes ask
// of rows and weights.
#pragma once

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace xf::hk {

/// What there is one row for: a stack row of the call, a sequence, a row of the
/// context.
enum class RowSpace { Tokens, Sequences, Context };

/// True for `tensor<?xWxf32>`, W > 0; its encoding, a string, names the row
/// space (none: tokens).
bool isRowsType(mlir::Type type);
/// `tensor<?xHx?xf32>` with H > 0: a value per query row, head and key.
bool isPairsType(mlir::Type type);
mlir::RankedTensorType getRowsType(mlir::MLIRContext *context, int64_t width,
                                   RowSpace space);

/// The row space of rows, or tokens for pairs.
RowSpace getSpace(mlir::Type type);
inline RowSpace getSpace(mlir::Value value) {
  return getSpace(value.getType());
}
/// `tokens`, `sequences`, `context`.
llvm::StringRef getSpaceName(RowSpace space);

/// The columns of a value or type that is rows, the heads of pairs.
int64_t getWidth(mlir::Type type);
inline int64_t getWidth(mlir::Value value) { return getWidth(value.getType()); }

/// True if `rows` has one row per sequence.
inline bool rowsAreSequences(mlir::Value rows) {
  return getSpace(rows) == RowSpace::Sequences;
}

/// The operands of elementwise work come in this order in every epilogue:
/// inputs of the op, then one f32 per vector, then one f32 per row operand.
/// Adds the block with these arguments to `region` and returns it.
mlir::Block *addScalarBlock(mlir::Region &region, mlir::TypeRange arguments,
                            mlir::Location loc);

} // namespace xf::hk

#include "compiler/Dialect/HK/IR/HKDialect.h.inc"
#include "compiler/Dialect/HK/IR/HKEnums.h.inc"

#define GET_TYPEDEF_CLASSES
#include "compiler/Dialect/HK/IR/HKTypes.h.inc"

#define GET_ATTRDEF_CLASSES
#include "compiler/Dialect/HK/IR/HKAttrs.h.inc"

#include "compiler/Dialect/HK/IR/HKInterfaces.h.inc"

#define GET_OP_CLASSES
#include "compiler/Dialect/HK/IR/HKOps.h.inc"
