// An error is at the line of the spec that sets the knob, its note at the line of the other knob; a default has the
// line of its stack.
// RUN: not xf-opt %s -xf-resolve-knobs -split-input-file 2>&1 | FileCheck %s

// CHECK: spec.xf:5:7: error: `heads` = 4 is not a multiple of `attn_kv_heads` = 3
// CHECK: spec.xf:4:9: note: `heads` is 4 : i64 here
xf.model @both {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    xf.attention_layers attributes {dim = 32 : i64, depth = 1 : i64, heads = 4 : i64, attn_kv_heads = 3 : i64} loc(fused[
      "m.attn_layers"("spec.xf":3:5), "m.attn_layers.heads"("spec.xf":4:9), "m.attn_layers.attn_kv_heads"("spec.xf":5:7)])
  }
}

// -----

// CHECK: spec.xf:3:5: error: `depth` is not set and has no default
xf.model @default {
  xf.transformer_wrapper attributes {num_tokens = 10 : i64, max_seq_len = 8 : i64} {
    xf.attention_layers attributes {dim = 32 : i64} loc(fused["m.attn_layers"("spec.xf":3:5), "m.attn_layers.dim"("spec.xf":4:9)])
  }
}
