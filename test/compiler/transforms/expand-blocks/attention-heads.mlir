// Queries, keys and values between their projections and the logits, and what
// follows the weighted sum: one graph per knob.
// RUN: xf-opt %s -xf-resolve-knobs -xf-expand-blocks -split-input-file | FileCheck %s

// Unit length per group of a head, gains per feature, the logits' own scale; the
// memory's keys are normalised when they are packed.
// CHECK: xf.weight @layers.0.qk_norm_q_scale : tensor<8xf32> = <reshape("layers.0.qk_norm_q_scale"[2, 1, 4], [8])>
// CHECK: xf.weight @layers.0.mem_k : tensor<6x4xf32> = <mul(reshape(unit_rows(reshape("layers.0.mem_k"[2, 3, 4], [12, 2])), [6, 4]), reshape(repeat("layers.0.qk_norm_k_scale"[2, 1, 4], 1, 3), [6, 4]))>
// CHECK-LABEL: func.func @states(
// CHECK: %[[Q:.*]] = xf.norm l2 %{{.*}} groups 4 gain @layers.0.qk_norm_q_scale eps 9.99{{.*}}E-13
// CHECK: %[[K:.*]] = xf.norm l2 %{{.*}} groups 4 gain @layers.0.qk_norm_k_scale
// CHECK: xf.attention %[[Q]], %[[K]], {{.*}}scale = 5.000000e-01 : f64
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true,
      attn_qk_norm = true, attn_qk_norm_groups = 2 : i64, attn_qk_norm_dim_scale = true, attn_num_mem_kv = 3 : i64}
  }
}

// -----

// Without gains the logits have a scale of their own.
// CHECK-LABEL: func.func @states(
// CHECK: xf.norm l2 %{{.*}} groups 2 eps
// CHECK: xf.attention {{.*}}scale = 1.000000e+01 : f64
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, attn_qk_norm = true}
  }
}

// -----

// RMSNorm per head: the stored gain plus one, times the root of the width.
// CHECK: xf.weight @layers.0.k_rmsnorm.gamma : tensor<4xf32> = <reshape(scale(add("layers.0.k_rmsnorm.gamma"[1, 1, 4], 1.000000e+00), 2.000000e+00), [4])>
// CHECK-LABEL: func.func @states(
// CHECK: xf.norm l2 %{{.*}} groups 2 gain @layers.0.q_rmsnorm.gamma
// CHECK: xf.norm l2 %{{.*}} gain @layers.0.k_rmsnorm.gamma
// CHECK: xf.attention {{.*}}scale = 5.000000e-01 : f64
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, attn_qk_rmsnorm = true, attn_one_kv_head = true}
  }
}

// -----

// Latents; the last key head comes straight from the input.
// CHECK-LABEL: func.func @states(
// CHECK: %[[X:.*]] = xf.norm layer
// CHECK: %[[LQ:.*]] = xf.linear %[[X]] weight @layers.0.to_latent_q : tensor<?x8xf32> -> tensor<?x5xf32>
// CHECK: %[[LKV:.*]] = xf.linear %[[X]] weight @layers.0.to_latent_kv : tensor<?x8xf32> -> tensor<?x6xf32>
// CHECK: xf.linear %[[LQ]] weight @layers.0.to_q : tensor<?x5xf32> -> tensor<?x8xf32>
// CHECK: %[[OWN:.*]] = xf.linear %[[LKV]] weight @layers.0.to_k : tensor<?x6xf32> -> tensor<?x4xf32>
// CHECK: %[[SUB:.*]] = xf.linear %[[X]] weight @layers.0.to_rotateable_k : tensor<?x8xf32> -> tensor<?x4xf32>
// CHECK: xf.map(%[[OWN]], %[[SUB]]) : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x8xf32>
// CHECK: xf.linear %[[LKV]] weight @layers.0.to_v : tensor<?x6xf32> -> tensor<?x8xf32>
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, rotary_pos_emb = true,
      attn_use_latent_q = true, attn_dim_latent_q = 5 : i64, attn_use_latent_kv = true, attn_dim_latent_kv = 6 : i64, attn_latent_rope_subheads = 1 : i64}
  }
}

// -----

// Laser: exp before, log after; values of the memory are exponentials already.
// CHECK: xf.weight @layers.0.mem_v : tensor<2x4xf32> = <exp(scale(tanh(scale(reshape("layers.0.mem_v"[2, 1, 4], [2, 4]), 5.000000e-01)), 2.000000e+00))>
// CHECK-LABEL: func.func @states(
// CHECK: %[[V:.*]] = xf.map
// CHECK: math.tanh
// CHECK: math.exp
// CHECK: %[[A:.*]] = xf.attention %{{.*}}, %{{.*}}, %[[V]],
// CHECK: %[[L:.*]] = xf.map(%[[A]])
// CHECK: math.log
// CHECK: xf.linear %[[L]] weight @layers.0.to_out
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, attn_num_mem_kv = 1 : i64, attn_laser = true, attn_laser_softclamp_value = 2.0 : f64}
  }
}

// -----

// Later values are mixed with the first's, by a learned gate per head.
// CHECK-LABEL: func.func @states(
// CHECK: %[[FIRST:.*]] = xf.linear %{{.*}} weight @layers.0.to_v
// CHECK-NOT: to_value_residual_mix
// CHECK: xf.attention
// CHECK: %[[V:.*]] = xf.linear %{{.*}} weight @layers.1.to_v
// CHECK: %[[MIX:.*]] = xf.linear %{{.*}} weight @layers.1.to_value_residual_mix.0 bias @layers.1.to_value_residual_mix.0.bias
// CHECK: %[[MIXED:.*]] = xf.map(%[[V]], %[[FIRST]], %[[MIX]])
// CHECK: xf.attention %{{.*}}, %{{.*}}, %[[MIXED]],
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 2 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, add_value_residual = true}
  }
}

// -----

// Gates of values and outputs in one activation, of low rank and per head; the
// head's gain and gate stand before them.
// CHECK-LABEL: func.func @states(
// CHECK: %[[X:.*]] = xf.norm layer
// CHECK: %[[A:.*]] = xf.attention
// CHECK: %[[HG:.*]] = xf.linear %[[X]] weight @layers.0.to_v_head_gate bias @layers.0.to_v_head_gate.bias : tensor<?x8xf32> -> tensor<?x2xf32>
// CHECK: %[[H:.*]] = xf.map(%[[A]], %[[HG]]) tables [@layers.0.head_scale_params]
// CHECK: %[[LOW:.*]] = xf.linear %[[X]] weight @layers.0.to_v_gate.down : tensor<?x8xf32> -> tensor<?x3xf32>
// CHECK: %[[ACT:.*]] = xf.activation silu %[[LOW]]
// CHECK: %[[VG:.*]] = xf.linear %[[ACT]] weight @layers.0.to_v_gate.up : tensor<?x3xf32> -> tensor<?x8xf32>
// CHECK: %[[OG:.*]] = xf.linear %[[H]] weight @layers.0.to_output_gate : tensor<?x8xf32> -> tensor<?x2xf32>
// CHECK: %[[G:.*]] = xf.map(%[[H]], %[[VG]], %[[OG]])
// CHECK: xf.linear %[[G]] weight @layers.0.to_out
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, attn_head_scale = true, attn_gate_value_heads = true,
      attn_gate_values = true, attn_gate_values_rank = 3 : i64, attn_output_gate = true, attn_output_gate_headwise = true}
  }
}

// -----

// Attention on attention: twice the width, half of it a gate.
// CHECK-LABEL: func.func @states(
// CHECK: %[[BOTH:.*]] = xf.linear %{{.*}} weight @layers.0.to_out : tensor<?x8xf32> -> tensor<?x16xf32>
// CHECK: xf.map(%[[BOTH]]) : (tensor<?x16xf32>) -> tensor<?x8xf32>
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, attn_on_attn = true}
  }
}

// -----

// Outputs without their part along the values of the whole sequence.
// CHECK-LABEL: func.func @states(
// CHECK: %[[V:.*]] = xf.linear %{{.*}} weight @layers.0.to_v
// CHECK: %[[A:.*]] = xf.attention
// CHECK: %[[P:.*]] = xf.map(%[[A]], %[[V]]) : (tensor<?x8xf32>, tensor<?x4xf32>) -> tensor<?x16xf32>
// CHECK: %[[S:.*]] = xf.pool sum %[[P]],
// CHECK: %[[T:.*]] = xf.linear %[[S]] weight @layers.0.orthog_totals : tensor<?x16xf32, "sequences"> -> tensor<?x2xf32, "sequences">
// CHECK: %[[O:.*]] = xf.map(%[[A]], %[[V]], %[[T]]) batch
// CHECK: xf.linear %[[O]] weight @layers.0.to_out
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, attn_kv_heads = 1 : i64, attn_orthog_projected_values = true}
  }
}

// -----

// One head keeps its projection only where the spec says so.
// CHECK-LABEL: func.func @states(
// CHECK: xf.attention
// CHECK: xf.linear %{{.*}} weight @layers.0.to_out
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 1 : i64, attn_dim_head = 4 : i64, only_attn = true, attn_project_out = true}
  }
}
