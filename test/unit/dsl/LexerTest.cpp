// Tokens and their trivia: what the formatter relies on.
#include "dsl/Lexer.h"

#include "llvm/Support/MemoryBuffer.h"

#include <gtest/gtest.h>

using namespace xf::dsl;

namespace {

std::vector<Token> lexed(llvm::StringRef text, DiagnosticEngine &diags) {
  unsigned id = diags.sourceMgr().AddNewSourceBuffer(
      llvm::MemoryBuffer::getMemBufferCopy(text, "t.xf"), llvm::SMLoc());
  return lex(id, diags);
}

TEST(Lexer, CommentsBelongToTheirTokens) {
  DiagnosticEngine diags;
  auto tokens = lexed("// a\n\n// b\nx // c\n// d\n\ny // e", diags);
  ASSERT_EQ(tokens.size(), 3u);
  ASSERT_EQ(tokens[0].leading.size(), 2u);
  EXPECT_EQ(tokens[0].leading[0].text, "// a");
  EXPECT_FALSE(tokens[0].leading[0].blankBefore);
  EXPECT_TRUE(tokens[0].leading[1].blankBefore);
  EXPECT_FALSE(tokens[0].blankBefore);
  EXPECT_EQ(tokens[0].trailing, "// c");
  ASSERT_EQ(tokens[1].leading.size(), 1u);
  EXPECT_TRUE(tokens[1].blankBefore);
  EXPECT_EQ(tokens[1].trailing, "// e");
  EXPECT_TRUE(tokens[2].is(TokenKind::EndOfFile));
  EXPECT_FALSE(diags.hasErrors());
}

TEST(Lexer, KnowsWhichTokensStartALine) {
  DiagnosticEngine diags;
  auto tokens = lexed("a b\r\n\tc", diags);
  ASSERT_EQ(tokens.size(), 4u);
  EXPECT_TRUE(tokens[0].startsLine);
  EXPECT_FALSE(tokens[1].startsLine);
  EXPECT_TRUE(tokens[2].startsLine);
}

TEST(Lexer, EmptyAndUnfinishedInput) {
  for (llvm::StringRef text :
       {"", " ", "\n", "//", "\"", "\"\\", "1e", "1.", ".", "\xef\xbb\xbf",
        "\xc3", "\xf0\x9f", "_", "=", "\\"}) {
    DiagnosticEngine diags;
    auto tokens = lexed(text, diags);
    ASSERT_FALSE(tokens.empty());
    EXPECT_TRUE(tokens.back().is(TokenKind::EndOfFile)) << text.str();
  }
}

TEST(Lexer, NothingIsReadBehindTheBuffer) {
  // The bytes behind the text would continue each token.
  for (llvm::StringRef text : {"ab1c", "12.5e7", "==&&", "\"ab\"c", "// xy"})
    for (size_t size = 0; size <= text.size(); ++size) {
      DiagnosticEngine diags;
      // Not terminated by NUL: the lexer must stop by length.
      auto buffer = llvm::MemoryBuffer::getMemBuffer(
          text.take_front(size), "t.xf", /*RequiresNullTerminator=*/false);
      unsigned id = diags.sourceMgr().AddNewSourceBuffer(std::move(buffer),
                                                         llvm::SMLoc());
      for (const Token &token : lex(id, diags))
        EXPECT_LE(token.end(), text.begin() + size);
    }
}

TEST(Lexer, ValuesOfLiterals) {
  DiagnosticEngine diags;
  auto tokens =
      lexed("9223372036854775807 0 2.5 1e-3 \"a\\n\\\"\\\\\\t\"", diags);
  EXPECT_EQ(integerValue(tokens[0]), INT64_MAX);
  EXPECT_EQ(integerValue(tokens[1]), 0);
  EXPECT_EQ(floatValue(tokens[2]), 2.5);
  EXPECT_EQ(floatValue(tokens[3]), 1e-3);
  EXPECT_EQ(stringValue(tokens[4]), "a\n\"\\\t");
  EXPECT_FALSE(diags.hasErrors());
}

} // namespace
