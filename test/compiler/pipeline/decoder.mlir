// A causal pre-norm stack: the mask stays a region of its own, residuals go into the gemms that make them, and a value
// that is read again later keeps its place meanwhile.
// RUN: xf-opt %s --xf-model-pipeline --xf-graph-pipeline --xf-kernels-pipeline | FileCheck %s --check-prefix=KERNELS
// RUN: xf-opt %s --xf-model-pipeline --xf-graph-pipeline --xf-kernels-pipeline --xf-plan-pipeline | FileCheck %s --check-prefix=PLAN

// KERNELS-LABEL: func.func @states
// KERNELS: %[[X:.*]] = hk.gather
// KERNELS: hk.rowwise %[[X]] over row combine [add, add]
// KERNELS: hk.attention
// KERNELS-SAME: mask_mod (
// KERNELS-NEXT: arith.cmpi sle
// KERNELS: hk.gemm %{{.*}} weight @layers.0.to_out rows(%[[X]])
// KERNELS-NOT: over row rows
// KERNELS: return

// PLAN: hk.kernel @attention_4x16_mask(
// PLAN: func.func @states
xf.model @tiny {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 32 : i64} {
    xf.attention_layers attributes {dim = 64 : i64, depth = 2 : i64, heads = 4 : i64, attn_dim_head = 16 : i64, causal = true}
  }
}
