// Positions in attention: as rotation of queries and keys (angles once an
// entry), as a bias in score_mod, as tables that are made when weights are
// packed.
// RUN: xf-opt %s -xf-resolve-knobs -xf-expand-blocks -split-input-file | FileCheck %s

// Half of a head's features turn, in neighbouring pairs; the angles of all
// layers are the same rows.
// CHECK: xf.weight @rotary.frequencies : tensor<1xf32> = <values([1], 1.000000e+00)>
// CHECK-LABEL: func.func @states(
// CHECK: %[[ANGLES:.*]] = xf.map() tables [@rotary.frequencies] batch %{{.*}} : () -> tensor<?x2xf32> {
// CHECK-NEXT: ^bb0(%{{.*}}: i32, %[[I:.*]]: i32, %{{.*}}: i32):
// CHECK: %[[POSITION:.*]] = arith.sitofp %[[I]] : i32 to f32
// CHECK: math.cos
// CHECK: math.sin
// CHECK: %[[Q:.*]] = xf.map(%{{.*}}, %[[ANGLES]]) : (tensor<?x8xf32>, tensor<?x2xf32>) -> tensor<?x8xf32> {
// CHECK: %[[K:.*]] = xf.map(%{{.*}}, %[[ANGLES]]) : (tensor<?x4xf32>, tensor<?x2xf32>) -> tensor<?x4xf32> {
// CHECK: xf.attention %[[Q]], %[[K]],
// CHECK-NOT: math.cos
// CHECK: xf.map(%{{.*}}, %[[ANGLES]])
// CHECK: xf.map(%{{.*}}, %[[ANGLES]])
// CHECK: xf.attention
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 2 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, attn_kv_heads = 1 : i64, rotary_pos_emb = true}
  }
}

// -----

// With `pos` the caller says where a row stands. All features turn, of the last
// head only; the base is 10000 * 8^(4 / 2), the angle is divided.
// CHECK: xf.weight @rotary.frequencies : tensor<2xf32> = <values([2], 1.000000e+00, 1.250000e-03)>
// CHECK-LABEL: func.func @states(
// CHECK: %[[POS:.*]] = xf.input "pos" index : tensor<?x1xf32>
// CHECK: xf.map(%[[POS]]) tables [@rotary.frequencies] :
// CHECK: %[[FOUR:.*]] = arith.constant 4.000000e+00 : f32
// CHECK: arith.divf %{{.*}}, %[[FOUR]] : f32
// CHECK: xf.attention
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true, inputs = ["pos"]} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true,
      rotary_pos_emb = true, rotary_emb_dim = 4 : i64, rotate_num_heads = 1 : i64, rotary_interpolation_factor = 4.0 : f64, rotary_base_rescale_factor = 8.0 : f64}
  }
}

// -----

// xpos: queries grow and keys decay by the distance from the middle.
// CHECK-LABEL: func.func @states(
// CHECK: %[[QUERIES:.*]] = xf.map() tables [@rotary.frequencies, @rotary.decays] batch
// CHECK: arith.constant 5.120000e+02 : f32
// CHECK: math.exp
// CHECK: %[[KEYS:.*]] = xf.map() tables [@rotary.frequencies, @rotary.decays] batch
// CHECK: arith.constant -5.120000e+02 : f32
// CHECK: xf.map(%{{.*}}, %[[QUERIES]])
// CHECK: xf.map(%{{.*}}, %[[KEYS]])
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 8 : i64, only_attn = true, causal = true, rotary_xpos = true}
  }
}

// -----

// Polar: features become lengths at an angle, so a head is twice as wide; the
// logits keep the scale of the head's own width.
// CHECK: xf.weight @polar.key_bias : tensor<2x4xf32> = <clip(reshape("polar_pos_emb.learned_bias"[2, 1, 4], [2, 4]), -6.28318{{.*}}, 0.000000e+00)>
// CHECK-LABEL: func.func @states(
// CHECK: xf.map() tables [@polar.frequencies] batch %{{.*}} : () -> tensor<?x8xf32>
// CHECK: xf.map() tables [@polar.frequencies, @polar.key_bias] batch %{{.*}} : () -> tensor<?x16xf32>
// CHECK: xf.attention {{.*}}head_dim = 8 : i64, {{.*}}scale = 5.000000e-01 : f64, value_dim = 4 : i64
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, polar_pos_emb = true}
  }
}

// -----

// ALiBi over positions that the caller gives; one slope a head from the spec.
// CHECK: xf.weight @alibi.slopes : tensor<2xf32> = <values([2], 1.000000e+00, 5.000000e-01)>
// CHECK-LABEL: func.func @states(
// CHECK: xf.attention {{.*}} rows(%{{.*}} : tensor<?x1xf32>) tables [@alibi.slopes]
// CHECK: score_mod {
// CHECK-NEXT: ^bb0(%[[S:.*]]: f32, %[[H:.*]]: i32, %[[I:.*]]: i32, %[[J:.*]]: i32):
// CHECK-NEXT: %[[SLOPE:.*]] = xf.table 0[%[[H]]] : f32
// CHECK: %[[HERE:.*]] = xf.read 0[%{{.*}}] at %[[I]] : f32
// CHECK: %[[THERE:.*]] = xf.read 0[%{{.*}}] at %[[J]] : f32
// CHECK-NEXT: %[[AHEAD:.*]] = arith.subf %[[HERE]], %[[THERE]] : f32
// CHECK-NEXT: %[[DISTANCE:.*]] = math.absf %[[AHEAD]] : f32
// CHECK-NEXT: %[[PENALTY:.*]] = arith.mulf %[[SLOPE]], %[[DISTANCE]] : f32
// CHECK-NEXT: %[[BIASED:.*]] = arith.subf %[[S]], %[[PENALTY]] : f32
// CHECK-NEXT: xf.yield %[[BIASED]] : f32
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, use_abs_pos_emb = false, return_only_embed = true, inputs = ["pos"]} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, alibi_pos_bias = true, rel_pos_kwargs = {slopes = [1.0 : f64, 0.5 : f64]}}
  }
}

// -----

// T5: buckets are a table of distances, times the root of the head's width; keys
// of the memory have no bias but are clamped.
// CHECK: xf.weight @rel_pos.bias : tensor<2x41xf32> = <scale(t5_table("rel_pos.relative_attention_bias.weight"[8, 2], 1, 20), 2.000000e+00)>
// CHECK-LABEL: func.func @states(
// CHECK: xf.attention {{.*}} tables [@rel_pos.bias] memory @layers.0.mem_k, @layers.0.mem_v
// CHECK: score_mod {
// CHECK-NEXT: ^bb0(%[[S:.*]]: f32, %[[H:.*]]: i32, %[[I:.*]]: i32, %[[J:.*]]: i32):
// CHECK: %[[KEY:.*]] = arith.maxsi %[[J]], %{{.*}} : i32
// CHECK: arith.subi %[[I]], %[[KEY]] : i32
// CHECK: %[[BIAS:.*]] = xf.table 0[%[[H]], %{{.*}}] : f32
// CHECK-NEXT: %[[SUM:.*]] = arith.addf %[[S]], %[[BIAS]] : f32
// CHECK: %[[EXTRA:.*]] = arith.cmpi slt, %[[J]], %{{.*}} : i32
// CHECK-NEXT: %[[BIASED:.*]] = arith.select %[[EXTRA]], %[[S]], %[[SUM]] : f32
// CHECK: arith.divf %[[BIASED]], %{{.*}} : f32
// CHECK-NEXT: math.tanh
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, causal = true, attn_num_mem_kv = 1 : i64,
      rel_pos_bias = true, rel_pos_num_buckets = 8 : i64, rel_pos_max_distance = 20 : i64, attn_softclamp_logits = true}
  }
}

// -----

// A network of the distance over all distances that there can be: 8 tokens after
// 2 memory tokens.
// CHECK: xf.weight @rel_pos.bias : tensor<2x19xf32> = <transpose(plus(matmul(silu(plus(matmul(distances(10, 1), "rel_pos.mlp.0.0.weight"[2, 1]), "rel_pos.mlp.0.0.bias"[2])), "rel_pos.mlp.1.weight"[2, 2]), "rel_pos.mlp.1.bias"[2]))>
// CHECK-LABEL: func.func @states(
// CHECK: xf.attention {{.*}} tables [@rel_pos.bias]
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, num_memory_tokens = 2 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true,
      dynamic_pos_bias = true, dynamic_pos_bias_mlp_depth = 1 : i64, dynamic_pos_bias_log_distance = true}
  }
}

// -----

// The same without a bound on the length: a row per distance, for both signs.
// CHECK-LABEL: func.func @states(
// CHECK: xf.map() batch %{{.*}} : () -> tensor<?x1xf32>
// CHECK: xf.linear %{{.*}} weight @rel_pos.mlp.0.0 bias @rel_pos.mlp.0.0.bias
// CHECK: xf.norm layer %{{.*}} gain @rel_pos.mlp.0.1.gamma eps
// CHECK: xf.activation silu
// CHECK: %[[BEHIND:.*]] = xf.linear %{{.*}} weight @rel_pos.mlp.1 bias @rel_pos.mlp.1.bias
// CHECK: %[[AHEAD:.*]] = xf.linear %{{.*}} weight @rel_pos.mlp.1 bias @rel_pos.mlp.1.bias
// CHECK: xf.attention {{.*}} rows(%[[BEHIND]], %[[AHEAD]] :
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 0 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true,
      dynamic_pos_bias = true, dynamic_pos_bias_mlp_depth = 1 : i64, dynamic_pos_bias_norm = true}
  }
}

// -----

// A call's own bias stands in for that of positions.
// CHECK-LABEL: func.func @states(
// CHECK: %[[BIAS:.*]] = xf.input "attn_bias" required : tensor<?x2x?xf32>
// CHECK: xf.attention {{.*}} pairs(%[[BIAS]] : tensor<?x2x?xf32>)
// CHECK: score_mod {
// CHECK-NOT: math.exp2
// CHECK: xf.pair 0
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true, inputs = ["attn_bias"]} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, alibi_pos_bias = true}
  }
}

// -----

// Forget gates: sums over the rows before, as an attention with weights of one.
// CHECK-LABEL: func.func @states(
// CHECK: %[[GATES:.*]] = xf.map
// CHECK: %[[FIRST:.*]] = xf.slice %[[GATES]] offset 0
// CHECK: %[[SUMS:.*]] = xf.attention %[[FIRST]], %[[FIRST]], %[[GATES]], %{{.*}} normalizer{{ *}}sigmoid
// CHECK: xf.attention {{.*}} rows(%[[SUMS]] : tensor<?x4xf32>)
// CHECK: score_mod {
// CHECK-COUNT-4: xf.read 0
// CHECK: arith.select
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, attn_data_dependent_alibi = true}
  }
}

// -----

// Gates of pairs: the sums of a small attention's logits from each key on.
// CHECK-LABEL: func.func @states(
// CHECK: %{{.*}}, %[[SUMS:.*]] = xf.attention {{.*}}heads = 2 : i64, {{.*}}suffix_sums
// CHECK: xf.attention {{.*}} pairs(%[[SUMS]] : tensor<?x2x?xf32>)
// CHECK: xf.pair 0
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, causal = true,
      attn_data_dependent_alibi = true, attn_data_dependent_alibi_per_row = true}
  }
}

// -----

// Curves of the distance, mixed by the query's weights.
// CHECK-LABEL: func.func @states(
// CHECK: %[[WEIGHTS:.*]] = xf.linear %{{.*}} weight @layers.0.rel_proj_pos_bias.to_distance_weights.0 bias
// CHECK: xf.attention {{.*}} rows(%[[WEIGHTS]] : tensor<?x4xf32>) tables [@layers.0.rel_proj_pos_bias.distance_bank]
// CHECK: score_mod {
// CHECK-COUNT-2: xf.table 0
// CHECK-NOT: xf.table
// CHECK: xf.yield
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true,
      attn_use_rel_proj_pos_bias = true, attn_rel_proj_num_distance_basis = 2 : i64, attn_rel_proj_max_dist = 12 : i64}
  }
}
