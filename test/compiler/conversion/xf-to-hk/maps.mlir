// Computed reads: inputs, maps, slices and the reads of attention.
// RUN: xf-opt %s --convert-xf-to-hk --split-input-file | FileCheck %s

// A map that reads its own element and vectors at its column is elementwise: a rowwise, which fuses.
xf.weight @g : tensor<4xf32> = <"g"[4]>
// CHECK-LABEL: func.func @elementwise
func.func @elementwise(%a: tensor<?x4xf32>, %b: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // CHECK: hk.rowwise %arg0 over row vectors [@g] rows(%arg1) : tensor<?x4xf32> finish (%[[A:.*]]: f32, %[[C:.*]]: i32, %{{.*}}: i32, %[[G:.*]]: f32, %[[B:.*]]: f32) {
  // CHECK-NEXT: %[[SUM:.*]] = arith.addf %[[A]], %[[B]]
  // CHECK-NEXT: %[[Y:.*]] = arith.mulf %[[SUM]], %[[G]]
  // CHECK-NEXT: hk.yield %[[Y]]
  %0 = xf.map (%a, %b) tables [@g] : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32> {
  ^bb0(%c: i32, %i: i32, %n: i32):
    %x = xf.read 0[%c] : f32
    %y = xf.read 1[%c] : f32
    %g = xf.table 0[%c] : f32
    %sum = arith.addf %x, %y : f32
    %z = arith.mulf %sum, %g : f32
    xf.yield %z : f32
  }
  return %0 : tensor<?x4xf32>
}

// -----

// The gated feed-forward: both halves are columns of one operand. The batch that the body does not need goes.
// CHECK-LABEL: func.func @gated
func.func @gated(%h: tensor<?x8xf32>, %batch: !xf.batch) -> tensor<?x4xf32> {
  // CHECK-NEXT: hk.map(%arg0) : (tensor<?x8xf32>) -> tensor<?x4xf32> body (%[[C:.*]]: i32, %{{.*}}: i32, %{{.*}}: i32) {
  // CHECK-NEXT: %[[X:.*]] = hk.read 0[%[[C]]] : f32
  // CHECK-NEXT: %[[HALF:.*]] = arith.constant 4 : i32
  // CHECK-NEXT: %[[D:.*]] = arith.addi %[[C]], %[[HALF]]
  // CHECK-NEXT: %[[G:.*]] = hk.read 0[%[[D]]] : f32
  %x = xf.slice %h offset 0 : tensor<?x8xf32> -> tensor<?x4xf32>
  %g = xf.slice %h offset 4 : tensor<?x8xf32> -> tensor<?x4xf32>
  %0 = xf.map (%x, %g) batch %batch : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32> {
  ^bb0(%c: i32, %i: i32, %n: i32):
    %a = xf.read 0[%c] : f32
    %b = xf.read 1[%c] : f32
    %y = arith.mulf %a, %b : f32
    xf.yield %y : f32
  }
  return %0 : tensor<?x4xf32>
}

// -----

// A row of its sequence, a neighbour, and a two-dimensional table.
xf.weight @t : tensor<3x4xf32> = <"t"[3, 4]>
// CHECK-LABEL: func.func @other_rows
func.func @other_rows(%x: tensor<?x4xf32>, %s: tensor<?x1xf32, "sequences">, %batch: !xf.batch) -> tensor<?x4xf32> {
  // CHECK: hk.map(%arg0, %arg1) tables [@t] batch %arg2 : (tensor<?x4xf32>, tensor<?x1xf32, "sequences">) -> tensor<?x4xf32>
  // CHECK: hk.read 1[%{{.*}}] : f32
  // CHECK: hk.read 0[%{{.*}}] at %{{.*}} : f32
  // CHECK: hk.table 0[%{{.*}}, %{{.*}}] : f32
  %0 = xf.map (%x, %s) tables [@t] batch %batch : (tensor<?x4xf32>, tensor<?x1xf32, "sequences">) -> tensor<?x4xf32> {
  ^bb0(%c: i32, %i: i32, %n: i32):
    %zero = arith.constant 0 : i32
    %one = arith.constant 1 : i32
    %scale = xf.read 1[%zero] : f32
    %back = arith.subi %i, %one : i32
    %row = arith.maxsi %back, %zero : i32
    %before = xf.read 0[%c] at %row : f32
    %w = xf.table 0[%one, %c] : f32
    %y = arith.mulf %before, %scale : f32
    %z = arith.addf %y, %w : f32
    xf.yield %z : f32
  }
  return %0 : tensor<?x4xf32>
}

// -----

// What cannot read columns of a wider value reads a copy, one for all of them.
// CHECK-LABEL: func.func @copies
func.func @copies(%x: tensor<?x8xf32>) -> tensor<?x4xf32> {
  // CHECK-NEXT: %[[COPY:.*]] = hk.map(%arg0) : (tensor<?x8xf32>) -> tensor<?x4xf32> body
  // CHECK: hk.rowwise %[[COPY]] over row combine [add]
  // CHECK: hk.rowwise %{{.*}} over row rows(%[[COPY]])
  // CHECK-NOT: hk.map
  %0 = xf.slice %x offset 2 : tensor<?x8xf32> -> tensor<?x4xf32>
  %1 = xf.norm l2 %0 eps 1.0e-12 : tensor<?x4xf32>
  %2 = xf.add %1, %0 : tensor<?x4xf32>
  return %2 : tensor<?x4xf32>
}

// -----

// So does the caller.
// CHECK-LABEL: func.func @returned
func.func @returned(%x: tensor<?x8xf32>) -> tensor<?x4xf32> {
  // CHECK-NEXT: %[[COPY:.*]] = hk.map(%arg0)
  // CHECK: return %[[COPY]]
  %0 = xf.slice %x offset 2 : tensor<?x8xf32> -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

// CHECK-LABEL: func.func @inputs
func.func @inputs(%batch: !xf.batch) -> tensor<?x1xf32> {
  // CHECK-NEXT: hk.input "mask" fill 1.000000e+00 : tensor<?x1xf32>
  // CHECK-NEXT: hk.input "pos" index : tensor<?x1xf32>
  // CHECK-NEXT: hk.input "prepend_embeds" required scatter prepended : tensor<?x4xf32>
  // CHECK-NEXT: hk.input "attn_bias" fill 0.000000e+00 : tensor<?x2x?xf32>
  %0 = xf.input "mask" fill 1.0 : tensor<?x1xf32>
  %1 = xf.input "pos" index : tensor<?x1xf32>
  %2 = xf.input "prepend_embeds" required scatter prepended : tensor<?x4xf32>
  %3 = xf.input "attn_bias" fill 0.0 : tensor<?x2x?xf32>
  return %0 : tensor<?x1xf32>
}

// -----

// Norms of parts of a row, by the mean square, and to a distribution.
xf.weight @g : tensor<8xf32> = <"g"[8]>
// CHECK-LABEL: func.func @norms
func.func @norms(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  // CHECK: hk.rowwise %arg0 over row groups 2 combine [add] vectors [@g] : tensor<?x8xf32> map
  // CHECK: finish (%[[X:.*]]: f32, %{{.*}}: i32, %[[N:.*]]: i32, %[[SUM:.*]]: f32, %[[G:.*]]: f32) {
  // CHECK-NEXT: %[[W:.*]] = arith.sitofp %[[N]]
  // CHECK-NEXT: %[[MEAN:.*]] = arith.divf %[[SUM]], %[[W]]
  // CHECK: math.rsqrt
  %0 = xf.norm rms %x groups 2 gain @g eps 1.0e-05 : tensor<?x8xf32>
  // CHECK: hk.rowwise %{{.*}} over row groups 4 combine [max, add] : tensor<?x8xf32>
  // CHECK: math.exp
  %1 = xf.norm softmax %0 groups 4 : tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}

// -----

// Everything that attention may read or be told; row operands are columns of one value. A weight that a linear and an attention use
// is declared in both orientations.
xf.weight @sink : tensor<2xf32> = <"s"[2]>
xf.weight @mk : tensor<4x2xf32> = <"mk"[4, 2]>
xf.weight @mix : tensor<2x2xf32> = <"p"[2, 2]>
xf.weight @bias : tensor<2x9xf32> = <"b"[2, 9]>
// CHECK: hk.weight @mix : tensor<2x2xf32>
// CHECK: hk.weight @mix.transposed : tensor<2x2xf32>
// CHECK-LABEL: func.func @attention
func.func @attention(%q: tensor<?x4xf32>, %kv: tensor<?x8xf32, "context">, %s: tensor<?x2xf32>, %len: tensor<?x1xf32, "sequences">,
                     %in: tensor<?x2x?xf32>, %mask: tensor<?x1x?xf32>, %batch: !xf.batch) -> (tensor<?x4xf32>, tensor<?x2x?xf32>) {
  %k = xf.slice %kv offset 0 : tensor<?x8xf32, "context"> -> tensor<?x4xf32, "context">
  %v = xf.slice %kv offset 4 : tensor<?x8xf32, "context"> -> tensor<?x4xf32, "context">
  %w = xf.linear %s weight @mix : tensor<?x2xf32> -> tensor<?x2xf32>
  %s0 = xf.slice %w offset 0 : tensor<?x2xf32> -> tensor<?x1xf32>
  %s1 = xf.slice %w offset 1 : tensor<?x2xf32> -> tensor<?x1xf32>
  // CHECK: %[[W:.*]] = hk.gemm %{{.*}} weight @mix.transposed
  // CHECK: hk.attention %arg0, %arg1, %arg1, %arg6 rows(%[[W]], %arg3 : tensor<?x2xf32>, tensor<?x1xf32, "sequences">) pairs(%arg5 : tensor<?x1x?xf32>)
  // CHECK-SAME: scores_in %arg4 : tensor<?x2x?xf32> tables [@bias] sink @sink memory @mk, @mk zero_key empty zero pre_mix @mix top_k 4 normalizer signed
  // CHECK-SAME: v_offset = 4 : i64
  // CHECK-SAME: -> tensor<?x4xf32>, tensor<?x2x?xf32> score_mod (
  // CHECK: arith.constant 1 : i32
  // CHECK: arith.addi
  // CHECK: hk.read 0[%{{.*}}] at %{{.*}} : f32
  // CHECK: hk.table 0[%{{.*}}, %{{.*}}] : f32
  // CHECK: hk.pair 0[%{{.*}}, %{{.*}}] : f32
  // CHECK: } mask_mod (
  // CHECK: hk.read 1[%{{.*}}] : f32
  // CHECK: } alive_mod (
  %0, %1 = xf.attention %q, %k, %v, %batch rows (%s0, %s1, %len : tensor<?x1xf32>, tensor<?x1xf32>, tensor<?x1xf32, "sequences">)
      pairs (%mask : tensor<?x1x?xf32>) scores_in %in : tensor<?x2x?xf32> tables [@bias] sink @sink memory @mk, @mk zero_key empty zero
      pre_mix @mix top_k 4 normalizer signed
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 2 : i64, value_dim = 2 : i64, scale = 0.5 : f64} score_mod {
  ^bb0(%x: f32, %h: i32, %i: i32, %j: i32):
    %zero = arith.constant 0 : i32
    %a = xf.read 1[%zero] at %i : f32
    %b = xf.table 0[%h, %zero] : f32
    %key = arith.maxsi %j, %zero : i32
    %p = xf.pair 0[%h, %key] : f32
    %y = arith.addf %a, %b : f32
    %z = arith.addf %y, %p : f32
    xf.yield %z : f32
  } mask_mod {
  ^bb0(%h: i32, %i: i32, %j: i32):
    %zero = arith.constant 0 : i32
    %none = arith.constant 0.0 : f32
    %n = xf.read 2[%zero] : f32
    %keep = arith.cmpf ogt, %n, %none : f32
    xf.yield %keep : i1
  } alive_mod {
  ^bb0(%h: i32, %i: i32, %j: i32):
    %keep = arith.cmpi sge, %i, %j : i32
    xf.yield %keep : i1
  } : (tensor<?x4xf32>, tensor<?x4xf32, "context">, tensor<?x4xf32, "context">) -> tensor<?x4xf32>, tensor<?x2x?xf32>
  return %0, %1 : tensor<?x4xf32>, tensor<?x2x?xf32>
}
