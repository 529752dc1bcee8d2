// From ids to the rows of the stack: tables, what calls add, learned rows.
// RUN: xf-opt %s -xf-resolve-knobs -xf-expand-blocks -split-input-file | FileCheck %s

// CHECK: %[[E:.*]] = xf.embed %{{.*}} tables [@token_emb, @pos_emb, @embeds.kind] indices ["ids", "positions", "embed_ids.kind"] : tensor<?x6xf32>
// CHECK-NEXT: %[[N:.*]] = xf.norm layer %[[E]] gain @post_emb_norm.gain
// CHECK-NEXT: xf.linear %[[N]] weight @project_emb bias @project_emb.bias : tensor<?x6xf32> -> tensor<?x4xf32>
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, emb_dim = 6 : i64, post_emb_norm = true, embed_num_tokens = {kind = 3 : i64}, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"]}
  }
}

// -----

// CHECK: xf.weight @token_emb : tensor<16x4xf32> = <unit_rows("token_emb.weight"[16, 4])>
// CHECK: xf.weight @pos_emb : tensor<8x4xf32> = <unit_rows("pos_emb.weight"[8, 4])>
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, l2norm_embed = true, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"]}
  }
}

// -----

// CHECK: xf.weight @pos_emb : tensor<8x4xf32> = <mul(sinusoid(8, 4), repeat("pos_emb.scale"[1], 0, 4))>
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, scaled_sinu_pos_emb = true, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"]}
  }
}

// -----

// Memory stands in front and is cut off again.
// CHECK: xf.weight @learned_rows : tensor<3x4xf32> = <"memory_tokens"[3, 4]>
// CHECK: func.func @states({{.*}}) -> tensor<?x4xf32> attributes {xf.entry, xf.lead = 3 : i64, xf.result_rows = "tokens", xf.skip_lead = 3 : i64}
// CHECK: %[[E:.*]] = xf.embed
// CHECK-NEXT: %[[X:.*]] = xf.map(%[[E]]) tables [@learned_rows] batch
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, num_memory_tokens = 3 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"]}
  }
}

// -----

// The cls row, after memory, is the output.
// CHECK: xf.weight @learned_rows : tensor<3x4xf32> = <concat(0, "memory_tokens"[2, 4], "cls_token"[1, 4])>
// CHECK: xf.lead = 3 : i64, xf.result_rows = "sequences"}
// CHECK: xf.pool row %{{.*}} index 2
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, use_cls_token = true, num_memory_tokens = 2 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"]}
  }
}

// -----

// CHECK-DAG: %[[P:.*]] = xf.input "prepend_embeds" fill 0.000000e+00 scatter prepended : tensor<?x4xf32>
// CHECK-DAG: %[[IS:.*]] = xf.input "is_prepended" fill 0.000000e+00 : tensor<?x1xf32>
// CHECK-DAG: %[[S:.*]] = xf.input "sum_embeds" fill 0.000000e+00 : tensor<?x4xf32>
// CHECK: %[[E:.*]] = xf.embed %{{.*}} tables [@token_emb, @pos_emb] indices ["ids", "pos"]
// CHECK-NEXT: %[[A:.*]] = xf.add %[[E]], %[[S]]
// CHECK-NEXT: xf.map(%[[A]], %[[P]], %[[IS]])
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, inputs = ["prepend_embeds", "sum_embeds", "pos"], return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"]}
  }
}

// -----

// CHECK: func.func @states({{.*}}xf.chunk = [5, 2], xf.entry, xf.result_rows = "tokens"}
// CHECK: xf.map(%{{.*}}, %{{.*}}) tables [@memory_tokens] batch
// CHECK: arith.constant 7 : i32
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, num_memory_tokens = 2 : i64, memory_tokens_interspersed_every = 5 : i64, return_only_embed = true} {
    xf.attention_layers attributes {dim = 4 : i64, heads = 2 : i64, attn_dim_head = 2 : i64, ff_mult = 2.0 : f64, custom_layers = ["a"], causal = true}
  }
}
