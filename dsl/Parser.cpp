// The parser of declarations, blocks and settings; expressions are
// ExprParser's.
#include "dsl/Parser.h"
#include "dsl/ExprParser.h"

#include <optional>

namespace xf::dsl {

namespace {

bool opensDeclaration(TokenKind kind) {
  switch (kind) {
  case TokenKind::KwImport:
  case TokenKind::KwLet:
  case TokenKind::KwModel:
  case TokenKind::KwWeights:
  case TokenKind::KwRefine:
  case TokenKind::KwGenerate:
  case TokenKind::KwSweep:
    return true;
  default:
    return false;
  }
}

class Parser : ExprParser {
public:
  Parser(llvm::ArrayRef<Token> tokens, DiagnosticEngine &diags)
      : ExprParser(tokens, diags) {}

  void file(SourceFile &file) {
    while (!at(TokenKind::EndOfFile)) {
      if (separator())
        continue;
      const Token &first = current();
      std::optional<Decl> decl = declaration();
      if (decl) {
        decl->range = from(first);
        file.decls.push_back(std::move(*decl));
      } else {
        file.lostDecls = true;
        skipToDeclaration();
      }
    }
    file.lostDecls |= abandoned;
    file.lostItems = lostItems;
  }

private:
  // --- recovery

  /// A declaration keyword that a declaration follows: no setting starts so.
  bool atDeclaration() const {
    return opensDeclaration(current().kind) &&
           (next().is(TokenKind::Word) || next().is(TokenKind::String));
  }

  void skipToDeclaration() {
    while (!at(TokenKind::EndOfFile) &&
           !(current().startsLine && opensDeclaration(current().kind)))
      take();
  }

  /// To the next setting, the end of the block, or what can be in no block.
  void skipToItem() {
    unsigned braces = 0;
    for (; !at(TokenKind::EndOfFile) &&
           !(current().startsLine && atDeclaration());
         take()) {
      if (at(TokenKind::LeftBrace)) {
        ++braces;
      } else if (at(TokenKind::RightBrace)) {
        if (braces == 0)
          return;
        --braces;
      } else if (braces == 0 && at(TokenKind::Word) &&
                 (current().startsLine || next().is(TokenKind::Equal) ||
                  next().is(TokenKind::Dot))) {
        return; // only settings have a `=` or `.` behind a name
      }
    }
  }

  /// Reports and skips a `,` or `;` where none is needed: nothing is lost with
  /// it.
  bool separator() {
    if (!at(TokenKind::Comma) && !at(TokenKind::Semicolon))
      return false;
    const Token &token = take();
    diags.report(token.range(), diag::Separator, token.text)
        .hint("remove it", token.range(), "");
    return true;
  }

  // --- declarations

  std::optional<Decl> declaration() {
    switch (current().kind) {
    case TokenKind::KwImport:
      return import();
    case TokenKind::KwLet:
      return let();
    case TokenKind::KwModel:
      return model();
    case TokenKind::KwWeights:
      return weights();
    case TokenKind::KwRefine:
    case TokenKind::KwGenerate:
    case TokenKind::KwSweep:
      return policy();
    default:
      if (worthReporting())
        diags.report(current().range(), diag::ExpectedDeclaration,
                     found(current()));
      take();
      return std::nullopt;
    }
  }

  std::optional<Decl> import() {
    take();
    const Token &file = current();
    if (!expect(TokenKind::String, " with the file's name"))
      return std::nullopt;
    return Decl{{}, ImportDecl{stringValue(file), file.range()}};
  }

  std::optional<Decl> let() {
    take();
    std::optional<Name> word = name("the name of a `let`");
    if (!word || !expect(TokenKind::Equal))
      return std::nullopt;
    MaybeExpr value = expression();
    if (!value)
      return std::nullopt;
    return Decl{{}, LetDecl{std::move(*word), std::move(value->expr)}};
  }

  std::optional<Decl> model() {
    take();
    std::optional<Name> word = name("the name of a model");
    if (!word || !expect(TokenKind::Equal))
      return std::nullopt;
    std::optional<Name> what = name("a class or a model");
    if (!what)
      return std::nullopt;
    bool derived = accept(TokenKind::KwWith);
    ModelDecl decl{std::move(*word), {}, {}};
    (derived ? decl.base : decl.body.className) = std::move(*what);
    if (!block(decl.body, derived ? "" : " or `with`"))
      return std::nullopt;
    return Decl{{}, std::move(decl)};
  }

  std::optional<Decl> weights() {
    take();
    std::optional<Name> word = name("the name of a model");
    if (!word || !expect(TokenKind::Equal))
      return std::nullopt;
    std::optional<Name> layout = name("a checkpoint layout");
    if (!layout)
      return std::nullopt;
    checkCallParenthesis();
    WeightsDecl decl{std::move(*word), std::move(*layout), {}};
    unsigned height = 0;
    if (!expect(TokenKind::LeftParen) ||
        !expressions(decl.args, TokenKind::RightParen, height))
      return std::nullopt;
    return Decl{{}, std::move(decl)};
  }

  std::optional<Decl> policy() {
    const Token &keyword = take();
    std::optional<Name> word = name("the name of a model");
    if (!word)
      return std::nullopt;
    PolicyDecl decl{
        {keyword.text.str(), keyword.range()}, std::move(*word), {}};
    if (!block(decl.body))
      return std::nullopt;
    return Decl{{}, std::move(decl)};
  }

  // --- blocks

  bool block(Block &block, llvm::StringRef alternative = "") {
    if (!at(TokenKind::LeftBrace)) {
      expected("`{`" + alternative.str());
      return false;
    }
    return items(block.items, block.braces);
  }

  /// `{ item... }`; errors inside are recovered from here.
  bool items(std::vector<Item> &items, SourceRange &braces) {
    const Token &open = current();
    Level level(*this);
    if (!level)
      return false;
    take();
    while (!at(TokenKind::RightBrace)) {
      if (at(TokenKind::EndOfFile) ||
          (current().startsLine && atDeclaration())) {
        if (worthReporting())
          diags.report(current().range(), diag::UnclosedBrace, found(current()))
              .note(open.range(), diag::NoteOpenedHere);
        lostItems = true;
        break;
      }
      item(items);
    }
    accept(TokenKind::RightBrace);
    braces = from(open);
    return true;
  }

  void item(std::vector<Item> &items) {
    const Token &first = current();
    if (separator())
      return;
    Item item;
    if (at(TokenKind::Word) && setting(item)) {
      item.range = from(first);
      items.push_back(std::move(item));
      return;
    }
    lostItems = true;
    if (!first.is(TokenKind::Word)) {
      if (isKeyword(first.kind))
        diags.report(first.range(), diag::ReservedWord, first.text,
                     "the name of a setting");
      else if (worthReporting())
        diags.report(first.range(), diag::ExpectedSetting, found(first));
      if (!at(TokenKind::LeftBrace)) // skipped with all that is inside
        take();
    }
    skipToItem();
  }

  bool setting(Item &item) {
    std::vector<Name> path;
    do {
      std::optional<Name> word = name("the name of a setting");
      if (!word)
        return false;
      path.push_back(std::move(*word));
    } while (accept(TokenKind::Dot));

    if (accept(TokenKind::Equal)) {
      MaybeExpr value = this->value();
      if (!value)
        return false;
      item.node = Setting{std::move(path), std::move(value->expr)};
      return true;
    }
    if (at(TokenKind::LeftBrace)) {
      auto group = std::make_unique<Group>();
      group->path = std::move(path);
      if (!items(group->items, group->braces))
        return false;
      item.node = std::move(group);
      return true;
    }
    if (at(TokenKind::LeftParen) && path.size() == 1)
      return function(std::move(path.front()), item);
    expected("`=` or `{` after `" + path.back().text + "`");
    return false;
  }

  /// `mask_mod(h, i, j) = expr` from its parenthesis on.
  bool function(Name name, Item &item) {
    FunctionDef def;
    def.name = std::move(name);
    checkCallParenthesis();
    take();
    if (!at(TokenKind::RightParen))
      do {
        std::optional<Name> param = this->name("a parameter");
        if (!param)
          return false;
        def.params.push_back(std::move(*param));
      } while (accept(TokenKind::Comma));
    if (!expect(TokenKind::RightParen) || !expect(TokenKind::Equal))
      return false;
    MaybeExpr body = expression();
    if (!body)
      return false;
    def.body = std::move(body->expr);
    item.node = std::move(def);
    return true;
  }

  /// What stands behind `=` in a block: an expression, or a block with or
  /// without a class.
  MaybeExpr value() {
    bool classed = at(TokenKind::Word) && next().is(TokenKind::LeftBrace);
    if (!classed && !at(TokenKind::LeftBrace))
      return expression();
    const Token &first = current();
    auto block = std::make_unique<Block>();
    if (classed) {
      block->className = {first.text.str(), first.range()};
      take();
    }
    if (!items(block->items, block->braces))
      return std::nullopt;
    return Parsed{{from(first), std::move(block)}, 1};
  }

  bool lostItems = false;
};

} // namespace

std::unique_ptr<SourceFile> parseTokens(unsigned bufferId,
                                        llvm::ArrayRef<Token> tokens,
                                        DiagnosticEngine &diags) {
  auto file = std::make_unique<SourceFile>();
  file->path =
      diags.sourceMgr().getMemoryBuffer(bufferId)->getBufferIdentifier().str();
  file->bufferId = bufferId;
  Parser(tokens, diags).file(*file);
  return file;
}

std::unique_ptr<SourceFile>
parseBuffer(std::unique_ptr<llvm::MemoryBuffer> buffer,
            DiagnosticEngine &diags) {
  unsigned id =
      diags.sourceMgr().AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
  std::vector<Token> tokens = lex(id, diags);
  return parseTokens(id, tokens, diags);
}

std::unique_ptr<SourceFile> parseFile(llvm::StringRef path,
                                      DiagnosticEngine &diags) {
  auto buffer = llvm::MemoryBuffer::getFileOrSTDIN(path, /*IsText=*/true);
  if (!buffer) {
    diags.report({}, diag::CannotRead, path, buffer.getError().message());
    return nullptr;
  }
  return parseBuffer(std::move(*buffer), diags);
}

} // namespace xf::dsl
