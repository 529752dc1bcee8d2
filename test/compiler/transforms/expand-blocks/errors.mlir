// What xf-expand-blocks refuses.
// RUN: xf-opt %s -xf-expand-blocks -split-input-file -verify-diagnostics -o /dev/null

// expected-error @below {{the module has no `xf.model` to expand}}
module {}

// -----

// expected-note @below {{the first is here}}
xf.model @one {
  xf.transformer_wrapper { xf.attention_layers }
}
// expected-error @below {{is the second of the module, but one library holds one model}}
xf.model @two {
  xf.transformer_wrapper { xf.attention_layers }
}

// -----

xf.model @unresolved {
  // expected-error @below {{has no value for `max_seq_len`, but xf-expand-blocks takes a resolved model; run xf-resolve-knobs before it}}
  xf.transformer_wrapper attributes {num_tokens = 16 : i64} { xf.attention_layers }
}

// -----

xf.model @tiny {
  xf.transformer_wrapper attributes {
    num_tokens = 16 : i64, max_seq_len = 8 : i64, token_types = 0 : i64, emb_dim = 8 : i64,
    post_emb_norm = false, use_abs_pos_emb = true, pool = "none", normalize = false
  } {
    // expected-error @below {{`ff_mult` is 1.000000e-01, which leaves the feedforward no width: int(dim * ff_mult) must be positive}}
    xf.attention_layers attributes {
      dim = 8 : i64, depth = 1 : i64, heads = 4 : i64, causal = false, only_attn = false,
      pre_norm = true, pre_norm_has_final_norm = true, norm_add_unit_offset = true, norm_eps = 1.0e-5 : f64, norm_bias = false,
      ff_mult = 0.1 : f64, ff_no_bias = false, ff_swish = false, ff_relu_squared = false,
      attn_dim_head = 4 : i64, attn_value_dim_head = 4 : i64, attn_kv_heads = 4 : i64, attn_bias = false,
      attn_max_attend_past = -1 : i64, attn_softclamp_logits = false, attn_logit_softclamp_value = 50.0 : f64,
      alibi_pos_bias = false, alibi_num_heads = 4 : i64
    }
  }
}
