// Kernel texts, and loading of objects by way of the product's own linking
// step.
#include "KernelModule.h"

#include "compiler/Dialect/HK/IR/KernelDescription.h"
#include "compiler/Object/HostObject.h"
#include "compiler/Object/Link.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Parser/Parser.h"
#include "targets/Candidates.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <dlfcn.h>
#include <stdexcept>

namespace xf::test {

const char *const gemmText = R"(
hk.kernel @gemm(%x: tensor<?x48xf32>, %residual: tensor<?x40xf32>) -> tensor<?x40xf32> {
  hk.weight @weight : tensor<48x40xf32>
  hk.weight @vector0 : tensor<40xf32>
  %0 = hk.gemm %x weight @weight vectors [@vector0] rows (%residual) : tensor<?x48xf32> -> tensor<?x40xf32>
      epilogue (%acc: f32, %bias: f32, %res: f32) {
    %half = arith.constant 5.000000e-01 : f32
    %one = arith.constant 1.000000e+00 : f32
    %root = arith.constant 0.707106769 : f32
    %1 = arith.addf %acc, %bias : f32
    %2 = arith.mulf %1, %root : f32
    %3 = math.erf %2 : f32
    %4 = arith.addf %3, %one : f32
    %5 = arith.mulf %1, %half : f32
    %6 = arith.mulf %5, %4 : f32
    %7 = arith.addf %6, %res : f32
    hk.yield %7 : f32
  }
  hk.return %0 : tensor<?x40xf32>
}
)";

const char *const attentionText = R"(
hk.kernel @attention(%qkv: tensor<?x192xf32>, %batch: !hk.batch) -> tensor<?x64xf32> {
  %0 = hk.attention %qkv, %qkv, %qkv, %batch
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 32 : i64, value_dim = 32 : i64, scale = 0.25 : f32,
       k_offset = 64 : i64, v_offset = 128 : i64}
      : tensor<?x192xf32>, tensor<?x192xf32>, tensor<?x192xf32> -> tensor<?x64xf32>
      score_mod (%s: f32, %head: i32, %query: i32, %key: i32) {
    %distance = arith.subi %query, %key : i32
    %1 = arith.sitofp %distance : i32 to f32
    %2 = arith.constant 6.250000e-02 : f32
    %3 = arith.mulf %1, %2 : f32
    %4 = arith.subf %s, %3 : f32
    hk.yield %4 : f32
  } mask_mod (%head: i32, %query: i32, %key: i32) {
    %1 = arith.cmpi sge, %query, %key : i32
    hk.yield %1 : i1
  }
  hk.return %0 : tensor<?x64xf32>
}
)";

const char *const layerNormText = R"(
hk.kernel @layernorm(%x: tensor<?x40xf32>) -> tensor<?x40xf32> {
  hk.weight @vector0 : tensor<40xf32>
  hk.weight @vector1 : tensor<40xf32>
  %0 = hk.rowwise %x over row combine [add, add] vectors [@vector0, @vector1] : tensor<?x40xf32>
      map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
      map (%v: f32, %i: i32, %n: i32, %sum: f32) {
    %1 = arith.sitofp %n : i32 to f32
    %2 = arith.divf %sum, %1 : f32
    %3 = arith.subf %v, %2 : f32
    %4 = arith.mulf %3, %3 : f32
    hk.yield %4 : f32
  }
      finish (%v: f32, %i: i32, %n: i32, %sum: f32, %squares: f32, %g: f32, %b: f32) {
    %eps = arith.constant 9.99999996E-13 : f32
    %1 = arith.sitofp %n : i32 to f32
    %2 = arith.divf %sum, %1 : f32
    %3 = arith.divf %squares, %1 : f32
    %4 = arith.addf %3, %eps : f32
    %5 = math.rsqrt %4 : f32
    %6 = arith.subf %v, %2 : f32
    %7 = arith.mulf %6, %5 : f32
    %8 = arith.mulf %7, %g : f32
    %9 = arith.addf %8, %b : f32
    hk.yield %9 : f32
  }
  hk.return %0 : tensor<?x40xf32>
}
)";

const char *const meanText = R"(
hk.kernel @mean(%x: tensor<?x40xf32>, %batch: !hk.batch) -> tensor<?x40xf32, "sequences"> {
  %0 = hk.rowwise %x, %batch over sequence combine [add] : tensor<?x40xf32> -> tensor<?x40xf32, "sequences">
      map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
      finish (%n: i32, %sum: f32) {
    %1 = arith.sitofp %n : i32 to f32
    %2 = arith.divf %sum, %1 : f32
    hk.yield %2 : f32
  }
  hk.return %0 : tensor<?x40xf32, "sequences">
}
)";

const char *const gatherText = R"(
hk.kernel @gather(%batch: !hk.batch) -> tensor<?x40xf32> {
  hk.weight @table0 : tensor<9x40xf32>
  hk.weight @table1 : tensor<5x40xf32>
  %0 = hk.gather %batch tables [@table0, @table1] indices ["ids", "positions"] : tensor<?x40xf32>
      epilogue (%sum: f32) {
    %two = arith.constant 2.000000e+00 : f32
    %1 = arith.mulf %sum, %two : f32
    hk.yield %1 : f32
  }
  hk.return %0 : tensor<?x40xf32>
}
)";

const char *const mapText = R"(
hk.kernel @map(%x: tensor<?x24xf32>, %s: tensor<?x3xf32, "sequences">, %batch: !hk.batch) -> tensor<?x20xf32> {
  hk.weight @table0 : tensor<4x20xf32>
  %0 = hk.map (%x, %s) tables [@table0] batch %batch
      : (tensor<?x24xf32>, tensor<?x3xf32, "sequences">) -> tensor<?x20xf32>
      body (%c: i32, %i: i32, %n: i32) {
    %zero = arith.constant 0 : i32
    %one = arith.constant 1 : i32
    %two = arith.constant 2 : i32
    %three = arith.constant 3 : i32
    %back = arith.subi %i, %one : i32
    %before = arith.maxsi %back, %zero : i32
    %next = arith.addi %c, %three : i32
    %entry = arith.minsi %i, %three : i32
    %1 = hk.read 0[%next] : f32
    %2 = hk.read 0[%c] at %before : f32
    %3 = hk.read 1[%two] : f32
    %4 = hk.table 0[%entry, %c] : f32
    %5 = math.sin %4 : f32
    %6 = arith.mulf %1, %5 : f32
    %7 = arith.mulf %2, %3 : f32
    %8 = arith.addf %6, %7 : f32
    hk.yield %8 : f32
  }
  hk.return %0 : tensor<?x20xf32>
}
)";

const char *const keptText = R"(
hk.kernel @kept(%qkv: tensor<?x48xf32>, %mask: tensor<?x1xf32>, %batch: !hk.batch)
    -> (tensor<?x16xf32>, tensor<?x2x?xf32>) {
  hk.weight @pre_mix : tensor<2x2xf32>
  %0, %1 = hk.attention %qkv, %qkv, %qkv, %batch rows (%mask : tensor<?x1xf32>) pre_mix @pre_mix
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 8 : i64, value_dim = 8 : i64, scale = 0.5 : f32,
       k_offset = 16 : i64, v_offset = 32 : i64}
      : tensor<?x48xf32>, tensor<?x48xf32>, tensor<?x48xf32> -> tensor<?x16xf32>, tensor<?x2x?xf32>
      mask_mod (%head: i32, %query: i32, %key: i32) {
    %zero = arith.constant 0 : i32
    %half = arith.constant 5.000000e-01 : f32
    %2 = hk.read 0[%zero] at %key : f32
    %3 = arith.cmpf ogt, %2, %half : f32
    hk.yield %3 : i1
  }
  hk.return %0, %1 : tensor<?x16xf32>, tensor<?x2x?xf32>
}
)";

KernelModule::KernelModule(const std::string &text) {
  context.loadDialect<hk::HKDialect, mlir::arith::ArithDialect,
                      mlir::math::MathDialect, mlir::LLVM::LLVMDialect>();
  module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  if (!module)
    throw std::runtime_error("a test's kernel does not parse");
  for (hk::KernelOp kernel : module->getOps<hk::KernelOp>()) {
    hk::StructuredOp op = kernel.getStructuredOp();
    llvm::SmallVector<mlir::Attribute> configs;
    for (const targets::Machine &machine : targets::cpuMachines())
      configs.push_back(hk::fromConfig(
          &context, targets::heuristicConfig(hk::describeKernel(op), machine,
                                             targets::shapeClassOf(128))));
    op.setConfigsAttr(mlir::ArrayAttr::get(&context, configs));
  }
}

std::vector<targets::Machine> runnableMachines() {
  std::vector<targets::Machine> machines;
  for (const targets::Machine &machine : targets::cpuMachines()) {
    bool avx512 = __builtin_cpu_supports("avx512f") &&
                  __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512vl");
    if (machine.name.ends_with("avx512")
            ? avx512
            : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
      machines.push_back(machine);
  }
  return machines;
}

/// A host program whose only content is a table of the functions named,
/// returned by both exports.
static std::string tableText(const std::vector<std::string> &functions) {
  std::string text, table;
  std::string type =
      "!llvm.array<" + std::to_string(functions.size()) + " x ptr>";
  std::string value = "%undef";
  for (size_t i = 0; i < functions.size(); ++i) {
    std::string n = std::to_string(i);
    text += "llvm.func @" + functions[i] + "(!llvm.ptr) -> i32\n";
    table += "  %f" + n + " = llvm.mlir.addressof @" + functions[i] +
             " : !llvm.ptr\n  %t" + n + " = llvm.insertvalue %f" + n + ", " +
             value + "[" + n + "] : " + type + "\n";
    value = "%t" + n;
  }
  text += "llvm.mlir.global internal constant @table() : " + type +
          " {\n  %undef = llvm.mlir.undef : " + type + "\n" + table +
          "  llvm.return " + value + " : " + type + "\n}\n";
  for (std::string name : {"xf_get_api", "xf_get_api_test"})
    text += "llvm.func @" + name +
            "(%v: i32) -> !llvm.ptr {\n  %0 = llvm.mlir.addressof @table : "
            "!llvm.ptr\n" +
            "  llvm.return %0 : !llvm.ptr\n}\n";
  return text;
}

LoadedKernels::LoadedKernels(const std::vector<KernelObject> &objects) {
  std::vector<std::string> names;
  for (const KernelObject &object : objects)
    if (!object.kernel.empty())
      names.push_back(object.name + "_argv");
  mlir::MLIRContext context;
  context.loadDialect<mlir::LLVM::LLVMDialect>();
  auto host =
      mlir::parseSourceString<mlir::ModuleOp>(tableText(names), &context);
  auto hostObject = llvm::cantFail(emitHostObject(*host));

  llvm::SmallString<128> folder;
  if (llvm::sys::fs::createUniqueDirectory("xf-emit-test", folder))
    throw std::runtime_error("no temporary folder");
  LinkOptions options;
  options.output = (folder + "/libtest.so").str();
  options.name = "test";
  options.runtimeArchive = (folder + "/empty.a").str();
  std::error_code ec;
  llvm::raw_fd_ostream(options.runtimeArchive, ec) << "!<arch>\n";
  options.objects.push_back({hostObject, ""});
  for (const KernelObject &object : objects)
    options.objects.push_back({object.bytes, ""});
  if (llvm::Error error = linkLibrary(options))
    throw std::runtime_error(llvm::toString(std::move(error)));
  library = dlopen(options.output.c_str(), RTLD_NOW | RTLD_LOCAL);
  llvm::sys::fs::remove_directories(folder);
  if (!library)
    throw std::runtime_error(dlerror());
  using GetApi = ArgvFunction *(*)(uint32_t);
  ArgvFunction *table =
      reinterpret_cast<GetApi>(dlsym(library, "xf_get_api_test"))(0);
  size_t next = 0;
  for (const KernelObject &object : objects)
    if (!object.kernel.empty())
      functions[object.name] = table[next++];
}

LoadedKernels::~LoadedKernels() { dlclose(library); }

} // namespace xf::test
