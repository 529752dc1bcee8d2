// The #xf.recipe attribute: builders, and the shape that each node makes of its
// inputs', which is also its verifier.
#include "compiler/Dialect/XF/IR/XFRecipeNodes.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace mlir;
using namespace xf::ir;

//===----------------------------------------------------------------------===//
// The table of nodes
//===----------------------------------------------------------------------===//

static constexpr RecipeNode kNodes[] = {
#define XF_RECIPE(Kind, keyword, arguments)                                    \
  {RecipeKind::Kind, keyword, arguments},
#include "compiler/Weights/RecipeKinds.def"
};

ArrayRef<RecipeNode> xf::ir::recipeNodes() { return kNodes; }

const RecipeNode &xf::ir::recipeNode(RecipeKind kind) {
  return kNodes[static_cast<size_t>(kind)];
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

namespace {
/// Infers the shape of one node; a node that makes no sense is an error.
class ShapeRule {
public:
  using Shape = SmallVector<int64_t>;

  ShapeRule(function_ref<InFlightDiagnostic()> emitError, RecipeKind kind,
            ArrayRef<RecipeAttr> inputs, ArrayRef<int64_t> integers,
            ArrayRef<double> numbers)
      : emitError(emitError), kind(kind), inputs(inputs), integers(integers),
        numbers(numbers) {}

  FailureOr<Shape> infer() {
    for (double number : numbers)
      if (!std::isfinite(static_cast<float>(number)))
        return emitError() << "the constant of a recipe must be finite in f32";
    switch (kind) {
    case RecipeKind::Tensor:
      return failure(); // has no inputs to infer from
    case RecipeKind::Concat:
      return concat();
    case RecipeKind::Transpose:
      if (failed(needMatrix(first())))
        return failure();
      return Shape(llvm::reverse(first()));
    case RecipeKind::Scale:
    case RecipeKind::Add:
    case RecipeKind::Clip:
    case RecipeKind::Sigmoid:
    case RecipeKind::Tanh:
    case RecipeKind::Exp:
    case RecipeKind::Silu:
    case RecipeKind::UnitRows:
    case RecipeKind::LayerNormRows:
    case RecipeKind::SoftmaxRows:
      return Shape(first());
    case RecipeKind::Mul:
    case RecipeKind::Plus:
      return elementwise();
    case RecipeKind::MatMul:
      return matmul();
    case RecipeKind::Reshape:
      return reshape();
    case RecipeKind::Slice:
      return slice();
    case RecipeKind::Repeat:
      return repeat();
    case RecipeKind::Fill:
      return checkedDims(integers);
    case RecipeKind::Values:
      return values();
    case RecipeKind::T5Table:
      return t5Table();
    case RecipeKind::Distances:
      return distances();
    case RecipeKind::Sinusoid:
      return sinusoid();
    }
    llvm_unreachable("all recipe kinds handled");
  }

private:
  ArrayRef<int64_t> first() { return inputs.front().getShape(); }
  InFlightDiagnostic error() {
    return emitError() << "`" << recipeNode(kind).keyword << "` ";
  }

  LogicalResult needMatrix(ArrayRef<int64_t> shape) {
    if (shape.size() == 2)
      return success();
    return error() << "of shape [" << shape << "], but it takes a matrix";
  }
  LogicalResult needAxis(int64_t axis) {
    if (axis >= 0 && axis < static_cast<int64_t>(first().size()))
      return success();
    return error() << "along axis " << axis << " but its inputs have "
                   << first().size() << " dimensions";
  }
  FailureOr<int64_t> elementsOf(ArrayRef<int64_t> shape) {
    int64_t count = 1;
    for (int64_t dim : shape)
      if (dim <= 0 || __builtin_mul_overflow(count, dim, &count))
        return failure();
    return count;
  }
  FailureOr<Shape> checkedDims(ArrayRef<int64_t> dims) {
    if (failed(elementsOf(dims)))
      return error() << "of shape [" << dims
                     << "], but dimensions must be positive";
    return Shape(dims);
  }

  FailureOr<Shape> concat() {
    int64_t axis = integers.front(), extent = 0;
    if (failed(needAxis(axis)))
      return failure();
    for (RecipeAttr input : inputs.drop_front()) {
      ArrayRef<int64_t> shape = input.getShape();
      bool fits = shape.size() == first().size();
      for (size_t d = 0; fits && d < shape.size(); ++d)
        fits = static_cast<int64_t>(d) == axis || shape[d] == first()[d];
      if (!fits)
        return error() << "along axis " << axis << " of shapes [" << first()
                       << "] and [" << shape
                       << "], which may differ in that axis only";
    }
    for (RecipeAttr input : inputs)
      if (__builtin_add_overflow(extent, input.getShape()[axis], &extent))
        return error() << "along axis " << axis
                       << " makes more than 2^63 - 1 of that axis";
    Shape shape(first());
    shape[axis] = extent;
    return shape;
  }

  FailureOr<Shape> elementwise() {
    ArrayRef<int64_t> a = first(), b = inputs[1].getShape();
    bool isRow = b.size() == 1 && !a.empty() && a.back() == b.front();
    if (a != b && !isRow)
      return error() << "of shapes [" << a << "] and [" << b
                     << "], but the second is like the first or like a row "
                        "of it";
    return Shape(a);
  }

  FailureOr<Shape> matmul() {
    ArrayRef<int64_t> a = first(), b = inputs[1].getShape();
    if (failed(needMatrix(a)) || failed(needMatrix(b)))
      return failure();
    if (a[1] != b[1])
      return error() << "of shapes [" << a << "] and [" << b
                     << "], whose rows must be of one length";
    return Shape{a[0], b[0]};
  }

  FailureOr<Shape> reshape() {
    FailureOr<Shape> shape = checkedDims(integers);
    if (succeeded(shape) && *elementsOf(*shape) != *elementsOf(first()))
      return error() << "of shape [" << first() << "] to [" << integers
                     << "], which holds another number of values";
    return shape;
  }

  FailureOr<Shape> slice() {
    int64_t axis = integers[0], begin = integers[1], size = integers[2];
    if (failed(needAxis(axis)))
      return failure();
    if (begin < 0 || size < 1 || begin > first()[axis] - size)
      return error() << "of " << size << " from " << begin
                     << " on, but the axis has " << first()[axis];
    Shape shape(first());
    shape[axis] = size;
    return shape;
  }

  FailureOr<Shape> repeat() {
    int64_t axis = integers[0], times = integers[1];
    if (failed(needAxis(axis)))
      return failure();
    Shape shape(first());
    if (times < 1 || __builtin_mul_overflow(shape[axis], times, &shape[axis]))
      return error() << times
                     << " times, but it must be positive and make "
                        "less than 2^63 of the axis";
    return shape;
  }

  FailureOr<Shape> values() {
    FailureOr<Shape> shape = checkedDims(integers);
    if (succeeded(shape) &&
        *elementsOf(*shape) != static_cast<int64_t>(numbers.size()))
      return error() << "gives " << numbers.size() << " numbers for shape ["
                     << integers << "]";
    return shape;
  }

  /// (table [buckets, heads], causal, max distance) -> [heads, 2D + 1]
  FailureOr<Shape> t5Table() {
    if (failed(needMatrix(first())))
      return failure();
    int64_t distance = integers[1];
    if (distance < 1 || distance > (int64_t(1) << 30))
      return error() << "up to distance " << distance
                     << ", but it must be in 1 .. 2^30";
    return Shape{first()[1], 2 * distance + 1};
  }

  /// (length, log) -> [2 length - 1, 1]
  FailureOr<Shape> distances() {
    int64_t length = integers[0];
    if (length < 1 || length > (int64_t(1) << 30))
      return error() << "of length " << length
                     << ", but it must be in 1 .. 2^30";
    return Shape{2 * length - 1, 1};
  }

  FailureOr<Shape> sinusoid() {
    if (integers[1] % 2 != 0)
      return error() << "of width " << integers[1] << ", but it must be even";
    return checkedDims(integers);
  }

  function_ref<InFlightDiagnostic()> emitError;
  RecipeKind kind;
  ArrayRef<RecipeAttr> inputs;
  ArrayRef<int64_t> integers;
  ArrayRef<double> numbers;
};
} // namespace

FailureOr<SmallVector<int64_t>>
xf::ir::inferRecipeShape(function_ref<InFlightDiagnostic()> emitError,
                         RecipeKind kind, ArrayRef<RecipeAttr> inputs,
                         ArrayRef<int64_t> integers, ArrayRef<double> numbers) {
  return ShapeRule(emitError, kind, inputs, integers, numbers).infer();
}

LogicalResult RecipeAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 RecipeKind kind, ArrayRef<int64_t> shape,
                                 StringAttr tensor, ArrayRef<RecipeAttr> inputs,
                                 ArrayRef<int64_t> integers,
                                 DenseF64ArrayAttr numbers) {
  if (kind == RecipeKind::Tensor) {
    if (tensor.getValue().empty())
      return emitError() << "a logical tensor must have a name";
    if (llvm::any_of(shape, [](int64_t dim) { return dim <= 0; }))
      return emitError() << "logical tensor `" << tensor.getValue()
                         << "` of shape [" << shape
                         << "], but dimensions must be positive";
    return success();
  }
  auto inferred =
      inferRecipeShape(emitError, kind, inputs, integers,
                       numbers ? numbers.asArrayRef() : ArrayRef<double>());
  if (failed(inferred))
    return failure();
  if (ArrayRef<int64_t>(*inferred) != shape)
    return emitError() << "`" << recipeNode(kind).keyword << "` makes ["
                       << *inferred << "], not [" << shape << "]";
  return success();
}

//===----------------------------------------------------------------------===//
// Builders
//===----------------------------------------------------------------------===//

RecipeAttr RecipeAttr::make(MLIRContext *context, RecipeKind kind,
                            ArrayRef<RecipeAttr> inputs,
                            ArrayRef<int64_t> integers,
                            ArrayRef<double> numbers) {
  auto emitError = [&] {
    return mlir::emitError(UnknownLoc::get(context), "in a recipe: ");
  };
  auto shape = inferRecipeShape(emitError, kind, inputs, integers, numbers);
  assert(succeeded(shape) && "a pass builds a recipe that makes no sense");
  return get(context, kind, *shape, StringAttr(), inputs, integers,
             numbers.empty() ? DenseF64ArrayAttr()
                             : DenseF64ArrayAttr::get(context, numbers));
}

RecipeAttr RecipeAttr::tensor(MLIRContext *context, StringRef name,
                              ArrayRef<int64_t> shape) {
  return get(context, RecipeKind::Tensor, shape, StringAttr::get(context, name),
             ArrayRef<RecipeAttr>(), ArrayRef<int64_t>(), DenseF64ArrayAttr());
}

RecipeAttr RecipeAttr::concat(int64_t axis, ArrayRef<RecipeAttr> inputs) {
  return make(inputs.front().getContext(), RecipeKind::Concat, inputs, axis);
}

RecipeAttr RecipeAttr::transpose(RecipeAttr input) {
  return unary(RecipeKind::Transpose, input);
}

RecipeAttr RecipeAttr::unary(RecipeKind kind, RecipeAttr input) {
  return make(input.getContext(), kind, input);
}

RecipeAttr RecipeAttr::scale(RecipeAttr input, double constant) {
  return make(input.getContext(), RecipeKind::Scale, input, {}, constant);
}

RecipeAttr RecipeAttr::add(RecipeAttr input, double constant) {
  return make(input.getContext(), RecipeKind::Add, input, {}, constant);
}

RecipeAttr RecipeAttr::clip(RecipeAttr input, double low, double high) {
  return make(input.getContext(), RecipeKind::Clip, input, {}, {low, high});
}

RecipeAttr RecipeAttr::mul(RecipeAttr a, RecipeAttr b) {
  return make(a.getContext(), RecipeKind::Mul, {a, b});
}

RecipeAttr RecipeAttr::plus(RecipeAttr a, RecipeAttr b) {
  return make(a.getContext(), RecipeKind::Plus, {a, b});
}

RecipeAttr RecipeAttr::matmul(RecipeAttr a, RecipeAttr b) {
  return make(a.getContext(), RecipeKind::MatMul, {a, b});
}

RecipeAttr RecipeAttr::reshape(RecipeAttr input, ArrayRef<int64_t> shape) {
  return make(input.getContext(), RecipeKind::Reshape, input, shape);
}

RecipeAttr RecipeAttr::slice(RecipeAttr input, int64_t axis, int64_t begin,
                             int64_t size) {
  return make(input.getContext(), RecipeKind::Slice, input,
              {axis, begin, size});
}

RecipeAttr RecipeAttr::repeat(RecipeAttr input, int64_t axis, int64_t times) {
  return make(input.getContext(), RecipeKind::Repeat, input, {axis, times});
}

RecipeAttr RecipeAttr::fill(MLIRContext *context, ArrayRef<int64_t> shape,
                            double value) {
  return make(context, RecipeKind::Fill, {}, shape, value);
}

RecipeAttr RecipeAttr::values(MLIRContext *context, ArrayRef<int64_t> shape,
                              ArrayRef<double> values) {
  return make(context, RecipeKind::Values, {}, shape, values);
}

RecipeAttr RecipeAttr::t5Table(RecipeAttr table, bool causal,
                               int64_t maxDistance) {
  return make(table.getContext(), RecipeKind::T5Table, table,
              {causal, maxDistance});
}

RecipeAttr RecipeAttr::distances(MLIRContext *context, int64_t length,
                                 bool log) {
  return make(context, RecipeKind::Distances, {}, {length, log});
}

RecipeAttr RecipeAttr::sinusoid(MLIRContext *context, int64_t length,
                                int64_t width) {
  return make(context, RecipeKind::Sinusoid, {}, {length, width});
}
