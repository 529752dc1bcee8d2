// Reads launches off a planned module, as convert-hk-to-llvm does, but into the
// structs themselves: this program runs them.
#include "compiler/Tune/Workload.h"

#include "compiler/Dialect/HK/IR/KernelDescription.h"
#include "compiler/Dialect/XF/IR/XF.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"

#include <algorithm>
#include <cmath>

using namespace mlir;

namespace xf::tune {

//===----------------------------------------------------------------------===//
// Shapes and costs
//===----------------------------------------------------------------------===//

std::vector<Batch> Workload::batchesOf(const targets::ShapeClass &shape) const {
  int64_t fewest = 1;
  for (const targets::ShapeClass &other : targets::shapeClasses())
    if (other.maxRows > 0 && other.rows < shape.rows)
      fewest = other.maxRows + 1;
  auto batchOf = [&](int64_t rows, bool atLeast) {
    int64_t length = maxSeqLen > 0 ? std::min(maxSeqLen, rows) : rows;
    int64_t sequences = (rows + (atLeast ? length - 1 : 0)) / length;
    return Batch{sequences, length};
  };
  std::vector<Batch> batches = {batchOf(shape.rows, false)};
  for (Batch batch : {batchOf(fewest, true),
                      batchOf(std::max(shape.maxRows, shape.rows), false)})
    if (llvm::none_of(batches, [&](const Batch &known) {
          return known.rows() == batch.rows();
        }))
      batches.push_back(batch);
  return batches;
}

int64_t Workload::deciding(const WorkLaunch &launch, const Batch &batch) const {
  if (launch.kind != XF_LAUNCH_ROWS)
    return batch.length;
  return launch.rowsAreSequences ? batch.sequences : batch.rows();
}

bool Workload::isMet(size_t kernel, const targets::ShapeClass &shape,
                     const Batch &batch) const {
  return llvm::any_of(launches, [&](const WorkLaunch &launch) {
    return launch.kernel == kernel &&
           targets::shapeClassOf(deciding(launch, batch)).rows == shape.rows;
  });
}

double Workload::flops(size_t kernel, const Batch &batch) const {
  const targets::KernelDesc &desc = kernels[kernel].desc;
  if (desc.kind == targets::KernelKind::Gemm)
    return 2.0 * double(desc.gemm.k) * double(desc.gemm.n) *
           double(batch.rows());
  if (desc.kind == targets::KernelKind::Attention)
    return 2.0 * double(desc.attention.heads) *
           double(desc.attention.headDim + desc.attention.valueDim) *
           double(batch.rows()) * double(batch.length);
  return 0;
}

double Workload::expectedSeconds(size_t kernel, const Batch &batch) const {
  // Orders of magnitude are enough: what a core computes and reads in a second.
  constexpr double flopsASecond = 1e11, floatsASecond = 3e9;
  uint64_t width = 0;
  for (const WorkLaunch &launch : launches)
    if (launch.kernel == kernel)
      width = launch.outputWidth;
  double floats = double(kernels[kernel].weightFloats) +
                  3.0 * double(width) * double(batch.rows());
  return double(kernels[kernel].uses) *
         (flops(kernel, batch) / flopsASecond + floats / floatsASecond);
}

//===----------------------------------------------------------------------===//
// From the module
//===----------------------------------------------------------------------===//

namespace {

constexpr int64_t panelColumns = 16;
/// Larger models lay their weights over each other: still far more than any
/// cache holds.
constexpr uint64_t mostWeightBytes = uint64_t(512) << 20;

struct Reader {
  ModuleOp module;
  SymbolTable symbols;
  Workload work;
  llvm::StringMap<size_t> kernels;
  llvm::StringMap<xf_arg> weights;

  explicit Reader(ModuleOp module) : module(module), symbols(module) {}

  void addKernels();
  xf_arg weightArg(StringRef name);
  LogicalResult addLaunch(hk::LaunchOp launch);
  void addArgs(hk::LaunchOp launch, WorkLaunch &work,
               const targets::KernelDesc &desc);
};

xf_arg scalarArg(xf_arg_kind kind) {
  return {uint32_t(kind), XF_ELEM_I32, 0, 0, {}, 0, 0, 0};
}

xf_arg indexArg(targets::GatherIndex index) {
  uint64_t buffer = index == targets::GatherIndex::Ids ? XF_INDEX_IDS
                    : index == targets::GatherIndex::Positions
                        ? XF_INDEX_POSITIONS
                        : XF_INDEX_TYPES;
  return {XF_ARG_INDEX, XF_ELEM_I32, 1, 0, {}, buffer, 0, 0};
}

xf_arg rowsArg(Value rows) {
  auto producer = rows.getDefiningOp<hk::LaunchOp>();
  return {XF_ARG_ARENA,
          XF_ELEM_F32,
          2,
          hk::rowsAreSequences(rows),
          {int32_t(producer.getSlot()->getWidth()), 0, 0, 0},
          uint64_t(producer.getSlot()->getOffset()),
          0,
          0};
}

void Reader::addKernels() {
  for (hk::KernelOp op : module.getOps<hk::KernelOp>()) {
    WorkKernel kernel;
    kernel.op = op;
    kernel.desc = hk::describeKernel(op.getStructuredOp());
    kernel.key = targets::kernelKey(kernel.desc);
    kernels[op.getSymName()] = work.kernels.size();
    work.kernels.push_back(std::move(kernel));
  }
}

/// A place for the weight, and values of a size with which sums stay near 1.
xf_arg Reader::weightArg(StringRef name) {
  auto known = weights.find(name);
  if (known != weights.end())
    return known->second;
  auto weight = symbols.lookup<hk::WeightOp>(name);
  RankedTensorType type = weight.getTensorType();
  xf_arg arg = {
      XF_ARG_WEIGHT, XF_ELEM_F32, uint32_t(type.getRank()), 0, {}, 0, 0, 0};
  for (unsigned i = 0; i < arg.dims; ++i)
    arg.extent[i] = int32_t(type.getDimSize(arg.dims - 1 - i));
  bool isPanels = weight.getLayout() == hk::Layout::Panels;
  if (isPanels) {
    arg.dims = 3;
    arg.extent[0] = panelColumns;
    arg.extent[1] = int32_t(type.getDimSize(0));
    arg.extent[2] =
        int32_t((type.getDimSize(1) + panelColumns - 1) / panelColumns);
  }
  WorkWeight values;
  values.floats = 1;
  for (unsigned i = 0; i < arg.dims; ++i)
    values.floats *= uint64_t(arg.extent[i]);
  if (isPanels)
    values.scale = float(std::sqrt(3.0 / double(arg.extent[1])));
  else if (arg.dims == 1)
    values.center = 1, values.scale = 0.5f;
  const uint64_t bytes = (values.floats * 4 + 63) / 64 * 64;
  if (work.weightBytes + bytes <= mostWeightBytes) {
    values.offset = work.weightBytes;
    work.weightBytes += bytes;
  } else {
    // Somewhere among the others, each time elsewhere.
    work.weightBytes = std::max(work.weightBytes, bytes);
    const uint64_t room = work.weightBytes - bytes;
    values.offset =
        room ? weights.size() * (uint64_t(97) << 20) % room / 64 * 64 : 0;
  }
  arg.offset = values.offset;
  work.weights.push_back(values);
  weights[name] = arg;
  return arg;
}

/// In the order of kernels::buildKernel.
void Reader::addArgs(hk::LaunchOp launch, WorkLaunch &out,
                     const targets::KernelDesc &desc) {
  auto addWeights = [&] {
    for (auto symbol : launch.getWeights().getAsRange<FlatSymbolRefAttr>())
      out.args.push_back(weightArg(symbol.getValue()));
  };
  auto addSequence = [&] {
    out.args.push_back(scalarArg(XF_ARG_SEQ_BEGIN));
    out.args.push_back(scalarArg(XF_ARG_SEQ_LENGTH));
  };
  auto addRows = [&](auto rows) {
    for (Value value : rows)
      out.args.push_back(rowsArg(value));
  };
  switch (desc.kind) {
  case targets::KernelKind::Gemm:
    addRows(launch.getRows().take_front());
    addWeights();
    addRows(launch.getRows().drop_front());
    return;
  case targets::KernelKind::Attention:
    addRows(launch.getRows());
    addSequence();
    return;
  case targets::KernelKind::Rowwise:
    addRows(launch.getRows().take_front());
    if (desc.rowwise.overSequence)
      addSequence();
    addWeights();
    addRows(launch.getRows().drop_front());
    return;
  case targets::KernelKind::Gather:
    for (targets::GatherIndex index : desc.gather.tables)
      out.args.push_back(indexArg(index));
    addWeights();
    return;
  case targets::KernelKind::Map:
    return;
  }
}

/// What the probe can feed: ids, and rows of tokens or sequences.
bool isSupported(hk::LaunchOp launch, const targets::KernelDesc &desc) {
  bool ownRows = llvm::all_of(launch.getRows(), [](Value rows) {
    return rows.getDefiningOp<hk::LaunchOp>() &&
           !hk::isPairsType(rows.getType()) &&
           hk::getSpace(rows) != hk::RowSpace::Context;
  });
  bool plainAttention =
      desc.kind != targets::KernelKind::Attention ||
      (launch.getWeights().empty() && !desc.attention.hasKeyScalars() &&
       !launch.getScores());
  bool knownIndices = llvm::none_of(desc.gather.tables, [](auto index) {
    return index == targets::GatherIndex::Other;
  });
  return ownRows && plainAttention && knownIndices &&
         desc.kind != targets::KernelKind::Map;
}

LogicalResult Reader::addLaunch(hk::LaunchOp launch) {
  if (!launch.getSlot())
    return launch.emitError(
        "launch has no slot in the arena; run `hk-plan-memory` before");
  WorkLaunch out;
  out.kernel = kernels.lookup(launch.getKernel());
  WorkKernel &kernel = work.kernels[out.kernel];
  if (!isSupported(launch, kernel.desc))
    return launch.emitError()
           << "kernel `" << launch.getKernel()
           << "` is none that can be raced: a workload is made of kernels on "
              "ids, rows of tokens and rows of sequences, without maps and "
              "without weights in attention";
  out.name = launch.getOpName().value_or(launch.getKernel()).str();
  if (kernel.desc.kind == targets::KernelKind::Attention)
    out.kind = XF_LAUNCH_SEQUENCE;
  else if (kernel.desc.kind == targets::KernelKind::Rowwise &&
           kernel.desc.rowwise.overSequence)
    out.kind = XF_LAUNCH_POOL;
  addArgs(launch, out, kernel.desc);
  out.outputWidth = uint32_t(launch.getSlot()->getWidth());
  out.outputOffset = uint64_t(launch.getSlot()->getOffset());
  out.rowsAreSequences = hk::rowsAreSequences(launch.getResult());
  work.arenaWidth =
      std::max(work.arenaWidth, out.outputOffset + out.outputWidth);
  ++kernel.uses;
  if (kernel.desc.kind != targets::KernelKind::Gather)
    for (const xf_arg &arg : out.args)
      if (arg.kind == XF_ARG_WEIGHT && kernel.uses == 1)
        kernel.weightFloats += uint64_t(arg.extent[0]) *
                               std::max(arg.extent[1], 1) *
                               uint64_t(std::max(arg.extent[2], 1));
  work.launches.push_back(std::move(out));
  return success();
}

} // namespace

FailureOr<Workload> findWorkload(ModuleOp module) {
  func::FuncOp longest;
  size_t most = 0;
  for (auto function : module.getOps<func::FuncOp>()) {
    auto launches = function.getOps<hk::LaunchOp>();
    size_t count = std::distance(launches.begin(), launches.end());
    if (function->hasAttr(ir::kEntryAttr) && count > most) {
      most = count;
      longest = function;
    }
  }
  auto info = module->getAttrOfType<ir::ModelInfoAttr>(ir::kModelInfoAttr);
  if (!longest || !info)
    return module.emitError("the module has no entry point with launches");
  Reader reader(module);
  reader.work.model = info.getName().str();
  reader.work.numTokens = info.getNumTokens();
  reader.work.tokenTypes = info.getTokenTypes();
  reader.work.maxSeqLen = info.getMaxSeqLen();
  reader.addKernels();
  for (auto launch : longest.getOps<hk::LaunchOp>())
    if (failed(reader.addLaunch(launch)))
      return failure();
  return std::move(reader.work);
}

} // namespace xf::tune
