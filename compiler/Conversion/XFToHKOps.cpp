// The kernel of each tensor op.
#include "compiler/Conversion/XFToHK.h"
#include "compiler/Dialect/XF/IR/ScalarOps.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using xf::ir::Scalar;
using xf::ir::Scalars;

namespace xf {
namespace {

/// The row operands of an op with computed reads: slices are looked through,
/// and each value is an operand once.
struct RegionOperands {
  /// Where an operand of before is now: its number and its first column.
  struct Place {
    int64_t operand = 0, offset = 0;
  };
  SmallVector<Value> values;
  SmallVector<Place> places;

  explicit RegionOperands(ValueRange rows) {
    for (Value row : rows) {
      auto [value, offset] = lookThroughSlice(row);
      auto known = llvm::find(values, value);
      places.push_back({known - values.begin(), offset});
      if (known == values.end())
        values.push_back(value);
    }
  }

  /// The value whose columns `value` is, and the first of them.
  static std::pair<Value, int64_t> lookThroughSlice(Value value) {
    int64_t offset = 0;
    while (auto slice = value.getDefiningOp<ir::SliceOp>()) {
      offset += slice.getOffset();
      value = slice.getInput();
    }
    return {value, offset};
  }
};

/// Moves a region of scalar ops; what it reads is `operands` now.
void moveRegion(Region &from, Region &to, const RegionOperands &operands) {
  if (from.empty())
    return;
  to.takeBody(from);
  for (Operation &op : llvm::make_early_inc_range(to.front())) {
    Scalars s(&op, op.getLoc());
    Type f32 = s.getBuilder().getF32Type();
    if (auto read = dyn_cast<ir::ReadOp>(op)) {
      auto [operand, offset] = operands.places[read.getOperand()];
      Scalar column = read.getColumn();
      if (offset)
        column = s.add(column, s.integer(offset));
      read.replaceAllUsesWith(
          s.create<hk::ReadOp>(f32, operand, column, read.getRow())
              .getResult());
    } else if (auto table = dyn_cast<ir::TableOp>(op)) {
      table.replaceAllUsesWith(
          s.create<hk::TableOp>(f32, table.getTable(), table.getIndices())
              .getResult());
    } else if (auto pair = dyn_cast<ir::PairOp>(op)) {
      pair.replaceAllUsesWith(s.create<hk::PairOp>(f32, pair.getOperand(),
                                                   pair.getHead(),
                                                   pair.getKey())
                                  .getResult());
    } else if (auto yield = dyn_cast<ir::YieldOp>(op)) {
      s.create<hk::YieldOp>(yield.getValue());
    } else {
      continue;
    }
    op.erase();
  }
}

using Body = llvm::function_ref<Scalar(Scalars &, Block &)>;

void fill(Region &region, TypeRange arguments, Location loc, Body body) {
  Block *block = hk::addScalarBlock(region, arguments, loc);
  Scalars scalars(block, loc);
  Value value = body(scalars, *block);
  scalars.create<hk::YieldOp>(value);
}

/// A map of a rowwise: (x, i, n, one accumulator per stage before it).
void fillMap(hk::RowwiseOp op, unsigned stage, Body body) {
  Builder builder(op.getContext());
  SmallVector<Type> arguments{builder.getF32Type(), builder.getI32Type(),
                              builder.getI32Type()};
  arguments.append(stage, builder.getF32Type());
  fill(op.getMaps()[stage], arguments, op.getLoc(), body);
}

/// Its finish: (x, i, n or n, accumulators, vectors, rows).
void fillFinish(hk::RowwiseOp op, Body body) {
  Builder builder(op.getContext());
  SmallVector<Type> arguments;
  if (!op.isOverSequence())
    arguments.append({builder.getF32Type(), builder.getI32Type()});
  arguments.push_back(builder.getI32Type());
  arguments.append(op.getNumStages() + op.getVectors().size() +
                       op.getRows().size(),
                   builder.getF32Type());
  fill(op.getFinish(), arguments, op.getLoc(), body);
}

//===----------------------------------------------------------------------===//
// Norms
//===----------------------------------------------------------------------===//

Scalar firstArgument(Scalars &, Block &b) { return b.getArgument(0); }

Scalar square(Scalars &s, Block &b) {
  return s.mul(b.getArgument(0), b.getArgument(0));
}

/// mean = sum(x) / n, var = sum((x - mean)^2) / n: two passes over the row,
/// because sum(x^2) - sum(x)^2 / n loses all digits when the mean is large.
void fillLayerNorm(hk::RowwiseOp norm, double eps) {
  fillMap(norm, 0, firstArgument);
  auto centred = [](Scalars &s, Block &b) {
    Scalar mean = s.div(b.getArgument(3), s.toFloat(b.getArgument(2)));
    return s.sub(b.getArgument(0), mean);
  };
  fillMap(norm, 1, [&](Scalars &s, Block &b) {
    Scalar difference = centred(s, b);
    return s.mul(difference, difference);
  });
  fillFinish(norm, [&](Scalars &s, Block &b) {
    Scalar variance = s.div(b.getArgument(4), s.toFloat(b.getArgument(2)));
    Scalar inverse = s.rsqrt(s.add(variance, s.constant(eps)));
    return s.mul(centred(s, b), inverse);
  });
}

void fillL2Norm(hk::RowwiseOp norm, double eps) {
  fillMap(norm, 0, square);
  fillFinish(norm, [&](Scalars &s, Block &b) {
    Scalar length = s.sqrt(b.getArgument(3));
    return s.div(b.getArgument(0), s.max(length, s.constant(eps)));
  });
}

void fillRmsNorm(hk::RowwiseOp norm, double eps) {
  fillMap(norm, 0, square);
  fillFinish(norm, [&](Scalars &s, Block &b) {
    Scalar mean = s.div(b.getArgument(3), s.toFloat(b.getArgument(2)));
    Scalar inverse = s.rsqrt(s.add(mean, s.constant(eps)));
    return s.mul(b.getArgument(0), inverse);
  });
}

/// Less the largest, so that exp never overflows.
void fillSoftmax(hk::RowwiseOp norm) {
  auto power = [](Scalars &s, Block &b) {
    return s.exp(s.sub(b.getArgument(0), b.getArgument(3)));
  };
  fillMap(norm, 0, firstArgument);
  fillMap(norm, 1, power);
  fillFinish(norm, [&](Scalars &s, Block &b) {
    return s.div(power(s, b), b.getArgument(4));
  });
}

SmallVector<hk::Combine> stagesOf(ir::NormKind kind) {
  switch (kind) {
  case ir::NormKind::Layer:
    return {hk::Combine::Add, hk::Combine::Add};
  case ir::NormKind::L2:
  case ir::NormKind::Rms:
    return {hk::Combine::Add};
  case ir::NormKind::Softmax:
    return {hk::Combine::Max, hk::Combine::Add};
  }
  llvm_unreachable("every norm is above");
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

/// Converts one op: `builder` stands before it, what is returned replaces its
/// results.
class OpConverter {
public:
  OpConverter(Operation *op, const WeightUseMap &uses)
      : builder(op), loc(op->getLoc()), uses(uses) {}

  Value convert(ir::InputOp op) {
    auto scatter = hk::ScatterAttr::get(
        op.getContext(), static_cast<hk::Scatter>(op.getScatter()));
    return builder.create<hk::InputOp>(loc, op.getType(), op.getNameAttr(),
                                       op.getFillAttr(), scatter,
                                       /*slot=*/hk::SlotAttr());
  }

  Value convert(ir::EmbedOp op) {
    auto gather = builder.create<hk::GatherOp>(
        loc, op.getType(), op.getBatch(), op.getTables(), op.getIndices(),
        /*configs=*/ArrayAttr(), /*config_sources=*/ArrayAttr());
    fill(gather.getEpilogue(), {f32()}, loc, firstArgument);
    return gather;
  }

  Value convert(ir::LinearOp op) {
    StringAttr weight = op.getWeightAttr().getAttr();
    std::string matrix = uses.find(weight)->second.matrixName(weight);
    auto gemm = builder.create<hk::GemmOp>(
        loc, op.getType(), op.getInput(), /*rows=*/ValueRange(), matrix,
        symbols({op.getBiasAttr()}), /*configs=*/ArrayAttr(),
        /*config_sources=*/ArrayAttr());
    bool hasBias = op.getBiasAttr() != nullptr;
    fill(gemm.getEpilogue(), SmallVector<Type>(1 + hasBias, f32()), loc,
         [&](Scalars &s, Block &b) -> Scalar {
           Scalar acc = b.getArgument(0);
           return hasBias ? s.add(acc, b.getArgument(1)) : acc;
         });
    return gemm;
  }

  Value convert(ir::NormOp op) {
    hk::RowwiseOp norm = createRowwise(
        op.getInput(), op.getType(), {}, /*batch=*/{},
        symbols({op.getGainAttr(), op.getBiasAttr()}), stagesOf(op.getKind()));
    norm.setGroups(op.getGroups());
    double eps = op.getEps().convertToDouble();
    switch (op.getKind()) {
    case ir::NormKind::Layer:
      fillLayerNorm(norm, eps);
      break;
    case ir::NormKind::L2:
      fillL2Norm(norm, eps);
      break;
    case ir::NormKind::Rms:
      fillRmsNorm(norm, eps);
      break;
    case ir::NormKind::Softmax:
      fillSoftmax(norm);
      break;
    }
    // Gain and bias follow on what the statistics give.
    auto yield = cast<hk::YieldOp>(norm.getFinish().front().getTerminator());
    Scalars s(yield, loc);
    Scalar value = yield.getValue();
    unsigned vector = norm.getNumFinishInputs();
    if (op.getGainAttr())
      value = s.mul(value, norm.getFinish().getArgument(vector++));
    if (op.getBiasAttr())
      value = s.add(value, norm.getFinish().getArgument(vector));
    yield.setOperand(value);
    return norm;
  }

  Value convert(ir::ActivationOp op) {
    hk::RowwiseOp map = createRowwise(op.getInput(), op.getType());
    fillFinish(map, [&](Scalars &s, Block &b) {
      Scalar x = b.getArgument(0);
      switch (op.getKind()) {
      case ir::ActivationKind::Gelu:
        return s.gelu(x);
      case ir::ActivationKind::Silu:
        return s.silu(x);
      case ir::ActivationKind::Relu2: {
        Scalar relu = s.max(x, s.constant(0.0));
        return s.mul(relu, relu);
      }
      }
      llvm_unreachable("every activation is above");
    });
    return map;
  }

  Value convert(ir::AddOp op) {
    hk::RowwiseOp map = createRowwise(op.getLhs(), op.getType(), {op.getRhs()});
    fillFinish(map, [](Scalars &s, Block &b) {
      return s.add(b.getArgument(0), b.getArgument(3));
    });
    return map;
  }

  SmallVector<Value> convert(ir::AttentionOp op);
  Value convert(ir::PoolOp op);
  Value convert(ir::MapOp op);

private:
  Value convertElementwise(ir::MapOp op);

  hk::RowwiseOp createRowwise(Value x, Type result, ValueRange rows = {},
                              Value batch = {}, ArrayAttr vectors = {},
                              ArrayRef<hk::Combine> stages = {}) {
    SmallVector<Attribute> combine;
    for (hk::Combine stage : stages)
      combine.push_back(hk::CombineAttr::get(builder.getContext(), stage));
    return builder.create<hk::RowwiseOp>(
        loc, result, x, batch, rows,
        batch ? hk::RowwiseOver::Sequence : hk::RowwiseOver::Row,
        builder.getArrayAttr(combine),
        vectors ? vectors : builder.getArrayAttr({}), /*groups=*/1,
        /*configs=*/ArrayAttr(), /*config_sources=*/ArrayAttr(), stages.size());
  }

  /// The ones of `attrs` that are there.
  ArrayAttr symbols(ArrayRef<FlatSymbolRefAttr> attrs) {
    SmallVector<Attribute> present;
    for (FlatSymbolRefAttr attr : attrs)
      if (attr)
        present.push_back(attr);
    return builder.getArrayAttr(present);
  }

  Type f32() { return builder.getF32Type(); }

  OpBuilder builder;
  Location loc;
  const WeightUseMap &uses;
};

/// The attributes have the same names on both levels.
SmallVector<Value> OpConverter::convert(ir::AttentionOp op) {
  MLIRContext *context = op.getContext();
  NamedAttrList attributes(op->getAttrDictionary());
  attributes.set("normalizer",
                 hk::NormalizerAttr::get(
                     context, static_cast<hk::Normalizer>(op.getNormalizer())));
  attributes.set("empty",
                 hk::EmptyRowsAttr::get(
                     context, static_cast<hk::EmptyRows>(op.getEmpty())));
  attributes.set("scale",
                 builder.getF32FloatAttr(op.getScale().convertToDouble()));
  SmallVector<Value> operands;
  for (auto [name, value] : {std::pair<StringRef, Value>{"q_offset", op.getQ()},
                             {"k_offset", op.getK()},
                             {"v_offset", op.getV()}}) {
    auto [rows, offset] = RegionOperands::lookThroughSlice(value);
    operands.push_back(rows);
    attributes.set(name, builder.getI64IntegerAttr(offset));
  }
  RegionOperands rows(op.getRows());
  operands.push_back(op.getBatch());
  llvm::append_range(operands, rows.values);
  llvm::append_range(operands, op.getPairs());
  if (op.getScoresIn())
    operands.push_back(op.getScoresIn());
  attributes.set(
      op.getOperandSegmentSizesAttrName(),
      builder.getDenseI32ArrayAttr({1, 1, 1, 1, int32_t(rows.values.size()),
                                    int32_t(op.getPairs().size()),
                                    op.getScoresIn() ? 1 : 0}));
  auto attention = builder.create<hk::AttentionOp>(
      loc, op->getResultTypes(), operands, attributes.getAttrs());
  moveRegion(op.getScoreMod(), attention.getScoreMod(), rows);
  moveRegion(op.getMaskMod(), attention.getMaskMod(), rows);
  moveRegion(op.getAliveMod(), attention.getAliveMod(), rows);
  return SmallVector<Value>(attention->getResults());
}

Value OpConverter::convert(ir::PoolOp op) {
  ir::PoolKind kind = op.getKind();
  bool isMax = kind == ir::PoolKind::Max;
  hk::RowwiseOp pool = createRowwise(
      op.getInput(), op.getType(), {}, op.getBatch(), builder.getArrayAttr({}),
      {isMax ? hk::Combine::Max : hk::Combine::Add});
  fillMap(pool, 0, [&](Scalars &s, Block &b) -> Scalar {
    Scalar x = b.getArgument(0);
    Value i = b.getArgument(1), n = b.getArgument(2);
    // One term of the sum is x and the others are 0, so the sum is exact.
    if (kind != ir::PoolKind::Cls && kind != ir::PoolKind::Last &&
        kind != ir::PoolKind::Row)
      return x;
    Scalar row =
        s.integer(kind == ir::PoolKind::Last ? 1 : int64_t(op.getIndex()));
    if (kind == ir::PoolKind::Last)
      row = s.sub(n, row);
    Scalar isRow = s.equal(i, row);
    return s.select(isRow, x, s.constant(0.0));
  });
  fillFinish(pool, [&](Scalars &s, Block &b) -> Scalar {
    Scalar acc = b.getArgument(1);
    return kind == ir::PoolKind::Mean ? s.div(acc, s.toFloat(b.getArgument(0)))
                                      : acc;
  });
  return pool;
}

/// True if the body reads nothing but the element it computes, of operands of
/// the result's type, and vectors at its column.
bool isElementwise(ir::MapOp op) {
  Block &body = op.getBody().front();
  Value column = body.getArgument(0);
  if (op.getInputs().empty() || !body.getArgument(1).use_empty() ||
      !body.getArgument(2).use_empty())
    return false;
  if (!llvm::all_of(op.getInputs(), [&](Value input) {
        return input.getType() == op.getType() &&
               !input.getDefiningOp<ir::SliceOp>();
      }))
    return false;
  return llvm::all_of(body, [&](Operation &inner) {
    if (auto read = dyn_cast<ir::ReadOp>(inner))
      return read.getColumn() == column && !read.getRow();
    if (auto table = dyn_cast<ir::TableOp>(inner))
      return table.getIndices().size() == 1 &&
             table.getIndices().front() == column;
    return true;
  });
}

/// The map as an elementwise rowwise, which hk-fuse-epilogues merges.
Value OpConverter::convertElementwise(ir::MapOp op) {
  hk::RowwiseOp rowwise =
      createRowwise(op.getInputs().front(), op.getType(),
                    op.getInputs().drop_front(), /*batch=*/{}, op.getTables());
  unsigned numTables = op.getTables().size();
  fillFinish(rowwise, [&](Scalars &s, Block &b) -> Scalar {
    IRMapping mapping;
    mapping.map(op.getBody().getArgument(0), b.getArgument(1));
    Block &body = op.getBody().front();
    for (Operation &inner : body.without_terminator()) {
      if (auto read = dyn_cast<ir::ReadOp>(inner)) {
        int64_t operand = read.getOperand();
        mapping.map(read, b.getArgument(operand ? 2 + numTables + operand : 0));
      } else if (auto table = dyn_cast<ir::TableOp>(inner)) {
        mapping.map(table, b.getArgument(3 + table.getTable()));
      } else {
        s.getBuilder().clone(inner, mapping);
      }
    }
    return mapping.lookup(cast<ir::YieldOp>(body.getTerminator()).getValue());
  });
  return rowwise;
}

Value OpConverter::convert(ir::MapOp op) {
  if (isElementwise(op))
    return convertElementwise(op);
  RegionOperands operands(op.getInputs());
  Block &body = op.getBody().front();
  bool usesBatch =
      !body.getArgument(1).use_empty() || !body.getArgument(2).use_empty() ||
      llvm::any_of(operands.values,
                   [&](Value value) {
                     return hk::getSpace(value) != hk::getSpace(op.getType());
                   }) ||
      llvm::any_of(body, [](Operation &inner) {
        auto read = dyn_cast<ir::ReadOp>(inner);
        return read && read.getRow();
      });
  auto map = builder.create<hk::MapOp>(
      loc, op.getType(), operands.values, usesBatch ? op.getBatch() : Value(),
      op.getTables(), /*configs=*/ArrayAttr(), /*config_sources=*/ArrayAttr());
  moveRegion(op.getBody(), map.getBody(), operands);
  return map;
}

} // namespace

SmallVector<Value> convertOp(Operation *op, const WeightUseMap &uses) {
  OpConverter converter(op, uses);
  return llvm::TypeSwitch<Operation *, SmallVector<Value>>(op)
      .Case<ir::AttentionOp>(
          [&](auto attention) { return converter.convert(attention); })
      .Case<ir::InputOp, ir::EmbedOp, ir::LinearOp, ir::NormOp,
            ir::ActivationOp, ir::AddOp, ir::PoolOp, ir::MapOp>(
          [&](auto concrete) -> SmallVector<Value> {
            return {converter.convert(concrete)};
          })
      .Default([](Operation *) -> SmallVector<Value> { return {}; });
}

Value convertSlice(ir::SliceOp slice) {
  auto [value, offset] = RegionOperands::lookThroughSlice(slice.getResult());
  OpBuilder builder(slice->getContext());
  builder.setInsertionPointAfter(slice);
  auto map = builder.create<hk::MapOp>(
      slice.getLoc(), slice.getType(), ValueRange(value), /*batch=*/Value(),
      builder.getArrayAttr({}), /*configs=*/ArrayAttr(),
      /*config_sources=*/ArrayAttr());
  Type i32 = builder.getI32Type();
  fill(map.getBody(), {i32, i32, i32}, slice.getLoc(),
       [offset = offset](Scalars &s, Block &b) -> Scalar {
         Scalar column = b.getArgument(0);
         if (offset)
           column = s.add(column, s.integer(offset));
         return s.create<hk::ReadOp>(s.getBuilder().getF32Type(), int64_t(0),
                                     column, Value());
       });
  return map;
}

} // namespace xf
