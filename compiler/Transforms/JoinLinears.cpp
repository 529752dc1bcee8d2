// xf-join-linears: linears that read the same value, and are read where columns
// of a wider value will do, become one linear and a slice each, so that q, k
// and v are one gemm. The weights are joined in their recipes, at compile time.
#include "compiler/Dialect/XF/IR/XF.h"
#include "compiler/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

#include <map>

namespace xf {
#define GEN_PASS_DEF_JOINLINEARSPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace xf

using namespace mlir;
using namespace xf;
using namespace xf::ir;

/// `layers.0.to_q` and `layers.0.to_k` become `layers.0.to_qk`.
static std::string joinNames(ArrayRef<StringRef> names) {
  StringRef prefix = names.front();
  for (StringRef name : names)
    while (!name.starts_with(prefix))
      prefix = prefix.drop_back();
  std::string joined = prefix.str();
  for (StringRef name : names)
    joined += name.drop_front(prefix.size());
  return joined;
}

namespace {

/// True if every reader of `value`, through slices, can read columns of a wider
/// value; others would need a copy.
static bool isReadInColumns(Value value) {
  return llvm::all_of(value.getUsers(), [](Operation *user) {
    if (auto slice = dyn_cast<SliceOp>(user))
      return isReadInColumns(slice.getResult());
    return isa<AttentionOp, MapOp>(user);
  });
}

/// Linears that read one value and agree in having a bias, in their order.
using Group = SmallVector<LinearOp, 3>;

class Joiner {
public:
  explicit Joiner(ModuleOp module) : symbols(module), module(module) {}

  void run() {
    for (auto function : module.getOps<func::FuncOp>())
      for (Group &group : findGroups(function))
        join(group);
    eraseUnusedWeights();
  }

private:
  SmallVector<Group> findGroups(func::FuncOp function) {
    // In one block, so that the first one's place is before every use.
    using Key = std::pair<std::pair<Value, Block *>, unsigned>;
    llvm::MapVector<Key, Group> byInput;
    function.walk([&](LinearOp op) {
      if (!isReadInColumns(op.getResult()))
        return;
      unsigned hasBias = op.getBias().has_value();
      byInput[{{op.getInput(), op->getBlock()}, hasBias}].push_back(op);
    });
    SmallVector<Group> groups;
    for (auto &[key, group] : byInput)
      if (group.size() > 1)
        groups.push_back(std::move(group));
    return groups;
  }

  void join(Group &group) {
    LinearOp first = group.front();
    SmallVector<FlatSymbolRefAttr> weights, biases;
    int64_t width = 0;
    for (LinearOp op : group) {
      weights.push_back(op.getWeightAttr());
      if (op.getBiasAttr())
        biases.push_back(op.getBiasAttr());
      width += op.getType().getDimSize(1);
    }
    FlatSymbolRefAttr weight = joinWeights(weights, ""), bias;
    if (!biases.empty())
      bias = joinWeights(biases, (weight.getValue() + ".bias").str());

    OpBuilder builder(first);
    Location loc = NameLoc::get(weight.getAttr(), sourceOf(first.getLoc()));
    auto joined =
        builder.create<LinearOp>(loc, first.getInput(), width, weight, bias);
    int64_t offset = 0;
    for (LinearOp op : group) {
      builder.setInsertionPoint(op);
      auto slice = builder.create<SliceOp>(op.getLoc(), joined, offset,
                                           getWidth(op.getResult()));
      offset += slice.getWidth();
      op.replaceAllUsesWith(slice.getResult());
      replaced.append({op.getWeightAttr(), op.getBiasAttr()});
      op.erase();
    }
  }

  /// The weight that is `parts` one below the other; entry points that share
  /// the parts share it. Called `name`, or after its parts.
  FlatSymbolRefAttr joinWeights(ArrayRef<FlatSymbolRefAttr> parts,
                                std::string name) {
    std::vector<StringRef> key;
    for (FlatSymbolRefAttr part : parts)
      key.push_back(part.getValue());
    FlatSymbolRefAttr &known = joinedWeights[key];
    if (known)
      return known;
    if (name.empty())
      name = joinNames(key);
    SmallVector<RecipeAttr> recipes;
    WeightOp last;
    for (StringRef part : key) {
      last = symbols.lookup<WeightOp>(part);
      recipes.push_back(last.getRecipe());
    }
    RecipeAttr recipe = RecipeAttr::concat(0, recipes);
    Type type = RankedTensorType::get(recipe.getShape(),
                                      Float32Type::get(module.getContext()));
    OpBuilder builder(last);
    Location loc =
        NameLoc::get(builder.getStringAttr(name), sourceOf(last.getLoc()));
    auto joined =
        builder.create<WeightOp>(loc, name, type, recipe, StringAttr());
    // Renames it if the name is taken.
    symbols.insert(joined, Block::iterator(last));
    return known = FlatSymbolRefAttr::get(joined);
  }

  void eraseUnusedWeights() {
    for (FlatSymbolRefAttr symbol : replaced)
      if (auto weight =
              symbol ? symbols.lookup<WeightOp>(symbol.getValue()) : WeightOp())
        if (SymbolTable::symbolKnownUseEmpty(weight, module))
          symbols.erase(weight);
  }

  /// The place in the spec, without the name of the op it was made for.
  static Location sourceOf(Location loc) {
    auto name = dyn_cast<NameLoc>(loc);
    return name ? name.getChildLoc() : loc;
  }

  SymbolTable symbols;
  ModuleOp module;
  std::map<std::vector<StringRef>, FlatSymbolRefAttr> joinedWeights;
  SmallVector<FlatSymbolRefAttr> replaced;
};

struct JoinLinearsPass : public xf::impl::JoinLinearsPassBase<JoinLinearsPass> {
  void runOnOperation() override { Joiner(getOperation()).run(); }
};

} // namespace
