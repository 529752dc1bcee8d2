// Linears of one input become one linear with a slice each; entry points that
// share the parts share the joined weight, and the parts go.
// RUN: xf-opt %s -xf-join-linears -split-input-file | FileCheck %s

// CHECK-NOT: xf.weight @layers.0.to_q :
// CHECK: xf.weight @layers.0.to_qkv : tensor<8x4xf32> = <concat(0, "q"[4, 4], "k"[2, 4], "v"[2, 4])>
// CHECK: xf.weight @layers.0.to_qkv.bias : tensor<8xf32> = <concat(0, "q.bias"[4], "k.bias"[2], "v.bias"[2])>
// CHECK-NOT: xf.weight @layers.0.to_
xf.weight @layers.0.to_q : tensor<4x4xf32> = <"q"[4, 4]>
xf.weight @layers.0.to_q.bias : tensor<4xf32> = <"q.bias"[4]>
xf.weight @layers.0.to_k : tensor<2x4xf32> = <"k"[2, 4]>
xf.weight @layers.0.to_k.bias : tensor<2xf32> = <"k.bias"[2]>
xf.weight @layers.0.to_v : tensor<2x4xf32> = <"v"[2, 4]>
xf.weight @layers.0.to_v.bias : tensor<2xf32> = <"v.bias"[2]>

// CHECK-LABEL: func.func @states(
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>
func.func @states(%x: tensor<?x4xf32>, %batch: !xf.batch) -> tensor<?x4xf32> {
  // CHECK-NEXT: %[[QKV:.*]] = xf.linear %[[X]] weight @layers.0.to_qkv bias @layers.0.to_qkv.bias : tensor<?x4xf32> -> tensor<?x8xf32>
  // CHECK-NEXT: %[[Q:.*]] = xf.slice %[[QKV]] offset 0 : tensor<?x8xf32> -> tensor<?x4xf32>
  // CHECK-NEXT: %[[K:.*]] = xf.slice %[[QKV]] offset 4 : tensor<?x8xf32> -> tensor<?x2xf32>
  // CHECK-NEXT: %[[V:.*]] = xf.slice %[[QKV]] offset 6 : tensor<?x8xf32> -> tensor<?x2xf32>
  // CHECK-NEXT: xf.attention %[[Q]], %[[K]], %[[V]]
  %q = xf.linear %x weight @layers.0.to_q bias @layers.0.to_q.bias : tensor<?x4xf32> -> tensor<?x4xf32>
  %k = xf.linear %x weight @layers.0.to_k bias @layers.0.to_k.bias : tensor<?x4xf32> -> tensor<?x2xf32>
  %v = xf.linear %x weight @layers.0.to_v bias @layers.0.to_v.bias : tensor<?x4xf32> -> tensor<?x2xf32>
  %o = xf.attention %q, %k, %v, %batch {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 2 : i64, value_dim = 2 : i64, scale = 1.0 : f64}
      : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x4xf32>
  return %o : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @encode(
func.func @encode(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  // CHECK-NEXT: %[[QKV:.*]] = xf.linear %{{.*}} weight @layers.0.to_qkv bias @layers.0.to_qkv.bias
  // CHECK: %[[V:.*]] = xf.slice %[[QKV]] offset 6
  // CHECK-NEXT: xf.map(%[[V]])
  %q = xf.linear %x weight @layers.0.to_q bias @layers.0.to_q.bias : tensor<?x4xf32> -> tensor<?x4xf32>
  %k = xf.linear %x weight @layers.0.to_k bias @layers.0.to_k.bias : tensor<?x4xf32> -> tensor<?x2xf32>
  %v = xf.linear %x weight @layers.0.to_v bias @layers.0.to_v.bias : tensor<?x4xf32> -> tensor<?x2xf32>
  %y = xf.map (%v) : (tensor<?x2xf32>) -> tensor<?x2xf32> {
  ^bb0(%c: i32, %i: i32, %n: i32):
    %e = xf.read 0[%c] : f32
    xf.yield %e : f32
  }
  return %y : tensor<?x2xf32>
}

// -----

// A linear alone, of another input, or with a bias where the others have none
// stays as it is; a part that is used elsewhere too keeps its weight.
// CHECK-DAG: xf.weight @a :
// CHECK-DAG: xf.weight @b :
// CHECK-DAG: xf.weight @ab : tensor<8x4xf32> = <concat(0, "a"[4, 4], "b"[4, 4])>
xf.weight @a : tensor<4x4xf32> = <"a"[4, 4]>
xf.weight @b : tensor<4x4xf32> = <"b"[4, 4]>
xf.weight @c : tensor<4xf32> = <"c"[4]>

// CHECK-LABEL: func.func @apart(
func.func @apart(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // CHECK-NEXT: xf.linear %{{.*}} weight @ab :
  // CHECK-NEXT: %[[A:.*]] = xf.slice
  // CHECK-NEXT: %[[B:.*]] = xf.slice
  // CHECK-NEXT: %[[C:.*]] = xf.linear %{{.*}} weight @a bias @c :
  // CHECK-NEXT: %[[D:.*]] = xf.linear %[[C]] weight @b :
  %0 = xf.linear %x weight @a : tensor<?x4xf32> -> tensor<?x4xf32>
  %1 = xf.linear %x weight @b : tensor<?x4xf32> -> tensor<?x4xf32>
  %2 = xf.linear %x weight @a bias @c : tensor<?x4xf32> -> tensor<?x4xf32>
  %3 = xf.linear %2 weight @b : tensor<?x4xf32> -> tensor<?x4xf32>
  %4 = xf.map (%0, %1) : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32> {
  ^bb0(%c: i32, %i: i32, %n: i32):
    %a = xf.read 0[%c] : f32
    %b = xf.read 1[%c] : f32
    %s = arith.addf %a, %b : f32
    xf.yield %s : f32
  }
  %5 = xf.add %4, %3 : tensor<?x4xf32>
  return %5 : tensor<?x4xf32>
}

// -----

// A joined name that is taken gets a suffix.
// CHECK-DAG: xf.weight @ab : tensor<4x4xf32> = <"ab"[4, 4]>
// CHECK-DAG: xf.weight @ab_0 : tensor<8x4xf32>
xf.weight @a : tensor<4x4xf32> = <"a"[4, 4]>
xf.weight @b : tensor<4x4xf32> = <"b"[4, 4]>
xf.weight @ab : tensor<4x4xf32> = <"ab"[4, 4]>
func.func @taken(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = xf.linear %x weight @a : tensor<?x4xf32> -> tensor<?x4xf32>
  %1 = xf.linear %x weight @b : tensor<?x4xf32> -> tensor<?x4xf32>
  %2 = xf.map (%0, %1) : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32> {
  ^bb0(%c: i32, %i: i32, %n: i32):
    %a = xf.read 0[%c] : f32
    %b = xf.read 1[%c] : f32
    %s = arith.addf %a, %b : f32
    xf.yield %s : f32
  }
  %3 = xf.linear %2 weight @ab : tensor<?x4xf32> -> tensor<?x4xf32>
  return %3 : tensor<?x4xf32>
}

// -----

// What only reads whole values would need a copy of its part: its linear stays apart, also where the reader is behind a slice.
// CHECK-LABEL: func.func @norm_reads(
// CHECK-NEXT: xf.linear %{{.*}} weight @a :
// CHECK-NEXT: xf.linear %{{.*}} weight @bd :
// CHECK: xf.linear %{{.*}} weight @c :
xf.weight @a : tensor<4x4xf32> = <"a"[4, 4]>
xf.weight @b : tensor<4x4xf32> = <"b"[4, 4]>
xf.weight @c : tensor<4x4xf32> = <"c"[4, 4]>
xf.weight @d : tensor<4x4xf32> = <"d"[4, 4]>
func.func @norm_reads(%x: tensor<?x4xf32>, %batch: !xf.batch) -> tensor<?x2xf32> {
  %0 = xf.linear %x weight @a : tensor<?x4xf32> -> tensor<?x4xf32>
  %1 = xf.linear %x weight @b : tensor<?x4xf32> -> tensor<?x4xf32>
  %2 = xf.linear %x weight @c : tensor<?x4xf32> -> tensor<?x4xf32>
  %3 = xf.linear %x weight @d : tensor<?x4xf32> -> tensor<?x4xf32>
  %4 = xf.norm l2 %0 eps 1.0e-12 : tensor<?x4xf32>
  %5 = xf.attention %4, %1, %3, %batch {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 2 : i64, value_dim = 2 : i64, scale = 1.0 : f64}
      : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %6 = xf.slice %2 offset 2 : tensor<?x4xf32> -> tensor<?x2xf32>
  %7 = xf.norm l2 %6 eps 1.0e-12 : tensor<?x2xf32>
  return %7 : tensor<?x2xf32>
}

// -----

// Linears of two blocks stay apart: neither block comes before the other.
// CHECK-LABEL: func.func @blocks(
// CHECK: xf.linear %{{.*}} weight @a
// CHECK: xf.linear %{{.*}} weight @b
xf.weight @a : tensor<4x4xf32> = <"a"[4, 4]>
xf.weight @b : tensor<4x4xf32> = <"b"[4, 4]>
func.func @blocks(%x: tensor<?x4xf32>, %first: i1) -> tensor<?x4xf32> {
  llvm.cond_br %first, ^bb1, ^bb2
^bb1:
  %0 = xf.linear %x weight @a : tensor<?x4xf32> -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
^bb2:
  %1 = xf.linear %x weight @b : tensor<?x4xf32> -> tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}
