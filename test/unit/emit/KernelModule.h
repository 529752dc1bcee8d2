// What the tests of compiler/Emit share: hk.kernel text with the heuristic's
// configs on it, and its objects as callable functions.
#pragma once

#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Emit/EmitKernels.h"
#include "mlir/IR/MLIRContext.h"
#include "targets/Machine.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace xf::test {

/// Kernels that between them use every op and every kind of region. Widths are
/// off the tiles.
extern const char *const gemmText,
    *const attentionText,
        *const layerNormText,
            *const meanText, *const gatherText, *const mapText, *const keptText;

/// `text` parsed, verified, and given a config for every CPU target.
class KernelModule {
public:
  explicit KernelModule(const std::string &text);
  mlir::ModuleOp get() { return *module; }
  mlir::MLIRContext &getContext() { return context; }

private:
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

/// The targets whose instructions this machine has.
std::vector<targets::Machine> runnableMachines();

using ArgvFunction = int32_t (*)(void **);

/// Links objects into a shared object, loads it and finds the functions of the
/// kernels in it.
class LoadedKernels {
public:
  explicit LoadedKernels(const std::vector<KernelObject> &objects);
  ~LoadedKernels();
  ArgvFunction find(const std::string &name) const {
    return functions.at(name);
  }

private:
  void *library = nullptr;
  std::map<std::string, ArgvFunction> functions;
};

} // namespace xf::test
