// Objects made by LLVM: the host program's and the embedded weights'.
#include "compiler/Object/HostObject.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

namespace xf {
namespace {

using namespace llvm;

TEST(HostObject, HoldsTheModulesFunctions) {
  mlir::MLIRContext context;
  context.loadDialect<mlir::LLVM::LLVMDialect>();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(R"(
    llvm.func @answer() -> i32 { %0 = llvm.mlir.constant(42 : i32) : i32 llvm.return %0 : i32 }
  )",
                                                        &context);
  auto object = emitHostObject(*module);
  ASSERT_TRUE(bool(object)) << toString(object.takeError());
  auto again = emitHostObject(*module);
  ASSERT_TRUE(bool(again));
  EXPECT_EQ(*object, *again);
  auto file = object::ObjectFile::createObjectFile(
      MemoryBufferRef(StringRef(object->data(), object->size()), "host.o"));
  ASSERT_TRUE(bool(file)) << toString(file.takeError());
  std::vector<std::string> names;
  for (object::SymbolRef symbol : (*file)->symbols())
    if (cantFail(symbol.getFlags()) & object::SymbolRef::SF_Global)
      names.push_back(cantFail(symbol.getName()).str());
  EXPECT_EQ(names, std::vector<std::string>{"answer"});
  auto text = printHostProgram(*module);
  ASSERT_TRUE(bool(text));
  EXPECT_NE(text->find("define i32 @answer()"), std::string::npos);
}

/// A temporary file with a quote, a backslash and a blank in its name.
struct OddFile {
  SmallString<128> folder;
  std::string path;
  explicit OddFile(StringRef content) {
    EXPECT_FALSE(sys::fs::createUniqueDirectory("xf-object-test", folder));
    path = (folder + "/we\"igh\\ts 1.bin").str();
    std::error_code ec;
    raw_fd_ostream(path, ec) << content;
  }
  ~OddFile() { sys::fs::remove_directories(folder); }
};

TEST(WeightsObject, HoldsASliceOfTheFileAndNoPath) {
  OddFile file("0123456789");
  auto object = emitWeightsObject(file.path, 3, 5);
  ASSERT_TRUE(bool(object)) << toString(object.takeError());
  StringRef bytes(object->data(), object->size());
  EXPECT_EQ(bytes.find("xf-object-test"), StringRef::npos);
  auto parsed =
      object::ObjectFile::createObjectFile(MemoryBufferRef(bytes, "weights.o"));
  ASSERT_TRUE(bool(parsed)) << toString(parsed.takeError());
  bool found = false;
  for (object::SectionRef section : (*parsed)->sections())
    if (cantFail(section.getName()) == ".rodata.xf_weights") {
      found = true;
      EXPECT_EQ(cantFail(section.getContents()), "34567");
      EXPECT_EQ(section.getAlignment().value(), 64u);
    }
  EXPECT_TRUE(found);
}

TEST(WeightsObject, SliceBeyondTheFileIsAnError) {
  OddFile file("0123456789");
  auto object = emitWeightsObject(file.path, 8, 5);
  EXPECT_EQ(toString(object.takeError()),
            "`" + file.path +
                "` has 10 bytes; the weight section would be bytes 8 to 13");
}

TEST(WeightsObject, MissingFileIsAnError) {
  auto object = emitWeightsObject("/nowhere/w.xfw", 0, 5);
  EXPECT_EQ(
      toString(object.takeError()),
      "cannot read the weights `/nowhere/w.xfw`: No such file or directory");
}

} // namespace
} // namespace xf
