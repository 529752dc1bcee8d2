// hk-pack-weights: writes on each weight how it lies in memory, as the configs
// of the kernels that read it imply. The bytes are packed when the library's
// weight section is written.
#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Transforms/Passes.h"

#include "llvm/ADT/DenseMap.h"

namespace xf {
#define GEN_PASS_DEF_PACKWEIGHTSPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace xf

using namespace mlir;

namespace xf {
namespace {

/// Writes layouts and remembers who asked for them.
class LayoutWriter {
public:
  LogicalResult packFor(hk::StructuredOp op) {
    FailureOr<hk::Layout> gemmLayout = hk::Layout::Plain;
    if (isa<hk::GemmOp>(op.getOperation()))
      gemmLayout = layoutOfGemm(op);
    if (failed(gemmLayout))
      return failure();
    for (auto [index, symbol] : llvm::enumerate(op.getWeightArguments()))
      if (failed(setLayout(op, symbol,
                           index == 0 ? *gemmLayout : hk::Layout::Plain)))
        return failure();
    return success();
  }

  LogicalResult packFor(hk::LaunchOp op) {
    auto kernel =
        symbols.lookupNearestSymbolFrom<hk::KernelOp>(op, op.getKernelAttr());
    for (auto [symbol, formal] :
         llvm::zip(op.getWeights().getAsRange<FlatSymbolRefAttr>(),
                   kernel.getFormalWeights()))
      if (failed(setLayout(op, symbol, *formal.getLayout())))
        return failure();
    return success();
  }

private:
  /// What the configs of a gemm agree on.
  static FailureOr<hk::Layout> layoutOfGemm(hk::StructuredOp op) {
    ArrayAttr configs = op.getConfigsAttr();
    if (!configs || configs.empty())
      return op->emitOpError()
             << "has no configs, which imply how its weight is "
                "packed; `hk-select-configs` writes them";
    std::optional<hk::Layout> layout;
    for (auto config : configs.getAsRange<hk::ConfigAttr>()) {
      hk::Layout asked = config.getVariant() == "plain" ? hk::Layout::Plain
                                                        : hk::Layout::Panels;
      if (layout && *layout != asked)
        return op->emitOpError()
               << "has configs that need different layouts of "
                  "its weight, but a library holds it once";
      layout = asked;
    }
    return *layout;
  }

  LogicalResult setLayout(Operation *op, FlatSymbolRefAttr symbol,
                          hk::Layout layout) {
    auto weight = symbols.lookupNearestSymbolFrom<hk::WeightOp>(op, symbol);
    auto [asker, isFirst] = askedBy.try_emplace(weight, op);
    if (!isFirst && weight.getLayout() != layout) {
      InFlightDiagnostic diag =
          op->emitOpError()
          << "needs `@" << symbol.getValue() << "` as `"
          << hk::stringifyLayout(layout)
          << "`, but a library holds each weight in one layout";
      diag.attachNote(asker->second->getLoc())
          << "needed as `" << hk::stringifyLayout(*weight.getLayout())
          << "` here";
      return diag;
    }
    weight.setLayout(layout);
    return success();
  }

  SymbolTableCollection symbols;
  /// Who asked first for the layout of a weight.
  llvm::DenseMap<Operation *, Operation *> askedBy;
};

struct PackWeightsPass : impl::PackWeightsPassBase<PackWeightsPass> {
  void runOnOperation() override {
    LayoutWriter writer;
    auto packFor = [&](auto op) { return WalkResult(writer.packFor(op)); };
    // Kernels first: a launch passes on what its kernel asks for.
    if (getOperation()
            .walk([&](hk::StructuredOp op) { return packFor(op); })
            .wasInterrupted() ||
        getOperation()
            .walk([&](hk::LaunchOp op) { return packFor(op); })
            .wasInterrupted())
      return signalPassFailure();
    for (auto weight : getOperation().getOps<hk::WeightOp>())
      if (!weight.getLayout())
        weight.setLayout(hk::Layout::Plain);
  }
};

} // namespace
} // namespace xf
