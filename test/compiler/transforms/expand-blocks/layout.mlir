// Which sublayers there are and in which order they run; a sublayer that runs
// twice uses the same weights.
// RUN: xf-opt %s -xf-resolve-knobs -xf-expand-blocks -split-input-file | FileCheck %s

// Letters as they are written.
// CHECK-LABEL: func.func @states(
// CHECK: weight @layers.0.ff_in
// CHECK: weight @layers.0.ff_out
// CHECK: weight @layers.1.to_q
// CHECK: weight @layers.1.to_out
// CHECK: weight @layers.2.to_q
// CHECK: weight @layers.2.to_out
// CHECK-NOT: weight @layers
// CHECK: return
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["f", "a", "a"]}
  }
}

// -----

// Attentions first, feed-forwards last.
// CHECK-LABEL: func.func @states(
// CHECK: weight @layers.0.to_q
// CHECK: xf.linear %{{.*}} weight @layers.0.to_out
// CHECK: weight @layers.1.to_q
// CHECK: weight @layers.1.to_out
// CHECK: weight @layers.2.ff_in
// CHECK: weight @layers.2.ff_out
// CHECK: weight @layers.3.to_q
// CHECK: weight @layers.3.to_out
// CHECK: weight @layers.4.ff_in
// CHECK: weight @layers.4.ff_out
// CHECK: weight @layers.5.ff_in
// CHECK: weight @layers.5.ff_out
// CHECK-NOT: weight @layers
// CHECK: return
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, depth = 3 : i64, sandwich_coef = 1 : i64}
  }
}

// -----

// One attention in four, all in the first two thirds.
// CHECK-LABEL: func.func @states(
// CHECK: weight @layers.0.to_q
// CHECK: xf.linear %{{.*}} weight @layers.0.to_out
// CHECK: weight @layers.1.ff_in
// CHECK: weight @layers.1.ff_out
// CHECK: weight @layers.2.ff_in
// CHECK: weight @layers.2.ff_out
// CHECK: weight @layers.3.to_q
// CHECK: weight @layers.3.to_out
// CHECK: weight @layers.4.ff_in
// CHECK: weight @layers.4.ff_out
// CHECK: weight @layers.5.ff_in
// CHECK: weight @layers.5.ff_out
// CHECK: weight @layers.6.ff_in
// CHECK: weight @layers.6.ff_out
// CHECK: weight @layers.7.ff_in
// CHECK: weight @layers.7.ff_out
// CHECK-NOT: weight @layers
// CHECK: return
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, depth = 4 : i64, par_ratio = 4 : i64}
  }
}

// -----

// CHECK-LABEL: func.func @states(
// CHECK: weight @layers.1.ff_in
// CHECK: weight @layers.1.ff_out
// CHECK: weight @layers.0.to_q
// CHECK: xf.linear %{{.*}} weight @layers.0.to_out
// CHECK: weight @layers.1.ff_in
// CHECK: weight @layers.1.ff_out
// CHECK-NOT: weight @layers
// CHECK: return
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, depth = 1 : i64, layers_execute_order = [1, 0, 1]}
  }
}

// -----

// CHECK-NOT: xf.weight @layers.2
// CHECK-LABEL: func.func @states(
// CHECK: weight @layers.0.to_q
// CHECK: xf.linear %{{.*}} weight @layers.0.to_out
// CHECK: weight @layers.1.ff_in
// CHECK: weight @layers.1.ff_out
// CHECK: weight @layers.0.to_q
// CHECK: xf.linear %{{.*}} weight @layers.0.to_out
// CHECK: weight @layers.1.ff_in
// CHECK: weight @layers.1.ff_out
// CHECK-NOT: weight @layers
// CHECK: return
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, depth = 2 : i64, weight_tie_layers = true}
  }
}

// -----

// Every feed-forward is halved, no attention is.
// CHECK-LABEL: func.func @states(
// CHECK: xf.linear {{.*}} weight @layers.0.ff_out
// CHECK-NEXT: xf.map
// CHECK: %[[HALF:.*]] = arith.constant 5.000000e-01 : f32
// CHECK-NEXT: arith.mulf %{{.*}}, %[[HALF]]
// CHECK: xf.add
// CHECK: weight @layers.1.to_out
// CHECK-NEXT: xf.add
// CHECK: weight @layers.2.ff_out
// CHECK-NEXT: xf.map
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, depth = 1 : i64, macaron = true}
  }
}

// -----

// Cross attention reads the context, which nothing norms.
// CHECK: func.func @states(
// CHECK-NEXT: %[[C:.*]] = xf.input "context" required : tensor<?x4xf32, "context">
// CHECK: %[[N:.*]] = xf.norm
// CHECK-NEXT: xf.linear %[[N]] weight @layers.0.to_q
// CHECK-NEXT: xf.linear %[[C]] weight @layers.0.to_k
// CHECK: weight @layers.1.ff_in
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, depth = 1 : i64, cross_attend = true, only_cross = true}
  }
}
