// The tree as text, for --emit=ast and for values that are kept as expressions.
#pragma once

#include "dsl/Sema.h"

namespace llvm {
class raw_ostream;
}

namespace xf::dsl {

/// Prints one line a declaration, setting or group, indented by depth;
/// expressions as printExpr does.
void dumpAST(const SourceFile &file, llvm::raw_ostream &os);

/// Prints an expression on one line with a parenthesis around every operation,
/// so that the text shows how it was parsed and parses as the same tree. Names
/// in `constants` are replaced by their values.
void printExpr(const Expr &expr, llvm::raw_ostream &os,
               const std::map<std::string, Value> &constants = {});

} // namespace xf::dsl
