// Weights of gemms lie in panels, everything else is plain, in kernels as at module level.
// RUN: xf-opt %s --hk-pack-weights | FileCheck %s

// CHECK: hk.weight @w : tensor<8x4xf32> = "recipe" {layout = #hk.layout<panels>}
hk.weight @w : tensor<8x4xf32> = "recipe"
// CHECK: hk.weight @b : tensor<4xf32> = "recipe" {layout = #hk.layout<plain>}
hk.weight @b : tensor<4xf32> = "recipe"
// CHECK: hk.weight @tok : tensor<9x8xf32> = "recipe" {layout = #hk.layout<plain>}
hk.weight @tok : tensor<9x8xf32> = "recipe"
// A config may ask for the weight as it is.
// CHECK: hk.weight @as_it_is : tensor<4x4xf32> = "recipe" {layout = #hk.layout<plain>}
hk.weight @as_it_is : tensor<4x4xf32> = "recipe"
// CHECK: hk.weight @unused : tensor<4x4xf32> = "recipe" {layout = #hk.layout<plain>}
hk.weight @unused : tensor<4x4xf32> = "recipe"

// CHECK-LABEL: hk.kernel @gemm
hk.kernel @gemm(%x: tensor<?x8xf32>) -> tensor<?x4xf32> {
  // CHECK: hk.weight @weight : tensor<8x4xf32> {layout = #hk.layout<panels>}
  // CHECK: hk.weight @vector0 : tensor<4xf32> {layout = #hk.layout<plain>}
  hk.weight @weight : tensor<8x4xf32>
  hk.weight @vector0 : tensor<4xf32>
  %0 = hk.gemm %x weight @weight vectors [@vector0] {configs = [#hk.config<target = "t", variant = "packed">]}
      : tensor<?x8xf32> -> tensor<?x4xf32> epilogue (%acc: f32, %b: f32) { hk.yield %acc : f32 }
  hk.return %0 : tensor<?x4xf32>
}

func.func @f(%batch: !hk.batch) -> tensor<?x4xf32> {
  %0 = hk.gather %batch tables [@tok] indices ["ids"] : tensor<?x8xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  %1 = hk.launch @gemm(%0) weights [@w, @b] : (tensor<?x8xf32>) -> tensor<?x4xf32>
  %2 = hk.gemm %1 weight @as_it_is {configs = [#hk.config<target = "t", variant = "plain">]}
      : tensor<?x4xf32> -> tensor<?x4xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  return %2 : tensor<?x4xf32>
}
