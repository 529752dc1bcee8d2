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
  // CHECK: hk.gather %{{.*}} tables [@tok, @pos] indices ["ids", "positions"] : tensor<?x384xf32> epilogue (%[[SUM:.*]]: f32) {
  // CHECK-NEXT: hk.yield %[[SUM]] : f32
  %y = hk.gather %batch tables [@tok, @pos] indices ["ids", "positions"] : tensor<?x384xf32>
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
func.func @rowwise_sequence(%x: tensor<?x384xf32>, %batch: !hk.batch) -> tensor<?x384xf32, "sequences"> {
  // CHECK: hk.rowwise %{{.*}}, %{{.*}} over sequence combine [max, add] : tensor<?x384xf32> -> tensor<?x384xf32, "sequences"> map (
  // CHECK: } map (%{{.*}}: f32, %{{.*}}: i32, %{{.*}}: i32, %{{.*}}: f32) {
  // CHECK: } finish (%{{.*}}: i32, %{{.*}}: f32, %{{.*}}: f32) {
  %y = hk.rowwise %x, %batch over sequence combine [max, add] : tensor<?x384xf32> -> tensor<?x384xf32, "sequences">
      map (%x0: f32, %i: i32, %n: i32) { hk.yield %x0 : f32 }
      map (%x0: f32, %i: i32, %n: i32, %max: f32) {
    %0 = arith.subf %x0, %max : f32
    hk.yield %0 : f32
  } finish (%n: i32, %max: f32, %sum: f32) { hk.yield %sum : f32 }
  return %y : tensor<?x384xf32, "sequences">
}

// CHECK-LABEL: func.func @grouped
func.func @grouped(%x: tensor<?x384xf32>) -> tensor<?x384xf32> {
  // CHECK: hk.rowwise %{{.*}} over row groups 12 combine [max] : tensor<?x384xf32> map (
  %y = hk.rowwise %x over row groups 12 combine [max] : tensor<?x384xf32>
      map (%x0: f32, %i: i32, %n: i32) { hk.yield %x0 : f32 }
      finish (%x0: f32, %i: i32, %n: i32, %max: f32) { hk.yield %max : f32 }
  return %y : tensor<?x384xf32>
}

// CHECK-LABEL: func.func @inputs
func.func @inputs() -> (tensor<?x1xf32>, tensor<?x384xf32, "context">) {
  // CHECK: hk.input "mask" fill 1.000000e+00 : tensor<?x1xf32>
  // CHECK: hk.input "context" required {slot = #hk.slot<offset = 0, width = 384>} : tensor<?x384xf32, "context">
  %mask = hk.input "mask" fill 1.0 : tensor<?x1xf32>
  %context = hk.input "context" required {slot = #hk.slot<offset = 0, width = 384>} : tensor<?x384xf32, "context">
  // CHECK: hk.input "embeds" index scatter all : tensor<?x1xf32>
  %index = hk.input "embeds" index scatter all : tensor<?x1xf32>
  return %mask, %context : tensor<?x1xf32>, tensor<?x384xf32, "context">
}

hk.weight @bias : tensor<12x17xf32> = "recipe"

// CHECK-LABEL: func.func @map
func.func @map(%x: tensor<?x384xf32>, %batch: !hk.batch) -> tensor<?x384xf32> {
  // CHECK: hk.map(%{{.*}}) batch %{{.*}} : (tensor<?x384xf32>) -> tensor<?x384xf32> body (%{{.*}}: i32, %{{.*}}: i32, %{{.*}}: i32) {
  // CHECK: hk.read 0[%{{.*}}] at %{{.*}} : f32
  %y = hk.map (%x) batch %batch : (tensor<?x384xf32>) -> tensor<?x384xf32> body (%c: i32, %i: i32, %n: i32) {
    %0 = arith.constant 0 : i32
    %1 = arith.constant 1 : i32
    %2 = arith.subi %i, %1 : i32
    %3 = arith.maxsi %2, %0 : i32
    %4 = hk.read 0[%c] at %3 : f32
    hk.yield %4 : f32
  }
  return %y : tensor<?x384xf32>
}

// CHECK-LABEL: func.func @reads
func.func @reads(%a: tensor<?x384xf32>, %batch: !hk.batch) -> tensor<?x384xf32> {
  // CHECK: hk.map(%{{.*}}) tables [@bias] batch
  %0 = hk.map (%a) tables [@bias] batch %batch : (tensor<?x384xf32>) -> tensor<?x384xf32> body (%c: i32, %j: i32, %n: i32) {
    // CHECK: hk.read 0[%{{.*}}] : f32
    %x = hk.read 0[%c] : f32
    %y = hk.read 0[%c] at %j : f32
    %h = arith.constant 3 : i32
    %distance = arith.constant 4 : i32
    // CHECK: hk.table 0[%{{.*}}, %{{.*}}] : f32
    %w = hk.table 0[%h, %distance] : f32
    hk.yield %w : f32
  }
  return %0 : tensor<?x384xf32>
}

// What attention may read and be told.
// CHECK-LABEL: func.func @scores
func.func @scores(%q: tensor<?x384xf32>, %mask: tensor<?x1xf32>, %p: tensor<?x12x?xf32>, %batch: !hk.batch) -> tensor<?x384xf32> {
  // CHECK: hk.attention %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} rows(%{{.*}} : tensor<?x1xf32>) pairs(%{{.*}} : tensor<?x12x?xf32>)
  // CHECK-SAME: scores_in %{{.*}} : tensor<?x12x?xf32> tables [@bias] zero_key empty zero top_k 4 normalizer queries
  // CHECK-SAME: l2_distance
  // CHECK-SAME: -> tensor<?x384xf32>, tensor<?x12x?xf32> score_mod (
  // CHECK: hk.pair 0[%{{.*}}, %{{.*}}] : f32
  // CHECK: } alive_mod (
  %0, %1 = hk.attention %q, %q, %q, %batch rows (%mask : tensor<?x1xf32>) pairs (%p : tensor<?x12x?xf32>)
      scores_in %p : tensor<?x12x?xf32> tables [@bias] zero_key empty zero top_k 4 normalizer queries
      {heads = 12 : i64, kv_heads = 12 : i64, head_dim = 32 : i64, value_dim = 32 : i64, scale = 0.5 : f32, l2_distance}
      : tensor<?x384xf32>, tensor<?x384xf32>, tensor<?x384xf32> -> tensor<?x384xf32>, tensor<?x12x?xf32>
      score_mod (%s: f32, %h: i32, %i: i32, %j: i32) {
    %b = hk.pair 0[%h, %j] : f32
    %2 = arith.addf %s, %b : f32
    hk.yield %2 : f32
  } alive_mod (%h: i32, %i: i32, %j: i32) {
    %zero = arith.constant 0 : i32
    %none = arith.constant 0.0 : f32
    %m = hk.read 0[%zero] at %j : f32
    %keep = arith.cmpf ogt, %m, %none : f32
    hk.yield %keep : i1
  }
  return %0 : tensor<?x384xf32>
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
hk.kernel @pool(%x: tensor<?x384xf32>, %batch: !hk.batch) -> tensor<?x384xf32, "sequences"> {
  %0 = hk.rowwise %x, %batch over sequence combine [add] : tensor<?x384xf32> -> tensor<?x384xf32, "sequences">
      map (%x0: f32, %i: i32, %n: i32) { hk.yield %x0 : f32 }
      finish (%n: i32, %sum: f32) { hk.yield %sum : f32 }
  hk.return %0 : tensor<?x384xf32, "sequences">
}

hk.kernel @plain_kernel(%x: tensor<?x384xf32>) -> tensor<?x384xf32> {
  %0 = hk.rowwise %x over row : tensor<?x384xf32> finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  hk.return %0 : tensor<?x384xf32>
}

// Two results: rows, and a pair value with a slot of its own.
// CHECK: hk.kernel @scores_kernel(%{{.*}}: tensor<?x384xf32>, %{{.*}}: !hk.batch) -> (tensor<?x384xf32>, tensor<?x12x?xf32>) {
hk.kernel @scores_kernel(%q: tensor<?x384xf32>, %batch: !hk.batch) -> (tensor<?x384xf32>, tensor<?x12x?xf32>) {
  %0, %1 = hk.attention %q, %q, %q, %batch
      {heads = 12 : i64, kv_heads = 12 : i64, head_dim = 32 : i64, value_dim = 32 : i64, scale = 0.5 : f32}
      : tensor<?x384xf32>, tensor<?x384xf32>, tensor<?x384xf32> -> tensor<?x384xf32>, tensor<?x12x?xf32>
  // CHECK: hk.return %{{.*}}, %{{.*}} : tensor<?x384xf32>, tensor<?x12x?xf32>
  hk.return %0, %1 : tensor<?x384xf32>, tensor<?x12x?xf32>
}
// CHECK-LABEL: func.func @launch_scores
func.func @launch_scores(%batch: !hk.batch, %x: tensor<?x384xf32>) -> tensor<?x384xf32> {
  // CHECK: %{{.*}}, %{{.*}} = hk.launch @scores_kernel(%{{.*}}) batch %{{.*}} {scores_slot = #hk.slot<offset = 0, width = 12>, slot = #hk.slot<offset = 0, width = 384>} : (tensor<?x384xf32>) -> (tensor<?x384xf32>, tensor<?x12x?xf32>)
  %y, %s = hk.launch @scores_kernel(%x) batch %batch {slot = #hk.slot<offset = 0, width = 384>, scores_slot = #hk.slot<offset = 0, width = 12>}
      : (tensor<?x384xf32>) -> (tensor<?x384xf32>, tensor<?x12x?xf32>)
  return %y : tensor<?x384xf32>
}

// CHECK-LABEL: func.func @launch
func.func @launch(%batch: !hk.batch, %x: tensor<?x384xf32>) -> (tensor<?x1152xf32>, tensor<?x384xf32, "sequences">) {
  // CHECK: hk.launch @gemm_384x1152_bias(%{{.*}}) weights [@layers.0.to_qkv, @layers.0.to_qkv_bias] {op_name = "layers.0.attention", slot = #hk.slot<offset = 384, width = 1152>} : (tensor<?x384xf32>) -> tensor<?x1152xf32>
  %y = hk.launch @gemm_384x1152_bias(%x) weights [@layers.0.to_qkv, @layers.0.to_qkv_bias]
      {op_name = "layers.0.attention", slot = #hk.slot<offset = 384, width = 1152>}
      : (tensor<?x384xf32>) -> tensor<?x1152xf32>
  // CHECK: hk.launch @pool(%{{.*}}) batch %{{.*}} : (tensor<?x384xf32>) -> tensor<?x384xf32, "sequences">
  %p = hk.launch @pool(%x) batch %batch : (tensor<?x384xf32>) -> tensor<?x384xf32, "sequences">
  return %y, %p : tensor<?x1152xf32>, tensor<?x384xf32, "sequences">
}
