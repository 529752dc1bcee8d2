// As EmitKernels, but errors are answers here, not diagnostics.
#include "compiler/Emit/EmitCandidates.h"

#include "compiler/Conversion/ProgramAttrs.h"
#include "compiler/Dialect/HK/IR/KernelDescription.h"
#include "compiler/Emit/CompileKernel.h"
#include "compiler/Emit/KernelCache.h"

#include <optional>
#include <vector>

namespace xf {
namespace {

/// Nothing for Halide's runtime.
std::optional<KernelTask> taskOf(const Candidate &candidate) {
  if (!candidate.kernel)
    return std::nullopt;
  KernelTask task;
  task.kernel = candidate.kernel;
  task.desc = hk::describeKernel(task.kernel.getStructuredOp());
  task.form = task.desc.name;
  task.config = targets::codeConfig(candidate.config);
  task.machine = targets::findMachine(task.config.target);
  task.scheduled = candidate.scheduled;
  return task;
}

/// In the child.
bool compile(const KernelTask *task, llvm::SmallVectorImpl<char> &out,
             std::string &message) {
  try {
    std::string warnings;
    WarningCollector collector(warnings);
    task ? compileKernel(*task, KernelOutput::Object, out)
         : compileHalideRuntime(out);
    return true;
  } catch (const std::exception &error) {
    message = llvm::StringRef(error.what()).rtrim().str();
    return false;
  }
}

} // namespace

void emitCandidates(llvm::ArrayRef<Candidate> candidates,
                    const EmitOptions &options, const ForkLimits &limits,
                    llvm::function_ref<void(size_t, CandidateObject &&)> done) {
  KernelCache cache(!options.useCache          ? ""
                    : options.cacheDir.empty() ? defaultCacheDir()
                                               : options.cacheDir,
                    options.progress);
  std::vector<std::optional<KernelTask>> tasks;
  std::vector<std::string> keys;
  std::vector<size_t> todo;
  auto functionOf = [&](size_t i) {
    return tasks[i]
               ? kernelSymbol(tasks[i]->form, tasks[i]->machine->name) + "_argv"
               : std::string();
  };
  for (size_t i = 0; i < candidates.size(); ++i) {
    tasks.push_back(taskOf(candidates[i]));
    keys.push_back(objectKey(tasks[i] ? &*tasks[i] : nullptr));
    auto bytes = cache.lookup(keys[i]);
    if (!bytes) {
      todo.push_back(i);
      continue;
    }
    CandidateObject object;
    object.ok = true;
    object.bytes = std::move(*bytes);
    object.function = functionOf(i);
    done(i, std::move(object));
  }
  runForked(
      todo.size(), options.threads,
      [&](size_t t, llvm::SmallVectorImpl<char> &out, std::string &message) {
        return compile(tasks[todo[t]] ? &*tasks[todo[t]] : nullptr, out,
                       message);
      },
      [&](size_t t, JobResult &result) {
        size_t i = todo[t];
        CandidateObject object;
        object.ok = result.ok;
        object.timedOut = result.timedOut;
        object.message = result.message;
        object.seconds = result.seconds;
        object.function = functionOf(i);
        if (result.ok)
          cache.store(keys[i], result.output);
        object.bytes = std::move(result.output);
        done(i, std::move(object));
      },
      limits);
}

} // namespace xf
