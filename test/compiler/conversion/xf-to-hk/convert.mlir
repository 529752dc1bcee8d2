// Each tensor op becomes one structured kernel. That the kernels compute what the ops say is shown by running them.
// RUN: xf-opt %s --convert-xf-to-hk --split-input-file | FileCheck %s

// Attributes of functions stay; the batch changes its type.
xf.weight @tok : tensor<9x4xf32> = <"token_emb.weight"[9, 4]>
xf.weight @types : tensor<2x4xf32> = <"type_emb.weight"[2, 4]>
// CHECK: hk.weight @tok : tensor<9x4xf32> = #xf.recipe<"token_emb.weight"[9, 4]>
// CHECK-LABEL: func.func @embed(%{{.*}}: !hk.batch) -> tensor<?x4xf32> attributes {xf.entry, xf.result_rows = "tokens"}
func.func @embed(%batch: !xf.batch) -> tensor<?x4xf32> attributes {xf.entry, xf.result_rows = "tokens"} {
  // CHECK-NEXT: hk.gather %{{.*}} tables [@tok, @tok, @types] indices ["ids", "positions", "token_types"] : tensor<?x4xf32> epilogue (%[[SUM:.*]]: f32) {
  // CHECK-NEXT: hk.yield %[[SUM]]
  %0 = xf.embed %batch tables [@tok, @tok, @types] indices ["ids", "positions", "token_types"] : tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

// Weights are transposed; one that is a table too is declared twice; one that nothing uses is dropped.
xf.weight @tied : tensor<9x4xf32> = <"token_emb.weight"[9, 4]>
xf.weight @w : tensor<4x9xf32> = <"w"[4, 9]>
xf.weight @b : tensor<4xf32> = <"b"[4]>
xf.weight @unused : tensor<4xf32> = <"u"[4]>
// CHECK: hk.weight @tied : tensor<9x4xf32> = #xf.recipe<"token_emb.weight"[9, 4]>
// CHECK: hk.weight @tied.transposed : tensor<4x9xf32> = #xf.recipe<transpose("token_emb.weight"[9, 4])>
// CHECK: hk.weight @w : tensor<9x4xf32> = #xf.recipe<transpose("w"[4, 9])>
// CHECK: hk.weight @b : tensor<4xf32> = #xf.recipe<"b"[4]>
// CHECK-NOT: @unused
// CHECK-LABEL: func.func @linear
func.func @linear(%batch: !xf.batch) -> tensor<?x4xf32> {
  %0 = xf.embed %batch tables [@tied] indices ["ids"] : tensor<?x4xf32>
  // CHECK: hk.gemm %{{.*}} weight @tied.transposed : tensor<?x4xf32> -> tensor<?x9xf32> epilogue (%[[ACC:.*]]: f32) {
  // CHECK-NEXT: hk.yield %[[ACC]]
  %1 = xf.linear %0 weight @tied : tensor<?x4xf32> -> tensor<?x9xf32>
  // CHECK: hk.gemm %{{.*}} weight @w vectors [@b] : tensor<?x9xf32> -> tensor<?x4xf32> epilogue (%[[ACC:.*]]: f32, %[[B:.*]]: f32) {
  // CHECK-NEXT: arith.addf %[[ACC]], %[[B]]
  %2 = xf.linear %1 weight @w bias @b : tensor<?x9xf32> -> tensor<?x4xf32>
  return %2 : tensor<?x4xf32>
}

// -----

// Layer norm: the mean, then the squares of what is left of it, each a stage.
xf.weight @g : tensor<4xf32> = <"g"[4]>
xf.weight @b : tensor<4xf32> = <"b"[4]>
// CHECK-LABEL: func.func @layer_norm
func.func @layer_norm(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // CHECK-NEXT: hk.rowwise %{{.*}} over row combine [add, add] vectors [@g, @b] : tensor<?x4xf32> map (%[[X:.*]]: f32, %{{.*}}: i32, %{{.*}}: i32) {
  // CHECK-NEXT: hk.yield %[[X]]
  // CHECK-NEXT: } map (%[[X:.*]]: f32, %{{.*}}: i32, %[[N:.*]]: i32, %[[SUM:.*]]: f32) {
  // CHECK-NEXT: %[[COUNT:.*]] = arith.sitofp %[[N]]
  // CHECK-NEXT: %[[MEAN:.*]] = arith.divf %[[SUM]], %[[COUNT]]
  // CHECK-NEXT: %[[D:.*]] = arith.subf %[[X]], %[[MEAN]]
  // CHECK-NEXT: %[[SQUARE:.*]] = arith.mulf %[[D]], %[[D]]
  // CHECK-NEXT: hk.yield %[[SQUARE]]
  // CHECK-NEXT: } finish (%[[X:.*]]: f32, %{{.*}}: i32, %[[N:.*]]: i32, %[[SUM:.*]]: f32, %[[SQUARES:.*]]: f32, %[[G:.*]]: f32, %[[B:.*]]: f32) {
  // CHECK: %[[VAR:.*]] = arith.divf %[[SQUARES]], %{{.*}}
  // CHECK: %[[SAFE:.*]] = arith.addf %[[VAR]], %{{.*}}
  // CHECK: %[[INV:.*]] = math.rsqrt %[[SAFE]]
  // CHECK: %[[D:.*]] = arith.subf %[[X]], %{{.*}}
  // CHECK: %[[Y:.*]] = arith.mulf %[[D]], %[[INV]]
  // CHECK: %[[YG:.*]] = arith.mulf %[[Y]], %[[G]]
  // CHECK: %[[YB:.*]] = arith.addf %[[YG]], %[[B]]
  // CHECK: hk.yield %[[YB]]
  %0 = xf.norm layer %x gain @g bias @b eps 1.0e-05 : tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// Gain and bias each stand alone, and neither leaves anything behind.
// CHECK-LABEL: func.func @norm_vectors
func.func @norm_vectors(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // CHECK: hk.rowwise %{{.*}} vectors [@g] :
  // CHECK: finish ({{.*}}, %[[G:.*]]: f32) {
  // CHECK: %[[Y:.*]] = arith.mulf %{{.*}}, %[[G]]
  // CHECK-NEXT: hk.yield %[[Y]]
  %0 = xf.norm layer %x gain @g eps 1.0e-05 : tensor<?x4xf32>
  // CHECK: hk.rowwise %{{.*}} vectors [@b] :
  // CHECK: finish ({{.*}}, %[[B:.*]]: f32) {
  // CHECK: %[[Y:.*]] = arith.addf %{{.*}}, %[[B]]
  // CHECK-NEXT: hk.yield %[[Y]]
  %1 = xf.norm layer %0 bias @b eps 1.0e-05 : tensor<?x4xf32>
  // CHECK: hk.rowwise %{{.*}} over row combine [add, add] : tensor
  %2 = xf.norm layer %1 eps 1.0e-05 : tensor<?x4xf32>
  return %2 : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @l2_norm
func.func @l2_norm(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // CHECK: hk.rowwise %{{.*}} over row combine [add] : {{.*}} map (%[[X:.*]]: f32, %{{.*}}: i32, %{{.*}}: i32) {
  // CHECK-NEXT: arith.mulf %[[X]], %[[X]]
  // CHECK: } finish (%[[X:.*]]: f32, %{{.*}}: i32, %{{.*}}: i32, %[[SQUARES:.*]]: f32) {
  // CHECK-NEXT: %[[ROOT:.*]] = math.sqrt %[[SQUARES]]
  // CHECK-NEXT: %[[EPS:.*]] = arith.constant 9.99999996E-13 : f32
  // CHECK-NEXT: %[[SAFE:.*]] = arith.maximumf %[[ROOT]], %[[EPS]]
  // CHECK-NEXT: arith.divf %[[X]], %[[SAFE]]
  %0 = xf.norm l2 %x eps 1.0e-12 : tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

// CHECK-LABEL: func.func @elementwise
func.func @elementwise(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // CHECK: hk.rowwise %{{.*}} over row : tensor<?x4xf32> finish (
  // CHECK: math.erf
  %0 = xf.activation gelu %x : tensor<?x4xf32>
  // CHECK: hk.rowwise
  // CHECK: math.exp
  // CHECK: arith.divf
  %1 = xf.activation silu %0 : tensor<?x4xf32>
  // CHECK: hk.rowwise
  // CHECK: %[[RELU:.*]] = arith.maximumf
  // CHECK: arith.mulf %[[RELU]], %[[RELU]]
  %2 = xf.activation relu2 %1 : tensor<?x4xf32>
  // CHECK: hk.rowwise %{{.*}} over row rows(%{{.*}}) : tensor<?x4xf32> finish (%[[A:.*]]: f32, %{{.*}}: i32, %{{.*}}: i32, %[[B:.*]]: f32) {
  // CHECK-NEXT: arith.addf %[[A]], %[[B]]
  %3 = xf.add %2, %y : tensor<?x4xf32>
  return %3 : tensor<?x4xf32>
}

// -----

// Slices become offsets, also slices of slices; regions come along.
// CHECK-LABEL: func.func @attention(
// CHECK-SAME: %[[BATCH:.*]]: !hk.batch, %[[QKV:.*]]: tensor<?x32xf32>)
func.func @attention(%batch: !xf.batch, %qkv: tensor<?x32xf32>) -> tensor<?x16xf32> {
  %q = xf.slice %qkv offset 0 : tensor<?x32xf32> -> tensor<?x16xf32>
  %kv = xf.slice %qkv offset 16 : tensor<?x32xf32> -> tensor<?x16xf32>
  %k = xf.slice %kv offset 0 : tensor<?x16xf32> -> tensor<?x8xf32>
  %v = xf.slice %kv offset 8 : tensor<?x16xf32> -> tensor<?x8xf32>
  // CHECK-NEXT: hk.attention %[[QKV]], %[[QKV]], %[[QKV]], %[[BATCH]]
  // CHECK-SAME: {head_dim = 4 : i64, heads = 4 : i64, k_offset = 16 : i64, kv_heads = 2 : i64, scale = 5.000000e-01 : f32, v_offset = 24 : i64, value_dim = 4 : i64}
  // CHECK-SAME: score_mod (%[[S:.*]]: f32, %{{.*}}: i32, %{{.*}}: i32, %{{.*}}: i32) {
  // CHECK-NEXT: %[[T:.*]] = math.tanh %[[S]]
  // CHECK-NEXT: hk.yield %[[T]] : f32
  // CHECK-NEXT: } mask_mod (%{{.*}}: i32, %[[I:.*]]: i32, %[[J:.*]]: i32) {
  // CHECK-NEXT: %[[KEEP:.*]] = arith.cmpi sge, %[[I]], %[[J]]
  // CHECK-NEXT: hk.yield %[[KEEP]] : i1
  %0 = xf.attention %q, %k, %v, %batch {heads = 4 : i64, kv_heads = 2 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 0.5 : f64}
  score_mod {
  ^bb0(%s: f32, %h: i32, %i: i32, %j: i32):
    %t = math.tanh %s : f32
    xf.yield %t : f32
  } mask_mod {
  ^bb0(%h: i32, %i: i32, %j: i32):
    %keep = arith.cmpi sge, %i, %j : i32
    xf.yield %keep : i1
  } : (tensor<?x16xf32>, tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x16xf32>
  return %0 : tensor<?x16xf32>
}

// -----

// CHECK-LABEL: func.func @pools
func.func @pools(%batch: !xf.batch, %x: tensor<?x4xf32>) -> tensor<?x4xf32, "sequences"> {
  // CHECK: hk.rowwise %{{.*}}, %{{.*}} over sequence combine [add] :
  // CHECK: finish (%[[N:.*]]: i32, %[[SUM:.*]]: f32) {
  // CHECK-NEXT: %[[COUNT:.*]] = arith.sitofp %[[N]]
  // CHECK-NEXT: arith.divf %[[SUM]], %[[COUNT]]
  %0 = xf.pool mean %x, %batch : tensor<?x4xf32> -> tensor<?x4xf32, "sequences">
  // CHECK: hk.rowwise %{{.*}}, %{{.*}} over sequence combine [max] :
  %1 = xf.pool max %x, %batch : tensor<?x4xf32> -> tensor<?x4xf32, "sequences">
  // The first row: every other one counts as 0.
  // CHECK: hk.rowwise %{{.*}}, %{{.*}} over sequence combine [add] : {{.*}} map (%[[X:.*]]: f32, %[[I:.*]]: i32, %[[N:.*]]: i32) {
  // CHECK-NEXT: %[[ROW:.*]] = arith.constant 0 : i32
  // CHECK-NEXT: %[[IS:.*]] = arith.cmpi eq, %[[I]], %[[ROW]]
  // CHECK: arith.select %[[IS]], %[[X]], %{{.*}}
  %2 = xf.pool cls %x, %batch : tensor<?x4xf32> -> tensor<?x4xf32, "sequences">
  // CHECK: hk.rowwise %{{.*}}, %{{.*}} over sequence combine [add] : {{.*}} map (%[[X:.*]]: f32, %[[I:.*]]: i32, %[[N:.*]]: i32) {
  // CHECK-NEXT: %[[ONE:.*]] = arith.constant 1 : i32
  // CHECK-NEXT: %[[ROW:.*]] = arith.subi %[[N]], %[[ONE]]
  // CHECK-NEXT: %[[IS:.*]] = arith.cmpi eq, %[[I]], %[[ROW]]
  // CHECK: arith.select %[[IS]], %[[X]], %{{.*}}
  %3 = xf.pool last %x, %batch : tensor<?x4xf32> -> tensor<?x4xf32, "sequences">
  %4 = xf.add %0, %1 : tensor<?x4xf32, "sequences">
  %5 = xf.add %2, %3 : tensor<?x4xf32, "sequences">
  %6 = xf.add %4, %5 : tensor<?x4xf32, "sequences">
  return %6 : tensor<?x4xf32, "sequences">
}
