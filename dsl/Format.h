// The one canonical layout of a spec. Idempotent, keeps every comment, accepts
// whatever parses.
#pragma once

#include "dsl/AST.h"
#include "dsl/Lexer.h"

namespace xf::dsl {

/// Lines are broken so that they end before this column where they can be.
constexpr unsigned LineWidth = 100;

/// The canonical text of a file that parsed without errors from `tokens`.
std::string format(const SourceFile &file, llvm::ArrayRef<Token> tokens);

/// Formats `text`; `path` is its name in messages. False, and `out` untouched,
/// after syntax errors.
bool formatSource(llvm::StringRef text, llvm::StringRef path, std::string &out,
                  DiagnosticEngine &diags);

} // namespace xf::dsl
