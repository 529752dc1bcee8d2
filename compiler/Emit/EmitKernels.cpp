// Collects the tasks of a module, asks the cache, hands the rest to forked
// children and turns what they report into diagnostics.
#include "compiler/Emit/EmitKernels.h"

#include "compiler/Conversion/ProgramAttrs.h"
#include "compiler/Dialect/HK/IR/KernelDescription.h"
#include "compiler/Emit/CompileKernel.h"
#include "compiler/Emit/ForkPool.h"
#include "compiler/Emit/KernelCache.h"
#include "compiler/Emit/ScalarToExpr.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <fmt/format.h>

namespace xf {
namespace {

/// Every config of `kernel` is legal, or diagnostics.
bool checkConfigs(hk::KernelOp kernel, const targets::KernelDesc &desc,
                  const hk::TargetForms &target) {
  const targets::Machine *machine = targets::findMachine(target.target);
  bool ok = true;
  for (const targets::Config &config : target.configs) {
    std::string rule =
        machine ? targets::checkConfig(config, desc, *machine)
                : fmt::format("there is no target `{}`", target.target);
    if (rule.empty())
      continue;
    kernel.getStructuredOp()->emitError()
        << "config of kernel `" << kernel.getSymName()
        << "` is not legal: " << rule;
    ok = false;
  }
  return ok;
}

/// Every kernel in each of its forms, or diagnostics.
mlir::FailureOr<std::vector<KernelTask>> collectTasks(mlir::ModuleOp module) {
  std::vector<KernelTask> tasks;
  bool failed = false;
  for (hk::KernelOp kernel : module.getOps<hk::KernelOp>()) {
    std::vector<hk::TargetForms> targets = hk::collectForms(kernel);
    if (targets.empty()) {
      kernel.getStructuredOp()->emitError()
          << "kernel `" << kernel.getSymName()
          << "` has no config; run `hk-select-configs` before";
      failed = true;
    }
    targets::KernelDesc desc = hk::describeKernel(kernel.getStructuredOp());
    for (const hk::TargetForms &target : targets) {
      if (!checkConfigs(kernel, desc, target)) {
        failed = true;
        continue;
      }
      for (const hk::KernelForm &form : target.forms)
        tasks.push_back({kernel, desc, form.name, form.code,
                         targets::findMachine(target.target)});
    }
  }
  if (failed)
    return mlir::failure();
  return tasks;
}

mlir::Operation *nthOp(mlir::Operation *root, unsigned n) {
  mlir::Operation *found = nullptr;
  root->walk<mlir::WalkOrder::PreOrder>([&](mlir::Operation *op) {
    if (n-- == 0)
      found = op;
    return found ? mlir::WalkResult::interrupt() : mlir::WalkResult::advance();
  });
  return found;
}

unsigned indexOfOp(mlir::Operation *root, mlir::Operation *wanted) {
  unsigned index = 0;
  root->walk<mlir::WalkOrder::PreOrder>([&](mlir::Operation *op) {
    if (op == wanted)
      return mlir::WalkResult::interrupt();
    ++index;
    return mlir::WalkResult::advance();
  });
  return index;
}

/// In the child. The message of a success is what Halide warns of; that of a
/// failure starts with the number of the op to blame, since what the parent
/// gets is text.
bool runTask(const KernelTask *task, KernelOutput output,
             llvm::SmallVectorImpl<char> &out, std::string &message) {
  hk::KernelOp kernel = task ? task->kernel : hk::KernelOp();
  mlir::Operation *blame =
      task ? kernel.getStructuredOp().getOperation() : nullptr;
  try {
    WarningCollector warnings(message);
    task ? compileKernel(*task, output, out) : compileHalideRuntime(out);
    return true;
  } catch (const EmitError &error) {
    blame = error.op;
    message = error.what();
  } catch (const std::exception &error) {
    message = llvm::StringRef(error.what()).rtrim().str();
  }
  message = fmt::format("{}\n{}", task ? indexOfOp(kernel, blame) : 0, message);
  return false;
}

/// In the parent: `message` as a diagnostic at the op that it blames.
void report(mlir::ModuleOp module, const KernelTask *task,
            llvm::StringRef message) {
  auto [number, text] = message.split('\n');
  unsigned index = 0;
  if (number.getAsInteger(10,
                          index)) // the child died and the pool speaks for it
    text = message;
  if (!task) {
    module.emitError() << "the kernels' runtime does not compile: " << text;
    return;
  }
  hk::KernelOp kernel = task->kernel;
  mlir::Operation *op = text == message
                            ? kernel.getStructuredOp().getOperation()
                            : nthOp(kernel, index);
  op->emitError() << "kernel `" << kernel.getSymName()
                  << "` does not compile for " << task->machine->name << ": "
                  << text;
}

/// Where objects wait while others are still compiled: one per task, the
/// runtime after the last.
struct Emission {
  mlir::ModuleOp module;
  const EmitOptions &options;
  std::vector<KernelTask> tasks;

  const KernelTask *taskAt(size_t index) const {
    return index < tasks.size() ? &tasks[index] : nullptr;
  }
  std::string nameAt(size_t index) const {
    const KernelTask *task = taskAt(index);
    return task ? kernelSymbol(task->form, task->machine->name)
                : "halide_runtime";
  }
};

/// Roughly how long a task takes, for an order in which no core waits long at
/// the end: seconds on a 2-core Zen 4.
double expectedSeconds(const KernelTask *task) {
  if (!task)
    return 1.0; // Halide's runtime
  switch (task->desc.kind) {
  case targets::KernelKind::Gemm:
    return 0.5;
  case targets::KernelKind::Attention:
    return 0.3;
  case targets::KernelKind::Rowwise:
  case targets::KernelKind::Gather:
  case targets::KernelKind::Map:
    return 0.2;
  }
  return 0;
}

/// Compiles `todo` and hands each result to `take`; false if any failed.
bool compileAll(
    const Emission &emission, std::vector<size_t> todo, KernelOutput output,
    llvm::function_ref<void(size_t index, llvm::SmallVector<char, 0> &&)>
        take) {
  llvm::sort(todo, [&](size_t a, size_t b) {
    double first = expectedSeconds(emission.taskAt(a)),
           second = expectedSeconds(emission.taskAt(b));
    return first != second ? first > second : a < b;
  });
  bool ok = true;
  size_t done = 0;
  runForked(
      todo.size(), emission.options.threads,
      [&](size_t i, llvm::SmallVectorImpl<char> &out, std::string &message) {
        return runTask(emission.taskAt(todo[i]), output, out, message);
      },
      [&](size_t i, JobResult &result) {
        ++done;
        if (!result.ok) {
          report(emission.module, emission.taskAt(todo[i]), result.message);
          ok = false;
          return;
        }
        if (emission.options.progress)
          emission.options.progress(fmt::format("compiled {} ({}/{}, {:.1f} s)",
                                                emission.nameAt(todo[i]), done,
                                                todo.size(), result.seconds));
        if (const KernelTask *task = emission.taskAt(todo[i]);
            task && !result.message.empty()) {
          hk::KernelOp kernel = task->kernel;
          kernel.getStructuredOp()->emitWarning()
              << "kernel `" << kernel.getSymName() << "` for "
              << task->machine->name << ": " << result.message;
        }
        take(todo[i], std::move(result.output));
      });
  return ok;
}

} // namespace

mlir::FailureOr<std::vector<KernelObject>>
emitKernels(mlir::ModuleOp module, const EmitOptions &options) {
  mlir::FailureOr<std::vector<KernelTask>> tasks = collectTasks(module);
  if (failed(tasks))
    return mlir::failure();
  Emission emission{module, options, std::move(*tasks)};

  std::string dir = !options.useCache          ? ""
                    : options.cacheDir.empty() ? defaultCacheDir()
                                               : options.cacheDir;
  KernelCache cache(dir, [&](const std::string &message) {
    mlir::emitWarning(module.getLoc()) << message;
  });
  std::vector<KernelObject> objects(emission.tasks.size() + 1);
  std::vector<std::string> keys;
  std::vector<size_t> todo;
  for (size_t i = 0; i < objects.size(); ++i) {
    const KernelTask *task = emission.taskAt(i);
    KernelObject &object = objects[i];
    object.name = emission.nameAt(i);
    object.kernel = task ? task->desc.name : "";
    object.target = task ? task->machine->name : "";
    keys.push_back(objectKey(task));
    if (auto bytes = cache.lookup(keys[i])) {
      object.bytes = std::move(*bytes);
      object.cached = true;
    } else {
      todo.push_back(i);
    }
  }
  bool ok = compileAll(emission, todo, KernelOutput::Object,
                       [&](size_t i, llvm::SmallVector<char, 0> &&bytes) {
                         cache.store(keys[i], bytes);
                         objects[i].bytes = std::move(bytes);
                       });
  if (!ok)
    return mlir::failure();
  return objects;
}

mlir::FailureOr<std::string> emitStmt(mlir::ModuleOp module,
                                      const EmitOptions &options) {
  mlir::FailureOr<std::vector<KernelTask>> tasks = collectTasks(module);
  if (failed(tasks))
    return mlir::failure();
  Emission emission{module, options, std::move(*tasks)};
  std::vector<std::string> texts(emission.tasks.size());
  std::vector<size_t> todo;
  for (size_t i = 0; i < texts.size(); ++i)
    todo.push_back(i);
  bool ok = compileAll(emission, todo, KernelOutput::Stmt,
                       [&](size_t i, llvm::SmallVector<char, 0> &&text) {
                         texts[i] = fmt::format(
                             "// {}: {}\n{}\n", emission.nameAt(i),
                             targets::printConfig(emission.tasks[i].config),
                             llvm::StringRef(text.data(), text.size()).str());
                       });
  if (!ok)
    return mlir::failure();
  return llvm::join(texts, "");
}

} // namespace xf
