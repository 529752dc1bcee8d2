// What couples heads, layers or keys through the logits: attributes of the
// attention, each there only where its knob is on.
// RUN: xf-opt %s -xf-resolve-knobs -xf-expand-blocks -split-input-file | FileCheck %s

// CHECK: xf.weight @layers.0.attend.pre_softmax_talking_heads : tensor<2x2xf32> = <reshape("layers.0.attend.pre_softmax_talking_heads.weight"[2, 2, 1, 1], [2, 2])>
// CHECK-LABEL: func.func @states(
// CHECK: xf.attention {{.*}} sink @layers.0.attend.head_attn_sink zero_key
// CHECK-SAME: pre_mix @layers.0.attend.pre_softmax_talking_heads top_k 3
// CHECK-SAME: post_mix @layers.0.attend.post_softmax_talking_heads gate_mix @layers.0.attend.pre_scale_post_talking_heads
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, attn_head_learned_sink = true, attn_add_zero_kv = true,
      attn_pre_talking_heads = true, attn_post_talking_heads = true, attn_pre_scale_post_talking_heads = true, attn_sparse_topk = 3 : i64}
  }
}

// -----

// The logits of an attention are made only where the next one reads them.
// CHECK-LABEL: func.func @states(
// CHECK: %{{.*}}, %[[S0:.*]] = xf.attention
// CHECK-NOT: scores_in
// CHECK: -> tensor<?x8xf32>, tensor<?x2x?xf32>
// CHECK: %{{.*}}, %[[S1:.*]] = xf.attention {{.*}} scores_in %[[S0]] : tensor<?x2x?xf32>
// CHECK: -> tensor<?x8xf32>, tensor<?x2x?xf32>
// CHECK: xf.attention {{.*}} scores_in %[[S1]] : tensor<?x2x?xf32>
// CHECK-NOT: tensor<?x8xf32>, tensor<?x2x?xf32>
// CHECK: return
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 3 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, residual_attn = true}
  }
}

// -----

// CHECK-LABEL: func.func @states(
// CHECK: xf.attention {{.*}} cope @layers.0.attend.cope.pos_emb cope_mix @layers.0.attend.cope.talking_heads
// CHECK-SAME: selective
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, causal = true,
      attn_use_cope = true, attn_cope_max_pos = 5 : i64, attn_cope_talking_heads = true, attn_selective = true}
  }
}

// -----

// CHECK-LABEL: func.func @states(
// CHECK: xf.attention {{.*}} normalizer{{ *}}sigmoid {{.*}}l2_distance
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, attn_sigmoid = true, attn_l2_distance = true}
  }
}

// -----

// CHECK-LABEL: func.func @states(
// CHECK: xf.attention {{.*}} normalizer{{ *}}one_hot
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, attn_hard = true}
  }
}

// -----

// CHECK-LABEL: func.func @states(
// CHECK: xf.attention {{.*}} normalizer{{ *}}signed
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, attn_cog_signed = true}
  }
}
