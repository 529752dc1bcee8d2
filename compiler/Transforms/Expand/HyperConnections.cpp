// Hyper connections: a branch reads a gated sum of the streams, and each stream
// becomes the sum of all plus a gate of its own times the branch's output.
// (x-transformers' mixing matrix between streams is all ones.)
#include "compiler/Transforms/Expand/Streams.h"

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

Value StreamsRule::enter(Value x) {
  FlatSymbolRefAttr embedding = e.weight("stream_emb", {count, dim});
  return e.map("streams", x, embedding, count * dim,
               [&](Scalars &s, Scalar c, Scalar, Scalar) {
                 Scalar width = s.integer(dim);
                 Scalar stream = s.div(c, width);
                 Scalar column = s.rem(c, width);
                 Scalar own = s.table(0, {stream, column});
                 return s.add(s.read(0, column), own);
               });
}

/// Column `c` of the sum of the streams in operand `operand`.
static Scalar sumOfStreams(Scalars &s, int64_t operand, Scalar c, int64_t dim,
                           int64_t count) {
  Scalar sum = s.read(operand, c);
  for (int64_t stream = 1; stream < count; ++stream) {
    Scalar offset = s.integer(stream * dim);
    Scalar column = s.add(c, offset);
    sum = s.add(sum, s.read(operand, column));
  }
  return sum;
}

Value StreamsRule::leave(Value x) {
  return e.map("streams.sum", x, {}, dim,
               [&](Scalars &s, Scalar c, Scalar, Scalar) {
                 return sumOfStreams(s, 0, c, dim, count);
               });
}

namespace {

class HyperConnections : public StreamsRule {
public:
  using StreamsRule::StreamsRule;

  SmallVector<Value> open(const Sublayer &sub, Value x,
                          unsigned views) override {
    std::string name = sub.prefix() + "hyper";
    MLIRContext *context = e.b.getContext();
    RecipeAttr gain = e.tensor(name + ".norm.weight", {dim});
    Value normed =
        e.norm(name + ".norm", NormKind::Layer, x, 1e-5,
               e.weight(name + ".norm", RecipeAttr::repeat(gain, 0, count)), {},
               count);
    Value logits = e.linear(
        name + ".gates", normed, (views + 1) * count,
        e.weight(name + ".gates", gateMatrix(name, views)),
        e.weight(name + ".gates.bias", gateBias(context, name, views)));
    gates = expandGates(name, logits, views);
    SmallVector<Value> result;
    for (unsigned view = 0; view < views; ++view)
      result.push_back(read(name, x, view));
    return result;
  }

  Value close(const Sublayer &sub, Value x, Value out) override {
    int64_t first = getWidth(gates) - count;
    auto body = [&](Scalars &s, Scalar c, Scalar, Scalar) {
      Scalar width = s.integer(dim), begin = s.integer(first);
      Scalar stream = s.div(c, width);
      Scalar column = s.rem(c, width);
      Scalar sum = sumOfStreams(s, 0, column, dim, count);
      Scalar gate = s.read(1, s.add(stream, begin));
      return s.add(s.mul(s.read(2, column), gate), sum);
    };
    return e.map(sub.prefix() + "residual", {x, gates, out}, {}, count * dim,
                 body);
  }

private:
  /// `row` [n, dim] where stream `stream` stands, zeros for the others.
  RecipeAttr atStream(RecipeAttr rows, int64_t stream) {
    int64_t height = rows.getShape().front();
    SmallVector<RecipeAttr> parts;
    auto addZeros = [&](int64_t columns) {
      if (columns)
        parts.push_back(
            RecipeAttr::fill(rows.getContext(), {height, columns}, 0));
    };
    addZeros(stream * dim);
    parts.push_back(rows);
    addZeros((count - 1 - stream) * dim);
    return parts.size() == 1 ? rows : RecipeAttr::concat(1, parts);
  }

  /// Rows: the gate of each view and stream, then one for each stream's share
  /// of the output. alpha's scale is multiplied in.
  RecipeAttr gateMatrix(const std::string &name, int64_t views) {
    RecipeAttr alpha = RecipeAttr::transpose(
        e.tensor(name + ".dynamic_alpha_fn", {dim, views + count}));
    RecipeAttr scale = RecipeAttr::repeat(
        RecipeAttr::reshape(e.tensor(name + ".dynamic_alpha_scale", {}), {1}),
        0, dim);
    RecipeAttr beta = RecipeAttr::reshape(
        e.tensor(name + ".dynamic_beta_fn", {dim}), {1, dim});
    SmallVector<RecipeAttr> rows;
    for (int64_t view = 0; view < views; ++view) {
      RecipeAttr row =
          RecipeAttr::mul(RecipeAttr::slice(alpha, 0, view, 1), scale);
      for (int64_t stream = 0; stream < count; ++stream)
        rows.push_back(atStream(row, stream));
    }
    for (int64_t stream = 0; stream < count; ++stream)
      rows.push_back(atStream(beta, stream));
    return RecipeAttr::concat(0, rows);
  }

  RecipeAttr gateBias(MLIRContext *context, const std::string &name,
                      int64_t views) {
    RecipeAttr fixed = e.tensor(name + ".static_alpha", {count, views + count});
    SmallVector<RecipeAttr> parts;
    for (int64_t view = 0; view < views; ++view)
      parts.push_back(
          RecipeAttr::reshape(RecipeAttr::slice(fixed, 1, view, 1), {count}));
    parts.push_back(RecipeAttr::fill(context, {count}, 0));
    return RecipeAttr::concat(0, parts);
  }

  /// sigmoid for reading; 2 sigmoid(2 sigmoid(z) * scale + beta) for writing.
  Value expandGates(const std::string &name, Value logits, int64_t views) {
    SmallVector<FlatSymbolRefAttr> tables = {
        e.weight(name + ".dynamic_beta_scale",
                 RecipeAttr::reshape(e.tensor(name + ".dynamic_beta_scale", {}),
                                     {1})),
        e.weight(name + ".static_beta", {count})};
    auto body = [&](Scalars &s, Scalar c, Scalar, Scalar) {
      Scalar firstBeta = s.integer(views * count), zero = s.integer(0);
      Scalar inner = s.sigmoid(s.read(0, c));
      Scalar stream = s.max(s.sub(c, firstBeta), zero);
      Scalar scale = s.table(0, zero), fixed = s.table(1, stream);
      Scalar two = s.constant(2);
      Scalar outer = s.add(s.mul(s.mul(inner, two), scale), fixed);
      Scalar beta = s.mul(s.sigmoid(outer), two);
      return s.select(s.less(c, firstBeta), inner, beta);
    };
    return e.map(name + ".activation", logits, tables, getWidth(logits), body);
  }

  Value read(const std::string &name, Value x, int64_t view) {
    auto body = [&](Scalars &s, Scalar c, Scalar, Scalar) {
      Scalar sum;
      for (int64_t stream = 0; stream < count; ++stream) {
        Scalar offset = s.integer(stream * dim);
        Scalar column = s.add(c, offset);
        Scalar gate = s.read(1, view * count + stream);
        Scalar part = s.mul(s.read(0, column), gate);
        sum = sum ? s.add(sum, part) : part;
      }
      return sum;
    };
    return e.map(name + ".read", {x, gates}, {}, dim, body);
  }

  Value gates;
};

} // namespace

std::unique_ptr<ResidualRule> makeHyperConnections(Expander &e) {
  return std::make_unique<HyperConnections>(e);
}

} // namespace xf::expand
