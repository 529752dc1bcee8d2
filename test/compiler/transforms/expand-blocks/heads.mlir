// What stands on top of the stack, and which entries there are.
// RUN: xf-opt %s -xf-resolve-knobs -xf-expand-blocks -split-input-file | FileCheck %s

// CHECK: func.func @states(
// CHECK: func.func @logits({{.*}}) -> tensor<?x16xf32>
// CHECK: xf.linear %{{.*}} weight @to_logits : tensor<?x4xf32> -> tensor<?x16xf32>
// CHECK-NOT: func.func
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"]}
  }
}

// -----

// The raw table, whatever the embedding makes of it.
// CHECK: xf.weight @to_logits : tensor<16x4xf32> = <scale("token_emb.weight"[16, 4], 3.000000e+00)>
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, tie_embedding = true, tie_embedding_scale = 3.0 : f64, l2norm_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"]}
  }
}

// -----

// CHECK: func.func @logits_0(
// CHECK: weight @to_logits.0 : tensor<?x4xf32> -> tensor<?x5xf32>
// CHECK: func.func @logits_1(
// CHECK: weight @to_logits.1
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, logits_dim = 5 : i64, num_output_heads = 2 : i64} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"]}
  }
}

// -----

// Only rows that the mask keeps count.
// CHECK: func.func @states({{.*}}) -> tensor<?x4xf32, "sequences">
// CHECK: xf.input "mask"
// CHECK: %[[S:.*]] = xf.pool sum
// CHECK-NEXT: %[[N:.*]] = xf.pool sum
// CHECK-NEXT: xf.map(%[[S]], %[[N]])
// CHECK: func.func @logits({{.*}}) -> tensor<?x16xf32, "sequences">
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, average_pool_embed = true, inputs = ["mask"]} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"]}
  }
}

// -----

// CHECK: func.func @logits(
// CHECK: %[[M:.*]] = xf.linear %{{.*}} weight @to_mixture.0 : tensor<?x4xf32> -> tensor<?x8xf32>
// CHECK: %[[P:.*]] = xf.norm softmax %{{.*}} : tensor<?x2xf32>
// CHECK: xf.slice %[[M]] offset 0
// CHECK: %[[A:.*]] = xf.norm softmax %{{.*}} : tensor<?x16xf32>
// CHECK: xf.slice %[[M]] offset 4
// CHECK: %[[B:.*]] = xf.norm softmax %{{.*}} : tensor<?x16xf32>
// CHECK-NEXT: xf.map(%[[P]], %[[A]], %[[B]])
// CHECK: math.log
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, mixture_of_softmax = true, mixture_of_softmax_k = 2 : i64} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"]}
  }
}

// -----

// CHECK: func.func @logits(
// CHECK: weight @to_logits
// CHECK-NEXT: xf.map
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, sigsoftmax_logits = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"]}
  }
}

// -----

// Three learned queries of two heads; their outputs stand side by side.
// CHECK: func.func @pooled({{.*}}) -> tensor<?x12xf32, "sequences">
// CHECK: %[[L:.*]] = xf.linear %{{.*}} weight @attn_pool.logits : tensor<?x4xf32> -> tensor<?x6xf32>
// CHECK: xf.pool max %[[L]]
// CHECK-NOT: func.func @logits
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, attn_pool = true, num_pooled_tokens = 3 : i64} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"]}
  }
}

// -----

// The stack runs twice with the same weights.
// CHECK: func.func @states(
// CHECK: weight @layers.0.to_q
// CHECK: gain @layers.1.norm_post.gain
// CHECK: weight @layers.0.to_q
// CHECK: gain @layers.1.norm_post.gain
// CHECK-NEXT: return
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, looped = true, max_looped_steps = 2 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, depth = 1 : i64, pre_and_post_norm = true}
  }
}

// -----

// CHECK: %[[E:.*]] = xf.embed
// CHECK: %[[Y:.*]] = xf.norm layer %{{.*}} gain @final_norm.gain
// CHECK-NEXT: %[[R:.*]] = xf.linear %[[Y]] weight @recycled_proj
// CHECK-NEXT: xf.add %[[E]], %[[R]]
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, recycling = true, recycle_steps = 2 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"]}
  }
}
