// Masks of a call: which rows a mask_mod reads, when a query that has no key
// gives 0 (`empty zero`, or alive_mod next to causality), and that outputs of
// masked queries are dropped. Without such inputs nothing of it is there.
// RUN: xf-opt %s -xf-resolve-knobs -xf-expand-blocks -split-input-file | FileCheck %s

// Extra keys have no mask and negative numbers; the plain causal mask needs no
// word about them.
// CHECK-LABEL: func.func @states(
// CHECK-NOT: xf.input
// CHECK: xf.attention {{.*}} memory @layers.0.mem_k, @layers.0.mem_v
// CHECK-NOT: empty zero
// CHECK: mask_mod {
// CHECK-NEXT: ^bb0(%{{.*}}: i32, %[[I:.*]]: i32, %[[J:.*]]: i32):
// CHECK: %[[CAUSAL:.*]] = arith.cmpi sle, %[[KEY:.*]], %[[I]] : i32
// CHECK-NOT: alive_mod
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, use_abs_pos_emb = false, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, causal = true, attn_num_mem_kv = 3 : i64}
  }
}

// -----

// `mask`: keys that do not count, and rows of the output that are dropped. A
// query that counts sees itself, so nothing is said about empty ones.
// CHECK-LABEL: func.func @states(
// CHECK: %[[MASK:.*]] = xf.input "mask" fill 1.000000e+00 : tensor<?x1xf32>
// CHECK: %[[A:.*]] = xf.attention {{.*}} rows(%[[MASK]] : tensor<?x1xf32>)
// CHECK-NOT: empty
// CHECK: mask_mod {
// CHECK-NEXT: ^bb0(%{{.*}}: i32, %[[I:.*]]: i32, %[[J:.*]]: i32):
// CHECK: %[[M:.*]] = xf.read 0[%{{.*}}] at %[[J]] : f32
// CHECK-NEXT: %[[KEEP:.*]] = arith.cmpf olt, %{{.*}}, %[[M]] : f32
// CHECK-NEXT: xf.yield %[[KEEP]] : i1
// CHECK: %[[O:.*]] = xf.linear %[[A]] weight @layers.0.to_out
// CHECK: xf.map(%[[O]], %[[MASK]]) :
// CHECK: arith.select
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, use_abs_pos_emb = false, return_only_embed = true, inputs = ["mask"]} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true}
  }
}

// -----

// A mask of pairs can leave a query without keys: 0.
// CHECK-LABEL: func.func @states(
// CHECK: %[[PAIRS:.*]] = xf.input "attn_mask" fill 1.000000e+00 : tensor<?x2x?xf32>
// CHECK: xf.attention {{.*}} pairs(%[[PAIRS]] : tensor<?x2x?xf32>) empty{{ *}}zero
// CHECK: mask_mod {
// CHECK-NEXT: ^bb0(%[[H:.*]]: i32, %{{.*}}: i32, %[[J:.*]]: i32):
// CHECK: xf.pair 0[%[[H]], %[[J]]] : f32
// CHECK-NOT: alive_mod
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, use_abs_pos_emb = false, return_only_embed = true, inputs = ["attn_mask"]} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true}
  }
}

// -----

// With causality, one that only causality leaves without keys averages all
// values, so what makes a query empty is a rule of its own. The mask of keys
// stands in for `mask` where the call gives it.
// CHECK-LABEL: func.func @states(
// CHECK-DAG: %[[MASK:.*]] = xf.input "mask" fill 1.000000e+00
// CHECK-DAG: %[[OWN:.*]] = xf.input "self_attn_kv_mask" fill -1.000000e+00
// CHECK: xf.attention {{.*}} rows(%[[MASK]], %[[OWN]] : tensor<?x1xf32>, tensor<?x1xf32>)
// CHECK-NOT: empty
// CHECK: mask_mod {
// CHECK-NEXT: ^bb0(%{{.*}}: i32, %[[I:.*]]: i32, %[[J:.*]]: i32):
// CHECK: xf.read 0
// CHECK: xf.read 1
// CHECK: %[[KEEP:.*]] = arith.select
// CHECK: %[[CAUSAL:.*]] = arith.cmpi sle, %[[J]], %[[I]] : i32
// CHECK-NEXT: %[[BOTH:.*]] = arith.andi %[[KEEP]], %[[CAUSAL]] : i1
// CHECK-NEXT: xf.yield %[[BOTH]] : i1
// CHECK: alive_mod {
// CHECK: %[[KEEP:.*]] = arith.select
// CHECK-NEXT: xf.yield %[[KEEP]] : i1
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, use_abs_pos_emb = false, return_only_embed = true, inputs = ["mask", "self_attn_kv_mask"]} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, causal = true}
  }
}

// -----

// A prefix is seen by everybody: its length is a number of the sequence.
// CHECK-LABEL: func.func @states(
// CHECK: %[[LENGTH:.*]] = xf.input "prefix_attn_len" fill 0.000000e+00 : tensor<?x1xf32, "sequences">
// CHECK: xf.attention {{.*}} rows(%[[LENGTH]] : tensor<?x1xf32, "sequences">)
// CHECK: mask_mod {
// CHECK-NEXT: ^bb0(%{{.*}}: i32, %[[I:.*]]: i32, %[[J:.*]]: i32):
// CHECK-NEXT: %[[CAUSAL:.*]] = arith.cmpi sle, %[[J]], %[[I]] : i32
// CHECK: %[[P:.*]] = xf.read 0[%{{.*}}] : f32
// CHECK: %[[IN:.*]] = arith.cmpf olt, %{{.*}}, %[[P]] : f32
// CHECK-NEXT: %[[KEEP:.*]] = arith.ori %[[CAUSAL]], %[[IN]] : i1
// CHECK-NEXT: xf.yield %[[KEEP]] : i1
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, use_abs_pos_emb = false, return_only_embed = true, inputs = ["prefix_attn_len"]} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 1 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, prefix_causal = true}
  }
}

// -----

// The window of a layer that has one; extra keys are inside of every window.
// CHECK-LABEL: func.func @states(
// CHECK: xf.attention {{.*}} zero_key
// CHECK: mask_mod {
// CHECK-NEXT: ^bb0(%{{.*}}: i32, %[[I:.*]]: i32, %[[J:.*]]: i32):
// CHECK: %[[KEY:.*]] = arith.maxsi %[[J]], %{{.*}} : i32
// CHECK: %[[DISTANCE:.*]] = arith.subi %[[I]], %[[KEY]] : i32
// CHECK: %[[IN:.*]] = arith.cmpi sle, %[[DISTANCE]], %{{.*}} : i32
// CHECK: %[[EXTRA:.*]] = arith.cmpi slt, %[[J]], %{{.*}} : i32
// CHECK-NEXT: %[[KEEP:.*]] = arith.ori %[[EXTRA]], %[[IN]] : i1
// CHECK: xf.attention {{.*}} zero_key
// CHECK-NOT: mask_mod
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 16 : i64, max_seq_len = 8 : i64, use_abs_pos_emb = false, return_only_embed = true} {
    xf.attention_layers attributes {dim = 8 : i64, depth = 2 : i64, heads = 2 : i64, attn_dim_head = 4 : i64, only_attn = true, attn_max_attend_past = [3 : i64, unit], attn_add_zero_kv = true}
  }
}
