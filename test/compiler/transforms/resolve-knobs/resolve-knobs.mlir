// Every supported knob becomes explicit; what `none` stands for is worked out; a second run changes nothing.
// RUN: xf-opt %s -xf-resolve-knobs | FileCheck %s
// RUN: xf-opt %s -xf-resolve-knobs > %t.once
// RUN: xf-opt %t.once -xf-resolve-knobs | diff %t.once -

// Defaults are x-transformers' own.
// CHECK-LABEL: xf.model @defaults
xf.model @defaults {
  // CHECK: xf.transformer_wrapper attributes {
  // CHECK-SAME: emb_dim = 32 : i64
  // CHECK-SAME: max_seq_len = 8 : i64
  // CHECK-SAME: normalize = false
  // CHECK-SAME: num_tokens = 10 : i64, numerics = "strict", pool = "none", post_emb_norm = false
  // CHECK-SAME: tie_embedding = false, token_types = 0 : i64, use_abs_pos_emb = true
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // CHECK: xf.attention_layers attributes {
    // CHECK-SAME: alibi_num_heads = 8 : i64, alibi_pos_bias = false
    // CHECK-SAME: attn_bias = false
    // CHECK-SAME: attn_dim_head = 64 : i64
    // CHECK-SAME: attn_kv_heads = 8 : i64
    // CHECK-SAME: attn_logit_softclamp_value = 5.000000e+01 : f64
    // CHECK-SAME: attn_max_attend_past = -1 : i64
    // CHECK-SAME: attn_qk_norm_scale = 1.000000e+01 : f64
    // CHECK-SAME: attn_value_dim_head = 64 : i64
    // CHECK-SAME: causal = false
    // CHECK-SAME: depth = 2 : i64
    // CHECK-SAME: dim = 32 : i64
    // CHECK-SAME: ff_mult = 4.000000e+00 : f64
    // CHECK-SAME: heads = 8 : i64
    // CHECK-SAME: norm_add_unit_offset = true, norm_bias = false, norm_eps = 1.000000e-05 : f64
    // CHECK-SAME: pre_norm = true, pre_norm_has_final_norm = true
    // CHECK-SAME: rotary_pos_emb = false
    // CHECK-SAME: use_rmsnorm = false
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64}
  }
}

// Explicit values stay; what depends on others follows them.
// CHECK-LABEL: xf.model @explicit
xf.model @explicit {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // CHECK: alibi_num_heads = 4 : i64
    // CHECK-SAME: attn_dim_head = 16 : i64
    // CHECK-SAME: attn_value_dim_head = 16 : i64
    // CHECK-SAME: causal = true
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64, heads = 4 : i64, attn_dim_head = 16 : i64, causal = true}
  }
}

// One key head in some layers only: the number takes it in.
// CHECK-LABEL: xf.model @key_heads
xf.model @key_heads {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // CHECK: attn_kv_heads = [1, 8]
    // CHECK-SAME: attn_one_kv_head = false
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64, attn_one_kv_head = [true, false]}
  }
}

// No positions for three reasons.
// CHECK-LABEL: xf.model @empty
xf.model @empty {
  // CHECK: max_seq_len = 0
  // CHECK-SAME: use_abs_pos_emb = false
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 0 : i64} {
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64}
  }
}
// CHECK-LABEL: xf.model @disabled
xf.model @disabled {
  // CHECK: use_abs_pos_emb = false
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64, disable_abs_pos_emb = true}
  }
}
// CHECK-LABEL: xf.model @unused
xf.model @unused {
  // CHECK: use_abs_pos_emb = false
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64, use_abs_pos_emb = false} {
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64}
  }
}

// CHECK-LABEL: xf.model @relative
xf.model @relative {
  // CHECK: use_abs_pos_emb = false
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // CHECK: disable_abs_pos_emb = true
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64, rotary_pos_emb = true}
  }
}
// An explicit value wins.
// CHECK-LABEL: xf.model @both_positions
xf.model @both_positions {
  // CHECK: use_abs_pos_emb = true
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64, rotary_pos_emb = true, disable_abs_pos_emb = false}
  }
}

// Without `depth`, it is the number of sublayers that run.
// CHECK-LABEL: xf.model @letters
xf.model @letters {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // CHECK: depth = 3 : i64
    xf.attention_layers attributes {dim = 32 : i64, custom_layers = ["a", "f", "f"]}
  }
}

// Every other kind of model: both towers, a bare stack, images, vectors, several inputs.
// CHECK-LABEL: xf.model @towers
xf.model @towers {
  // CHECK: tie_token_emb = false
  xf.x_transformer attributes {dim = 32 : i64} {
    // CHECK: emb_dim = 32
    xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64, return_only_embed = true} {
      xf.attention_layers attributes {dim = 32 : i64, depth = 1 : i64}
    }
    // CHECK: emb_dim = 32
    xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
      xf.attention_layers attributes {causal = true, cross_attend = true, dim = 32 : i64, depth = 1 : i64}
    }
  }
}
// CHECK-LABEL: xf.model @bare
xf.model @bare {
  // CHECK: heads = 8
  xf.attention_layers attributes {dim = 32 : i64, depth = 1 : i64}
}
// CHECK-LABEL: xf.model @images
xf.model @images {
  // CHECK: channels = 3
  xf.vi_transformer_wrapper attributes {image_size = 16 : i64, patch_size = 4 : i64} {
    xf.attention_layers attributes {dim = 32 : i64, depth = 1 : i64}
  }
}
// CHECK-LABEL: xf.model @vectors
xf.model @vectors {
  // CHECK: max_seq_len = 0 : i64, {{.*}}use_abs_pos_emb = false
  xf.continuous_transformer_wrapper attributes {dim_in = 4 : i64, dim_out = 6 : i64} {
    xf.attention_layers attributes {dim = 32 : i64, depth = 1 : i64}
  }
}
// CHECK-LABEL: xf.model @streams
xf.model @streams {
  // CHECK: post_emb_norm = false
  xf.multi_input_transformer_wrapper attributes {num_tokens = {note = 31 : i64}, max_seq_len = 8 : i64} {
    xf.attention_layers attributes {dim = 32 : i64, depth = 1 : i64}
  }
}

// A knob that is not compiled yet says nothing with its default, and is gone.
// CHECK-LABEL: xf.model @planned
xf.model @planned {
  // CHECK-NOT: max_mem_len
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64, max_mem_len = 0 : i64} {
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64}
  }
}
