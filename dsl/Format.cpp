// The formatter. The tree says where declarations, settings and blocks begin
// and end; all text comes from the tokens, so nothing that was written can get
// lost. Layout depends on the tokens, the comments and three facts of the
// source: which blocks and settings share a line, and where blank lines are;
// each is true of the output again, which makes it a fixed point.
#include "dsl/Format.h"
#include "dsl/Parser.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Unicode.h"

namespace xf::dsl {

namespace {

constexpr unsigned Indent = 2, Continuation = 4;

/// A declaration, setting or group as a range of tokens; `open` and `close` are
/// the braces of its block.
struct Node {
  size_t first = 0, last = 0;
  bool hasBlock = false;
  size_t open = 0, close = 0;
  std::vector<Node> children;
};

/// The tree, reduced to what the layout depends on.
class NodeBuilder {
public:
  explicit NodeBuilder(llvm::ArrayRef<Token> tokens) : tokens(tokens) {}

  std::vector<Node> build(const SourceFile &file) const {
    std::vector<Node> nodes;
    for (const Decl &decl : file.decls) {
      Node node = spanning(decl.range);
      if (auto *model = std::get_if<ModelDecl>(&decl.node))
        addBlock(node, model->body.braces, model->body.items);
      else if (auto *policy = std::get_if<PolicyDecl>(&decl.node))
        addBlock(node, policy->body.braces, policy->body.items);
      nodes.push_back(std::move(node));
    }
    return nodes;
  }

private:
  size_t tokenAt(llvm::SMLoc loc) const {
    return llvm::partition_point(
               tokens,
               [&](const Token &t) { return t.begin() < loc.getPointer(); }) -
           tokens.begin();
  }
  Node spanning(SourceRange range) const {
    Node node;
    node.first = tokenAt(range.Start);
    node.last = tokenAt(range.End) - 1;
    return node;
  }
  void addBlock(Node &node, SourceRange braces,
                const std::vector<Item> &items) const {
    Node inside = spanning(braces);
    node.hasBlock = true;
    node.open = inside.first;
    node.close = inside.last;
    for (const Item &item : items) {
      Node child = spanning(item.range);
      if (auto *group = std::get_if<std::unique_ptr<Group>>(&item.node))
        addBlock(child, (*group)->braces, (*group)->items);
      else if (auto *setting = std::get_if<Setting>(&item.node))
        if (auto *block =
                std::get_if<std::unique_ptr<Block>>(&setting->value.node))
          addBlock(child, (*block)->braces, (*block)->items);
      node.children.push_back(std::move(child));
    }
  }

  llvm::ArrayRef<Token> tokens;
};

/// One line of output; the comment behind the code is aligned with its
/// neighbours' at the end.
struct Line {
  unsigned indent = 0;
  std::string code;
  llvm::StringRef comment;
};

unsigned width(llvm::StringRef text) {
  int columns = llvm::sys::unicode::columnWidthUTF8(text);
  return columns < 0 ? text.size() : columns;
}

bool isOpener(TokenKind kind) {
  return kind == TokenKind::LeftParen || kind == TokenKind::LeftBracket;
}
bool isCloser(TokenKind kind) {
  return kind == TokenKind::RightParen || kind == TokenKind::RightBracket;
}
bool isOperator(TokenKind kind) {
  return kind >= TokenKind::EqualEqual && kind <= TokenKind::Colon;
}

class Formatter {
public:
  explicit Formatter(llvm::ArrayRef<Token> tokens) : tokens(tokens) {}

  std::string run(llvm::ArrayRef<Node> nodes) {
    bool first = true;
    for (const Node &node : nodes) {
      comments(tokens[node.first], 0, first);
      item(node, 0);
      first = false;
    }
    comments(tokens.back(), 0, first);
    return text();
  }

private:
  // --- facts about tokens

  bool isUnary(size_t i) const {
    if (tokens[i].is(TokenKind::Not))
      return true;
    if (!tokens[i].is(TokenKind::Minus))
      return false;
    TokenKind before = tokens[i - 1].kind;
    return isOpener(before) || isOperator(before) || before == TokenKind::Comma;
  }

  bool spaceBefore(size_t i) const {
    TokenKind before = tokens[i - 1].kind, kind = tokens[i].kind;
    if (isOpener(before) || isCloser(kind) || kind == TokenKind::Comma ||
        kind == TokenKind::Dot || before == TokenKind::Dot || isUnary(i - 1))
      return false;
    bool call = kind == TokenKind::LeftParen && before == TokenKind::Word;
    bool empty =
        before == TokenKind::LeftBrace && kind == TokenKind::RightBrace;
    return !call && !empty;
  }

  /// A line may end between token i - 1 and i: after a comma or a binary
  /// operator.
  bool mayBreakBefore(size_t i) const {
    TokenKind before = tokens[i - 1].kind;
    return before == TokenKind::Comma ||
           (isOperator(before) && !isUnary(i - 1));
  }

  /// No comment stands between the tokens of [first, last].
  bool free(size_t first, size_t last) const {
    for (size_t i = first; i <= last; ++i)
      if ((i > first && !tokens[i].leading.empty()) ||
          (i < last && !tokens[i].trailing.empty()))
        return false;
    return true;
  }

  /// The node on one line, or nullopt where a block of it was written on
  /// several or a comment is inside.
  std::optional<std::string> flat(const Node &node) const {
    if (!free(node.first, node.last))
      return std::nullopt;
    if (node.hasBlock)
      for (size_t i = node.open + 1; i <= node.close; ++i)
        if (tokens[i].startsLine && !node.children.empty())
          return std::nullopt;
    std::string out = joined(node.first, node.hasBlock ? node.open : node.last);
    if (!node.hasBlock)
      return out;
    for (const Node &child : node.children) {
      std::optional<std::string> inside = flat(child);
      if (!inside)
        return std::nullopt;
      out += (&child == node.children.data() ? " " : "  ") + *inside;
    }
    return out + (node.children.empty() ? "}" : " }");
  }

  std::string joined(size_t first, size_t last) const {
    std::string out;
    for (size_t i = first; i <= last; ++i) {
      if (i > first && spaceBefore(i))
        out += ' ';
      out += tokens[i].text;
    }
    return out;
  }

  // --- output

  void line(unsigned indent, std::string code, llvm::StringRef comment = "") {
    lines.push_back({indent, std::move(code), comment});
  }
  void blank() {
    if (!lines.empty() && !lines.back().code.empty())
      line(0, "");
  }

  /// The comments before a token and the blank lines among them; `first`:
  /// nothing precedes them in the block.
  void comments(const Token &token, unsigned indent, bool first) {
    for (const Comment &comment : token.leading) {
      if (comment.blankBefore && !first)
        blank();
      line(indent, comment.text.str());
      first = false;
    }
    bool closes =
        token.is(TokenKind::RightBrace) || token.is(TokenKind::EndOfFile);
    if (token.blankBefore && !first && !closes)
      blank();
  }

  /// A node on lines of its own.
  void item(const Node &node, unsigned indent) {
    std::optional<std::string> onOne = flat(node);
    if (onOne && indent + width(*onOne) <= LineWidth) {
      line(indent, std::move(*onOne), tokens[node.last].trailing);
      return;
    }
    sequence(node.first, node.hasBlock ? node.open : node.last, indent);
    if (!node.hasBlock)
      return;
    items(node, indent + Indent);
    comments(tokens[node.close], indent + Indent, node.children.empty());
    line(indent, "}", tokens[node.close].trailing);
  }

  /// The settings of a block: what shared a line does so again, two spaces
  /// apart, where it fits.
  void items(const Node &block, unsigned indent) {
    bool extendable = false; // the last line holds whole nodes and no comment
    for (const Node &child : block.children) {
      const Token &token = tokens[child.first];
      bool first = &child == block.children.data();
      std::optional<std::string> onOne = flat(child);
      if (extendable && !token.startsLine && onOne) {
        Line &last = lines.back();
        if (indent + width(last.code) + 2 + width(*onOne) <= LineWidth) {
          last.code += "  " + *onOne;
          last.comment = tokens[child.last].trailing;
          extendable = last.comment.empty();
          continue;
        }
      }
      comments(token, indent, first);
      size_t before = lines.size();
      item(child, indent);
      extendable = lines.size() == before + 1 && lines.back().comment.empty();
    }
  }

  /// The last token of the piece from `i` on that stays on one line: up to a
  /// comment or a place to break, outside of parentheses first, inside of them
  /// only where the piece would not fit a line of its own.
  size_t pieceEnd(size_t i, size_t last, llvm::ArrayRef<unsigned> depths,
                  unsigned room) const {
    for (unsigned depth = depths[0];; ++depth) {
      size_t end = i;
      bool deeper = false;
      while (end < last && tokens[end].trailing.empty() &&
             tokens[end + 1].leading.empty()) {
        bool may = mayBreakBefore(end + 1);
        if (may && depths[end + 1 - i] <= depth)
          break;
        deeper |= may;
        ++end;
      }
      if (!deeper || width(joined(i, end)) <= room)
        return end;
    }
  }

  /// For each token of [first, last], how many parentheses and brackets are
  /// open before it.
  std::vector<unsigned> depths(size_t first, size_t last) const {
    std::vector<unsigned> result;
    unsigned depth = 0;
    for (size_t i = first; i <= last; ++i) {
      depth -= isCloser(tokens[i].kind);
      result.push_back(depth);
      depth += isOpener(tokens[i].kind);
    }
    return result;
  }

  /// Tokens that fill lines as far as they go; a comment ends its line.
  void sequence(size_t first, size_t last, unsigned indent) {
    std::vector<unsigned> depths = this->depths(first, last);
    std::string code;
    unsigned at = indent;
    auto flush = [&](llvm::StringRef comment) {
      line(at, std::move(code), comment);
      code.clear();
      at = indent + Continuation;
    };
    for (size_t i = first; i <= last;) {
      if (i > first)
        for (const Comment &comment : tokens[i].leading) {
          if (!code.empty())
            flush("");
          line(indent + Continuation, comment.text.str());
        }
      unsigned room =
          std::max(LineWidth, indent + Continuation) - indent - Continuation;
      size_t end =
          pieceEnd(i, last, llvm::ArrayRef(depths).drop_front(i - first), room);
      std::string piece = joined(i, end);
      bool space = !code.empty() && spaceBefore(i);
      if (!code.empty() && at + width(code) + space + width(piece) > LineWidth)
        flush("");
      code += (!code.empty() && space ? " " : "") + piece;
      if (!tokens[end].trailing.empty())
        flush(tokens[end].trailing);
      i = end + 1;
    }
    if (!code.empty())
      flush("");
  }

  /// The lines with their comments aligned: neighbours of the same indentation
  /// have them in one column.
  std::string text() const {
    std::string out;
    for (size_t i = 0; i < lines.size();) {
      size_t end = i;
      unsigned column = 0;
      while (end < lines.size() && !lines[end].comment.empty() &&
             lines[end].indent == lines[i].indent)
        column = std::max(column, width(lines[end++].code));
      for (end = std::max(end, i + 1); i < end; ++i) {
        const Line &line = lines[i];
        if (!line.code.empty())
          out += std::string(line.indent, ' ') + line.code;
        if (!line.comment.empty())
          out += std::string(column - width(line.code) + 2, ' ') +
                 line.comment.str();
        out += '\n';
      }
    }
    return out;
  }

  llvm::ArrayRef<Token> tokens;
  std::vector<Line> lines;
};

} // namespace

std::string format(const SourceFile &file, llvm::ArrayRef<Token> tokens) {
  return Formatter(tokens).run(NodeBuilder(tokens).build(file));
}

bool formatSource(llvm::StringRef text, llvm::StringRef path, std::string &out,
                  DiagnosticEngine &diags) {
  auto buffer = llvm::MemoryBuffer::getMemBufferCopy(text, path);
  unsigned id =
      diags.sourceMgr().AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
  unsigned before = diags.errorCount();
  std::vector<Token> tokens = lex(id, diags);
  std::unique_ptr<SourceFile> file = parseTokens(id, tokens, diags);
  if (diags.errorCount() != before)
    return false;
  out = format(*file, tokens);
  return true;
}

} // namespace xf::dsl
