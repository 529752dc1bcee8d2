// The graph level of the xf dialect: what a model computes, as tensor ops with
// weights as symbols. Made by xf-expand-blocks, consumed by convert-xf-to-hk.
#ifndef XF_TENSOR_OPS
#define XF_TENSOR_OPS

include "compiler/Dialect/XF/IR/XFAttrs.td"
include "mlir/IR/CommonAttrConstraints.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

// A row per token or per sequence; the number of rows is known at run time only.
def XF_Rows
    : Type<CPred<"::xf::ir::isRowsType($_self)">,
           "rows of f32 values, `tensor<?xWxf32>` with W from 1 to 2^31 - 1", "::mlir::RankedTensorType">;

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
    `y[r, c] = sum_t table_t[index_t[r], c]`, summed in the order given, where
    the index of a row is its token id (`ids`), its position in its sequence
    (`positions`), or its token type (`types`).

    Example:

    ```mlir
    %0 = xf.embed %batch tables [@token_emb, @pos_emb] indices [ids, positions]
        : tensor<?x384xf32>
    ```
  }];
  let arguments = (ins XF_BatchType:$batch, FlatSymbolRefArrayAttr:$tables,
                       XF_GatherIndexArrayAttr:$indices);
  let results = (outs XF_Rows:$result);
  let assemblyFormat = [{
    $batch `tables` $tables `indices` custom<GatherIndices>($indices) attr-dict
    `:` type($result)
  }];
  let hasVerifier = 1;
}

def XF_NormOp : XF_WeightUserOp<"norm", [SameOperandsAndResultType]> {
  let summary = "normalises each row";
  let description = [{
    With W the width of a row x:

    - `layer`: `y = (x - mean(x)) / sqrt(var(x) + eps) * gain + bias`,
      `var(x) = sum((x - mean(x))^2) / W`
    - `l2`: `y = x / max(sqrt(sum(x^2)), eps) * gain + bias`

    `gain` and `bias` are vectors of W values; each may be absent.

    Example:

    ```mlir
    %1 = xf.norm layer %0 gain @final_norm.gain bias @final_norm.bias
        eps 1.0e-05 : tensor<?x384xf32>
    %2 = xf.norm l2 %1 eps 1.0e-12 : tensor<?x384xf32>
    ```
  }];
  let arguments = (ins XF_NormKindAttr:$kind, XF_Rows:$input,
                       OptionalAttr<FlatSymbolRefAttr>:$gain,
                       OptionalAttr<FlatSymbolRefAttr>:$bias, F64Attr:$eps);
  let results = (outs XF_Rows:$result);
  let assemblyFormat = [{
    `` $kind $input (`gain` $gain^)? (`bias` $bias^)? `eps` $eps attr-dict `:`
    type($result)
  }];
  let hasVerifier = 1;
}

def XF_LinearOp : XF_WeightUserOp<"linear"> {
  let summary = "linear map of each row";
  let description = [{
    `y[r, o] = sum_i x[r, i] * weight[o, i] + bias[o]`; `weight` is (out, in),
    as checkpoints and x-transformers have it; `bias` may be absent.

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
  let hasVerifier = 1;
  let hasFolder = 1;
  let extraClassDeclaration = [{
    int64_t getWidth() { return getType().getDimSize(1); }
  }];
}

//===----------------------------------------------------------------------===//
// Ops across the rows of a sequence
//===----------------------------------------------------------------------===//

def XF_AttentionOp : XF_TensorOp<"attention", [IsolatedFromAbove]> {
  let summary = "softmax attention within each sequence";
  let description = [{
    With i a query, j a key of the same sequence (both count from 0), h a query
    head, and `g = h mod kv_heads` the key head it reads:

    ```
    s[h, i, j] = score_mod(scale * sum_e q[i, h, e] * k[j, g, e], h, i, j)
    s[h, i, j] = -3.4028235e38                 where not mask_mod(h, i, j)
    y[i, h, :] = sum_j softmax_j(s[h, i, j]) * v[j, g, :]
    ```

    so a query whose keys are all masked averages every value of its sequence.
    Heads are contiguous: head h of `q` is the columns from `h * head_dim`, of
    `v` and the result those from `h * value_dim`.

    Regions, each empty or one block of `arith` and `math` ops on scalars that
    ends in `xf.yield`; they see nothing but their arguments:

    - `score_mod (s: f32, h: i32, i: i32, j: i32) -> f32`; empty: the identity
    - `mask_mod (h: i32, i: i32, j: i32) -> i1`; empty: every key counts

    The two are apart because only a mask lets a kernel skip keys.

    Example (causal):

    ```mlir
    %4 = xf.attention %q, %k, %v, %batch {
        heads = 12 : i64, kv_heads = 12 : i64, head_dim = 32 : i64,
        value_dim = 32 : i64, scale = 0.17677669529663687 : f64}
      mask_mod {
      ^bb0(%h: i32, %i: i32, %j: i32):
        %keep = arith.cmpi sge, %i, %j : i32
        xf.yield %keep : i1
      } : (tensor<?x384xf32>, tensor<?x384xf32>, tensor<?x384xf32>)
        -> tensor<?x384xf32>
    ```
  }];
  let arguments = (ins XF_Rows:$q, XF_Rows:$k, XF_Rows:$v, XF_BatchType:$batch,
                       I64Attr:$heads, I64Attr:$kv_heads, I64Attr:$head_dim,
                       I64Attr:$value_dim, F64Attr:$scale);
  let results = (outs XF_Rows:$result);
  let regions = (region AnyRegion:$score_mod, AnyRegion:$mask_mod);
  let assemblyFormat = [{
    $q `,` $k `,` $v `,` $batch attr-dict ``
    custom<ScalarRegions>($score_mod, $mask_mod) `:` `(` type($q) `,` type($k) `,` type($v) `)` `->` type($result)
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let hasCanonicalizeMethod = 1;
}

def XF_PoolOp : XF_TensorOp<"pool", [
      AllTypesMatch<["input", "result"]>]> {
  let summary = "one row per sequence";
  let description = [{
    Column by column over the n rows of each sequence: `mean` their sum / n,
    `max` the largest, `cls` the first, `last` the last.

    Example:

    ```mlir
    %6 = xf.pool mean %5, %batch : tensor<?x384xf32>
    ```
  }];
  let arguments = (ins XF_PoolKindAttr:$kind, XF_Rows:$input,
                       XF_BatchType:$batch);
  let results = (outs XF_Rows:$result);
  let assemblyFormat = "`` $kind $input `,` $batch attr-dict `:` type($result)";
}

def XF_YieldOp : XF_Op<"yield", [Pure, Terminator]> {
  let summary = "the result of a score_mod or mask_mod";
  let description = [{
    Ends a scalar region; an `f32` score or an `i1` that keeps a key.

    Example:

    ```mlir
    xf.yield %keep : i1
    ```
  }];
  let arguments = (ins AnyTypeOf<[F32, I1]>:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

#endif
