// Where both worlds meet: hk ops on one side, Halide on the other.
#include "compiler/Emit/CompileKernel.h"

#include "compiler/Conversion/ProgramAttrs.h"
#include "compiler/Emit/EmitterHash.h"
#include "compiler/Emit/KernelCache.h"
#include "compiler/Emit/ScalarToExpr.h"
#include "compiler/Kernels/Kernels.h"
#include "targets/Schedule.h"

#include <functional>
#include <sstream>
#include <stdexcept>

namespace xf {
namespace {

using Halide::Expr;

std::function<Expr(std::vector<Expr>)> callback(mlir::Region &region) {
  return [&region](std::vector<Expr> arguments) {
    return scalarToExpr(region, arguments);
  };
}

/// A region of three indices that reads.
std::function<Expr(const kernels::Reads &, Expr, Expr, Expr)>
readingCallback(mlir::Region &region) {
  if (region.empty())
    return {};
  return [&region](const kernels::Reads &reads, Expr a, Expr b, Expr c) {
    return scalarToExpr(region, {a, b, c}, &reads);
  };
}

/// The regions of `kernel`'s op as callbacks; an absent region stays an empty
/// function.
kernels::Scalars scalarsOf(hk::KernelOp kernel) {
  kernels::Scalars scalars;
  mlir::Operation *op = kernel.getStructuredOp();
  if (auto gemm = mlir::dyn_cast<hk::GemmOp>(op))
    scalars.epilogue = callback(gemm.getEpilogue());
  if (auto gather = mlir::dyn_cast<hk::GatherOp>(op))
    scalars.epilogue = callback(gather.getEpilogue());
  if (auto attention = mlir::dyn_cast<hk::AttentionOp>(op)) {
    mlir::Region &score = attention.getScoreMod();
    if (!score.empty())
      scalars.scoreMod = [&score](const kernels::Reads &reads, Expr s, Expr h,
                                  Expr i, Expr j) {
        return scalarToExpr(score, {s, h, i, j}, &reads);
      };
    scalars.maskMod = readingCallback(attention.getMaskMod());
    scalars.aliveMod = readingCallback(attention.getAliveMod());
  }
  if (auto map = mlir::dyn_cast<hk::MapOp>(op))
    scalars.map = readingCallback(map.getBody());
  if (auto rowwise = mlir::dyn_cast<hk::RowwiseOp>(op)) {
    for (mlir::Region &map : rowwise.getMaps())
      scalars.maps.push_back(callback(map));
    scalars.finish = callback(rowwise.getFinish());
  }
  return scalars;
}

/// No schedule at all, but for this: Halide inlines what has none, and a sum
/// within a sum would be computed again for each of its uses.
void computeEverythingFirst(targets::KernelFuncs &kernel) {
  for (auto &[name, func] : kernel.funcs)
    func.compute_root();
}

Halide::Module lowerKernel(const KernelTask &task) {
  // The library has one runtime for all kernels, tells them apart by user
  // context and never asks them for bounds.
  Halide::Target target = Halide::Target(task.machine->halideTarget)
                              .with_feature(Halide::Target::NoRuntime)
                              .with_feature(Halide::Target::UserContext)
                              .with_feature(Halide::Target::NoBoundsQuery);
  targets::KernelFuncs funcs =
      kernels::buildKernel(task.desc, task.config, scalarsOf(task.kernel));
  if (task.scheduled)
    targets::scheduleKernel(funcs, task.desc, task.config, *task.machine);
  else
    computeEverythingFirst(funcs);
  return funcs.pipeline().compile_to_module(
      funcs.arguments, kernelSymbol(task.form, task.machine->name), target,
      Halide::LinkageType::ExternalPlusArgv);
}

/// The kernel as text without its configs: those of other forms do not change
/// an object, and where they are from changes none.
std::string kernelText(const KernelTask &task) {
  hk::KernelOp kernel = task.kernel;
  mlir::OwningOpRef<hk::KernelOp> copy = kernel.clone();
  hk::StructuredOp op = copy->getStructuredOp();
  op.setConfigsAttr(nullptr);
  op.setConfigSourcesAttr(nullptr);
  std::string text;
  llvm::raw_string_ostream os(text);
  copy->print(os, mlir::OpPrintingFlags().printGenericOpForm().useLocalScope());
  return text;
}

void appendObject(const Halide::Module &module,
                  llvm::SmallVectorImpl<char> &out) {
  Halide::Buffer<uint8_t> object = module.compile_to_buffer();
  out.append(object.begin(), object.end());
}

} // namespace

struct WarningCollector::Reporter : Halide::CompileTimeErrorReporter {
  std::string &text;
  explicit Reporter(std::string &text) : text(text) {}
  void warning(const char *message) override { text += message; }
  [[noreturn]] void error(const char *message) override {
    throw std::runtime_error(message);
  }
};

WarningCollector::WarningCollector(std::string &text)
    : reporter(std::make_unique<Reporter>(text)) {
  Halide::set_custom_compile_time_error_reporter(reporter.get());
}

WarningCollector::~WarningCollector() {
  Halide::set_custom_compile_time_error_reporter(nullptr);
}

void compileKernel(const KernelTask &task, KernelOutput output,
                   llvm::SmallVectorImpl<char> &out) {
  Halide::Module module = lowerKernel(task);
  if (output == KernelOutput::Object)
    return appendObject(module, out);
  std::ostringstream text;
  text << module;
  std::string string = text.str();
  out.append(string.begin(), string.end());
}

std::string objectKey(const KernelTask *task) {
  if (!task)
    return cacheKey({"runtime", halideVersion(), emitterHash});
  return cacheKey({task->scheduled ? "kernel" : "reference", kernelText(*task),
                   task->form, targets::printConfig(task->config),
                   task->machine->halideTarget, halideVersion(), emitterHash});
}

void compileHalideRuntime(llvm::SmallVectorImpl<char> &out) {
  // A module of no function still carries the runtime of its target. The
  // baseline serves every CPU: kernels bring what they need of wider
  // instructions themselves.
  appendObject(
      Halide::Module("xf_halide_runtime", Halide::Target("x86-64-linux")), out);
}

std::string halideVersion() {
  return std::to_string(HALIDE_VERSION_MAJOR) + "." +
         std::to_string(HALIDE_VERSION_MINOR) + "." +
         std::to_string(HALIDE_VERSION_PATCH);
}

} // namespace xf
