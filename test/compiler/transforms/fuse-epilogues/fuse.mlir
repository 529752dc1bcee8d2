// Elementwise kernels end up in the region of the kernel that makes their operand.
// RUN: xf-opt %s --hk-fuse-epilogues --split-input-file | FileCheck %s

// The residual becomes a row operand of the gemm.
hk.weight @w : tensor<8x4xf32> = "recipe"
// CHECK-LABEL: func.func @residual(
// CHECK-SAME: %[[X:.*]]: tensor<?x8xf32>, %[[RES:.*]]: tensor<?x4xf32>)
func.func @residual(%x: tensor<?x8xf32>, %res: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // CHECK-NEXT: %[[Y:.*]] = hk.gemm %[[X]] weight @w rows(%[[RES]]) : tensor<?x8xf32> -> tensor<?x4xf32> epilogue (%[[ACC:.*]]: f32, %[[R:.*]]: f32) {
  // CHECK-NEXT: %[[SUM:.*]] = arith.addf %[[ACC]], %[[R]] : f32
  // CHECK-NEXT: hk.yield %[[SUM]] : f32
  // CHECK-NEXT: }
  // CHECK-NEXT: return %[[Y]]
  %0 = hk.gemm %x weight @w : tensor<?x8xf32> -> tensor<?x4xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  %1 = hk.rowwise %0 over row rows (%res) : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32, %r: f32) {
    %2 = arith.addf %v, %r : f32
    hk.yield %2 : f32
  }
  return %1 : tensor<?x4xf32>
}

// -----

// The gemm's result may be the second operand; what it adds to is computed after it, so the gemm moves down.
hk.weight @w : tensor<4x4xf32> = "recipe"
// CHECK-LABEL: func.func @second_operand(
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>)
func.func @second_operand(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  // CHECK-NEXT: %[[RES:.*]] = hk.rowwise %[[X]] over row combine [add]
  // CHECK: hk.gemm %[[X]] weight @w rows(%[[RES]])
  // CHECK-SAME: epilogue (%[[ACC:.*]]: f32, %[[R:.*]]: f32)
  // CHECK-NEXT: arith.subf %[[R]], %[[ACC]]
  // CHECK-NOT: hk.
  // CHECK: hk.yield
  %0 = hk.gemm %x weight @w : tensor<?x4xf32> -> tensor<?x4xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  %1 = hk.rowwise %x over row combine [add] : tensor<?x4xf32> map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
      finish (%v: f32, %i: i32, %n: i32, %sum: f32) { hk.yield %sum : f32 }
  %2 = hk.rowwise %1 over row rows (%0, %1) : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32, %r: f32, %s: f32) {
    %3 = arith.subf %v, %r : f32
    hk.yield %3 : f32
  }
  return %1, %2 : tensor<?x4xf32>, tensor<?x4xf32>
}

// -----

// A chain: activation, then a vector and a residual; vectors come before rows, and one given twice is one argument.
hk.weight @w : tensor<8x4xf32> = "recipe"
hk.weight @b : tensor<4xf32> = "recipe"
hk.weight @g : tensor<4xf32> = "recipe"
// CHECK-LABEL: func.func @chain(
// CHECK-SAME: %[[X:.*]]: tensor<?x8xf32>, %[[RES:.*]]: tensor<?x4xf32>)
func.func @chain(%x: tensor<?x8xf32>, %res: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // CHECK-NEXT: hk.gemm %[[X]] weight @w vectors [@b, @g] rows(%[[RES]])
  // CHECK-SAME: epilogue (%[[ACC:.*]]: f32, %[[B:.*]]: f32, %[[G:.*]]: f32, %[[R:.*]]: f32) {
  // CHECK-NEXT: %[[A0:.*]] = arith.addf %[[ACC]], %[[B]]
  // CHECK-NEXT: %[[A1:.*]] = math.tanh %[[A0]]
  // CHECK-NEXT: %[[A2:.*]] = arith.mulf %[[A1]], %[[G]]
  // CHECK-NEXT: %[[A3:.*]] = arith.addf %[[A2]], %[[B]]
  // CHECK-NEXT: %[[A4:.*]] = arith.addf %[[A3]], %[[R]]
  // CHECK-NEXT: hk.yield %[[A4]]
  // CHECK-NOT: hk.rowwise
  %0 = hk.gemm %x weight @w vectors [@b] : tensor<?x8xf32> -> tensor<?x4xf32> epilogue (%acc: f32, %b: f32) {
    %4 = arith.addf %acc, %b : f32
    hk.yield %4 : f32
  }
  %1 = hk.rowwise %0 over row : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32) {
    %4 = math.tanh %v : f32
    hk.yield %4 : f32
  }
  %2 = hk.rowwise %1 over row vectors [@g, @b] rows (%res) : tensor<?x4xf32>
      finish (%v: f32, %i: i32, %n: i32, %g: f32, %b: f32, %r: f32) {
    %4 = arith.mulf %v, %g : f32
    %5 = arith.addf %4, %b : f32
    %6 = arith.addf %5, %r : f32
    hk.yield %6 : f32
  }
  return %2 : tensor<?x4xf32>
}

// -----

// In a rowwise producer the column stays known, and its own operand is not given twice.
// CHECK-LABEL: func.func @into_rowwise(
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>)
func.func @into_rowwise(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // CHECK-NEXT: hk.rowwise %[[X]] over row combine [add] : tensor<?x4xf32> map
  // CHECK: finish (%[[V:.*]]: f32, %[[I:.*]]: i32, %[[N:.*]]: i32, %[[SUM:.*]]: f32) {
  // CHECK-NEXT: %[[A:.*]] = arith.addf %[[SUM]], %[[V]]
  // CHECK-NEXT: %[[F:.*]] = arith.sitofp %[[I]]
  // CHECK-NEXT: arith.mulf %[[A]], %[[F]]
  // CHECK-NOT: hk.rowwise
  %0 = hk.rowwise %x over row combine [add] : tensor<?x4xf32> map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
      finish (%v: f32, %i: i32, %n: i32, %sum: f32) { hk.yield %sum : f32 }
  %1 = hk.rowwise %0 over row rows (%x) : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32, %r: f32) {
    %2 = arith.addf %v, %r : f32
    %3 = arith.sitofp %i : i32 to f32
    %4 = arith.mulf %2, %3 : f32
    hk.yield %4 : f32
  }
  return %1 : tensor<?x4xf32>
}

// -----

// After pooling, and in a gemm, `n` of the elementwise map is the width, a constant.
// CHECK-LABEL: func.func @width(
func.func @width(%x: tensor<?x4xf32>, %batch: !hk.batch) -> tensor<?x4xf32, "sequences"> {
  // CHECK: finish (%{{.*}}: i32, %[[SUM:.*]]: f32) {
  // CHECK-NEXT: %[[W:.*]] = arith.constant 4 : i32
  // CHECK-NEXT: %[[F:.*]] = arith.sitofp %[[W]]
  // CHECK-NEXT: arith.divf %[[SUM]], %[[F]]
  // CHECK-NOT: hk.rowwise
  %0 = hk.rowwise %x, %batch over sequence combine [add] : tensor<?x4xf32> -> tensor<?x4xf32, "sequences">
      map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 } finish (%n: i32, %sum: f32) { hk.yield %sum : f32 }
  %1 = hk.rowwise %0 over row : tensor<?x4xf32, "sequences"> finish (%v: f32, %i: i32, %n: i32) {
    %2 = arith.sitofp %n : i32 to f32
    %3 = arith.divf %v, %2 : f32
    hk.yield %3 : f32
  }
  return %1 : tensor<?x4xf32, "sequences">
}

// -----

// The embedding takes work on its sum, but no operand.
hk.weight @tok : tensor<9x4xf32> = "recipe"
// CHECK-LABEL: func.func @gather(
func.func @gather(%batch: !hk.batch, %res: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // CHECK: hk.gather
  // CHECK-NEXT: math.tanh
  // CHECK: hk.rowwise %{{.*}} over row rows
  %0 = hk.gather %batch tables [@tok] indices ["ids"] : tensor<?x4xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  %1 = hk.rowwise %0 over row : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32) {
    %3 = math.tanh %v : f32
    hk.yield %3 : f32
  }
  %2 = hk.rowwise %1 over row rows (%res) : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32, %r: f32) {
    %3 = arith.addf %v, %r : f32
    hk.yield %3 : f32
  }
  return %2 : tensor<?x4xf32>
}

// -----

// What stays: a result that something else reads, work that needs the column in a gemm, and a reduction.
hk.weight @w : tensor<4x4xf32> = "recipe"
// CHECK-LABEL: func.func @stays(
func.func @stays(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
  // CHECK-COUNT-4: hk.rowwise
  %0 = hk.gemm %x weight @w : tensor<?x4xf32> -> tensor<?x4xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  %1 = hk.rowwise %0 over row : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32) {
    %2 = math.tanh %v : f32
    hk.yield %2 : f32
  }
  %3 = hk.gemm %1 weight @w : tensor<?x4xf32> -> tensor<?x4xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  %4 = hk.rowwise %3 over row : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32) {
    %2 = arith.sitofp %i : i32 to f32
    hk.yield %2 : f32
  }
  %5 = hk.gemm %4 weight @w : tensor<?x4xf32> -> tensor<?x4xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  %6 = hk.rowwise %5 over row combine [add] : tensor<?x4xf32> map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
      finish (%v: f32, %i: i32, %n: i32, %sum: f32) { hk.yield %sum : f32 }
  // An argument has no producer.
  %7 = hk.rowwise %x over row : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32) {
    %2 = math.tanh %v : f32
    hk.yield %2 : f32
  }
  return %0, %4, %6, %7 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}

// -----

// Of two producers the later one takes the work, so that the sum of two gemms costs nothing.
hk.weight @a : tensor<8x4xf32> = "recipe"
hk.weight @b : tensor<8x4xf32> = "recipe"
// CHECK-LABEL: func.func @two_producers(
func.func @two_producers(%x: tensor<?x8xf32>) -> tensor<?x4xf32> {
  // CHECK: %[[A:.*]] = hk.gemm %{{.*}} weight @a :
  // CHECK: hk.gemm %{{.*}} weight @b rows(%[[A]])
  // CHECK-NOT: hk.rowwise
  %0 = hk.gemm %x weight @a : tensor<?x8xf32> -> tensor<?x4xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  %1 = hk.gemm %x weight @b : tensor<?x8xf32> -> tensor<?x4xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  %2 = hk.rowwise %0 over row rows (%1) : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32, %r: f32) {
    %3 = arith.addf %v, %r : f32
    hk.yield %3 : f32
  }
  return %2 : tensor<?x4xf32>
}

// -----

// One value as both operands is still one use.
hk.weight @a : tensor<8x4xf32> = "recipe"
// CHECK-LABEL: func.func @squared(
func.func @squared(%x: tensor<?x8xf32>) -> tensor<?x4xf32> {
  // CHECK: hk.gemm %{{.*}} weight @a : {{.*}} epilogue (%[[ACC:.*]]: f32) {
  // CHECK-NEXT: arith.mulf %[[ACC]], %[[ACC]]
  // CHECK-NOT: hk.rowwise
  %0 = hk.gemm %x weight @a : tensor<?x8xf32> -> tensor<?x4xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  %1 = hk.rowwise %0 over row rows (%0) : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32, %r: f32) {
    %2 = arith.mulf %v, %r : f32
    hk.yield %2 : f32
  }
  return %1 : tensor<?x4xf32>
}

// -----

// Within a group of a row the norm knows its column of the group only: what needs the row's column stays, the rest goes in.
// CHECK-LABEL: func.func @groups(
func.func @groups(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // CHECK: hk.rowwise %{{.*}} over row groups 2 combine [add] rows(%{{.*}}) : tensor<?x4xf32>
  // CHECK: math.tanh
  // CHECK: hk.rowwise
  // CHECK: arith.sitofp
  %0 = hk.rowwise %x over row groups 2 combine [add] : tensor<?x4xf32>
      map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 } finish (%v: f32, %i: i32, %n: i32, %sum: f32) { hk.yield %sum : f32 }
  %1 = hk.rowwise %0 over row rows (%y) : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32, %r: f32) {
    %3 = math.tanh %r : f32
    hk.yield %3 : f32
  }
  %2 = hk.rowwise %1 over row : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32) {
    %3 = arith.sitofp %i : i32 to f32
    hk.yield %3 : f32
  }
  return %2 : tensor<?x4xf32>
}

// -----

// A map takes elementwise work in as reads of its own element.
hk.weight @g : tensor<4xf32> = "recipe"
// CHECK-LABEL: func.func @map(
// CHECK-SAME: %[[X:.*]]: tensor<?x8xf32>, %[[RES:.*]]: tensor<?x4xf32>)
func.func @map(%x: tensor<?x8xf32>, %res: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // CHECK-NEXT: hk.map(%[[X]], %[[RES]]) tables [@g] : (tensor<?x8xf32>, tensor<?x4xf32>) -> tensor<?x4xf32> body (%[[C:.*]]: i32, %{{.*}}: i32, %{{.*}}: i32) {
  // CHECK: %[[A:.*]] = hk.read 0[%{{.*}}] : f32
  // CHECK-NEXT: %[[G:.*]] = hk.table 0[%[[C]]] : f32
  // CHECK-NEXT: %[[R:.*]] = hk.read 1[%[[C]]] : f32
  // CHECK-NEXT: %[[P:.*]] = arith.mulf %[[A]], %[[G]]
  // CHECK-NEXT: %[[Y:.*]] = arith.addf %[[P]], %[[R]]
  // CHECK-NEXT: hk.yield %[[Y]]
  // CHECK-NOT: hk.rowwise
  %0 = hk.map (%x) : (tensor<?x8xf32>) -> tensor<?x4xf32> body (%c: i32, %i: i32, %n: i32) {
    %four = arith.constant 4 : i32
    %d = arith.addi %c, %four : i32
    %y = hk.read 0[%d] : f32
    hk.yield %y : f32
  }
  %1 = hk.rowwise %0 over row vectors [@g] rows (%res) : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32, %g: f32, %r: f32) {
    %2 = arith.mulf %v, %g : f32
    %3 = arith.addf %2, %r : f32
    hk.yield %3 : f32
  }
  return %1 : tensor<?x4xf32>
}
