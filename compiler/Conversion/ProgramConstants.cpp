// Aggregates are built with insertvalue in each global's initialiser region:
// the only form that may hold addresses.
#include "compiler/Conversion/ProgramConstants.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace xf {

ConstantWriter::ConstantWriter(ModuleOp module)
    : module(module), builder(module.getBodyRegion()), loc(module.getLoc()) {
  builder.setInsertionPointToEnd(module.getBody());
}

std::string ConstantWriter::addString(StringRef text) {
  std::string &symbol = strings[text];
  if (!symbol.empty())
    return symbol;
  symbol = "xf_text_" + std::to_string(strings.size() - 1);
  std::string bytes = text.str();
  bytes.push_back('\0');
  auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), bytes.size());
  auto global = builder.create<LLVM::GlobalOp>(loc, type, /*isConstant=*/true,
                                               LLVM::Linkage::Internal, symbol,
                                               builder.getStringAttr(bytes));
  global.setUnnamedAddr(LLVM::UnnamedAddr::Global);
  return symbol;
}

Type ConstantWriter::recordType(StringRef name,
                                ArrayRef<program::FieldLayout> fields) {
  SmallVector<Type> types;
  for (const program::FieldLayout &layout : fields) {
    switch (layout.field) {
    case program::Field::I32:
      types.push_back(builder.getI32Type());
      break;
    case program::Field::I64:
      types.push_back(builder.getI64Type());
      break;
    case program::Field::Pointer:
      types.push_back(LLVM::LLVMPointerType::get(builder.getContext()));
      break;
    case program::Field::FourI32:
      types.push_back(LLVM::LLVMArrayType::get(builder.getI32Type(), 4));
      break;
    }
  }
  auto type = LLVM::LLVMStructType::getIdentified(builder.getContext(), name);
  [[maybe_unused]] LogicalResult fresh =
      type.setBody(types, /*isPacked=*/false);
  assert(succeeded(fresh) && "a record type has one table of fields");
  return type;
}

Value ConstantWriter::buildPointer(OpBuilder &b, const std::string &symbol) {
  auto type = LLVM::LLVMPointerType::get(b.getContext());
  if (symbol.empty())
    return b.create<LLVM::ZeroOp>(loc, type);
  return b.create<LLVM::AddressOfOp>(loc, type, symbol);
}

Value ConstantWriter::buildRecord(OpBuilder &b, Type type,
                                  const Record &record) {
  auto types = cast<LLVM::LLVMStructType>(type).getBody();
  assert(types.size() == record.size() && "one cell per field");
  Value value = b.create<LLVM::UndefOp>(loc, type);
  for (auto [index, cell] : llvm::enumerate(record)) {
    Value field;
    if (auto *number = std::get_if<uint64_t>(&cell))
      field = b.create<LLVM::ConstantOp>(
          loc, types[index], b.getIntegerAttr(types[index], *number));
    else if (auto *symbol = std::get_if<std::string>(&cell))
      field = buildPointer(b, *symbol);
    else
      field = b.create<LLVM::ConstantOp>(
          loc, types[index],
          b.getI32TensorAttr(std::get<std::array<int32_t, 4>>(cell)));
    value = b.create<LLVM::InsertValueOp>(loc, value, field,
                                          static_cast<int64_t>(index));
  }
  return value;
}

LLVM::GlobalOp
ConstantWriter::addGlobal(StringRef name, Type type, LLVM::Linkage linkage,
                          function_ref<Value(OpBuilder &)> initializer) {
  auto global = builder.create<LLVM::GlobalOp>(loc, type, /*isConstant=*/true,
                                               linkage, name, Attribute());
  OpBuilder inside(builder.getContext());
  inside.createBlock(&global.getInitializerRegion());
  inside.create<LLVM::ReturnOp>(loc, initializer(inside));
  return global;
}

std::string ConstantWriter::addTable(StringRef name, StringRef type,
                                     ArrayRef<program::FieldLayout> fields,
                                     ArrayRef<Record> records) {
  if (records.empty())
    return "";
  Type element = recordType(type, fields);
  auto arrayType = LLVM::LLVMArrayType::get(element, records.size());
  addGlobal(name, arrayType, LLVM::Linkage::Internal, [&](OpBuilder &b) {
    Value array = b.create<LLVM::UndefOp>(loc, arrayType);
    for (auto [index, record] : llvm::enumerate(records))
      array = b.create<LLVM::InsertValueOp>(loc, array,
                                            buildRecord(b, element, record),
                                            static_cast<int64_t>(index));
    return array;
  });
  return name.str();
}

std::string ConstantWriter::addPointers(StringRef name,
                                        ArrayRef<std::string> symbols) {
  if (symbols.empty())
    return "";
  auto arrayType = LLVM::LLVMArrayType::get(
      LLVM::LLVMPointerType::get(builder.getContext()), symbols.size());
  addGlobal(name, arrayType, LLVM::Linkage::Internal, [&](OpBuilder &b) {
    Value array = b.create<LLVM::UndefOp>(loc, arrayType);
    for (auto [index, symbol] : llvm::enumerate(symbols))
      array = b.create<LLVM::InsertValueOp>(loc, array, buildPointer(b, symbol),
                                            static_cast<int64_t>(index));
    return array;
  });
  return name.str();
}

void ConstantWriter::addRecord(StringRef name, StringRef type,
                               ArrayRef<program::FieldLayout> fields,
                               const Record &record) {
  Type structType = recordType(type, fields);
  auto global =
      addGlobal(name, structType, LLVM::Linkage::External, [&](OpBuilder &b) {
        return buildRecord(b, structType, record);
      });
  global.setVisibility_(LLVM::Visibility::Hidden);
  global.setDsoLocal(true);
}

} // namespace xf
