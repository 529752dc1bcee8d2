// Attention keeps the scores of a block of queries where heads or keys are coupled, and only there; a map has one variant.
// RUN: xf-opt %s --hk-select-configs=targets=x86-64-avx2 | FileCheck %s

hk.weight @sink : tensor<2xf32> = "recipe"
hk.weight @mix : tensor<2x2xf32> = "recipe"

// CHECK-LABEL: func.func @blocked
// CHECK-NOT: "kept"
func.func @blocked(%q: tensor<?x8xf32>, %m: tensor<?x1xf32>, %batch: !hk.batch) -> tensor<?x8xf32> {
  // CHECK: hk.attention {{.*}} sink @sink zero_key empty zero {config_sources = {{.*}} variant = "blocked"
  %0 = hk.attention %q, %q, %q, %batch rows (%m : tensor<?x1xf32>) sink @sink zero_key empty zero
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 0.5 : f32}
      : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @kept
// CHECK-NOT: "blocked"
func.func @kept(%q: tensor<?x8xf32>, %batch: !hk.batch) -> tensor<?x8xf32> {
  // CHECK: hk.attention {{.*}} pre_mix @mix {config_sources = {{.*}} variant = "kept"
  %0 = hk.attention %q, %q, %q, %batch pre_mix @mix
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 0.5 : f32}
      : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  // CHECK: hk.attention {{.*}} variant = "kept"{{.*}} suffix_sums
  %1 = hk.attention %0, %0, %0, %batch
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 0.5 : f32, suffix_sums}
      : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  // CHECK: hk.attention {{.*}} top_k 3 normalizer sigmoid {config_sources = {{.*}} variant = "kept"
  %2 = hk.attention %1, %1, %1, %batch top_k 3 normalizer sigmoid
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 0.5 : f32}
      : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}
