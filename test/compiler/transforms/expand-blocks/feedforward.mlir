// What stands between the two linears of a feed-forward.
// RUN: xf-opt %s -xf-resolve-knobs -xf-expand-blocks -split-input-file | FileCheck %s

// The first half times the activation of the second; its projection keeps the bias.
// CHECK: %[[H:.*]] = xf.linear %{{.*}} weight @layers.0.ff_in bias @layers.0.ff_in.bias : tensor<?x4xf32> -> tensor<?x16xf32>
// CHECK-NEXT: %[[G:.*]] = xf.map(%[[H]]) : (tensor<?x16xf32>) -> tensor<?x8xf32>
// CHECK: %[[HALF:.*]] = arith.constant 8 : i32
// CHECK: %[[UP:.*]] = xf.read 0[%[[C:.*]]] : f32
// CHECK-NEXT: %[[SECOND:.*]] = arith.addi %[[C]], %[[HALF]]
// CHECK-NEXT: xf.read 0[%[[SECOND]]]
// CHECK: xf.linear %[[G]] weight @layers.0.ff_out : tensor<?x8xf32> -> tensor<?x4xf32>
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["f"], ff_glu = true, ff_swish = true, ff_no_bias = true}
  }
}

// -----

// CHECK: xf.map
// CHECK: arith.max
// CHECK: xf.norm layer %{{.*}} gain @layers.0.ff_norm.gain eps 1.000000e-05 : tensor<?x8xf32>
// CHECK-NEXT: xf.linear %{{.*}} weight @layers.0.ff_out
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["f"], ff_custom_activation = "relu", ff_post_act_ln = true}
  }
}

// -----

// A custom activation that has an op of its own.
// CHECK: xf.activation gelu
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["f"], ff_custom_activation = "gelu"}
  }
}

// -----

// CHECK: xf.map
// CHECK: math.tanh
// CHECK: %[[S:.*]] = xf.norm softmax %[[X:.*]] : tensor<?x8xf32>
// CHECK-NEXT: %[[P:.*]] = xf.map(%[[S]], %[[X]])
// CHECK: xf.norm layer %[[P]] gain @layers.0.solu.norm.gain
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["f"], ff_solu = true, ff_softclamp_value = 3.0 : f64}
  }
}

// -----

// CHECK: xf.map({{.*}}) tables [@layers.0.ff_gain]
// CHECK: arith.constant 2.500000e+01
// CHECK: math.tanh
// CHECK: math.erf
// CHECK: arith.constant 4.000000e+00
// CHECK: math.tanh
// CHECK: xf.table 0
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["f"], ff_glu = true, ff_glu_softclamp = true, ff_glu_mult_bias = true}
  }
}

// -----

// An activation of the whole half: it is cut out, activated, and multiplied.
// CHECK: %[[H:.*]] = xf.linear %{{.*}} weight @layers.0.ff_in
// CHECK: %[[HALF:.*]] = xf.map(%[[H]]) : (tensor<?x16xf32>) -> tensor<?x8xf32>
// CHECK: xf.norm softmax %[[HALF]]
// CHECK: %[[A:.*]] = xf.norm layer %{{.*}} gain @layers.0.solu.norm.gain
// CHECK: xf.map(%[[H]], %[[A]]) : (tensor<?x16xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["f"], ff_glu = true, ff_solu = true}
  }
}
