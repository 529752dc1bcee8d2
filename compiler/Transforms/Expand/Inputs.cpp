// The inputs of a call that knobs read: name, rows, and what a row has that the
// caller does not give.
#include "compiler/Transforms/Expand/Expander.h"

#include "llvm/ADT/STLExtras.h"

#include <optional>

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

namespace {
enum class Shape {
  Row,     ///< one column, in the space that is said
  Emb,     ///< as wide as the embeddings
  Dim,     ///< as wide as the stream
  Context, ///< as wide as the context
  Cond,    ///< as wide as the condition
  Pairs,   ///< per query, head and key
};

struct InputKind {
  StringLiteral name;
  Shape shape;
  RowSpace space;
  std::optional<double> fill; ///< none: required
  Scatter scatter = Scatter::Tokens;
};
} // namespace

static const InputKind kInputs[] = {
    {"mask", Shape::Row, RowSpace::Tokens, 1},
    // Below 0: not given, and then `mask` is what masks keys.
    {"self_attn_kv_mask", Shape::Row, RowSpace::Tokens, -1},
    {"seq_start_pos", Shape::Row, RowSpace::Sequences, -1},
    {"prefix_attn_len", Shape::Row, RowSpace::Sequences, 0},
    {"decoded", Shape::Row, RowSpace::Tokens, 0},
    {"is_prepended", Shape::Row, RowSpace::Tokens, 0},
    {"is_token", Shape::Row, RowSpace::Tokens, 0},
    {"prepend_embeds", Shape::Emb, RowSpace::Tokens, 0, Scatter::Prepended},
    {"sum_embeds", Shape::Emb, RowSpace::Tokens, 0},
    {"attn_mask", Shape::Pairs, RowSpace::Tokens, 1},
    {"attn_bias", Shape::Pairs, RowSpace::Tokens, std::nullopt},
    {"context", Shape::Context, RowSpace::Context, std::nullopt},
    {"context_mask", Shape::Row, RowSpace::Context, 1},
    {"context_pos", Shape::Row, RowSpace::Context, std::nullopt},
    {"condition", Shape::Cond, RowSpace::Tokens, std::nullopt, Scatter::All},
    {"in_attn_cond", Shape::Dim, RowSpace::Tokens, std::nullopt, Scatter::All},
};

/// Inputs that come with a knob and are not listed.
static bool isTaken(const Expander &e, StringRef name) {
  if (name == "is_prepended")
    return hasInput(e.wrapper, "prepend_embeds");
  if (name == "is_token")
    return e.chunk() != 0;
  if (name == "context")
    return e.layout.count(Sublayer::Kind::Cross) != 0;
  if (name == "condition")
    return boolKnob(e.stack, "use_adaptive_layernorm") ||
           boolKnob(e.stack, "use_adaptive_rmsnorm") ||
           boolKnob(e.stack, "use_adaptive_layerscale");
  return hasInput(e.wrapper, name);
}

static int64_t widthOf(const Expander &e, Shape shape) {
  auto intOr = [&](Operation *op, StringRef name) {
    return hasKnob(op, name) ? intKnob(op, name) : e.dim();
  };
  switch (shape) {
  case Shape::Row:
    return 1;
  case Shape::Emb:
    return intOr(e.wrapper, "emb_dim");
  case Shape::Dim:
    return e.dim();
  case Shape::Context:
    return hasKnob(e.stack, "cross_attn_dim_context")
               ? intKnob(e.stack, "cross_attn_dim_context")
               : intOr(e.stack, "attn_dim_context");
  case Shape::Cond:
    return intOr(e.stack, "dim_condition");
  case Shape::Pairs:
    return intKnob(e.stack, "heads");
  }
  llvm_unreachable("all shapes handled");
}

Value Expander::input(StringRef name) {
  auto [slot, isNew] = inputs.try_emplace(name);
  if (!isNew || !isTaken(*this, name))
    return slot->second;
  ImplicitLocOpBuilder::InsertionGuard guard(b);
  Location before = b.getLoc();
  b.setInsertionPointToStart(batch.getParentBlock());
  setName(name, wrapper);
  auto known = llvm::find_if(
      kInputs, [&](const InputKind &kind) { return kind.name == name; });
  Attribute fill;
  Type type;
  Scatter scatter = Scatter::Tokens;
  if (name == "pos") {
    fill = b.getStringAttr("index");
    type = getRowsType(b.getContext(), 1);
  } else {
    int64_t width = widthOf(*this, known->shape);
    if (known->fill)
      fill = b.getF64FloatAttr(*known->fill);
    type = known->shape == Shape::Pairs
               ? getPairsType(b.getContext(), width)
               : getRowsType(b.getContext(), width, known->space);
    scatter = known->scatter;
  }
  slot->second = b.create<InputOp>(type, b.getStringAttr(name), fill, scatter);
  b.setLoc(before);
  return slot->second;
}

Value Expander::inputRows(StringRef name, int64_t width, Scatter scatter) {
  setName(name, wrapper);
  return b.create<InputOp>(getRowsType(b.getContext(), width),
                           b.getStringAttr(name), Attribute(), scatter);
}

} // namespace xf::expand
