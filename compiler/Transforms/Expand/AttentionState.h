// One attention while it is expanded, and the steps that work on it, each in
// the file that is named. They run in the order of this header.
#pragma once

#include "compiler/Transforms/Expand/Attention.h"

#include <cmath>
#include <functional>

namespace xf::expand {

/// Head, query and key of a logit. A key before those of the sequence has a
/// negative number.
struct PairIndex {
  Scalar h, i, j;
};

/// A step on a logit, and a rule that keeps a key.
using ScoreStep =
    std::function<Scalar(Scalars &s, Scalar score, const PairIndex &at)>;
using MaskRule = std::function<Scalar(Scalars &s, const PairIndex &at)>;

/// What the regions of an attention read and do, collected before it is made.
class AttentionMods {
public:
  /// The number under which a region reads `value`; the same value twice has
  /// one number.
  int64_t addRows(Value value) { return add(rows, value); }
  int64_t addPairs(Value value) { return add(pairs, value); }
  int64_t addTable(FlatSymbolRefAttr table) { return add(tables, table); }

  /// A step on the logits of the sequence's keys; logits of extra keys pass.
  void addBias(ScoreStep step) { steps.push_back({std::move(step), true}); }
  /// A step on every logit.
  void addStep(ScoreStep step) { steps.push_back({std::move(step), false}); }

  /// A key counts where all rules keep it. A query without a key that all but
  /// the late ones keep gives 0, if such a query can be; one that only the late
  /// ones leave without a key averages all values.
  struct MaskTraits {
    bool late = false;
    bool emptiesQueries = false; ///< may leave a query without any key
    bool knowsExtraKeys = false; ///< holds for keys with negative numbers
  };
  void addMask(MaskRule keeps, MaskTraits traits) {
    masks.push_back({std::move(keeps), traits});
  }

  /// Makes the regions of `op`, whose attributes are set.
  void build(AttentionOp op) const;

  SmallVector<Value> rows, pairs;
  SmallVector<FlatSymbolRefAttr> tables;

private:
  struct Step {
    ScoreStep apply;
    bool passesExtraKeys;
  };
  struct Mask {
    MaskRule keeps;
    MaskTraits traits;
  };
  using MaskFilter = llvm::function_ref<bool(const Mask &)>;

  template <typename T> static int64_t add(SmallVector<T> &list, T value) {
    auto found = llvm::find(list, value);
    if (found != list.end())
      return found - list.begin();
    list.push_back(value);
    return static_cast<int64_t>(list.size()) - 1;
  }
  bool has(MaskFilter counts) const { return llvm::any_of(masks, counts); }
  Scalar allKeep(Scalars &s, const PairIndex &at, MaskFilter counts,
                 bool hasExtraKeys) const;

  SmallVector<Step> steps;
  SmallVector<Mask> masks;
};

struct AttentionState {
  AttentionState(Expander &e, const AttentionBranch &branch,
                 PositionRows &positions)
      : e(e), branch(branch), o(branch.options), prefix(branch.prefix),
        positions(positions), headDim(o.headDim),
        scale(1 / std::sqrt(static_cast<double>(o.headDim))) {}

  bool isSelf() const { return branch.kind == AttentionBranch::Kind::Self; }
  bool isCross() const { return branch.kind == AttentionBranch::Kind::Cross; }
  /// The call's `mask`, which a pooling attention takes for its keys only.
  Value rowMask() const {
    return branch.kind == AttentionBranch::Kind::Pool ? Value()
                                                      : e.input("mask");
  }
  /// Tensor `prefix + name` of the file with the values in another shape.
  FlatSymbolRefAttr reshaped(StringRef name, ArrayRef<int64_t> fileShape,
                             ArrayRef<int64_t> shape) const;

  Expander &e;
  const AttentionBranch &branch;
  const AttentionOptions &o;
  const std::string &prefix;
  PositionRows &positions;

  Value q, k, v;     ///< heads after one another
  Value ownValues;   ///< as projected
  Value firstValues; ///< those of the first attention of this kind, if mixed
  int64_t headDim;   ///< of q and k as they are now
  double scale;      ///< of q k
  FlatSymbolRefAttr memoryKeys, memoryValues;
  AttentionMods mods;
};

/// Projections.cpp: q, k, v from the branch's inputs, latent or not, and the
/// mixture with the first attention's values.
void projectHeads(AttentionState &a);
void mixFirstValues(AttentionState &a);

/// QKNorms.cpp: what is normalised before positions are known, the memory keys
/// included, and what values become.
void normalizeHeads(AttentionState &a);
void addMemories(AttentionState &a);
void exponentiateValues(AttentionState &a);

/// Rotary.cpp: positions as rotation or as angle.
void applyRotation(AttentionState &a);

/// PositionBias.cpp: positions as a bias of the logits.
void addPositionBias(AttentionState &a);

/// Masks.cpp: which keys a query sees.
void addMasks(AttentionState &a);

/// Gates.cpp: from the weighted sums of values to the branch's output.
Value finishHeads(AttentionState &a, Value heads);

} // namespace xf::expand
