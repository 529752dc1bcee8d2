// Whatever asks for two layouts of one weight is an error.
// RUN: xf-opt %s --hk-pack-weights --split-input-file --verify-diagnostics

hk.weight @w : tensor<4x4xf32> = "recipe"
func.func @no_configs(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @+1 {{has no configs, which imply how its weight is packed; `hk-select-configs` writes them}}
  %0 = hk.gemm %x weight @w : tensor<?x4xf32> -> tensor<?x4xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  return %0 : tensor<?x4xf32>
}

// -----

hk.weight @w : tensor<4x4xf32> = "recipe"
func.func @targets_disagree(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @+1 {{has configs that need different layouts of its weight, but a library holds it once}}
  %0 = hk.gemm %x weight @w {configs = [#hk.config<target = "a", variant = "packed">, #hk.config<target = "b", variant = "plain">]}
      : tensor<?x4xf32> -> tensor<?x4xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  return %0 : tensor<?x4xf32>
}

// -----

// A table that is also a gemm's weight.
hk.weight @w : tensor<4x4xf32> = "recipe"
func.func @uses_disagree(%batch: !hk.batch) -> tensor<?x4xf32> {
  // expected-note @+1 {{needed as `plain` here}}
  %0 = hk.gather %batch tables [@w] indices ["ids"] : tensor<?x4xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  // expected-error @+1 {{needs `@w` as `panels`, but a library holds each weight in one layout}}
  %1 = hk.gemm %0 weight @w {configs = [#hk.config<target = "a", variant = "packed">]}
      : tensor<?x4xf32> -> tensor<?x4xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  return %1 : tensor<?x4xf32>
}
