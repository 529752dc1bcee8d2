// What the verifiers of several ops check: see HKVerify.h.
#include "compiler/Dialect/HK/IR/HKVerify.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace xf::hk {

//===----------------------------------------------------------------------===//
// Scalar regions
//===----------------------------------------------------------------------===//

static bool isScalarType(Type type) {
  return type.isF32() || type.isInteger(32) || type.isInteger(1);
}

/// The rules for one op inside a scalar region.
static LogicalResult verifyScalarOp(Operation &inner, StringRef region) {
  if (!isa<arith::ArithDialect, math::MathDialect>(inner.getDialect()) &&
      !isa<ReadOp, TableOp, PairOp>(inner))
    return inner.emitOpError()
           << "is not a scalar op: a region of a structured kernel holds "
              "`arith` and `math` ops only";
  auto types =
      llvm::concat<const Type>(llvm::to_vector(inner.getOperandTypes()),
                               llvm::to_vector(inner.getResultTypes()));
  for (Type type : types)
    if (!isScalarType(type))
      return inner.emitOpError() << "has type " << type << " in `" << region
                                 << "`: scalars of a kernel are f32, i32 or i1";
  return success();
}

LogicalResult verifyScalarRegion(Operation *op, Region &region,
                                 const RegionShape &shape) {
  Block &block = region.front();
  if (block.getArgumentTypes() != TypeRange(shape.arguments))
    return op->emitOpError()
           << "`" << shape.name << "` must take (" << shape.arguments
           << "), not (" << block.getArgumentTypes() << ")";
  for (Operation &inner : block.without_terminator())
    if (failed(verifyScalarOp(inner, shape.name)))
      return failure();
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield)
    return block.getTerminator()->emitOpError()
           << "must not end `" << shape.name << "`: `hk.yield` does";
  if (yield.getValue().getType() != shape.yielded)
    return yield.emitOpError()
           << "must yield " << shape.yielded << " in `" << shape.name
           << "`, not " << yield.getValue().getType();
  return success();
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

static std::string describeShape(ArrayRef<int64_t> shape) {
  std::string text = "tensor<";
  for (int64_t dim : shape)
    text += (ShapedType::isDynamic(dim) ? "?" : std::to_string(dim)) + "x";
  return text + "f32>";
}

LogicalResult verifyWeight(Operation *op, SymbolTableCollection &symbols,
                           FlatSymbolRefAttr symbol, StringRef role,
                           ArrayRef<int64_t> expected) {
  auto weight = symbols.lookupNearestSymbolFrom<WeightOp>(op, symbol);
  if (!weight)
    return op->emitOpError() << "uses `@" << symbol.getValue() << "` as "
                             << role << ", but there is no such weight";
  ArrayRef<int64_t> shape = weight.getTensorType().getShape();
  bool fits = shape.size() == expected.size() &&
              llvm::all_of(llvm::zip(shape, expected), [](auto dims) {
                return ShapedType::isDynamic(std::get<1>(dims)) ||
                       std::get<0>(dims) == std::get<1>(dims);
              });
  if (fits)
    return success();
  InFlightDiagnostic diag = op->emitOpError()
                            << "uses `@" << symbol.getValue() << "` as " << role
                            << ", which must be " << describeShape(expected)
                            << ", not " << weight.getTensorType();
  diag.attachNote(weight.getLoc()) << "the weight is declared here";
  return diag;
}

SmallVector<FlatSymbolRefAttr> toSymbols(ArrayAttr symbols) {
  return llvm::to_vector(symbols.getAsRange<FlatSymbolRefAttr>());
}

ArrayAttr toArray(MLIRContext *context, ArrayRef<FlatSymbolRefAttr> symbols) {
  return ArrayAttr::get(context,
                        SmallVector<Attribute>(symbols.begin(), symbols.end()));
}

//===----------------------------------------------------------------------===//
// Reads
//===----------------------------------------------------------------------===//

LogicalResult verifyTables(Operation *op, SymbolTableCollection &symbols,
                           ArrayAttr tables) {
  SmallVector<size_t> ranks;
  for (auto table : tables.getAsRange<FlatSymbolRefAttr>()) {
    auto weight = symbols.lookupNearestSymbolFrom<WeightOp>(op, table);
    if (!weight)
      return op->emitOpError() << "uses `@" << table.getValue()
                               << "` as a table, but there is no such weight";
    ranks.push_back(weight.getTensorType().getRank());
  }
  WalkResult result = op->walk([&](TableOp read) -> WalkResult {
    int64_t table = read.getTable();
    if (table < 0 || table >= int64_t(ranks.size()))
      return read.emitOpError()
             << "reads table " << table << ", but there are " << ranks.size();
    if (read.getIndices().size() != ranks[table])
      return read.emitOpError()
             << "gives " << read.getIndices().size()
             << " indices to a table with " << ranks[table] << " dimensions";
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

LogicalResult verifyReads(Operation *op, ValueRange rows, ValueRange pairs,
                          llvm::function_ref<bool(Value)> needsRow) {
  auto isIn = [](int64_t operand, ValueRange values) {
    return operand >= 0 && operand < int64_t(values.size());
  };
  WalkResult result = op->walk([&](Operation *inner) -> WalkResult {
    if (auto pair = dyn_cast<PairOp>(inner);
        pair && !isIn(pair.getOperand(), pairs))
      return pair.emitOpError()
             << "reads pair operand " << int64_t(pair.getOperand())
             << ", but there are " << pairs.size();
    auto read = dyn_cast<ReadOp>(inner);
    if (!read)
      return WalkResult::advance();
    if (!isIn(read.getOperand(), rows))
      return read.emitOpError()
             << "reads row operand " << int64_t(read.getOperand())
             << ", but there are " << rows.size();
    Value operand = rows[read.getOperand()];
    if (read.getRow() && getSpace(operand) == RowSpace::Sequences)
      return read.emitOpError()
             << "reads `at` a row of an operand with one row per sequence";
    if (!read.getRow() && needsRow(operand))
      return read.emitOpError() << "must say `at` which row it reads "
                                << getSpaceName(getSpace(operand));
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

//===----------------------------------------------------------------------===//
// Names in the text form
//===----------------------------------------------------------------------===//

void nameArguments(Region &region, ArrayRef<StringRef> inputs,
                   OpAsmSetValueNameFn setName, unsigned accumulators,
                   unsigned vectors, unsigned rows) {
  if (region.empty())
    return;
  SmallVector<std::string> names(inputs.begin(), inputs.end());
  for (auto [word, count] :
       {std::pair<StringRef, unsigned>{"acc", accumulators},
        {"vector", vectors},
        {"row", rows}})
    for (unsigned index = 0; index < count; ++index)
      names.push_back((word + Twine(index)).str());
  for (auto [argument, name] : llvm::zip(region.front().getArguments(), names))
    setName(argument, name);
}

//===----------------------------------------------------------------------===//
// Configs
//===----------------------------------------------------------------------===//

/// `before` is followed by another config of its target, `config`.
static LogicalResult verifyAscending(StructuredOp op, ConfigAttr before,
                                     ConfigAttr config) {
  std::optional<int64_t> least = before.getMaxRows(),
                         most = config.getMaxRows();
  if (!least)
    return op->emitOpError()
           << "has a second config for the target \"" << config.getTarget()
           << "\" after one without `max_rows`, which takes any number of rows";
  if (most && *most <= *least)
    return op->emitOpError()
           << "has `max_rows = " << *most << "` after `max_rows = " << *least
           << "` for the target \"" << config.getTarget()
           << "\", but configs of a target ascend";
  return success();
}

LogicalResult verifyConfigs(StructuredOp op) {
  ArrayAttr array = op.getConfigsAttr(), sources = op.getConfigSourcesAttr();
  size_t count = array ? array.size() : 0;
  if (sources && sources.size() != count)
    return op->emitOpError()
           << "has " << sources.size() << " `config_sources` for " << count
           << " `configs`; each config has one";
  llvm::SmallDenseSet<StringRef> seen;
  for (size_t index = 0; index < count; ++index) {
    auto config = cast<ConfigAttr>(array[index]);
    auto before = index > 0 ? cast<ConfigAttr>(array[index - 1]) : ConfigAttr();
    bool continues = before && before.getTarget() == config.getTarget();
    if (continues && failed(verifyAscending(op, before, config)))
      return failure();
    if (!continues && !seen.insert(config.getTarget()).second)
      return op->emitOpError()
             << "has configs for the target \"" << config.getTarget()
             << "\" in two places, but those of a target stand together";
    bool isLast =
        index + 1 == count ||
        cast<ConfigAttr>(array[index + 1]).getTarget() != config.getTarget();
    if (isLast && config.getMaxRows())
      return op->emitOpError()
             << "has no config for more than " << *config.getMaxRows()
             << " rows for the target \"" << config.getTarget()
             << "\"; the last config of a target has no `max_rows`";
  }
  return success();
}

} // namespace xf::hk
