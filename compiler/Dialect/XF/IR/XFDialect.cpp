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

LogicalResult XFDialect::verifyOperationAttribute(Operation *op,
                                                  NamedAttribute attribute) {
  StringRef name = attribute.getName();
  Attribute value = attribute.getValue();
  if (name == kModelInfoAttr)
    return verifyModuleAttribute(op, name, isa<ModelInfoAttr>(value));
  if (name == kCheckpointAttr)
    return verifyModuleAttribute(op, name, isa<CheckpointAttr>(value));
  if (name != kEntryAttr && name != kResultRowsAttr)
    return op->emitOpError()
           << "`" << name << "` is no attribute of the xf dialect";
  if (!isa<FunctionOpInterface>(op))
    return op->emitOpError() << "`" << name << "` belongs on a function";
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
  if (numTokens <= 0)
    return emitError() << "`num_tokens` is " << numTokens
                       << " but must be positive";
  if (maxSeqLen < 0 || tokenTypes < 0)
    return emitError()
           << "`max_seq_len` and `token_types` must not be negative";
  return success();
}
