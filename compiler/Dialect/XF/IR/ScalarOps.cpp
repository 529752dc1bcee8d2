// The scalar ops behind the expressions of ScalarOps.h.
#include "compiler/Dialect/XF/IR/ScalarOps.h"

#include "mlir/IR/IRMapping.h"

#include <algorithm>
#include <cstdint>

using namespace mlir;
using namespace xf::ir;

namespace {

bool isFloat(Scalar value) { return value.getType().isF32(); }

/// The float or the integer form of a binary op.
template <typename FloatOp, typename IntOp>
Scalar binary(Scalars &s, Scalar a, Scalar b) {
  if (isFloat(a))
    return s.create<FloatOp>(a, b);
  return s.create<IntOp>(a, b);
}

Scalar compare(Scalars &s, arith::CmpFPredicate floats,
               arith::CmpIPredicate integers, Scalar a, Scalar b) {
  if (isFloat(a))
    return s.create<arith::CmpFOp>(floats, a, b);
  return s.create<arith::CmpIOp>(integers, a, b);
}

} // namespace

//===----------------------------------------------------------------------===//
// Constants and reads
//===----------------------------------------------------------------------===//

Scalar Scalars::constant(double value) {
  return create<arith::ConstantOp>(builder.getF32FloatAttr(value));
}
Scalar Scalars::integer(int64_t value) {
  int64_t clamped = std::clamp<int64_t>(value, INT32_MIN, INT32_MAX);
  return create<arith::ConstantOp>(builder.getI32IntegerAttr(clamped));
}
Scalar Scalars::boolean(bool value) {
  return create<arith::ConstantOp>(builder.getBoolAttr(value));
}
Scalar Scalars::read(int64_t operand, Scalar column) {
  return readAt(operand, column, /*row=*/{});
}
Scalar Scalars::read(int64_t operand, int64_t column) {
  return read(operand, integer(column));
}
Scalar Scalars::readAt(int64_t operand, Scalar column, Scalar row) {
  return create<ReadOp>(builder.getF32Type(),
                        builder.getI64IntegerAttr(operand), column, row);
}
Scalar Scalars::readAt(int64_t operand, int64_t column, Scalar row) {
  return readAt(operand, integer(column), row);
}
Scalar Scalars::table(int64_t table, ArrayRef<Scalar> indices) {
  return create<TableOp>(builder.getF32Type(), builder.getI64IntegerAttr(table),
                         indices);
}
Scalar Scalars::pair(int64_t operand, Scalar head, Scalar key) {
  return create<PairOp>(builder.getF32Type(),
                        builder.getI64IntegerAttr(operand), head, key);
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

Scalar Scalars::add(Scalar a, Scalar b) {
  return binary<arith::AddFOp, arith::AddIOp>(*this, a, b);
}
Scalar Scalars::sub(Scalar a, Scalar b) {
  return binary<arith::SubFOp, arith::SubIOp>(*this, a, b);
}
Scalar Scalars::mul(Scalar a, Scalar b) {
  return binary<arith::MulFOp, arith::MulIOp>(*this, a, b);
}
Scalar Scalars::div(Scalar a, Scalar b) {
  return binary<arith::DivFOp, arith::DivSIOp>(*this, a, b);
}
Scalar Scalars::rem(Scalar a, Scalar b) { return create<arith::RemSIOp>(a, b); }
Scalar Scalars::min(Scalar a, Scalar b) {
  return binary<arith::MinimumFOp, arith::MinSIOp>(*this, a, b);
}
Scalar Scalars::max(Scalar a, Scalar b) {
  return binary<arith::MaximumFOp, arith::MaxSIOp>(*this, a, b);
}
Scalar Scalars::neg(Scalar a) {
  if (isFloat(a))
    return create<arith::NegFOp>(a);
  return sub(integer(0), a);
}
Scalar Scalars::abs(Scalar a) {
  if (isFloat(a))
    return create<math::AbsFOp>(a);
  return max(a, neg(a));
}
Scalar Scalars::clamp(Scalar x, Scalar low, Scalar high) {
  return max(low, min(x, high));
}
Scalar Scalars::clamp(Scalar x, int64_t low, int64_t high) {
  Scalar least = integer(low);
  Scalar most = integer(high);
  return clamp(x, least, most);
}
Scalar Scalars::toFloat(Scalar integer) {
  return create<arith::SIToFPOp>(builder.getF32Type(), integer);
}
Scalar Scalars::toInt(Scalar number) {
  return create<arith::FPToSIOp>(builder.getI32Type(), number);
}

//===----------------------------------------------------------------------===//
// Comparisons
//===----------------------------------------------------------------------===//

Scalar Scalars::equal(Scalar a, Scalar b) {
  return compare(*this, arith::CmpFPredicate::OEQ, arith::CmpIPredicate::eq, a,
                 b);
}
Scalar Scalars::notEqual(Scalar a, Scalar b) {
  return compare(*this, arith::CmpFPredicate::ONE, arith::CmpIPredicate::ne, a,
                 b);
}
Scalar Scalars::less(Scalar a, Scalar b) {
  return compare(*this, arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt, a,
                 b);
}
Scalar Scalars::lessEqual(Scalar a, Scalar b) {
  return compare(*this, arith::CmpFPredicate::OLE, arith::CmpIPredicate::sle, a,
                 b);
}
Scalar Scalars::greater(Scalar a, Scalar b) {
  return compare(*this, arith::CmpFPredicate::OGT, arith::CmpIPredicate::sgt, a,
                 b);
}
Scalar Scalars::greaterEqual(Scalar a, Scalar b) {
  return compare(*this, arith::CmpFPredicate::OGE, arith::CmpIPredicate::sge, a,
                 b);
}
Scalar Scalars::both(Scalar a, Scalar b) { return create<arith::AndIOp>(a, b); }
Scalar Scalars::either(Scalar a, Scalar b) {
  return create<arith::OrIOp>(a, b);
}
Scalar Scalars::negate(Scalar a) {
  return create<arith::XOrIOp>(a, boolean(true));
}
Scalar Scalars::select(Scalar condition, Scalar a, Scalar b) {
  return create<arith::SelectOp>(condition, a, b);
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

Scalar Scalars::exp(Scalar a) { return create<math::ExpOp>(a); }
Scalar Scalars::exp2(Scalar a) { return create<math::Exp2Op>(a); }
Scalar Scalars::log(Scalar a) { return create<math::LogOp>(a); }
Scalar Scalars::log1p(Scalar a) { return create<math::Log1pOp>(a); }
Scalar Scalars::sin(Scalar a) { return create<math::SinOp>(a); }
Scalar Scalars::cos(Scalar a) { return create<math::CosOp>(a); }
Scalar Scalars::tanh(Scalar a) { return create<math::TanhOp>(a); }
Scalar Scalars::erf(Scalar a) { return create<math::ErfOp>(a); }
Scalar Scalars::sqrt(Scalar a) { return create<math::SqrtOp>(a); }
Scalar Scalars::rsqrt(Scalar a) { return create<math::RsqrtOp>(a); }
Scalar Scalars::pow(Scalar a, Scalar b) { return create<math::PowFOp>(a, b); }
Scalar Scalars::floor(Scalar a) { return create<math::FloorOp>(a); }
Scalar Scalars::ceil(Scalar a) { return create<math::CeilOp>(a); }

Scalar Scalars::sigmoid(Scalar a) {
  Scalar decay = exp(neg(a));
  Scalar one = constant(1.0);
  return div(one, add(decay, one));
}
Scalar Scalars::silu(Scalar a) {
  Scalar decay = exp(neg(a));
  return div(a, add(decay, constant(1.0)));
}
Scalar Scalars::gelu(Scalar a) {
  Scalar half = mul(a, constant(0.5));
  Scalar bell = erf(mul(a, constant(0.70710678118654752)));
  return mul(half, add(bell, constant(1.0)));
}
Scalar Scalars::softplus(Scalar a) {
  // max(a, 0) + log1p(exp(-abs(a))): exp never overflows.
  Scalar tail = log1p(exp(neg(abs(a))));
  return add(max(a, constant(0.0)), tail);
}
Scalar Scalars::softclamp(Scalar a, double by) {
  Scalar bound = constant(by);
  return mul(tanh(div(a, bound)), bound);
}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

Scalar Scalars::inlineRegion(Region &region, ValueRange arguments) {
  IRMapping mapping;
  mapping.map(region.getArguments(), arguments);
  Block &block = region.front();
  for (Operation &op : block.without_terminator())
    builder.clone(op, mapping);
  return mapping.lookupOrDefault(
      cast<YieldOp>(block.getTerminator()).getValue());
}

void Scalars::yield(Scalar value) { create<YieldOp>(value); }

static void buildRegion(Region &region, TypeRange arguments, Location loc,
                        ScalarBody body) {
  Block &block = region.emplaceBlock();
  block.addArguments(arguments, SmallVector<Location>(arguments.size(), loc));
  Scalars s(&block, loc);
  s.yield(body(s, block.getArguments()));
}

void xf::ir::buildScoreMod(AttentionOp op, ScalarBody body) {
  Builder builder(op.getContext());
  Type f32 = builder.getF32Type(), i32 = builder.getI32Type();
  buildRegion(op.getScoreMod(), {f32, i32, i32, i32}, op.getLoc(), body);
}

static void buildMask(AttentionOp op, Region &region, ScalarBody body) {
  Type i32 = Builder(op.getContext()).getI32Type();
  buildRegion(region, {i32, i32, i32}, op.getLoc(), body);
}
void xf::ir::buildMaskMod(AttentionOp op, ScalarBody body) {
  buildMask(op, op.getMaskMod(), body);
}
void xf::ir::buildAliveMod(AttentionOp op, ScalarBody body) {
  buildMask(op, op.getAliveMod(), body);
}

//===----------------------------------------------------------------------===//
// xf.map
//===----------------------------------------------------------------------===//

void MapOp::build(
    OpBuilder &builder, OperationState &state, Type result, ValueRange inputs,
    ArrayRef<FlatSymbolRefAttr> tables, Value batch,
    llvm::function_ref<Value(Scalars &, Value, Value, Value)> body) {
  state.addOperands(inputs);
  if (batch)
    state.addOperands(batch);
  state.addAttribute(getOperandSegmentSizesAttrName(state.name),
                     builder.getDenseI32ArrayAttr(
                         {static_cast<int32_t>(inputs.size()), batch ? 1 : 0}));
  if (!tables.empty())
    state.addAttribute(getTablesAttrName(state.name),
                       builder.getArrayAttr(SmallVector<Attribute>(
                           tables.begin(), tables.end())));
  state.addTypes(result);
  Region *region = state.addRegion();
  Block &block = region->emplaceBlock();
  Type i32 = builder.getI32Type();
  block.addArguments({i32, i32, i32}, SmallVector<Location>(3, state.location));
  Scalars s(&block, state.location);
  s.yield(body(s, block.getArgument(0), block.getArgument(1),
               block.getArgument(2)));
}
