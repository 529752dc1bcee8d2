// Verifiers and custom text of the graph ops. A message says what was seen,
// then the rule; a note points at the weight where one is involved.
#include "compiler/Dialect/XF/IR/XF.h"

#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace xf::ir;

//===----------------------------------------------------------------------===//
// Shared pieces
//===----------------------------------------------------------------------===//

bool xf::ir::isRowsType(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getRank() == 2 && tensor.isDynamicDim(0) &&
         !tensor.isDynamicDim(1) && tensor.getDimSize(1) > 0 &&
         tensor.getDimSize(1) <= INT32_MAX && tensor.getElementType().isF32() &&
         !tensor.getEncoding();
}

RankedTensorType xf::ir::getRowsType(MLIRContext *context, int64_t width) {
  return RankedTensorType::get({ShapedType::kDynamic, width},
                               Float32Type::get(context));
}

static int64_t widthOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getDimSize(1);
}

/// Checks that `symbol` names an xf.weight of shape `shape`; a negative extent
/// accepts any. `role` names the use in messages.
static LogicalResult verifyWeight(Operation *op, SymbolTableCollection &tables,
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

/// `score_mod {...} mask_mod {...}`, each only where the region is not empty.
static ParseResult parseScalarRegions(OpAsmParser &parser, Region &scoreMod,
                                      Region &maskMod) {
  if (succeeded(parser.parseOptionalKeyword("score_mod")) &&
      parser.parseRegion(scoreMod))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("mask_mod")) &&
      parser.parseRegion(maskMod))
    return failure();
  return success();
}

static void printScalarRegions(OpAsmPrinter &printer, Operation *,
                               Region &scoreMod, Region &maskMod) {
  auto print = [&](StringRef name, Region &region) {
    if (region.empty())
      return;
    printer << ' ' << name << ' ';
    printer.printRegion(region);
  };
  print("score_mod", scoreMod);
  print("mask_mod", maskMod);
}

/// `[ids, positions]`.
static ParseResult parseGatherIndices(OpAsmParser &parser, ArrayAttr &indices) {
  SmallVector<Attribute> elements;
  auto parseIndex = [&]() -> ParseResult {
    FailureOr<GatherIndex> index = FieldParser<GatherIndex>::parse(parser);
    if (failed(index))
      return failure();
    elements.push_back(GatherIndexAttr::get(parser.getContext(), *index));
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseIndex))
    return failure();
  indices = parser.getBuilder().getArrayAttr(elements);
  return success();
}

static void printGatherIndices(OpAsmPrinter &printer, Operation *,
                               ArrayAttr indices) {
  printer << '[';
  llvm::interleaveComma(indices.getAsRange<GatherIndexAttr>(), printer,
                        [&](GatherIndexAttr index) {
                          printer << stringifyGatherIndex(index.getValue());
                        });
  printer << ']';
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
            verifyWeight(*this, tables, table, "table", {-1, widthOf(*this)})))
      return failure();
  return success();
}

LogicalResult NormOp::verify() {
  const APFloat &eps = getEps();
  if (!eps.isFinite() || eps.isNegative())
    return emitOpError() << "`eps` must be finite and not negative";
  return success();
}

LogicalResult NormOp::verifySymbolUses(SymbolTableCollection &tables) {
  int64_t width = widthOf(getInput());
  if (getGainAttr() &&
      failed(verifyWeight(*this, tables, getGainAttr(), "gain", width)))
    return failure();
  if (getBiasAttr() &&
      failed(verifyWeight(*this, tables, getBiasAttr(), "bias", width)))
    return failure();
  return success();
}

LogicalResult LinearOp::verifySymbolUses(SymbolTableCollection &tables) {
  int64_t in = widthOf(getInput()), out = widthOf(getResult());
  if (failed(verifyWeight(*this, tables, getWeightAttr(), "weight", {out, in})))
    return failure();
  if (!getBiasAttr())
    return success();
  return verifyWeight(*this, tables, getBiasAttr(), "bias", out);
}

LogicalResult SliceOp::verify() {
  int64_t offset = getOffset(), available = widthOf(getInput());
  // Not `offset + width`, which overflows for the largest offsets.
  if (offset < 0 || offset > available || getWidth() > available - offset)
    return emitOpError() << "takes " << getWidth() << " columns from column "
                         << offset << " of an input with " << available;
  return success();
}

//===----------------------------------------------------------------------===//
// xf.attention
//===----------------------------------------------------------------------===//

/// Far above any model; the product of two such numbers cannot overflow.
static constexpr int64_t maxExtent = 1 << 20;

LogicalResult AttentionOp::verify() {
  int64_t heads = getHeads(), kvHeads = getKvHeads();
  if (heads <= 0 || kvHeads <= 0 || heads % kvHeads != 0)
    return emitOpError() << "has " << heads << " heads and " << kvHeads
                         << " key heads; both must be positive and the first a "
                            "multiple of the second";
  if (getHeadDim() <= 0 || getValueDim() <= 0)
    return emitOpError() << "`head_dim` and `value_dim` must be positive";
  if (std::max<int64_t>(
          {heads, int64_t(getHeadDim()), int64_t(getValueDim())}) > maxExtent)
    return emitOpError() << "`heads`, `head_dim` and `value_dim` must be at "
                            "most "
                         << maxExtent;
  if (!getScale().isFinite())
    return emitOpError() << "`scale` must be finite";
  auto checkWidth = [&](StringRef name, Value value, int64_t count,
                        StringRef countName, int64_t dim,
                        StringRef dimName) -> LogicalResult {
    if (widthOf(value) == count * dim)
      return success();
    return emitOpError() << "`" << name << "` is " << widthOf(value)
                         << " wide but must be " << countName << " * "
                         << dimName << " = " << count * dim;
  };
  return success(succeeded(checkWidth("q", getQ(), heads, "heads", getHeadDim(),
                                      "head_dim")) &&
                 succeeded(checkWidth("k", getK(), kvHeads, "kv_heads",
                                      getHeadDim(), "head_dim")) &&
                 succeeded(checkWidth("v", getV(), kvHeads, "kv_heads",
                                      getValueDim(), "value_dim")) &&
                 succeeded(checkWidth("result", getResult(), heads, "heads",
                                      getValueDim(), "value_dim")));
}

LogicalResult AttentionOp::verifyRegions() {
  if (failed(verifyScoreMod(*this, getScoreMod())))
    return failure();
  return verifyMaskMod(*this, getMaskMod());
}

#define GET_OP_CLASSES
#include "compiler/Dialect/XF/IR/XFOps.cpp.inc"
