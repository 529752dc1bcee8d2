// The entries of every other class of model, and what each takes.
// RUN: xf-opt %s -xf-resolve-knobs -xf-expand-blocks -split-input-file | FileCheck %s

// A stack alone takes rows and gives rows.
// CHECK: num_tokens = 0, max_seq_len = 0
// CHECK: func.func @states(%{{.*}}: !xf.batch) -> tensor<?x4xf32> attributes {xf.entry, xf.max_seq_len = 0 : i64, xf.num_tokens = 0 : i64, xf.result_rows = "tokens"}
// CHECK-NEXT: %[[X:.*]] = xf.input "x" required : tensor<?x4xf32>
// CHECK-NEXT: xf.norm layer %[[X]] gain @layers.0.norm_pre.gain
xf.model @m {
  xf.attention_layers attributes {dim = 4 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 2 : i64}
}

// -----

// Two towers; the decoder reads the encoder's table and its states.
// CHECK: xf.weight @encoder.token_emb : tensor<9x4xf32> = <"encoder.token_emb.weight"[9, 4]>
// CHECK: xf.weight @decoder.token_emb : tensor<9x4xf32> = <"encoder.token_emb.weight"[9, 4]>
// CHECK: func.func @encodings({{.*}}xf.max_seq_len = 8 : i64, xf.num_tokens = 9 : i64
// CHECK: weight @encoder.layers.0.to_q
// CHECK: func.func @states({{.*}}xf.max_seq_len = 6 : i64
// CHECK: func.func @logits(
// CHECK: xf.input "context" required : tensor<?x4xf32, "context">
// CHECK: weight @decoder.layers.1.to_k
// CHECK: weight @decoder.to_logits
xf.model @m {
  xf.x_transformer attributes {dim = 4 : i64, tie_token_emb = true} {
    xf.transformer_wrapper attributes {num_tokens = 9 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
      xf.attention_layers attributes {dim = 4 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 2 : i64}
    }
    xf.transformer_wrapper attributes {num_tokens = 9 : i64, max_seq_len = 6 : i64} {
      xf.attention_layers attributes {causal = true, cross_attend = true, dim = 4 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 2 : i64}
    }
  }
}

// -----

// Patches, positions, registers behind; the mean leaves registers out.
// CHECK: func.func @states({{.*}}xf.image = [3, 8, 4], {{.*}}xf.skip_tail = 2 : i64, xf.tail = 2 : i64}
// CHECK-NEXT: %[[P:.*]] = xf.input "images" required scatter images : tensor<?x48xf32>
// CHECK-NEXT: xf.norm layer %[[P]] gain @patch_norm.gain
// CHECK: xf.linear %{{.*}} weight @patch_emb bias @patch_emb.bias : tensor<?x48xf32> -> tensor<?x4xf32>
// CHECK: xf.embed %{{.*}} tables [@patch_pos] indices ["positions"]
// CHECK: xf.map(%{{.*}}) tables [@learned_rows] batch
// CHECK: func.func @logits({{.*}}) -> tensor<?x7xf32, "sequences">
// CHECK: xf.pool sum
// CHECK: xf.linear %{{.*}} weight @mlp_head bias @mlp_head.bias
xf.model @m {
  xf.vi_transformer_wrapper attributes {image_size = 8 : i64, patch_size = 4 : i64, num_classes = 7 : i64, num_register_tokens = 2 : i64} {
    xf.attention_layers attributes {dim = 4 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 2 : i64}
  }
}

// -----

// Vectors in, means and variances out.
// CHECK: func.func @output({{.*}}) -> tensor<?x10xf32>
// CHECK: %[[X:.*]] = xf.input "x" required : tensor<?x3xf32>
// CHECK-NEXT: xf.linear %[[X]] weight @project_in : tensor<?x3xf32> -> tensor<?x4xf32>
// CHECK: %[[Y:.*]] = xf.linear %{{.*}} weight @project_out : tensor<?x4xf32> -> tensor<?x10xf32>
// CHECK-NEXT: xf.map(%[[Y]])
// CHECK: math.exp
xf.model @m {
  xf.continuous_transformer_wrapper attributes {dim_in = 3 : i64, dim_out = 5 : i64, probabilistic = true} {
    xf.attention_layers attributes {dim = 4 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 2 : i64}
  }
}

// -----

// Several inputs in step: tables are summed, each has a head.
// CHECK: func.func @states(
// CHECK: xf.embed %{{.*}} tables [@embeds.note, @embeds.pitch, @pos_emb] indices ["x.note", "x.pitch", "positions"]
// CHECK: func.func @logits_note(
// CHECK: weight @to_logits.note : tensor<?x4xf32> -> tensor<?x31xf32>
// CHECK: func.func @logits_pitch(
xf.model @m {
  xf.multi_input_transformer_wrapper attributes {num_tokens = {note = 31 : i64, pitch = 17 : i64}, max_seq_len = 8 : i64} {
    xf.attention_layers attributes {dim = 4 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 2 : i64}
  }
}
