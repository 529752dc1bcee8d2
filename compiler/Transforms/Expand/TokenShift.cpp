// `shift_tokens`: the branch's input is cut into equal parts of features, and
// all but one come from neighbouring rows; rows from outside are zero.
#include "compiler/Transforms/Expand/Blocks.h"

using namespace mlir;
using namespace xf::ir;

namespace xf::expand {

Value shiftTokens(Expander &e, const Sublayer &sub, Value y) {
  int64_t amount = intKnob(e.stack, "shift_tokens", sub.index);
  if (amount == 0)
    return y;
  int64_t first = boolKnob(e.stack, "causal") ? 0 : -amount;
  int64_t parts = amount - first + 1, part = e.dim() / parts;
  SmallVector<Value> operands = {y};
  // Features that come from elsewhere are zero where the mask says so, but not
  // in feedforwards.
  Value mask;
  if (sub.kind != Sublayer::Kind::Feedforward)
    mask = e.input("mask");
  if (mask)
    operands.push_back(mask);
  Value decoded = e.input("decoded");
  if (decoded)
    operands.push_back(decoded);
  auto body = [&](Scalars &s, Scalar c, Scalar i, Scalar n) {
    Scalar zero = s.integer(0), one = s.integer(1);
    Scalar begin = s.integer(first), size = s.integer(part);
    // Part t moves by first + t; features past the last part stay.
    Scalar t = s.div(c, size);
    Scalar by = s.add(t, begin);
    Scalar count = s.integer(parts);
    by = s.select(s.less(t, count), by, zero);
    Scalar from = s.sub(i, by);
    Scalar last = s.sub(n, one);
    Scalar row = s.clamp(from, zero, last);
    Scalar x = s.readAt(0, c, row);
    Scalar nothing = s.constant(0);
    Scalar stays = s.equal(by, zero);
    Scalar moved = s.select(s.equal(from, row), x, nothing);
    if (mask)
      moved = s.mul(moved, s.readAt(1, 0, row));
    if (decoded) {
      Scalar whole = s.constant(1);
      Scalar kept = s.sub(whole, s.read(mask ? 2 : 1, 0));
      moved = s.mul(moved, kept);
    }
    return s.select(stays, x, moved);
  };
  return e.map(sub.prefix() + "shift", operands, {}, e.dim(), body);
}

} // namespace xf::expand
