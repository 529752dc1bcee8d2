// convert-xf-to-hk: each tensor op becomes one structured kernel; what the op
// computes on a scalar becomes a region. A walk, not a rewriter: functions are
// one block of ops that each have one kernel, and types of rows do not change.
#include "compiler/Conversion/ScalarBuilder.h"
#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Dialect/XF/IR/XF.h"
#include "compiler/Transforms/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/TypeSwitch.h"

namespace xf {
#define GEN_PASS_DEF_CONVERTXFTOHKPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace xf

using namespace mlir;

namespace xf {
namespace {

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// Name of the (K, N) form of a weight that something else needs as it is.
std::string transposedName(StringRef name) {
  return (name + ".transposed").str();
}

/// How the graph uses a weight.
struct WeightUses {
  bool asMatrix = false; ///< by a linear
  bool asIs = false;     ///< by anything else
  /// The symbol of the form that a linear reads.
  std::string matrixName(StringRef name) const {
    return asIs ? transposedName(name) : name.str();
  }
};

using WeightUseMap = llvm::MapVector<StringAttr, WeightUses>;

WeightUseMap collectUses(ModuleOp module) {
  WeightUseMap uses;
  auto asIs = [&](FlatSymbolRefAttr symbol) {
    if (symbol)
      uses[symbol.getAttr()].asIs = true;
  };
  module.walk([&](Operation *op) {
    llvm::TypeSwitch<Operation *>(op)
        .Case([&](ir::EmbedOp embed) {
          for (auto table : embed.getTables().getAsRange<FlatSymbolRefAttr>())
            asIs(table);
        })
        .Case([&](ir::NormOp norm) {
          asIs(norm.getGainAttr());
          asIs(norm.getBiasAttr());
        })
        .Case([&](ir::LinearOp linear) {
          uses[linear.getWeightAttr().getAttr()].asMatrix = true;
          asIs(linear.getBiasAttr());
        });
  });
  return uses;
}

/// Declares `weight` in each orientation that is used; one that nothing uses
/// goes.
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
// Ops
//===----------------------------------------------------------------------===//

/// Converts one op: `builder` stands before it, the value replaces its result.
class OpConverter {
public:
  OpConverter(Operation *op, const WeightUseMap &uses)
      : builder(op), loc(op->getLoc()), uses(uses) {}

  Value convert(ir::EmbedOp op) {
    SmallVector<Attribute> indices;
    for (auto index : op.getIndices().getAsRange<ir::GatherIndexAttr>())
      indices.push_back(
          hk::GatherIndexAttr::get(op.getContext(), convert(index.getValue())));
    auto gather = builder.create<hk::GatherOp>(
        loc, op.getType(), op.getBatch(), op.getTables(),
        builder.getArrayAttr(indices), /*configs=*/ArrayAttr(),
        /*config_sources=*/ArrayAttr());
    fill(gather.getEpilogue(), {f32()},
         [](ScalarBuilder &s, Block &b) { return Scalar(b.getArgument(0)); });
    return gather;
  }

  Value convert(ir::LinearOp op) {
    StringAttr weight = op.getWeightAttr().getAttr();
    std::string matrix = uses.find(weight)->second.matrixName(weight);
    auto gemm = builder.create<hk::GemmOp>(
        loc, op.getType(), op.getInput(), /*rows=*/ValueRange(), matrix,
        symbols({op.getBiasAttr()}), /*configs=*/ArrayAttr(),
        /*config_sources=*/ArrayAttr());
    bool hasBias = op.getBiasAttr() != nullptr;
    fill(gemm.getEpilogue(), SmallVector<Type>(1 + hasBias, f32()),
         [&](ScalarBuilder &s, Block &b) {
           Scalar acc = b.getArgument(0);
           return hasBias ? s.add(acc, b.getArgument(1)) : acc;
         });
    return gemm;
  }

  Value convert(ir::NormOp op) {
    bool isLayer = op.getKind() == ir::NormKind::Layer;
    hk::RowwiseOp norm = createRowwise(
        op.getInput(), {}, /*batch=*/{},
        symbols({op.getGainAttr(), op.getBiasAttr()}),
        SmallVector<hk::Combine>(isLayer ? 2 : 1, hk::Combine::Add));
    double eps = op.getEps().convertToDouble();
    if (isLayer)
      fillLayerNorm(norm, eps);
    else
      fillL2Norm(norm, eps);
    // Gain and bias follow on what the statistics give.
    auto yield = cast<hk::YieldOp>(norm.getFinish().front().getTerminator());
    ScalarBuilder s(yield, loc);
    Scalar value = yield.getValue();
    unsigned vector = norm.getNumFinishInputs();
    if (op.getGainAttr())
      value = s.mul(value, norm.getFinish().getArgument(vector++));
    if (op.getBiasAttr())
      value = s.add(value, norm.getFinish().getArgument(vector));
    yield.setOperand(value);
    return norm;
  }

  Value convert(ir::ActivationOp op) {
    hk::RowwiseOp map = createRowwise(op.getInput());
    fillFinish(map, [&](ScalarBuilder &s, Block &b) {
      Scalar x = b.getArgument(0);
      switch (op.getKind()) {
      case ir::ActivationKind::Gelu: {
        Scalar half = s.mul(x, s.constant(0.5));
        Scalar erf = s.erf(s.mul(x, s.constant(0.70710678118654752)));
        return s.mul(half, s.add(erf, s.constant(1.0)));
      }
      case ir::ActivationKind::Silu: {
        Scalar exp = s.exp(s.neg(x));
        return s.div(x, s.add(exp, s.constant(1.0)));
      }
      case ir::ActivationKind::Relu2: {
        Scalar relu = s.max(x, s.constant(0.0));
        return s.mul(relu, relu);
      }
      }
      llvm_unreachable("every activation is above");
    });
    return map;
  }

  Value convert(ir::AddOp op) {
    hk::RowwiseOp map = createRowwise(op.getLhs(), {op.getRhs()});
    fillFinish(map, [](ScalarBuilder &s, Block &b) {
      return s.add(b.getArgument(0), b.getArgument(3));
    });
    return map;
  }

  Value convert(ir::AttentionOp op) {
    auto [q, qOffset] = lookThroughSlice(op.getQ());
    auto [k, kOffset] = lookThroughSlice(op.getK());
    auto [v, vOffset] = lookThroughSlice(op.getV());
    auto attention = builder.create<hk::AttentionOp>(
        loc, op.getType(), q, k, v, op.getBatch(), op.getHeads(),
        op.getKvHeads(), op.getHeadDim(), op.getValueDim(),
        llvm::APFloat(float(op.getScale().convertToDouble())), qOffset, kOffset,
        vOffset, /*configs=*/ArrayAttr(), /*config_sources=*/ArrayAttr());
    convertMod(op.getScoreMod(), attention.getScoreMod());
    convertMod(op.getMaskMod(), attention.getMaskMod());
    return attention;
  }

  Value convert(ir::PoolOp op) {
    bool isMax = op.getKind() == ir::PoolKind::Max;
    hk::RowwiseOp pool = createRowwise(
        op.getInput(), {}, op.getBatch(), builder.getArrayAttr({}),
        {isMax ? hk::Combine::Max : hk::Combine::Add});
    fillMap(pool, 0, [&](ScalarBuilder &s, Block &b) {
      Scalar x = b.getArgument(0);
      Value i = b.getArgument(1), n = b.getArgument(2);
      // One term of the sum is x and the others are 0, so the sum is exact.
      if (op.getKind() != ir::PoolKind::Cls &&
          op.getKind() != ir::PoolKind::Last)
        return x;
      Scalar row = s.integer(op.getKind() == ir::PoolKind::Cls ? 0 : 1);
      if (op.getKind() == ir::PoolKind::Last)
        row = s.sub(n, row);
      Scalar isRow = s.equal(i, row);
      return s.select(isRow, x, s.constant(0.0));
    });
    fillFinish(pool, [&](ScalarBuilder &s, Block &b) {
      Scalar acc = b.getArgument(1);
      return op.getKind() == ir::PoolKind::Mean
                 ? s.div(acc, s.toFloat(b.getArgument(0)))
                 : acc;
    });
    return pool;
  }

private:
  static hk::GatherIndex convert(ir::GatherIndex index) {
    switch (index) {
    case ir::GatherIndex::Ids:
      return hk::GatherIndex::Ids;
    case ir::GatherIndex::Positions:
      return hk::GatherIndex::Positions;
    case ir::GatherIndex::Types:
      return hk::GatherIndex::Types;
    }
    llvm_unreachable("every index is above");
  }

  /// mean = sum(x) / n, var = sum((x - mean)^2) / n: two passes over the row,
  /// because sum(x^2) - sum(x)^2 / n loses all digits when the mean is large.
  void fillLayerNorm(hk::RowwiseOp norm, double eps) {
    fillMap(norm, 0, [](ScalarBuilder &s, Block &b) {
      return Scalar(b.getArgument(0));
    });
    auto centred = [](ScalarBuilder &s, Block &b) {
      Scalar mean = s.div(b.getArgument(3), s.toFloat(b.getArgument(2)));
      return s.sub(b.getArgument(0), mean);
    };
    fillMap(norm, 1, [&](ScalarBuilder &s, Block &b) {
      Scalar difference = centred(s, b);
      return s.mul(difference, difference);
    });
    fillFinish(norm, [&](ScalarBuilder &s, Block &b) {
      Scalar variance = s.div(b.getArgument(4), s.toFloat(b.getArgument(2)));
      Scalar inverse = s.rsqrt(s.add(variance, s.constant(eps)));
      return s.mul(centred(s, b), inverse);
    });
  }

  void fillL2Norm(hk::RowwiseOp norm, double eps) {
    fillMap(norm, 0, [](ScalarBuilder &s, Block &b) {
      return s.mul(b.getArgument(0), b.getArgument(0));
    });
    fillFinish(norm, [&](ScalarBuilder &s, Block &b) {
      return s.div(b.getArgument(0),
                   s.max(s.sqrt(b.getArgument(3)), s.constant(eps)));
    });
  }

  hk::RowwiseOp createRowwise(Value x, ValueRange rows = {}, Value batch = {},
                              ArrayAttr vectors = {},
                              ArrayRef<hk::Combine> stages = {}) {
    SmallVector<Attribute> combine;
    for (hk::Combine stage : stages)
      combine.push_back(hk::CombineAttr::get(builder.getContext(), stage));
    return builder.create<hk::RowwiseOp>(
        loc, x.getType(), x, batch, rows,
        batch ? hk::RowwiseOver::Sequence : hk::RowwiseOver::Row,
        builder.getArrayAttr(combine),
        vectors ? vectors : builder.getArrayAttr({}),
        /*configs=*/ArrayAttr(), /*config_sources=*/ArrayAttr(), stages.size());
  }

  using Body = llvm::function_ref<Scalar(ScalarBuilder &, Block &)>;

  void fill(Region &region, TypeRange arguments, Body body) {
    Block *block = hk::addScalarBlock(region, arguments, loc);
    ScalarBuilder scalars(block, loc);
    Value value = body(scalars, *block);
    scalars.create<hk::YieldOp>(value);
  }
  /// (x, i, n, one accumulator per stage before it).
  void fillMap(hk::RowwiseOp op, unsigned stage, Body body) {
    SmallVector<Type> arguments{f32(), builder.getI32Type(),
                                builder.getI32Type()};
    arguments.append(stage, f32());
    fill(op.getMaps()[stage], arguments, body);
  }
  void fillFinish(hk::RowwiseOp op, Body body) {
    SmallVector<Type> arguments;
    if (!op.isOverSequence())
      arguments.append({f32(), builder.getI32Type()});
    arguments.push_back(builder.getI32Type());
    arguments.append(op.getNumStages() + op.getVectors().size() +
                         op.getRows().size(),
                     f32());
    fill(op.getFinish(), arguments, body);
  }

  /// The operand and the column of it that an attention reads when given
  /// `value`.
  static std::pair<Value, int64_t> lookThroughSlice(Value value) {
    int64_t offset = 0;
    while (auto slice = value.getDefiningOp<ir::SliceOp>()) {
      offset += slice.getOffset();
      value = slice.getInput();
    }
    return {value, offset};
  }

  static void convertMod(Region &from, Region &to) {
    if (from.empty())
      return;
    IRMapping mapping;
    from.cloneInto(&to, mapping);
    auto yield = cast<ir::YieldOp>(to.front().getTerminator());
    OpBuilder(yield).create<hk::YieldOp>(yield.getLoc(), yield.getValue());
    yield.erase();
  }

  /// The ones of `attrs` that are there.
  ArrayAttr symbols(ArrayRef<FlatSymbolRefAttr> attrs) {
    SmallVector<Attribute> present;
    for (FlatSymbolRefAttr attr : attrs)
      if (attr)
        present.push_back(attr);
    return builder.getArrayAttr(present);
  }

  Type f32() { return builder.getF32Type(); }

  OpBuilder builder;
  Location loc;
  const WeightUseMap &uses;
};

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

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
    Block &block = function.getBody().front();
    SmallVector<Operation *> converted;
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (isa<func::ReturnOp>(op))
        continue;
      converted.push_back(&op);
      if (isa<ir::SliceOp>(op))
        continue; // part of the attention that reads it
      OpConverter converter(&op, uses);
      Value value =
          llvm::TypeSwitch<Operation *, Value>(&op)
              .Case<ir::EmbedOp, ir::LinearOp, ir::NormOp, ir::ActivationOp,
                    ir::AddOp, ir::AttentionOp, ir::PoolOp>(
                  [&](auto concrete) { return converter.convert(concrete); })
              .Default([](Operation *) { return Value(); });
      if (!value)
        return op.emitOpError() << "has no kernel";
      op.replaceAllUsesWith(ValueRange(value));
    }
    for (Operation *op : llvm::reverse(converted)) {
      if (!op->use_empty()) {
        InFlightDiagnostic diag = op->emitOpError()
                                  << "can only be read by `xf.attention`";
        diag.attachNote((*op->user_begin())->getLoc()) << "but is read here";
        return diag;
      }
      op->erase();
    }
    return success();
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
