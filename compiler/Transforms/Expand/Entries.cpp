// The entry points of each class of model: which there are, and what each
// returns of the stack's rows.
#include "compiler/Transforms/Expand/Blocks.h"

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

namespace {

/// What pooled vectors are divided by at least, torch's `normalize`.
constexpr double kUnitEps = 1e-12;

bool isOn(Operation *op, StringRef name) {
  return hasKnob(op, name) && boolKnob(op, name);
}

//===----------------------------------------------------------------------===//
// TransformerWrapper
//===----------------------------------------------------------------------===//

/// The entries of one TransformerWrapper, which may be a tower of two.
class WrapperEntries {
public:
  WrapperEntries(Expander &e) : e(e), wrapper(e.wrapper) {}

  /// `states` under another name (`encodings`).
  void expandStates(StringRef name) {
    entry(name, [&] { return states(); });
  }

  void expandHeads() {
    if (isOn(wrapper, "add_continuous_pred_head"))
      expandContinuousHead();
    // A model that pools is about vectors of sequences.
    if (isOn(wrapper, "attn_pool"))
      return entry("pooled", [&] {
        pooled = true;
        return attentionPool(e, stackRows());
      });
    if (isOn(wrapper, "return_only_embed") ||
        wordKnob(wrapper, "pool") != "none")
      return;
    int64_t heads = intKnob(wrapper, "num_output_heads");
    int64_t parts = std::max<int64_t>(e.clsTokens(), 1);
    for (int64_t head = 0; head < heads; ++head)
      entry(heads == 1 ? "logits" : "logits_" + std::to_string(head),
            [&] { return expandLogits(e, states(), head, parts); });
  }

  void expandEncode() {
    if (wordKnob(wrapper, "pool") != "none")
      entry("encode", [&] { return pool(states()); });
  }

private:
  /// One entry; result rows of tokens leave out the memory in front.
  void entry(StringRef name, function_ref<Value()> body) {
    func::FuncOp function = e.beginEntry(name);
    pooled = false;
    Value result = body();
    e.endEntry(function, result, pooled || e.chunk() ? 0 : e.memoryTokens());
  }

  Value stackRows() {
    Value x = intoStack(e, embedTokens(e));
    if (isOn(wrapper, "looped")) {
      for (int64_t n = intKnob(wrapper, "max_looped_steps"); n > 0; --n)
        x = expandStack(e, x);
      return x;
    }
    Value y = expandStack(e, x);
    if (isOn(wrapper, "recycling"))
      for (int64_t n = intKnob(wrapper, "recycle_steps"); n > 1; --n)
        y = expandStack(e, e.add("recycled", x,
                                 e.linear("recycled_proj", y, e.dim(), false)));
    return y;
  }

  /// What x-transformers returns as embeddings.
  Value states() {
    Value y = stackRows();
    if (isOn(wrapper, "average_pool_embed")) {
      pooled = true;
      return meanOfRows(e, y);
    }
    if (e.clsTokens() == 0)
      return y;
    pooled = true;
    return clsRows(e, y);
  }

  Value pool(Value x) {
    if (!pooled) {
      pooled = true;
      PoolKind kind = *symbolizePoolKind(wordKnob(wrapper, "pool"));
      x = kind == PoolKind::Mean ? meanOfRows(e, x)
          : kind == PoolKind::Cls && e.memoryTokens()
              ? e.pool("pool", PoolKind::Row, x, e.memoryTokens())
              : e.pool("pool", kind, x);
    }
    if (!boolKnob(wrapper, "normalize"))
      return x;
    return e.norm("normalize", NormKind::L2, x, kUnitEps);
  }

  /// The embeddings that enter the stack, and the prediction of the next ones.
  void expandContinuousHead() {
    entry("init_embed", [&] { return embedTokens(e); });
    entry("next_embed", [&] {
      Value hidden = e.linear("to_next_embed_pred.0", states(), e.dim(), false);
      e.setName("to_next_embed_pred.1");
      hidden = e.b.create<ActivationOp>(hidden.getType(), ActivationKind::Silu,
                                        hidden);
      return e.linear("to_next_embed_pred.2", hidden, e.dim(), false);
    });
  }

  Expander &e;
  Operation *wrapper;
  bool pooled = false;
};

//===----------------------------------------------------------------------===//
// Models without token ids
//===----------------------------------------------------------------------===//

void setSizes(func::FuncOp function, int64_t numTokens, int64_t maxSeqLen) {
  Builder builder(function);
  function->setAttr(kNumTokensAttr, builder.getI64IntegerAttr(numTokens));
  function->setAttr(kMaxSeqLenAttr, builder.getI64IntegerAttr(maxSeqLen));
}

void expandBareStack(Expander &e) {
  func::FuncOp function = e.beginEntry("states");
  Value result = expandStack(e, e.inputRows("x", e.dim()));
  e.endEntry(function, result);
  setSizes(function, 0, 0);
}

/// Patches are normed, projected and normed, and get positions.
Value embedPatches(Expander &e) {
  int64_t patch = intKnob(e.wrapper, "patch_size");
  int64_t width = patch * patch * intKnob(e.wrapper, "channels");
  auto normed = [&](const std::string &name, Value x) {
    return e.norm(name, NormKind::Layer, x, 1e-5,
                  e.weight(name + ".gain", {getWidth(x)}));
  };
  Value x = normed("patch_norm", e.inputRows("images", width, Scatter::Images));
  x = normed("patch_emb_norm", e.linear("patch_emb", x, e.dim(), true));
  e.setName("patch_positions", e.wrapper);
  Value positions = e.b.create<EmbedOp>(
      e.dim(), e.batch, e.weight("patch_pos.weight", {e.maxTokens(), e.dim()}),
      StringRef("positions"));
  return placeLearnedRows(e,
                          finishEmbedding(e, e.add("patches", x, positions)));
}

void expandVision(Expander &e) {
  auto entry = [&](StringRef name, function_ref<Value(Value)> body,
                   int64_t skipTail) {
    func::FuncOp function = e.beginEntry(name);
    Value result = body(expandStack(e, embedPatches(e)));
    e.endEntry(function, result, 0, skipTail);
    setSizes(function, 0, e.maxTokens());
    function->setAttr(kImageAttr,
                      e.b.getI64ArrayAttr({intKnob(e.wrapper, "channels"),
                                           intKnob(e.wrapper, "image_size"),
                                           intKnob(e.wrapper, "patch_size")}));
  };
  entry("states", [](Value x) { return x; }, e.registers());
  entry(
      "logits",
      [&](Value x) {
        Value mean = meanOfRows(e, x);
        if (!hasKnob(e.wrapper, "num_classes"))
          return mean;
        return e.linear("mlp_head", mean, intKnob(e.wrapper, "num_classes"),
                        true);
      },
      0);
}

/// Columns are means and logarithms of variances in turn; the result has the
/// means, then the variances.
Value splitProbabilities(Expander &e, Value y) {
  int64_t half = getWidth(y) / 2;
  return e.map("probabilities", y, {}, 2 * half,
               [&](Scalars &s, Scalar c, Scalar, Scalar) {
                 Scalar size = s.integer(half), zero = s.integer(0);
                 Scalar isMean = s.less(c, size);
                 Scalar over = s.sub(c, size);
                 Scalar pair = s.select(isMean, c, s.max(over, zero));
                 Scalar even = s.add(pair, pair);
                 Scalar mean = s.read(0, even);
                 Scalar odd = s.add(even, s.integer(1));
                 Scalar variance = s.exp(s.read(0, odd));
                 return s.select(isMean, mean, variance);
               });
}

void expandContinuous(Expander &e) {
  Operation *wrapper = e.wrapper;
  func::FuncOp function = e.beginEntry("output");
  auto widthOr = [&](StringRef name) {
    return hasKnob(wrapper, name) ? intKnob(wrapper, name) : e.dim();
  };
  bool keepSame = isOn(wrapper, "use_identity_if_same_dim");
  Value x = e.inputRows("x", widthOr("dim_in"));
  if (hasKnob(wrapper, "dim_in") && !(keepSame && getWidth(x) == e.dim()))
    x = e.linear("project_in", x, e.dim(), false);
  x = finishEmbedding(e, addPositions(e, x));
  Value y = expandStack(e, placeLearnedRows(e, x));
  int64_t skip = e.memoryTokens();
  if (isOn(wrapper, "average_pool_embed")) {
    y = meanOfRows(e, y);
    skip = 0;
  }
  bool probabilistic = isOn(wrapper, "probabilistic");
  int64_t width = widthOr("dim_out") * (probabilistic ? 2 : 1);
  if (hasKnob(wrapper, "dim_out") && !(keepSame && width == e.dim()))
    y = e.linear("project_out", y, width, false);
  if (probabilistic)
    y = splitProbabilities(e, y);
  e.endEntry(function, y, skip);
  setSizes(function, 0, e.maxTokens());
}

void expandMultiInput(Expander &e) {
  auto entry = [&](const std::string &name, function_ref<Value(Value)> body) {
    func::FuncOp function = e.beginEntry(name);
    e.endEntry(function, body(expandStack(e, intoStack(e, embedStreams(e)))),
               e.memoryTokens());
    setSizes(function, 0, e.maxTokens());
  };
  entry("states", [](Value x) { return x; });
  for (NamedAttribute stream : dictKnob(e.wrapper, "num_tokens")) {
    std::string name = stream.getName().str();
    int64_t rows = cast<IntegerAttr>(stream.getValue()).getInt();
    entry("logits_" + name, [&](Value x) {
      return e.linear("to_logits." + name, x, rows, false);
    });
  }
}

} // namespace

//===----------------------------------------------------------------------===//
// All of them
//===----------------------------------------------------------------------===//

/// The expander of what stands in `wrapper`, or failure with an error.
static FailureOr<Expander> expanderOf(GraphModule &graph, Operation *wrapper,
                                      StringRef tower = "") {
  AttentionLayersOp stack = stackOf(wrapper);
  auto layout = layoutOf(stack);
  if (failed(layout))
    return failure();
  return Expander(graph, wrapper, stack, *layout, tower);
}

static LogicalResult expandTowers(GraphModule &graph, XTransformerOp model) {
  auto encoder = expanderOf(graph, model.getEncoder(), "encoder.");
  auto decoder = expanderOf(graph, model.getDecoder(), "decoder.");
  if (failed(encoder) || failed(decoder))
    return failure();
  if (isOn(model, "tie_token_emb"))
    decoder->sharedTokens = "encoder.token_emb.weight";
  WrapperEntries(*encoder).expandStates("encodings");
  WrapperEntries entries(*decoder);
  entries.expandStates("states");
  entries.expandHeads();
  for (auto function : graph.module.getOps<func::FuncOp>()) {
    bool isEncoder = function.getName() == "encodings";
    Operation *side = isEncoder ? model.getEncoder() : model.getDecoder();
    setSizes(function, intKnob(side, "num_tokens"),
             intKnob(side, "max_seq_len"));
  }
  return success();
}

LogicalResult expandModel(ModelOp model, ModuleOp module) {
  GraphModule graph{module, {}, {}};
  Operation *wrapper = model.getWrapper();
  if (auto towers = dyn_cast<XTransformerOp>(wrapper))
    return expandTowers(graph, towers);
  auto e = expanderOf(graph, wrapper);
  if (failed(e))
    return failure();
  if (isa<AttentionLayersOp>(wrapper)) {
    expandBareStack(*e);
  } else if (isa<ViTransformerWrapperOp>(wrapper)) {
    expandVision(*e);
  } else if (isa<ContinuousTransformerWrapperOp>(wrapper)) {
    expandContinuous(*e);
  } else if (isa<MultiInputTransformerWrapperOp>(wrapper)) {
    expandMultiInput(*e);
  } else {
    WrapperEntries entries(*e);
    entries.expandStates("states");
    entries.expandHeads();
    entries.expandEncode();
  }
  return success();
}

} // namespace xf::expand
