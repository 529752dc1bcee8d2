// Registers the hk dialect; text forms and rules of its attributes; what is
// asked of rows.
#include "compiler/Dialect/HK/IR/HK.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

#include <limits>

#include "compiler/Dialect/HK/IR/HKDialect.cpp.inc"
#include "compiler/Dialect/HK/IR/HKEnums.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "compiler/Dialect/HK/IR/HKTypes.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "compiler/Dialect/HK/IR/HKAttrs.cpp.inc"

using namespace mlir;

namespace xf::hk {

void HKDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "compiler/Dialect/HK/IR/HKTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "compiler/Dialect/HK/IR/HKAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "compiler/Dialect/HK/IR/HKOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// #hk.config
//===----------------------------------------------------------------------===//

/// `<target = "...", variant = "...", key = integer, ...>`, keys in any order
/// after the first two; a key given twice is an error.
Attribute ConfigAttr::parse(AsmParser &parser, Type) {
  std::string target, variant;
  NamedAttrList values;
  auto parseNamedString = [&](StringRef name,
                              std::string &value) -> ParseResult {
    return failure(parser.parseKeyword(name) || parser.parseEqual() ||
                   parser.parseString(&value));
  };
  if (parser.parseLess() || parseNamedString("target", target) ||
      parser.parseComma() || parseNamedString("variant", variant))
    return {};
  while (succeeded(parser.parseOptionalComma())) {
    StringRef key;
    int64_t value;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseKeyword(&key) || parser.parseEqual() ||
        parser.parseInteger(value))
      return {};
    if (values.get(key)) {
      parser.emitError(loc) << "`" << key << "` is given twice";
      return {};
    }
    values.append(key, parser.getBuilder().getI64IntegerAttr(value));
  }
  if (parser.parseGreater())
    return {};
  return parser.getChecked<ConfigAttr>(
      parser.getContext(), target, variant,
      values.getDictionary(parser.getContext()));
}

void ConfigAttr::print(AsmPrinter &printer) const {
  printer << "<target = \"" << getTarget() << "\", variant = \"" << getVariant()
          << "\"";
  for (NamedAttribute entry : getValues())
    printer << ", " << entry.getName().strref() << " = "
            << llvm::cast<IntegerAttr>(entry.getValue()).getInt();
  printer << ">";
}

LogicalResult ConfigAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 StringRef target, StringRef variant,
                                 DictionaryAttr values) {
  if (target.empty() || variant.empty())
    return emitError() << "a config names a target and a variant";
  for (NamedAttribute entry : values) {
    auto value = llvm::dyn_cast<IntegerAttr>(entry.getValue());
    if (!value || !value.getType().isInteger(64))
      return emitError() << "`" << entry.getName().strref()
                         << "` of a config must be an i64";
    if (entry.getName() == "max_rows" && value.getInt() < 1)
      return emitError() << "`max_rows` of a config must be at least 1, not "
                         << value.getInt();
  }
  return success();
}

std::optional<int64_t> ConfigAttr::getMaxRows() {
  if (auto rows = getValues().getAs<IntegerAttr>("max_rows"))
    return rows.getInt();
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// #hk.slot
//===----------------------------------------------------------------------===//

LogicalResult SlotAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               int64_t offset, int64_t width) {
  if (offset < 0 || width <= 0)
    return emitError() << "a slot has an offset of at least 0 and a width of "
                          "at least 1, not "
                       << offset << " and " << width;
  if (width > std::numeric_limits<int64_t>::max() - offset)
    return emitError() << "a slot at " << offset << " of width " << width
                       << " ends past the largest offset";
  return success();
}

//===----------------------------------------------------------------------===//
// Rows and regions
//===----------------------------------------------------------------------===//

static constexpr llvm::StringLiteral spaceNames[] = {"tokens", "sequences",
                                                     "context"};

llvm::StringRef getSpaceName(RowSpace space) {
  return spaceNames[static_cast<size_t>(space)];
}

/// The space that an encoding names; tokens are not written.
static std::optional<RowSpace> findSpace(Attribute encoding) {
  if (!encoding)
    return RowSpace::Tokens;
  auto name = llvm::dyn_cast<StringAttr>(encoding);
  for (RowSpace space : {RowSpace::Sequences, RowSpace::Context})
    if (name && name == getSpaceName(space))
      return space;
  return std::nullopt;
}

bool isRowsType(Type type) {
  auto rows = llvm::dyn_cast<RankedTensorType>(type);
  return rows && rows.getRank() == 2 && rows.isDynamicDim(0) &&
         !rows.isDynamicDim(1) && rows.getDimSize(1) > 0 &&
         rows.getDimSize(1) <= INT32_MAX && rows.getElementType().isF32() &&
         findSpace(rows.getEncoding()).has_value();
}

bool isPairsType(Type type) {
  auto pairs = llvm::dyn_cast<RankedTensorType>(type);
  return pairs && pairs.getRank() == 3 && pairs.isDynamicDim(0) &&
         !pairs.isDynamicDim(1) && pairs.isDynamicDim(2) &&
         pairs.getDimSize(1) > 0 && pairs.getDimSize(1) <= INT32_MAX &&
         pairs.getElementType().isF32() && !pairs.getEncoding();
}

RankedTensorType getRowsType(MLIRContext *context, int64_t width,
                             RowSpace space) {
  Attribute encoding;
  if (space != RowSpace::Tokens)
    encoding = StringAttr::get(context, getSpaceName(space));
  return RankedTensorType::get({ShapedType::kDynamic, width},
                               Float32Type::get(context), encoding);
}

RowSpace getSpace(Type type) {
  return findSpace(llvm::cast<RankedTensorType>(type).getEncoding())
      .value_or(RowSpace::Tokens);
}

int64_t getWidth(Type type) {
  return llvm::cast<RankedTensorType>(type).getDimSize(1);
}

Block *addScalarBlock(Region &region, TypeRange arguments, Location loc) {
  Block &block = region.emplaceBlock();
  for (Type type : arguments)
    block.addArgument(type, loc);
  return &block;
}

} // namespace xf::hk
