// Expressions by precedence climbing; the cursor and the errors of the whole
// parser.
#include "dsl/ExprParser.h"

namespace xf::dsl {

namespace {

/// How tightly a binary operator binds; 0 for what is none.
unsigned precedence(TokenKind kind) {
  switch (kind) {
  case TokenKind::OrOr:
    return 1;
  case TokenKind::AndAnd:
    return 2;
  case TokenKind::EqualEqual:
  case TokenKind::NotEqual:
  case TokenKind::Less:
  case TokenKind::LessEqual:
  case TokenKind::Greater:
  case TokenKind::GreaterEqual:
    return 3;
  case TokenKind::Plus:
  case TokenKind::Minus:
    return 4;
  case TokenKind::Star:
  case TokenKind::Slash:
  case TokenKind::Percent:
    return 5;
  default:
    return 0;
  }
}
constexpr unsigned ComparisonPrecedence = 3;

ExprPtr boxed(Parsed parsed) {
  return std::make_unique<Expr>(std::move(parsed.expr));
}

} // namespace

bool isKeyword(TokenKind kind) {
  switch (kind) {
#define XF_KEYWORD(kind, spelling)                                             \
  case TokenKind::kind:                                                        \
    return true;
#include "dsl/Token.def"
  default:
    return false;
  }
}

std::string found(const Token &token) {
  switch (token.kind) {
  case TokenKind::EndOfFile:
  case TokenKind::String:
    return describe(token.kind).str();
  default:
    return "`" + token.text.str() + "`";
  }
}

const Token &ExprParser::take() {
  const Token &token = current();
  if (!token.is(TokenKind::EndOfFile))
    ++position;
  return token;
}

bool ExprParser::accept(TokenKind kind) {
  if (!at(kind))
    return false;
  take();
  return true;
}

SourceRange ExprParser::from(const Token &first) const {
  const char *end = position && previous().end() > first.begin()
                        ? previous().end()
                        : first.end();
  return {llvm::SMLoc::getFromPointer(first.begin()),
          llvm::SMLoc::getFromPointer(end)};
}

void ExprParser::expected(llvm::StringRef what) {
  if (worthReporting())
    diags.report(current().range(), diag::Expected, found(current()), what);
}

bool ExprParser::expect(TokenKind kind, llvm::StringRef where) {
  if (accept(kind))
    return true;
  expected(describe(kind).str() + where.str());
  return false;
}

std::optional<Name> ExprParser::name(llvm::StringRef role) {
  if (at(TokenKind::Word)) {
    const Token &token = take();
    return Name{token.text.str(), token.range()};
  }
  if (isKeyword(current().kind))
    diags.report(current().range(), diag::ReservedWord, current().text, role);
  else
    expected(role);
  return std::nullopt;
}

void ExprParser::tooDeep(SourceRange range) {
  if (!abandoned)
    diags.report(range, diag::TooDeep, MaxNesting);
  abandoned = true;
  position = tokens.size() - 1;
}

MaybeExpr ExprParser::node(const Token &first, decltype(Expr::node) node,
                           unsigned height) {
  if (height > MaxNesting) {
    tooDeep(from(first));
    return std::nullopt;
  }
  return Parsed{{from(first), std::move(node)}, height};
}

MaybeExpr ExprParser::expression() {
  const Token &first = current();
  Level level(*this);
  if (!level)
    return std::nullopt;
  MaybeExpr result = binary(1);
  if (result && accept(TokenKind::Question)) {
    MaybeExpr ifTrue = expression();
    if (!ifTrue || !expect(TokenKind::Colon, " of `? :`"))
      return std::nullopt;
    MaybeExpr ifFalse = expression();
    if (!ifFalse)
      return std::nullopt;
    unsigned height =
        std::max({result->height, ifTrue->height, ifFalse->height}) + 1;
    result =
        node(first,
             Conditional{boxed(std::move(*result)), boxed(std::move(*ifTrue)),
                         boxed(std::move(*ifFalse))},
             height);
  }
  return result;
}

MaybeExpr ExprParser::binary(unsigned weakest) {
  const Token &first = current();
  MaybeExpr lhs = unary();
  bool compared = false;
  while (lhs) {
    unsigned binding = precedence(current().kind);
    if (binding < weakest || binding == 0)
      break;
    const Token &op = take();
    if (binding == ComparisonPrecedence && compared) {
      diags.report(op.range(), diag::ComparisonChain, op.text);
      return std::nullopt;
    }
    compared = binding == ComparisonPrecedence;
    MaybeExpr rhs = binary(binding + 1);
    if (!rhs)
      return std::nullopt;
    unsigned height = std::max(lhs->height, rhs->height) + 1;
    lhs = node(first,
               Binary{op.text.str(), op.range(), boxed(std::move(*lhs)),
                      boxed(std::move(*rhs))},
               height);
  }
  return lhs;
}

MaybeExpr ExprParser::unary() {
  const Token &first = current();
  if (!at(TokenKind::Minus) && !at(TokenKind::Not))
    return primary();
  Level level(*this);
  if (!level)
    return std::nullopt;
  take();
  MaybeExpr operand = unary();
  if (!operand)
    return std::nullopt;
  unsigned height = operand->height + 1;
  return node(first, Unary{first.text.str(), boxed(std::move(*operand))},
              height);
}

MaybeExpr ExprParser::primary() {
  const Token &first = current();
  switch (first.kind) {
  case TokenKind::Integer:
    take();
    return node(first, IntLit{integerValue(first)}, 1);
  case TokenKind::Float:
    take();
    return node(first, FloatLit{floatValue(first), first.text.str()}, 1);
  case TokenKind::String:
    take();
    return node(first, StringLit{stringValue(first)}, 1);
  case TokenKind::KwTrue:
  case TokenKind::KwFalse:
    take();
    return node(first, BoolLit{first.is(TokenKind::KwTrue)}, 1);
  case TokenKind::LeftParen: {
    take();
    MaybeExpr inner = expression();
    if (!inner || !expect(TokenKind::RightParen))
      return std::nullopt;
    inner->expr.range = from(first);
    return inner;
  }
  case TokenKind::LeftBracket: {
    take();
    ListLit list;
    unsigned height = 0;
    if (!expressions(list.elements, TokenKind::RightBracket, height))
      return std::nullopt;
    return node(first, std::move(list), height + 1);
  }
  case TokenKind::Word:
    if (!next().is(TokenKind::Equal)) // otherwise the value is missing and
                                      // this is the next setting
      return nameOrCall();
    [[fallthrough]];
  default:
    if (worthReporting())
      diags.report(first.range(), diag::ExpectedValue, found(first));
    return std::nullopt;
  }
}

MaybeExpr ExprParser::nameOrCall() {
  const Token &first = take();
  if (!at(TokenKind::LeftParen))
    return node(first, NameRef{first.text.str()}, 1);
  checkCallParenthesis();
  take();
  Call call{{first.text.str(), first.range()}, {}};
  unsigned height = 0;
  if (!expressions(call.args, TokenKind::RightParen, height))
    return std::nullopt;
  return node(first, std::move(call), height + 1);
}

void ExprParser::checkCallParenthesis() {
  if (at(TokenKind::LeftParen) && previous().end() != current().begin())
    diags.report(current().range(), diag::CallSpace, previous().text)
        .hint(fmt::format("write `{}(`", std::string_view(previous().text)));
}

bool ExprParser::expressions(std::vector<Expr> &list, TokenKind close,
                             unsigned &height) {
  if (accept(close))
    return true;
  do {
    MaybeExpr element = expression();
    if (!element)
      return false;
    height = std::max(height, element->height);
    list.push_back(std::move(element->expr));
  } while (accept(TokenKind::Comma));
  if (accept(close))
    return true;
  expected("`,` or " + describe(close).str());
  return false;
}

} // namespace xf::dsl
