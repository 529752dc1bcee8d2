// Round trip of the model ops, in the pretty and in the generic form.
// RUN: xf-opt %s | xf-opt | FileCheck %s
// RUN: xf-opt %s --mlir-print-op-generic | xf-opt | FileCheck %s

// CHECK-LABEL: xf.model @tiny attributes {weights_file = "model.safetensors", weights_layout = "huggingface"}
xf.model @tiny attributes {weights_layout = "huggingface", weights_file = "model.safetensors"} {
  // CHECK: xf.transformer_wrapper attributes {max_seq_len = 16 : i64, num_tokens = 100 : i64, pool = "mean"}
  xf.transformer_wrapper attributes {num_tokens = 100 : i64, max_seq_len = 16 : i64, pool = "mean"} {
    // CHECK: xf.attention_layers attributes {attn_dim_head = 8 : i64, causal = false, depth = 2 : i64, dim = 32 : i64, heads = 4 : i64}
    xf.attention_layers attributes {causal = false, dim = 32 : i64, depth = 2 : i64, heads = 4 : i64, attn_dim_head = 8 : i64}
  }
}

// A value a layer, functions of the scores, and policies.
// CHECK-LABEL: xf.model @rich
xf.model @rich {
  // CHECK: xf.transformer_wrapper attributes
  xf.transformer_wrapper attributes {num_tokens = 257 : i64, max_seq_len = 0 : i64} {
    // CHECK: attn_bias = [true, false]
    // CHECK-SAME: attn_max_attend_past = [3, 5]
    // CHECK-SAME: ff_mult = [2.000000e+00, 4.000000e+00]
    // CHECK: score_mod {
    // CHECK-NEXT: ^bb0(%[[S:.*]]: f32, %{{.*}}: i32, %{{.*}}: i32, %{{.*}}: i32):
    // CHECK: %[[RESULT:.*]] = arith.mulf %[[S]]
    // CHECK: xf.yield %[[RESULT]] : f32
    // CHECK: mask_mod {
    // CHECK-NEXT: ^bb0(%{{.*}}: i32, %[[I:.*]]: i32, %[[J:.*]]: i32):
    // CHECK: %[[KEEP:.*]] = arith.cmpi sle, %[[J]], %[[I]] : i32
    // CHECK: xf.yield %[[KEEP]] : i1
    xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64, attn_max_attend_past = [3, 5], attn_bias = [true, false],
                                    ff_mult = [2.0, 4.0]}
      score_mod {
      ^bb0(%s: f32, %h: i32, %i: i32, %j: i32):
        %half = arith.constant 5.000000e-01 : f32
        %scaled = arith.mulf %s, %half : f32
        xf.yield %scaled : f32
      }
      mask_mod {
      ^bb0(%h: i32, %i: i32, %j: i32):
        %keep = arith.cmpi sle, %j, %i : i32
        xf.yield %keep : i1
      }
  }
  // CHECK: xf.refine {accept = "threshold(0.9)", mask_id = 256 : i64, schedule = "cosine", steps = 18 : i64}
  xf.refine {mask_id = 256 : i64, steps = 18 : i64, schedule = "cosine", accept = "threshold(0.9)"}
  // CHECK: xf.generate {max_new_tokens = 64 : i64, temperature = 0.000000e+00 : f64}
  xf.generate {temperature = 0.000000e+00 : f64, max_new_tokens = 64 : i64}
}

// A knob of the mask alone.
// CHECK-LABEL: xf.model @masked
xf.model @masked {
  xf.transformer_wrapper {
    // CHECK: xf.attention_layers mask_mod
    // CHECK-NOT: score_mod
    xf.attention_layers mask_mod {
    ^bb0(%h: i32, %i: i32, %j: i32):
      %keep = arith.constant true
      xf.yield %keep : i1
    }
  }
}

// Images, and an encoder with a decoder.
// CHECK-LABEL: xf.model @vision
xf.model @vision {
    // CHECK: xf.vi_transformer_wrapper attributes {image_size = 16 : i64, num_classes = 7 : i64, patch_size = 4 : i64}
    xf.vi_transformer_wrapper attributes {image_size = 16 : i64, patch_size = 4 : i64, num_classes = 7 : i64} {
      xf.attention_layers attributes {dim = 32 : i64, depth = 2 : i64}
    }
}

// CHECK-LABEL: xf.model @translate
xf.model @translate {
    // CHECK: xf.x_transformer attributes {dim = 32 : i64}
    xf.x_transformer attributes {dim = 32 : i64} {
      xf.transformer_wrapper attributes {num_tokens = 100 : i64, max_seq_len = 16 : i64, return_only_embed = true} {
        xf.attention_layers attributes {causal = false, dim = 32 : i64, depth = 2 : i64}
      }
      xf.transformer_wrapper attributes {num_tokens = 90 : i64, max_seq_len = 16 : i64} {
        xf.attention_layers attributes {causal = true, cross_attend = true, dim = 32 : i64, depth = 2 : i64}
      }
    }
}
