// xf.attention: everything that happens between projected q, k, v and the weighted sum of values.
#ifndef XF_ATTENTION_OP
#define XF_ATTENTION_OP

include "compiler/Dialect/XF/IR/XFTensorOps.td"

def XF_AttentionOp : XF_WeightUserOp<"attention", [IsolatedFromAbove, AttrSizedOperandSegments]> {
  let summary = "attention within each sequence";
  let description = [{
    With i a query, j a key of the same sequence (both count from 0), h a query head, and `g = h mod kv_heads` the key
    head it reads:

    ```
    s[h, i, j] = score_mod(scale * sum_e q[i, h, e] * k[j, g, e], h, i, j)
    s[h, i, j] = -3.4028235e38                 where not mask_mod(h, i, j)
    y[i, h, :] = sum_j softmax_j(s[h, i, j]) * v[j, g, :]
    ```

    so a query whose keys are all masked averages every value of its sequence (`empty average`; with `empty zero` it
    is 0). Heads are contiguous: head h of `q` is the columns from `h * head_dim`, of `v` and the result those from
    `h * value_dim`. k and v may be rows of the context: then j counts the sequence's rows there.

    Regions, each empty or one block of scalar ops that ends in `xf.yield`:

    - `score_mod (s: f32, h: i32, i: i32, j: i32) -> f32`; empty: the identity
    - `mask_mod (h: i32, i: i32, j: i32) -> i1`; empty: every key counts
    - `alive_mod (h: i32, i: i32, j: i32) -> i1`; a query without any key for which it holds gives 0; empty: none does

    The first two are apart because only a mask lets a kernel skip keys. Regions read `rows` by `xf.read` (in the
    operand's own space, at row i or j of the sequence), `pairs` by `xf.pair` and `tables` by `xf.table`.

    *Extra keys* stand before those of the sequence: a key and value of 0 with `zero_key`, then the M rows a head of
    `memory` (key weight and value weight; row `g * M + m`). Regions see E extra keys as j = -E .. -1.

    `sink`: per head one more logit in the softmax that adds no value.

    The rest makes a kernel keep the scores of a block of queries for all heads, and so does `alive_mod`. In the order
    of computation, with s0 the scores before any region:

    | attribute | meaning |
    | --- | --- |
    | `l2_distance` | `s0 = -scale * sum_e (q - k)^2` |
    | `scores_in` | a pair value added to s0 |
    | `pre_mix @P` | `s[h] = s0[h] + sum_g P[h, g] s0[g]`, before score_mod |
    | `suffix_sums` | after the masks: `s[h, i, j] = ` sum of `s[h, i, l]` over the kept keys l >= j, 0 if there is none |
    | `cope @T` (`cope_mix @M`) | contextual positions: T is [positions, head_dim], M talks between heads |
    | `selective` | head 0 takes from later queries what it selects |
    | `scores` (result) | the scores now, extra keys first, -3.4028235e38 where masked |
    | `top_k = K` | only the K largest count, and those equal to the K-th |
    | `normalizer` | `softmax`; `sigmoid`; `one_hot` of the largest; `signed`: softmax of abs(s), times sign(s); `queries`: softmax over the queries that mask_mod keeps, then 0 where alive_mod does not hold, then divided by the sum over keys (at least 1e-8) |
    | `post_mix @P` | `p[h] = sum_g P[h, g] p[g]` |
    | `gate_mix @P` | `p[h] *= sum_g P[h, g] s0[g]` |

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

    Example (a key mask and a relative bias):

    ```mlir
    %5 = xf.attention %q, %k, %v, %batch rows (%mask : tensor<?x1xf32>) tables [@bias] {
        heads = 12 : i64, kv_heads = 12 : i64, head_dim = 32 : i64,
        value_dim = 32 : i64, scale = 0.17677669529663687 : f64}
      score_mod {
      ^bb0(%s: f32, %h: i32, %i: i32, %j: i32):
        %limit = arith.constant 16 : i32
        %zero = arith.constant 0 : i32
        %distance = arith.subi %i, %j : i32
        %positive = arith.maxsi %distance, %zero : i32
        %row = arith.minsi %positive, %limit : i32
        %b = xf.table 0[%h, %row] : f32
        %biased = arith.addf %s, %b : f32
        xf.yield %biased : f32
      }
      mask_mod {
      ^bb0(%h: i32, %i: i32, %j: i32):
        %zero = arith.constant 0 : i32
        %none = arith.constant 0.0 : f32
        %m = xf.read 0[%zero] at %j : f32
        %keep = arith.cmpf ogt, %m, %none : f32
        xf.yield %keep : i1
      } : (tensor<?x384xf32>, tensor<?x384xf32>, tensor<?x384xf32>)
        -> tensor<?x384xf32>
    ```
  }];
  let arguments = (ins XF_Rows:$q, XF_Rows:$k, XF_Rows:$v, XF_BatchType:$batch,
                       Variadic<XF_Rows>:$rows, Variadic<XF_Pairs>:$pairs, Optional<XF_Pairs>:$scores_in,
                       I64Attr:$heads, I64Attr:$kv_heads, I64Attr:$head_dim, I64Attr:$value_dim, F64Attr:$scale,
                       DefaultValuedAttr<XF_SymbolArray, "{}">:$tables,
                       OptionalAttr<FlatSymbolRefAttr>:$sink,
                       OptionalAttr<FlatSymbolRefAttr>:$memory_keys,
                       OptionalAttr<FlatSymbolRefAttr>:$memory_values,
                       UnitAttr:$zero_key,
                       DefaultValuedAttr<XF_EmptyRowsAttr, "::xf::ir::EmptyRows::Average">:$empty,
                       DefaultValuedAttr<XF_NormalizerAttr, "::xf::ir::Normalizer::Softmax">:$normalizer,
                       OptionalAttr<FlatSymbolRefAttr>:$pre_mix,
                       OptionalAttr<FlatSymbolRefAttr>:$post_mix,
                       OptionalAttr<FlatSymbolRefAttr>:$gate_mix,
                       OptionalAttr<I64Attr>:$top_k,
                       UnitAttr:$l2_distance,
                       OptionalAttr<FlatSymbolRefAttr>:$cope,
                       OptionalAttr<FlatSymbolRefAttr>:$cope_mix,
                       UnitAttr:$selective,
                       UnitAttr:$suffix_sums);
  let results = (outs XF_Rows:$result, Optional<XF_Pairs>:$scores);
  let regions = (region AnyRegion:$score_mod, AnyRegion:$mask_mod, AnyRegion:$alive_mod);
  let assemblyFormat = [{
    $q `,` $k `,` $v `,` $batch
    (`rows` `(` $rows^ `:` type($rows) `)`)? (`pairs` `(` $pairs^ `:` type($pairs) `)`)?
    (`scores_in` $scores_in^ `:` type($scores_in))? (`tables` $tables^)? (`sink` $sink^)?
    (`memory` $memory_keys^ `,` $memory_values)? (`zero_key` $zero_key^)? (`empty` $empty^)?
    (`pre_mix` $pre_mix^)? (`cope` $cope^)? (`cope_mix` $cope_mix^)? (`top_k` $top_k^)?
    (`normalizer` $normalizer^)? (`post_mix` $post_mix^)? (`gate_mix` $gate_mix^)? attr-dict ``
    custom<ScalarRegions>($score_mod, $mask_mod, $alive_mod) `:` `(` type($q) `,` type($k) `,` type($v) `)`
    `->` type($result) (`,` type($scores)^)?
  }];
  let skipDefaultBuilders = 1;
  let builders = [
    OpBuilder<(ins "const ::xf::ir::AttentionInputs &":$inputs, "const ::xf::ir::AttentionShape &":$shape)>
  ];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let hasCanonicalizeMethod = 1;
  let extraClassDeclaration = [{
    /// Rows of `memory` that each key head has.
    int64_t getNumMemories();
    /// Keys before those of the sequence.
    int64_t getNumExtraKeys() { return (getZeroKey() ? 1 : 0) + getNumMemories(); }
  }];
}

#endif
