// No input crashes or hangs the front end, and formatting is a fixed point that
// keeps the tree and every comment. Deterministic: the same seeds in every run.
#include "dsl/DumpAST.h"
#include "dsl/Format.h"
#include "dsl/Parser.h"
#include "dsl/Sema.h"

#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

#include <random>

using namespace xf::dsl;

namespace {

constexpr llvm::StringLiteral Specs[] = {R"xf(// A byte-level MaskGIT.
let bytes = 256

model gibbon = TransformerWrapper {
  num_tokens  = bytes + 1
  max_seq_len = 256
  attn_layers = Encoder {              // Encoder: causal = false
    dim = 256  depth = 6  heads = 4
    rotary_pos_emb = true
    attn { qk_norm = true }
    ff   { glu = true  swish = true  no_bias = true }
  }
}

refine gibbon {                        // every line a policy
  mask_id     = bytes
  schedule    = 1.0 - pow(t, 2)
  accept      = threshold(0.9)
}
)xf",
                                         R"xf(
model base = TransformerWrapper {
  num_tokens = 30522  max_seq_len = 512
  attn_layers = Decoder { dim = 384  depth = 6  norm { eps = 1e-12  bias = true } }  // one line
  embed_num_tokens = { kind = 3 }
  // last
}
weights base = huggingface("model.safetensors")
model windowed = base with {
  attn_layers.causal = false
  attn_layers.attn {
    mask_mod(h, i, j)     = i - j < 128 || j < 4
    score_mod(s, h, i, j) = 30 * tanh(s / 30) - slope(h) * abs(i - j)
  }
}
let list = [1, -2.5, [true ? 3 : 4], "text \" \\"]
sweep base { attn_layers.depth = [6, 12] }
generate base { temperature = 0.5 }
import "other.xf"
)xf"};

std::string dumped(const SourceFile &file) {
  std::string text;
  llvm::raw_string_ostream os(text);
  dumpAST(file, os);
  return text;
}

std::string treeOf(llvm::StringRef text) {
  DiagnosticEngine diags;
  return dumped(
      *parseBuffer(llvm::MemoryBuffer::getMemBufferCopy(text, "t.xf"), diags));
}

/// The text of every comment, in order.
std::vector<std::string> commentsOf(llvm::StringRef text) {
  DiagnosticEngine diags;
  unsigned id = diags.sourceMgr().AddNewSourceBuffer(
      llvm::MemoryBuffer::getMemBufferCopy(text, "t.xf"), llvm::SMLoc());
  std::vector<std::string> comments;
  for (const Token &token : lex(id, diags)) {
    for (const Comment &comment : token.leading)
      comments.push_back(comment.text.str());
    if (!token.trailing.empty())
      comments.push_back(token.trailing.str());
  }
  return comments;
}

/// Runs everything on `text`; true where it parses.
bool exercise(llvm::StringRef text) {
  {
    DiagnosticEngine diags;
    // The path of no folder: nothing is imported.
    auto file = parseBuffer(
        llvm::MemoryBuffer::getMemBufferCopy(text, "/nowhere/t.xf"), diags);
    analyze(std::move(file), diags);
    llvm::raw_null_ostream os;
    diags.printText(os, /*colors=*/false);
    diags.printJson(os);
  }
  DiagnosticEngine diags;
  std::string once, twice;
  if (!formatSource(text, "t.xf", once, diags))
    return false;
  EXPECT_TRUE(formatSource(once, "t.xf", twice, diags)) << once;
  EXPECT_EQ(once, twice) << text.str();
  EXPECT_EQ(treeOf(text), treeOf(once)) << text.str();
  EXPECT_EQ(commentsOf(text), commentsOf(once)) << text.str();
  return true;
}

TEST(Fuzz, RandomBytes) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    std::string text(random() % 400, 0);
    for (char &c : text)
      c = static_cast<char>(random());
    exercise(text);
  }
}

/// Pieces of the language in random order: most of it parses for a while.
TEST(Fuzz, RandomTokens) {
  constexpr llvm::StringLiteral pieces[] = {"model",
                                            "with",
                                            "let",
                                            "weights",
                                            "refine",
                                            "sweep",
                                            "import",
                                            "a",
                                            "b",
                                            "attn",
                                            "Encoder",
                                            "dim",
                                            "=",
                                            "=",
                                            "{",
                                            "}",
                                            "(",
                                            ")",
                                            "[",
                                            "]",
                                            ",",
                                            ";",
                                            ".",
                                            "1",
                                            "2.5",
                                            "\"s\"",
                                            "true",
                                            "-",
                                            "+",
                                            "*",
                                            "/",
                                            "<",
                                            "==",
                                            "&&",
                                            "!",
                                            "?",
                                            ":",
                                            "// c\n",
                                            "\n",
                                            "\n\n",
                                            "# ",
                                            "\xff",
                                            "a = 1 ",
                                            "f(x)",
                                            "g { ",
                                            "} ",
                                            "model m = TransformerWrapper {"};
  std::mt19937 random(2);
  for (int round = 0; round < 1500; ++round) {
    std::string text;
    for (unsigned i = random() % 60; i > 0; --i)
      text += (pieces[random() % std::size(pieces)] + (random() % 4 ? " " : ""))
                  .str();
    exercise(text);
  }
}

/// Valid specs with a few bytes changed, removed, doubled or moved.
TEST(Fuzz, MutatedSpecs) {
  std::mt19937 random(3);
  unsigned parsed = 0;
  for (int round = 0; round < 2500; ++round) {
    std::string text = Specs[round % std::size(Specs)].str();
    for (unsigned edits = 1 + random() % 4; edits > 0; --edits) {
      size_t at = random() % text.size(), size = 1 + random() % 8;
      switch (random() % 4) {
      case 0:
        text[at] = " \n\t{}()=.,/\"-1aZ\0\xff"[random() % 19];
        break;
      case 1:
        text.erase(at, size);
        break;
      case 2:
        text.insert(random() % text.size(), text.substr(at, size));
        break;
      default: // white space is where layout is decided
        text.insert(at, random() % 2 ? "\n" : " // c\n");
      }
      if (text.empty())
        text = " ";
    }
    parsed += exercise(text);
  }
  EXPECT_GT(parsed, 100u) << "the mutations must leave enough that parses";
}

/// Every split of a valid spec into lines: between any two tokens, a line end,
/// an empty line or a comment.
TEST(Fuzz, Layouts) {
  std::mt19937 random(4);
  for (int round = 0; round < 600; ++round) {
    DiagnosticEngine diags;
    unsigned id = diags.sourceMgr().AddNewSourceBuffer(
        llvm::MemoryBuffer::getMemBufferCopy(Specs[round % std::size(Specs)],
                                             "t.xf"),
        llvm::SMLoc());
    std::vector<Token> tokens = lex(id, diags);
    std::string text;
    for (size_t i = 0; i + 1 < tokens.size(); ++i) {
      text += tokens[i].text;
      bool touching = tokens[i].end() == tokens[i + 1].begin();
      if (touching && tokens[i + 1].is(TokenKind::LeftParen))
        continue;
      constexpr llvm::StringLiteral gaps[] = {
          " ", " ", " ", "  ", "\n", "\n\n", " // c\n", "\n\n\n// d\n\n"};
      text += gaps[random() % (round % 3 == 0 ? 4 : std::size(gaps))];
    }
    EXPECT_TRUE(exercise(text)) << text;
  }
}

/// All prefixes of a spec, as an editor sees them.
TEST(Fuzz, Prefixes) {
  for (llvm::StringRef spec : Specs)
    for (size_t size = 0; size <= spec.size(); ++size)
      exercise(spec.take_front(size));
}

} // namespace
