// The xf dialect: ops, attributes and what other code needs to build them.
// Semantics are in XFTensorOps.td (graph) and XFModelOps.td (model).
#pragma once

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/RegionKindInterface.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "compiler/Dialect/XF/IR/XFDialect.h.inc"

#include "compiler/Dialect/XF/IR/XFEnums.h.inc"

namespace xf::ir {

/// The node kinds of `#xf.recipe`.
enum class RecipeKind { Tensor, Concat, Transpose, Scale, Add };

class RecipeAttr;

} // namespace xf::ir

#define GET_TYPEDEF_CLASSES
#include "compiler/Dialect/XF/IR/XFTypes.h.inc"

#define GET_ATTRDEF_CLASSES
#include "compiler/Dialect/XF/IR/XFAttrs.h.inc"

namespace xf::ir {

/// Names of the dialect's attributes on modules and functions.
constexpr llvm::StringLiteral kModelInfoAttr = "xf.model_info";
constexpr llvm::StringLiteral kCheckpointAttr = "xf.checkpoint";
constexpr llvm::StringLiteral kEntryAttr = "xf.entry";
constexpr llvm::StringLiteral kResultRowsAttr = "xf.result_rows";

/// `tensor<?xWxf32>` with W > 0, the type of every value of the graph.
bool isRowsType(mlir::Type type);
mlir::RankedTensorType getRowsType(mlir::MLIRContext *context, int64_t width);

/// Verifies a score_mod or mask_mod of `op`: empty, or one block with arguments
/// `arguments` that holds arith and math ops on scalars and ends in an xf.yield
/// of `result`. `name` is used in the messages.
mlir::LogicalResult verifyScalarRegion(mlir::Operation *op,
                                       mlir::Region &region,
                                       llvm::StringRef name,
                                       mlir::TypeRange arguments,
                                       mlir::Type result);

/// The same for the two regions of attention, with the signatures that
/// xf.attention documents.
mlir::LogicalResult verifyScoreMod(mlir::Operation *op, mlir::Region &region);
mlir::LogicalResult verifyMaskMod(mlir::Operation *op, mlir::Region &region);

/// Emits the ALiBi slope (f32) of head `head` (i32) of `heads` heads as scalar
/// ops. For a power of two it is 2^(-8/heads * (head + 1)); otherwise the
/// slopes of the largest power of two p <= heads, then every other one of 2p.
mlir::Value buildAlibiSlope(mlir::OpBuilder &builder, mlir::Location loc,
                            mlir::Value head, int64_t heads);

} // namespace xf::ir

#define GET_OP_CLASSES
#include "compiler/Dialect/XF/IR/XFOps.h.inc"
