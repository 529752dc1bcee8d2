// Tokens to AST, by recursive descent. Recovers at the ends of settings and
// declarations, so that one run reports every error of a file; what could not
// be parsed is left out of the tree. The grammar is in dsl/README.md.
#pragma once

#include "dsl/AST.h"
#include "dsl/Lexer.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>

namespace xf::dsl {

/// Levels of blocks, parentheses, lists and operators: enough for any spec, too
/// few to exhaust the stack.
constexpr unsigned MaxNesting = 256;

/// Parses the file at `path`. Reports and returns null when it cannot be read;
/// after syntax errors (reported as well, see DiagnosticEngine::hasErrors) the
/// tree holds what was understood.
std::unique_ptr<SourceFile> parseFile(llvm::StringRef path,
                                      DiagnosticEngine &diags);

/// Parses a buffer, which moves into the engine; its identifier is the path in
/// messages.
std::unique_ptr<SourceFile>
parseBuffer(std::unique_ptr<llvm::MemoryBuffer> buffer,
            DiagnosticEngine &diags);

/// Parses what `lex` gave for the buffer.
std::unique_ptr<SourceFile> parseTokens(unsigned bufferId,
                                        llvm::ArrayRef<Token> tokens,
                                        DiagnosticEngine &diags);

} // namespace xf::dsl
