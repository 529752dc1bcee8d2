// The syntax tree: what the parser saw, with a source range each, and nothing
// more. Plain structs; a consumer switches on the variant. Owned by the
// SourceFile; ranges point into its buffer.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/SMLoc.h"

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace xf::dsl {

/// Half-open range of bytes in a buffer owned by the SourceMgr.
using SourceRange = llvm::SMRange;

/// A word and where it stands.
struct Name {
  std::string text;
  SourceRange range;
};

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

struct IntLit {
  int64_t value;
};
struct FloatLit {
  double value;
  std::string spelling;
};
struct BoolLit {
  bool value;
};
struct StringLit {
  std::string value;
};
/// A reference to a `let`, to an enum word, or to a parameter of a
/// mask_mod/score_mod.
struct NameRef {
  std::string name;
};
struct ListLit {
  std::vector<Expr> elements;
};
/// `op` is the operator's spelling: + - * / % == != < <= > >= && || - !
struct Unary {
  std::string op;
  ExprPtr operand;
};
struct Binary {
  std::string op;
  SourceRange opRange;
  ExprPtr lhs, rhs;
};
struct Call {
  Name callee;
  std::vector<Expr> args;
};
/// `cond ? a : b`.
struct Conditional {
  ExprPtr cond, ifTrue, ifFalse;
};

struct Block;

/// A value of a setting: an expression or a (classed) block, `Encoder { ... }`.
struct Expr {
  SourceRange range;
  std::variant<IntLit, FloatLit, BoolLit, StringLit, NameRef, ListLit, Unary,
               Binary, Call, Conditional, std::unique_ptr<Block>>
      node;
};

/// `mask_mod(h, i, j) = expr`.
struct FunctionDef {
  Name name;
  std::vector<Name> params;
  Expr body;
};

/// `path = value`; the path has several words in `attn_layers.causal = false`.
struct Setting {
  std::vector<Name> path;
  Expr value;
};

/// `attn { ... }` without `=`: sugar for the prefixed knobs inside it;
/// `attn_layers.attn { ... }` has a longer path.
struct Group;

struct Item {
  SourceRange range;
  std::variant<Setting, FunctionDef, std::unique_ptr<Group>> node;
};

struct Group {
  std::vector<Name> path;
  std::vector<Item> items;
  SourceRange braces;
};

/// `Encoder { ... }`: a class name and its settings; the class is empty for a
/// bare block.
struct Block {
  Name className;
  std::vector<Item> items;
  SourceRange braces;
};

struct ImportDecl {
  std::string file;
  SourceRange fileRange;
};
struct LetDecl {
  Name name;
  Expr value;
};
/// `model a = Class { ... }` (base empty) or `model a = b with { ... }` (base
/// set, className empty).
struct ModelDecl {
  Name name;
  Name base;
  Block body;
};
/// `weights a = huggingface("file")`.
struct WeightsDecl {
  Name model;
  Name layout;
  std::vector<Expr> args;
};
/// `refine a { ... }`, `generate a { ... }`, `sweep a { ... }`; `keyword` tells
/// which.
struct PolicyDecl {
  Name keyword;
  Name model;
  Block body;
};

struct Decl {
  SourceRange range;
  std::variant<ImportDecl, LetDecl, ModelDecl, WeightsDecl, PolicyDecl> node;
};

/// One parsed file.
struct SourceFile {
  std::string path;
  unsigned bufferId = 0;
  std::vector<Decl> decls;
  /// Syntax errors left a declaration, or a setting of one, out of the tree:
  /// what seems to be missing may be there.
  bool lostDecls = false, lostItems = false;
};

} // namespace xf::dsl
