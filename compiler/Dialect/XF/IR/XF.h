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
enum class RecipeKind {
#define XF_RECIPE(Kind, keyword, arguments) Kind,
#include "compiler/Weights/RecipeKinds.def"
};

class RecipeAttr;
class Scalars;

/// What there is one row for: a stack row of the call, a sequence, a row of the
/// context.
enum class RowSpace { Tokens, Sequences, Context };

/// The values that an xf.attention reads.
struct AttentionInputs {
  mlir::Value q, k, v, batch;
  llvm::SmallVector<mlir::Value> rows = {}, pairs = {};
  mlir::Value scoresIn = {};
  llvm::SmallVector<mlir::FlatSymbolRefAttr> tables = {};
  bool scoresOut = false; ///< make the second result
};

/// Its sizes and the factor of its logits.
struct AttentionShape {
  int64_t heads = 0, kvHeads = 0, headDim = 0, valueDim = 0;
  double scale = 1;
};

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
/// Rows of every sequence before and after its tokens, and how many of the
/// result's rows are left out there.
constexpr llvm::StringLiteral kLeadAttr = "xf.lead";
constexpr llvm::StringLiteral kTailAttr = "xf.tail";
constexpr llvm::StringLiteral kSkipLeadAttr = "xf.skip_lead";
constexpr llvm::StringLiteral kSkipTailAttr = "xf.skip_tail";
/// Ids an entry takes (0: it takes none), and its longest sequence (0: any).
constexpr llvm::StringLiteral kNumTokensAttr = "xf.num_tokens";
constexpr llvm::StringLiteral kMaxSeqLenAttr = "xf.max_seq_len";
/// [channels, size, patch] of an entry that takes images.
constexpr llvm::StringLiteral kImageAttr = "xf.image";
/// [tokens, memory]: memory rows stand between chunks of tokens.
constexpr llvm::StringLiteral kChunkAttr = "xf.chunk";

/// `tensor<?xWxf32>` with W > 0, the type of most values of the graph; its
/// encoding, a string, names the row space (none: tokens).
bool isRowsType(mlir::Type type);
mlir::RankedTensorType getRowsType(mlir::MLIRContext *context, int64_t width,
                                   RowSpace space = RowSpace::Tokens);
RowSpace getSpace(mlir::Type rowsType);
inline RowSpace getSpace(mlir::Value rows) { return getSpace(rows.getType()); }
/// `tokens`, `sequences`, `context`.
llvm::StringRef getSpaceName(RowSpace space);
int64_t getWidth(mlir::Value rows);

/// `tensor<?xHx?xf32>` with H > 0: a value per query row, head and key.
bool isPairsType(mlir::Type type);
mlir::RankedTensorType getPairsType(mlir::MLIRContext *context, int64_t heads);

/// Verifies a score_mod or mask_mod of `op`: empty, or one block with arguments
/// `arguments` that holds arith and math ops on scalars and ends in an xf.yield
/// of `result`. `name` is used in the messages.
mlir::LogicalResult verifyScalarRegion(mlir::Operation *op,
                                       mlir::Region &region,
                                       llvm::StringRef name,
                                       mlir::TypeRange arguments,
                                       mlir::Type result);

/// The same for a region of attention, with the signatures that xf.attention
/// documents; `name` is mask_mod or alive_mod.
mlir::LogicalResult verifyScoreMod(mlir::Operation *op, mlir::Region &region);
mlir::LogicalResult verifyMaskMod(mlir::Operation *op, mlir::Region &region,
                                  llvm::StringRef name = "mask_mod");

/// Emits the ALiBi slope (f32) of head `head` (i32) of `heads` heads as scalar
/// ops. For a power of two it is 2^(-8/heads * (head + 1)); otherwise the
/// slopes of the largest power of two p <= heads, then every other one of 2p.
mlir::Value buildAlibiSlope(mlir::OpBuilder &builder, mlir::Location loc,
                            mlir::Value head, int64_t heads);

} // namespace xf::ir

#define GET_OP_CLASSES
#include "compiler/Dialect/XF/IR/XFOps.h.inc"

namespace xf::ir {

/// The stack of a wrapper with one; a bare stack is its own.
AttentionLayersOp stackOf(mlir::Operation *wrapper);

} // namespace xf::ir
