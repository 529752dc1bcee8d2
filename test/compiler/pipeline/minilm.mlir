// A sentence encoder of the MiniLM kind, from knobs to plan: two layers become nine kernels, elementwise work is gone
// into epilogues, and the arena is as small as any could be.
// RUN: xf-opt %s --xf-model-pipeline --xf-graph-pipeline | FileCheck %s --check-prefix=GRAPH
// RUN: xf-opt %s --xf-model-pipeline --xf-graph-pipeline --xf-kernels-pipeline | FileCheck %s --check-prefix=KERNELS
// RUN: xf-opt %s --xf-model-pipeline --xf-graph-pipeline --xf-kernels-pipeline --xf-plan-pipeline | FileCheck %s --check-prefix=PLAN
// Every stage can be read back and gone on from; the names of places travel as locations.
// RUN: xf-opt %s --xf-model-pipeline --mlir-print-debuginfo | xf-opt --xf-graph-pipeline --mlir-print-debuginfo \
// RUN:   | xf-opt --xf-kernels-pipeline --mlir-print-debuginfo | xf-opt --xf-plan-pipeline | FileCheck %s --check-prefix=PLAN
// The options of the plan reach its passes.
// RUN: xf-opt %s --xf-model-pipeline --xf-graph-pipeline --xf-kernels-pipeline --xf-plan-pipeline="targets=x86-64-avx2" \
// RUN:   | FileCheck %s --check-prefix=ONE-TARGET
// ONE-TARGET-NOT: x86-64-avx512
// RUN: not xf-opt %s --xf-model-pipeline --xf-graph-pipeline --xf-kernels-pipeline --xf-plan-pipeline="overrides='nothing{target = \"t\", variant = \"v\"}'" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=OVERRIDE
// OVERRIDE: error: `overrides` names the kernel `nothing`

// GRAPH-DAG: func.func @encode(%{{.*}}: !xf.batch) -> tensor<?x384xf32, "sequences"> attributes {xf.entry, xf.result_rows = "sequences"}
// GRAPH-DAG: func.func @states(%{{.*}}: !xf.batch) -> tensor<?x384xf32> attributes {xf.entry, xf.result_rows = "tokens"}

// KERNELS-LABEL: func.func @encode
// KERNELS: hk.gather
// KERNELS: hk.rowwise %{{.*}} over row combine [add, add] vectors [@post_emb_norm.gain, @post_emb_norm.bias]
// KERNELS: %[[QKV:.*]] = hk.gemm %[[X:.*]] weight @layers.0.to_qkv vectors [@layers.0.to_qkv.bias] : tensor<?x384xf32> -> tensor<?x1152xf32>
// KERNELS: hk.attention %[[QKV]], %[[QKV]], %[[QKV]]
// KERNELS: hk.gemm %{{.*}} weight @layers.0.to_out vectors [@layers.0.to_out.bias] rows(%[[X]])
// KERNELS: %[[N:.*]] = hk.rowwise %{{.*}} vectors [@layers.0.norm_post.gain
// KERNELS: hk.gemm %{{.*}} weight @layers.1.ff_in
// KERNELS: math.erf
// KERNELS: hk.gemm %{{.*}} weight @layers.1.ff_out {{.*}} rows(%[[N]])
// KERNELS: over sequence combine [add]
// KERNELS: hk.rowwise %{{.*}} over row combine [add] :
// KERNELS: return

// PLAN: hk.weight @layers.0.to_qkv : tensor<384x1152xf32> = #xf.recipe<transpose(concat(0, {{.*}}))> {layout = #hk.layout<panels>}
// PLAN-DAG: hk.kernel @gather_384(
// PLAN-DAG: hk.kernel @rowwise_384_rsqrt(
// PLAN-DAG: hk.kernel @gemm_384x1152_bias(
// PLAN-DAG: hk.kernel @attention_12x32(
// PLAN-DAG: hk.kernel @gemm_384x384_bias_residual(
// PLAN-DAG: hk.kernel @gemm_384x1536_bias_erf(
// PLAN-DAG: hk.kernel @gemm_1536x384_bias_residual(
// PLAN-DAG: hk.kernel @pool_384(
// PLAN-DAG: hk.kernel @rowwise_384_sqrt(
// PLAN-NOT: hk.kernel
// The feed-forward needs its input, its hidden 1536 columns and its result at once.
// PLAN: func.func @encode(%{{.*}}: !hk.batch) -> tensor<?x384xf32, "sequences"> attributes {hk.arena_width = 2304 : i64, xf.entry, xf.result_rows = "sequences"}
// PLAN: hk.launch @gather_384() weights [@token_emb, @pos_emb, @type_emb] batch %{{.*}} {op_name = "embed", slot =
// PLAN: hk.launch @gemm_384x1152_bias({{.*}}op_name = "layers.0.to_qkv"
// PLAN: hk.launch @attention_12x32({{.*}}op_name = "layers.0.attention"
// PLAN: hk.launch @gemm_384x1152_bias({{.*}}op_name = "layers.2.to_qkv"
// PLAN: hk.launch @pool_384(
// PLAN-NEXT: hk.launch @rowwise_384_sqrt(
// PLAN-NEXT: return
xf.model @minilm attributes {weights_layout = "huggingface", weights_file = "model.safetensors"} {
  xf.transformer_wrapper attributes {
    num_tokens = 30522 : i64, max_seq_len = 512 : i64, token_types = 2 : i64, post_emb_norm = true, pool = "mean", normalize = true
  } {
    xf.attention_layers attributes {
      dim = 384 : i64, depth = 2 : i64, heads = 12 : i64, attn_dim_head = 32 : i64, causal = false, pre_norm = false,
      norm_eps = 1.0e-12 : f64, norm_bias = true, attn_bias = true
    }
  }
}
