// Bytes to tokens. Comments and blank lines are trivia on the tokens, never
// dropped, so that the formatter can print them again. Tokens are views into a
// buffer of the engine's SourceMgr.
#pragma once

#include "dsl/Diagnostics.h"

#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace xf::dsl {

enum class TokenKind {
#define XF_TOKEN(kind, description) kind,
#include "dsl/Token.def"
};

/// "a name", "`=`": how a message names the kind.
llvm::StringRef describe(TokenKind kind);

/// A `//` comment without trailing white space.
struct Comment {
  llvm::StringRef text;
  bool blankBefore; ///< an empty line precedes it
};

struct Token {
  TokenKind kind = TokenKind::EndOfFile;
  llvm::StringRef text;
  std::vector<Comment>
      leading;              ///< comments on lines of their own before the token
  llvm::StringRef trailing; ///< the comment behind it on its line, or empty
  bool startsLine = false;  ///< nothing but white space before it on its line
  bool blankBefore =
      false; ///< an empty line right before it, after the leading comments

  bool is(TokenKind other) const { return kind == other; }
  SourceRange range() const {
    return {llvm::SMLoc::getFromPointer(text.begin()),
            llvm::SMLoc::getFromPointer(text.end())};
  }
  const char *begin() const { return text.begin(); }
  const char *end() const { return text.end(); }
};

/// The tokens of a buffer, the last of kind EndOfFile. Reports what is no
/// token; numbers and strings are checked here, so the two functions below
/// cannot fail on a token that is not Invalid.
std::vector<Token> lex(unsigned bufferId, DiagnosticEngine &diags);

int64_t integerValue(const Token &token);
double floatValue(const Token &token);
/// The text of a string, its escapes resolved.
std::string stringValue(const Token &token);

} // namespace xf::dsl
