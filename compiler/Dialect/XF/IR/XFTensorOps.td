// The graph level of the xf dialect: what a model computes, as tensor ops with
// weights as symbols. Made by xf-expand-blocks, consumed by convert-xf-to-hk.
#ifndef XF_TENSOR_OPS
#define XF_TENSOR_OPS

include "compiler/Dialect/XF/IR/XFAttrs.td"
include "compiler/Dialect/XF/IR/XFScalarOps.td"
include "mlir/IR/CommonAttrConstraints.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

// A row per stack row, sequence or context row; the number of rows is known at run time only.
def XF_Rows
    : Type<CPred<"::xf::ir::isRowsType($_self)">,
           "rows of f32 values, `tensor<?xWxf32>` with W from 1 to 2^31 - 1, in a row space", "::mlir::RankedTensorType">;
// A value per query row, head and key.
def XF_Pairs
    : Type<CPred<"::xf::ir::isPairsType($_self)">,
           "f32 values of queries, heads and keys, `tensor<?xHx?xf32>`", "::mlir::RankedTensorType">;

def XF_SymbolArray : TypedArrayAttrBase<FlatSymbolRefAttr, "weight symbols">;

class XF_TensorOp<string mnemonic, list<Trait> traits = []>
    : XF_Op<mnemonic, !listconcat([Pure], traits)>;

class XF_WeightUserOp<string mnemonic, list<Trait> traits = []>
    : XF_TensorOp<mnemonic, !listconcat(
          [DeclareOpInterfaceMethods<SymbolUserOpInterface>], traits)>;

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

def XF_WeightOp : XF_Op<"weight", [Symbol]> {
  let summary = "a weight of the model and how to compute it";
  let description = [{
    A symbol of the module, the target of the ops below. Its value is `recipe`
    over the checkpoint's logical tensors; the recipe's shape is the type's.
    Names are the graph's own: `token_emb`, `layers.0.to_qkv`,
    `layers.1.ff_in.bias`; two uses of one symbol are how weights are tied.

    Example:

    ```mlir
    xf.weight @pos_emb : tensor<512x384xf32> = <"pos_emb.weight"[512, 384]>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<AnyType>:$type,
                       XF_RecipeAttr:$recipe,
                       OptionalAttr<StrAttr>:$sym_visibility);
  let assemblyFormat = [{
    $sym_name `:` $type `=` $recipe attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::RankedTensorType getTensorType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getType());
    }
  }];
}

//===----------------------------------------------------------------------===//
// Ops on rows
//===----------------------------------------------------------------------===//

def XF_EmbedOp : XF_WeightUserOp<"embed"> {
  let summary = "sum of table rows, one per token";
  let description = [{
    `y[r, c] = sum_t table_t[index_t[r], c]`, summed in the order given.
    `indices` names an i32 input of the call per table: the token `ids`, the
    `positions` in the sequence, the `token_types`, or another by its name.

    Example:

    ```mlir
    %0 = xf.embed %batch tables [@token_emb, @pos_emb] indices ["ids", "positions"]
        : tensor<?x384xf32>
    ```
  }];
  let arguments = (ins XF_BatchType:$batch, FlatSymbolRefArrayAttr:$tables,
                       StrArrayAttr:$indices);
  let results = (outs XF_Rows:$result);
  let assemblyFormat = [{
    $batch `tables` $tables `indices` $indices attr-dict `:` type($result)
  }];
  let builders = [
    OpBuilder<(ins "int64_t":$width, "::mlir::Value":$batch,
                   "::llvm::ArrayRef<::mlir::FlatSymbolRefAttr>":$tables,
                   "::llvm::ArrayRef<::llvm::StringRef>":$indices)>
  ];
  let hasVerifier = 1;
}

def XF_NormOp : XF_WeightUserOp<"norm", [SameOperandsAndResultType]> {
  let summary = "normalises each row";
  let description = [{
    With x one of `groups` equal parts of a row (all of it, where nothing is said), and W its width:

    - `layer`: `y = (x - mean(x)) / sqrt(var(x) + eps) * gain + bias`,
      `var(x) = sum((x - mean(x))^2) / W`
    - `l2`: `y = x / max(sqrt(sum(x^2)), eps) * gain + bias`
    - `rms`: `y = x / sqrt(sum(x^2) / W + eps) * gain + bias`
    - `softmax`: `y = exp(x - max(x)) / sum(exp(x - max(x)))`; without gain, bias and eps

    `gain` and `bias` are vectors as wide as the row; each may be absent.

    Example:

    ```mlir
    %1 = xf.norm layer %0 gain @final_norm.gain bias @final_norm.bias
        eps 1.0e-05 : tensor<?x384xf32>
    %2 = xf.norm l2 %1 eps 1.0e-12 : tensor<?x384xf32>
    %3 = xf.norm rms %2 groups 12 gain @layers.0.q_norm.gain eps 1.0e-05 : tensor<?x384xf32>
    ```
  }];
  let arguments = (ins XF_NormKindAttr:$kind, XF_Rows:$input,
                       OptionalAttr<FlatSymbolRefAttr>:$gain,
                       OptionalAttr<FlatSymbolRefAttr>:$bias,
                       DefaultValuedAttr<F64Attr, "::llvm::APFloat(0.0)">:$eps,
                       DefaultValuedAttr<I64Attr, "1">:$groups);
  let results = (outs XF_Rows:$result);
  let assemblyFormat = [{
    `` $kind $input (`groups` $groups^)? (`gain` $gain^)? (`bias` $bias^)? (`eps` $eps^)? attr-dict `:`
    type($result)
  }];
  let skipDefaultBuilders = 1;
  let builders = [
    OpBuilder<(ins "::xf::ir::NormKind":$kind, "::mlir::Value":$input, "::mlir::FlatSymbolRefAttr":$gain,
                   "::mlir::FlatSymbolRefAttr":$bias, "double":$eps, CArg<"int64_t", "1">:$groups)>
  ];
  let hasVerifier = 1;
}

def XF_LinearOp : XF_WeightUserOp<"linear"> {
  let summary = "linear map of each row";
  let description = [{
    `y[r, o] = sum_i x[r, i] * weight[o, i] + bias[o]`; `weight` is (out, in),
    as checkpoints and x-transformers have it; `bias` may be absent. The result
    is in the input's row space.

    Example:

    ```mlir
    %q = xf.linear %2 weight @layers.0.to_q bias @layers.0.to_q.bias
        : tensor<?x384xf32> -> tensor<?x384xf32>
    ```
  }];
  let arguments = (ins XF_Rows:$input, FlatSymbolRefAttr:$weight,
                       OptionalAttr<FlatSymbolRefAttr>:$bias);
  let results = (outs XF_Rows:$result);
  let assemblyFormat = [{
    $input `weight` $weight (`bias` $bias^)? attr-dict `:` type($input) `->`
    type($result)
  }];
  let builders = [
    OpBuilder<(ins "::mlir::Value":$input, "int64_t":$width, "::mlir::FlatSymbolRefAttr":$weight,
                   "::mlir::FlatSymbolRefAttr":$bias)>
  ];
  let hasVerifier = 1;
}

def XF_ActivationOp : XF_TensorOp<"activation", [SameOperandsAndResultType]> {
  let summary = "a nonlinearity on every element";
  let description = [{
    - `gelu`: `y = x / 2 * (1 + erf(x / sqrt(2)))`, the exact form
    - `silu`: `y = x / (1 + exp(-x))`
    - `relu2`: `y = max(x, 0)^2`

    Example:

    ```mlir
    %3 = xf.activation gelu %hidden : tensor<?x1536xf32>
    ```
  }];
  let arguments = (ins XF_ActivationKindAttr:$kind, XF_Rows:$input);
  let results = (outs XF_Rows:$result);
  let assemblyFormat = "`` $kind $input attr-dict `:` type($result)";
}

def XF_AddOp : XF_TensorOp<"add", [SameOperandsAndResultType]> {
  let summary = "elementwise sum, the residual";
  let description = [{
    `y[r, c] = a[r, c] + b[r, c]`; both have the same rows.

    Example:

    ```mlir
    %5 = xf.add %4, %0 : tensor<?x384xf32>
    ```
  }];
  let arguments = (ins XF_Rows:$lhs, XF_Rows:$rhs);
  let results = (outs XF_Rows:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($result)";
}

def XF_SliceOp : XF_TensorOp<"slice"> {
  let summary = "some columns of each row";
  let description = [{
    `y[r, c] = x[r, offset + c]` for `c` below the width of the result.

    Example:

    ```mlir
    %k = xf.slice %qkv offset 384 : tensor<?x1152xf32> -> tensor<?x384xf32>
    ```
  }];
  let arguments = (ins XF_Rows:$input, I64Attr:$offset);
  let results = (outs XF_Rows:$result);
  let assemblyFormat = [{
    $input `offset` $offset attr-dict `:` type($input) `->` type($result)
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$input, "int64_t":$offset, "int64_t":$width)>];
  let hasVerifier = 1;
  let hasFolder = 1;
  let extraClassDeclaration = [{
    int64_t getWidth() { return getType().getDimSize(1); }
  }];
}

//===----------------------------------------------------------------------===//
// Inputs and computed reads
//===----------------------------------------------------------------------===//

def XF_InputOp : XF_TensorOp<"input"> {
  let summary = "a named input of the call";
  let description = [{
    Rows of f32, or a pair value. `fill` says what a row has that the caller does not give, be it one that no caller
    gives (lead, prepended and tail rows) or all where the input is left out: a number, or `index`, the row's number
    within its sequence. Without it the input is `required`, and rows that nobody gives are 0.

    `scatter`: the caller gives a row per token (`tokens`), per prepended embedding (`prepended`, whose rows are there
    because of this input), per stack row (`all`), or images with as many patches as tokens (`images`). Names and what the runtime makes of them: `mask`, `pos`,
    `context`, `context_mask`, `prepend_embeds`, `is_prepended`, `attn_mask`, `attn_bias`, `prefix_attn_len`, ...

    Example:

    ```mlir
    %mask = xf.input "mask" fill 1.0 : tensor<?x1xf32>
    %pos = xf.input "pos" index : tensor<?x1xf32>
    %embeds = xf.input "prepend_embeds" required scatter prepended : tensor<?x384xf32>
    %context = xf.input "context" required : tensor<?x384xf32, "context">
    %bias = xf.input "attn_bias" fill 0.0 : tensor<?x12x?xf32>
    ```
  }];
  let arguments = (ins StrAttr:$name, OptionalAttr<AnyAttrOf<[F64Attr, StrAttr], "a number or `index`">>:$fill,
                       DefaultValuedAttr<XF_ScatterAttr, "::xf::ir::Scatter::Tokens">:$scatter);
  let results = (outs AnyTypeOf<[XF_Rows, XF_Pairs]>:$result);
  let assemblyFormat = "$name custom<Fill>($fill) (`scatter` $scatter^)? attr-dict `:` type($result)";
  let builders = [
    OpBuilder<(ins "::mlir::Type":$type, "::llvm::StringRef":$name, "::mlir::Attribute":$fill,
                   CArg<"::xf::ir::Scatter", "::xf::ir::Scatter::Tokens">:$scatter)>
  ];
  let skipDefaultBuilders = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The caller must give it.
    bool isRequired() { return !getFillAttr(); }
    /// Rows that nobody gives are their own index.
    bool isFilledByIndex() { return ::llvm::isa_and_nonnull<::mlir::StringAttr>(getFillAttr()); }
  }];
}

def XF_MapOp : XF_WeightUserOp<"map", [IsolatedFromAbove, AttrSizedOperandSegments]> {
  let summary = "each element from computed reads";
  let description = [{
    `y[r, c] = body(c, i, n)` where row r is row i of a sequence with n rows. The body reads the operands by `xf.read`
    and the tables by `xf.table`; operands are rows of the result's space, or rows of sequences. The batch is needed by
    bodies that use i or n, read at another row, or read an operand of another space.

    Example (each row takes its left half from the row before it):

    ```mlir
    %shifted = xf.map (%x) batch %batch : (tensor<?x384xf32>) -> tensor<?x384xf32> {
    ^bb0(%c: i32, %i: i32, %n: i32):
      %zero = arith.constant 0 : i32
      %one = arith.constant 1 : i32
      %half = arith.constant 192 : i32
      %none = arith.constant 0.0 : f32
      %back = arith.subi %i, %one : i32
      %previous = arith.maxsi %back, %zero : i32
      %before = xf.read 0[%c] at %previous : f32
      %here = xf.read 0[%c] : f32
      %is_first = arith.cmpi eq, %i, %zero : i32
      %left = arith.select %is_first, %none, %before : f32
      %is_left = arith.cmpi slt, %c, %half : i32
      %y = arith.select %is_left, %left, %here : f32
      xf.yield %y : f32
    }
    ```
  }];
  let arguments = (ins Variadic<XF_Rows>:$inputs, Optional<XF_BatchType>:$batch,
                       DefaultValuedAttr<XF_SymbolArray, "{}">:$tables);
  let results = (outs XF_Rows:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `(` $inputs `)` (`tables` $tables^)? (`batch` $batch^)? attr-dict `:` functional-type($inputs, $result) $body
  }];
  let skipDefaultBuilders = 1;
  let builders = [
    OpBuilder<(ins "::mlir::Type":$result, "::mlir::ValueRange":$inputs,
                   "::llvm::ArrayRef<::mlir::FlatSymbolRefAttr>":$tables, "::mlir::Value":$batch,
                   "::llvm::function_ref<::mlir::Value(::xf::ir::Scalars &, ::mlir::Value, ::mlir::Value, ::mlir::Value)>":$body)>
  ];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Ops across the rows of a sequence
//===----------------------------------------------------------------------===//

def XF_PoolOp : XF_TensorOp<"pool"> {
  let summary = "one row per sequence";
  let description = [{
    Column by column over the n rows of each sequence: `sum` their sum, `mean` the sum / n, `max` the largest, `cls` the
    first, `last` the last, `row` the one with number `index`, which the sequence must have.

    Example:

    ```mlir
    %6 = xf.pool mean %5, %batch : tensor<?x384xf32> -> tensor<?x384xf32, "sequences">
    ```
  }];
  let arguments = (ins XF_PoolKindAttr:$kind, XF_Rows:$input,
                       XF_BatchType:$batch, DefaultValuedAttr<I64Attr, "0">:$index);
  let results = (outs XF_Rows:$result);
  let assemblyFormat = "`` $kind $input `,` $batch (`index` $index^)? attr-dict `:` type($input) `->` type($result)";
  let builders = [
    OpBuilder<(ins "::xf::ir::PoolKind":$kind, "::mlir::Value":$input, "::mlir::Value":$batch,
                   CArg<"int64_t", "0">:$index)>
  ];
  let hasVerifier = 1;
}

#endif
