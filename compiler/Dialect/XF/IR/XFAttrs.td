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
  I32EnumAttrCase<"L2", 1, "l2">
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
  I32EnumAttrCase<"Max", 3, "max">
]>;
def XF_PoolKindAttr : XF_EnumAttr<XF_PoolKind, "pool_kind">;

def XF_GatherIndex : XF_Enum<"GatherIndex", "what picks a table's row", [
  I32EnumAttrCase<"Ids", 0, "ids">,
  I32EnumAttrCase<"Positions", 1, "positions">,
  I32EnumAttrCase<"Types", 2, "types">
]>;
def XF_GatherIndexAttr : XF_EnumAttr<XF_GatherIndex, "gather_index">;
def XF_GatherIndexArrayAttr
    : TypedArrayAttrBase<XF_GatherIndexAttr, "an array of gather indices">;

def XF_RecipeAttr : XF_Attr<"Recipe", "recipe"> {
  let summary = "how a weight is computed from the model's logical tensors";
  let description = [{
    A small expression over *logical* tensors: the tensors of the model in
    x-transformers' orientation (out, in), named relative to the model and
    holding effective values (a gain is what is multiplied). A checkpoint layout
    (compiler/Weights) maps each to a tensor of a file. Every node knows its
    shape, so a recipe can be checked without a file.

    ```
    recipe ::= string `[` dims `]`                        logical tensor
             | `concat` `(` axis (`,` recipe)+ `)`        along an axis
             | `transpose` `(` recipe `)`                 of a matrix
             | `scale` `(` recipe `,` float `)`           times a constant
             | `add` `(` recipe `,` float `)`             plus a constant
    ```

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
    "int64_t":$axis,
    "::mlir::FloatAttr":$constant
  );
  let genVerifyDecl = 1;
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    /// The logical tensor `name` itself.
    static RecipeAttr tensor(::mlir::MLIRContext *context,
                             ::llvm::StringRef name,
                             ::llvm::ArrayRef<int64_t> shape);
    /// The inputs after one another along `axis`; other dimensions agree.
    static RecipeAttr concat(int64_t axis, ::llvm::ArrayRef<RecipeAttr> inputs);
    /// The transposed matrix.
    static RecipeAttr transpose(RecipeAttr input);
    /// Every element times (plus) `constant`, in f32.
    static RecipeAttr scale(RecipeAttr input, double constant);
    static RecipeAttr add(RecipeAttr input, double constant);
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
