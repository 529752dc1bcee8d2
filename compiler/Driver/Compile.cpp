// The steps of a compilation in order; each is somebody else's work.

#include "compiler/Driver/Compile.h"

#include "compiler/Conversion/ProgramAttrs.h"
#include "compiler/Driver/Explain.h"
#include "compiler/Driver/Header.h"
#include "compiler/Driver/PackModel.h"
#include "compiler/Driver/StagedFiles.h"
#include "compiler/Emit/EmitKernels.h"
#include "compiler/Object/HostObject.h"
#include "compiler/Object/Link.h"
#include "compiler/Transforms/Passes.h"

#include "compiler/Dialect/XF/IR/XF.h"
#include "mlir/IR/Builders.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

#include <fmt/format.h>

#include <map>

using namespace mlir;
using namespace xf;
namespace path = llvm::sys::path;

/// Turns an error of a library below MLIR into a diagnostic about the whole
/// module.
static LogicalResult fail(ModuleOp module, llvm::Error error) {
  return mlir::emitError(module.getLoc(), llvm::toString(std::move(error)));
}

static void say(const CompileOptions &options, const std::string &line) {
  if (options.progress)
    options.progress(line);
}

LogicalResult xf::lowerTo(Phase last, ModuleOp module,
                          const targets::ConfigChooser &chooser) {
  PassManager manager(module.getContext());
  PipelineOptions options;
  options.chooser = chooser;
  populatePipeline(manager, last, options);
  return manager.run(module);
}

static std::string checkpointPath(ModuleOp module,
                                  const CompileOptions &options) {
  auto format = module->getAttrOfType<ir::CheckpointAttr>("xf.checkpoint");
  if (!options.weights.empty() || !format)
    return options.weights;
  llvm::SmallString<128> file(options.specFolder);
  path::append(file, format.getFile());
  return file.str().str();
}

/// What `describe` of the library returns.
static std::string describeJson(const ModelSummary &summary) {
  llvm::json::Object object = explainJson(summary);
  object["compiler"] = "xfc " XFC_VERSION;
  object["halide"] = XFC_HALIDE_VERSION;
  return llvm::formatv("{0}", llvm::json::Value(std::move(object))).str();
}

/// `12 configs by your records, 30 by heuristic`: who decided on the kernels.
static std::string sourcesInWords(const ModelSummary &summary) {
  std::map<std::string, size_t> counts;
  for (const KernelSummary &kernel : summary.kernels)
    for (const ConfigSummary &config : kernel.configs)
      ++counts[config.source.substr(0, config.source.find(" ("))];
  std::string text;
  for (const auto &[source, count] : counts)
    text += fmt::format("{}{}{} by {}", text.empty() ? "" : ", ", count,
                        text.empty() ? " configs" : "", source);
  return text;
}

/// minilm for libminilm.so: what the header and the weights file beside it are
/// called.
static std::string stemOf(const std::string &library) {
  llvm::StringRef stem = path::stem(library);
  stem.consume_front("lib");
  return stem.str();
}

static std::string libraryPath(const CompileOptions &options,
                               const std::string &name) {
  return options.output.empty() ? fmt::format("lib{}.so", name)
                                : options.output;
}

static bool embeds(const CompileOptions &options, uint64_t bytes) {
  return options.placement == WeightsPlacement::Embed ||
         (options.placement == WeightsPlacement::Auto && bytes <= EmbedLimit);
}

/// Refuses what no library can be written to before the work is done rather
/// than after.
static LogicalResult checkOutput(ModuleOp module, const std::string &library) {
  std::string stem = stemOf(library);
  if (path::extension(library) != ".so" || stem.empty())
    return mlir::emitError(module.getLoc())
           << "output `" << library
           << "` is no name of a library; it is a path such as `libNAME.so`";
  for (const std::string &name :
       {path::filename(library).str(), stem + ".h", stem + ".xfw"}) {
    llvm::SmallString<128> file(path::parent_path(library));
    path::append(file, name);
    if (llvm::Error error = checkDestination(file))
      return fail(module, std::move(error));
  }
  return success();
}

/// Packs the weights and leaves on `module` what convert-hk-to-llvm needs to
/// know of them.
static FailureOr<weights::WeightSection>
prepareWeights(ModuleOp module, const CompileOptions &options,
               const ModelSummary &summary) {
  auto section = packModel(module, checkpointPath(module, options));
  if (!section)
    return fail(module, section.takeError());
  Builder builder(module.getContext());
  uint64_t bytes = section->bytes().size();
  module->setAttr(describeJsonAttr,
                  builder.getStringAttr(describeJson(summary)));
  module->setAttr(weightsBytesAttr, builder.getI64IntegerAttr(int64_t(bytes)));
  module->setAttr(weightsHashAttr,
                  builder.getI64IntegerAttr(int64_t(section->hash())));
  if (!embeds(options, bytes))
    module->setAttr(weightsFileAttr,
                    builder.getStringAttr(
                        stemOf(libraryPath(options, summary.name)) + ".xfw"));
  return std::move(*section);
}

static LogicalResult convertToHost(ModuleOp module) {
  PassManager manager(module.getContext());
  manager.addPass(createConvertHKToLLVMPass());
  return manager.run(module);
}

LogicalResult xf::lowerToHost(ModuleOp module, const CompileOptions &options) {
  if (failed(lowerTo(Phase::Plan, module, options.chooser)))
    return failure();
  if (failed(prepareWeights(module, options, summarize(module))))
    return failure();
  return convertToHost(module);
}

static EmitOptions emitOptions(const CompileOptions &options) {
  return {options.cacheDir, options.useCache, options.threads,
          options.progress};
}

/// Objects and library of a module in the LLVM dialect.
static llvm::Error
writeLibrary(ModuleOp host, const std::vector<KernelObject> &kernels,
             const std::string &weightsFile, uint64_t weightBytes, bool embed,
             const std::string &name, const std::string &output,
             const CompileOptions &options) {
  auto hostObject = emitHostObject(host);
  if (!hostObject)
    return hostObject.takeError();
  LinkOptions link;
  link.output = output;
  link.name = name;
  link.linker = options.linker;
  link.runtimeArchive = options.runtimeArchive;
  link.objects.push_back({*hostObject, {}});
  for (const KernelObject &kernel : kernels)
    link.objects.push_back({kernel.bytes, {}});
  llvm::SmallVector<char> weightsObject;
  if (embed) {
    auto object =
        emitWeightsObject(weightsFile, weights::sectionFileOffset, weightBytes);
    if (!object)
      return object.takeError();
    weightsObject = std::move(*object);
    link.objects.push_back({weightsObject, {}});
  }
  return linkLibrary(link);
}

LogicalResult xf::writeObjects(ModuleOp module, const CompileOptions &options) {
  if (failed(lowerTo(Phase::Plan, module, options.chooser)) ||
      failed(prepareWeights(module, options, summarize(module))))
    return failure();
  auto kernels = emitKernels(module, emitOptions(options));
  if (failed(kernels) || failed(convertToHost(module)))
    return failure();
  auto host = emitHostObject(module);
  if (!host)
    return fail(module, host.takeError());
  auto staged = StagedFiles::create(options.output);
  if (!staged)
    return fail(module, staged.takeError());
  llvm::Error error = writeText(staged->add("host.o"),
                                llvm::StringRef(host->data(), host->size()));
  for (const KernelObject &kernel : *kernels)
    if (!error)
      error =
          writeText(staged->add(kernel.name + ".o"),
                    llvm::StringRef(kernel.bytes.data(), kernel.bytes.size()));
  if (!error)
    error = staged->commit();
  return error ? fail(module, std::move(error)) : success();
}

FailureOr<CompiledModel> xf::compileModel(ModuleOp module,
                                          const CompileOptions &options) {
  if (failed(lowerTo(Phase::Plan, module, options.chooser)))
    return failure();
  CompiledModel result;
  result.summary = summarize(module);
  const std::string &name = result.summary.name;
  std::string library = libraryPath(options, name), stem = stemOf(library);
  if (failed(checkOutput(module, library)))
    return failure();
  llvm::StringSet<> targets;
  for (const ConfigSummary &config : result.summary.kernels.front().configs)
    targets.insert(config.target);
  say(options, fmt::format("{}: {} kernels for {} targets; {}", name,
                           result.summary.kernels.size(), targets.size(),
                           sourcesInWords(result.summary)));
  auto section = prepareWeights(module, options, result.summary);
  if (failed(section))
    return failure();
  uint64_t weightBytes = section->bytes().size();
  bool embed = embeds(options, weightBytes);

  auto kernels = emitKernels(module, emitOptions(options));
  if (failed(kernels) || failed(convertToHost(module)))
    return failure();

  auto staged = StagedFiles::create(path::parent_path(library));
  if (!staged)
    return fail(module, staged.takeError());
  std::string weightsFile = staged->add(stem + ".xfw", /*keep=*/!embed);
  if (llvm::Error error = weights::writePackedFile(weightsFile, *section))
    return fail(module, std::move(error));
  std::string header = staged->add(stem + ".h");
  if (llvm::Error error =
          writeText(header, generateHeader(result.summary,
                                           path::filename(library).str())))
    return fail(module, std::move(error));
  say(options, fmt::format("{}: linking", name));
  if (llvm::Error error =
          writeLibrary(module, *kernels, weightsFile, weightBytes, embed, name,
                       staged->add(path::filename(library).str()), options))
    return fail(module, std::move(error));
  if (llvm::Error error = staged->commit())
    return fail(module, std::move(error));

  result.library = library;
  result.header = staged->finalPath(stem + ".h");
  result.weights = embed ? "" : staged->finalPath(stem + ".xfw");
  return result;
}
