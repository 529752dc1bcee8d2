// The #xf.recipe attribute: builders that infer shapes, text form, verifier.
#include "compiler/Dialect/XF/IR/XF.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace mlir;
using namespace xf::ir;

//===----------------------------------------------------------------------===//
// Builders
//===----------------------------------------------------------------------===//

RecipeAttr RecipeAttr::tensor(MLIRContext *context, StringRef name,
                              ArrayRef<int64_t> shape) {
  return get(context, RecipeKind::Tensor, shape, StringAttr::get(context, name),
             ArrayRef<RecipeAttr>(), int64_t(0), FloatAttr());
}

/// The shape of a concatenation; the first input's where they do not fit, which
/// the verifier then reports.
static SmallVector<int64_t> concatShape(int64_t axis,
                                        ArrayRef<RecipeAttr> inputs) {
  SmallVector<int64_t> shape(inputs.front().getShape());
  if (axis < 0 || axis >= static_cast<int64_t>(shape.size()))
    return shape;
  for (RecipeAttr input : inputs.drop_front())
    if (input.getShape().size() == shape.size())
      shape[axis] += input.getShape()[axis];
  return shape;
}

RecipeAttr RecipeAttr::concat(int64_t axis, ArrayRef<RecipeAttr> inputs) {
  MLIRContext *context = inputs.front().getContext();
  return get(context, RecipeKind::Concat, concatShape(axis, inputs),
             StringAttr(), inputs, axis, FloatAttr());
}

RecipeAttr RecipeAttr::transpose(RecipeAttr input) {
  SmallVector<int64_t> shape(llvm::reverse(input.getShape()));
  return get(input.getContext(), RecipeKind::Transpose, shape, StringAttr(),
             ArrayRef<RecipeAttr>(input), int64_t(0), FloatAttr());
}

static FloatAttr constantAttr(MLIRContext *context, double constant) {
  return FloatAttr::get(Float64Type::get(context), constant);
}

RecipeAttr RecipeAttr::scale(RecipeAttr input, double constant) {
  MLIRContext *context = input.getContext();
  return get(context, RecipeKind::Scale, input.getShape(), StringAttr(),
             ArrayRef<RecipeAttr>(input), int64_t(0),
             constantAttr(context, constant));
}

RecipeAttr RecipeAttr::add(RecipeAttr input, double constant) {
  MLIRContext *context = input.getContext();
  return get(context, RecipeKind::Add, input.getShape(), StringAttr(),
             ArrayRef<RecipeAttr>(input), int64_t(0),
             constantAttr(context, constant));
}

//===----------------------------------------------------------------------===//
// Verifier
//===----------------------------------------------------------------------===//

static LogicalResult verifyConcat(function_ref<InFlightDiagnostic()> emitError,
                                  ArrayRef<RecipeAttr> inputs, int64_t axis) {
  ArrayRef<int64_t> first = inputs.front().getShape();
  int64_t extent = 0;
  if (axis < 0 || axis >= static_cast<int64_t>(first.size()))
    return emitError() << "`concat` along axis " << axis
                       << " but its inputs have " << first.size()
                       << " dimensions";
  for (RecipeAttr input : inputs.drop_front()) {
    ArrayRef<int64_t> shape = input.getShape();
    bool fits = shape.size() == first.size();
    for (size_t d = 0; fits && d < shape.size(); ++d)
      fits = static_cast<int64_t>(d) == axis || shape[d] == first[d];
    if (!fits)
      return emitError() << "`concat` along axis " << axis << " of shapes ["
                         << first << "] and [" << shape
                         << "], which may differ in that axis only";
  }
  for (RecipeAttr input : inputs)
    if (__builtin_add_overflow(extent, input.getShape()[axis], &extent))
      return emitError() << "`concat` along axis " << axis
                         << " makes more than 2^63 - 1 of that axis";
  return success();
}

LogicalResult RecipeAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 RecipeKind kind, ArrayRef<int64_t> shape,
                                 StringAttr tensor, ArrayRef<RecipeAttr> inputs,
                                 int64_t axis, FloatAttr constant) {
  switch (kind) {
  case RecipeKind::Tensor:
    if (tensor.getValue().empty())
      return emitError() << "a logical tensor must have a name";
    if (llvm::any_of(shape, [](int64_t dim) { return dim <= 0; }))
      return emitError() << "logical tensor `" << tensor.getValue()
                         << "` of shape [" << shape
                         << "], but dimensions must be positive";
    return success();
  case RecipeKind::Concat:
    return verifyConcat(emitError, inputs, axis);
  case RecipeKind::Transpose:
    if (shape.size() != 2)
      return emitError() << "`transpose` of shape ["
                         << inputs.front().getShape()
                         << "], but it takes a matrix";
    return success();
  case RecipeKind::Scale:
  case RecipeKind::Add:
    if (!std::isfinite(static_cast<float>(constant.getValueAsDouble())))
      return emitError() << "the constant of a recipe must be finite in f32";
    return success();
  }
  llvm_unreachable("all recipe kinds handled");
}

//===----------------------------------------------------------------------===//
// Text form
//===----------------------------------------------------------------------===//

static StringRef keywordOf(RecipeKind kind) {
  switch (kind) {
  case RecipeKind::Tensor:
    return "";
  case RecipeKind::Concat:
    return "concat";
  case RecipeKind::Transpose:
    return "transpose";
  case RecipeKind::Scale:
    return "scale";
  case RecipeKind::Add:
    return "add";
  }
  llvm_unreachable("all recipe kinds handled");
}

static void printNode(AsmPrinter &printer, RecipeAttr node) {
  if (node.getKind() == RecipeKind::Tensor) {
    printer.printString(node.getTensor().getValue());
    printer << '[' << node.getShape() << ']';
    return;
  }
  printer << keywordOf(node.getKind()) << '(';
  if (node.getKind() == RecipeKind::Concat)
    printer << node.getAxis() << ", ";
  llvm::interleaveComma(node.getInputs(), printer,
                        [&](RecipeAttr input) { printNode(printer, input); });
  if (node.getConstant()) {
    printer << ", ";
    printer.printFloat(node.getConstant().getValue());
  }
  printer << ')';
}

static FailureOr<RecipeAttr> parseNode(AsmParser &parser);

static FailureOr<RecipeAttr> parseTensor(AsmParser &parser, StringRef name,
                                         SMLoc loc) {
  SmallVector<int64_t> shape;
  auto parseDim = [&] { return parser.parseInteger(shape.emplace_back()); };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseDim))
    return failure();
  auto emitError = [&] { return parser.emitError(loc); };
  MLIRContext *context = parser.getContext();
  if (failed(RecipeAttr::verify(emitError, RecipeKind::Tensor, shape,
                                StringAttr::get(context, name), {}, 0, {})))
    return failure();
  return RecipeAttr::tensor(context, name, shape);
}

static FailureOr<RecipeAttr> parseConcat(AsmParser &parser, SMLoc loc) {
  int64_t axis;
  if (parser.parseInteger(axis))
    return failure();
  SmallVector<RecipeAttr> inputs;
  do {
    FailureOr<RecipeAttr> input = failure();
    if (parser.parseComma() || failed(input = parseNode(parser)))
      return failure();
    inputs.push_back(*input);
  } while (failed(parser.parseOptionalRParen()));
  auto emitError = [&] { return parser.emitError(loc); };
  if (failed(verifyConcat(emitError, inputs, axis)))
    return failure();
  return RecipeAttr::concat(axis, inputs);
}

/// `transpose(x)`, `scale(x, c)` and `add(x, c)`, after the parenthesis.
static FailureOr<RecipeAttr> parseUnary(AsmParser &parser, StringRef keyword,
                                        SMLoc loc) {
  FailureOr<RecipeAttr> input = parseNode(parser);
  if (failed(input))
    return failure();
  double constant = 0;
  bool isTranspose = keyword == "transpose";
  if (!isTranspose && (parser.parseComma() || parser.parseFloat(constant)))
    return failure();
  if (parser.parseRParen())
    return failure();
  // Verified before it is made: building a broken node is not an error.
  RecipeKind kind = isTranspose          ? RecipeKind::Transpose
                    : keyword == "scale" ? RecipeKind::Scale
                                         : RecipeKind::Add;
  auto emitError = [&] { return parser.emitError(loc); };
  if (failed(RecipeAttr::verify(emitError, kind, input->getShape(), {}, *input,
                                0,
                                constantAttr(parser.getContext(), constant))))
    return failure();
  if (isTranspose)
    return RecipeAttr::transpose(*input);
  return kind == RecipeKind::Scale ? RecipeAttr::scale(*input, constant)
                                   : RecipeAttr::add(*input, constant);
}

static FailureOr<RecipeAttr> parseNode(AsmParser &parser) {
  SMLoc loc = parser.getCurrentLocation();
  std::string name;
  if (succeeded(parser.parseOptionalString(&name)))
    return parseTensor(parser, name, loc);
  StringRef keyword;
  if (parser.parseOptionalKeyword(&keyword,
                                  {"concat", "transpose", "scale", "add"}))
    return parser.emitError(loc)
           << "expected a logical tensor or one of `concat`, `transpose`, "
              "`scale`, `add`";
  if (parser.parseLParen())
    return failure();
  if (keyword == "concat")
    return parseConcat(parser, loc);
  return parseUnary(parser, keyword, loc);
}

void RecipeAttr::print(AsmPrinter &printer) const {
  printer << '<';
  printNode(printer, *this);
  printer << '>';
}

Attribute RecipeAttr::parse(AsmParser &parser, Type) {
  if (parser.parseLess())
    return {};
  FailureOr<RecipeAttr> node = parseNode(parser);
  if (failed(node) || parser.parseGreater())
    return {};
  return *node;
}
