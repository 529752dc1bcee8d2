// The text form of #xf.recipe, read and written by the table of nodes.
#include "compiler/Dialect/XF/IR/XFRecipeNodes.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace xf::ir;

//===----------------------------------------------------------------------===//
// Printer
//===----------------------------------------------------------------------===//

template <typename T> static T takeFront(ArrayRef<T> &list) {
  T front = list.front();
  list = list.drop_front();
  return front;
}

static void printNode(AsmPrinter &printer, RecipeAttr node) {
  if (node.getKind() == RecipeKind::Tensor) {
    printer.printString(node.getTensor().getValue());
    printer << '[' << node.getShape() << ']';
    return;
  }
  const RecipeNode &form = recipeNode(node.getKind());
  ArrayRef<RecipeAttr> inputs = node.getInputs();
  ArrayRef<int64_t> integers = node.getIntegers();
  ArrayRef<double> numbers;
  if (node.getNumbers())
    numbers = node.getNumbers().asArrayRef();
  auto recipe = [&](RecipeAttr input) { printNode(printer, input); };
  auto number = [&](double value) { printer.printFloat(APFloat(value)); };
  printer << form.keyword << '(';
  llvm::interleave(
      form.arguments,
      [&](char argument) {
        switch (argument) {
        case 'r':
          recipe(takeFront(inputs));
          break;
        case 'R':
          llvm::interleaveComma(inputs, printer, recipe);
          break;
        case 'i':
          printer << takeFront(integers);
          break;
        case 'd':
          printer << '[' << integers << ']';
          break;
        case 'f':
          number(takeFront(numbers));
          break;
        case 'F':
          llvm::interleaveComma(numbers, printer, number);
          break;
        }
      },
      [&] { printer << ", "; });
  printer << ')';
}

void RecipeAttr::print(AsmPrinter &printer) const {
  printer << '<';
  printNode(printer, *this);
  printer << '>';
}

//===----------------------------------------------------------------------===//
// Parser
//===----------------------------------------------------------------------===//

static FailureOr<RecipeAttr> parseNode(AsmParser &parser);

namespace {
/// The arguments of a node, parsed letter by letter.
struct Arguments {
  AsmParser &parser;
  SmallVector<RecipeAttr> inputs;
  SmallVector<int64_t> integers;
  SmallVector<double> numbers;

  ParseResult recipe() {
    FailureOr<RecipeAttr> input = parseNode(parser);
    if (failed(input))
      return failure();
    inputs.push_back(*input);
    return success();
  }
  ParseResult integer() { return parser.parseInteger(integers.emplace_back()); }
  ParseResult number() { return parser.parseFloat(numbers.emplace_back()); }
  ParseResult dims() {
    return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                          [&] { return integer(); });
  }
  ParseResult argument(char letter) {
    switch (letter) {
    case 'r':
      return recipe();
    case 'R':
      return parser.parseCommaSeparatedList([&] { return recipe(); });
    case 'i':
      return integer();
    case 'd':
      return dims();
    case 'f':
      return number();
    case 'F':
      return parser.parseCommaSeparatedList([&] { return number(); });
    }
    llvm_unreachable("every letter is above");
  }
};
} // namespace

static FailureOr<RecipeAttr> parseTensor(AsmParser &parser, StringRef name,
                                         SMLoc loc) {
  Arguments arguments{parser, {}, {}, {}};
  if (arguments.dims())
    return failure();
  auto emitError = [&] { return parser.emitError(loc); };
  MLIRContext *context = parser.getContext();
  if (failed(RecipeAttr::verify(emitError, RecipeKind::Tensor,
                                arguments.integers,
                                StringAttr::get(context, name), {}, {}, {})))
    return failure();
  return RecipeAttr::tensor(context, name, arguments.integers);
}

static FailureOr<RecipeAttr> parseNode(AsmParser &parser) {
  SMLoc loc = parser.getCurrentLocation();
  std::string name;
  if (succeeded(parser.parseOptionalString(&name)))
    return parseTensor(parser, name, loc);
  auto emitError = [&] { return parser.emitError(loc); };
  auto nodes = recipeNodes().drop_front();
  StringRef keyword;
  const RecipeNode *form = nodes.end();
  if (succeeded(parser.parseOptionalKeyword(&keyword)))
    form = llvm::find_if(
        nodes, [&](const RecipeNode &node) { return node.keyword == keyword; });
  if (form == nodes.end()) {
    InFlightDiagnostic diag = emitError()
                              << "expected a logical tensor or one of ";
    llvm::interleave(
        nodes,
        [&](const RecipeNode &node) { diag << '`' << node.keyword << '`'; },
        [&] { diag << ", "; });
    return diag;
  }
  Arguments arguments{parser, {}, {}, {}};
  if (parser.parseLParen())
    return failure();
  for (auto [index, letter] : llvm::enumerate(form->arguments))
    if ((index && parser.parseComma()) || arguments.argument(letter))
      return failure();
  // Verified before it is made: building a broken node is not an error.
  if (parser.parseRParen() ||
      failed(inferRecipeShape(emitError, form->kind, arguments.inputs,
                              arguments.integers, arguments.numbers)))
    return failure();
  return RecipeAttr::make(parser.getContext(), form->kind, arguments.inputs,
                          arguments.integers, arguments.numbers);
}

Attribute RecipeAttr::parse(AsmParser &parser, Type) {
  if (parser.parseLess())
    return {};
  FailureOr<RecipeAttr> node = parseNode(parser);
  if (failed(node) || parser.parseGreater())
    return {};
  return *node;
}
