// The lexer: one pass over the bytes, never past the end, whatever they are.
#include "dsl/Lexer.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cmath>

namespace xf::dsl {

namespace {

struct Spelling {
  TokenKind kind;
  llvm::StringLiteral text;
};

constexpr Spelling Puncts[] = {
#define XF_PUNCT(kind, spelling) {TokenKind::kind, spelling},
#include "dsl/Token.def"
};

bool startsWord(char c) { return llvm::isAlpha(c) || c == '_'; }
bool continuesWord(char c) { return llvm::isAlnum(c) || c == '_'; }

class Lexer {
public:
  Lexer(llvm::StringRef text, DiagnosticEngine &diags)
      : at(text.begin()), end(text.end()), diags(diags) {
    if (text.starts_with(
            "\xef\xbb\xbf")) // a byte order mark says nothing in UTF-8
      at += 3;
  }

  std::vector<Token> run() {
    do {
      Token token;
      trivia(token);
      lexToken(token);
      tokens.push_back(std::move(token));
    } while (!tokens.back().is(TokenKind::EndOfFile));
    return std::move(tokens);
  }

private:
  SourceRange range(const char *from, const char *to) const {
    return {llvm::SMLoc::getFromPointer(from), llvm::SMLoc::getFromPointer(to)};
  }
  bool more(size_t n = 1) const { return size_t(end - at) >= n; }
  llvm::StringRef rest() const { return {at, size_t(end - at)}; }

  /// White space and comments before a token; a comment on the line of the
  /// previous token becomes its trailing one.
  void trivia(Token &token) {
    unsigned newlines = tokens.empty() ? 1 : 0;
    while (more()) {
      if (*at == '\n') {
        ++newlines;
        ++at;
      } else if (*at == ' ' || *at == '\t' || *at == '\r') {
        ++at;
      } else if (rest().starts_with("//")) {
        llvm::StringRef text = comment();
        if (newlines == 0)
          tokens.back().trailing = text;
        else
          token.leading.push_back({text, newlines > 1});
        newlines = 0; // the one that ends the comment is counted next
      } else {
        break;
      }
    }
    token.startsLine = newlines > 0;
    token.blankBefore = newlines > 1;
  }

  llvm::StringRef comment() {
    const char *from = at;
    while (more() && *at != '\n') {
      if (*at == '\0')
        diags.report(range(at, at + 1), diag::NulByte);
      ++at;
    }
    return llvm::StringRef(from, at - from).rtrim(" \t\r\v\f");
  }

  void lexToken(Token &token) {
    const char *from = at;
    token.kind = kind();
    token.text = {from, size_t(at - from)};
    if (token.is(TokenKind::Word))
      token.kind = llvm::StringSwitch<TokenKind>(token.text)
#define XF_KEYWORD(kind, spelling) .Case(spelling, TokenKind::kind)
#include "dsl/Token.def"
                       .Default(TokenKind::Word);
  }

  /// Lexes one token and says what it is.
  TokenKind kind() {
    if (!more())
      return TokenKind::EndOfFile;
    if (startsWord(*at)) {
      while (more() && continuesWord(*at))
        ++at;
      return TokenKind::Word;
    }
    if (llvm::isDigit(*at) || (*at == '.' && more(2) && llvm::isDigit(at[1])))
      return number();
    if (*at == '"')
      return string();
    for (const Spelling &punct : Puncts)
      if (rest().starts_with(punct.text)) {
        at += punct.text.size();
        return punct.kind;
      }
    return badCharacter();
  }

  void digits() {
    while (more() && llvm::isDigit(*at))
      ++at;
  }

  TokenKind number() {
    const char *from = at;
    bool isFloat = false;
    llvm::StringRef wrong;
    digits();
    if (at == from)
      wrong = "a digit must stand before the point";
    else if (at - from > 1 && *from == '0')
      wrong = "it starts with a needless zero";
    if (more() && *at == '.') {
      isFloat = true;
      const char *point = ++at;
      digits();
      if (at == point)
        wrong = "a digit must follow the point";
    }
    if (more() && (*at == 'e' || *at == 'E')) {
      isFloat = true;
      ++at;
      if (more() && (*at == '+' || *at == '-'))
        ++at;
      const char *exponent = at;
      digits();
      if (at == exponent)
        wrong = "the exponent has no digits";
    }
    if (more() && continuesWord(*at)) {
      while (more() && continuesWord(*at))
        ++at;
      wrong = "a name cannot start with a digit and a number has no suffix";
    }
    llvm::StringRef text(from, at - from);
    if (!wrong.empty()) {
      diags.report(range(from, at), diag::BadNumber, text, wrong);
      return TokenKind::Invalid;
    }
    int64_t integer;
    double real;
    if (!isFloat && text.getAsInteger(10, integer)) {
      diags.report(range(from, at), diag::NumberRange, text,
                   "an integer has 64 bits");
      return TokenKind::Invalid;
    }
    if (isFloat && (text.getAsDouble(real) || !std::isfinite(real))) {
      diags.report(range(from, at), diag::NumberRange, text,
                   "a number is a 64-bit float");
      return TokenKind::Invalid;
    }
    return isFloat ? TokenKind::Float : TokenKind::Integer;
  }

  TokenKind string() {
    const char *from = at++;
    bool good = true;
    while (more() && *at != '"' && *at != '\n') {
      if (*at == '\0') {
        diags.report(range(at, at + 1), diag::NulByte);
        good = false;
      }
      if (*at != '\\') {
        ++at;
        continue;
      }
      if (!more(2) || at[1] == '\n' || at[1] == '\r') {
        ++at;
        break;
      }
      if (!llvm::is_contained({'"', '\\', 'n', 't'}, at[1])) {
        const char *next = at + 1 + characterSize(at + 1);
        diags.report(range(at, next), diag::BadEscape,
                     std::string_view(at + 1, next - at - 1));
        good = false;
        at = next;
        continue;
      }
      at += 2;
    }
    if (!more() || *at != '"') {
      const char *last = at;
      while (last > from + 1 && last[-1] == '\r')
        --last;
      diags.report(range(from, last), diag::UnterminatedString);
      return TokenKind::Invalid;
    }
    ++at;
    return good ? TokenKind::String : TokenKind::Invalid;
  }

  /// Bytes of the UTF-8 character at `p`; 1 where there is none.
  size_t characterSize(const char *p) const {
    unsigned size = llvm::getNumBytesForUTF8(static_cast<llvm::UTF8>(*p));
    auto *bytes = reinterpret_cast<const llvm::UTF8 *>(p);
    bool legal = size >= 1 && size <= size_t(end - p) &&
                 llvm::isLegalUTF8Sequence(bytes, bytes + size);
    return legal ? size : 1;
  }

  TokenKind badCharacter() {
    const char *from = at;
    unsigned char byte = static_cast<unsigned char>(*at);
    at += characterSize(at);
    if (byte == 0) {
      while (more() && *at == '\0') // one report for a run of them
        ++at;
      diags.report(range(from, at), diag::NulByte);
    } else if (byte >= 0x80 && at - from == 1) {
      while (more() && static_cast<unsigned char>(*at) >= 0x80 &&
             characterSize(at) == 1)
        ++at;
      diags.report(range(from, at), diag::InvalidUtf8, byte);
    } else {
      std::string text(from, at);
      if (byte < 0x20 || byte == 0x7f)
        text = fmt::format("\\x{:02x}", byte);
      auto builder = diags.report(range(from, at), diag::BadCharacter, text);
      if (text == "&" || text == "|")
        builder.hint(fmt::format("the operator is `{0}{0}`", text),
                     range(from, at), text + text);
      else if (text == "#")
        builder.hint("a comment starts with `//`", range(from, at), "//");
      else if (text == "'")
        builder.hint("a string stands in double quotes");
    }
    return TokenKind::Invalid;
  }

  const char *at, *end;
  DiagnosticEngine &diags;
  std::vector<Token> tokens;
};

} // namespace

llvm::StringRef describe(TokenKind kind) {
  switch (kind) {
#define XF_TOKEN(kind, description)                                            \
  case TokenKind::kind:                                                        \
    return description;
#include "dsl/Token.def"
  }
  llvm_unreachable("unknown token kind");
}

std::vector<Token> lex(unsigned bufferId, DiagnosticEngine &diags) {
  return Lexer(diags.sourceMgr().getMemoryBuffer(bufferId)->getBuffer(), diags)
      .run();
}

int64_t integerValue(const Token &token) {
  int64_t value = 0;
  token.text.getAsInteger(10, value);
  return value;
}

double floatValue(const Token &token) {
  double value = 0;
  token.text.getAsDouble(value);
  return value;
}

std::string stringValue(const Token &token) {
  std::string value;
  llvm::StringRef text = token.text.drop_front().drop_back();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      value += text[i];
      continue;
    }
    char c = text[++i];
    value += c == 'n' ? '\n' : c == 't' ? '\t' : c;
  }
  return value;
}

} // namespace xf::dsl
