// Attributes of the xf dialect: the closed sets of words that ops choose from,
// the recipe of a weight, and what the module says of its model.
#ifndef XF_ATTRS
#define XF_ATTRS

include "compiler/Dialect/XF/IR/XFDialect.td"
include "mlir/IR/EnumAttr.td"

class XF_Attr<string name, string attrMnemonic> : AttrDef<XF_Dialect, name> {
  let mnemonic = attrMnemonic;
}

class XF_Enum<string name, string doc, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, doc, cases> {
  let cppNamespace = "::xf::ir";
  let genSpecializedAttr = 0;
}

class XF_EnumAttr<EnumAttrInfo info, string attrMnemonic>
    : EnumAttr<XF_Dialect, info, attrMnemonic> {
  let assemblyFormat = "$value";
}

def XF_NormKind : XF_Enum<"NormKind", "which statistic a norm divides by", [
  I32EnumAttrCase<"Layer", 0, "layer">,
  I32EnumAttrCase<"L2", 1, "l2">,
  I32EnumAttrCase<"Rms", 2, "rms">,
  I32EnumAttrCase<"Softmax", 3, "softmax">
]>;
def XF_NormKindAttr : XF_EnumAttr<XF_NormKind, "norm_kind">;

def XF_ActivationKind : XF_Enum<"ActivationKind", "a scalar nonlinearity", [
  I32EnumAttrCase<"Gelu", 0, "gelu">,
  I32EnumAttrCase<"Silu", 1, "silu">,
  I32EnumAttrCase<"Relu2", 2, "relu2">
]>;
def XF_ActivationKindAttr : XF_EnumAttr<XF_ActivationKind, "activation_kind">;

def XF_PoolKind : XF_Enum<"PoolKind", "how a sequence becomes one row", [
  I32EnumAttrCase<"Mean", 0, "mean">,
  I32EnumAttrCase<"Cls", 1, "cls">,
  I32EnumAttrCase<"Last", 2, "last">,
  I32EnumAttrCase<"Max", 3, "max">,
  I32EnumAttrCase<"Sum", 4, "sum">,
  I32EnumAttrCase<"Row", 5, "row">
]>;
def XF_PoolKindAttr : XF_EnumAttr<XF_PoolKind, "pool_kind">;

def XF_Normalizer : XF_Enum<"Normalizer", "how the scores of a query become weights", [
  I32EnumAttrCase<"Softmax", 0, "softmax">,
  I32EnumAttrCase<"Sigmoid", 1, "sigmoid">,
  I32EnumAttrCase<"OneHot", 2, "one_hot">,
  I32EnumAttrCase<"Signed", 3, "signed">,
  I32EnumAttrCase<"Queries", 4, "queries">
]>;
def XF_NormalizerAttr : XF_EnumAttr<XF_Normalizer, "normalizer">;

def XF_EmptyRows : XF_Enum<"EmptyRows", "what a query gets whose keys are all masked", [
  I32EnumAttrCase<"Average", 0, "average">,
  I32EnumAttrCase<"Zero", 1, "zero">
]>;
def XF_EmptyRowsAttr : XF_EnumAttr<XF_EmptyRows, "empty_rows">;

def XF_Scatter : XF_Enum<"Scatter", "which stack rows the caller's rows are", [
  I32EnumAttrCase<"Tokens", 0, "tokens">,
  I32EnumAttrCase<"Prepended", 1, "prepended">,
  I32EnumAttrCase<"All", 2, "all">,
  I32EnumAttrCase<"Images", 3, "images">
]>;
def XF_ScatterAttr : XF_EnumAttr<XF_Scatter, "scatter">;

def XF_RecipeAttr : XF_Attr<"Recipe", "recipe"> {
  let summary = "how a weight is computed from the model's logical tensors";
  let description = [{
    A small expression over *logical* tensors: the tensors of the model in
    x-transformers' orientation (out, in), named relative to the model and
    holding effective values (a gain is what is multiplied). A checkpoint layout
    (compiler/Weights) maps each to a tensor of a file. Every node knows its
    shape, so a recipe can be checked without a file.

    ```
    recipe ::= string `[` dims `]`     logical tensor
             | keyword `(` arguments `)`
    ```

    | node | value |
    | --- | --- |
    | `concat(axis, r...)` | the inputs after one another along `axis` |
    | `transpose(r)` | of a matrix |
    | `scale(r, c)`, `add(r, c)`, `clip(r, low, high)` | elementwise with constants |
    | `sigmoid(r)`, `tanh(r)`, `exp(r)`, `silu(r)` | elementwise |
    | `mul(r, s)`, `plus(r, s)` | elementwise; `s` like `r`, or one row for all rows of `r` |
    | `matmul(r, s)` | r[m, k] s[n, k]^T, so [m, n] |
    | `reshape(r, [dims])` | the same values in row-major order |
    | `slice(r, axis, begin, size)`, `repeat(r, axis, times)` | along an axis; `repeat` is `concat` of copies |
    | `fill([dims], c)`, `values([dims], c...)` | constants |
    | `unit_rows(r)` | x / max(norm(x), 1e-12) along the last axis |
    | `layer_norm_rows(r)` | (x - mean) / sqrt(var + 1e-5) along the last axis |
    | `softmax_rows(r)` | along the last axis |
    | `t5_table(r, causal, D)` | of a table [buckets, heads]: [heads, 2D + 1], the bias at distance i - j = column - D |
    | `distances(L, log)` | [2L - 1, 1]: d = row - (L - 1); with `log` 1 sign(d) ln(abs(d) + 1) |
    | `sinusoid(L, E)` | [L, E]: sin, then cos of position 10000^(-f / (E / 2)) |

    Example:

    ```mlir
    #xf.recipe<transpose(concat(0, "layers.0.to_q.weight"[384, 384],
                                   "layers.0.to_k.weight"[384, 384]))>
    ```
  }];
  let parameters = (ins
    "::xf::ir::RecipeKind":$kind,
    ArrayRefParameter<"int64_t", "shape of the result">:$shape,
    "::mlir::StringAttr":$tensor,
    ArrayRefParameter<"::xf::ir::RecipeAttr">:$inputs,
    ArrayRefParameter<"int64_t", "integer arguments and dimensions">:$integers,
    "::mlir::DenseF64ArrayAttr":$numbers
  );
  let genVerifyDecl = 1;
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    /// The logical tensor `name` itself.
    static RecipeAttr tensor(::mlir::MLIRContext *context,
                             ::llvm::StringRef name,
                             ::llvm::ArrayRef<int64_t> shape);
    /// Any node but a tensor, whose arguments must fit together.
    static RecipeAttr make(::mlir::MLIRContext *context, RecipeKind kind,
                           ::llvm::ArrayRef<RecipeAttr> inputs,
                           ::llvm::ArrayRef<int64_t> integers = {},
                           ::llvm::ArrayRef<double> numbers = {});
    /// A node that takes one recipe only.
    static RecipeAttr unary(RecipeKind kind, RecipeAttr input);
    static RecipeAttr concat(int64_t axis, ::llvm::ArrayRef<RecipeAttr> inputs);
    static RecipeAttr transpose(RecipeAttr input);
    static RecipeAttr scale(RecipeAttr input, double constant);
    static RecipeAttr add(RecipeAttr input, double constant);
    static RecipeAttr clip(RecipeAttr input, double low, double high);
    static RecipeAttr mul(RecipeAttr a, RecipeAttr b);
    static RecipeAttr plus(RecipeAttr a, RecipeAttr b);
    static RecipeAttr matmul(RecipeAttr a, RecipeAttr b);
    static RecipeAttr reshape(RecipeAttr input,
                              ::llvm::ArrayRef<int64_t> shape);
    static RecipeAttr slice(RecipeAttr input, int64_t axis, int64_t begin,
                            int64_t size);
    static RecipeAttr repeat(RecipeAttr input, int64_t axis, int64_t times);
    static RecipeAttr fill(::mlir::MLIRContext *context,
                           ::llvm::ArrayRef<int64_t> shape, double value);
    static RecipeAttr values(::mlir::MLIRContext *context,
                             ::llvm::ArrayRef<int64_t> shape,
                             ::llvm::ArrayRef<double> values);
    static RecipeAttr t5Table(RecipeAttr table, bool causal,
                              int64_t maxDistance);
    static RecipeAttr distances(::mlir::MLIRContext *context, int64_t length,
                                bool log);
    static RecipeAttr sinusoid(::mlir::MLIRContext *context, int64_t length,
                               int64_t width);
  }];
}

def XF_ModelInfoAttr : XF_Attr<"ModelInfo", "model_info"> {
  let summary = "what a caller of the compiled model must know";
  let description = [{
    Left on the module by `xf-expand-blocks`, when the declarative form is gone.
    `max_seq_len` 0: sequences of any length; `token_types` 0: none.
  }];
  let parameters = (ins StringRefParameter<>:$name, "int64_t":$num_tokens,
                        "int64_t":$max_seq_len, "int64_t":$token_types);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def XF_CheckpointAttr : XF_Attr<"Checkpoint", "checkpoint"> {
  let summary = "the checkpoint a model's logical tensors are read from";
  let description = [{
    `layout` names a table of compiler/Weights (`huggingface`,
    `x_transformers`), `file` a path relative to the spec's folder.
    `gains_minus_one`: the file holds the gains of the stack's norms minus one
    (x-transformers' `norm_add_unit_offset`); the layout undoes it.
  }];
  let parameters = (ins StringRefParameter<>:$layout, StringRefParameter<>:$file,
                        "bool":$gains_minus_one);
  let assemblyFormat = "`<` struct(params) `>`";
}

#endif
