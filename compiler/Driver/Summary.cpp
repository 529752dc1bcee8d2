// Walks the launches of a planned module and counts.

#include "compiler/Driver/Summary.h"

#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Dialect/HK/IR/KernelDescription.h"
#include "compiler/Dialect/XF/IR/XF.h"
#include "compiler/Driver/PackModel.h"
#include "targets/Config.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <fmt/format.h>

using namespace mlir;
using namespace xf;

/// Sizes and FLOPs of one kernel, in the words of its kind.
static void describe(const targets::KernelDesc &kernel, OpSummary &op) {
  switch (kernel.kind) {
  case targets::KernelKind::Gemm:
    op.shape = fmt::format("{} -> {}", kernel.gemm.k, kernel.gemm.n);
    op.flopsPerRow = 2 * kernel.gemm.k * kernel.gemm.n;
    return;
  case targets::KernelKind::Attention: {
    const auto &a = kernel.attention;
    op.shape = fmt::format("{} heads of {}, {} of keys", a.heads, a.headDim,
                           a.kvHeads);
    op.flopsPerRowAndKey = 2 * a.heads * (a.headDim + a.valueDim);
    return;
  }
  case targets::KernelKind::Rowwise:
    op.shape =
        fmt::format("{} over {}", kernel.rowwise.width,
                    kernel.rowwise.overSequence ? "each sequence" : "each row");
    return;
  case targets::KernelKind::Gather:
    op.shape = fmt::format("{} from {} tables", kernel.gather.width,
                           kernel.gather.tables.size());
    return;
  case targets::KernelKind::Map:
    op.shape = fmt::format("{} from {} operands", kernel.map.width,
                           kernel.map.operands.size());
    return;
  }
}

/// The N of layers.N.what.
static std::optional<int64_t> layerOf(StringRef name) {
  int64_t layer;
  if (!name.consume_front("layers.") || name.consumeInteger(10, layer))
    return std::nullopt;
  return layer;
}

/// What a launch reads and writes.
static void countBytes(hk::LaunchOp launch, const targets::KernelDesc &kernel,
                       OpSummary &op) {
  constexpr int64_t floatBytes = 4;
  if (kernel.kind == targets::KernelKind::Gather)
    op.bytesReadPerRow =
        floatBytes * kernel.gather.width * int64_t(kernel.gather.tables.size());
  else
    op.weightBytesRead = op.weightBytes;
  for (Value rows : launch.getRows()) {
    op.bytesReadPerRow += floatBytes * hk::getWidth(rows);
    op.inputRowsAreSequences = hk::rowsAreSequences(rows);
  }
  op.bytesWrittenPerRow = floatBytes * op.width;
}

static OpSummary summarizeLaunch(hk::LaunchOp launch, SymbolTable &symbols) {
  OpSummary op;
  op.kernel = launch.getKernel().str();
  op.name = launch.getOpName().value_or(launch.getKernel()).str();
  op.layer = layerOf(op.name);
  op.rowsAreSequences = hk::rowsAreSequences(launch.getResult());
  op.width = hk::getWidth(launch.getResult());
  if (auto slot = launch.getSlot())
    op.arenaOffset = slot->getOffset();
  for (Attribute weight : launch.getWeights())
    if (auto declared = symbols.lookup<hk::WeightOp>(
            cast<FlatSymbolRefAttr>(weight).getValue()))
      op.weightBytes += packedWeightBytes(declared);
  if (auto kernel = symbols.lookup<hk::KernelOp>(launch.getKernel())) {
    const auto desc = hk::describeKernel(kernel.getStructuredOp());
    op.kind = targets::kindName(desc.kind);
    describe(desc, op);
    countBytes(launch, desc, op);
  }
  return op;
}

static EntrySummary summarizeEntry(func::FuncOp function,
                                   SymbolTable &symbols) {
  EntrySummary entry;
  entry.name = function.getName().str();
  auto rows = function->getAttrOfType<StringAttr>("xf.result_rows");
  entry.rowsAreSequences = rows && rows.getValue() == "sequences";
  entry.width = hk::getWidth(function.getResultTypes().front());
  if (auto width = function->getAttrOfType<IntegerAttr>("hk.arena_width"))
    entry.arenaWidth = width.getInt();
  for (auto launch : function.getOps<hk::LaunchOp>())
    entry.ops.push_back(summarizeLaunch(launch, symbols));
  return entry;
}

static KernelSummary summarizeKernel(hk::KernelOp kernel) {
  auto op = kernel.getStructuredOp();
  KernelSummary summary{kernel.getName().str(),
                        targets::kindName(hk::describeKernel(op).kind),
                        {}};
  ArrayAttr configs = op.getConfigsAttr(), sources = op.getConfigSourcesAttr();
  for (size_t i = 0; configs && i < configs.size(); ++i) {
    const auto config = hk::toConfig(cast<hk::ConfigAttr>(configs[i]));
    ConfigSummary &entry = summary.configs.emplace_back();
    entry.target = config.target;
    entry.text = targets::printConfig(config);
    // The first line is for people; records may follow.
    SmallVector<StringRef> lines;
    if (sources)
      cast<StringAttr>(sources[i]).getValue().split(lines, '\n');
    for (auto [number, line] : llvm::enumerate(lines))
      if (number == 0)
        entry.source = line.str();
      else
        entry.records.push_back(line.str());
  }
  return summary;
}

ModelSummary xf::summarize(ModuleOp module) {
  ModelSummary model;
  if (auto info = module->getAttrOfType<ir::ModelInfoAttr>("xf.model_info")) {
    model.name = info.getName().str();
    model.numTokens = info.getNumTokens();
    model.maxSeqLen = info.getMaxSeqLen();
    model.tokenTypes = info.getTokenTypes();
  }
  SymbolTable symbols(module);
  for (auto weight : module.getOps<hk::WeightOp>()) {
    model.parameters += weight.getTensorType().getNumElements();
    model.weightBytes += packedWeightBytes(weight);
  }
  for (auto function : module.getOps<func::FuncOp>())
    model.entries.push_back(summarizeEntry(function, symbols));
  for (auto kernel : module.getOps<hk::KernelOp>())
    model.kernels.push_back(summarizeKernel(kernel));
  return model;
}

double xf::flopsPerToken(const EntrySummary &entry, int64_t length) {
  double flops = 0;
  for (const OpSummary &op : entry.ops)
    if (!op.rowsAreSequences)
      flops += double(op.flopsPerRow) +
               double(op.flopsPerRowAndKey) * double(length);
  return flops;
}
