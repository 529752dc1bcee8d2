// `gated_multi_residual`: several streams, read through gates of every feature
// and written through one gate each, both made from a narrow code of all.
#include "compiler/Transforms/Expand/Streams.h"

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

namespace {

class GatedStreams : public StreamsRule {
public:
  using StreamsRule::StreamsRule;

  SmallVector<Value> open(const Sublayer &sub, Value x,
                          unsigned views) override {
    std::string name = sub.prefix() + "gated_streams";
    RecipeAttr gain = RecipeAttr::reshape(
        e.tensor(name + ".read_gain", {count, dim}), {count * dim});
    Value normed =
        e.norm(name + ".norm", NormKind::Rms, x, 1.1920928955078125e-07,
               e.weight(name + ".read_gain", gain), {}, count);
    Value code = expandCode(name, normed);
    Value readGates =
        e.linear(name + ".to_read_gate", code, views * count * dim, false);
    writeGates = e.linear(name + ".to_write_gate", code, count, false);
    SmallVector<Value> result;
    for (unsigned view = 0; view < views; ++view)
      result.push_back(read(name, normed, readGates, view, views));
    return result;
  }

  Value close(const Sublayer &sub, Value x, Value out) override {
    std::string name = sub.prefix() + "gated_streams";
    auto body = [&](Scalars &s, Scalar c, Scalar, Scalar) {
      Scalar width = s.integer(dim);
      Scalar stream = s.div(c, width);
      Scalar column = s.rem(c, width);
      Scalar fixed = s.table(0, stream);
      Scalar gate = s.sigmoid(s.add(s.read(1, stream), fixed));
      Scalar both = s.mul(gate, s.constant(2));
      Scalar part = s.mul(s.read(2, column), both);
      return s.add(s.read(0, c), part);
    };
    return e.map(sub.prefix() + "residual", {x, writeGates, out},
                 e.weight(name + ".static_write_logit", {count}), count * dim,
                 body);
  }

private:
  /// silu of a linear of all streams over their number, times a scale.
  Value expandCode(const std::string &name, Value normed) {
    auto rank = dictKnob(e.stack, "residual_fn_kwargs")
                    .getAs<IntegerAttr>("read_gate_rank");
    int64_t width = rank.getInt();
    RecipeAttr matrix = RecipeAttr::scale(
        e.tensor(name + ".to_bottleneck.weight", {width, count * dim}),
        1 / static_cast<double>(count));
    Value code = e.linear(name + ".to_bottleneck", normed, width,
                          e.weight(name + ".to_bottleneck", matrix), {});
    FlatSymbolRefAttr scale = e.weight(
        name + ".dynamic_gate_scale",
        RecipeAttr::reshape(e.tensor(name + ".dynamic_gate_scale", {}), {1}));
    return e.map(name + ".code", code, scale, width,
                 [](Scalars &s, Scalar c, Scalar, Scalar) {
                   Scalar scale = s.table(0, s.integer(0));
                   return s.mul(s.silu(s.read(0, c)), scale);
                 });
  }

  /// The mean over streams of sigmoid(gate) times the normed stream.
  Value read(const std::string &name, Value normed, Value gates, int64_t view,
             int64_t views) {
    FlatSymbolRefAttr fixed =
        e.weight(name + ".static_read_logit." + std::to_string(view),
                 RecipeAttr::reshape(
                     RecipeAttr::slice(e.tensor(name + ".static_read_logit",
                                                {views, count, dim}),
                                       0, view, 1),
                     {count, dim}));
    auto body = [&](Scalars &s, Scalar c, Scalar, Scalar) {
      Scalar sum;
      for (int64_t stream = 0; stream < count; ++stream) {
        Scalar own = s.add(c, s.integer(stream * dim));
        Scalar gateColumn = s.add(c, s.integer((view * count + stream) * dim));
        Scalar logit = s.table(0, {s.integer(stream), c});
        Scalar gate = s.sigmoid(s.add(s.read(1, gateColumn), logit));
        Scalar part = s.mul(s.read(0, own), gate);
        sum = sum ? s.add(sum, part) : part;
      }
      Scalar number = s.constant(static_cast<double>(count));
      return s.div(sum, number);
    };
    return e.map(name + ".read", {normed, gates}, fixed, dim, body);
  }

  Value writeGates;
};

} // namespace

std::unique_ptr<ResidualRule> makeGatedStreams(Expander &e) {
  return std::make_unique<GatedStreams>(e);
}

} // namespace xf::expand
