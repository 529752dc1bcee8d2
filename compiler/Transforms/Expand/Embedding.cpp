// From token ids to the rows that enter the stack: tables, positions, what a
// call adds or puts in front, and the learned rows of the model.
#include "compiler/Transforms/Expand/Blocks.h"

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

namespace {

bool isOn(Expander &e, StringRef name) {
  return hasKnob(e.wrapper, name) && boolKnob(e.wrapper, name);
}

/// The tables whose rows are summed, with the index of each.
class Tables {
public:
  Tables(Expander &e, int64_t width) : e(e), width(width) {}

  void add(StringRef index, FlatSymbolRefAttr table) {
    indices.push_back(e.b.getStringAttr(index).getValue());
    tables.push_back(table);
  }
  void addTokens() {
    add("ids", scaled("token_emb", intKnob(e.wrapper, "num_tokens")));
  }
  void addPositions() {
    if (!isOn(e, "use_abs_pos_emb"))
      return;
    int64_t rows = intKnob(e.wrapper, "max_seq_len");
    // Positions that a call may give, or those of the tokens.
    StringRef index = hasInput(e.wrapper, "pos") ? "pos" : "positions";
    if (!isOn(e, "scaled_sinu_pos_emb"))
      return add(index, scaled("pos_emb", rows));
    RecipeAttr scale =
        RecipeAttr::repeat(e.tensor("pos_emb.scale", {1}), 0, width);
    RecipeAttr waves = RecipeAttr::sinusoid(e.b.getContext(), rows, width);
    add(index, e.weight("pos_emb", RecipeAttr::mul(waves, scale)));
  }
  void addNamed() {
    for (NamedAttribute entry : dictKnob(e.wrapper, "embed_num_tokens")) {
      StringRef name = entry.getName();
      int64_t rows = cast<IntegerAttr>(entry.getValue()).getInt();
      add(("embed_ids." + name).str(),
          e.weight("embeds." + name + ".weight", {rows, width}));
    }
  }
  /// `token_types`, xfc's own.
  void addTypes() {
    if (int64_t rows = intKnob(e.wrapper, "token_types"))
      add("token_types", e.weight("type_emb.weight", {rows, width}));
  }

  bool empty() const { return tables.empty(); }
  Value expand() {
    e.setName(e.tower + "embed", e.wrapper);
    return e.b.create<EmbedOp>(width, e.batch, tables, indices);
  }

private:
  /// A learned table; with `l2norm_embed` its rows have unit length.
  FlatSymbolRefAttr scaled(const std::string &name, int64_t rows) {
    // Towers that share a table say so in the wrapper of the second.
    RecipeAttr table = e.tensor(name + ".weight", {rows, width});
    if (name == "token_emb" && !e.sharedTokens.empty())
      table =
          RecipeAttr::tensor(e.b.getContext(), e.sharedTokens, {rows, width});
    if (isOn(e, "l2norm_embed"))
      table = RecipeAttr::unary(RecipeKind::UnitRows, table);
    return e.weight(name, table);
  }

  Expander &e;
  int64_t width;
  SmallVector<FlatSymbolRefAttr> tables;
  SmallVector<StringRef> indices;
};

/// Rows that the call puts in front of the tokens.
Value placePrepended(Expander &e, Value x) {
  Value prepended = e.input("prepend_embeds");
  if (!prepended)
    return x;
  return e.map("prepended", {x, prepended, e.input("is_prepended")}, {},
               getWidth(x), [](Scalars &s, Scalar c, Scalar, Scalar) {
                 Scalar here = s.read(2, 0);
                 Scalar is = s.greater(here, s.constant(0));
                 Scalar row = s.read(1, c);
                 return s.select(is, row, s.read(0, c));
               });
}

} // namespace

Value addPositions(Expander &e, Value x) {
  Tables tables(e, getWidth(x));
  tables.addPositions();
  return tables.empty() ? x : e.add("embed.sum", x, tables.expand());
}

Value finishEmbedding(Expander &e, Value x) {
  if (Value more = e.input("sum_embeds"))
    x = e.add("sum_embeds", x, more);
  if (isOn(e, "post_emb_norm"))
    x = layerNorm(e, "post_emb_norm", x);
  return placePrepended(e, x);
}

Value embedTokens(Expander &e) {
  Tables tables(e, intKnob(e.wrapper, "emb_dim"));
  tables.addTokens();
  tables.addPositions();
  tables.addNamed();
  tables.addTypes();
  return finishEmbedding(e, tables.expand());
}

Value embedStreams(Expander &e) {
  Tables tables(e, e.dim());
  for (NamedAttribute entry : dictKnob(e.wrapper, "num_tokens")) {
    StringRef name = entry.getName();
    int64_t rows = cast<IntegerAttr>(entry.getValue()).getInt();
    tables.add(("x." + name).str(),
               e.weight("embeds." + name + ".weight", {rows, e.dim()}));
  }
  tables.addPositions();
  return finishEmbedding(e, tables.expand());
}

Value intoStack(Expander &e, Value x) {
  if (getWidth(x) != e.dim())
    x = e.linear("project_emb", x, e.dim(), /*hasBias=*/true);
  return placeLearnedRows(e, x);
}

Value placeLearnedRows(Expander &e, Value x) {
  int64_t memory = e.memoryTokens(), cls = e.clsTokens(), dim = e.dim();
  if (int64_t chunk = e.chunk())
    return placeMemoryBetweenChunks(e, x, chunk);
  int64_t registers = e.registers();
  if (memory + cls + registers == 0)
    return x;
  SmallVector<RecipeAttr> rows;
  if (memory)
    rows.push_back(e.tensor("memory_tokens", {memory, dim}));
  if (cls)
    rows.push_back(e.tensor("cls_token", {cls, dim}));
  if (registers)
    rows.push_back(e.tensor("register_tokens", {registers, dim}));
  FlatSymbolRefAttr table =
      e.weight("learned_rows",
               rows.size() == 1 ? rows.front() : RecipeAttr::concat(0, rows));
  int64_t lead = e.lead();
  auto body = [&](Scalars &s, Scalar c, Scalar i, Scalar n) {
    // Rows from the end of the sequence follow the leading ones in the table.
    Scalar front = s.integer(lead), behind = s.integer(registers);
    Scalar firstBehind = s.sub(n, behind);
    Scalar fromEnd = s.add(s.sub(i, firstBehind), front);
    Scalar isFront = s.less(i, front);
    Scalar row = s.select(isFront, i, fromEnd);
    Scalar isLearned = isFront;
    if (registers)
      isLearned = s.either(isFront, s.greaterEqual(i, firstBehind));
    Scalar bounded = s.clamp(row, 0, lead + registers - 1);
    Scalar learned = s.table(0, {bounded, c});
    return s.select(isLearned, learned, s.read(0, c));
  };
  return e.map("learned_rows", x, table, dim, body);
}

Value placeMemoryBetweenChunks(Expander &e, Value x, int64_t chunk) {
  int64_t memory = e.memoryTokens(), dim = e.dim();
  FlatSymbolRefAttr table = e.weight("memory_tokens", {memory, dim});
  auto body = [&](Scalars &s, Scalar c, Scalar i, Scalar) {
    Scalar within = s.rem(i, s.integer(chunk + memory));
    Scalar isMemory = s.less(within, s.integer(memory));
    Scalar learned = s.table(0, {s.clamp(within, 0, memory - 1), c});
    // The last chunk is filled up with rows of zeros.
    Scalar isToken = s.read(1, 0);
    Scalar token = s.mul(s.read(0, c), isToken);
    return s.select(isMemory, learned, token);
  };
  return e.map("memory_rows", {x, e.input("is_token")}, table, dim, body);
}

} // namespace xf::expand
