// Cross attention: keys and values of the context, knobs inherited from self
// attention unless they are its own or one per layer, its own masks.
// RUN: xf-opt %s -xf-resolve-knobs -xf-expand-blocks -split-input-file | FileCheck %s

// No position, causality or bias reaches it; a query whose keys are all masked
// gives 0, and rows of masked queries are dropped.
// CHECK-LABEL: func.func @states(
// CHECK-DAG: %[[C:.*]] = xf.input "context" required : tensor<?x6xf32, "context">
// CHECK-DAG: %[[CM:.*]] = xf.input "context_mask" fill 1.000000e+00 : tensor<?x1xf32, "context">
// CHECK-DAG: %[[M:.*]] = xf.input "mask" fill 1.000000e+00 : tensor<?x1xf32>
// CHECK: xf.attention {{.*}}kv_heads = 2 : i64
// CHECK: score_mod
// CHECK: xf.linear %{{.*}} weight @layers.1.to_q : tensor<?x8xf32> -> tensor<?x8xf32>
// CHECK: %[[K:.*]] = xf.linear %[[C]] weight @layers.1.to_k : tensor<?x6xf32, "context"> -> tensor<?x4xf32, "context">
// CHECK: %[[V:.*]] = xf.linear %[[C]] weight @layers.1.to_v : tensor<?x6xf32, "context"> -> tensor<?x4xf32, "context">
// CHECK: xf.norm l2 %[[K]] eps
// CHECK: %[[A:.*]] = xf.attention {{.*}} rows(%[[CM]] : tensor<?x1xf32, "context">) empty{{ *}}zero {{.*}}kv_heads = 1 : i64
// CHECK-NOT: score_mod
// CHECK: mask_mod {
// CHECK-NEXT: ^bb0(%{{.*}}: i32, %{{.*}}: i32, %[[J:.*]]: i32):
// CHECK: xf.read 0[%{{.*}}] at %[[J]] : f32
// CHECK: %[[O:.*]] = xf.linear %[[A]] weight @layers.1.to_out
// CHECK: xf.map(%[[O]], %[[M]])
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true, inputs = ["mask", "context_mask"]} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, causal = true, only_attn = true, alibi_pos_bias = true,
      cross_attend = true, attn_qk_norm = true, cross_attn_kv_heads = 1 : i64, cross_attn_dim_context = 6 : i64}
  }
}

// -----

// A window of self attention also cuts cross attention, where queries stand at
// the end of the context; one per layer does not.
// CHECK-LABEL: func.func @states(
// CHECK: xf.attention
// CHECK: %[[ROWS:.*]] = xf.map() batch %{{.*}} : () -> tensor<?x1xf32>
// CHECK: %[[KEYS:.*]] = xf.map(%{{.*}}) batch %{{.*}} : (tensor<?x8xf32, "context">) -> tensor<?x1xf32, "context">
// CHECK: xf.attention {{.*}} rows(%[[ROWS]], %[[KEYS]] : tensor<?x1xf32>, tensor<?x1xf32, "context">)
// CHECK: mask_mod {
// CHECK-NEXT: ^bb0(%{{.*}}: i32, %[[I:.*]]: i32, %[[J:.*]]: i32):
// CHECK: xf.read 1[%{{.*}}] at %[[J]] : f32
// CHECK: xf.read 0[%{{.*}}] at %[[I]] : f32
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, causal = true, only_attn = true, cross_attend = true, attn_max_attend_past = 3 : i64}
  }
}

// -----

// Turned only where the context's positions are given.
// CHECK-LABEL: func.func @states(
// CHECK: %[[POS:.*]] = xf.input "context_pos" required : tensor<?x1xf32, "context">
// CHECK: xf.attention
// CHECK: %[[ANGLES:.*]] = xf.map(%[[POS]]) tables [@rotary.frequencies] : (tensor<?x1xf32, "context">) -> tensor<?x2xf32, "context">
// CHECK: xf.map(%{{.*}}, %[[ANGLES]]) : (tensor<?x8xf32, "context">, tensor<?x2xf32, "context">)
// CHECK: xf.attention
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true, inputs = ["context_pos"]} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, causal = true, only_attn = true, cross_attend = true, rotary_pos_emb = true}
  }
}

// -----

// Softmax over queries: masked queries take no part, keys are masked afterwards.
// CHECK-LABEL: func.func @states(
// CHECK-DAG: %[[CM:.*]] = xf.input "context_mask"
// CHECK-DAG: %[[M:.*]] = xf.input "mask"
// CHECK: xf.attention
// CHECK: xf.attention {{.*}} rows(%[[CM]], %[[M]] : {{.*}}) normalizer{{ *}}queries
// CHECK: mask_mod {
// CHECK-NEXT: ^bb0(%{{.*}}: i32, %[[I:.*]]: i32, %{{.*}}: i32):
// CHECK: xf.read 1[%{{.*}}] at %[[I]] : f32
// CHECK-NOT: xf.read
// CHECK: alive_mod {
// CHECK: xf.read 0[%{{.*}}] at
// CHECK-NOT: xf.read
// CHECK: xf.yield
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true, inputs = ["mask", "context_mask"]} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, cross_attend = true, cross_attn_inverted_attention = true}
  }
}

// -----

// The chains of self and cross attentions are apart; values mix by one half.
// CHECK-LABEL: func.func @states(
// CHECK: %[[V0:.*]] = xf.linear %{{.*}} weight @layers.1.to_v
// CHECK: %{{.*}}, %[[S:.*]] = xf.attention
// CHECK: xf.attention
// CHECK: %[[V1:.*]] = xf.linear %{{.*}} weight @layers.3.to_v
// CHECK: xf.map(%[[V1]], %[[V0]])
// CHECK: arith.constant 5.000000e-01
// CHECK: xf.attention {{.*}} scores_in %[[S]]
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 2 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, cross_attend = true,
      cross_residual_attn = true, add_value_residual = true}
  }
}
