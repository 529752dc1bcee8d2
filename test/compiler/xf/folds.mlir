// The folds of the graph ops: slices of slices, and regions that do nothing.
// RUN: xf-opt %s -canonicalize | FileCheck %s

// CHECK-LABEL: func.func @slices
// CHECK-SAME: %[[X:.*]]: tensor<?x8xf32>
func.func @slices(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x2xf32>) {
  // CHECK-NEXT: %[[S:.*]] = xf.slice %[[X]] offset 5 : tensor<?x8xf32> -> tensor<?x2xf32>
  // CHECK-NEXT: return %[[X]], %[[S]]
  %all = xf.slice %x offset 0 : tensor<?x8xf32> -> tensor<?x8xf32>
  %0 = xf.slice %all offset 4 : tensor<?x8xf32> -> tensor<?x4xf32>
  %1 = xf.slice %0 offset 1 : tensor<?x4xf32> -> tensor<?x2xf32>
  return %all, %1 : tensor<?x8xf32>, tensor<?x2xf32>
}

// CHECK-LABEL: func.func @empty_regions
func.func @empty_regions(%x: tensor<?x4xf32>, %batch: !xf.batch) -> tensor<?x4xf32> {
  // CHECK: xf.attention
  // CHECK-NOT: score_mod
  // CHECK-NOT: mask_mod
  // CHECK: return
  %0 = xf.attention %x, %x, %x, %batch {heads = 1 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 0.5 : f64} score_mod {
  ^bb0(%s: f32, %h: i32, %i: i32, %j: i32):
    %unused = math.tanh %s : f32
    xf.yield %s : f32
  } mask_mod {
  ^bb0(%h: i32, %i: i32, %j: i32):
    %true = arith.constant true
    xf.yield %true : i1
  } : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// Regions that do something stay.
// CHECK-LABEL: func.func @full_regions
func.func @full_regions(%x: tensor<?x4xf32>, %batch: !xf.batch) -> tensor<?x4xf32> {
  // CHECK: score_mod
  // CHECK: mask_mod
  %0 = xf.attention %x, %x, %x, %batch {heads = 1 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 0.5 : f64} score_mod {
  ^bb0(%s: f32, %h: i32, %i: i32, %j: i32):
    %t = math.tanh %s : f32
    xf.yield %t : f32
  } mask_mod {
  ^bb0(%h: i32, %i: i32, %j: i32):
    %false = arith.constant false
    xf.yield %false : i1
  } : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
