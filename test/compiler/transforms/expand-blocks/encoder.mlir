// A post-norm encoder with every bias, as BERT is: embeddings summed and
// normed, norms after the residual sums, pooled and normalised.
// RUN: xf-opt %s -xf-resolve-knobs -xf-expand-blocks | FileCheck %s

// CHECK: module attributes {
// CHECK-SAME: xf.checkpoint = #xf.checkpoint<layout = "huggingface", file = "model.safetensors", gains_minus_one = false>
// CHECK-SAME: xf.model_info = #xf.model_info<name = "tiny", num_tokens = 16, max_seq_len = 8, token_types = 2>
// CHECK-NOT: xf.model @
// CHECK-DAG: xf.weight @token_emb : tensor<16x4xf32> = <"token_emb.weight"[16, 4]>
// CHECK-DAG: xf.weight @pos_emb : tensor<8x4xf32> = <"pos_emb.weight"[8, 4]>
// CHECK-DAG: xf.weight @type_emb : tensor<2x4xf32> = <"type_emb.weight"[2, 4]>
// CHECK-DAG: xf.weight @post_emb_norm.gain : tensor<4xf32> = <"post_emb_norm.gain"[4]>
// CHECK-DAG: xf.weight @post_emb_norm.bias
// CHECK-DAG: xf.weight @layers.0.to_q : tensor<6x4xf32> = <"layers.0.to_q.weight"[6, 4]>
// CHECK-DAG: xf.weight @layers.0.to_q.bias : tensor<6xf32> = <"layers.0.to_q.bias"[6]>
// CHECK-DAG: xf.weight @layers.0.to_out : tensor<4x6xf32> = <"layers.0.to_out.weight"[4, 6]>
// CHECK-DAG: xf.weight @layers.0.norm_post.gain
// CHECK-DAG: xf.weight @layers.1.ff_in : tensor<10x4xf32> = <"layers.1.ff_in.weight"[10, 4]>
// CHECK-DAG: xf.weight @layers.1.ff_out : tensor<4x10xf32> = <"layers.1.ff_out.weight"[4, 10]>
// CHECK-NOT: norm_pre
// CHECK-NOT: final_norm

// CHECK-LABEL: func.func @states(
// CHECK-SAME: %[[BATCH:.*]]: !xf.batch) -> tensor<?x4xf32> attributes {xf.entry, xf.result_rows = "tokens"} {
// CHECK-NEXT: %[[SUM:.*]] = xf.embed %[[BATCH]] tables [@token_emb, @pos_emb, @type_emb] indices ["ids", "positions", "token_types"]
// CHECK-NEXT: %[[X:.*]] = xf.norm layer %[[SUM]] gain @post_emb_norm.gain bias @post_emb_norm.bias eps 9.9999999999999998E-13
// CHECK-NEXT: %[[Q:.*]] = xf.linear %[[X]] weight @layers.0.to_q bias @layers.0.to_q.bias : tensor<?x4xf32> -> tensor<?x6xf32>
// CHECK-NEXT: %[[K:.*]] = xf.linear %[[X]] weight @layers.0.to_k bias @layers.0.to_k.bias
// CHECK-NEXT: %[[V:.*]] = xf.linear %[[X]] weight @layers.0.to_v bias @layers.0.to_v.bias
// CHECK-NEXT: %[[A:.*]] = xf.attention %[[Q]], %[[K]], %[[V]], %[[BATCH]] {head_dim = 3 : i64, heads = 2 : i64, kv_heads = 2 : i64, scale = 0.57735026918962{{[0-9]*}} : f64, value_dim = 3 : i64} :
// CHECK-NEXT: %[[O:.*]] = xf.linear %[[A]] weight @layers.0.to_out bias @layers.0.to_out.bias
// CHECK-NEXT: %[[R:.*]] = xf.add %[[O]], %[[X]]
// CHECK-NEXT: %[[Y:.*]] = xf.norm layer %[[R]] gain @layers.0.norm_post.gain bias @layers.0.norm_post.bias
// CHECK-NEXT: %[[F:.*]] = xf.linear %[[Y]] weight @layers.1.ff_in bias @layers.1.ff_in.bias : tensor<?x4xf32> -> tensor<?x10xf32>
// CHECK-NEXT: %[[G:.*]] = xf.activation gelu %[[F]]
// CHECK-NEXT: %[[P:.*]] = xf.linear %[[G]] weight @layers.1.ff_out bias @layers.1.ff_out.bias
// CHECK-NEXT: %[[S:.*]] = xf.add %[[P]], %[[Y]]
// CHECK-NEXT: %[[Z:.*]] = xf.norm layer %[[S]] gain @layers.1.norm_post.gain bias @layers.1.norm_post.bias
// CHECK-NEXT: return %[[Z]]

// The same weights serve both entry points.
// CHECK-NOT: xf.weight
// CHECK-LABEL: func.func @encode(
// CHECK-SAME: %[[BATCH:.*]]: !xf.batch) -> tensor<?x4xf32, "sequences"> attributes {xf.entry, xf.result_rows = "sequences"} {
// CHECK: %[[Z:.*]] = xf.norm layer %{{.*}} gain @layers.1.norm_post.gain
// CHECK-NEXT: %[[MEAN:.*]] = xf.pool mean %[[Z]], %[[BATCH]] : tensor<?x4xf32> -> tensor<?x4xf32, "sequences">
// CHECK-NEXT: %[[UNIT:.*]] = xf.norm l2 %[[MEAN]] eps 9.9999999999999998E-13
// CHECK-NEXT: return %[[UNIT]]

xf.model @tiny attributes {weights_layout = "huggingface", weights_file = "model.safetensors"} {
  xf.transformer_wrapper attributes {
    num_tokens = 16 : i64, max_seq_len = 8 : i64, token_types = 2 : i64,
    post_emb_norm = true, pool = "mean", normalize = true
  } {
    xf.attention_layers attributes {
      dim = 4 : i64, depth = 1 : i64, heads = 2 : i64,
      pre_norm = false, norm_eps = 1.0e-12 : f64, norm_bias = true,
      ff_mult = 2.5 : f64,
      attn_dim_head = 3 : i64, attn_value_dim_head = 3 : i64, attn_kv_heads = 2 : i64, attn_bias = true
    }
  }
}
