// A pre-norm stack without biases: gains only, a final norm, no table that is
// switched off, layer by layer values, grouped and value-sized heads; nothing
// of pooling. Per-layer knobs and `only_attn` number the sublayers 0, 1.
// RUN: xf-opt %s -xf-resolve-knobs -xf-expand-blocks -split-input-file -mlir-print-debuginfo | FileCheck %s

// CHECK: module attributes {xf.checkpoint = #xf.checkpoint<layout = "x_transformers", file = "w.safetensors", gains_minus_one = true>
// CHECK-SAME: max_seq_len = 0, token_types = 0
// CHECK-LABEL: func.func @states(
// CHECK: %[[X:.*]] = xf.embed %{{.*}} tables [@token_emb] indices ["ids"] : tensor<?x4xf32> loc(#[[EMBED:.*]])
// CHECK-NEXT: %[[N:.*]] = xf.norm layer %[[X]] gain @layers.0.norm_pre.gain eps
// CHECK-NEXT: %[[Q:.*]] = xf.linear %[[N]] weight @layers.0.to_q : tensor<?x4xf32> -> tensor<?x12xf32> loc(#[[TO_Q:.*]])
// CHECK-NEXT: %[[K:.*]] = xf.linear %[[N]] weight @layers.0.to_k : tensor<?x4xf32> -> tensor<?x6xf32>
// CHECK-NEXT: %[[V:.*]] = xf.linear %[[N]] weight @layers.0.to_v : tensor<?x4xf32> -> tensor<?x4xf32>
// CHECK-NEXT: %[[A:.*]] = xf.attention %[[Q]], %[[K]], %[[V]], %{{.*}} {head_dim = 3 : i64, heads = 4 : i64, kv_heads = 2 : i64, {{.*}}value_dim = 2 : i64} :
// CHECK-SAME: -> tensor<?x8xf32> loc(#[[ATTENTION:.*]])
// CHECK-NEXT: %[[O:.*]] = xf.linear %[[A]] weight @layers.0.to_out :
// CHECK-NEXT: %[[Y:.*]] = xf.add %[[O]], %[[X]]
// CHECK-NEXT: xf.norm layer %[[Y]] gain @layers.1.norm_pre.gain
// CHECK: xf.attention {{.*}} kv_heads = 1 : i64, {{.*}}value_dim = 5 : i64}
// CHECK: %[[Z:.*]] = xf.add
// CHECK-NEXT: %[[OUT:.*]] = xf.norm layer %[[Z]] gain @final_norm.gain eps 1.000000e-05
// CHECK-NEXT: return %[[OUT]]
// CHECK-NOT: func.func
// CHECK: {{^}}} loc(#[[MODEL:[a-z0-9]+]])
// CHECK-DAG: #[[EMBED]] = loc("embed"(
// CHECK-DAG: #[[TO_Q]] = loc("layers.0.to_q"(
// CHECK-DAG: #[[ATTENTION]] = loc("layers.0.attention"(
// The module now stands where the model stood.
// CHECK-DAG: #[[MODEL]] = loc("{{.*}}":{{[1-9][0-9]*}}:1)

xf.model @tiny attributes {weights_layout = "x_transformers", weights_file = "w.safetensors"} {
  xf.transformer_wrapper attributes {
    num_tokens = 16 : i64, max_seq_len = 0 : i64, return_only_embed = true,
    use_abs_pos_emb = false
  } {
    xf.attention_layers attributes {
      dim = 4 : i64, depth = 2 : i64, heads = 4 : i64, only_attn = true,
      ff_mult = 4.0 : f64,
      attn_dim_head = 3 : i64, attn_value_dim_head = [2 : i64, 5 : i64], attn_kv_heads = [2 : i64, 1 : i64]
    }
  }
}

// -----

// One head has no output projection; feedforwards differ by layer; without
// final norm the sum is the state. Without weights there is no checkpoint.
// CHECK: module attributes {xf.model_info =
// CHECK-NOT: to_out
// CHECK-NOT: final_norm
// CHECK-LABEL: func.func @states(
// CHECK: %[[A:.*]] = xf.attention {{.*}} heads = 1 : i64
// CHECK-NEXT: xf.add %[[A]], %{{.*}}
// CHECK: %[[F:.*]] = xf.linear %{{.*}} weight @layers.1.ff_in : tensor<?x4xf32> -> tensor<?x8xf32>
// CHECK-NEXT: %[[G:.*]] = xf.activation silu %[[F]]
// CHECK-NEXT: xf.linear %[[G]] weight @layers.1.ff_out :
// CHECK: %[[F:.*]] = xf.linear %{{.*}} weight @layers.3.ff_in bias @layers.3.ff_in.bias : tensor<?x4xf32> -> tensor<?x13xf32>
// CHECK-NEXT: %[[G:.*]] = xf.activation relu2 %[[F]]
// CHECK-NEXT: xf.linear %[[G]] weight @layers.3.ff_out bias @layers.3.ff_out.bias
// CHECK-NEXT: %[[Z:.*]] = xf.add
// CHECK-NEXT: return %[[Z]]

// `max` pools without normalising.
// CHECK-LABEL: func.func @encode(
// CHECK: %[[P:.*]] = xf.pool max
// CHECK-NEXT: return %[[P]]
xf.model @tiny {
  xf.transformer_wrapper attributes {
    num_tokens = 16 : i64, max_seq_len = 8 : i64,
    pool = "max"
  } {
    xf.attention_layers attributes {
      dim = 4 : i64, depth = 2 : i64, heads = 1 : i64,
      pre_norm_has_final_norm = false,
      ff_mult = [2.0, 3.3], ff_no_bias = [true, false], ff_swish = [true, false], ff_relu_squared = [false, true],
      attn_dim_head = 4 : i64, attn_value_dim_head = 4 : i64, attn_kv_heads = 1 : i64
    }
  }
}
