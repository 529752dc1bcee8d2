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

/// True for `tensor<?xWxf32>`, W > 0.
bool isRowsType(mlir::Type type);

/// The columns of a value or type that is rows.
int64_t getWidth(mlir::Type rowsType);
inline int64_t getWidth(mlir::Value rows) { return getWidth(rows.getType()); }

/// True if `rows` has one row per sequence: the result of a reduction over
/// sequences, or anything computed from one. Follows structured ops and
/// launches.
bool rowsAreSequences(mlir::Value rows);

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
