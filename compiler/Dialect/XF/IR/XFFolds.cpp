// Folds and canonicalisations of the graph ops: only those that expansion and
// joining leave behind.
#include "compiler/Dialect/XF/IR/XF.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace xf::ir;

/// A slice of everything is its input; a slice of a slice is one slice.
OpFoldResult SliceOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  auto inner = getInput().getDefiningOp<SliceOp>();
  if (!inner)
    return {};
  setOffset(getOffset() + inner.getOffset());
  getInputMutable().assign(inner.getInput());
  return getResult();
}

/// True if the region's yield gives back its argument `s`.
static bool isIdentity(Region &scoreMod) {
  if (scoreMod.empty())
    return false;
  auto yield = cast<YieldOp>(scoreMod.front().getTerminator());
  return yield.getValue() == scoreMod.getArgument(0);
}

static bool keepsEverything(Region &maskMod) {
  if (maskMod.empty())
    return false;
  auto yield = cast<YieldOp>(maskMod.front().getTerminator());
  return matchPattern(yield.getValue(), m_One());
}

/// Drops regions that change nothing, so that they cost nothing.
LogicalResult AttentionOp::canonicalize(AttentionOp op,
                                        PatternRewriter &rewriter) {
  bool dropScore = isIdentity(op.getScoreMod());
  bool dropMask = keepsEverything(op.getMaskMod());
  if (!dropScore && !dropMask)
    return failure();
  auto erase = [&](Region &region) { rewriter.eraseBlock(&region.front()); };
  rewriter.modifyOpInPlace(op, [&] {
    if (dropScore)
      erase(op.getScoreMod());
    if (dropMask)
      erase(op.getMaskMod());
  });
  return success();
}
