// Each rule of the model ops, broken once.
// RUN: xf-opt %s -split-input-file -verify-diagnostics -o /dev/null

// expected-error @below {{must have both `weights_layout` and `weights_file` or neither}}
xf.model @m attributes {weights_layout = "huggingface"} {
  xf.transformer_wrapper { xf.attention_layers }
}

// -----

// expected-error @below {{must hold exactly one wrapper such as `xf.transformer_wrapper`, or one `xf.attention_layers`, but holds 0}}
xf.model @m {
}

// -----

// expected-error @below {{must hold exactly one wrapper such as `xf.transformer_wrapper`, or one `xf.attention_layers`, but holds 2}}
xf.model @m {
  xf.transformer_wrapper { xf.attention_layers }
  xf.transformer_wrapper { xf.attention_layers }
}

// -----

xf.model @m {
  xf.transformer_wrapper { xf.attention_layers }
  // expected-note @below {{the first one is here}}
  xf.refine {mask_id = 1 : i64}
  // expected-error @below {{is there twice}}
  xf.refine {mask_id = 2 : i64}
}

// -----

xf.model @m {
  xf.transformer_wrapper { xf.attention_layers }
  // expected-error @below {{is not part of a model}}
  arith.constant 1 : i32
}

// -----

xf.model @m {
  // expected-error @below {{must hold exactly one `xf.attention_layers`, but holds 0}}
  xf.transformer_wrapper {
  }
}

// -----

// A misspelt knob would be ignored without this.
xf.model @m {
  xf.transformer_wrapper {
    // expected-error @below {{has the attribute `attn_kv_head`, which is not a knob}}
    xf.attention_layers attributes {attn_kv_head = 2 : i64}
  }
}

// -----

xf.model @m {
  // expected-error @below {{has the attribute `dim`, which is not a knob}}
  xf.transformer_wrapper attributes {dim = 2 : i64} { xf.attention_layers }
}

// -----

xf.model @m {
  xf.transformer_wrapper { xf.attention_layers }
  // expected-error @below {{has the attribute `maskid`, which is not a knob}}
  xf.refine {maskid = 2 : i64}
}

// -----

xf.model @m {
  xf.transformer_wrapper { xf.attention_layers }
  // expected-error @below {{has the attribute `temp`, which is not a knob}}
  xf.generate {temp = 2 : i64}
}

// -----

xf.model @m {
  xf.transformer_wrapper {
    // expected-error @below {{attribute 'heads' failed to satisfy constraint: 64-bit signless integer attribute}}
    xf.attention_layers attributes {heads = 2.0 : f64}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper {
    // expected-error @below {{has `heads` = 0, but it must be positive}}
    xf.attention_layers attributes {heads = 0 : i64}
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper {
    // expected-error @below {{has `depth` = 9223372036854775807, but a stack has at most 4096 layers}}
    xf.attention_layers attributes {depth = 9223372036854775807 : i64}
  }
}

// -----

xf.model @m {
  // expected-error @below {{has `num_tokens` = -1, but it must be positive}}
  xf.transformer_wrapper attributes {num_tokens = -1 : i64} { xf.attention_layers }
}

// -----

xf.model @m {
  xf.transformer_wrapper {
    // expected-error @below {{`mask_mod` must yield 'i1'}}
    xf.attention_layers mask_mod {
    ^bb0(%h: i32, %i: i32, %j: i32):
      %zero = arith.constant 0.0 : f32
      // expected-note @below {{this yields 'f32'}}
      xf.yield %zero : f32
    }
  }
}

// -----

xf.model @m {
  xf.transformer_wrapper {
    // expected-error @below {{`score_mod` takes ('i32', 'i32') but must take ('f32', 'i32', 'i32', 'i32')}}
    xf.attention_layers score_mod {
    ^bb0(%i: i32, %j: i32):
      %zero = arith.constant 0.0 : f32
      xf.yield %zero : f32
    }
  }
}

// -----

// expected-error @below {{expects parent op to be one of 'xf.model, xf.transformer_wrapper, }}
xf.attention_layers
