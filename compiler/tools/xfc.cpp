// The compiler's command line: check, fmt, explain, compile, and --emit for
// every stage between; the other commands have files of their own. Joins the
// language (dsl) with the compiler, which do not know of each other.

#include "compiler/Driver/Compile.h"
#include "compiler/Driver/Explain.h"
#include "compiler/Emit/EmitKernels.h"
#include "compiler/Object/HostObject.h"
#include "compiler/tools/DiagnosticBridge.h"
#include "compiler/tools/Dialects.h"
#include "compiler/tools/Options.h"
#include "compiler/tools/Output.h"
#include "compiler/tools/ProfileCommand.h"
#include "compiler/tools/RecordOptions.h"
#include "compiler/tools/TuneCommand.h"
#include "dsl/DumpAST.h"
#include "dsl/DumpKwargs.h"
#include "dsl/Format.h"
#include "dsl/ModelBuilder.h"
#include "dsl/Pairs.h"
#include "dsl/Parser.h"
#include "dsl/Sema.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ToolOutputFile.h"

#include <fmt/format.h>

using namespace xf;
namespace cl = llvm::cl;

//===----------------------------------------------------------------------===//
// Flags
//===----------------------------------------------------------------------===//

cl::OptionCategory &xf::xfcOptions() {
  static cl::OptionCategory category("xfc options");
  return category;
}
static cl::OptionCategory &category = xfcOptions();

static cl::SubCommand checkCommand("check", "report every error of a spec");
static cl::SubCommand formatCommand("fmt",
                                    "print a spec in its canonical form");
static cl::SubCommand
    explainCommand("explain", "parameters, FLOPs, memory, and a table per op");
static cl::SubCommand
    compileCommand("compile", "write the library, its header and its weights");

// Not of all commands: a positional flag reaches only those that exist when it
// is made, and commands in other files may not yet.
static cl::list<std::string>
    inputs(cl::Positional, cl::cat(category), cl::desc("FILE.xf"),
           cl::sub(checkCommand), cl::sub(formatCommand),
           cl::sub(explainCommand), cl::sub(compileCommand),
           cl::sub(tuneCommand()), cl::sub(cl::SubCommand::getTopLevel()));

enum class DiagnosticsFormat { Text, Json };
static cl::opt<DiagnosticsFormat> diagnosticsFormat(
    "diagnostics", cl::cat(category), cl::desc("form of diagnostics"),
    cl::sub(cl::SubCommand::getAll()), cl::init(DiagnosticsFormat::Text),
    cl::values(clEnumValN(DiagnosticsFormat::Text, "text", "for people"),
               clEnumValN(DiagnosticsFormat::Json, "json", "for programs")));

static cl::opt<bool> formatInPlace("in-place", cl::cat(category),
                                   cl::desc("rewrite the files"),
                                   cl::sub(formatCommand));
static cl::opt<bool>
    formatCheck("check", cl::cat(category),
                cl::desc("only tell which files are not canonical"),
                cl::sub(formatCommand));

static cl::opt<std::string>
    modelName("model", cl::value_desc("NAME"), cl::cat(category),
              cl::desc("which model of the spec"), cl::sub(explainCommand),
              cl::sub(compileCommand), cl::sub(tuneCommand()),
              cl::sub(cl::SubCommand::getTopLevel()));
static cl::opt<std::string> output("o", cl::value_desc("PATH"),
                                   cl::cat(category),
                                   cl::desc("where to write"),
                                   cl::sub(compileCommand),
                                   cl::sub(cl::SubCommand::getTopLevel()));
static cl::opt<std::string>
    weightsFile("weights", cl::value_desc("FILE"), cl::cat(category),
                cl::desc("checkpoint; instead of the spec's"),
                cl::sub(compileCommand),
                cl::sub(cl::SubCommand::getTopLevel()));
static cl::opt<WeightsPlacement>
    placement("weights-in", cl::cat(category),
              cl::desc("where the packed weights go"), cl::sub(compileCommand),
              cl::sub(cl::SubCommand::getTopLevel()),
              cl::init(WeightsPlacement::Auto),
              cl::values(clEnumValN(WeightsPlacement::Auto, "auto",
                                    "library up to 16 MiB, else file"),
                         clEnumValN(WeightsPlacement::Embed, "library",
                                    "embedded in the library"),
                         clEnumValN(WeightsPlacement::File, "file",
                                    "NAME.xfw, mapped when opened")));
static cl::opt<std::string> cacheDir("cache-dir", cl::value_desc("DIR"),
                                     cl::cat(category),
                                     cl::desc("cache of compiled kernels"),
                                     cl::sub(compileCommand),
                                     cl::sub(cl::SubCommand::getTopLevel()));
static cl::opt<bool> noCache("no-cache", cl::cat(category),
                             cl::desc("neither read nor fill the cache"),
                             cl::sub(compileCommand),
                             cl::sub(cl::SubCommand::getTopLevel()));
static cl::opt<std::string> linker("linker", cl::value_desc("PROGRAM"),
                                   cl::cat(category),
                                   cl::desc("compiler driver that links"),
                                   cl::sub(compileCommand));
static cl::opt<unsigned>
    jobs("jobs", cl::value_desc("N"), cl::init(0), cl::cat(category),
         cl::desc("kernels compiled at once; 0: one per core"),
         cl::sub(compileCommand), cl::sub(cl::SubCommand::getTopLevel()));
static cl::opt<bool> quiet("quiet", cl::cat(category),
                           cl::desc("print only errors"),
                           cl::sub(compileCommand));

static cl::opt<bool> explainKnobs("knobs", cl::cat(category),
                                  cl::desc("print the reference of every knob"),
                                  cl::sub(explainCommand));
static cl::opt<std::string> explainKnob("knob", cl::value_desc("NAME"),
                                        cl::cat(category),
                                        cl::desc("print all about one knob"),
                                        cl::sub(explainCommand));
static cl::opt<bool>
    explainPairs("pairs", cl::cat(category),
                 cl::desc("count the pairs of knobs by class; with the name "
                          "of a knob in place of FILE.xf: list its pairs"),
                 cl::sub(explainCommand));
static cl::opt<bool> explainAsJson("json", cl::cat(category),
                                   cl::desc("print JSON"),
                                   cl::sub(explainCommand));
static cl::opt<int64_t>
    explainLength("length", cl::value_desc("N"), cl::init(128),
                  cl::cat(category),
                  cl::desc("tokens of the sequence that FLOPs are counted for"),
                  cl::sub(explainCommand));

enum class Stage {
  None,
  Ast,
  Kwargs,
  Model,
  Graph,
  Kernels,
  Plan,
  Stmt,
  Llvm,
  Obj,
  So
};
static cl::opt<Stage> emitStage(
    "emit", cl::cat(category), cl::desc("stop at a stage and print it"),
    cl::init(Stage::None),
    cl::values(
        clEnumValN(Stage::Ast, "ast", "syntax tree"),
        clEnumValN(Stage::Kwargs, "kwargs", "constructor calls, as JSON"),
        clEnumValN(Stage::Model, "model", "xf.model with every knob explicit"),
        clEnumValN(Stage::Graph, "graph", "tensor-level xf ops"),
        clEnumValN(Stage::Kernels, "kernels", "structured hk kernels"),
        clEnumValN(Stage::Plan, "plan", "outlined kernels, configs, arena"),
        clEnumValN(Stage::Stmt, "stmt", "Halide statements of every kernel"),
        clEnumValN(Stage::Llvm, "llvm", "LLVM IR of the host program"),
        clEnumValN(Stage::Obj, "obj", "object files, into the folder -o"),
        clEnumValN(Stage::So, "so", "the library, as `compile`")));

//===----------------------------------------------------------------------===//
// From text to a module
//===----------------------------------------------------------------------===//

static void print(const dsl::DiagnosticEngine &diags) {
  if (diagnosticsFormat == DiagnosticsFormat::Json)
    diags.printJson(llvm::errs());
  else
    diags.printText(llvm::errs(), llvm::errs().has_colors());
}

/// Which of the spec's models the command line means; nullopt after saying why
/// none.
static std::optional<std::string> chooseModel(const dsl::CheckedSpec &spec,
                                              const std::string &file,
                                              dsl::DiagnosticEngine &diags) {
  if (!modelName.empty() || (emitStage == Stage::Model && !spec.models.empty()))
    return modelName; // --emit=model prints all models where none is named
  if (spec.models.size() == 1)
    return spec.models.front().name;
  std::vector<std::string> names;
  for (const dsl::CheckedModel &model : spec.models)
    names.push_back(fmt::format("`{}`", model.name));
  if (names.empty())
    diags.report({}, dsl::diag::NoModel, file);
  else
    diags
        .report({}, dsl::diag::ChooseModel, file,
                fmt::format("{}", fmt::join(names, ", ")))
        .hint("choose one by --model=NAME");
  return std::nullopt;
}

/// The module of one model of a spec, or null after an error.
static mlir::OwningOpRef<mlir::ModuleOp>
loadModule(const std::string &file, mlir::MLIRContext &context,
           dsl::DiagnosticEngine &diags) {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  auto source = dsl::parseFile(file, diags);
  auto spec = source ? dsl::analyze(std::move(source), diags) : std::nullopt;
  auto name = spec ? chooseModel(*spec, file, diags) : std::nullopt;
  if (name)
    module = dsl::buildModule(*spec, diags, context, *name);
  return module;
}

static CompileOptions compileOptions(const std::string &file) {
  CompileOptions options;
  options.weights = weightsFile;
  options.specFolder = llvm::sys::path::parent_path(file).str();
  options.output = output;
  options.cacheDir = cacheDir;
  options.useCache = !noCache;
  options.linker = linker;
  options.placement = placement;
  options.threads = jobs;
  if (!quiet)
    options.progress = [](const std::string &line) {
      llvm::errs() << line << '\n';
    };
  return options;
}

//===----------------------------------------------------------------------===//
// Commands
//===----------------------------------------------------------------------===//

static int runCheck() {
  dsl::DiagnosticEngine diags;
  for (const std::string &file : inputs)
    if (auto source = dsl::parseFile(file, diags))
      (void)dsl::analyze(std::move(source), diags);
  print(diags);
  return diags.hasErrors();
}

/// Formats one file to standard output, in place, or only compares; nullopt
/// after an error.
static std::optional<bool> formatFile(const std::string &file,
                                      dsl::DiagnosticEngine &diags) {
  auto buffer = llvm::MemoryBuffer::getFileOrSTDIN(file, /*IsText=*/true);
  if (!buffer) {
    usageError(
        fmt::format("cannot read `{}`: {}", file, buffer.getError().message()));
    return std::nullopt;
  }
  if (formatInPlace && file == "-") {
    usageError("--in-place needs a file; standard input is not one");
    return std::nullopt;
  }
  std::string formatted;
  if (!dsl::formatSource((*buffer)->getBuffer(), file, formatted, diags))
    return std::nullopt;
  bool canonical = (*buffer)->getBuffer() == formatted;
  if (formatCheck)
    llvm::outs() << (canonical ? "" : file + "\n");
  else if (!formatInPlace)
    llvm::outs() << formatted;
  else if (!canonical &&
           writeOutput(file, [&](llvm::raw_ostream &os) { os << formatted; }))
    return std::nullopt;
  return canonical;
}

static int runFormat() {
  dsl::DiagnosticEngine diags;
  bool failed = false, different = false;
  for (const std::string &file : inputs) {
    std::optional<bool> canonical = formatFile(file, diags);
    failed |= !canonical;
    different |= canonical && !*canonical;
  }
  print(diags);
  return failed || (formatCheck && different);
}

static int runExplain(mlir::ModuleOp module, const CompileOptions &options) {
  if (failed(lowerTo(Phase::Plan, module, options.chooser)))
    return 1;
  ModelSummary summary = summarize(module);
  int64_t longest = summary.maxSeqLen ? summary.maxSeqLen : INT64_MAX;
  if (explainLength.getNumOccurrences() == 0)
    explainLength = std::min(explainLength.getValue(), longest);
  if (explainLength < 1 || explainLength > longest)
    return usageError(
        fmt::format("--length={} is no length of a sequence of `{}`: from 1{}",
                    explainLength.getValue(), summary.name,
                    summary.maxSeqLen ? fmt::format(" to {}", longest) : ""));
  if (explainAsJson)
    llvm::outs() << llvm::formatv("{0:2}",
                                  llvm::json::Value(explainJson(summary)))
                 << '\n';
  else
    explainText(summary, explainLength, llvm::outs());
  return 0;
}

static int runCompile(mlir::ModuleOp module, const CompileOptions &options) {
  auto compiled = compileModel(module, options);
  if (failed(compiled))
    return 1;
  if (!quiet)
    for (const std::string &file :
         {compiled->library, compiled->header, compiled->weights})
      if (!file.empty())
        llvm::outs() << file << '\n';
  return 0;
}

static int emitModule(mlir::ModuleOp module, Phase phase,
                      const CompileOptions &options) {
  if (failed(lowerTo(phase, module, options.chooser)))
    return 1;
  return writeOutput(output, [&](llvm::raw_ostream &os) {
    module.print(os, mlir::OpPrintingFlags().useLocalScope());
    os << '\n';
  });
}

static int emitStmtText(mlir::ModuleOp module, const CompileOptions &options) {
  if (failed(lowerTo(Phase::Plan, module, options.chooser)))
    return 1;
  auto text = emitStmt(
      module, {options.cacheDir, options.useCache, options.threads, {}});
  if (failed(text))
    return 1;
  return writeOutput(output, [&](llvm::raw_ostream &os) { os << *text; });
}

static int emitHostText(mlir::ModuleOp module, const CompileOptions &options) {
  if (failed(lowerToHost(module, options)))
    return 1;
  auto text = printHostProgram(module);
  if (!text)
    return usageError(llvm::toString(text.takeError()));
  return writeOutput(output, [&](llvm::raw_ostream &os) { os << *text; });
}

static int runEmit(mlir::ModuleOp module, const CompileOptions &options) {
  switch (emitStage) {
  case Stage::None:
  case Stage::Ast:
  case Stage::Kwargs:
    break;
  case Stage::Model:
    return emitModule(module, Phase::Model, options);
  case Stage::Graph:
    return emitModule(module, Phase::Graph, options);
  case Stage::Kernels:
    return emitModule(module, Phase::Kernels, options);
  case Stage::Plan:
    return emitModule(module, Phase::Plan, options);
  case Stage::Stmt:
    return emitStmtText(module, options);
  case Stage::Llvm:
    return emitHostText(module, options);
  case Stage::Obj:
    return options.output.empty()
               ? usageError("--emit=obj needs a folder: -o DIR")
               : failed(writeObjects(module, options));
  case Stage::So:
    return runCompile(module, options);
  }
  llvm_unreachable("every stage was handled");
}

static int emitAst(const std::string &file) {
  dsl::DiagnosticEngine diags;
  auto source = dsl::parseFile(file, diags);
  print(diags);
  if (!source || diags.hasErrors())
    return 1;
  return writeOutput(output,
                     [&](llvm::raw_ostream &os) { dsl::dumpAST(*source, os); });
}

static int emitKwargs(const std::string &file) {
  dsl::DiagnosticEngine diags;
  auto source = dsl::parseFile(file, diags);
  auto spec = source ? dsl::analyze(std::move(source), diags) : std::nullopt;
  print(diags);
  if (!spec)
    return 1;
  return writeOutput(output, [&](llvm::raw_ostream &os) {
    dsl::dumpKwargs(*spec, diags, os);
  });
}

/// Commands that work on one model of one spec.
static int runOnModel(const std::string &file, dsl::DiagnosticEngine &diags) {
  mlir::DialectRegistry registry;
  registerDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  context.printOpOnDiagnostic(false);
  DiagnosticBridge bridge(&context, diags);
  auto module = loadModule(file, context, diags);
  if (!module)
    return 1;
  if (tuneRequested())
    return runTune(*module);
  CompileOptions options = compileOptions(file);
  auto records = loadChosenRecords();
  if (!records)
    return usageError(llvm::toString(records.takeError()));
  options.chooser = chooserOf(*records);
  if (explainCommand)
    return runExplain(*module, options);
  return compileCommand ? runCompile(*module, options)
                        : runEmit(*module, options);
}

static int runOnModel(const std::string &file) {
  dsl::DiagnosticEngine diags;
  int result = runOnModel(file, diags);
  if (!quiet || diags.hasErrors())
    print(diags);
  return result;
}

/// A knob that is not there, with the nearest one that is.
static int unknownKnob(const std::string &name) {
  const dsl::KnobInfo *near = nullptr;
  for (auto owner :
       {dsl::KnobOwner::AttentionLayers, dsl::KnobOwner::TransformerWrapper})
    if (!near)
      near = dsl::nearestKnob(owner, name);
  return usageError(fmt::format(
      "there is no knob `{}`{}", name,
      near ? fmt::format("; did you mean `{}`?", std::string_view(near->name))
           : ""));
}

/// What the knob table and the rules say, without a spec.
static int runExplainKnobs() {
  if (!explainKnob.empty())
    return dsl::printKnob(explainKnob, llvm::outs()) ? 0
                                                     : unknownKnob(explainKnob);
  if (explainKnobs)
    dsl::printKnobReference(llvm::outs());
  else if (explainAsJson)
    dsl::printPairsJson(llvm::outs());
  else if (inputs.empty())
    dsl::printPairCounts(llvm::outs());
  else
    for (const std::string &name : inputs)
      if (!dsl::printPairsOf(name, llvm::outs()))
        return unknownKnob(name);
  return 0;
}

static int runCommand() {
  if (profileRequested())
    return runProfile();
  if (tuneRequested() && tuneShowsAll() && inputs.empty())
    return runTuneShow();
  if (explainCommand && (explainKnobs || explainPairs || !explainKnob.empty()))
    return runExplainKnobs();
  if (inputs.empty())
    return usageError(
        "no spec given; say `xfc compile FILE.xf`, or see `xfc --help`");
  if (checkCommand)
    return runCheck();
  if (formatCommand)
    return runFormat();
  if (!explainCommand && !compileCommand && !tuneRequested() &&
      emitStage == Stage::None)
    return usageError(
        fmt::format("`{}` is no command; say `xfc compile FILE.xf`, or see "
                    "`xfc --help`",
                    inputs.front()));
  if (inputs.size() > 1)
    return usageError("more than one spec given; this command takes one");
  if (emitStage == Stage::Ast)
    return emitAst(inputs.front());
  return emitStage == Stage::Kwargs ? emitKwargs(inputs.front())
                                    : runOnModel(inputs.front());
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::SetVersionPrinter([](llvm::raw_ostream &os) {
    os << "xfc " XFC_VERSION ", Halide " XFC_HALIDE_VERSION
          ", MLIR " LLVM_VERSION_STRING "\n";
  });
  // libLLVM registers options of its own; they are none of our user's business.
  for (cl::SubCommand *command : cl::getRegisteredSubcommands())
    cl::HideUnrelatedOptions(category, *command);
  cl::ParseCommandLineOptions(
      argc, argv, "xfc: from a transformer's spec to a shared library\n");
  int result = runCommand();
  return outputError("-", takeWriteError(llvm::outs())) ? 1 : result;
}
