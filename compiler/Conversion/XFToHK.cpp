// convert-xf-to-hk: each tensor op becomes one structured kernel; what the op
// computes on a scalar becomes a region. A walk, not a rewriter: functions are
// one block of ops that each have one kernel, and types of rows do not change.
#include "compiler/Conversion/XFToHK.h"
#include "compiler/Transforms/Passes.h"

#include "llvm/ADT/TypeSwitch.h"

namespace xf {
#define GEN_PASS_DEF_CONVERTXFTOHKPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace xf

using namespace mlir;

namespace xf {

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

std::string WeightUses::matrixName(StringRef name) const {
  // The (K, N) form of a weight that something else needs as it is.
  return asIs ? (name + ".transposed").str() : name.str();
}

WeightUseMap collectUses(ModuleOp module) {
  WeightUseMap uses;
  auto asIs = [&](FlatSymbolRefAttr symbol) {
    if (symbol)
      uses[symbol.getAttr()].asIs = true;
  };
  auto allAsIs = [&](ArrayAttr tables) {
    for (auto table : tables.getAsRange<FlatSymbolRefAttr>())
      asIs(table);
  };
  module.walk([&](Operation *op) {
    llvm::TypeSwitch<Operation *>(op)
        .Case<ir::EmbedOp, ir::MapOp>(
            [&](auto reader) { allAsIs(reader.getTables()); })
        .Case([&](ir::NormOp norm) {
          asIs(norm.getGainAttr());
          asIs(norm.getBiasAttr());
        })
        .Case([&](ir::LinearOp linear) {
          uses[linear.getWeightAttr().getAttr()].asMatrix = true;
          asIs(linear.getBiasAttr());
        })
        .Case([&](ir::AttentionOp attention) {
          allAsIs(attention.getTables());
          for (FlatSymbolRefAttr symbol :
               {attention.getSinkAttr(), attention.getMemoryKeysAttr(),
                attention.getMemoryValuesAttr(), attention.getPreMixAttr(),
                attention.getPostMixAttr(), attention.getGateMixAttr(),
                attention.getCopeAttr(), attention.getCopeMixAttr()})
            asIs(symbol);
        });
  });
  return uses;
}

void convertWeight(ir::WeightOp weight, const WeightUseMap &allUses) {
  auto found = allUses.find(weight.getSymNameAttr());
  WeightUses uses = found == allUses.end() ? WeightUses() : found->second;
  OpBuilder builder(weight);
  RankedTensorType type = weight.getTensorType();
  if (uses.asIs)
    builder.create<hk::WeightOp>(weight.getLoc(), weight.getSymName(), type,
                                 weight.getRecipe(), hk::LayoutAttr());
  if (uses.asMatrix)
    builder.create<hk::WeightOp>(
        weight.getLoc(), uses.matrixName(weight.getSymName()),
        RankedTensorType::get({type.getDimSize(1), type.getDimSize(0)},
                              type.getElementType()),
        ir::RecipeAttr::transpose(weight.getRecipe()), hk::LayoutAttr());
  weight.erase();
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {

struct ConvertXFToHKPass : impl::ConvertXFToHKPassBase<ConvertXFToHKPass> {
  void runOnOperation() override {
    WeightUseMap uses = collectUses(getOperation());
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (failed(convertFunction(function, uses)))
        return signalPassFailure();
    for (auto weight :
         llvm::make_early_inc_range(getOperation().getOps<ir::WeightOp>()))
      convertWeight(weight, uses);
  }

  static LogicalResult convertFunction(func::FuncOp function,
                                       const WeightUseMap &uses) {
    if (!function.getBody().hasOneBlock())
      return function.emitError() << "must have one block to become kernels";
    convertSignature(function);
    SmallVector<Operation *> converted;
    for (Operation &op :
         llvm::make_early_inc_range(function.getBody().front())) {
      if (!isa<func::ReturnOp>(op))
        converted.push_back(&op);
      if (isa<ir::SliceOp>(op))
        continue; // part of what reads it
      copySlices(op);
      if (isa<func::ReturnOp>(op))
        continue;
      SmallVector<Value> values = convertOp(&op, uses);
      if (values.empty())
        return op.emitOpError() << "has no kernel";
      op.replaceAllUsesWith(values);
    }
    for (Operation *op : llvm::reverse(converted))
      op->erase();
    return success();
  }

  /// Slices that `op` cannot look through become values of their own.
  static void copySlices(Operation &op) {
    if (isa<ir::AttentionOp, ir::MapOp>(op))
      return;
    for (OpOperand &operand : op.getOpOperands())
      if (auto slice = operand.get().getDefiningOp<ir::SliceOp>())
        operand.set(copySlice(slice));
  }

  /// The copy serves all later readers, also those that could do without.
  static Value copySlice(ir::SliceOp slice) {
    Value copy = convertSlice(slice);
    slice.getResult().replaceAllUsesWith(copy);
    return copy;
  }

  static void convertSignature(func::FuncOp function) {
    auto convert = [](Type type) -> Type {
      return isa<ir::BatchType>(type) ? hk::BatchType::get(type.getContext())
                                      : type;
    };
    FunctionType type = function.getFunctionType();
    SmallVector<Type> inputs(llvm::map_range(type.getInputs(), convert));
    function.setFunctionType(
        FunctionType::get(function.getContext(), inputs, type.getResults()));
    for (BlockArgument argument : function.getArguments())
      argument.setType(convert(argument.getType()));
  }
};

} // namespace
} // namespace xf
