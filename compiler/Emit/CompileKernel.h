// One outlined kernel for one machine: description and regions -> algorithm ->
// schedule -> Halide module -> bytes. Runs in a process of its own
// (ForkPool.h), throws freely, prints nothing.
#pragma once

#include "compiler/Dialect/HK/IR/HK.h"
#include "targets/Config.h"
#include "targets/Kernel.h"
#include "targets/Machine.h"
#include "llvm/ADT/SmallVector.h"

#include <memory>
#include <string>

namespace xf {

struct KernelTask {
  hk::KernelOp kernel;
  targets::KernelDesc desc;
  std::string form;       ///< hk::KernelForm::name, which names the functions
  targets::Config config; ///< without grains and max_rows
  const targets::Machine *machine = nullptr;
  bool scheduled = true; ///< false: the algorithm as it stands, for comparison
};

enum class KernelOutput {
  Object, ///< ELF, position independent, with the function kernelSymbol() and
          ///< its `_argv` form
  Stmt,   ///< Halide's lowered statement, for reading
};

/// Appends to `out`. Throws EmitError (an op that cannot be compiled) or
/// Halide::Error.
void compileKernel(const KernelTask &task, KernelOutput output,
                   llvm::SmallVectorImpl<char> &out);

/// What the object of `task` depends on, as a key of the cache; null: Halide's
/// runtime.
std::string objectKey(const KernelTask *task);

/// While it lives, Halide's warnings are collected instead of printed. Errors
/// are thrown as without it.
class WarningCollector {
public:
  explicit WarningCollector(std::string &text);
  ~WarningCollector();

private:
  struct Reporter;
  std::unique_ptr<Reporter> reporter;
};

/// The part of Halide's runtime that every kernel of a library shares, as an
/// object. Throws Halide::Error.
void compileHalideRuntime(llvm::SmallVectorImpl<char> &out);

/// The Halide that kernels are compiled by, `21.0.0`.
std::string halideVersion();

} // namespace xf
