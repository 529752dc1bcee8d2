// The norms of the stream: which arithmetic, the weights of each, and where they
// stand.
// RUN: xf-opt %s -xf-resolve-knobs -xf-expand-blocks -split-input-file | FileCheck %s

// RMSNorm is a unit vector times the root of the width times the gain.
// CHECK: xf.weight @layers.0.norm_pre.gain : tensor<4xf32> = <scale("layers.0.norm_pre.gain"[4], 2.000000e+00)>
// CHECK: xf.norm l2 %{{.*}} gain @layers.0.norm_pre.gain eps 9.9999999999999998E-13
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, depth = 1 : i64, only_attn = true, use_rmsnorm = true}
  }
}

// -----

// CHECK: xf.weight @layers.0.norm_pre.gain : tensor<4xf32> = <scale(repeat("layers.0.norm_pre.gain"[1], 0, 4), 2.000000e+00)>
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, depth = 1 : i64, only_attn = true, use_scalenorm = true}
  }
}

// -----

// CHECK: xf.weight @root_of_width.4 : tensor<4xf32> = <fill([4], 2.000000e+00)>
// CHECK: xf.norm l2 %{{.*}} gain @root_of_width.4
// CHECK: xf.norm l2 %{{.*}} gain @root_of_width.4
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, depth = 1 : i64, only_attn = true, use_simple_rmsnorm = true}
  }
}

// -----

// CHECK: xf.weight @layers.0.norm_pre.alpha : tensor<1xf32> = <add(reshape("layers.0.norm_pre.tanh_scale"[], [1]), {{.*}})>
// CHECK: xf.map(%{{.*}}) tables [@layers.0.norm_pre.alpha, @layers.0.norm_pre.gain, @layers.0.norm_pre.bias]
// CHECK: %[[Y:.*]] = math.tanh
// CHECK: %[[G:.*]] = xf.table 1
// CHECK: %[[B:.*]] = xf.table 2
// CHECK-NEXT: %[[P:.*]] = arith.mulf %[[Y]], %[[G]]
// CHECK-NEXT: arith.addf %[[P]], %[[B]]
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, depth = 1 : i64, only_attn = true, use_dynamic_tanh = true, dynamic_tanh_init_alpha = 0.7 : f64}
  }
}

// -----

// CHECK: xf.map(%{{.*}}) tables [@layers.0.norm_pre.alpha, @layers.0.norm_pre.gain, @layers.0.norm_pre.bias, @layers.0.norm_pre.shift]
// CHECK: math.erf
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, depth = 1 : i64, only_attn = true, use_derf = true}
  }
}

// -----

// CHECK: gain @layers.0.norm_pre.gain
// CHECK: xf.linear %{{.*}} weight @layers.0.to_out
// CHECK-NEXT: xf.norm layer %{{.*}} gain @layers.0.norm_branch.gain
// CHECK-NEXT: %[[X:.*]] = xf.add
// CHECK-NEXT: xf.norm layer %[[X]] gain @final_norm.gain
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, depth = 1 : i64, only_attn = true, sandwich_norm = true}
  }
}

// -----

// CHECK: gain @layers.0.norm_pre.gain
// CHECK: %[[X:.*]] = xf.add
// CHECK-NEXT: %[[Y:.*]] = xf.norm layer %[[X]] gain @layers.0.norm_post.gain
// CHECK: return %[[Y]]
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, depth = 1 : i64, only_attn = true, pre_and_post_norm = true}
  }
}

// -----

// The gain is one plus a linear of the condition.
// CHECK: %[[C:.*]] = xf.input "condition" required scatter all : tensor<?x3xf32>
// CHECK: %[[N:.*]] = xf.norm layer %{{.*}} eps
// CHECK-NEXT: %[[H:.*]] = xf.linear %[[C]] weight @adaptive_mlp : tensor<?x3xf32> -> tensor<?x6xf32>
// CHECK-NEXT: %[[A:.*]] = xf.activation silu %[[H]]
// CHECK-NEXT: %[[G:.*]] = xf.linear %[[A]] weight @layers.0.norm_pre.to_gamma
// CHECK-NEXT: xf.map(%[[N]], %[[G]])
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, depth = 1 : i64, only_attn = true, use_adaptive_layernorm = true, dim_condition = 3 : i64, adaptive_condition_mlp = true, adaptive_condition_mlp_expansion = 2 : i64}
  }
}
