// Each op of the hk dialect, in the form of its documentation, survives printing and parsing.
// RUN: xf-opt %s | xf-opt | FileCheck %s
// RUN: xf-opt %s --mlir-print-op-generic | xf-opt | FileCheck %s

// CHECK: hk.weight @layers.0.to_qkv : tensor<384x1152xf32> = "recipe" {layout = #hk.layout<panels>}
hk.weight @layers.0.to_qkv : tensor<384x1152xf32> = "recipe" {layout = #hk.layout<panels>}
// CHECK: hk.weight @layers.0.to_qkv_bias : tensor<1152xf32> = "recipe" {layout = #hk.layout<plain>}
hk.weight @layers.0.to_qkv_bias : tensor<1152xf32> = "recipe" {layout = #hk.layout<plain>}
hk.weight @w : tensor<384x1152xf32> = "recipe"
hk.weight @b : tensor<1152xf32> = "recipe"
hk.weight @g : tensor<384xf32> = "recipe"
hk.weight @tok : tensor<30522x384xf32> = "recipe"
hk.weight @pos : tensor<512x384xf32> = "recipe"

// CHECK-LABEL: func.func @gather
func.func @gather(%batch: !hk.batch) -> tensor<?x384xf32> {
  // CHECK: hk.gather %{{.*}} tables [@tok, @pos] indices [ids, positions] : tensor<?x384xf32> epilogue (%[[SUM:.*]]: f32) {
  // CHECK-NEXT: hk.yield %[[SUM]] : f32
  %y = hk.gather %batch tables [@tok, @pos] indices [ids, positions] : tensor<?x384xf32>
      epilogue (%sum: f32) { hk.yield %sum : f32 }
  return %y : tensor<?x384xf32>
}

// CHECK-LABEL: func.func @gemm
func.func @gemm(%x: tensor<?x384xf32>, %res: tensor<?x1152xf32>) -> tensor<?x1152xf32> {
  // CHECK: hk.gemm %{{.*}} weight @w vectors [@b] rows(%{{.*}}) : tensor<?x384xf32> -> tensor<?x1152xf32> epilogue (%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32) {
  %y = hk.gemm %x weight @w vectors [@b] rows (%res) : tensor<?x384xf32> -> tensor<?x1152xf32>
      epilogue (%acc: f32, %bias: f32, %residual: f32) {
    %0 = arith.addf %acc, %bias : f32
    %1 = arith.addf %0, %residual : f32
    hk.yield %1 : f32
  }
  return %y : tensor<?x1152xf32>
}

// A gemm without extra operands prints neither clause.
// CHECK-LABEL: func.func @plain_gemm
func.func @plain_gemm(%x: tensor<?x384xf32>) -> tensor<?x1152xf32> {
  // CHECK: hk.gemm %{{.*}} weight @w {configs = [#hk.config<target = "x86-64-avx2", variant = "packed", tile_m = 6, tile_n = 16>]} : tensor<?x384xf32> -> tensor<?x1152xf32> epilogue
  %y = hk.gemm %x weight @w {configs = [#hk.config<target = "x86-64-avx2", variant = "packed", tile_n = 16, tile_m = 6>]}
      : tensor<?x384xf32> -> tensor<?x1152xf32>
      epilogue (%acc: f32) { hk.yield %acc : f32 }
  return %y : tensor<?x1152xf32>
}

// CHECK-LABEL: func.func @attention
func.func @attention(%q: tensor<?x384xf32>, %k: tensor<?x384xf32>, %v: tensor<?x384xf32>, %batch: !hk.batch)
    -> tensor<?x384xf32> {
  // CHECK: hk.attention %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {head_dim = 32 : i64, heads = 12 : i64, kv_heads = 12 : i64, scale = 5.000000e-01 : f32, value_dim = 32 : i64} : tensor<?x384xf32>, tensor<?x384xf32>, tensor<?x384xf32> -> tensor<?x384xf32> mask_mod (%[[HEAD:.*]]: i32, %[[QUERY:.*]]: i32, %[[KEY:.*]]: i32) {
  // CHECK-NEXT: arith.cmpi sge, %[[QUERY]], %[[KEY]] : i32
  %o = hk.attention %q, %k, %v, %batch
      {heads = 12 : i64, kv_heads = 12 : i64, head_dim = 32 : i64, value_dim = 32 : i64, scale = 0.5 : f32}
      : tensor<?x384xf32>, tensor<?x384xf32>, tensor<?x384xf32> -> tensor<?x384xf32>
      mask_mod (%head: i32, %query: i32, %key: i32) {
    %0 = arith.cmpi sge, %query, %key : i32
    hk.yield %0 : i1
  }
  return %o : tensor<?x384xf32>
}

// Grouped heads as columns of one operand, with both regions.
// CHECK-LABEL: func.func @shared_attention
func.func @shared_attention(%qkv: tensor<?x256xf32>, %batch: !hk.batch) -> tensor<?x128xf32> {
  // CHECK: hk.attention %[[QKV:.*]], %[[QKV]], %[[QKV]]
  // CHECK-SAME: k_offset = 128 : i64
  // CHECK-SAME: v_offset = 192 : i64
  // CHECK-SAME: score_mod (%{{.*}}: f32, %{{.*}}: i32, %{{.*}}: i32, %{{.*}}: i32) {
  // CHECK: } mask_mod (
  %o = hk.attention %qkv, %qkv, %qkv, %batch
      {heads = 4 : i64, kv_heads = 2 : i64, head_dim = 32 : i64, value_dim = 32 : i64, scale = 0.125 : f32,
       k_offset = 128 : i64, v_offset = 192 : i64}
      : tensor<?x256xf32>, tensor<?x256xf32>, tensor<?x256xf32> -> tensor<?x128xf32>
      score_mod (%s: f32, %h: i32, %i: i32, %j: i32) {
    %0 = math.tanh %s : f32
    hk.yield %0 : f32
  } mask_mod (%h: i32, %i: i32, %j: i32) {
    %0 = arith.cmpi sge, %i, %j : i32
    hk.yield %0 : i1
  }
  return %o : tensor<?x128xf32>
}

// CHECK-LABEL: func.func @rowwise
func.func @rowwise(%x: tensor<?x384xf32>) -> tensor<?x384xf32> {
  // CHECK: hk.rowwise %{{.*}} over row combine [add] vectors [@g] : tensor<?x384xf32> map (%{{.*}}: f32, %{{.*}}: i32, %{{.*}}: i32) {
  // CHECK: } finish (%{{.*}}: f32, %{{.*}}: i32, %{{.*}}: i32, %{{.*}}: f32, %{{.*}}: f32) {
  %y = hk.rowwise %x over row combine [add] vectors [@g] : tensor<?x384xf32>
      map (%x0: f32, %i: i32, %n: i32) {
    %0 = arith.mulf %x0, %x0 : f32
    hk.yield %0 : f32
  } finish (%x0: f32, %i: i32, %n: i32, %sum: f32, %gain: f32) {
    %0 = math.rsqrt %sum : f32
    %1 = arith.mulf %x0, %0 : f32
    %2 = arith.mulf %1, %gain : f32
    hk.yield %2 : f32
  }
  return %y : tensor<?x384xf32>
}

// Two stages over each sequence: the second sees the first.
// CHECK-LABEL: func.func @rowwise_sequence
func.func @rowwise_sequence(%x: tensor<?x384xf32>, %batch: !hk.batch) -> tensor<?x384xf32> {
  // CHECK: hk.rowwise %{{.*}}, %{{.*}} over sequence combine [max, add] : tensor<?x384xf32> map (
  // CHECK: } map (%{{.*}}: f32, %{{.*}}: i32, %{{.*}}: i32, %{{.*}}: f32) {
  // CHECK: } finish (%{{.*}}: i32, %{{.*}}: f32, %{{.*}}: f32) {
  %y = hk.rowwise %x, %batch over sequence combine [max, add] : tensor<?x384xf32>
      map (%x0: f32, %i: i32, %n: i32) { hk.yield %x0 : f32 }
      map (%x0: f32, %i: i32, %n: i32, %max: f32) {
    %0 = arith.subf %x0, %max : f32
    hk.yield %0 : f32
  } finish (%n: i32, %max: f32, %sum: f32) { hk.yield %sum : f32 }
  return %y : tensor<?x384xf32>
}

// CHECK-LABEL: func.func @elementwise
func.func @elementwise(%x: tensor<?x384xf32>, %res: tensor<?x384xf32>) -> tensor<?x384xf32> {
  // CHECK: hk.rowwise %{{.*}} over row rows(%{{.*}}) : tensor<?x384xf32> finish (
  %y = hk.rowwise %x over row rows (%res) : tensor<?x384xf32>
      finish (%x0: f32, %i: i32, %n: i32, %r: f32) {
    %0 = arith.addf %x0, %r : f32
    hk.yield %0 : f32
  }
  return %y : tensor<?x384xf32>
}

// CHECK-LABEL: hk.kernel @gemm_384x1152_bias(%{{.*}}: tensor<?x384xf32>) -> tensor<?x1152xf32> {
hk.kernel @gemm_384x1152_bias(%x: tensor<?x384xf32>) -> tensor<?x1152xf32> {
  // CHECK-NEXT: hk.weight @weight : tensor<384x1152xf32> {layout = #hk.layout<panels>}
  hk.weight @weight : tensor<384x1152xf32> {layout = #hk.layout<panels>}
  hk.weight @vector0 : tensor<1152xf32> {layout = #hk.layout<plain>}
  %0 = hk.gemm %x weight @weight vectors [@vector0] : tensor<?x384xf32> -> tensor<?x1152xf32>
      epilogue (%acc: f32, %bias: f32) {
    %1 = arith.addf %acc, %bias : f32
    hk.yield %1 : f32
  }
  // CHECK: hk.return %{{.*}} : tensor<?x1152xf32>
  hk.return %0 : tensor<?x1152xf32>
}

// A kernel that takes the batch takes it last.
hk.kernel @pool(%x: tensor<?x384xf32>, %batch: !hk.batch) -> tensor<?x384xf32> {
  %0 = hk.rowwise %x, %batch over sequence combine [add] : tensor<?x384xf32>
      map (%x0: f32, %i: i32, %n: i32) { hk.yield %x0 : f32 }
      finish (%n: i32, %sum: f32) { hk.yield %sum : f32 }
  hk.return %0 : tensor<?x384xf32>
}

// CHECK-LABEL: func.func @launch
func.func @launch(%batch: !hk.batch, %x: tensor<?x384xf32>) -> (tensor<?x1152xf32>, tensor<?x384xf32>) {
  // CHECK: hk.launch @gemm_384x1152_bias(%{{.*}}) weights [@layers.0.to_qkv, @layers.0.to_qkv_bias] {op_name = "layers.0.attention", slot = #hk.slot<offset = 384, width = 1152>} : (tensor<?x384xf32>) -> tensor<?x1152xf32>
  %y = hk.launch @gemm_384x1152_bias(%x) weights [@layers.0.to_qkv, @layers.0.to_qkv_bias]
      {op_name = "layers.0.attention", slot = #hk.slot<offset = 384, width = 1152>}
      : (tensor<?x384xf32>) -> tensor<?x1152xf32>
  // CHECK: hk.launch @pool(%{{.*}}) batch %{{.*}} : (tensor<?x384xf32>) -> tensor<?x384xf32>
  %p = hk.launch @pool(%x) batch %batch : (tensor<?x384xf32>) -> tensor<?x384xf32>
  return %y, %p : tensor<?x1152xf32>, tensor<?x384xf32>
}
