// One kernel per distinct signature, a launch per use.
// RUN: xf-opt %s --hk-outline-kernels --split-input-file | FileCheck %s

// The same gemm with other weights and another operand is the same kernel; launches keep operands and are named by
// their place in the model, by the kernel where they have none.
hk.weight @w0 : tensor<4x4xf32> = "recipe"
hk.weight @b0 : tensor<4xf32> = "recipe"
hk.weight @w1 : tensor<4x4xf32> = "recipe"
hk.weight @b1 : tensor<4xf32> = "recipe"
// CHECK: hk.kernel @gemm_4x4_bias(%[[X:.*]]: tensor<?x4xf32>) -> tensor<?x4xf32> {
// CHECK-NEXT: hk.weight @weight : tensor<4x4xf32>
// CHECK-NEXT: hk.weight @vector0 : tensor<4xf32>
// CHECK-NEXT: %[[Y:.*]] = hk.gemm %[[X]] weight @weight vectors [@vector0] :
// CHECK: hk.return %[[Y]] : tensor<?x4xf32>
// CHECK-NOT: hk.kernel
// CHECK-LABEL: func.func @same(
// CHECK-SAME: %[[ARG:.*]]: tensor<?x4xf32>)
func.func @same(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // CHECK-NEXT: %[[A:.*]] = hk.launch @gemm_4x4_bias(%[[ARG]]) weights [@w0, @b0] {op_name = "layers.0.to_out"} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  // CHECK-NEXT: %[[B:.*]] = hk.launch @gemm_4x4_bias(%[[A]]) weights [@w1, @b1] {op_name = "gemm_4x4_bias"} :
  // CHECK-NEXT: return %[[B]]
  %0 = hk.gemm %x weight @w0 vectors [@b0] : tensor<?x4xf32> -> tensor<?x4xf32> epilogue (%acc: f32, %b: f32) {
    %2 = arith.addf %acc, %b : f32
    hk.yield %2 : f32
  } loc("layers.0.to_out"("model.xf":3:1))
  %1 = hk.gemm %0 weight @w1 vectors [@b1] : tensor<?x4xf32> -> tensor<?x4xf32> epilogue (%acc: f32, %b: f32) {
    %2 = arith.addf %acc, %b : f32
    hk.yield %2 : f32
  }
  return %1 : tensor<?x4xf32>
}

// -----

// Anything else that differs makes another kernel, with a number where the name would be the same.
hk.weight @w : tensor<4x4xf32> = "recipe"
hk.weight @b : tensor<4xf32> = "recipe"
// CHECK: hk.kernel @gemm_4x4(
// CHECK: hk.kernel @gemm_4x4_residual(
// CHECK: hk.kernel @gemm_4x4_bias(
// CHECK: arith.addf
// CHECK: hk.kernel @[[OTHER:gemm_4x4_bias_[0-9]+]](
// CHECK: arith.mulf
// CHECK: hk.kernel @gemm_4x4_erf(
// CHECK-LABEL: func.func @differ(
func.func @differ(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = hk.gemm %x weight @w : tensor<?x4xf32> -> tensor<?x4xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  // One value in two roles is two arguments: another use may have two values.
  // CHECK: hk.launch @gemm_4x4_residual(%[[A:.*]], %[[A]])
  %1 = hk.gemm %0 weight @w rows (%0) : tensor<?x4xf32> -> tensor<?x4xf32> epilogue (%acc: f32, %r: f32) { hk.yield %r : f32 }
  %2 = hk.gemm %1 weight @w vectors [@b] : tensor<?x4xf32> -> tensor<?x4xf32> epilogue (%acc: f32, %b: f32) {
    %5 = arith.addf %acc, %b : f32
    hk.yield %5 : f32
  }
  // CHECK: hk.launch @[[OTHER]](
  %3 = hk.gemm %2 weight @w vectors [@b] : tensor<?x4xf32> -> tensor<?x4xf32> epilogue (%acc: f32, %b: f32) {
    %5 = arith.mulf %acc, %b : f32
    hk.yield %5 : f32
  }
  %4 = hk.gemm %3 weight @w : tensor<?x4xf32> -> tensor<?x4xf32> epilogue (%acc: f32) {
    %5 = math.erf %acc : f32
    hk.yield %5 : f32
  }
  return %4 : tensor<?x4xf32>
}

// -----

// Functions share kernels. q, k and v of one value are one argument, of different values three; the batch comes last.
// CHECK: hk.kernel @attention_2x4_mask(%[[QKV:.*]]: tensor<?x24xf32>, %[[BATCH:.*]]: !hk.batch) -> tensor<?x8xf32> {
// CHECK-NEXT: hk.attention %[[QKV]], %[[QKV]], %[[QKV]], %[[BATCH]]
// CHECK: hk.kernel @attention_2x4(%[[Q:.*]]: tensor<?x8xf32>, %[[K:.*]]: tensor<?x8xf32>, %[[V:.*]]: tensor<?x8xf32>, %[[BATCH:.*]]: !hk.batch)
// CHECK-NEXT: hk.attention %[[Q]], %[[K]], %[[V]], %[[BATCH]]
// CHECK-LABEL: func.func @shared(
func.func @shared(%batch: !hk.batch, %qkv: tensor<?x24xf32>) -> tensor<?x8xf32> {
  // CHECK: hk.launch @attention_2x4_mask(%{{.*}}) batch %{{.*}} {op_name = "attention_2x4_mask"} : (tensor<?x24xf32>) -> tensor<?x8xf32>
  %0 = hk.attention %qkv, %qkv, %qkv, %batch {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 4 : i64, value_dim = 4 : i64,
      scale = 0.5 : f32, k_offset = 8 : i64, v_offset = 16 : i64}
      : tensor<?x24xf32>, tensor<?x24xf32>, tensor<?x24xf32> -> tensor<?x8xf32> mask_mod (%h: i32, %i: i32, %j: i32) {
    %1 = arith.cmpi sge, %i, %j : i32
    hk.yield %1 : i1
  }
  return %0 : tensor<?x8xf32>
}
// CHECK-LABEL: func.func @apart(
func.func @apart(%batch: !hk.batch, %q: tensor<?x8xf32>, %k: tensor<?x8xf32>) -> tensor<?x8xf32> {
  // CHECK: hk.launch @attention_2x4(%[[Q:.*]], %[[K:.*]], %[[K]]) batch
  %0 = hk.attention %q, %k, %k, %batch {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 0.5 : f32}
      : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}
// CHECK-LABEL: func.func @shared_again(
func.func @shared_again(%batch: !hk.batch, %qkv: tensor<?x24xf32>) -> tensor<?x8xf32> {
  // CHECK: hk.launch @attention_2x4_mask(
  %0 = hk.attention %qkv, %qkv, %qkv, %batch {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 4 : i64, value_dim = 4 : i64,
      scale = 0.5 : f32, k_offset = 8 : i64, v_offset = 16 : i64}
      : tensor<?x24xf32>, tensor<?x24xf32>, tensor<?x24xf32> -> tensor<?x8xf32> mask_mod (%h: i32, %i: i32, %j: i32) {
    %1 = arith.cmpi sge, %i, %j : i32
    hk.yield %1 : i1
  }
  return %0 : tensor<?x8xf32>
}

// -----

// The other kinds, and the names of their formal weights. A gather has no rows at all.
hk.weight @tok : tensor<9x4xf32> = "recipe"
hk.weight @pos : tensor<5x4xf32> = "recipe"
hk.weight @g : tensor<4xf32> = "recipe"
// CHECK: hk.kernel @gather_4(%{{.*}}: !hk.batch) -> tensor<?x4xf32> {
// CHECK-NEXT: hk.weight @table0 : tensor<9x4xf32>
// CHECK-NEXT: hk.weight @table1 : tensor<5x4xf32>
// CHECK: hk.kernel @rowwise_4_tanh(%[[X:.*]]: tensor<?x4xf32>, %[[R:.*]]: tensor<?x4xf32>) -> tensor<?x4xf32> {
// CHECK-NEXT: hk.weight @vector0 : tensor<4xf32>
// CHECK-NEXT: hk.rowwise %[[X]] over row vectors [@vector0] rows(%[[R]])
// CHECK: hk.kernel @pool_4(%[[X:.*]]: tensor<?x4xf32>, %[[R:.*]]: tensor<?x4xf32, "sequences">, %[[B:.*]]: !hk.batch) -> tensor<?x4xf32, "sequences"> {
// CHECK-NEXT: hk.rowwise %[[X]], %[[B]] over sequence combine [max] rows(%[[R]])
// CHECK-LABEL: func.func @kinds(
func.func @kinds(%batch: !hk.batch, %pooled: tensor<?x4xf32, "sequences">) -> tensor<?x4xf32, "sequences"> {
  // CHECK: hk.launch @gather_4() weights [@tok, @pos] batch %{{.*}} {{.*}} : () -> tensor<?x4xf32>
  %0 = hk.gather %batch tables [@tok, @pos] indices ["ids", "positions"] : tensor<?x4xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  %1 = hk.rowwise %0 over row vectors [@g] rows (%0) : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32, %g: f32, %r: f32) {
    %3 = math.tanh %g : f32
    hk.yield %3 : f32
  }
  // CHECK: hk.launch @pool_4(%{{.*}}, %{{.*}}) batch %{{.*}} {{.*}} : (tensor<?x4xf32>, tensor<?x4xf32, "sequences">) -> tensor<?x4xf32, "sequences">
  %2 = hk.rowwise %1, %batch over sequence combine [max] rows (%pooled) : tensor<?x4xf32> -> tensor<?x4xf32, "sequences">
      map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 } finish (%n: i32, %max: f32, %r: f32) { hk.yield %max : f32 }
  return %2 : tensor<?x4xf32, "sequences">
}

// -----

// What attention reads are arguments in order: rows, pairs, scores; its weights are named by what they are. Two results are two of
// the launch. Inputs stay where they are.
hk.weight @bias : tensor<2x9xf32> = "recipe"
hk.weight @p : tensor<2x2xf32> = "recipe"
// CHECK: hk.kernel @attention_2x2_mask(%[[Q:.*]]: tensor<?x4xf32>, %[[M:.*]]: tensor<?x4xf32>, %[[P:.*]]: tensor<?x1x?xf32>, %[[S:.*]]: tensor<?x2x?xf32>, %[[B:.*]]: !hk.batch) -> (tensor<?x4xf32>, tensor<?x2x?xf32>) {
// CHECK-NEXT: hk.weight @table0 : tensor<2x9xf32>
// CHECK-NEXT: hk.weight @pre_mix : tensor<2x2xf32>
// CHECK-NEXT: hk.weight @post_mix : tensor<2x2xf32>
// CHECK-NEXT: hk.attention %[[Q]], %[[Q]], %[[Q]], %[[B]] rows(%[[M]] : tensor<?x4xf32>) pairs(%[[P]] : tensor<?x1x?xf32>) scores_in %[[S]] : tensor<?x2x?xf32> tables [@table0] pre_mix @pre_mix post_mix @post_mix
// CHECK: hk.kernel @map_4_sin(%{{.*}}: tensor<?x4xf32>) -> tensor<?x4xf32> {
// CHECK-LABEL: func.func @reads(
func.func @reads(%batch: !hk.batch, %q: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // CHECK-NEXT: hk.input "attn_mask"
  // CHECK-NEXT: hk.input "prev"
  // CHECK-NEXT: %[[Y:.*]], %{{.*}} = hk.launch @attention_2x2_mask(%arg1, %arg1, %{{.*}}, %{{.*}}) weights [@bias, @p, @p] batch %arg0
  // CHECK-NEXT: hk.launch @map_4_sin(%[[Y]]) {
  %p = hk.input "attn_mask" fill 1.0 : tensor<?x1x?xf32>
  %s = hk.input "prev" fill 0.0 : tensor<?x2x?xf32>
  %0, %1 = hk.attention %q, %q, %q, %batch rows (%q : tensor<?x4xf32>) pairs (%p : tensor<?x1x?xf32>)
      scores_in %s : tensor<?x2x?xf32> tables [@bias] pre_mix @p post_mix @p
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 2 : i64, value_dim = 2 : i64, scale = 0.5 : f32}
      : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>, tensor<?x2x?xf32>
      mask_mod (%h: i32, %i: i32, %j: i32) {
    %k = arith.cmpi sge, %i, %j : i32
    hk.yield %k : i1
  }
  %2 = hk.map (%0) : (tensor<?x4xf32>) -> tensor<?x4xf32> body (%c: i32, %i: i32, %n: i32) {
    %x = hk.read 0[%c] : f32
    %y = math.sin %x : f32
    hk.yield %y : f32
  }
  return %2 : tensor<?x4xf32>
}
