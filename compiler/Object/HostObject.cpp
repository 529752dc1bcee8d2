// The LLVM 19 back end: MLIR's LLVM dialect -> llvm::Module -> object. No
// optimisation passes: the host program is a list of calls.
#include "compiler/Object/HostObject.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

using namespace llvm;

namespace xf {
namespace {

constexpr StringLiteral hostTriple = "x86_64-unknown-linux-gnu";

Error failure(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

Expected<std::unique_ptr<TargetMachine>> createHostMachine() {
  static bool initialised = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
    return true;
  }();
  (void)initialised;
  std::string message;
  const Target *target =
      TargetRegistry::lookupTarget(hostTriple.str(), message);
  if (!target)
    return failure("this LLVM has no x86-64 back end: " + message);
  TargetOptions options;
  options.FunctionSections = options.DataSections = true;
  return std::unique_ptr<TargetMachine>(target->createTargetMachine(
      hostTriple, "x86-64", "", options, Reloc::PIC_, std::nullopt,
      CodeGenOptLevel::Default));
}

Expected<std::unique_ptr<Module>> translateHostProgram(mlir::ModuleOp module,
                                                       LLVMContext &context) {
  mlir::DialectRegistry registry;
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
  module.getContext()->appendDialectRegistry(registry);
  std::unique_ptr<Module> translated =
      mlir::translateModuleToLLVMIR(module, context, "xf_program");
  if (!translated)
    return failure("the host program does not translate to LLVM IR");
  translated->setSourceFileName("xf_program");
  translated->setTargetTriple(hostTriple);
  return translated;
}

/// Collects inline assembly errors, which LLVM otherwise prints.
struct CollectErrors : DiagnosticHandler {
  std::string &text;
  explicit CollectErrors(std::string &text) : text(text) {}
  bool handleDiagnostics(const DiagnosticInfo &info) override {
    if (info.getSeverity() == DS_Error) {
      raw_string_ostream os(text);
      DiagnosticPrinterRawOStream printer(os);
      info.print(printer);
    }
    return true;
  }
};

Expected<SmallVector<char>> emitObject(Module &module) {
  Expected<std::unique_ptr<TargetMachine>> machine = createHostMachine();
  if (!machine)
    return machine.takeError();
  module.setDataLayout((*machine)->createDataLayout());
  module.setPICLevel(PICLevel::BigPIC);
  std::string errors;
  module.getContext().setDiagnosticHandler(
      std::make_unique<CollectErrors>(errors));
  SmallVector<char> bytes;
  raw_svector_ostream out(bytes);
  legacy::PassManager passes;
  if ((*machine)->addPassesToEmitFile(passes, out, nullptr,
                                      CodeGenFileType::ObjectFile))
    return failure("this LLVM cannot write x86-64 object files");
  passes.run(module);
  if (!errors.empty())
    return failure(errors);
  return bytes;
}

} // namespace

Expected<std::string> printHostProgram(mlir::ModuleOp module) {
  LLVMContext context;
  Expected<std::unique_ptr<Module>> translated =
      translateHostProgram(module, context);
  if (!translated)
    return translated.takeError();
  std::string text;
  raw_string_ostream os(text);
  (*translated)->print(os, nullptr);
  return text;
}

Expected<SmallVector<char>> emitHostObject(mlir::ModuleOp module) {
  LLVMContext context;
  Expected<std::unique_ptr<Module>> translated =
      translateHostProgram(module, context);
  if (!translated)
    return translated.takeError();
  return emitObject(**translated);
}

Expected<SmallVector<char>> emitWeightsObject(StringRef path, uint64_t offset,
                                              uint64_t bytes) {
  uint64_t size = 0;
  if (std::error_code ec = sys::fs::file_size(path, size))
    return failure("cannot read the weights `" + path + "`: " + ec.message());
  if (offset > size || bytes > size - offset)
    return failure("`" + path + "` has " + Twine(size) +
                   " bytes; the weight section would be bytes " +
                   Twine(offset) + " to " + Twine(offset + bytes));
  // `.incbin` lets the assembler copy the file straight into the section: an
  // LLVM constant of the same size takes several times the memory and time.
  LLVMContext context;
  Module module("xf_weights", context);
  module.setTargetTriple(hostTriple);
  std::string text;
  raw_string_ostream os(text);
  os << ".section .rodata.xf_weights,\"a\",@progbits\n.p2align 6\n.hidden "
     << weightsSymbol << "\n.globl " << weightsSymbol << "\n.type "
     << weightsSymbol << ",@object\n"
     << weightsSymbol << ":\n";
  if (bytes) {
    os << ".incbin \"";
    for (char c : path) // the assembler reads octal escapes for any byte
      os << '\\' << char('0' + ((c >> 6) & 3)) << char('0' + ((c >> 3) & 7))
         << char('0' + (c & 7));
    os << "\", " << offset << ", " << bytes << "\n";
  }
  os << ".size " << weightsSymbol << ", " << bytes
     << "\n.section .note.GNU-stack,\"\",@progbits\n";
  module.setModuleInlineAsm(text);
  return emitObject(module);
}

} // namespace xf
