// Every supported knob becomes explicit; what `none` stands for is worked out; a second run changes nothing.
// RUN: xf-opt %s -xf-resolve-knobs | FileCheck %s
// RUN: xf-opt %s -xf-resolve-knobs > %t.once
// RUN: xf-opt %t.once -xf-resolve-knobs | diff %t.once -

// Defaults are x-transformers' own.
// CHECK-LABEL: xf.model @defaults
xf.model @defaults {
  // CHECK: xf.transformer_wrapper attributes {emb_dim = 32 : i64, max_seq_len = 8 : i64, normalize = false, num_tokens = 10 : i64,
  // CHECK-SAME: numerics = "strict", pool = "none", post_emb_norm = false, return_only_embed = false, token_types = 0 : i64, use_abs_pos_emb = true}
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // CHECK: xf.attention_layers attributes {alibi_num_heads = 8 : i64, alibi_pos_bias = false, attn_bias = false,
    // CHECK-SAME: attn_dim_head = 64 : i64, attn_flash = false, attn_kv_heads = 8 : i64, attn_logit_softclamp_value = 5.000000e+01 : f64,
    // CHECK-SAME: attn_max_attend_past = -1 : i64, attn_softclamp_logits = false, attn_value_dim_head = 64 : i64, causal = false,
    // CHECK-SAME: depth = 2 : i64, dim = 32 : i64, disable_abs_pos_emb = false, ff_mult = 4.000000e+00 : f64, ff_no_bias = false,
    // CHECK-SAME: ff_relu_squared = false, ff_swish = false, heads = 8 : i64, norm_add_unit_offset = true, norm_bias = false,
    // CHECK-SAME: norm_eps = 1.000000e-05 : f64, only_attn = false, pre_norm = true, pre_norm_has_final_norm = true}
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
    // CHECK-NOT: attn_one_kv_head
    // CHECK: attn_kv_heads = [1, 8]
    // CHECK-NOT: attn_one_kv_head
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

// A knob that is not compiled yet says nothing with its default, and is gone.
// CHECK-LABEL: xf.model @planned
xf.model @planned {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64, tie_embedding = false} {
    // CHECK-NOT: tie_embedding
    // CHECK-NOT: use_rmsnorm
    // CHECK-NOT: ff_glu
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64, use_rmsnorm = false, ff_glu = [false, false]}
  }
}
