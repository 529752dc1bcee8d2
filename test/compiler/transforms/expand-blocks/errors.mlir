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
  // expected-error @below {{has no value for `add_continuous_pred_head`, but xf-expand-blocks takes a resolved model; run xf-resolve-knobs before it}}
  xf.transformer_wrapper attributes {num_tokens = 16 : i64} { xf.attention_layers }
}
