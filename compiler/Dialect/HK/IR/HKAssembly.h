// Text forms that the declarative formats do not cover: regions as `(%a: f32,
// %i: i32) { ... }`, lists of words, types that follow from one another.
// Private to the dialect; the generated code calls these by name.
#pragma once

#include "compiler/Dialect/HK/IR/HK.h"

namespace xf::hk {

using Operands = llvm::SmallVectorImpl<mlir::OpAsmParser::UnresolvedOperand>;

mlir::ParseResult parseScalarRegion(mlir::OpAsmParser &parser,
                                    mlir::Region &region);
void printScalarRegion(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                       mlir::Region &region);
mlir::ParseResult parseAttentionRegions(mlir::OpAsmParser &parser,
                                        mlir::Region &scoreMod,
                                        mlir::Region &maskMod,
                                        mlir::Region &aliveMod);
void printAttentionRegions(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                           mlir::Region &scoreMod, mlir::Region &maskMod,
                           mlir::Region &aliveMod);
mlir::ParseResult
parseRowwiseRegions(mlir::OpAsmParser &parser,
                    llvm::SmallVectorImpl<std::unique_ptr<mlir::Region>> &maps,
                    mlir::Region &finish);
void printRowwiseRegions(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                         mlir::RegionRange maps, mlir::Region &finish);

mlir::ParseResult parseOver(mlir::OpAsmParser &parser, RowwiseOverAttr &over);
void printOver(mlir::OpAsmPrinter &printer, mlir::Operation *,
               RowwiseOverAttr over);
mlir::ParseResult parseFill(mlir::OpAsmParser &parser, mlir::Attribute &fill);
void printFill(mlir::OpAsmPrinter &printer, mlir::Operation *,
               mlir::Attribute fill);
mlir::ParseResult parseCombines(mlir::OpAsmParser &parser,
                                mlir::ArrayAttr &array);
void printCombines(mlir::OpAsmPrinter &printer, mlir::Operation *,
                   mlir::ArrayAttr array);
mlir::ParseResult
parseResultAndRows(mlir::OpAsmParser &parser, mlir::Type &result,
                   llvm::SmallVectorImpl<mlir::Type> &rowTypes,
                   const Operands &rows);
void printResultAndRows(mlir::OpAsmPrinter &printer, mlir::Operation *,
                        mlir::Type result, mlir::TypeRange, mlir::OperandRange);
mlir::ParseResult parseRowwiseTypes(mlir::OpAsmParser &parser, mlir::Type &x,
                                    llvm::SmallVectorImpl<mlir::Type> &rowTypes,
                                    mlir::Type &result, const Operands &rows);
void printRowwiseTypes(mlir::OpAsmPrinter &printer, mlir::Operation *,
                       mlir::Type x, mlir::TypeRange, mlir::Type result,
                       mlir::OperandRange);

} // namespace xf::hk
