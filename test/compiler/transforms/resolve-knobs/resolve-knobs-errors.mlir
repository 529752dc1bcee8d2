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
  // expected-error @below {{`max_mem_len` is not supported yet}}
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64, max_mem_len = 4 : i64} {
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
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`attn_laser` has 3 values, but the stack has 2 self attentions}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64, attn_laser = [true, false, true]}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`ff_mult` has 1 values, but the stack has 2 feed-forwards}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64, ff_mult = [2.0]}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`shift_tokens` has 2 values, but the stack has 4 sublayers}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64, shift_tokens = [1, 0]}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`custom_layers` has `x`, but sublayers are `a`, `c` and `f`}}
    xf.attention_layers attributes {dim = 32 : i64, custom_layers = ["a", "x"]}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`layers_execute_order` names sublayer 4, but there are 4}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64, layers_execute_order = [0, 4]}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`sandwich_coef` = 3 is more than `depth` = 2}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64, sandwich_coef = 3 : i64}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`par_ratio` = 9 leaves no room for an attention in the first two thirds of 4 sublayers}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64, par_ratio = 9 : i64}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`weight_tie_layers` runs one block `depth` times, but `depth` is not set}}
    xf.attention_layers attributes {dim = 32 : i64, custom_layers = ["a", "f"], weight_tie_layers = true}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`layers_execute_order` and `weight_tie_layers` exclude each other: both say in which order the sublayers run}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64, weight_tie_layers = true, layers_execute_order = [0, 1]}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`sandwich_norm` needs `pre_norm`}}
    // expected-note @below {{`pre_norm` is false here}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64, sandwich_norm = true, pre_norm = false}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`gate_residual` and `orthog_residual` exclude each other: a stack has one residual rule}}
    // expected-note @below {{`orthog_residual` is true here}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64, gate_residual = true, orthog_residual = true}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`gated_multi_residual` needs `num_residual_streams` above 1}}
    // expected-note @below {{`num_residual_streams` is 1 : i64 here}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64, gated_multi_residual = true}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`gated_multi_residual` needs `read_gate_rank` in `residual_fn_kwargs`}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64, gated_multi_residual = true, num_residual_streams = 2 : i64}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`unet_skips` works on one residual stream, but `num_residual_streams` is more}}
    // expected-note @below {{`num_residual_streams` is 2 : i64 here}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64, unet_skips = true, num_residual_streams = 2 : i64}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    // expected-error @below {{`shift_tokens` = 32 cuts features into 65 parts, but `dim` is 32}}
    // expected-note @below {{`dim` is 32 : i64 here}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64, shift_tokens = 32 : i64}
  }
}

// -----

xf.model @m {
  // expected-error @below {{`tie_embedding` needs embeddings as wide as `dim` = 32}}
  // expected-note @below {{`emb_dim` is 16 : i64 here}}
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64, tie_embedding = true, emb_dim = 16 : i64} {
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64}
  }
}

// -----

xf.model @m {
  // expected-error @below {{`looped` needs `pre_and_post_norm`}}
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64, looped = true} {
    // expected-note @below {{`pre_and_post_norm` is false here}}
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64}
  }
}

// -----

xf.model @m {
  // expected-error @below {{`recycling` needs `recycle_steps`, the number of passes through the stack}}
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64, recycling = true} {
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64}
  }
}

// -----

xf.model @m {
  // expected-error @below {{`ff_deep_embed` has an entry for every token, which memory tokens are not}}
  // expected-note @below {{`num_memory_tokens` is 2 : i64 here}}
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64, ff_deep_embed = true, num_memory_tokens = 2 : i64} {
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64}
  }
}

// -----

xf.model @m {
  // expected-error @below {{`patch_size` = 5 does not divide `image_size` = 16}}
  // expected-note @below {{`image_size` is 16 : i64 here}}
  xf.vi_transformer_wrapper attributes {image_size = 16 : i64, patch_size = 5 : i64} {
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64}
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
