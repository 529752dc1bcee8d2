// Tokens to expressions, and what all of the parser stands on: the cursor,
// errors, bounded nesting.
#pragma once

#include "dsl/AST.h"
#include "dsl/Lexer.h"
#include "dsl/Parser.h"

#include "llvm/ADT/ArrayRef.h"

#include <algorithm>
#include <optional>

namespace xf::dsl {

/// A reserved word.
bool isKeyword(TokenKind kind);

/// How a message names a token that was found.
std::string found(const Token &token);

/// An expression and the height of its tree, which is bounded like the depth of
/// the recursion: a chain `1+1+1+...` makes a tall tree without any.
struct Parsed {
  Expr expr;
  unsigned height = 1;
};
using MaybeExpr = std::optional<Parsed>;

/// A function that returns nothing or false has reported why, and left the
/// cursor where recovery begins.
class ExprParser {
protected:
  ExprParser(llvm::ArrayRef<Token> tokens, DiagnosticEngine &diags)
      : tokens(tokens), diags(diags) {}

  // --- tokens

  const Token &current() const { return tokens[position]; }
  const Token &next() const {
    return tokens[std::min(position + 1, tokens.size() - 1)];
  }
  const Token &previous() const { return tokens[position - 1]; }
  bool at(TokenKind kind) const { return current().is(kind); }
  /// Steps over the current token; the end of the file stays current.
  const Token &take();
  bool accept(TokenKind kind);
  /// From the start of `first` to the end of the token taken last.
  SourceRange from(const Token &first) const;

  // --- errors

  /// False where an error at the current token would only repeat an earlier
  /// one.
  bool worthReporting() const { return !abandoned && !at(TokenKind::Invalid); }
  void expected(llvm::StringRef what);
  /// Takes a token of the kind; `where` completes the message about another
  /// one.
  bool expect(TokenKind kind, llvm::StringRef where = "");
  /// Takes a name; `role` says what it is needed for.
  std::optional<Name> name(llvm::StringRef role);
  /// Reports a space between the name just taken and the parenthesis that
  /// follows; parsing goes on as if there were none.
  void checkCallParenthesis();

  /// One level of nesting, as long as it lives; the rest of the file is skipped
  /// when it is one too many.
  class Level {
  public:
    explicit Level(ExprParser &parser) : parser(parser) {
      if (++parser.depth > MaxNesting)
        parser.tooDeep(parser.current().range());
    }
    Level(const Level &) = delete;
    ~Level() { --parser.depth; }
    explicit operator bool() const { return parser.depth <= MaxNesting; }

  private:
    ExprParser &parser;
  };

  // --- expressions

  MaybeExpr expression();
  /// Expressions separated by commas up to `close`, which is taken too;
  /// `height` is that of the tallest.
  bool expressions(std::vector<Expr> &list, TokenKind close, unsigned &height);

  llvm::ArrayRef<Token> tokens;
  size_t position = 0;
  bool abandoned =
      false; ///< the nesting was too deep: nothing more is reported
  DiagnosticEngine &diags;

private:
  void tooDeep(SourceRange range);
  MaybeExpr node(const Token &first, decltype(Expr::node) node,
                 unsigned height);
  MaybeExpr binary(unsigned weakest);
  MaybeExpr unary();
  MaybeExpr primary();
  MaybeExpr nameOrCall();

  unsigned depth = 0;
};

} // namespace xf::dsl
