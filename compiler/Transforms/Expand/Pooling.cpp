// One row per sequence: means over the rows that count, cls rows, learned
// queries.
#include "compiler/Transforms/Expand/Blocks.h"

#include <cmath>

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

Value meanOfRows(Expander &e, Value x) {
  return maskedMean(e, x, e.memoryTokens(), e.registers());
}

Value maskedMean(Expander &e, Value x, int64_t skip, int64_t tail) {
  Value mask = e.input("mask");
  if (!mask && skip == 0 && tail == 0)
    return e.pool("pool", PoolKind::Mean, x);
  SmallVector<Value> operands = {x};
  if (mask)
    operands.push_back(mask);
  // 1 for a row that counts, 0 for another.
  auto weightOf = [&](Scalars &s, Scalar i, Scalar n) {
    Scalar first = s.integer(skip), behind = s.integer(tail);
    Scalar end = s.sub(n, behind);
    Scalar counts = s.both(s.greaterEqual(i, first), s.less(i, end));
    Scalar zero = s.constant(0);
    Scalar one = mask ? s.read(1, 0) : s.constant(1);
    return s.select(counts, one, zero);
  };
  Value weighted = e.map("pool.weighted", operands, {}, getWidth(x),
                         [&](Scalars &s, Scalar c, Scalar i, Scalar n) {
                           Scalar weight = weightOf(s, i, n);
                           return s.mul(s.read(0, c), weight);
                         });
  Value weights = e.map("pool.weights", operands, {}, 1,
                        [&](Scalars &s, Scalar, Scalar i, Scalar n) {
                          return weightOf(s, i, n);
                        });
  Value sum = e.pool("pool.sum", PoolKind::Sum, weighted);
  Value count = e.pool("pool.count", PoolKind::Sum, weights);
  return e.map("pool", {sum, count}, {}, getWidth(x),
               [&](Scalars &s, Scalar c, Scalar, Scalar) {
                 Scalar least = s.constant(1e-5);
                 Scalar divisor = s.max(s.read(1, 0), least);
                 return s.div(s.read(0, c), divisor);
               });
}

Value sideBySide(Expander &e, const Twine &name, ArrayRef<Value> parts) {
  if (parts.size() == 1)
    return parts.front();
  int64_t width = getWidth(parts.front());
  auto count = static_cast<int64_t>(parts.size());
  auto body = [&](Scalars &s, Scalar c, Scalar, Scalar) {
    Scalar size = s.integer(width);
    Scalar part = s.div(c, size);
    Scalar column = s.rem(c, size);
    Scalar value = s.read(0, column);
    for (int64_t p = 1; p < count; ++p) {
      Scalar isPart = s.equal(part, s.integer(p));
      Scalar other = s.read(p, column);
      value = s.select(isPart, other, value);
    }
    return value;
  };
  return e.map(name, parts, {}, count * width, body);
}

/// Columns of `x` summed up: one column.
static Value sumOfColumns(Expander &e, const Twine &name, Value x) {
  int64_t width = getWidth(x);
  FlatSymbolRefAttr ones =
      e.weight("ones." + Twine(width),
               RecipeAttr::fill(e.b.getContext(), {1, width}, 1));
  return e.linear(name, x, 1, ones, {});
}

Value innerProduct(Expander &e, const Twine &twine, Value x, Value y) {
  std::string name = twine.str();
  Value product = e.map(name + ".product", {x, y}, {}, getWidth(x),
                        [](Scalars &s, Scalar c, Scalar, Scalar) {
                          Scalar other = s.read(1, c);
                          return s.mul(s.read(0, c), other);
                        });
  return sumOfColumns(e, name, e.pool(name + ".sum", PoolKind::Sum, product));
}

Value clsRows(Expander &e, Value x) {
  SmallVector<Value> rows;
  for (int64_t row = 0; row < e.clsTokens(); ++row)
    rows.push_back(e.pool("cls", PoolKind::Row, x, e.memoryTokens() + row));
  return sideBySide(e, "cls.rows", rows);
}

} // namespace xf::expand
