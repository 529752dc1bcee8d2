// Weights at first use, entries, and the ops that every knob is written with.
#include "compiler/Transforms/Expand/Expander.h"

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

Expander::Expander(GraphModule &graph, Operation *wrapper,
                   AttentionLayersOp stack, StackLayout layout, StringRef tower)
    : graph(graph), wrapper(wrapper), stack(stack), layout(std::move(layout)),
      tower(tower), b(ownLoc(wrapper), stack.getContext()) {}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

static int64_t intOr(Operation *op, StringRef name, int64_t otherwise) {
  return hasKnob(op, name) ? intKnob(op, name) : otherwise;
}

int64_t Expander::memoryTokens() const {
  return intOr(wrapper, "num_memory_tokens", 0);
}

int64_t Expander::clsTokens() const {
  bool on =
      hasKnob(wrapper, "use_cls_token") && boolKnob(wrapper, "use_cls_token");
  return on ? intKnob(wrapper, "num_cls_tokens") : 0;
}

int64_t Expander::chunk() const {
  return intOr(wrapper, "memory_tokens_interspersed_every", 0);
}

int64_t Expander::registers() const {
  return intOr(wrapper, "num_register_tokens", 0);
}

int64_t Expander::maxTokens() const {
  if (hasKnob(wrapper, "image_size")) {
    int64_t side =
        intKnob(wrapper, "image_size") / intKnob(wrapper, "patch_size");
    return side * side;
  }
  return intOr(wrapper, "max_seq_len", 0);
}

int64_t Expander::maxRows() const {
  bool unbounded = maxTokens() == 0 || hasInput(wrapper, "prepend_embeds");
  if (unbounded)
    return 0;
  if (int64_t size = chunk())
    return (maxTokens() + size - 1) / size * (size + memoryTokens());
  return maxTokens() + lead() + registers();
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

func::FuncOp Expander::beginEntry(StringRef name) {
  MLIRContext *context = b.getContext();
  b.setInsertionPointToEnd(graph.module.getBody());
  b.setLoc(ownLoc(wrapper));
  // The result's type is known when the entry ends.
  auto type = b.getFunctionType(BatchType::get(context), {});
  auto function = b.create<func::FuncOp>(name, type);
  function->setAttr(kEntryAttr, b.getUnitAttr());
  if (!graph.firstFunction)
    graph.firstFunction = function;
  Block *block = function.addEntryBlock();
  b.setInsertionPointToStart(block);
  batch = block->getArgument(0);
  inputs.clear();
  return function;
}

void Expander::endEntry(func::FuncOp function, Value result, int64_t skipLead,
                        int64_t skipTail) {
  b.setLoc(ownLoc(wrapper));
  b.create<func::ReturnOp>(result);
  function.setType(b.getFunctionType(batch.getType(), result.getType()));
  function->setAttr(kResultRowsAttr,
                    b.getStringAttr(getSpaceName(getSpace(result))));
  auto setSize = [&](StringRef name, int64_t value) {
    if (value)
      function->setAttr(name, b.getI64IntegerAttr(value));
  };
  setSize(kLeadAttr, lead());
  setSize(kTailAttr, registers());
  setSize(kSkipLeadAttr, skipLead);
  setSize(kSkipTailAttr, skipTail);
  if (int64_t size = chunk())
    function->setAttr(kChunkAttr, b.getI64ArrayAttr({size, memoryTokens()}));
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

RecipeAttr Expander::tensor(const Twine &logical,
                            ArrayRef<int64_t> shape) const {
  return RecipeAttr::tensor(b.getContext(), (tower + logical).str(), shape);
}

FlatSymbolRefAttr Expander::weight(const Twine &logical,
                                   ArrayRef<int64_t> shape) {
  std::string name = logical.str();
  RecipeAttr recipe = tensor(name, shape);
  StringRef symbol = name;
  symbol.consume_back(".weight");
  return weight(symbol, recipe);
}

FlatSymbolRefAttr Expander::weight(const Twine &symbol, RecipeAttr recipe) {
  std::string name = (tower + symbol).str();
  if (graph.weights.insert(name).second) {
    ImplicitLocOpBuilder::InsertionGuard guard(b);
    Location before = b.getLoc();
    b.setInsertionPoint(graph.firstFunction);
    setName(name);
    b.create<WeightOp>(name,
                       RankedTensorType::get(recipe.getShape(), b.getF32Type()),
                       recipe, StringAttr());
    b.setLoc(before);
  }
  return FlatSymbolRefAttr::get(b.getContext(), name);
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

void Expander::setName(const Twine &name, Operation *source) {
  b.setLoc(NameLoc::get(b.getStringAttr(name),
                        ownLoc(source ? source : stack.getOperation())));
}

Value Expander::linear(const Twine &twine, Value x, int64_t width,
                       bool hasBias) {
  std::string name = twine.str();
  FlatSymbolRefAttr matrix = weight(name + ".weight", {width, getWidth(x)});
  FlatSymbolRefAttr bias;
  if (hasBias)
    bias = weight(name + ".bias", {width});
  return linear(name, x, width, matrix, bias);
}

Value Expander::linear(const Twine &name, Value x, int64_t width,
                       FlatSymbolRefAttr matrix, FlatSymbolRefAttr bias) {
  setName(tower + name);
  return b.create<LinearOp>(x, width, matrix, bias);
}

Value Expander::norm(const Twine &name, NormKind kind, Value x, double eps,
                     FlatSymbolRefAttr gain, FlatSymbolRefAttr bias,
                     int64_t groups) {
  setName(tower + name);
  return b.create<NormOp>(kind, x, gain, bias, eps, groups);
}

Value Expander::add(const Twine &name, Value x, Value y) {
  setName(tower + name);
  return b.create<AddOp>(x, y);
}

Value Expander::slice(const Twine &name, Value x, int64_t offset,
                      int64_t width) {
  if (offset == 0 && width == getWidth(x))
    return x;
  setName(tower + name);
  return b.create<SliceOp>(x, offset, width);
}

Value Expander::pool(const Twine &name, PoolKind kind, Value x, int64_t index) {
  setName(tower + name, wrapper);
  return b.create<PoolOp>(kind, x, batch, index);
}

/// Whether the body of a map looks beyond its own row.
static bool needsBatch(MapOp map) {
  Block &body = map.getBody().front();
  if (!body.getArgument(1).use_empty() || !body.getArgument(2).use_empty())
    return true;
  for (Value operand : map.getInputs())
    if (getSpace(operand) != getSpace(map.getResult()))
      return true;
  return llvm::any_of(body.getOps<ReadOp>(),
                      [](ReadOp read) { return bool(read.getRow()); });
}

Value Expander::map(const Twine &name, ValueRange operands,
                    ArrayRef<FlatSymbolRefAttr> tables, int64_t width,
                    MapBody body, unsigned space) {
  setName(tower + name);
  auto type = getRowsType(b.getContext(), width,
                          operands.empty() ? RowSpace::Tokens
                                           : getSpace(operands[space]));
  auto map = b.create<MapOp>(type, operands, tables, batch, body);
  if (!needsBatch(map))
    map.getBatchMutable().clear();
  return map;
}

} // namespace xf::expand
