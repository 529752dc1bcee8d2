// Lowers checked scalar expressions. Sema has typed every expression, so
// nothing here can fail.
#include "dsl/ScalarBuilder.h"

#include "compiler/Dialect/XF/IR/XF.h"
#include "dsl/Expressions.h"

#include "llvm/ADT/STLExtras.h"

#include <deque>

namespace xf::dsl {

namespace arith = mlir::arith;
namespace math = mlir::math;

namespace {

class ScalarBuilder {
public:
  ScalarBuilder(const ScalarFunction &function, const ScalarContext &context,
                mlir::OpBuilder &builder, DiagnosticEngine &diags)
      : context(context), builder(builder), diags(diags), constants(diags) {
    for (const auto &[name, value] : function.constants)
      addConstant(name, value);
  }

  void bind(const std::string &name, mlir::Value value) {
    parameters[name] = value;
  }

  mlir::Value lower(const Expr &expr) {
    if (isConstant(expr, [&](llvm::StringRef name) {
          return parameters.count(name.str()) != 0;
        }))
      return constant(expr);
    return std::visit([&](const auto &node) { return lower(expr, node); },
                      expr.node);
  }

  mlir::Value toFloat(mlir::Value value, mlir::Location loc) {
    if (!value.getType().isInteger(32))
      return value;
    // Folds constants, so that `2 * s` and `2.0 * s` become the same ops.
    return builder.createOrFold<arith::SIToFPOp>(loc, builder.getF32Type(),
                                                 value);
  }

private:
  //===--- Parts without a parameter
  //---------------------------------------===//

  /// The evaluator of the language takes `let`s; the constants of the function
  /// are made into some.
  void addConstant(const std::string &name, const Value &value) {
    LetDecl &let = lets.emplace_back();
    let.name.text = name;
    if (auto *integer = std::get_if<int64_t>(&value.data))
      let.value.node = IntLit{*integer};
    else if (auto *real = std::get_if<double>(&value.data))
      let.value.node = FloatLit{*real, {}};
    else if (auto *boolean = std::get_if<bool>(&value.data))
      let.value.node = BoolLit{*boolean};
    else
      return; // strings and lists have no place in a body
    constants.add(let);
  }

  mlir::Value constant(const Expr &expr) {
    std::optional<Value> value = evaluateConstant(expr, constants, diags);
    if (!value)
      llvm::report_fatal_error(
          "a constant that was checked cannot be evaluated");
    mlir::TypedAttr attr;
    if (auto *integer = std::get_if<int64_t>(&value->data))
      attr = builder.getI32IntegerAttr(static_cast<int32_t>(*integer));
    else if (auto *real = std::get_if<double>(&value->data))
      attr = builder.getF32FloatAttr(static_cast<float>(*real));
    else
      attr = builder.getBoolAttr(std::get<bool>(value->data));
    return builder.create<arith::ConstantOp>(context.locate(expr.range), attr);
  }

  //===--- Operators
  //--------------------------------------------------------===//

  template <typename Other> mlir::Value lower(const Expr &, const Other &) {
    llvm::report_fatal_error("a value that cannot stand in a scalar function");
  }

  mlir::Value lower(const Expr &, const NameRef &ref) {
    return parameters.at(ref.name);
  }

  mlir::Value lower(const Expr &expr, const Unary &unary) {
    mlir::Location loc = context.locate(expr.range);
    mlir::Value operand = lower(*unary.operand);
    if (unary.op == "!") {
      mlir::Value yes =
          builder.create<arith::ConstantOp>(loc, builder.getBoolAttr(true));
      return builder.create<arith::XOrIOp>(loc, operand, yes);
    }
    if (operand.getType().isF32())
      return builder.create<arith::NegFOp>(loc, operand);
    return negate(operand, loc);
  }

  mlir::Value negate(mlir::Value integer, mlir::Location loc) {
    mlir::Value zero =
        builder.create<arith::ConstantOp>(loc, builder.getI32IntegerAttr(0));
    return builder.create<arith::SubIOp>(loc, zero, integer);
  }

  mlir::Value lower(const Expr &expr, const Conditional &conditional) {
    mlir::Location loc = context.locate(expr.range);
    mlir::Value cond = lower(*conditional.cond);
    mlir::Value ifTrue = lower(*conditional.ifTrue),
                ifFalse = lower(*conditional.ifFalse);
    promote(ifTrue, ifFalse, loc);
    return builder.create<arith::SelectOp>(loc, cond, ifTrue, ifFalse);
  }

  /// Makes both floats where one is.
  void promote(mlir::Value &a, mlir::Value &b, mlir::Location loc) {
    if (a.getType() == b.getType())
      return;
    a = toFloat(a, loc);
    b = toFloat(b, loc);
  }

  mlir::Value lower(const Expr &expr, const Binary &binary) {
    mlir::Location loc = context.locate(expr.range);
    mlir::Value a = lower(*binary.lhs), b = lower(*binary.rhs);
    if (binary.op == "&&")
      return builder.create<arith::AndIOp>(loc, a, b);
    if (binary.op == "||")
      return builder.create<arith::OrIOp>(loc, a, b);
    promote(a, b, loc);
    return a.getType().isF32() ? floating(binary.op, a, b, loc)
                               : integer(binary.op, a, b, loc);
  }

  mlir::Value floating(llvm::StringRef op, mlir::Value a, mlir::Value b,
                       mlir::Location loc) {
    if (op == "+")
      return builder.create<arith::AddFOp>(loc, a, b);
    if (op == "-")
      return builder.create<arith::SubFOp>(loc, a, b);
    if (op == "*")
      return builder.create<arith::MulFOp>(loc, a, b);
    if (op == "/")
      return builder.create<arith::DivFOp>(loc, a, b);
    using P = arith::CmpFPredicate;
    P predicate = op == "=="   ? P::OEQ
                  : op == "!=" ? P::UNE
                  : op == "<"  ? P::OLT
                  : op == "<=" ? P::OLE
                  : op == ">"  ? P::OGT
                               : P::OGE;
    return builder.create<arith::CmpFOp>(loc, predicate, a, b);
  }

  mlir::Value integer(llvm::StringRef op, mlir::Value a, mlir::Value b,
                      mlir::Location loc) {
    if (op == "+")
      return builder.create<arith::AddIOp>(loc, a, b);
    if (op == "-")
      return builder.create<arith::SubIOp>(loc, a, b);
    if (op == "*")
      return builder.create<arith::MulIOp>(loc, a, b);
    if (op == "/")
      return builder.create<arith::FloorDivSIOp>(loc, a, b);
    if (op == "%") {
      mlir::Value quotient = builder.create<arith::FloorDivSIOp>(loc, a, b);
      return builder.create<arith::SubIOp>(
          loc, a, builder.create<arith::MulIOp>(loc, quotient, b));
    }
    using P = arith::CmpIPredicate;
    P predicate = op == "=="   ? P::eq
                  : op == "!=" ? P::ne
                  : op == "<"  ? P::slt
                  : op == "<=" ? P::sle
                  : op == ">"  ? P::sgt
                               : P::sge;
    return builder.create<arith::CmpIOp>(loc, predicate, a, b);
  }

  //===--- Calls
  //------------------------------------------------------------===//

  mlir::Value lower(const Expr &expr, const Call &call) {
    mlir::Location loc = context.locate(expr.range);
    llvm::SmallVector<mlir::Value, 2> args;
    for (const Expr &arg : call.args)
      args.push_back(lower(arg));
    const Builtin *builtin = findBuiltin(call.callee.text);
    if (builtin->needsHeads)
      return ir::buildAlibiSlope(builder, loc, args[0], context.heads);
    bool integers = llvm::all_of(
        args, [](mlir::Value v) { return v.getType().isInteger(32); });
    if (integers && builtin->keepsIntegers)
      return integerCall(builtin->name, args, loc);
    if (integers && builtin->isInteger) // floor of an integer
      return args[0];
    for (mlir::Value &arg : args)
      arg = toFloat(arg, loc);
    return floatingCall(builtin->name, args, loc);
  }

  mlir::Value integerCall(llvm::StringRef name,
                          llvm::ArrayRef<mlir::Value> args,
                          mlir::Location loc) {
    if (name == "abs")
      return builder.create<arith::MaxSIOp>(loc, args[0], negate(args[0], loc));
    if (name == "min")
      return builder.create<arith::MinSIOp>(loc, args[0], args[1]);
    return builder.create<arith::MaxSIOp>(loc, args[0], args[1]);
  }

  template <typename OpT>
  mlir::Value unary(llvm::ArrayRef<mlir::Value> args, mlir::Location loc) {
    return builder.create<OpT>(loc, args[0]);
  }

  mlir::Value floatingCall(llvm::StringRef name,
                           llvm::ArrayRef<mlir::Value> args,
                           mlir::Location loc) {
    if (name == "abs")
      return unary<math::AbsFOp>(args, loc);
    if (name == "cos")
      return unary<math::CosOp>(args, loc);
    if (name == "exp")
      return unary<math::ExpOp>(args, loc);
    if (name == "floor")
      return builder.create<arith::FPToSIOp>(loc, builder.getI32Type(),
                                             unary<math::FloorOp>(args, loc));
    if (name == "log")
      return unary<math::LogOp>(args, loc);
    if (name == "max")
      return builder.create<arith::MaximumFOp>(loc, args[0], args[1]);
    if (name == "min")
      return builder.create<arith::MinimumFOp>(loc, args[0], args[1]);
    if (name == "pow")
      return builder.create<math::PowFOp>(loc, args[0], args[1]);
    if (name == "sin")
      return unary<math::SinOp>(args, loc);
    if (name == "sqrt")
      return unary<math::SqrtOp>(args, loc);
    if (name == "tanh")
      return unary<math::TanhOp>(args, loc);
    llvm::report_fatal_error("function without a lowering: " + name);
  }

  const ScalarContext &context;
  mlir::OpBuilder &builder;
  DiagnosticEngine &diags;
  std::deque<LetDecl> lets; ///< `constants` points into it
  Constants constants;
  std::map<std::string, mlir::Value> parameters;
};

} // namespace

void buildScalarFunction(const ScalarFunction &function,
                         const ScalarContext &context, mlir::Region &region,
                         DiagnosticEngine &diags) {
  mlir::OpBuilder builder(region.getContext());
  mlir::Block *block = builder.createBlock(&region);
  mlir::Location loc = context.locate(function.range);
  bool isScore = function.name == "score_mod";

  ScalarBuilder scalars(function, context, builder, diags);
  for (auto [index, name] : llvm::enumerate(function.params)) {
    mlir::Type type = isScore && index == 0 ? mlir::Type(builder.getF32Type())
                                            : builder.getI32Type();
    scalars.bind(name, block->addArgument(type, loc));
  }
  mlir::Value result = scalars.lower(*function.body);
  builder.create<ir::YieldOp>(loc, scalars.toFloat(result, loc));
}

} // namespace xf::dsl
