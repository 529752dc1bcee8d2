// Results get slots of the arena by liveness; what is returned lives to the end.
// RUN: xf-opt %s --hk-plan-memory | FileCheck %s
// RUN: xf-opt %s --hk-plan-memory=print-map=true -o /dev/null 2>&1 | FileCheck %s --check-prefix=MAP

hk.kernel @wide(%x: tensor<?x4xf32>) -> tensor<?x8xf32> {
  hk.weight @weight : tensor<4x8xf32>
  %0 = hk.gemm %x weight @weight : tensor<?x4xf32> -> tensor<?x8xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  hk.return %0 : tensor<?x8xf32>
}
hk.kernel @narrow(%x: tensor<?x8xf32>) -> tensor<?x4xf32> {
  hk.weight @weight : tensor<8x4xf32>
  %0 = hk.gemm %x weight @weight : tensor<?x8xf32> -> tensor<?x4xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  hk.return %0 : tensor<?x4xf32>
}
hk.kernel @gather(%batch: !hk.batch) -> tensor<?x4xf32> {
  hk.weight @table0 : tensor<9x4xf32>
  %0 = hk.gather %batch tables [@table0] indices ["ids"] : tensor<?x4xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  hk.return %0 : tensor<?x4xf32>
}
hk.weight @tok : tensor<9x4xf32> = "recipe"
hk.weight @a : tensor<4x8xf32> = "recipe"
hk.weight @b : tensor<8x4xf32> = "recipe"

// Each step has 4 + 8 alive, so 12 is the least that will do: the second 8 takes the first one's place, and the 4s
// take turns in the other.
// CHECK-LABEL: func.func @chain(%{{.*}}: !hk.batch) -> tensor<?x4xf32> attributes {hk.arena_width = 12 : i64}
func.func @chain(%batch: !hk.batch) -> tensor<?x4xf32> {
  // CHECK-NEXT: hk.launch @gather{{.*}}slot = #hk.slot<offset = 8, width = 4>
  // CHECK-NEXT: hk.launch @wide{{.*}}slot = #hk.slot<offset = 0, width = 8>
  // CHECK-NEXT: hk.launch @narrow{{.*}}slot = #hk.slot<offset = 8, width = 4>
  // CHECK-NEXT: hk.launch @wide{{.*}}slot = #hk.slot<offset = 0, width = 8>
  // CHECK-NEXT: hk.launch @narrow{{.*}}slot = #hk.slot<offset = 8, width = 4>
  %0 = hk.launch @gather() weights [@tok] batch %batch : () -> tensor<?x4xf32>
  %1 = hk.launch @wide(%0) weights [@a] : (tensor<?x4xf32>) -> tensor<?x8xf32>
  %2 = hk.launch @narrow(%1) weights [@b] : (tensor<?x8xf32>) -> tensor<?x4xf32>
  %3 = hk.launch @wide(%2) weights [@a] : (tensor<?x4xf32>) -> tensor<?x8xf32>
  %4 = hk.launch @narrow(%3) weights [@b] : (tensor<?x8xf32>) -> tensor<?x4xf32>
  return %4 : tensor<?x4xf32>
}

// The first value is returned, so nothing may take its place.
// CHECK-LABEL: func.func @returned_early(%{{.*}}: !hk.batch) -> tensor<?x4xf32> attributes {hk.arena_width = 16 : i64}
func.func @returned_early(%batch: !hk.batch) -> tensor<?x4xf32> {
  // CHECK-NEXT: hk.launch @gather{{.*}}slot = #hk.slot<offset = [[FIRST:[0-9]+]], width = 4>
  // CHECK-NOT: slot = #hk.slot<offset = [[FIRST]], width
  // CHECK: return
  %0 = hk.launch @gather() weights [@tok] batch %batch : () -> tensor<?x4xf32>
  %1 = hk.launch @wide(%0) weights [@a] : (tensor<?x4xf32>) -> tensor<?x8xf32>
  %2 = hk.launch @narrow(%1) weights [@b] : (tensor<?x8xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// Inputs are there from the start, also those that stand further down; pair values have an arena of their own, in which the second
// takes the place of the first.
hk.kernel @scores(%q: tensor<?x4xf32>, %in: tensor<?x2x?xf32>, %batch: !hk.batch) -> (tensor<?x4xf32>, tensor<?x2x?xf32>) {
  %0, %1 = hk.attention %q, %q, %q, %batch scores_in %in : tensor<?x2x?xf32>
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 2 : i64, value_dim = 2 : i64, scale = 0.5 : f32}
      : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>, tensor<?x2x?xf32>
  hk.return %0, %1 : tensor<?x4xf32>, tensor<?x2x?xf32>
}
// CHECK-LABEL: func.func @inputs(
// CHECK-SAME: hk.arena_width = 12 : i64, hk.pairs_width = 4 : i64
func.func @inputs(%batch: !hk.batch) -> tensor<?x4xf32> {
  // CHECK-NEXT: hk.input "x" required {slot = #hk.slot<offset = [[X:[0-9]+]], width = 4>}
  // CHECK-NEXT: hk.input "bias" fill 0.000000e+00 {slot = #hk.slot<offset = [[BIAS:[0-9]+]], width = 2>} : tensor<?x2x?xf32>
  // CHECK-NEXT: hk.launch @scores({{.*}} {scores_slot = #hk.slot<offset = [[SECOND:[0-9]+]], width = 2>, slot = #hk.slot<
  // CHECK-NEXT: hk.input "late" required {slot = #hk.slot<offset = {{[0-9]+}}, width = 4>}
  // CHECK-NEXT: hk.launch @scores({{.*}} {scores_slot = #hk.slot<offset = [[BIAS]], width = 2>
  %x = hk.input "x" required : tensor<?x4xf32>
  %bias = hk.input "bias" fill 0.0 : tensor<?x2x?xf32>
  %0, %1 = hk.launch @scores(%x, %bias) batch %batch : (tensor<?x4xf32>, tensor<?x2x?xf32>) -> (tensor<?x4xf32>, tensor<?x2x?xf32>)
  %late = hk.input "late" required : tensor<?x4xf32>
  %2, %3 = hk.launch @scores(%late, %1) batch %batch : (tensor<?x4xf32>, tensor<?x2x?xf32>) -> (tensor<?x4xf32>, tensor<?x2x?xf32>)
  return %2 : tensor<?x4xf32>
}

// MAP: arena of @chain: 12 floats per row, at least 12
// MAP-NEXT:   offset     size  steps 0..5
// MAP-NEXT:        0        8  .##...
// MAP-NEXT:        0        8  ...##.
// MAP-NEXT:        8        4  ##....
// MAP-NEXT:        8        4  ..##..
// MAP-NEXT:        8        4  ....##
