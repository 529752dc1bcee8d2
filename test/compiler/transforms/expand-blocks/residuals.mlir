// How branch outputs join the stream, and what scales them before.
// RUN: xf-opt %s -xf-resolve-knobs -xf-expand-blocks -split-input-file | FileCheck %s

// A GRU cell: the branch is its input, the stream its state.
// CHECK: %[[O:.*]] = xf.linear %{{.*}} weight @layers.0.to_out
// CHECK-NEXT: %[[I:.*]] = xf.linear %[[O]] weight @layers.0.gru.input bias @layers.0.gru.input.bias : tensor<?x4xf32> -> tensor<?x12xf32>
// CHECK-NEXT: %[[S:.*]] = xf.linear %[[X:.*]] weight @layers.0.gru.state bias @layers.0.gru.state.bias
// CHECK-NEXT: xf.map(%[[I]], %[[S]], %[[X]])
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"], gate_residual = true}
  }
}

// -----

// CHECK: %[[O:.*]] = xf.linear %{{.*}} weight @layers.0.to_out
// CHECK-NEXT: %[[R:.*]] = xf.map(%{{.*}}) tables [@layers.0.residual_scale]
// CHECK: %[[C:.*]] = xf.map(%[[R]])
// CHECK: arith.constant 3.000000e+00
// CHECK: xf.add %[[O]], %[[C]]
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"], scale_residual = true, scale_residual_constant = 3.0 : f64}
  }
}

// -----

// A number scales the branch as well.
// CHECK: xf.linear %{{.*}} weight @layers.0.to_out
// CHECK-NEXT: xf.map
// CHECK: arith.constant 5.000000e-01
// CHECK: xf.map(%{{.*}}) tables [@layers.0.residual_scale]
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"], scale_residual = 0.5}
  }
}

// -----

// CHECK: %[[O:.*]] = xf.linear %{{.*}} weight @layers.0.to_out
// CHECK-NEXT: %[[S:.*]] = xf.map(%[[O]]) tables [@layers.0.branch_scale.gain]
// CHECK: xf.add %[[S]]
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"], use_layerscale = true}
  }
}

// -----

// Two streams lie side by side in a row; gates of each read and write them.
// CHECK-DAG: xf.weight @stream_emb : tensor<2x4xf32>
// CHECK-DAG: xf.weight @layers.0.hyper.norm : tensor<8xf32> = <repeat("layers.0.hyper.norm.weight"[4], 0, 2)>
// CHECK-DAG: xf.weight @layers.0.hyper.gates : tensor<4x8xf32> = <concat(0, concat(1, mul(slice(transpose("layers.0.hyper.dynamic_alpha_fn"[4, 3]), 0, 0, 1), repeat(reshape("layers.0.hyper.dynamic_alpha_scale"[], [1]), 0, 4)), fill([1, 4], 0.000000e+00))
// CHECK-DAG: xf.weight @layers.0.hyper.gates.bias : tensor<4xf32> = <concat(0, reshape(slice("layers.0.hyper.static_alpha"[2, 3], 1, 0, 1), [2]), fill([2], 0.000000e+00))>
// CHECK: func.func @states(
// CHECK: %[[E:.*]] = xf.embed
// CHECK-NEXT: %[[X:.*]] = xf.map(%[[E]]) tables [@stream_emb] : (tensor<?x4xf32>) -> tensor<?x8xf32>
// CHECK: %[[N:.*]] = xf.norm layer %[[X]] groups 2 gain @layers.0.hyper.norm eps
// CHECK-NEXT: %[[L:.*]] = xf.linear %[[N]] weight @layers.0.hyper.gates bias @layers.0.hyper.gates.bias : tensor<?x8xf32> -> tensor<?x4xf32>
// CHECK-NEXT: %[[G:.*]] = xf.map(%[[L]])
// CHECK: %[[R:.*]] = xf.map(%[[X]], %[[G]]) : (tensor<?x8xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
// CHECK: xf.norm layer %[[R]] gain @layers.0.norm_pre.gain
// CHECK: %[[O:.*]] = xf.linear %{{.*}} weight @layers.0.to_out
// CHECK-NEXT: %[[Y:.*]] = xf.map(%[[X]], %[[G]], %[[O]]) : {{.*}} -> tensor<?x8xf32>
// CHECK: %[[SUM:.*]] = xf.map(%[[Y]]) : (tensor<?x8xf32>) -> tensor<?x4xf32>
// CHECK: xf.norm layer %[[SUM]] gain @final_norm.gain
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"], num_residual_streams = 2 : i64}
  }
}

// -----

// CHECK: xf.pool sum {{.*}} -> tensor<?x4xf32, "sequences">
// CHECK-NEXT: %[[B:.*]] = xf.linear %{{.*}} weight @ones.4
// CHECK: xf.pool sum
// CHECK-NEXT: %[[S:.*]] = xf.linear %{{.*}} weight @ones.4
// CHECK-NEXT: xf.map(%{{.*}}, %{{.*}}, %[[B]], %[[S]]) batch
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"], orthog_residual = true}
  }
}

// -----

// CHECK: %[[O:.*]] = xf.linear %{{.*}} weight @layers.0.to_out
// CHECK-NEXT: %[[MO:.*]] = xf.pool mean %[[O]]
// CHECK-NEXT: %[[MX:.*]] = xf.pool mean %[[X:.*]], %
// CHECK-NEXT: %[[A:.*]] = xf.linear %[[MO]] weight @layers.0.mean_split.to_alpha bias
// CHECK-NEXT: %[[B:.*]] = xf.linear %[[MO]] weight @layers.0.mean_split.to_beta bias
// CHECK-NEXT: xf.map(%[[X]], %[[O]], %[[MX]], %[[MO]], %[[A]], %[[B]])
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"], mv_split_residual = true, residual_fn_kwargs = {learned = true}}
  }
}

// -----

// Three views of two inputs for the second attention, one of three for what follows.
// CHECK: weight @layer_integrators.0.to_weights.1 bias @layer_integrators.0.to_weights.1.bias : tensor<?x4xf32> -> tensor<?x1xf32>
// CHECK: weight @layer_integrators.1.to_weights.1 bias @layer_integrators.1.to_weights.1.bias : tensor<?x4xf32> -> tensor<?x6xf32>
// CHECK-NEXT: xf.norm softmax %{{.*}} groups 3
// CHECK: -> tensor<?x3xf32>
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a", "a", "f"], integrate_layers = true}
  }
}

// -----

// CHECK: %[[E:.*]] = xf.embed
// CHECK-NEXT: %[[P:.*]] = xf.linear %[[E]] weight @reinject_input_proj
// CHECK-NEXT: %[[G:.*]] = xf.linear %[[E]] weight @learned_reinject_input_gate : tensor<?x4xf32> -> tensor<?x1xf32>
// CHECK-NEXT: %[[I:.*]] = xf.map(%[[P]], %[[G]])
// CHECK: %[[Y:.*]] = xf.add %[[E]], %[[I]]
// CHECK-NEXT: xf.norm layer %[[Y]]
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["f"], reinject_input = true, learned_reinject_input_gate = true}
  }
}

// -----

// CHECK: xf.weight @skip_combines.2.combine.skip : tensor<4x4xf32> = <slice("skip_combines.2.combine.weight"[4, 8], 1, 0, 4)>
// CHECK: %[[E:.*]] = xf.embed
// CHECK: %[[S:.*]] = xf.linear %[[E]] weight @skip_combines.2.combine.skip
// CHECK-NEXT: %[[X:.*]] = xf.linear %{{.*}} weight @skip_combines.2.combine.stream
// CHECK-NEXT: xf.add %[[S]], %[[X]]
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, depth = 2 : i64, unet_skips = true}
  }
}

// -----

// Parts of the features come from other rows, nothing from masked ones.
// CHECK: %[[M:.*]] = xf.input "mask" fill 1.000000e+00 : tensor<?x1xf32>
// CHECK: %[[N:.*]] = xf.norm
// CHECK-NEXT: %[[S:.*]] = xf.map(%[[N]], %[[M]]) batch
// CHECK: xf.read 0[%{{.*}}] at
// CHECK: xf.read 1[%{{.*}}] at
// CHECK: xf.linear %[[S]] weight @layers.0.to_q
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true, inputs = ["mask"]} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"], shift_tokens = 1 : i64}
  }
}
