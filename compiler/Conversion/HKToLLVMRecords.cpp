// Records of arguments and inputs; see HKToLLVMRecords.h.
#include "compiler/Conversion/HKToLLVMRecords.h"
#include "compiler/Conversion/ProgramAttrs.h"
#include "compiler/Dialect/HK/IR/KernelDescription.h"

#include "llvm/ADT/bit.h"

using namespace mlir;

namespace xf {
namespace {

constexpr int64_t panelColumns = 16;

/// An xf_arg in words.
struct Argument {
  xf_arg_kind kind;
  xf_elem_type elem = XF_ELEM_F32;
  unsigned dims = 0;
  xf_space space = XF_SPACE_TOKENS;
  std::array<int32_t, 4> extent = {};
  uint64_t offset = 0;
  bool isOutput = false;

  Record record() const {
    return {uint64_t(kind), uint64_t(elem), uint64_t(dims),     uint64_t(space),
            extent,         offset,         uint64_t(isOutput), uint64_t(0)};
  }
};

/// Adds the arguments of one launch.
class ArgumentWriter {
public:
  ArgumentWriter(hk::LaunchOp launch, hk::KernelOp kernel, SymbolTable &symbols,
                 const IndexBuffers &indices)
      : launch(launch), op(kernel.getStructuredOp()), symbols(symbols),
        indices(indices) {}

  FailureOr<std::vector<Record>> write() {
    targets::KernelDesc desc = hk::describeKernel(op);
    size_t numRows = launch.getRows().size();
    switch (desc.kind) {
    case targets::KernelKind::Gemm:
      addValues(0, 1);
      addWeights();
      addValues(1, numRows);
      break;
    case targets::KernelKind::Attention:
      addValues(0, numRows);
      addWeights();
      addAttentionScalars(desc.attention);
      break;
    case targets::KernelKind::Rowwise:
      addValues(0, 1);
      if (desc.rowwise.overSequence)
        addSequence(spaceOf(launch.getRows().front()));
      addWeights();
      addValues(1, numRows);
      break;
    case targets::KernelKind::Gather:
      for (auto index : cast<hk::GatherOp>(op.getOperation())
                            .getIndices()
                            .getAsValueRange<StringAttr>())
        add({.kind = XF_ARG_INDEX,
             .elem = XF_ELEM_I32,
             .dims = 1,
             .offset = indices.numberOf(index)});
      addWeights();
      break;
    case targets::KernelKind::Map:
      addValues(0, numRows);
      addWeights();
      if (desc.map.usesBatch)
        addRowIndices();
      break;
    }
    if (failed(ok))
      return failure();
    return std::move(args);
  }

private:
  static xf_space spaceOf(Value value) {
    return toProgram(hk::getSpace(value));
  }

  void add(const Argument &argument) { args.push_back(argument.record()); }

  void addScalar(xf_arg_kind kind, xf_space space) {
    add({.kind = kind, .elem = XF_ELEM_I32, .space = space});
  }
  void addSequence(xf_space space) {
    addScalar(XF_ARG_SEQ_BEGIN, space);
    addScalar(XF_ARG_SEQ_LENGTH, space);
  }

  void addAttentionScalars(const targets::AttentionDesc &desc) {
    auto attention = cast<hk::AttentionOp>(op.getOperation());
    addSequence(spaceOf(attention.getQ()));
    if (desc.hasKeyScalars()) {
      addSequence(spaceOf(attention.getK()));
      addScalar(XF_ARG_SEQUENCE, XF_SPACE_TOKENS);
    }
    if (!launch.getScores())
      return;
    if (!launch.getScoresSlot()) {
      ok = launch.emitError("scores have no slot in the arena of pairs; run "
                            "`hk-plan-memory` before");
      return;
    }
    addPairs(*launch.getScoresSlot(), /*isOutput=*/true);
  }

  void addRowIndices() {
    for (xf_arg_kind kind :
         {XF_ARG_ROW_INDEX, XF_ARG_ROW_LENGTH, XF_ARG_ROW_SEQUENCE})
      add({.kind = kind,
           .elem = XF_ELEM_I32,
           .dims = 1,
           .space = spaceOf(launch.getResult())});
  }

  void addPairs(hk::SlotAttr slot, bool isOutput) {
    add({.kind = XF_ARG_PAIRS,
         .dims = 3,
         .extent = {0, int32_t(slot.getWidth()), 0, 0},
         .offset = uint64_t(slot.getOffset()),
         .isOutput = isOutput});
  }

  void addValues(size_t from, size_t to) {
    for (Value value : launch.getRows().slice(from, to - from))
      addValue(value);
  }

  void addValue(Value value) {
    bool isPairs = hk::isPairsType(value.getType());
    hk::SlotAttr slot;
    if (auto input = value.getDefiningOp<hk::InputOp>())
      slot = input.getSlotAttr();
    else if (auto producer = value.getDefiningOp<hk::LaunchOp>())
      slot = isPairs ? producer.getScoresSlotAttr() : producer.getSlotAttr();
    if (!slot) {
      ok = launch.emitError("row operand has no slot in the arena; run "
                            "`hk-plan-memory` before");
      return;
    }
    if (isPairs)
      return addPairs(slot, /*isOutput=*/false);
    add({.kind = XF_ARG_ARENA,
         .dims = 2,
         .space = spaceOf(value),
         .extent = {int32_t(slot.getWidth()), 0, 0, 0},
         .offset = uint64_t(slot.getOffset())});
  }

  void addWeights() {
    for (auto symbol : launch.getWeights().getAsRange<FlatSymbolRefAttr>())
      if (failed(addWeight(symbols.lookup<hk::WeightOp>(symbol.getAttr()))))
        ok = failure();
  }

  LogicalResult addWeight(hk::WeightOp weight) {
    auto offset = weight->getAttrOfType<IntegerAttr>(weightOffsetAttr);
    if (!offset)
      return weight.emitError()
             << "weight has no `" << weightOffsetAttr
             << "`; the weights are packed before `convert-hk-to-llvm`";
    if (!weight.getLayout())
      return weight.emitError(
          "weight has no layout; run `hk-pack-weights` before");
    RankedTensorType type = weight.getTensorType();
    Argument argument{.kind = XF_ARG_WEIGHT,
                      .dims = unsigned(type.getRank()),
                      .offset = offset.getValue().getZExtValue()};
    for (unsigned i = 0; i < argument.dims; ++i)
      argument.extent[i] = type.getDimSize(argument.dims - 1 - i);
    if (*weight.getLayout() == hk::Layout::Panels) {
      argument.dims = 3;
      argument.extent = {
          panelColumns, int32_t(type.getDimSize(0)),
          int32_t((type.getDimSize(1) + panelColumns - 1) / panelColumns), 0};
    }
    add(argument);
    return success();
  }

  hk::LaunchOp launch;
  hk::StructuredOp op;
  SymbolTable &symbols;
  const IndexBuffers &indices;
  std::vector<Record> args;
  LogicalResult ok = success();
};

/// What rows hold that the caller does not give. Two inputs are the runtime's
/// own.
xf_fill fillOf(hk::InputOp input) {
  if (input.getName() == "is_prepended")
    return XF_FILL_IS_PREPENDED;
  if (input.getName() == "is_token")
    return XF_FILL_IS_TOKEN;
  if (!input.getFillAttr())
    return XF_FILL_REQUIRED;
  return input.isFilledByIndex() ? XF_FILL_INDEX : XF_FILL_VALUE;
}

xf_scatter toProgram(hk::Scatter scatter) {
  switch (scatter) {
  case hk::Scatter::Tokens:
    return XF_SCATTER_TOKENS;
  case hk::Scatter::Prepended:
    return XF_SCATTER_PREPENDED;
  case hk::Scatter::All:
    return XF_SCATTER_ALL;
  case hk::Scatter::Images:
    return XF_SCATTER_IMAGES;
  }
  llvm_unreachable("every scatter is above");
}

} // namespace

xf_space toProgram(hk::RowSpace space) {
  switch (space) {
  case hk::RowSpace::Tokens:
    return XF_SPACE_TOKENS;
  case hk::RowSpace::Sequences:
    return XF_SPACE_SEQUENCES;
  case hk::RowSpace::Context:
    return XF_SPACE_CONTEXT;
  }
  llvm_unreachable("every space is above");
}

//===----------------------------------------------------------------------===//
// Indices
//===----------------------------------------------------------------------===//

bool IndexBuffers::isFed(StringRef name) {
  return name != "ids" && name != "positions" && name != "token_types";
}

IndexBuffers::IndexBuffers(func::FuncOp function, SymbolTable &symbols) {
  for (auto launch : function.getOps<hk::LaunchOp>()) {
    auto kernel = symbols.lookup<hk::KernelOp>(launch.getKernel());
    auto gather =
        dyn_cast<hk::GatherOp>(kernel.getStructuredOp().getOperation());
    if (!gather)
      continue;
    for (auto [index, table] :
         llvm::zip(gather.getIndices().getAsRange<StringAttr>(),
                   launch.getWeights().getAsRange<FlatSymbolRefAttr>())) {
      auto weight = symbols.lookup<hk::WeightOp>(table.getAttr());
      int64_t rows = weight.getTensorType().getDimSize(0);
      auto [known, isNew] = limits.insert({index.getValue(), rows});
      known->second = std::min(known->second, rows);
      if (isNew && isFed(index) && index != "pos")
        named.insert({index.getValue(), XF_INDEX_NAMED + named.size()});
    }
  }
}

uint64_t IndexBuffers::numberOf(StringRef name) const {
  if (name == "ids")
    return XF_INDEX_IDS;
  if (name == "positions" || name == "pos")
    return XF_INDEX_POSITIONS;
  if (name == "token_types")
    return XF_INDEX_TYPES;
  return named.lookup(name);
}

//===----------------------------------------------------------------------===//
// Records
//===----------------------------------------------------------------------===//

FailureOr<std::vector<Record>> argumentRecords(hk::LaunchOp launch,
                                               hk::KernelOp kernel,
                                               SymbolTable &symbols,
                                               const IndexBuffers &indices) {
  return ArgumentWriter(launch, kernel, symbols, indices).write();
}

FailureOr<std::vector<Record>> inputRecords(func::FuncOp function,
                                            const IndexBuffers &indices,
                                            ConstantWriter &writer) {
  std::vector<Record> records;
  for (auto input : function.getOps<hk::InputOp>()) {
    hk::SlotAttr slot = input.getSlotAttr();
    if (!slot)
      return input.emitError(
          "input has no slot in the arena; run `hk-plan-memory` before");
    float value = 0;
    if (auto number = dyn_cast_or_null<FloatAttr>(input.getFillAttr()))
      value = float(number.getValueAsDouble());
    records.push_back(
        {writer.addString(input.getName()),
         uint64_t(input.isPairs() ? XF_INPUT_PAIRS : XF_INPUT_ROWS),
         uint64_t(toProgram(hk::getSpace(input.getType()))),
         uint64_t(slot.getWidth()), uint64_t(toProgram(input.getScatter())),
         uint64_t(fillOf(input)), uint64_t(llvm::bit_cast<uint32_t>(value)),
         /*limit=*/uint64_t(0), /*reserved=*/uint64_t(0),
         uint64_t(slot.getOffset())});
  }
  for (auto [name, limit] : indices.getLimits()) {
    if (!IndexBuffers::isFed(name))
      continue;
    bool isPositions = name == "pos";
    records.push_back(
        {writer.addString(name), uint64_t(XF_INPUT_INDEX),
         uint64_t(XF_SPACE_TOKENS), /*width=*/uint64_t(1),
         uint64_t(XF_SCATTER_TOKENS),
         uint64_t(isPositions ? XF_FILL_POSITION : XF_FILL_REQUIRED),
         /*fill_value=*/uint64_t(0), uint64_t(limit), /*reserved=*/uint64_t(0),
         indices.numberOf(name)});
  }
  return records;
}

LaunchShape launchShape(hk::StructuredOp op) {
  if (auto attention = dyn_cast<hk::AttentionOp>(op.getOperation()))
    return {XF_LAUNCH_SEQUENCE, toProgram(hk::getSpace(attention.getQ()))};
  auto rowwise = dyn_cast<hk::RowwiseOp>(op.getOperation());
  if (rowwise && rowwise.isOverSequence())
    return {XF_LAUNCH_POOL, toProgram(hk::getSpace(rowwise.getX()))};
  return {};
}

EntryLimits entryLimits(func::FuncOp function, ir::ModelInfoAttr info) {
  auto number = [&](StringRef attribute, int64_t otherwise) {
    auto value = function->getAttrOfType<IntegerAttr>(attribute);
    return uint64_t(value ? value.getInt() : otherwise);
  };
  return {number(ir::kNumTokensAttr, info ? info.getNumTokens() : 0),
          number(ir::kMaxSeqLenAttr, info ? info.getMaxSeqLen() : 0)};
}

ArenaWidths arenaWidths(func::FuncOp function) {
  ArenaWidths widths;
  auto extend = [](int64_t &width, hk::SlotAttr slot) {
    if (slot)
      width = std::max(width, slot.getEnd());
  };
  for (auto input : function.getOps<hk::InputOp>())
    extend(input.isPairs() ? widths.pairs : widths.rows, input.getSlotAttr());
  for (auto launch : function.getOps<hk::LaunchOp>()) {
    extend(widths.rows, launch.getSlotAttr());
    extend(widths.pairs, launch.getScoresSlotAttr());
  }
  return widths;
}

int64_t extraKeys(func::FuncOp function, SymbolTable &symbols) {
  int64_t most = 0;
  for (auto launch : function.getOps<hk::LaunchOp>()) {
    auto kernel = symbols.lookup<hk::KernelOp>(launch.getKernel());
    auto attention =
        dyn_cast<hk::AttentionOp>(kernel.getStructuredOp().getOperation());
    if (attention && (attention.getScoresIn() || attention.getScores()))
      most = std::max(most, attention.getNumExtraKeys());
  }
  return most;
}

} // namespace xf
