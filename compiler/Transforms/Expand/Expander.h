// What every part of the expansion shares: the stack and its knobs, the builder
// of the graph, weights and inputs made at first use, and the ops that most
// knobs are written with. One Expander per stack; towers share a GraphModule.
#pragma once

#include "compiler/Dialect/XF/IR/ModelKnobs.h"
#include "compiler/Dialect/XF/IR/ScalarOps.h"
#include "compiler/Dialect/XF/IR/XF.h"
#include "compiler/Transforms/Expand/Layout.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace xf::expand {

using namespace mlir;
using namespace xf::ir;

/// The module that is being made: weights stand before its first function.
struct GraphModule {
  ModuleOp module;
  func::FuncOp firstFunction;
  llvm::StringSet<> weights;
};

/// The body of a map: the element of column `c` in row `i` of the `n` rows of
/// its sequence.
using MapBody = function_ref<Scalar(Scalars &s, Scalar c, Scalar i, Scalar n)>;

class Expander {
public:
  /// `wrapper` is what the stack stands in; a bare stack is its own wrapper.
  /// `tower` is put in front of every logical name and symbol (`encoder.`).
  Expander(GraphModule &graph, Operation *wrapper, AttentionLayersOp stack,
           StackLayout layout, StringRef tower = "");

  //===--- Sizes ----------------------------------------------------------===//

  int64_t dim() const { return intKnob(stack, "dim"); }
  int64_t memoryTokens() const; ///< rows in front of everything, cut off again
  int64_t clsTokens() const;    ///< rows after those
  int64_t registers() const;    ///< rows behind each sequence
  /// Rows in front of each sequence: memory tokens, then cls tokens; 0 where
  /// memory stands between chunks.
  int64_t lead() const { return chunk() ? 0 : memoryTokens() + clsTokens(); }
  /// `memory_tokens_interspersed_every`, 0 where memory stands in front only.
  int64_t chunk() const;
  /// Most tokens of a sequence; 0: no bound.
  int64_t maxTokens() const;
  /// Most rows that a sequence has in the stack; 0: no bound.
  int64_t maxRows() const;

  //===--- Entries and inputs ---------------------------------------------===//

  /// Opens the function of an entry; what is made from here on goes into it.
  func::FuncOp beginEntry(StringRef name);
  /// Returns `result`; of the rows of the stack, `skipLead` in front and
  /// `skipTail` at the end of each sequence are left out.
  void endEntry(func::FuncOp function, Value result, int64_t skipLead = 0,
                int64_t skipTail = 0);

  /// The call input `name`, made at the start of the function at its first use;
  /// null where the model does not take it.
  Value input(StringRef name);
  /// The rows of f32 that a model takes in the place of token ids.
  Value inputRows(StringRef name, int64_t width,
                  Scatter scatter = Scatter::Tokens);

  //===--- Weights --------------------------------------------------------===//

  /// The logical tensor `logical` as a recipe.
  RecipeAttr tensor(const Twine &logical, ArrayRef<int64_t> shape) const;
  /// The symbol of a logical tensor as it is; `.weight` is left out of the
  /// symbol's name.
  FlatSymbolRefAttr weight(const Twine &logical, ArrayRef<int64_t> shape);
  /// The symbol `symbol` with any recipe, made at its first use.
  FlatSymbolRefAttr weight(const Twine &symbol, RecipeAttr recipe);

  //===--- Ops ------------------------------------------------------------===//

  /// Ops made from here on are called `name` and point at `source` (the stack
  /// by default).
  void setName(const Twine &name, Operation *source = nullptr);

  /// A linear with the file's `name.weight` (and `name.bias`).
  Value linear(const Twine &name, Value x, int64_t width, bool hasBias);
  /// A linear called `name` with any weights.
  Value linear(const Twine &name, Value x, int64_t width,
               FlatSymbolRefAttr matrix, FlatSymbolRefAttr bias);
  Value norm(const Twine &name, NormKind kind, Value x, double eps,
             FlatSymbolRefAttr gain = {}, FlatSymbolRefAttr bias = {},
             int64_t groups = 1);
  Value add(const Twine &name, Value x, Value y);
  Value slice(const Twine &name, Value x, int64_t offset, int64_t width);
  Value pool(const Twine &name, PoolKind kind, Value x, int64_t index = 0);
  /// Elementwise work on rows of the space of `operands[space]`, `width`
  /// columns wide.
  Value map(const Twine &name, ValueRange operands,
            ArrayRef<FlatSymbolRefAttr> tables, int64_t width, MapBody body,
            unsigned space = 0);

  GraphModule &graph;
  Operation *wrapper;
  AttentionLayersOp stack;
  StackLayout layout;
  std::string tower;
  /// The logical token table of another tower that this one uses; or empty.
  std::string sharedTokens;
  ImplicitLocOpBuilder b;
  Value batch;

private:
  llvm::StringMap<Value> inputs;
};

} // namespace xf::expand
