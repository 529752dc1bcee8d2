// hk-fuse-epilogues: an elementwise kernel merges into the kernel that makes
// its operand, and costs nothing any more.
#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Transforms/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/TypeSwitch.h"

namespace xf {
#define GEN_PASS_DEF_FUSEEPILOGUESPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace xf

using namespace mlir;

namespace xf {
namespace {

/// A kernel that elementwise work moves into. Hands out the value, inside its
/// epilogue, of whatever that work reads, adding operands where it must.
class Producer {
public:
  explicit Producer(hk::StructuredOp op)
      : op(op), block(op.getEpilogueRegion()->front()) {}

  /// False for the kernel whose epilogue sees its sum alone.
  bool takesOperands() { return !isa<hk::GatherOp>(op.getOperation()); }
  /// True if the epilogue knows which column of the row it is at.
  bool knowsColumn() {
    return getMap() ||
           (isOverRow() &&
            cast<hk::RowwiseOp>(op.getOperation()).getGroups() == 1);
  }
  Value column() { return block.getArgument(getMap() ? 0 : 1); }

  /// What the epilogue sees of column vector `symbol`.
  Value vector(FlatSymbolRefAttr symbol) {
    SmallVector<Attribute> vectors(getVectors().getValue());
    auto known = llvm::find(vectors, symbol);
    if (getMap()) {
      int64_t table = known - vectors.begin();
      if (known == vectors.end())
        vectors.push_back(symbol);
      setVectors(ArrayAttr::get(op->getContext(), vectors));
      return readInMap<hk::TableOp>(table, ValueRange(column()));
    }
    unsigned index = numInputs() + (known - vectors.begin());
    if (known != vectors.end())
      return block.getArgument(index);
    vectors.push_back(symbol);
    setVectors(ArrayAttr::get(op->getContext(), vectors));
    return block.insertArgument(index, Float32Type::get(op->getContext()),
                                op->getLoc());
  }

  /// What the epilogue sees of row operand `rows`.
  Value row(Value rows) {
    if (isOverRow() && cast<hk::RowwiseOp>(op.getOperation()).getX() == rows)
      return block.getArgument(0);
    MutableOperandRange operands = rowOperands();
    if (getMap()) {
      auto known = llvm::find_if(
          operands, [&](OpOperand &operand) { return operand.get() == rows; });
      int64_t index = known - operands.begin();
      if (index == int64_t(operands.size()))
        operands.append(rows);
      return readInMap<hk::ReadOp>(index, column(), /*row=*/Value());
    }
    unsigned first = numInputs() + getVectors().size();
    for (auto [index, operand] : llvm::enumerate(operands))
      if (operand.get() == rows)
        return block.getArgument(first + index);
    operands.append(rows);
    return block.addArgument(Float32Type::get(op->getContext()), op->getLoc());
  }

private:
  hk::MapOp getMap() { return dyn_cast<hk::MapOp>(op.getOperation()); }

  /// A map reads its operands where it needs them, here before the end.
  template <typename ReadT, typename... Args>
  Value readInMap(int64_t operand, Args &&...args) {
    OpBuilder builder(block.getTerminator());
    return builder.create<ReadT>(op->getLoc(), builder.getF32Type(), operand,
                                 std::forward<Args>(args)...);
  }

  /// True if the epilogue has an element of a row as its first argument.
  bool isOverRow() {
    auto rowwise = dyn_cast<hk::RowwiseOp>(op.getOperation());
    return rowwise && !rowwise.isOverSequence();
  }

  /// How many arguments of the epilogue come before the vectors.
  unsigned numInputs() {
    if (auto rowwise = dyn_cast<hk::RowwiseOp>(op.getOperation()))
      return rowwise.getNumFinishInputs();
    return 1;
  }
  ArrayAttr getVectors() {
    if (hk::MapOp map = getMap())
      return map.getTablesAttr();
    if (auto gemm = dyn_cast<hk::GemmOp>(op.getOperation()))
      return gemm.getVectorsAttr();
    return cast<hk::RowwiseOp>(op.getOperation()).getVectorsAttr();
  }
  void setVectors(ArrayAttr vectors) {
    if (hk::MapOp map = getMap())
      map.setTablesAttr(vectors);
    else if (auto gemm = dyn_cast<hk::GemmOp>(op.getOperation()))
      gemm.setVectorsAttr(vectors);
    else
      cast<hk::RowwiseOp>(op.getOperation()).setVectorsAttr(vectors);
  }
  MutableOperandRange rowOperands() {
    if (hk::MapOp map = getMap())
      return map.getInputsMutable();
    if (auto gemm = dyn_cast<hk::GemmOp>(op.getOperation()))
      return gemm.getRowsMutable();
    return cast<hk::RowwiseOp>(op.getOperation()).getRowsMutable();
  }

  hk::StructuredOp op;
  Block &block;
};

struct FuseEpiloguesPass : impl::FuseEpiloguesPassBase<FuseEpiloguesPass> {
  void runOnOperation() override {
    for (Block &block : getOperation().getBody())
      for (auto op : llvm::make_early_inc_range(block.getOps<hk::RowwiseOp>()))
        if (op.isElementwise())
          if (hk::StructuredOp producer = findProducer(op)) {
            merge(op, producer);
            ++numFused;
          }
  }

  static bool canMerge(hk::RowwiseOp op, hk::StructuredOp into) {
    if (!into || into->getBlock() != op->getBlock() ||
        !into.getEpilogueRegion() ||
        !llvm::all_of(into->getUsers(),
                      [&](Operation *user) { return user == op; }))
      return false;
    Producer producer(into);
    bool hasOtherOperands =
        !op.getVectors().empty() ||
        !llvm::all_of(op.getRowArguments(),
                      [&](Value value) { return value == into->getResult(0); });
    bool usesColumn = !op.getFinish().getArgument(1).use_empty();
    return (producer.takesOperands() || !hasOtherOperands) &&
           (producer.knowsColumn() || !usesColumn);
  }

  /// The kernel to merge `op` into, or null. Of two, the later one: less waits
  /// for it.
  static hk::StructuredOp findProducer(hk::RowwiseOp op) {
    hk::StructuredOp best;
    for (Value operand : op.getRowArguments()) {
      auto candidate =
          dyn_cast_or_null<hk::StructuredOp>(operand.getDefiningOp());
      if (canMerge(op, candidate) &&
          (!best || best->isBeforeInBlock(candidate)))
        best = candidate;
    }
    return best;
  }

  /// Moves `into` to `op`, where the operands of both exist, and `op`'s work
  /// into it.
  static void merge(hk::RowwiseOp op, hk::StructuredOp into) {
    Value result = into->getResult(0);
    Producer producer(into);
    Block &block = into.getEpilogueRegion()->front(),
          &body = op.getFinish().front();
    auto yield = cast<hk::YieldOp>(block.getTerminator());
    into->moveBefore(op);
    into->setLoc(FusedLoc::get(op.getContext(), {into->getLoc(), op.getLoc()}));

    OpBuilder builder(yield);
    IRMapping mapping;
    auto mapRow = [&](BlockArgument argument, Value operand) {
      mapping.map(argument,
                  operand == result ? yield.getValue() : producer.row(operand));
    };
    mapRow(body.getArgument(0), op.getX());
    if (producer.knowsColumn())
      mapping.map(body.getArgument(1), producer.column());
    if (!body.getArgument(2).use_empty())
      mapping.map(body.getArgument(2),
                  builder.create<arith::ConstantIntOp>(
                      op.getLoc(), hk::getWidth(op.getResult()), 32));
    unsigned next = 3;
    for (auto vector : op.getVectors().getAsRange<FlatSymbolRefAttr>())
      mapping.map(body.getArgument(next++), producer.vector(vector));
    for (Value row : op.getRows())
      mapRow(body.getArgument(next++), row);

    for (Operation &inner : body.without_terminator())
      builder.clone(inner, mapping);
    yield.setOperand(
        mapping.lookup(cast<hk::YieldOp>(body.getTerminator()).getValue()));
    op.getResult().replaceAllUsesWith(result);
    op.erase();
  }
};

} // namespace
} // namespace xf
