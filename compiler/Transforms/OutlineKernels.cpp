// hk-outline-kernels: structured ops that differ only in what they are applied
// to become one symbol. Two ops are the same kernel if their kernels print
// alike: operands and weights are formal there, and locations are not printed.
#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Dialect/HK/IR/KernelDescription.h"
#include "compiler/Transforms/Passes.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/TypeSwitch.h"

namespace xf {
#define GEN_PASS_DEF_OUTLINEKERNELSPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace xf

using namespace mlir;

namespace xf {
namespace {

/// The name of the `index`-th formal weight: `weight`, `vector0`, `table1`.
std::string formalName(hk::StructuredOp op, unsigned index) {
  if (isa<hk::GatherOp, hk::MapOp>(op.getOperation()))
    return "table" + std::to_string(index);
  if (auto attention = dyn_cast<hk::AttentionOp>(op.getOperation()))
    return attention.getNamedWeights()[index].first;
  if (!isa<hk::GemmOp>(op.getOperation()))
    return "vector" + std::to_string(index);
  return index == 0 ? "weight" : "vector" + std::to_string(index - 1);
}

/// The launch's place in the model: the name location that came with the op, of
/// the kernel proper where several were fused; the kernel's name if there is
/// none.
StringRef placeName(hk::StructuredOp op, StringRef kernel) {
  if (auto name = op->getLoc()->findInstanceOf<NameLoc>())
    return name.getName();
  return kernel;
}

/// The values that a launch of `op` binds: rows, then the batch.
SmallVector<Value> launchOperands(hk::StructuredOp op) {
  SmallVector<Value> operands = op.getRowArguments();
  if (Value batch = op.getBatchArgument())
    operands.push_back(batch);
  return operands;
}

struct OutlineKernelsPass : impl::OutlineKernelsPassBase<OutlineKernelsPass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    llvm::StringMap<hk::KernelOp> kernels;
    auto functions = getOperation().getOps<func::FuncOp>();
    if (functions.empty())
      return;
    OpBuilder builder(*functions.begin());
    for (func::FuncOp function : functions)
      for (auto op : llvm::make_early_inc_range(
               function.getBody().getOps<hk::StructuredOp>())) {
        hk::KernelOp kernel = buildKernel(builder, op, symbols);
        auto [known, isNew] = kernels.try_emplace(signature(kernel), kernel);
        if (isNew) {
          symbols.insert(kernel,
                         kernel->getIterator()); // makes the name unique
          ++numKernels;
        } else {
          kernel.erase();
        }
        replaceByLaunch(op, known->second);
        ++numLaunches;
      }
  }

  static std::string signature(hk::KernelOp kernel) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    kernel->print(stream, OpPrintingFlags().useLocalScope());
    return text;
  }

  /// The kernel that `op` is a launch of, under its name without a number.
  static hk::KernelOp buildKernel(OpBuilder &builder, hk::StructuredOp op,
                                  SymbolTable &symbols) {
    SmallVector<Value> operands = launchOperands(op);
    auto type = builder.getFunctionType(ValueRange(operands).getTypes(),
                                        op->getResultTypes());
    auto kernel =
        builder.create<hk::KernelOp>(op->getLoc(), hk::kernelName(op), type);
    OpBuilder inside = OpBuilder::atBlockEnd(&kernel.getBody().front());

    SmallVector<FlatSymbolRefAttr> formals;
    for (auto [index, symbol] : llvm::enumerate(op.getWeightArguments())) {
      auto weight = symbols.lookup<hk::WeightOp>(symbol.getAttr());
      std::string name = formalName(op, index);
      inside.create<hk::WeightOp>(op->getLoc(), name, weight.getType(),
                                  /*recipe=*/Attribute(),
                                  weight.getLayoutAttr());
      formals.push_back(FlatSymbolRefAttr::get(builder.getContext(), name));
    }

    auto inner = cast<hk::StructuredOp>(inside.clone(*op));
    inner.setWeightArguments(formals);
    auto attention = dyn_cast<hk::AttentionOp>(inner.getOperation());
    bool isShared = attention && attention.isShared();
    unsigned next = 0;
    for (OpOperand &operand : inner->getOpOperands()) {
      bool isBatch = isa<hk::BatchType>(operand.get().getType());
      // q, k and v of one value are one argument.
      if (isShared && operand.getOperandNumber() < 3)
        next = 0;
      operand.set(kernel.getArgument(isBatch ? operands.size() - 1 : next));
      next += !isBatch;
    }
    inside.create<hk::ReturnOp>(op->getLoc(), inner->getResults());
    return kernel;
  }

  static void replaceByLaunch(hk::StructuredOp op, hk::KernelOp kernel) {
    OpBuilder builder(op);
    SmallVector<FlatSymbolRefAttr> symbols = op.getWeightArguments();
    auto launch = builder.create<hk::LaunchOp>(
        op->getLoc(), op->getResultTypes(), kernel.getSymName(),
        op.getRowArguments(), op.getBatchArgument(),
        builder.getArrayAttr(
            SmallVector<Attribute>(symbols.begin(), symbols.end())),
        builder.getStringAttr(placeName(op, kernel.getSymName())),
        /*slot=*/hk::SlotAttr(), /*scores_slot=*/hk::SlotAttr());
    op->replaceAllUsesWith(launch);
    op->erase();
  }
};

} // namespace
} // namespace xf
