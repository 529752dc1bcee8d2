// Knobs on logits become scalar regions of the attention, in x-transformers'
// order and before the user's own: bias, softclamp, score_mod; masks by `and`.
// RUN: xf-opt %s -xf-resolve-knobs -xf-expand-blocks -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @states(
// CHECK: xf.attention
// CHECK-NOT: score_mod
// CHECK: mask_mod {
// CHECK-NEXT: ^bb0(%{{.*}}: i32, %[[I:.*]]: i32, %[[J:.*]]: i32):
// CHECK-NEXT: %[[KEEP:.*]] = arith.cmpi sle, %[[J]], %[[I]] : i32
// CHECK-NEXT: xf.yield %[[KEEP]] : i1
xf.model @tiny {
  xf.transformer_wrapper attributes {
    num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true
  } {
    xf.attention_layers attributes {
      dim = 8 : i64, depth = 1 : i64, heads = 4 : i64, causal = true, only_attn = true,
      ff_mult = 2.0 : f64,
      attn_dim_head = 4 : i64, attn_value_dim_head = 4 : i64, attn_kv_heads = 4 : i64
    }
  }
}

// -----

// The window limits the past only.
// CHECK-LABEL: func.func @states(
// CHECK: mask_mod {
// CHECK-NEXT: ^bb0(%{{.*}}: i32, %[[I:.*]]: i32, %[[J:.*]]: i32):
// CHECK-NEXT: %[[BACK:.*]] = arith.subi %[[I]], %[[J]] : i32
// CHECK-NEXT: %[[MOST:.*]] = arith.constant 3 : i32
// CHECK-NEXT: %[[KEEP:.*]] = arith.cmpi sle, %[[BACK]], %[[MOST]] : i32
// CHECK-NEXT: xf.yield %[[KEEP]] : i1
xf.model @tiny {
  xf.transformer_wrapper attributes {
    num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true
  } {
    xf.attention_layers attributes {
      dim = 8 : i64, depth = 1 : i64, heads = 4 : i64, only_attn = true,
      ff_mult = 2.0 : f64,
      attn_dim_head = 4 : i64, attn_value_dim_head = 4 : i64, attn_kv_heads = 4 : i64,
      attn_max_attend_past = 3 : i64
    }
  }
}

// -----

// CHECK-LABEL: func.func @states(
// CHECK: score_mod {
// CHECK-NEXT: ^bb0(%[[S:.*]]: f32, %[[H:.*]]: i32, %[[I:.*]]: i32, %[[J:.*]]: i32):
// CHECK: %[[SLOPE:.*]] = math.exp2
// CHECK-NEXT: %[[AHEAD:.*]] = arith.subi %[[I]], %[[J]]
// CHECK-NEXT: %[[ZERO:.*]] = arith.constant 0 : i32
// CHECK-NEXT: %[[BEHIND:.*]] = arith.subi %[[ZERO]], %[[AHEAD]]
// CHECK-NEXT: %[[DISTANCE:.*]] = arith.maxsi %[[AHEAD]], %[[BEHIND]]
// CHECK-NEXT: %[[FLOAT:.*]] = arith.sitofp %[[DISTANCE]] : i32 to f32
// CHECK-NEXT: %[[PENALTY:.*]] = arith.mulf %[[SLOPE]], %[[FLOAT]]
// CHECK-NEXT: %[[BIASED:.*]] = arith.subf %[[S]], %[[PENALTY]]
// CHECK-NEXT: %[[C:.*]] = arith.constant 3.000000e+01
// CHECK-NEXT: %[[RATIO:.*]] = arith.divf %[[BIASED]], %[[C]]
// CHECK-NEXT: %[[TANH:.*]] = math.tanh %[[RATIO]]
// CHECK-NEXT: %[[CLAMPED:.*]] = arith.mulf %[[TANH]], %[[C]]
// CHECK-NEXT: %[[HALF:.*]] = arith.constant 5.000000e-01
// CHECK-NEXT: %[[SCALED:.*]] = arith.mulf %[[CLAMPED]], %[[HALF]]
// CHECK-NEXT: xf.yield %[[SCALED]] : f32
// CHECK-NEXT: } mask_mod {
// CHECK: %[[CAUSAL:.*]] = arith.cmpi sle, %{{.*}}, %{{.*}}
// CHECK: %[[WINDOW:.*]] = arith.cmpi sle
// CHECK-NEXT: %[[BOTH:.*]] = arith.andi %[[CAUSAL]], %[[WINDOW]]
// CHECK-NEXT: %[[OTHER:.*]] = arith.cmpi ne
// CHECK-NEXT: %[[KEEP:.*]] = arith.andi %[[BOTH]], %[[OTHER]]
// CHECK-NEXT: xf.yield %[[KEEP]] : i1
xf.model @tiny {
  xf.transformer_wrapper attributes {
    num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true
  } {
    xf.attention_layers attributes {
      dim = 8 : i64, depth = 1 : i64, heads = 4 : i64, causal = true, only_attn = true,
      ff_mult = 2.0 : f64,
      attn_dim_head = 4 : i64, attn_value_dim_head = 4 : i64, attn_kv_heads = 4 : i64,
      attn_max_attend_past = 3 : i64, attn_softclamp_logits = true, attn_logit_softclamp_value = 30.0 : f64,
      alibi_pos_bias = true
    }
      score_mod {
      ^bb0(%s: f32, %h: i32, %i: i32, %j: i32):
        %half = arith.constant 5.000000e-01 : f32
        %scaled = arith.mulf %s, %half : f32
        xf.yield %scaled : f32
      } mask_mod {
      ^bb0(%h: i32, %i: i32, %j: i32):
        %other = arith.cmpi ne, %i, %j : i32
        xf.yield %other : i1
      }
  }
}

// -----

// Heads past `alibi_num_heads` get no bias.
// CHECK-LABEL: func.func @states(
// CHECK: score_mod {
// CHECK-NEXT: ^bb0(%{{.*}}: f32, %[[H:[^:]*]]: i32,
// CHECK: %[[SLOPE:.*]] = math.exp2
// CHECK-NEXT: %[[TWO:.*]] = arith.constant 2 : i32
// CHECK-NEXT: %[[HAS:.*]] = arith.cmpi slt, %[[H]], %[[TWO]] : i32
// CHECK-NEXT: %[[ZERO:.*]] = arith.constant 0.000000e+00
// CHECK-NEXT: arith.select %[[HAS]], %[[SLOPE]], %[[ZERO]]
xf.model @tiny {
  xf.transformer_wrapper attributes {
    num_tokens = 16 : i64, max_seq_len = 8 : i64, return_only_embed = true
  } {
    xf.attention_layers attributes {
      dim = 8 : i64, depth = 1 : i64, heads = 4 : i64, only_attn = true,
      ff_mult = 2.0 : f64,
      attn_dim_head = 4 : i64, attn_value_dim_head = 4 : i64, attn_kv_heads = 4 : i64,
      alibi_pos_bias = true, alibi_num_heads = 2 : i64
    }
  }
}
