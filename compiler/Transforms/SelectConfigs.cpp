// hk-select-configs: the one place where it is decided how a kernel is computed
// on each target. Everything after it obeys the attribute, so a choice can be
// printed, compared and overridden.
#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Dialect/HK/IR/KernelDescription.h"
#include "compiler/Transforms/Passes.h"
#include "targets/Candidates.h"

#include "llvm/ADT/StringSet.h"

namespace xf {
#define GEN_PASS_DEF_SELECTCONFIGSPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace xf

using namespace mlir;

namespace xf {
namespace {

/// A config given for one kernel, by name.
struct Override {
  std::string kernel;
  targets::Config config;
  bool used = false;
};

struct SelectConfigsPass : impl::SelectConfigsPassBase<SelectConfigsPass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<const targets::Machine *> machines;
    SmallVector<Override> given;
    if (failed(findMachines(machines)) || failed(parseOverrides(given)))
      return signalPassFailure();
    WalkResult walk = getOperation().walk([&](hk::StructuredOp op) {
      return WalkResult(decide(op, machines, given));
    });
    if (walk.wasInterrupted())
      return signalPassFailure();
    for (const Override &entry : given)
      if (!entry.used) {
        getOperation().emitError()
            << "`overrides` names the kernel `" << entry.kernel << "` for \""
            << entry.config.target
            << "\", but there is no such kernel and target";
        signalPassFailure();
      }
  }

  LogicalResult
  findMachines(SmallVectorImpl<const targets::Machine *> &machines) {
    for (const std::string &name : targets) {
      machines.push_back(targets::findMachine(name));
      if (!machines.back()) {
        InFlightDiagnostic diag = getOperation().emitError()
                                  << "there is no target `" << name << "`";
        std::string known;
        for (const targets::Machine &machine : targets::cpuMachines())
          known += (known.empty() ? "`" : ", `") + machine.name + "`";
        diag.attachNote() << "targets are " << known;
        return diag;
      }
    }
    if (targets.empty())
      for (const targets::Machine &machine : targets::cpuMachines())
        machines.push_back(&machine);
    return success();
  }

  /// `NAME{config}; NAME{config}`.
  LogicalResult parseOverrides(SmallVectorImpl<Override> &given) {
    SmallVector<StringRef> entries;
    StringRef(overrides).split(entries, ';', -1, /*KeepEmpty=*/false);
    for (StringRef entry : entries) {
      entry = entry.trim();
      auto [name, body] = entry.split('{');
      if (name.trim().empty() || !body.consume_back("}"))
        return getOperation().emitError()
               << "an override is `KERNEL{target = \"...\", variant = \"...\", "
                  "...}`, not `"
               << entry << "`";
      std::string error;
      std::optional<targets::Config> config =
          targets::parseConfig(body.str(), error);
      if (!config)
        return getOperation().emitError() << "the override of `" << name.trim()
                                          << "` is no config: " << error;
      given.push_back({name.trim().str(), std::move(*config)});
    }
    return success();
  }

  static LogicalResult decide(hk::StructuredOp op,
                              ArrayRef<const targets::Machine *> machines,
                              SmallVectorImpl<Override> &given) {
    targets::KernelDesc desc = hk::describeKernel(op);
    SmallVector<Attribute> configs;
    for (const targets::Machine *machine : machines) {
      targets::Config config = targets::heuristicConfig(desc, *machine);
      for (Override &entry : given) {
        if (entry.kernel != desc.name || entry.config.target != machine->name)
          continue;
        std::string broken = targets::checkConfig(entry.config, desc, *machine);
        if (!broken.empty())
          return op->emitError()
                 << "the override of `" << desc.name << "` for \""
                 << machine->name << "\" is not legal: " << broken;
        config = entry.config;
        entry.used = true;
      }
      configs.push_back(hk::fromConfig(op->getContext(), config));
    }
    op.setConfigsAttr(ArrayAttr::get(op->getContext(), configs));
    return success();
  }
};

} // namespace
} // namespace xf
