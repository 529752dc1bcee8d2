// xf-expand-blocks: the declared model becomes a graph of tensor ops, one
// function per entry point, and its parameters become weights with recipes.
// A knob that is off leaves nothing behind; each that is on is read here once.
#include "compiler/Dialect/XF/IR/ModelKnobs.h"
#include "compiler/Dialect/XF/IR/XF.h"
#include "compiler/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/StringSet.h"

#include <cmath>

namespace xf {
#define GEN_PASS_DEF_EXPANDBLOCKSPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace xf

using namespace mlir;
using namespace xf;
using namespace xf::ir;

/// What pooled vectors are divided by at least, torch's `normalize`.
static constexpr double kNormalizeEps = 1e-12;

/// Every knob that this pass reads, so that an unresolved model is reported.
static constexpr StringLiteral kWrapperKnobs[] = {
    "num_tokens",    "max_seq_len",     "token_types", "emb_dim",
    "post_emb_norm", "use_abs_pos_emb", "pool",        "normalize"};
static constexpr StringLiteral kStackKnobs[] = {"dim",
                                                "depth",
                                                "heads",
                                                "causal",
                                                "only_attn",
                                                "pre_norm",
                                                "pre_norm_has_final_norm",
                                                "norm_add_unit_offset",
                                                "norm_eps",
                                                "norm_bias",
                                                "ff_mult",
                                                "ff_no_bias",
                                                "ff_swish",
                                                "ff_relu_squared",
                                                "attn_dim_head",
                                                "attn_value_dim_head",
                                                "attn_kv_heads",
                                                "attn_bias",
                                                "attn_max_attend_past",
                                                "attn_softclamp_logits",
                                                "attn_logit_softclamp_value",
                                                "alibi_pos_bias",
                                                "alibi_num_heads"};

static LogicalResult checkResolved(Operation *op,
                                   ArrayRef<StringLiteral> knobs) {
  for (StringRef knob : knobs)
    if (!hasKnob(op, knob))
      return op->emitOpError() << "has no value for `" << knob
                               << "`, but xf-expand-blocks takes a resolved "
                                  "model; run xf-resolve-knobs before it";
  return success();
}

namespace {

//===----------------------------------------------------------------------===//
// Scalar regions of one attention
//===----------------------------------------------------------------------===//

/// Builds the score_mod and mask_mod of a layer from the knobs that are on and
/// the user's own regions. A region to which nothing contributes stays empty.
class AttentionMods {
public:
  AttentionMods(AttentionLayersOp stack, unsigned layer, Location loc)
      : stack(stack), layer(layer), b(loc, stack.getContext()) {}

  /// x-transformers' order: position bias, softclamp, then the user's.
  void buildScoreMod(Region &region) {
    bool alibi = boolKnob(stack, "alibi_pos_bias");
    bool softclamp = boolKnob(stack, "attn_softclamp_logits", layer);
    if (!alibi && !softclamp && stack.getScoreMod().empty())
      return;
    Type f32 = b.getF32Type(), i32 = b.getI32Type();
    Block *block = startRegion(region, {f32, i32, i32, i32});
    ValueRange index = block->getArguments().drop_front();
    Value score = block->getArgument(0);
    if (alibi)
      score = b.create<arith::SubFOp>(score, alibiPenalty(index));
    if (softclamp)
      score = softclampScore(score);
    if (!stack.getScoreMod().empty())
      score = inlineRegion(stack.getScoreMod(),
                           {score, index[0], index[1], index[2]});
    b.create<YieldOp>(score);
  }

  /// A key counts where all masks keep it.
  void buildMaskMod(Region &region) {
    bool causal = boolKnob(stack, "causal");
    int64_t past = intKnob(stack, "attn_max_attend_past", layer);
    bool own = !stack.getMaskMod().empty();
    if (!causal && past < 0 && !own)
      return;
    Type i32 = b.getI32Type();
    Block *block = startRegion(region, {i32, i32, i32});
    ValueRange index = block->getArguments();
    Value i = index[1], j = index[2], keep;
    auto andAlso = [&](Value next) {
      keep = keep ? b.create<arith::AndIOp>(keep, next).getResult() : next;
    };
    if (causal)
      andAlso(b.create<arith::CmpIOp>(arith::CmpIPredicate::sle, j, i));
    if (past >= 0) {
      Value distance = b.create<arith::SubIOp>(i, j);
      andAlso(b.create<arith::CmpIOp>(arith::CmpIPredicate::sle, distance,
                                      i32Constant(past)));
    }
    if (own)
      andAlso(inlineRegion(stack.getMaskMod(), index));
    b.create<YieldOp>(keep);
  }

private:
  Block *startRegion(Region &region, TypeRange arguments) {
    SmallVector<Location> locs(arguments.size(), b.getLoc());
    return b.createBlock(&region, region.end(), arguments, locs);
  }

  Value f32Constant(double value) {
    return b.create<arith::ConstantOp>(b.getF32FloatAttr(value));
  }

  /// Positions fit 32 bits, so a larger bound is the same as the largest.
  Value i32Constant(int64_t value) {
    return b.create<arith::ConstantOp>(
        b.getI32IntegerAttr(std::min<int64_t>(value, INT32_MAX)));
  }

  /// slope(h) * abs(i - j), op by op as a score_mod that says so; 0 for heads
  /// past `alibi_num_heads`.
  Value alibiPenalty(ValueRange index) {
    Value h = index[0], i = index[1], j = index[2];
    int64_t heads = intKnob(stack, "heads");
    int64_t alibiHeads = intKnob(stack, "alibi_num_heads");
    Value slope = buildAlibiSlope(b, b.getLoc(), h, alibiHeads);
    if (alibiHeads < heads) {
      Value has = b.create<arith::CmpIOp>(arith::CmpIPredicate::slt, h,
                                          i32Constant(alibiHeads));
      slope = b.create<arith::SelectOp>(has, slope, f32Constant(0));
    }
    Value ahead = b.create<arith::SubIOp>(i, j);
    Value behind = b.create<arith::SubIOp>(i32Constant(0), ahead);
    Value distance = b.create<arith::SIToFPOp>(
        b.getF32Type(), b.create<arith::MaxSIOp>(ahead, behind));
    return b.create<arith::MulFOp>(slope, distance);
  }

  /// c * tanh(s / c).
  Value softclampScore(Value score) {
    Value bound =
        f32Constant(floatKnob(stack, "attn_logit_softclamp_value", layer));
    Value ratio = b.create<arith::DivFOp>(score, bound);
    return b.create<arith::MulFOp>(b.create<math::TanhOp>(ratio), bound);
  }

  /// Clones the ops of `region` on `arguments`; returns what it yields.
  Value inlineRegion(Region &region, ValueRange arguments) {
    IRMapping mapping;
    mapping.map(region.getArguments(), arguments);
    Block &block = region.front();
    for (Operation &op : block.without_terminator())
      b.clone(op, mapping);
    return mapping.lookupOrDefault(
        cast<YieldOp>(block.getTerminator()).getValue());
  }

  AttentionLayersOp stack;
  unsigned layer;
  ImplicitLocOpBuilder b;
};

//===----------------------------------------------------------------------===//
// The graph
//===----------------------------------------------------------------------===//

/// Expands one model into the functions and weights of a module.
class Expander {
public:
  Expander(ModelOp model, ModuleOp module)
      : module(module), wrapper(cast<TransformerWrapperOp>(model.getWrapper())),
        stack(wrapper.getStack()), b(model.getLoc(), model.getContext()) {}

  /// Makes every entry point. Weights come first, in the order of first use.
  LogicalResult run() {
    if (failed(checkResolved(wrapper, kWrapperKnobs)) ||
        failed(checkResolved(stack, kStackKnobs)) || failed(checkWidths()))
      return failure();
    expandEntry("states", "tokens", /*pooled=*/false);
    if (wordKnob(wrapper, "pool") != "none")
      expandEntry("encode", "sequences", /*pooled=*/true);
    return success();
  }

private:
  /// A width of 0 would be met later as a type that makes no sense to anyone.
  LogicalResult checkWidths() {
    for (unsigned layer = 0; layer < intKnob(stack, "depth"); ++layer)
      if (!boolKnob(stack, "only_attn") && ffWidth(layer) <= 0)
        return emitError(knobLoc(stack, "ff_mult"))
               << "`ff_mult` is " << floatKnob(stack, "ff_mult", layer)
               << ", which leaves the feedforward no width: int(dim * ff_mult) "
                  "must be positive";
    return success();
  }

  void expandEntry(StringRef name, StringRef rows, bool pooled) {
    int64_t dim = intKnob(stack, "dim");
    auto type = b.getFunctionType(BatchType::get(b.getContext()),
                                  getRowsType(b.getContext(), dim));
    b.setInsertionPointToEnd(module.getBody());
    b.setLoc(ownLoc(wrapper));
    auto function = b.create<func::FuncOp>(name, type);
    function->setAttr(kEntryAttr, b.getUnitAttr());
    function->setAttr(kResultRowsAttr, b.getStringAttr(rows));
    if (!firstFunction)
      firstFunction = function;
    Block *block = function.addEntryBlock();
    b.setInsertionPointToStart(block);
    batch = block->getArgument(0);
    Value x = expandStack(expandEmbedding());
    if (pooled)
      x = expandPooling(x);
    b.setLoc(ownLoc(wrapper));
    b.create<func::ReturnOp>(x);
  }

  //===--- Embedding and pooling ------------------------------------------===//

  Value expandEmbedding() {
    int64_t width = intKnob(wrapper, "emb_dim");
    SmallVector<Attribute> tables, indices;
    auto addTable = [&](StringRef name, int64_t rows, GatherIndex index) {
      tables.push_back(weight((name + ".weight").str(), {rows, width}));
      indices.push_back(GatherIndexAttr::get(b.getContext(), index));
    };
    addTable("token_emb", intKnob(wrapper, "num_tokens"), GatherIndex::Ids);
    if (boolKnob(wrapper, "use_abs_pos_emb"))
      addTable("pos_emb", intKnob(wrapper, "max_seq_len"),
               GatherIndex::Positions);
    if (int64_t types = intKnob(wrapper, "token_types"))
      addTable("type_emb", types, GatherIndex::Types);
    setName("embed", wrapper);
    Value x =
        b.create<EmbedOp>(getRowsType(b.getContext(), width), batch,
                          b.getArrayAttr(tables), b.getArrayAttr(indices));
    return boolKnob(wrapper, "post_emb_norm") ? norm("post_emb_norm", x) : x;
  }

  Value expandPooling(Value x) {
    setName("pool", wrapper);
    PoolKind kind = *symbolizePoolKind(wordKnob(wrapper, "pool"));
    x = b.create<PoolOp>(x.getType(), kind, x, batch);
    if (!boolKnob(wrapper, "normalize"))
      return x;
    setName("normalize", wrapper);
    return b.create<NormOp>(x.getType(), NormKind::L2, x, FlatSymbolRefAttr(),
                            FlatSymbolRefAttr(), APFloat(kNormalizeEps));
  }

  //===--- The stack ------------------------------------------------------===//

  Value expandStack(Value x) {
    unsigned sublayer = 0;
    for (unsigned layer = 0; layer < intKnob(stack, "depth"); ++layer) {
      x = expandSublayer(x, sublayer++, [&](StringRef prefix, Value y) {
        return expandAttention(prefix, layer, y);
      });
      if (!boolKnob(stack, "only_attn"))
        x = expandSublayer(x, sublayer++, [&](StringRef prefix, Value y) {
          return expandFeedforward(prefix, layer, y);
        });
    }
    if (boolKnob(stack, "pre_norm") &&
        boolKnob(stack, "pre_norm_has_final_norm"))
      x = norm("final_norm", x);
    return x;
  }

  /// Norm, branch, residual sum, norm: the norm is on one side of the branch.
  Value expandSublayer(Value x, unsigned sublayer,
                       function_ref<Value(StringRef, Value)> branch) {
    std::string prefix = ("layers." + Twine(sublayer) + ".").str();
    bool preNorm = boolKnob(stack, "pre_norm");
    Value y = preNorm ? norm(prefix + "norm_pre", x) : x;
    Value out = branch(prefix, y);
    setName(prefix + "residual", stack);
    x = b.create<AddOp>(out, x);
    return preNorm ? x : norm(prefix + "norm_post", x);
  }

  Value expandAttention(StringRef prefix, unsigned layer, Value y) {
    int64_t heads = intKnob(stack, "heads");
    int64_t kvHeads = intKnob(stack, "attn_kv_heads", layer);
    int64_t headDim = intKnob(stack, "attn_dim_head");
    int64_t valueDim = intKnob(stack, "attn_value_dim_head", layer);
    bool bias = boolKnob(stack, "attn_bias", layer);
    Value q = linear(prefix + "to_q", y, heads * headDim, bias);
    Value k = linear(prefix + "to_k", y, kvHeads * headDim, bias);
    Value v = linear(prefix + "to_v", y, kvHeads * valueDim, bias);
    setName(prefix + "attention", stack);
    auto attention = b.create<AttentionOp>(
        getRowsType(b.getContext(), heads * valueDim), q, k, v, batch,
        b.getI64IntegerAttr(heads), b.getI64IntegerAttr(kvHeads),
        b.getI64IntegerAttr(headDim), b.getI64IntegerAttr(valueDim),
        b.getF64FloatAttr(1 / std::sqrt(static_cast<double>(headDim))));
    AttentionMods mods(stack, layer, b.getLoc());
    mods.buildScoreMod(attention.getScoreMod());
    mods.buildMaskMod(attention.getMaskMod());
    // One head has nothing to mix: x-transformers leaves the projection out.
    if (heads == 1)
      return attention;
    return linear(prefix + "to_out", attention, intKnob(stack, "dim"), bias);
  }

  Value expandFeedforward(StringRef prefix, unsigned layer, Value y) {
    bool bias = !boolKnob(stack, "ff_no_bias", layer);
    ActivationKind kind = ActivationKind::Gelu;
    if (boolKnob(stack, "ff_swish", layer))
      kind = ActivationKind::Silu;
    if (boolKnob(stack, "ff_relu_squared", layer))
      kind = ActivationKind::Relu2;
    Value hidden = linear(prefix + "ff_in", y, ffWidth(layer), bias);
    setName(prefix + "activation", stack);
    hidden = b.create<ActivationOp>(hidden.getType(), kind, hidden);
    return linear(prefix + "ff_out", hidden, intKnob(stack, "dim"), bias);
  }

  /// int(dim * ff_mult), as Python rounds.
  int64_t ffWidth(unsigned layer) {
    return static_cast<int64_t>(static_cast<double>(intKnob(stack, "dim")) *
                                floatKnob(stack, "ff_mult", layer));
  }

  //===--- Pieces ---------------------------------------------------------===//

  Value linear(const Twine &twine, Value x, int64_t width, bool hasBias) {
    std::string name = twine.str();
    int64_t in = cast<RankedTensorType>(x.getType()).getDimSize(1);
    FlatSymbolRefAttr matrix = weight(name + ".weight", {width, in}), bias;
    if (hasBias)
      bias = weight(name + ".bias", {width});
    setName(name, stack);
    return b.create<LinearOp>(getRowsType(b.getContext(), width), x, matrix,
                              bias);
  }

  Value norm(const Twine &twine, Value x) {
    std::string name = twine.str();
    int64_t width = cast<RankedTensorType>(x.getType()).getDimSize(1);
    FlatSymbolRefAttr gain = weight(name + ".gain", {width}), bias;
    if (boolKnob(stack, "norm_bias"))
      bias = weight(name + ".bias", {width});
    setName(name, stack);
    return b.create<NormOp>(x.getType(), NormKind::Layer, x, gain, bias,
                            APFloat(floatKnob(stack, "norm_eps")));
  }

  /// The symbol of logical tensor `logical`, made at its first use; `.weight`
  /// is left out of the symbol's name.
  FlatSymbolRefAttr weight(StringRef logical, ArrayRef<int64_t> shape) {
    StringRef name = logical;
    name.consume_back(".weight");
    if (weights.insert(name).second) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPoint(firstFunction);
      setName(name, stack);
      b.create<WeightOp>(name, RankedTensorType::get(shape, b.getF32Type()),
                         RecipeAttr::tensor(b.getContext(), logical, shape),
                         StringAttr());
    }
    return FlatSymbolRefAttr::get(b.getContext(), name);
  }

  /// Ops made from here on are called `name` and point at `source`.
  void setName(const Twine &name, Operation *source) {
    b.setLoc(NameLoc::get(b.getStringAttr(name), ownLoc(source)));
  }

  ModuleOp module;
  TransformerWrapperOp wrapper;
  AttentionLayersOp stack;
  ImplicitLocOpBuilder b;
  func::FuncOp firstFunction;
  llvm::StringSet<> weights;
  Value batch;
};

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// The one model of the module, or null with an error.
ModelOp findModel(ModuleOp module) {
  ModelOp found;
  for (auto model : module.getOps<ModelOp>()) {
    if (found) {
      InFlightDiagnostic diag =
          model.emitOpError()
          << "is the second of the module, but one library holds one model";
      diag.attachNote(found.getLoc()) << "the first is here";
      return nullptr;
    }
    found = model;
  }
  if (!found)
    module.emitError("the module has no `xf.model` to expand");
  return found;
}

/// Keeps what the library must know of the model after the declaration is gone.
void annotateModule(ModuleOp module, ModelOp model) {
  MLIRContext *context = module.getContext();
  auto wrapper = cast<TransformerWrapperOp>(model.getWrapper());
  // From now on the module is the model, and errors about it point there.
  module->setLoc(ownLoc(model));
  module->setAttr(kModelInfoAttr,
                  ModelInfoAttr::get(context, model.getSymName(),
                                     intKnob(wrapper, "num_tokens"),
                                     intKnob(wrapper, "max_seq_len"),
                                     intKnob(wrapper, "token_types")));
  if (!model.getWeightsLayout())
    return;
  StringRef layout = *model.getWeightsLayout();
  // Only x-transformers stores gains minus one.
  bool minusOne = layout == "x_transformers" &&
                  boolKnob(wrapper.getStack(), "norm_add_unit_offset");
  module->setAttr(
      kCheckpointAttr,
      CheckpointAttr::get(context, layout, *model.getWeightsFile(), minusOne));
}

struct ExpandBlocksPass
    : public xf::impl::ExpandBlocksPassBase<ExpandBlocksPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    ModelOp model = findModel(module);
    if (!model || failed(Expander(model, module).run()))
      return signalPassFailure();
    annotateModule(module, model);
    model.erase();
  }
};

} // namespace
