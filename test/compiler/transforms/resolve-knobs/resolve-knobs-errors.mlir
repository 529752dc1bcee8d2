// Contradictions, and knobs that are not compiled yet, are errors at the knob's line that name every knob involved.
// RUN: xf-opt %s -xf-resolve-knobs -split-input-file -verify-diagnostics -o /dev/null

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`depth` is not set and has no default}}
    xf.attention_layers attributes {dim = 32 : i64}
  }
}

// -----

xf.model @m {
  // expected-error @below {{`max_seq_len` is not set and has no default}}
  xf.transformer_wrapper attributes {num_tokens = 10 : i64} {
    xf.attention_layers attributes {dim = 32 : i64, depth = 1 : i64}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`rotary_pos_emb` is not supported yet}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 1 : i64, rotary_pos_emb = true}
  }
}

// -----

xf.model @m {
  // expected-error @below {{`num_memory_tokens` is not supported yet}}
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64, num_memory_tokens = 4 : i64} {
    xf.attention_layers attributes {dim = 32 : i64, depth = 1 : i64}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`attn_one_kv_head` and `attn_kv_heads` exclude each other: both set the number of key heads}}
    // expected-note @below {{`attn_kv_heads` is 2 : i64 here}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 1 : i64, attn_one_kv_head = true, attn_kv_heads = 2 : i64}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`heads` = 8 is not a multiple of `attn_kv_heads` = 3}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 1 : i64, attn_kv_heads = 3 : i64}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`alibi_num_heads` = 9 is more than `heads` = 8}}
    // expected-note @below {{`heads` is 8 : i64 here}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 1 : i64, alibi_num_heads = 9 : i64, heads = 8 : i64}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`ff_swish` and `ff_relu_squared` exclude each other: a feed-forward has one activation}}
    // expected-note @below {{`ff_relu_squared` is true here}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 1 : i64, ff_swish = true, ff_relu_squared = true}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`ff_mult` leaves a feed-forward of width 0}}
    // expected-note @below {{`dim` is 32 : i64 here}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 1 : i64, ff_mult = 0.01 : f64}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`heads` = 1 has no output projection, so a head's values must be as wide as `dim` = 32}}
    // expected-note @below {{`attn_value_dim_head` is 64 : i64 here}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 1 : i64, heads = 1 : i64}
  }
}

// -----

xf.model @m {
  // expected-error @below {{`emb_dim` = 16 other than `dim` = 32 is not supported yet}}
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64, emb_dim = 16 : i64} {
    // expected-note @below {{`dim` is 32 : i64 here}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 1 : i64}
  }
}

// -----

xf.model @m {
  // expected-error @below {{`numerics` = `fast_math` is not supported yet}}
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64, numerics = "fast_math"} {
    xf.attention_layers attributes {dim = 32 : i64, depth = 1 : i64}
  }
}

// -----

xf.model @m {
  // expected-error @below {{`normalize` is about the vectors of `encode`, but `pool` is none}}
  // expected-note @below {{`pool` is "none" here}}
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64, normalize = true} {
    xf.attention_layers attributes {dim = 32 : i64, depth = 1 : i64}
  }
}
