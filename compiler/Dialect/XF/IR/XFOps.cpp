// Verifiers and custom text of the graph ops. A message says what was seen,
// then the rule; a note points at the weight where one is involved.
#include "compiler/Dialect/XF/IR/ScalarOps.h"
#include "compiler/Dialect/XF/IR/XFVerify.h"

#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace xf;
using namespace xf::ir;

//===----------------------------------------------------------------------===//
// Shared pieces
//===----------------------------------------------------------------------===//

static constexpr StringLiteral spaceNames[] = {"tokens", "sequences",
                                               "context"};

StringRef xf::ir::getSpaceName(RowSpace space) {
  return spaceNames[static_cast<size_t>(space)];
}

/// The space that an encoding names; tokens are not written.
static std::optional<RowSpace> findSpace(Attribute encoding) {
  if (!encoding)
    return RowSpace::Tokens;
  auto name = dyn_cast<StringAttr>(encoding);
  for (RowSpace space : {RowSpace::Sequences, RowSpace::Context})
    if (name && name == getSpaceName(space))
      return space;
  return std::nullopt;
}

bool xf::ir::isRowsType(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getRank() == 2 && tensor.isDynamicDim(0) &&
         !tensor.isDynamicDim(1) && tensor.getDimSize(1) > 0 &&
         tensor.getDimSize(1) <= INT32_MAX && tensor.getElementType().isF32() &&
         findSpace(tensor.getEncoding()).has_value();
}

RankedTensorType xf::ir::getRowsType(MLIRContext *context, int64_t width,
                                     RowSpace space) {
  Attribute encoding;
  if (space != RowSpace::Tokens)
    encoding = StringAttr::get(context, getSpaceName(space));
  return RankedTensorType::get({ShapedType::kDynamic, width},
                               Float32Type::get(context), encoding);
}

RowSpace xf::ir::getSpace(Type rowsType) {
  return findSpace(cast<RankedTensorType>(rowsType).getEncoding())
      .value_or(RowSpace::Tokens);
}

int64_t xf::ir::getWidth(Value rows) {
  return cast<RankedTensorType>(rows.getType()).getDimSize(1);
}

bool xf::ir::isPairsType(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getRank() == 3 && tensor.isDynamicDim(0) &&
         !tensor.isDynamicDim(1) && tensor.isDynamicDim(2) &&
         tensor.getDimSize(1) > 0 && tensor.getDimSize(1) <= INT32_MAX &&
         tensor.getElementType().isF32() && !tensor.getEncoding();
}

RankedTensorType xf::ir::getPairsType(MLIRContext *context, int64_t heads) {
  return RankedTensorType::get(
      {ShapedType::kDynamic, heads, ShapedType::kDynamic},
      Float32Type::get(context));
}

LogicalResult xf::ir::verifyWeight(Operation *op, SymbolTableCollection &tables,
                                   FlatSymbolRefAttr symbol, StringRef role,
                                   ArrayRef<int64_t> shape) {
  auto weight = tables.lookupNearestSymbolFrom<WeightOp>(op, symbol);
  if (!weight)
    return op->emitOpError()
           << role << " " << symbol << " is not the symbol of an `xf.weight`";
  ArrayRef<int64_t> actual = weight.getTensorType().getShape();
  bool fits = actual.size() == shape.size();
  for (size_t d = 0; fits && d < shape.size(); ++d)
    fits = shape[d] < 0 || shape[d] == actual[d];
  if (fits)
    return success();
  InFlightDiagnostic diag = op->emitOpError()
                            << role << " " << symbol << " must have shape [";
  llvm::interleaveComma(
      shape, diag, [&](int64_t dim) { dim < 0 ? diag << "any" : diag << dim; });
  diag << "]";
  diag.attachNote(weight.getLoc()) << "it has shape [" << actual << "]";
  return diag;
}

LogicalResult xf::ir::verifyTables(Operation *op,
                                   SymbolTableCollection &symbols,
                                   ArrayAttr tables) {
  SmallVector<size_t> ranks;
  for (auto table : tables.getAsRange<FlatSymbolRefAttr>()) {
    auto weight = symbols.lookupNearestSymbolFrom<WeightOp>(op, table);
    if (!weight)
      return op->emitOpError()
             << "table " << table << " is not the symbol of an `xf.weight`";
    ranks.push_back(weight.getTensorType().getRank());
  }
  WalkResult result = op->walk([&](TableOp read) {
    int64_t table = read.getTable();
    if (table < 0 || table >= int64_t(ranks.size()))
      return WalkResult(read.emitOpError()
                        << "reads table " << table << ", but there are "
                        << ranks.size());
    if (read.getIndices().size() != ranks[table])
      return WalkResult(read.emitOpError()
                        << "gives " << read.getIndices().size()
                        << " indices to a table with " << ranks[table]
                        << " dimensions");
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

LogicalResult xf::ir::verifyReads(Operation *op, ValueRange rows,
                                  ValueRange pairs,
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

/// `score_mod {...} mask_mod {...} alive_mod {...}`, each only where the region
/// is not empty.
static ParseResult parseScalarRegions(OpAsmParser &parser, Region &scoreMod,
                                      Region &maskMod, Region &aliveMod) {
  for (auto [name, region] :
       {std::pair<StringRef, Region *>{"score_mod", &scoreMod},
        {"mask_mod", &maskMod},
        {"alive_mod", &aliveMod}})
    if (succeeded(parser.parseOptionalKeyword(name)) &&
        parser.parseRegion(*region))
      return failure();
  return success();
}

static void printScalarRegions(OpAsmPrinter &printer, Operation *,
                               Region &scoreMod, Region &maskMod,
                               Region &aliveMod) {
  for (auto [name, region] :
       {std::pair<StringRef, Region *>{"score_mod", &scoreMod},
        {"mask_mod", &maskMod},
        {"alive_mod", &aliveMod}}) {
    if (region->empty())
      continue;
    printer << ' ' << name << ' ';
    printer.printRegion(*region);
  }
}

/// The same for the stack's own, which has two.
static ParseResult parseScalarRegions(OpAsmParser &parser, Region &scoreMod,
                                      Region &maskMod) {
  Region none;
  return parseScalarRegions(parser, scoreMod, maskMod, none);
}

static void printScalarRegions(OpAsmPrinter &printer, Operation *op,
                               Region &scoreMod, Region &maskMod) {
  Region none;
  printScalarRegions(printer, op, scoreMod, maskMod, none);
}

/// `required`, `index`, or `fill` and a number.
static ParseResult parseFill(OpAsmParser &parser, Attribute &fill) {
  if (succeeded(parser.parseOptionalKeyword("required")))
    return success();
  if (succeeded(parser.parseOptionalKeyword("index"))) {
    fill = parser.getBuilder().getStringAttr("index");
    return success();
  }
  double value;
  if (parser.parseKeyword("fill") || parser.parseFloat(value))
    return failure();
  fill = parser.getBuilder().getF64FloatAttr(value);
  return success();
}

static void printFill(OpAsmPrinter &printer, Operation *, Attribute fill) {
  if (!fill)
    printer << "required";
  else if (isa<StringAttr>(fill))
    printer << "index";
  else {
    printer << "fill ";
    printer.printAttributeWithoutType(fill);
  }
}

//===----------------------------------------------------------------------===//
// xf.weight
//===----------------------------------------------------------------------===//

LogicalResult WeightOp::verify() {
  auto type = dyn_cast<RankedTensorType>(getType());
  if (!type || !type.hasStaticShape() || !type.getElementType().isF32() ||
      type.getRank() < 1 || type.getRank() > 2)
    return emitOpError() << "has type " << getType()
                         << " but must be a vector or matrix of f32 of static "
                            "shape";
  if (type.getShape() != getRecipe().getShape())
    return emitOpError() << "has shape [" << type.getShape()
                         << "] but its recipe makes [" << getRecipe().getShape()
                         << "]";
  return success();
}

//===----------------------------------------------------------------------===//
// Ops on rows
//===----------------------------------------------------------------------===//

/// The one result of `op` has a row for each of the input's.
static LogicalResult verifySameSpace(Operation *op, Value input) {
  RowSpace from = getSpace(input), to = getSpace(op->getResult(0));
  if (from == to)
    return success();
  return op->emitOpError() << "makes rows of " << getSpaceName(to)
                           << " from rows of " << getSpaceName(from);
}

void EmbedOp::build(OpBuilder &builder, OperationState &state, int64_t width,
                    Value batch, ArrayRef<FlatSymbolRefAttr> tables,
                    ArrayRef<StringRef> indices) {
  build(builder, state, getRowsType(builder.getContext(), width), batch,
        builder.getArrayAttr(
            SmallVector<Attribute>(tables.begin(), tables.end())),
        builder.getStrArrayAttr(indices));
}

LogicalResult EmbedOp::verify() {
  if (getTables().empty())
    return emitOpError() << "must have at least one table";
  if (getTables().size() != getIndices().size())
    return emitOpError() << "has " << getTables().size() << " tables and "
                         << getIndices().size()
                         << " indices, but each table takes one index";
  return success();
}

LogicalResult EmbedOp::verifySymbolUses(SymbolTableCollection &tables) {
  for (auto table : getTables().getAsRange<FlatSymbolRefAttr>())
    if (failed(
            verifyWeight(*this, tables, table, "table", {-1, getWidth(*this)})))
      return failure();
  return success();
}

void NormOp::build(OpBuilder &builder, OperationState &state, NormKind kind,
                   Value input, FlatSymbolRefAttr gain, FlatSymbolRefAttr bias,
                   double eps, int64_t groups) {
  state.addOperands(input);
  state.addAttribute(getKindAttrName(state.name),
                     NormKindAttr::get(builder.getContext(), kind));
  if (gain)
    state.addAttribute(getGainAttrName(state.name), gain);
  if (bias)
    state.addAttribute(getBiasAttrName(state.name), bias);
  if (kind != NormKind::Softmax)
    state.addAttribute(getEpsAttrName(state.name),
                       builder.getF64FloatAttr(eps));
  if (groups != 1)
    state.addAttribute(getGroupsAttrName(state.name),
                       builder.getI64IntegerAttr(groups));
  state.addTypes(input.getType());
}

LogicalResult NormOp::verify() {
  APFloat eps = getEps();
  if (!eps.isFinite() || eps.isNegative())
    return emitOpError() << "`eps` must be finite and not negative";
  int64_t groups = getGroups(), width = getWidth(getInput());
  if (groups < 1 || width % groups != 0)
    return emitOpError() << "has " << groups
                         << " groups, which must divide the "
                         << "row's width " << width;
  if (getKind() == NormKind::Softmax &&
      (getGainAttr() || getBiasAttr() || !eps.isZero()))
    return emitOpError() << "`softmax` takes no gain, bias or eps";
  return success();
}

LogicalResult NormOp::verifySymbolUses(SymbolTableCollection &tables) {
  int64_t width = getWidth(getInput());
  if (getGainAttr() &&
      failed(verifyWeight(*this, tables, getGainAttr(), "gain", width)))
    return failure();
  if (getBiasAttr() &&
      failed(verifyWeight(*this, tables, getBiasAttr(), "bias", width)))
    return failure();
  return success();
}

void LinearOp::build(OpBuilder &builder, OperationState &state, Value input,
                     int64_t width, FlatSymbolRefAttr weight,
                     FlatSymbolRefAttr bias) {
  build(builder, state,
        getRowsType(builder.getContext(), width, getSpace(input)), input,
        weight, bias);
}

LogicalResult LinearOp::verify() { return verifySameSpace(*this, getInput()); }

LogicalResult LinearOp::verifySymbolUses(SymbolTableCollection &tables) {
  int64_t in = getWidth(getInput()), out = getWidth(getResult());
  if (failed(verifyWeight(*this, tables, getWeightAttr(), "weight", {out, in})))
    return failure();
  if (!getBiasAttr())
    return success();
  return verifyWeight(*this, tables, getBiasAttr(), "bias", out);
}

void SliceOp::build(OpBuilder &builder, OperationState &state, Value input,
                    int64_t offset, int64_t width) {
  build(builder, state,
        getRowsType(builder.getContext(), width, getSpace(input)), input,
        builder.getI64IntegerAttr(offset));
}

LogicalResult SliceOp::verify() {
  if (failed(verifySameSpace(*this, getInput())))
    return failure();
  int64_t offset = getOffset(), available = ir::getWidth(getInput());
  // Not `offset + width`, which overflows for the largest offsets.
  if (offset < 0 || offset > available || getWidth() > available - offset)
    return emitOpError() << "takes " << getWidth() << " columns from column "
                         << offset << " of an input with " << available;
  return success();
}

//===----------------------------------------------------------------------===//
// Inputs and computed reads
//===----------------------------------------------------------------------===//

void InputOp::build(OpBuilder &builder, OperationState &state, Type type,
                    StringRef name, Attribute fill, Scatter scatter) {
  state.addAttribute(getNameAttrName(state.name), builder.getStringAttr(name));
  if (fill)
    state.addAttribute(getFillAttrName(state.name), fill);
  state.addAttribute(getScatterAttrName(state.name),
                     ScatterAttr::get(builder.getContext(), scatter));
  state.addTypes(type);
}

LogicalResult InputOp::verify() {
  if (getName().empty())
    return emitOpError() << "must have a name";
  if (auto word = dyn_cast_or_null<StringAttr>(getFillAttr());
      word && word != "index")
    return emitOpError() << "is filled with " << word
                         << ", but only a number or \"index\" can be";
  if (isPairsType(getType()) &&
      (isFilledByIndex() || getScatter() != Scatter::Tokens))
    return emitOpError()
           << "of pairs takes a number as `fill` and no `scatter`";
  return success();
}

LogicalResult MapOp::verify() {
  RowSpace space = getSpace(getResult());
  for (Value input : getInputs())
    if (getSpace(input) != space && getSpace(input) != RowSpace::Sequences)
      return emitOpError() << "makes rows of " << getSpaceName(space)
                           << " from rows of " << getSpaceName(getSpace(input));
  return success();
}

/// Why the body needs the batch, or nothing.
static StringRef whyBatch(MapOp op) {
  Block &body = op.getBody().front();
  if (!body.getArgument(1).use_empty() || !body.getArgument(2).use_empty())
    return "uses the row's index or the number of rows";
  if (llvm::any_of(op.getInputs(), [&](Value input) {
        return getSpace(input) != getSpace(op.getResult());
      }))
    return "reads rows of sequences";
  bool readsOther = false;
  op.walk([&](ReadOp read) { readsOther |= bool(read.getRow()); });
  return readsOther ? "reads `at` another row" : "";
}

LogicalResult MapOp::verifyRegions() {
  Builder builder(getContext());
  Type i32 = builder.getI32Type();
  if (failed(verifyScalarRegion(*this, getBody(), "body", {i32, i32, i32},
                                builder.getF32Type())))
    return failure();
  StringRef why = whyBatch(*this);
  if (!getBatch() && !why.empty())
    return emitOpError() << why << " and so needs `batch`";
  if (getSpace(getResult()) == RowSpace::Sequences && !why.empty())
    return emitOpError() << why << ", but makes one row per sequence";
  return verifyReads(*this, getInputs(), /*pairs=*/{},
                     [](Value) { return false; });
}

LogicalResult MapOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyTables(*this, symbols, getTables());
}

//===----------------------------------------------------------------------===//
// xf.pool
//===----------------------------------------------------------------------===//

void PoolOp::build(OpBuilder &builder, OperationState &state, PoolKind kind,
                   Value input, Value batch, int64_t index) {
  state.addOperands({input, batch});
  state.addAttribute(getKindAttrName(state.name),
                     PoolKindAttr::get(builder.getContext(), kind));
  if (index != 0)
    state.addAttribute(getIndexAttrName(state.name),
                       builder.getI64IntegerAttr(index));
  state.addTypes(
      getRowsType(builder.getContext(), getWidth(input), RowSpace::Sequences));
}

LogicalResult PoolOp::verify() {
  if (getSpace(getInput()) == RowSpace::Sequences)
    return emitOpError() << "takes rows that are one per sequence already";
  if (getSpace(getResult()) != RowSpace::Sequences ||
      getWidth(getResult()) != getWidth(getInput()))
    return emitOpError() << "must give rows of sequences of the input's width "
                         << getWidth(getInput()) << ", not " << getType();
  int64_t index = getIndex();
  if (index < 0 || index > INT32_MAX ||
      (index != 0 && getKind() != PoolKind::Row))
    return emitOpError() << "has `index` " << index
                         << ", which is a row's number from 0 and goes with "
                            "the kind `row`";
  return success();
}

#define GET_OP_CLASSES
#include "compiler/Dialect/XF/IR/XFOps.cpp.inc"
