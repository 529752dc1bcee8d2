// Registers the xf dialect's types, attributes and ops, and verifies the
// attributes it puts on modules and functions.
#include "compiler/Dialect/XF/IR/XF.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace xf::ir;

#include "compiler/Dialect/XF/IR/XFDialect.cpp.inc"

#include "compiler/Dialect/XF/IR/XFEnums.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "compiler/Dialect/XF/IR/XFTypes.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "compiler/Dialect/XF/IR/XFAttrs.cpp.inc"

void XFDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "compiler/Dialect/XF/IR/XFTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "compiler/Dialect/XF/IR/XFAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "compiler/Dialect/XF/IR/XFOps.cpp.inc"
      >();
}

static LogicalResult verifyModuleAttribute(Operation *op, StringRef name,
                                           bool rightType) {
  if (!isa<ModuleOp>(op))
    return op->emitOpError() << "`" << name << "` belongs on a module";
  if (!rightType)
    return op->emitOpError() << "`" << name << "` must be a `#" << name << "`";
  return success();
}

/// An i64 from 0 to 2^31 - 1.
static bool isCountAttr(Attribute value) {
  auto number = dyn_cast<IntegerAttr>(value);
  return number && number.getType().isInteger(64) && number.getInt() >= 0 &&
         number.getInt() <= INT32_MAX;
}

static LogicalResult verifyCount(Operation *op, StringRef name,
                                 Attribute value) {
  if (isCountAttr(value))
    return success();
  return op->emitOpError() << "`" << name
                           << "` must be an i64 from 0 to 2147483647";
}

static LogicalResult verifyCounts(Operation *op, StringRef name,
                                  Attribute value, size_t count) {
  auto array = dyn_cast<ArrayAttr>(value);
  if (array && array.size() == count && llvm::all_of(array, isCountAttr))
    return success();
  return op->emitOpError() << "`" << name << "` must be a list of " << count
                           << " i64 from 0 to 2147483647";
}

LogicalResult XFDialect::verifyOperationAttribute(Operation *op,
                                                  NamedAttribute attribute) {
  StringRef name = attribute.getName();
  Attribute value = attribute.getValue();
  if (name == kModelInfoAttr)
    return verifyModuleAttribute(op, name, isa<ModelInfoAttr>(value));
  if (name == kCheckpointAttr)
    return verifyModuleAttribute(op, name, isa<CheckpointAttr>(value));
  bool isCount =
      llvm::is_contained({kLeadAttr, kTailAttr, kSkipLeadAttr, kSkipTailAttr,
                          kNumTokensAttr, kMaxSeqLenAttr},
                         name);
  bool isList = name == kImageAttr || name == kChunkAttr;
  if (!isCount && !isList && name != kEntryAttr && name != kResultRowsAttr)
    return op->emitOpError()
           << "`" << name << "` is no attribute of the xf dialect";
  if (!isa<FunctionOpInterface>(op))
    return op->emitOpError() << "`" << name << "` belongs on a function";
  if (isCount)
    return verifyCount(op, name, value);
  if (isList)
    return verifyCounts(op, name, value, name == kImageAttr ? 3 : 2);
  if (name == kEntryAttr) {
    if (!isa<UnitAttr>(value))
      return op->emitOpError() << "`" << name << "` must be a unit attribute";
    return success();
  }
  auto rows = dyn_cast<StringAttr>(value);
  if (!rows || (rows != "tokens" && rows != "sequences"))
    return op->emitOpError()
           << "`" << name << "` must be \"tokens\" or \"sequences\"";
  return success();
}

LogicalResult
ModelInfoAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                      StringRef name, int64_t numTokens, int64_t maxSeqLen,
                      int64_t tokenTypes) {
  if (name.empty())
    return emitError() << "a model must have a name";
  if (numTokens < 0 || maxSeqLen < 0 || tokenTypes < 0)
    return emitError() << "`num_tokens`, `max_seq_len` and `token_types` must "
                          "not be negative";
  return success();
}
