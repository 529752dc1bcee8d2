// The table. Functions without a vector form of known accuracy go to libm, one
// lane at a time: slow, exact and the same on every target; a function that
// turns hot earns its own entry in compiler/Kernels/ScalarMath.h.
#include "compiler/Emit/ScalarToExpr.h"

#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Kernels/ScalarMath.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

#include <optional>

namespace xf {
namespace {

using Halide::Expr;
using llvm::ArrayRef;
using mlir::Operation;
namespace arith = mlir::arith;
namespace math = mlir::math;

std::string printed(mlir::Type type) {
  std::string text;
  llvm::raw_string_ostream os(text);
  type.print(os);
  return text;
}

Halide::Type halideType(mlir::Type type, Operation *op) {
  if (type.isF32())
    return Halide::Float(32);
  if (type.isF64())
    return Halide::Float(64);
  if (type.isInteger(1))
    return Halide::Bool();
  for (int bits : {8, 16, 32, 64})
    if (type.isSignlessInteger(bits))
      return Halide::Int(bits);
  throw EmitError(op, "type `" + printed(type) +
                          "` in a scalar region; f32, f64, i1, i8, i16, i32 "
                          "and i64 are compiled");
}

/// A call of C's `name` (its `f` form for f32), lane by lane.
Expr libm(const std::string &name, ArrayRef<Expr> args) {
  Halide::Type type = args[0].type();
  return Halide::Internal::Call::make(
      type, type.bits() == 32 ? name + "f" : name, {args.begin(), args.end()},
      Halide::Internal::Call::PureExtern);
}

Expr constant(arith::ConstantOp op) {
  Halide::Type type = halideType(op.getType(), op);
  if (auto number = mlir::dyn_cast<mlir::FloatAttr>(op.getValue()))
    return Halide::Internal::make_const(type, number.getValueAsDouble());
  int64_t value =
      mlir::cast<mlir::IntegerAttr>(op.getValue()).getValue().getSExtValue();
  return type.is_bool() ? Halide::Internal::make_bool(value != 0)
                        : Halide::Internal::make_const(type, value);
}

Expr asUnsigned(const Expr &x) {
  return x.type().is_bool() ? x
                            : Halide::cast(Halide::UInt(x.type().bits()), x);
}
Expr asSigned(const Expr &x) {
  return Halide::cast(Halide::Int(x.type().bits()), x);
}

Expr compareIntegers(arith::CmpIPredicate predicate, const Expr &a,
                     const Expr &b) {
  Expr ua = asUnsigned(a), ub = asUnsigned(b);
  switch (predicate) {
  case arith::CmpIPredicate::eq:
    return a == b;
  case arith::CmpIPredicate::ne:
    return a != b;
  case arith::CmpIPredicate::slt:
    return a < b;
  case arith::CmpIPredicate::sle:
    return a <= b;
  case arith::CmpIPredicate::sgt:
    return a > b;
  case arith::CmpIPredicate::sge:
    return a >= b;
  case arith::CmpIPredicate::ult:
    return ua < ub;
  case arith::CmpIPredicate::ule:
    return ua <= ub;
  case arith::CmpIPredicate::ugt:
    return ua > ub;
  case arith::CmpIPredicate::uge:
    return ua >= ub;
  }
  llvm_unreachable("all predicates are listed");
}

/// Ordered and unordered forms are alike, because no operand is NaN.
Expr compareFloats(arith::CmpFPredicate predicate, const Expr &a,
                   const Expr &b) {
  using P = arith::CmpFPredicate;
  switch (predicate) {
  case P::AlwaysFalse:
  case P::UNO:
    return Halide::Internal::const_false();
  case P::AlwaysTrue:
  case P::ORD:
    return Halide::Internal::const_true();
  case P::OEQ:
  case P::UEQ:
    return a == b;
  case P::ONE:
  case P::UNE:
    return a != b;
  case P::OLT:
  case P::ULT:
    return a < b;
  case P::OLE:
  case P::ULE:
    return a <= b;
  case P::OGT:
  case P::UGT:
    return a > b;
  case P::OGE:
  case P::UGE:
    return a >= b;
  }
  llvm_unreachable("all predicates are listed");
}

/// Halide's quotient leaves a remainder that is never negative; the three below
/// say which way theirs goes.
Expr floorDivide(const Expr &a, const Expr &b) {
  return a / b - Halide::cast(a.type(), b < 0 && a % b != 0);
}
Expr ceilDivide(const Expr &a, const Expr &b) {
  return a / b + Halide::cast(a.type(), b > 0 && a % b != 0);
}
Expr ceilDivideUnsigned(const Expr &a, const Expr &b) {
  return a / b + Halide::cast(a.type(), a % b != 0);
}

/// Half away from zero. The addend is the largest float below a half, so that
/// no sum rounds up to the next integer.
Expr roundAway(const Expr &x) {
  Expr half =
      x.type().bits() == 32 ? Expr(0x1.fffffep-2f) : Expr(0x1.fffffffffffffp-2);
  return Halide::trunc(x + Halide::select(x < 0, -half, half));
}

Expr fromBool(const Expr &x, Halide::Type type, int whenTrue) {
  return Halide::select(x, Halide::Internal::make_const(type, whenTrue),
                        Halide::Internal::make_zero(type));
}

Expr extend(const Expr &x, Halide::Type type, bool isSigned) {
  if (x.type().is_bool())
    return fromBool(x, type, isSigned ? -1 : 1);
  return Halide::cast(type, isSigned ? x : asUnsigned(x));
}

Expr truncateInteger(const Expr &x, Halide::Type type) {
  return type.is_bool() ? (x & Halide::Internal::make_one(x.type())) != 0
                        : Halide::cast(type, x);
}

/// Ops that mean the same on i1 as on a boolean.
bool allowsBool(Operation *op) {
  return mlir::isa<arith::AndIOp, arith::OrIOp, arith::XOrIOp, arith::CmpIOp,
                   arith::CmpFOp, arith::SelectOp, arith::ConstantOp,
                   arith::ExtSIOp, arith::ExtUIOp, arith::TruncIOp,
                   arith::SIToFPOp, arith::UIToFPOp>(op);
}

[[noreturn]] Expr unsupported(Operation *op) {
  throw EmitError(op, "op `" + op->getName().getStringRef().str() +
                          "` in a scalar region has no counterpart in Halide");
}

/// `in`: the operands. One entry per op of arith and math that has a
/// counterpart.
Expr convert(Operation *op, ArrayRef<Expr> in) {
  Halide::Type type = halideType(op->getResult(0).getType(), op);
  bool hasBool = type.is_bool() || llvm::any_of(in, [](const Expr &x) {
                   return x.type().is_bool();
                 });
  if (hasBool && !allowsBool(op))
    unsupported(op);
  bool isBool = type.is_bool(), isF32 = type == Halide::Float(32);
  const std::string name = op->getName().stripDialect().str();
  return llvm::TypeSwitch<Operation *, Expr>(op)
      .Case([&](arith::ConstantOp c) { return constant(c); })
      // Arithmetic
      .Case([&](arith::AddFOp) { return kernels::add(in[0], in[1]); })
      .Case([&](arith::SubFOp) { return kernels::sub(in[0], in[1]); })
      .Case([&](arith::MulFOp) { return kernels::mul(in[0], in[1]); })
      .Case([&](arith::DivFOp) { return kernels::div(in[0], in[1]); })
      .Case([&](arith::AddIOp) { return in[0] + in[1]; })
      .Case([&](arith::SubIOp) { return in[0] - in[1]; })
      .Case([&](arith::MulIOp) { return in[0] * in[1]; })
      .Case([&](arith::RemFOp) { return libm("fmod", in); })
      .Case([&](arith::NegFOp) { return -in[0]; })
      .Case([&](arith::DivSIOp) {
        return Halide::div_round_to_zero(in[0], in[1]);
      })
      .Case([&](arith::RemSIOp) {
        return Halide::mod_round_to_zero(in[0], in[1]);
      })
      .Case([&](arith::FloorDivSIOp) { return floorDivide(in[0], in[1]); })
      .Case([&](arith::CeilDivSIOp) { return ceilDivide(in[0], in[1]); })
      .Case([&](arith::DivUIOp) {
        return asSigned(asUnsigned(in[0]) / asUnsigned(in[1]));
      })
      .Case([&](arith::RemUIOp) {
        return asSigned(asUnsigned(in[0]) % asUnsigned(in[1]));
      })
      .Case([&](arith::CeilDivUIOp) {
        return asSigned(
            ceilDivideUnsigned(asUnsigned(in[0]), asUnsigned(in[1])));
      })
      .Case<arith::MaximumFOp, arith::MaxNumFOp, arith::MaxSIOp>(
          [&](auto) { return Halide::max(in[0], in[1]); })
      .Case<arith::MinimumFOp, arith::MinNumFOp, arith::MinSIOp>(
          [&](auto) { return Halide::min(in[0], in[1]); })
      .Case([&](arith::MaxUIOp) {
        return asSigned(Halide::max(asUnsigned(in[0]), asUnsigned(in[1])));
      })
      .Case([&](arith::MinUIOp) {
        return asSigned(Halide::min(asUnsigned(in[0]), asUnsigned(in[1])));
      })
      // Bits and booleans
      .Case([&](arith::AndIOp) {
        return isBool ? in[0] && in[1] : in[0] & in[1];
      })
      .Case(
          [&](arith::OrIOp) { return isBool ? in[0] || in[1] : in[0] | in[1]; })
      .Case([&](arith::XOrIOp) {
        return isBool ? in[0] != in[1] : in[0] ^ in[1];
      })
      .Case([&](arith::ShLIOp) { return in[0] << in[1]; })
      .Case([&](arith::ShRSIOp) { return in[0] >> in[1]; })
      .Case([&](arith::ShRUIOp) {
        return asSigned(asUnsigned(in[0]) >> asUnsigned(in[1]));
      })
      .Case([&](arith::CmpIOp c) {
        return compareIntegers(c.getPredicate(), in[0], in[1]);
      })
      .Case([&](arith::CmpFOp c) {
        return compareFloats(c.getPredicate(), in[0], in[1]);
      })
      .Case(
          [&](arith::SelectOp) { return Halide::select(in[0], in[1], in[2]); })
      // Conversions
      .Case([&](arith::ExtSIOp) { return extend(in[0], type, true); })
      .Case([&](arith::ExtUIOp) { return extend(in[0], type, false); })
      .Case([&](arith::TruncIOp) { return truncateInteger(in[0], type); })
      .Case([&](arith::SIToFPOp) { return extend(in[0], type, true); })
      .Case([&](arith::UIToFPOp) { return extend(in[0], type, false); })
      .Case<arith::ExtFOp, arith::TruncFOp, arith::FPToSIOp>(
          [&](auto) { return Halide::cast(type, in[0]); })
      .Case([&](arith::FPToUIOp) {
        return asSigned(Halide::cast(Halide::UInt(type.bits()), in[0]));
      })
      .Case([&](arith::BitcastOp) { return Halide::reinterpret(type, in[0]); })
      // Functions
      .Case([&](math::ExpOp) {
        return isF32 ? kernels::exp(in[0]) : libm("exp", in);
      })
      .Case([&](math::LogOp) {
        return isF32 ? kernels::log(in[0]) : libm("log", in);
      })
      .Case([&](math::ErfOp) {
        return isF32 ? kernels::erf(in[0]) : libm("erf", in);
      })
      .Case([&](math::TanhOp) {
        return isF32 ? kernels::tanh(in[0]) : libm("tanh", in);
      })
      .Case([&](math::SinOp) {
        return isF32 ? kernels::sin(in[0]) : libm("sin", in);
      })
      .Case([&](math::CosOp) {
        return isF32 ? kernels::cos(in[0]) : libm("cos", in);
      })
      .Case([&](math::Log1pOp) {
        return isF32 ? kernels::log1p(in[0]) : libm("log1p", in);
      })
      .Case([&](math::Exp2Op) {
        return isF32 ? kernels::exp2(in[0]) : libm("exp2", in);
      })
      .Case([&](math::FmaOp) {
        return isF32 ? kernels::fma(in[0], in[1], in[2]) : libm("fma", in);
      })
      .Case([&](math::SqrtOp) { return Halide::sqrt(in[0]); })
      .Case([&](math::RsqrtOp) {
        return kernels::div(Halide::Internal::make_one(type),
                            Halide::sqrt(in[0]));
      })
      .Case([&](math::AbsFOp) { return Halide::abs(in[0]); })
      .Case([&](math::AbsIOp) { return asSigned(Halide::abs(in[0])); })
      .Case([&](math::FloorOp) { return Halide::floor(in[0]); })
      .Case([&](math::CeilOp) { return Halide::ceil(in[0]); })
      .Case([&](math::TruncOp) { return Halide::trunc(in[0]); })
      .Case([&](math::RoundEvenOp) { return Halide::round(in[0]); })
      .Case([&](math::RoundOp) { return roundAway(in[0]); })
      .Case([&](math::PowFOp) { return libm("pow", in); })
      .Case<math::TanOp, math::AsinOp, math::AcosOp, math::AtanOp,
            math::Atan2Op, math::SinhOp, math::CoshOp, math::AsinhOp,
            math::AcoshOp>([&](auto) { return libm(name, in); })
      .Case<math::AtanhOp, math::ExpM1Op, math::Log2Op, math::Log10Op,
            math::CbrtOp, math::CopySignOp>(
          [&](auto) { return libm(name, in); })
      .Default([&](Operation *other) { return unsupported(other); });
}

bool isConstant(mlir::Value value, double expected) {
  mlir::FloatAttr number;
  return mlir::matchPattern(value, mlir::m_Constant(&number)) &&
         float(number.getValueAsDouble()) == float(expected);
}

/// x where `op` is the last operation of x * 0.5 * (1 + erf(x * sqrt(1/2))) as
/// the exact GELU is written; null otherwise. The form as a whole has a faster
/// and more exact function than its parts.
mlir::Value geluInput(Operation *op) {
  auto product = mlir::dyn_cast<arith::MulFOp>(op);
  if (!product || !product.getType().isF32())
    return nullptr;
  auto half = product.getLhs().getDefiningOp<arith::MulFOp>();
  auto sum = product.getRhs().getDefiningOp<arith::AddFOp>();
  auto erf = sum ? sum.getLhs().getDefiningOp<math::ErfOp>() : nullptr;
  auto scaled = erf ? erf.getOperand().getDefiningOp<arith::MulFOp>() : nullptr;
  bool matches = half && scaled && half.getLhs() == scaled.getLhs() &&
                 isConstant(half.getRhs(), 0.5) &&
                 isConstant(scaled.getRhs(), 0.70710678118654752) &&
                 isConstant(sum.getRhs(), 1.0);
  return matches ? half.getLhs() : nullptr;
}

/// `read`, or an error where the op around the region has nothing of the kind.
template <class F> const F &existing(Operation *op, const F *read) {
  if (!read || !*read)
    throw EmitError(op, "op `" + op->getName().getStringRef().str() +
                            "` in a region that has nothing to read");
  return *read;
}

/// A read of the op around the region, or nothing for another op.
std::optional<Expr> convertRead(Operation *op, ArrayRef<Expr> in,
                                const kernels::Reads *reads) {
  if (auto read = mlir::dyn_cast<hk::ReadOp>(op))
    return existing(op, reads ? &reads->row : nullptr)(
        int(read.getOperand()), in[0], in.size() > 1 ? in[1] : Expr());
  if (auto read = mlir::dyn_cast<hk::TableOp>(op))
    return existing(op, reads ? &reads->table : nullptr)(int(read.getTable()),
                                                         in.vec());
  if (auto read = mlir::dyn_cast<hk::PairOp>(op))
    return existing(op, reads ? &reads->pair : nullptr)(int(read.getOperand()),
                                                        in[0], in[1]);
  return std::nullopt;
}

} // namespace

Expr scalarToExpr(mlir::Region &region, ArrayRef<Expr> arguments,
                  const kernels::Reads *reads) {
  mlir::Block &block = region.front();
  Operation *parent = region.getParentOp();
  if (block.getNumArguments() != arguments.size())
    throw EmitError(parent, "a scalar region takes " +
                                std::to_string(block.getNumArguments()) +
                                " values; its kernel gives " +
                                std::to_string(arguments.size()));
  llvm::DenseMap<mlir::Value, size_t> index;
  std::vector<Expr> values;
  auto define = [&](mlir::Value value, Expr expr) {
    index[value] = values.size();
    values.push_back(std::move(expr));
  };
  for (auto [argument, given] :
       llvm::zip_equal(block.getArguments(), arguments)) {
    Halide::Type type = halideType(argument.getType(), parent);
    define(argument, given.type() == type ? given : Halide::cast(type, given));
  }
  for (Operation &op : block.without_terminator()) {
    std::vector<Expr> operands;
    for (mlir::Value operand : op.getOperands())
      operands.push_back(values[index.at(operand)]);
    if (op.getNumResults() != 1 || op.getNumRegions() != 0)
      unsupported(&op);
    if (std::optional<Expr> read = convertRead(&op, operands, reads)) {
      define(op.getResult(0), *read);
      continue;
    }
    mlir::Value input = geluInput(&op);
    define(op.getResult(0), input ? kernels::gelu(values[index.at(input)])
                                  : convert(&op, operands));
  }
  return values[index.at(block.getTerminator()->getOperand(0))];
}

} // namespace xf
