// The host program: launches, kernels and weights of a planned module as the
// constants of runtime/src/program.h, and one function per entry point that
// runs its launches in order.
#include "compiler/Conversion/HKToLLVMRecords.h"
#include "compiler/Conversion/ProgramAttrs.h"
#include "compiler/Conversion/ProgramConstants.h"
#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Dialect/HK/IR/KernelDescription.h"
#include "compiler/Dialect/XF/IR/XF.h"
#include "compiler/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "targets/Machine.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace xf {

#define GEN_PASS_DEF_CONVERTHKTOLLVMPASS
#include "compiler/Transforms/Passes.h.inc"

namespace {

/// A kernel with its variants for every target of the program.
struct KernelEntry {
  hk::KernelOp op;
  std::string variants;                           ///< symbol of their table
  std::array<int32_t, XF_MAX_TARGETS> first = {}; ///< of each target in it
};

/// A target of the program: the functions of its table are numbered as kernels
/// are collected.
struct TargetEntry {
  const targets::Machine *machine;
  std::vector<std::string> functions;
};

/// Everything read from the module before it is replaced.
struct Lowering {
  ModuleOp module;
  ConstantWriter writer;
  SymbolTable symbols;
  std::vector<TargetEntry> targets; ///< weakest first
  llvm::MapVector<StringRef, KernelEntry> kernels;
  llvm::MapVector<StringRef, unsigned> opNames;
  std::vector<Record> entries;
  ir::ModelInfoAttr info;
  uint64_t mostTokens = 0, longest = 0; ///< of the entries; 0: any length

  explicit Lowering(ModuleOp module)
      : module(module), writer(module), symbols(module),
        info(module->getAttrOfType<ir::ModelInfoAttr>(ir::kModelInfoAttr)) {}

  LogicalResult run();
  LogicalResult collectTargets();
  LogicalResult collectKernels();
  FailureOr<KernelEntry> addVariants(hk::KernelOp op);
  FailureOr<Record> launchRecord(hk::LaunchOp launch,
                                 const IndexBuffers &indices,
                                 const std::string &argsName);
  LogicalResult addEntry(func::FuncOp function);
  void addEntryFunction(StringRef name, StringRef launches, size_t count);
  std::vector<Record> targetRecords();
  LogicalResult addProgram();
  void addApiFunction(StringRef modelName);
};

/// The targets that the first kernel has configs for, in the order of
/// cpuMachines(); the rest must have the same.
LogicalResult Lowering::collectTargets() {
  auto kernels = module.getOps<hk::KernelOp>();
  if (kernels.empty())
    return module.emitError(
        "the module has no `hk.kernel`; run `hk-outline-kernels` before");
  hk::StructuredOp first = (*kernels.begin()).getStructuredOp();
  if (!first.getConfigsAttr())
    return first->emitError(
        "kernel has no configs; run `hk-select-configs` before");
  std::vector<hk::TargetForms> forms = hk::collectForms(*kernels.begin());
  for (const targets::Machine &machine : targets::cpuMachines())
    if (llvm::any_of(forms, [&](const hk::TargetForms &target) {
          return target.target == machine.name;
        }))
      targets.push_back({&machine, {}});
  if (targets.empty() || targets.size() > XF_MAX_TARGETS)
    return first->emitError()
           << "configs name " << targets.size()
           << " known targets; a library holds 1 to " << XF_MAX_TARGETS;
  return success();
}

/// Adds the forms of `op` to the targets' functions, and the table that picks
/// among them.
FailureOr<KernelEntry> Lowering::addVariants(hk::KernelOp op) {
  std::vector<hk::TargetForms> forms = hk::collectForms(op);
  KernelEntry entry{op, {}, {}};
  std::vector<Record> variants;
  for (auto [index, target] : llvm::enumerate(targets)) {
    auto found = llvm::find_if(forms, [&](const hk::TargetForms &candidate) {
      return candidate.target == target.machine->name;
    });
    if (found == forms.end() || forms.size() != targets.size())
      return op.getStructuredOp()->emitError()
             << "kernel `" << op.getSymName()
             << "` must have configs for each of the targets that the first "
             << "kernel has configs for";
    if (found->configs.size() > XF_MAX_VARIANTS)
      return op.getStructuredOp()->emitError()
             << "kernel `" << op.getSymName() << "` has "
             << found->configs.size() << " configs for one target; the runtime "
             << "tells at most " << XF_MAX_VARIANTS << " apart";
    entry.first[index] = int32_t(variants.size());
    for (auto [config, form] : llvm::zip(found->configs, found->formOf))
      variants.push_back({uint64_t(config.get("max_rows")),
                          uint64_t(target.functions.size() + form),
                          uint64_t(config.get("grain_rows")),
                          uint64_t(config.get("grain_cols"))});
    for (const hk::KernelForm &form : found->forms)
      target.functions.push_back(kernelSymbol(form.name, target.machine->name) +
                                 "_argv");
  }
  entry.variants =
      writer.addTable((op.getSymName() + "_variants").str(), "xf_variant",
                      program::variantFields, variants);
  return entry;
}

LogicalResult Lowering::collectKernels() {
  for (hk::KernelOp op : module.getOps<hk::KernelOp>()) {
    FailureOr<KernelEntry> entry = addVariants(op);
    if (failed(entry))
      return failure();
    kernels.insert({op.getSymName(), std::move(*entry)});
  }
  return success();
}

FailureOr<Record> Lowering::launchRecord(hk::LaunchOp launch,
                                         const IndexBuffers &indices,
                                         const std::string &argsName) {
  if (!launch.getSlot())
    return launch.emitError(
        "launch has no slot in the arena; run `hk-plan-memory` before");
  const KernelEntry &entry = kernels.find(launch.getKernel())->second;
  hk::KernelOp op = entry.op;
  FailureOr<std::vector<Record>> args =
      argumentRecords(launch, op, symbols, indices);
  if (failed(args))
    return failure();

  StringRef name =
      launch.getOpName() ? *launch.getOpName() : launch.getKernel();
  unsigned opIndex = opNames.insert({name, opNames.size()}).first->second;
  LaunchShape shape = launchShape(op.getStructuredOp());
  return Record{uint64_t(shape.kind),
                uint64_t(args->size()),
                uint64_t(launch.getSlot()->getWidth()),
                uint64_t(opIndex),
                uint64_t(launch.getSlot()->getOffset()),
                entry.variants,
                entry.first,
                writer.addTable(argsName, "xf_arg", program::argFields, *args),
                uint64_t(toProgram(hk::getSpace(launch.getResult()))),
                uint64_t(shape.lengthSpace)};
}

/// `llvm.func internal @xf_run_NAME(%exec)`: each launch, then return; a status
/// that is not 0 is returned at once.
void Lowering::addEntryFunction(StringRef name, StringRef launches,
                                size_t count) {
  OpBuilder b(module.getContext());
  Location loc = module.getLoc();
  b.setInsertionPointToEnd(module.getBody());
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  auto type = LLVM::LLVMFunctionType::get(b.getI32Type(), {pointer});
  auto function =
      b.create<LLVM::LLVMFuncOp>(loc, name, type, LLVM::Linkage::Internal);
  function.setDsoLocal(true);
  Block *block = function.addEntryBlock(b);
  Block *failed =
      count ? b.createBlock(&function.getBody(), function.getBody().end(),
                            b.getI32Type(), loc)
            : nullptr;
  if (failed)
    b.create<LLVM::ReturnOp>(loc, failed->getArgument(0));
  b.setInsertionPointToEnd(block);
  Value exec = block->getArgument(0);
  for (size_t i = 0; i < count; ++i) {
    Value table = b.create<LLVM::AddressOfOp>(loc, pointer, launches);
    Value launch = b.create<LLVM::GEPOp>(
        loc, pointer, writer.recordType("xf_launch", program::launchFields),
        table, ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i)});
    auto call =
        b.create<LLVM::CallOp>(loc, TypeRange{b.getI32Type()}, "xf_rt_launch",
                               ValueRange{exec, launch});
    Value zero =
        b.create<LLVM::ConstantOp>(loc, b.getI32Type(), b.getI32IntegerAttr(0));
    Value bad = b.create<LLVM::ICmpOp>(loc, LLVM::ICmpPredicate::ne,
                                       call.getResult(), zero);
    Block *next = b.createBlock(failed);
    b.setInsertionPointToEnd(block);
    b.create<LLVM::CondBrOp>(loc, bad, failed, ValueRange{call.getResult()},
                             next, ValueRange{});
    b.setInsertionPointToEnd(next);
    block = next;
  }
  Value zero =
      b.create<LLVM::ConstantOp>(loc, b.getI32Type(), b.getI32IntegerAttr(0));
  b.create<LLVM::ReturnOp>(loc, zero);
}

LogicalResult Lowering::addEntry(func::FuncOp function) {
  std::string name = function.getSymName().str();
  if (!function.getBody().hasOneBlock())
    return function.emitError("an entry point must have one block");
  IndexBuffers indices(function, symbols);
  std::vector<Record> launches;
  for (auto launch : function.getOps<hk::LaunchOp>()) {
    FailureOr<Record> record = launchRecord(
        launch, indices, name + "_args_" + std::to_string(launches.size()));
    if (failed(record))
      return failure();
    launches.push_back(std::move(*record));
  }
  FailureOr<std::vector<Record>> inputs =
      inputRecords(function, indices, writer);
  if (failed(inputs))
    return failure();
  Operation *terminator = function.getBody().front().getTerminator();
  auto result = terminator->getNumOperands() == 1
                    ? terminator->getOperand(0).getDefiningOp<hk::LaunchOp>()
                    : hk::LaunchOp();
  if (!result || terminator->getOperand(0) != result.getResult())
    return function.emitError(
        "an entry point must return the result of one launch");
  std::string table = writer.addTable(name + "_launches", "xf_launch",
                                      program::launchFields, launches);
  std::string inputTable = writer.addTable(name + "_inputs", "xf_input",
                                           program::inputFields, *inputs);
  std::string run = "xf_run_" + name;
  addEntryFunction(run, table, launches.size());

  EntryLimits limits = entryLimits(function, info);
  mostTokens = std::max(mostTokens, limits.numTokens);
  // 0 is no bound, and the largest.
  bool isBounded = limits.maxSeqLen && (entries.empty() || longest);
  longest = isBounded ? std::max(longest, limits.maxSeqLen) : 0;
  ArenaWidths widths = arenaWidths(function);
  auto count = [&](StringRef attribute) {
    auto value = function->getAttrOfType<IntegerAttr>(attribute);
    return uint64_t(value ? value.getInt() : 0);
  };
  auto counts = [&](StringRef attribute, unsigned index) {
    auto values = function->getAttrOfType<ArrayAttr>(attribute);
    return uint64_t(values ? cast<IntegerAttr>(values[index]).getInt() : 0);
  };
  entries.push_back({writer.addString(name),
                     run,
                     inputTable,
                     uint64_t(widths.rows),
                     uint64_t(widths.pairs),
                     uint64_t(result.getSlot()->getOffset()),
                     uint64_t(result.getSlot()->getWidth()),
                     uint64_t(toProgram(hk::getSpace(result.getResult()))),
                     uint64_t(inputs->size()),
                     uint64_t(indices.usesIds()),
                     count(ir::kLeadAttr),
                     count(ir::kTailAttr),
                     count(ir::kSkipLeadAttr),
                     count(ir::kSkipTailAttr),
                     limits.numTokens,
                     limits.maxSeqLen,
                     counts(ir::kImageAttr, 0),
                     counts(ir::kImageAttr, 1),
                     counts(ir::kImageAttr, 2),
                     counts(ir::kChunkAttr, 0),
                     counts(ir::kChunkAttr, 1),
                     uint64_t(extraKeys(function, symbols))});
  return success();
}

/// A table of function pointers per target, declared here and defined by the
/// kernels' objects.
std::vector<Record> Lowering::targetRecords() {
  OpBuilder b(module.getContext());
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  auto type = LLVM::LLVMFunctionType::get(b.getI32Type(), {pointer});
  std::vector<Record> records;
  for (const TargetEntry &target : targets) {
    for (const std::string &symbol : target.functions) {
      b.setInsertionPointToEnd(module.getBody());
      auto declaration =
          b.create<LLVM::LLVMFuncOp>(module.getLoc(), symbol, type);
      declaration.setVisibility_(LLVM::Visibility::Hidden);
    }
    StringRef name = target.machine->name;
    records.push_back(
        {writer.addString(name),
         writer.addPointers("xf_kernels_" + name.rsplit('-').second.str(),
                            target.functions),
         uint64_t(target.machine->cpuFeatures),
         uint64_t(target.functions.size())});
  }
  return records;
}

LogicalResult Lowering::addProgram() {
  auto json = module->getAttrOfType<StringAttr>(describeJsonAttr);
  auto bytes = module->getAttrOfType<IntegerAttr>(weightsBytesAttr);
  auto hash = module->getAttrOfType<IntegerAttr>(weightsHashAttr);
  for (auto [name, attribute] :
       {std::pair<StringRef, Attribute>(ir::kModelInfoAttr, info),
        {describeJsonAttr, json},
        {weightsBytesAttr, bytes},
        {weightsHashAttr, hash}})
    if (!attribute)
      return module.emitError()
             << "module has no `" << name
             << "`, which the tables of the host program need";
  auto file = module->getAttrOfType<StringAttr>(weightsFileAttr);

  std::vector<Record> targetTable = targetRecords();
  std::vector<std::string> names;
  for (auto &[name, index] : opNames)
    names.push_back(writer.addString(name));
  std::string embedded;
  if (!file) {
    embedded = weightsSymbol.str();
    OpBuilder b(module.getContext());
    b.setInsertionPointToEnd(module.getBody());
    auto section = b.create<LLVM::GlobalOp>(
        module.getLoc(), LLVM::LLVMArrayType::get(b.getI8Type(), 0),
        /*isConstant=*/true, LLVM::Linkage::External, embedded, Attribute(),
        /*alignment=*/64);
    section.setVisibility_(LLVM::Visibility::Hidden);
  }
  Record record{
      uint64_t(XF_PROGRAM_MAGIC),
      uint64_t(XF_PROGRAM_VERSION),
      uint64_t(targetTable.size()),
      uint64_t(entries.size()),
      uint64_t(0),
      writer.addString(info.getName()),
      writer.addString(json.getValue()),
      writer.addTable("xf_targets", "xf_target", program::targetFields,
                      targetTable),
      writer.addTable("xf_entries", "xf_entry", program::entryFields, entries),
      embedded,
      file ? writer.addString(file.getValue()) : std::string(),
      bytes.getValue().getZExtValue(),
      hash.getValue().getZExtValue(),
      writer.addPointers("xf_op_names", names),
      uint64_t(names.size()),
      longest,
      mostTokens,
      uint64_t(info.getTokenTypes())};
  writer.addRecord("xf_program_instance", "xf_program", program::programFields,
                   record);
  addApiFunction(info.getName());
  return success();
}

/// `xf_get_api_NAME(version)` is `xf_get_api(version)` under a name that is
/// unique among the models of a program.
void Lowering::addApiFunction(StringRef modelName) {
  OpBuilder b(module.getContext());
  Location loc = module.getLoc();
  b.setInsertionPointToEnd(module.getBody());
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  auto type = LLVM::LLVMFunctionType::get(pointer, {b.getI32Type()});
  b.create<LLVM::LLVMFuncOp>(loc, "xf_get_api", type);
  auto function =
      b.create<LLVM::LLVMFuncOp>(loc, ("xf_get_api_" + modelName).str(), type);
  Block *block = function.addEntryBlock(b);
  b.setInsertionPointToEnd(block);
  auto call = b.create<LLVM::CallOp>(loc, TypeRange{pointer}, "xf_get_api",
                                     ValueRange{block->getArgument(0)});
  b.create<LLVM::ReturnOp>(loc, call.getResult());
}

LogicalResult Lowering::run() {
  SmallVector<Operation *> old =
      llvm::map_to_vector(module.getOps(), [](Operation &op) { return &op; });
  if (failed(collectTargets()) || failed(collectKernels()))
    return failure();

  OpBuilder b(module.getContext());
  b.setInsertionPointToEnd(module.getBody());
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  auto launch = b.create<LLVM::LLVMFuncOp>(
      module.getLoc(), "xf_rt_launch",
      LLVM::LLVMFunctionType::get(b.getI32Type(), {pointer, pointer}));
  launch.setVisibility_(LLVM::Visibility::Hidden);
  for (Operation *op : old)
    if (auto function = dyn_cast<func::FuncOp>(op);
        function && function->hasAttr(ir::kEntryAttr))
      if (failed(addEntry(function)))
        return failure();
  if (entries.empty())
    return module.emitError()
           << "the module has no entry point: a function with `"
           << ir::kEntryAttr << "`";
  if (failed(addProgram()))
    return failure();

  for (Operation *op : llvm::reverse(old))
    op->erase();
  for (StringRef name :
       {StringRef(ir::kModelInfoAttr), StringRef(ir::kCheckpointAttr),
        StringRef(describeJsonAttr), StringRef(weightsFileAttr),
        StringRef(weightsBytesAttr), StringRef(weightsHashAttr)})
    module->removeAttr(name);
  return success();
}

struct ConvertHKToLLVM : impl::ConvertHKToLLVMPassBase<ConvertHKToLLVM> {
  void runOnOperation() override {
    if (failed(Lowering(getOperation()).run()))
      signalPassFailure();
  }
};

} // namespace
} // namespace xf
