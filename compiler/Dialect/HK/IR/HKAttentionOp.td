// hk.attention: the structured kernel between projected q, k, v and the weighted sum of values.
#ifndef XF_HK_ATTENTION_OP
#define XF_HK_ATTENTION_OP

include "compiler/Dialect/HK/IR/HKBase.td"

def HK_AttentionOp : HK_StructuredOpBase<"attention", [AttrSizedOperandSegments]> {
  let summary = "attention within each sequence";
  let description = [{
    For head h, with i and j counting rows within one sequence:
    ```
    s[j]          = mask_mod(h, i, j) ? score_mod(scale * q[i, h] . k[j, g], h, i, j) : -3.4028235e38
    y[i, h, :]    = sum_j softmax_j(s)[j] * v[j, g, :]          g = h mod kv_heads
    ```
    A row whose keys are all masked averages all values of its sequence, as x-transformers does (`empty average`), or is 0
    (`empty zero`). Head h of q is the columns `[q_offset + h * head_dim, q_offset + (h + 1) * head_dim)` of %q; k and v
    likewise with `kv_heads` heads, v of width `value_dim`. So q, k and v may be columns of one operand, given three times.
    k and v may be rows of the context: j counts these then.

    `score_mod`: (score : f32, head, query, key : i32) -> f32; absent: identity.
    `mask_mod`: (head, query, key : i32) -> i1; absent: keep all. It is apart from `score_mod` because only a mask permits
    skipping keys.
    `alive_mod`: as mask_mod; a row without any key for which it holds is 0.
    Regions read `rows` by `hk.read` (at row i or j of the sequence in the operand's own space), `pairs` by `hk.pair` and
    `tables` by `hk.table`.

    Extra keys, `zero_key` first and then a key head's part of `memory_keys`, stand before the sequence's, with negative j.
    `sink` adds a logit of no value to each head. `alive_mod` and the attributes after `sink` need all scores of a block of
    queries (the variant `kept`); what they mean and in which order stands at `xf.attention`.

    ```mlir
    %o = hk.attention %q, %k, %v, %batch
        {heads = 12 : i64, kv_heads = 12 : i64, head_dim = 32 : i64, value_dim = 32 : i64, scale = 0.5 : f32}
        : tensor<?x384xf32>, tensor<?x384xf32>, tensor<?x384xf32> -> tensor<?x384xf32>
        mask_mod (%head: i32, %query: i32, %key: i32) {
      %0 = arith.cmpi sge, %query, %key : i32
      hk.yield %0 : i1
    }
    ```
  }];
  let arguments = (ins
    HK_Rows:$q, HK_Rows:$k, HK_Rows:$v,
    HK_BatchType:$batch,
    Variadic<HK_Rows>:$rows,
    Variadic<HK_Pairs>:$pairs,
    Optional<HK_Pairs>:$scores_in,
    I64Attr:$heads, I64Attr:$kv_heads, I64Attr:$head_dim, I64Attr:$value_dim,
    F32Attr:$scale,
    DefaultValuedAttr<I64Attr, "0">:$q_offset,
    DefaultValuedAttr<I64Attr, "0">:$k_offset,
    DefaultValuedAttr<I64Attr, "0">:$v_offset,
    DefaultValuedAttr<HK_SymbolArray, "{}">:$tables,
    OptionalAttr<FlatSymbolRefAttr>:$sink,
    OptionalAttr<FlatSymbolRefAttr>:$memory_keys,
    OptionalAttr<FlatSymbolRefAttr>:$memory_values,
    OptionalAttr<FlatSymbolRefAttr>:$pre_mix,
    OptionalAttr<FlatSymbolRefAttr>:$post_mix,
    OptionalAttr<FlatSymbolRefAttr>:$gate_mix,
    OptionalAttr<FlatSymbolRefAttr>:$cope,
    OptionalAttr<FlatSymbolRefAttr>:$cope_mix,
    UnitAttr:$zero_key,
    DefaultValuedAttr<HK_EmptyRowsAttr, "::xf::hk::EmptyRows::Average">:$empty,
    DefaultValuedAttr<HK_NormalizerAttr, "::xf::hk::Normalizer::Softmax">:$normalizer,
    OptionalAttr<I64Attr>:$top_k,
    UnitAttr:$l2_distance,
    UnitAttr:$selective,
    UnitAttr:$suffix_sums,
    OptionalAttr<HK_ConfigArray>:$configs,
    OptionalAttr<StrArrayAttr>:$config_sources
  );
  let results = (outs HK_Rows:$result, Optional<HK_Pairs>:$scores);
  let regions = (region MaxSizedRegion<1>:$scoreMod, MaxSizedRegion<1>:$maskMod, MaxSizedRegion<1>:$aliveMod);
  let assemblyFormat = [{
    $q `,` $k `,` $v `,` $batch
    (`rows` `(` $rows^ `:` type($rows) `)`)? (`pairs` `(` $pairs^ `:` type($pairs) `)`)?
    (`scores_in` $scores_in^ `:` type($scores_in))? (`tables` $tables^)? (`sink` $sink^)?
    (`memory` $memory_keys^ `,` $memory_values)? (`zero_key` $zero_key^)? (`empty` $empty^)?
    (`pre_mix` $pre_mix^)? (`cope` $cope^)? (`cope_mix` $cope_mix^)? (`top_k` $top_k^)?
    (`normalizer` $normalizer^)? (`post_mix` $post_mix^)? (`gate_mix` $gate_mix^)?
    attr-dict `:` type($q) `,` type($k) `,` type($v) `->` type($result) (`,` type($scores)^)?
    custom<AttentionRegions>($scoreMod, $maskMod, $aliveMod)
  }];
  let extraClassDeclaration = [{
    /// True if q, k and v are columns of one operand, hence one buffer argument.
    bool isShared() { return getQ() == getK() && getK() == getV(); }
    /// True if the keys are rows of another space than the queries.
    bool isCross();
    /// The weights that are there, each with its name as a formal parameter, in the order of the kernel's arguments.
    ::llvm::SmallVector<::std::pair<::std::string, ::mlir::FlatSymbolRefAttr>> getNamedWeights();
    /// Rows of `memory_keys` that each key head has; 0 without.
    int64_t getNumMemories();
    /// Keys before those of the sequence.
    int64_t getNumExtraKeys() { return (getZeroKey() ? 1 : 0) + getNumMemories(); }
  }];
}

#endif
