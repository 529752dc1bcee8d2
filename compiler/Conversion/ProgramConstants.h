// Writes records of ProgramLayout.h as constant globals of the LLVM dialect.
#pragma once

#include "compiler/Conversion/ProgramLayout.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"

#include <array>
#include <string>
#include <variant>
#include <vector>

namespace xf {

/// A field's value: a number, the name of a global or function (empty: null),
/// or four numbers.
using Cell = std::variant<uint64_t, std::string, std::array<int32_t, 4>>;
/// Fields in the order of their table.
using Record = std::vector<Cell>;

/// Adds globals at the end of a module.
class ConstantWriter {
public:
  explicit ConstantWriter(mlir::ModuleOp module);

  /// An internal, NUL-terminated string; equal texts share one. Returns its
  /// symbol.
  std::string addString(llvm::StringRef text);
  /// An internal array of records; returns `name`, or an empty string (a null
  /// pointer) for an empty array.
  std::string addTable(llvm::StringRef name, llvm::StringRef type,
                       llvm::ArrayRef<program::FieldLayout> fields,
                       llvm::ArrayRef<Record> records);
  /// An internal array of pointers to the symbols named.
  std::string addPointers(llvm::StringRef name,
                          llvm::ArrayRef<std::string> symbols);
  /// One record, hidden but visible to other objects of the library.
  void addRecord(llvm::StringRef name, llvm::StringRef type,
                 llvm::ArrayRef<program::FieldLayout> fields,
                 const Record &record);

  /// The LLVM type of a record, named for the reader.
  mlir::Type recordType(llvm::StringRef name,
                        llvm::ArrayRef<program::FieldLayout> fields);

private:
  mlir::LLVM::GlobalOp
  addGlobal(llvm::StringRef name, mlir::Type type, mlir::LLVM::Linkage linkage,
            llvm::function_ref<mlir::Value(mlir::OpBuilder &)> initializer);
  mlir::Value buildRecord(mlir::OpBuilder &b, mlir::Type type,
                          const Record &record);
  mlir::Value buildPointer(mlir::OpBuilder &b, const std::string &symbol);

  mlir::ModuleOp module;
  mlir::OpBuilder builder;
  mlir::Location loc;
  llvm::StringMap<std::string> strings;
};

} // namespace xf
