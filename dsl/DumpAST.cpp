// The tree as text.
#include "dsl/DumpAST.h"
#include "dsl/Expressions.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

namespace xf::dsl {

namespace {

class ExprPrinter {
public:
  ExprPrinter(llvm::raw_ostream &os,
              const std::map<std::string, Value> &constants)
      : os(os), constants(constants) {}

  void print(const Expr &expr) {
    std::visit([&](const auto &node) { print(node); }, expr.node);
  }

private:
  void print(const IntLit &literal) { os << literal.value; }
  void print(const FloatLit &literal) { os << literal.spelling; }
  void print(const BoolLit &literal) {
    os << (literal.value ? "true" : "false");
  }
  void print(const StringLit &literal) {
    os << '"';
    for (char c : literal.value) {
      if (c == '"' || c == '\\')
        os << '\\' << c;
      else if (c == '\n' || c == '\t')
        os << (c == '\n' ? "\\n" : "\\t");
      else
        os << c;
    }
    os << '"';
  }
  void print(const NameRef &ref) {
    auto at = constants.find(ref.name);
    os << (at == constants.end() ? ref.name : spell(at->second));
  }
  void print(const ListLit &list) {
    os << '[';
    print(list.elements);
    os << ']';
  }
  void print(const Unary &unary) {
    os << '(' << unary.op;
    print(*unary.operand);
    os << ')';
  }
  void print(const Binary &binary) {
    os << '(';
    print(*binary.lhs);
    os << ' ' << binary.op << ' ';
    print(*binary.rhs);
    os << ')';
  }
  void print(const Call &call) {
    os << call.callee.text << '(';
    print(call.args);
    os << ')';
  }
  void print(const Conditional &conditional) {
    os << '(';
    print(*conditional.cond);
    os << " ? ";
    print(*conditional.ifTrue);
    os << " : ";
    print(*conditional.ifFalse);
    os << ')';
  }
  void print(const std::unique_ptr<Block> &block) {
    os << block->className.text << " { ... }";
  }
  void print(const std::vector<Expr> &list) {
    llvm::interleaveComma(list, os, [&](const Expr &expr) { print(expr); });
  }

  llvm::raw_ostream &os;
  const std::map<std::string, Value> &constants;
};

class TreePrinter {
public:
  explicit TreePrinter(llvm::raw_ostream &os) : os(os) {}

  void print(const SourceFile &file) {
    for (const Decl &decl : file.decls)
      std::visit([&](const auto &node) { print(node); }, decl.node);
  }

private:
  void print(const ImportDecl &import) {
    os << "import \"" << import.file << "\"\n";
  }
  void print(const LetDecl &let) {
    os << "let " << let.name.text << " = ";
    printExpr(let.value, os);
    os << '\n';
  }
  void print(const ModelDecl &model) {
    os << "model " << model.name.text << " = ";
    if (model.base.text.empty())
      os << model.body.className.text << '\n';
    else
      os << model.base.text << " with\n";
    items(model.body.items, 2);
  }
  void print(const WeightsDecl &weights) {
    os << "weights " << weights.model.text << " = " << weights.layout.text
       << '(';
    llvm::interleaveComma(weights.args, os,
                          [&](const Expr &arg) { printExpr(arg, os); });
    os << ")\n";
  }
  void print(const PolicyDecl &policy) {
    os << policy.keyword.text << ' ' << policy.model.text << '\n';
    items(policy.body.items, 2);
  }

  void items(const std::vector<Item> &list, unsigned indent) {
    for (const Item &item : list) {
      os.indent(indent);
      std::visit([&](const auto &node) { print(node, indent); }, item.node);
    }
  }
  void path(const std::vector<Name> &words) {
    os << llvm::join(
        llvm::map_range(words, [](const Name &name) { return name.text; }),
        ".");
  }
  void print(const Setting &setting, unsigned indent) {
    os << "set ";
    path(setting.path);
    os << " = ";
    if (auto *block =
            std::get_if<std::unique_ptr<Block>>(&setting.value.node)) {
      os << ((*block)->className.text.empty()
                 ? "block"
                 : "block " + (*block)->className.text)
         << '\n';
      items((*block)->items, indent + 2);
    } else {
      printExpr(setting.value, os);
      os << '\n';
    }
  }
  void print(const FunctionDef &def, unsigned) {
    os << "function " << def.name.text << '(';
    llvm::interleaveComma(def.params, os,
                          [&](const Name &param) { os << param.text; });
    os << ") = ";
    printExpr(def.body, os);
    os << '\n';
  }
  void print(const std::unique_ptr<Group> &group, unsigned indent) {
    os << "group ";
    path(group->path);
    os << '\n';
    items(group->items, indent + 2);
  }

  llvm::raw_ostream &os;
};

} // namespace

void dumpAST(const SourceFile &file, llvm::raw_ostream &os) {
  TreePrinter(os).print(file);
}

void printExpr(const Expr &expr, llvm::raw_ostream &os,
               const std::map<std::string, Value> &constants) {
  ExprPrinter(os, constants).print(expr);
}

} // namespace xf::dsl
