// Text forms of regions, lists of words and types.
#include "compiler/Dialect/HK/IR/HKAssembly.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace xf::hk {

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

ParseResult parseScalarRegion(OpAsmParser &parser, Region &region) {
  SmallVector<OpAsmParser::Argument> arguments;
  return failure(parser.parseArgumentList(arguments,
                                          OpAsmParser::Delimiter::Paren,
                                          /*allowType=*/true) ||
                 parser.parseRegion(region, arguments));
}

void printScalarRegion(OpAsmPrinter &printer, Operation *, Region &region) {
  printer << "(";
  if (!region.empty())
    llvm::interleaveComma(
        region.front().getArguments(), printer,
        [&](BlockArgument argument) { printer.printRegionArgument(argument); });
  printer << ") ";
  printer.printRegion(region, /*printEntryBlockArgs=*/false);
}

ParseResult parseAttentionRegions(OpAsmParser &parser, Region &scoreMod,
                                  Region &maskMod, Region &aliveMod) {
  for (auto [keyword, region] :
       {std::pair<StringRef, Region *>{"score_mod", &scoreMod},
        {"mask_mod", &maskMod},
        {"alive_mod", &aliveMod}})
    if (succeeded(parser.parseOptionalKeyword(keyword)) &&
        parseScalarRegion(parser, *region))
      return failure();
  return success();
}

void printAttentionRegions(OpAsmPrinter &printer, Operation *op,
                           Region &scoreMod, Region &maskMod,
                           Region &aliveMod) {
  StringRef separator;
  for (auto [keyword, region] :
       {std::pair<StringRef, Region *>{"score_mod", &scoreMod},
        {"mask_mod", &maskMod},
        {"alive_mod", &aliveMod}}) {
    if (region->empty())
      continue;
    printer << separator << keyword << " ";
    separator = " ";
    printScalarRegion(printer, op, *region);
  }
}

ParseResult parseRowwiseRegions(OpAsmParser &parser,
                                SmallVectorImpl<std::unique_ptr<Region>> &maps,
                                Region &finish) {
  while (succeeded(parser.parseOptionalKeyword("map"))) {
    maps.push_back(std::make_unique<Region>());
    if (parseScalarRegion(parser, *maps.back()))
      return failure();
  }
  return failure(parser.parseKeyword("finish") ||
                 parseScalarRegion(parser, finish));
}

void printRowwiseRegions(OpAsmPrinter &printer, Operation *op, RegionRange maps,
                         Region &finish) {
  for (Region *map : maps) {
    printer << "map ";
    printScalarRegion(printer, op, *map);
    printer << " ";
  }
  printer << "finish ";
  printScalarRegion(printer, op, finish);
}

//===----------------------------------------------------------------------===//
// Words
//===----------------------------------------------------------------------===//

/// One word of an enum, such as `row`, as an enum attribute.
template <typename AttrT>
static ParseResult parseWord(OpAsmParser &parser, AttrT &attr) {
  attr = dyn_cast_or_null<AttrT>(AttrT::parse(parser, {}));
  return success(attr != nullptr);
}

ParseResult parseOver(OpAsmParser &parser, RowwiseOverAttr &over) {
  return parseWord(parser, over);
}
void printOver(OpAsmPrinter &printer, Operation *, RowwiseOverAttr over) {
  printer << stringifyEnum(over.getValue());
}

/// A list of enum words, `[add, max]`, as an array of enum attributes.
template <typename AttrT>
static ParseResult parseWords(OpAsmParser &parser, ArrayAttr &array) {
  SmallVector<Attribute> words;
  auto parseNext = [&]() -> ParseResult {
    AttrT word;
    words.push_back(parseWord(parser, word) ? AttrT() : word);
    return success(words.back() != nullptr);
  };
  if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Square, parseNext))
    return failure();
  array = parser.getBuilder().getArrayAttr(words);
  return success();
}

template <typename AttrT>
static void printWords(OpAsmPrinter &printer, ArrayAttr array) {
  printer << "[";
  llvm::interleaveComma(array.getAsRange<AttrT>(), printer, [&](AttrT word) {
    printer << stringifyEnum(word.getValue());
  });
  printer << "]";
}

/// `required`, `index`, or `fill` and a number.
ParseResult parseFill(OpAsmParser &parser, Attribute &fill) {
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
void printFill(OpAsmPrinter &printer, Operation *, Attribute fill) {
  if (!fill) {
    printer << "required";
  } else if (isa<StringAttr>(fill)) {
    printer << "index";
  } else {
    printer << "fill ";
    printer.printAttributeWithoutType(fill);
  }
}

ParseResult parseCombines(OpAsmParser &parser, ArrayAttr &array) {
  return parseWords<CombineAttr>(parser, array);
}
void printCombines(OpAsmPrinter &printer, Operation *, ArrayAttr array) {
  printWords<CombineAttr>(printer, array);
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// A result type that is also the type of every row operand.
ParseResult parseResultAndRows(OpAsmParser &parser, Type &result,
                               SmallVectorImpl<Type> &rowTypes,
                               const Operands &rows) {
  if (parser.parseType(result))
    return failure();
  rowTypes.assign(rows.size(), result);
  return success();
}
void printResultAndRows(OpAsmPrinter &printer, Operation *, Type result,
                        TypeRange, OperandRange) {
  printer << result;
}

/// One type for the operand, the row operands and the result; over sequences
/// `x -> result`, and the row operands are as the result.
ParseResult parseRowwiseTypes(OpAsmParser &parser, Type &x,
                              SmallVectorImpl<Type> &rowTypes, Type &result,
                              const Operands &rows) {
  if (parser.parseType(x))
    return failure();
  result = x;
  if (succeeded(parser.parseOptionalArrow()) && parser.parseType(result))
    return failure();
  rowTypes.assign(rows.size(), result);
  return success();
}
void printRowwiseTypes(OpAsmPrinter &printer, Operation *, Type x, TypeRange,
                       Type result, OperandRange) {
  printer << x;
  if (x != result)
    printer << " -> " << result;
}

} // namespace xf::hk
