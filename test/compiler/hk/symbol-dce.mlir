// A weight is private to its module: one that nothing uses is dropped, whether or not anything outside could name it.
// RUN: xf-opt %s --symbol-dce | FileCheck %s

// CHECK-NOT: @unused
hk.weight @unused : tensor<4xf32> = "recipe"
// CHECK: hk.weight @used
hk.weight @used : tensor<9x4xf32> = "recipe"
// A formal weight is used by the op that it stands with; a kernel that nothing launches goes with it.
// CHECK: hk.kernel @gather
// CHECK-NEXT: hk.weight @table0
hk.kernel @gather(%batch: !hk.batch) -> tensor<?x4xf32> {
  hk.weight @table0 : tensor<9x4xf32>
  %0 = hk.gather %batch tables [@table0] indices ["ids"] : tensor<?x4xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  hk.return %0 : tensor<?x4xf32>
}
// CHECK-NOT: @unlaunched
hk.kernel @unlaunched(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = hk.rowwise %x over row : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  hk.return %0 : tensor<?x4xf32>
}
// CHECK: func.func @f
func.func @f(%batch: !hk.batch) -> tensor<?x4xf32> {
  %0 = hk.launch @gather() weights [@used] batch %batch : () -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
