// Every op and attribute of the xf graph level survives a round trip in text.
// RUN: xf-opt %s | xf-opt | FileCheck %s

// CHECK: module attributes {
// CHECK-SAME: xf.checkpoint = #xf.checkpoint<layout = "huggingface", file = "model.safetensors", gains_minus_one = false>
// CHECK-SAME: xf.model_info = #xf.model_info<name = "tiny", num_tokens = 16, max_seq_len = 8, token_types = 2>
module attributes {
  xf.model_info = #xf.model_info<name = "tiny", num_tokens = 16, max_seq_len = 8, token_types = 2>,
  xf.checkpoint = #xf.checkpoint<layout = "huggingface", file = "model.safetensors", gains_minus_one = false>
} {
  // CHECK: xf.weight @token_emb : tensor<16x4xf32> = <"token_emb.weight"[16, 4]>
  xf.weight @token_emb : tensor<16x4xf32> = <"token_emb.weight"[16, 4]>
  // CHECK: xf.weight @pos_emb : tensor<8x4xf32> = <scale("pos_emb.weight"[8, 4], 5.000000e-01)>
  xf.weight @pos_emb : tensor<8x4xf32> = <scale("pos_emb.weight"[8, 4], 0.5)>
  // CHECK: xf.weight @gain : tensor<4xf32> = <add("g"[4], 1.000000e+00)>
  xf.weight @gain : tensor<4xf32> = <add("g"[4], 1.0)>
  // CHECK: xf.weight @bias : tensor<4xf32> = <concat(0, "a"[1], "b"[3])>
  xf.weight @bias : tensor<4xf32> = <concat(0, "a"[1], "b"[3])>
  // CHECK: xf.weight @w : tensor<8x4xf32> = <transpose(concat(1, "a.weight"[4, 3], "b.weight"[4, 5]))>
  xf.weight @w : tensor<8x4xf32> = <transpose(concat(1, "a.weight"[4, 3], "b.weight"[4, 5]))>

  // CHECK-LABEL: func.func @states(
  // CHECK-SAME: %[[BATCH:.*]]: !xf.batch) -> tensor<?x4xf32> attributes {xf.entry, xf.result_rows = "tokens"}
  func.func @states(%batch: !xf.batch) -> tensor<?x4xf32> attributes {xf.entry, xf.result_rows = "tokens"} {
    // CHECK: xf.embed %[[BATCH]] tables [@token_emb, @pos_emb] indices ["ids", "positions"] : tensor<?x4xf32>
    %0 = xf.embed %batch tables [@token_emb, @pos_emb] indices ["ids", "positions"] : tensor<?x4xf32>
    // CHECK: xf.norm layer %{{.*}} gain @gain bias @bias eps 9.9999999999999998E-13 : tensor<?x4xf32>
    %1 = xf.norm layer %0 gain @gain bias @bias eps 1.0e-12 : tensor<?x4xf32>
    // CHECK: xf.norm l2 %{{.*}} eps 9.9999999999999998E-13 : tensor<?x4xf32>
    %2 = xf.norm l2 %1 eps 1.0e-12 : tensor<?x4xf32>
    // CHECK: xf.linear %{{.*}} weight @w : tensor<?x4xf32> -> tensor<?x8xf32>
    %3 = xf.linear %2 weight @w : tensor<?x4xf32> -> tensor<?x8xf32>
    // CHECK: xf.activation gelu
    %4 = xf.activation gelu %3 : tensor<?x8xf32>
    // CHECK: xf.activation silu
    %5 = xf.activation silu %4 : tensor<?x8xf32>
    // CHECK: xf.activation relu2
    %6 = xf.activation relu2 %5 : tensor<?x8xf32>
    // CHECK: xf.slice %{{.*}} offset 4 : tensor<?x8xf32> -> tensor<?x4xf32>
    %7 = xf.slice %6 offset 4 : tensor<?x8xf32> -> tensor<?x4xf32>
    // CHECK: xf.add %{{.*}}, %{{.*}} : tensor<?x4xf32>
    %8 = xf.add %7, %0 : tensor<?x4xf32>
    return %8 : tensor<?x4xf32>
  }

  // CHECK-LABEL: func.func @attention
  func.func @attention(%batch: !xf.batch, %q: tensor<?x8xf32>, %kv: tensor<?x4xf32>) -> tensor<?x8xf32> {
    // Absent regions leave no text; grouped heads.
    // CHECK: xf.attention %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {
    // CHECK-SAME: } : (tensor<?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x8xf32>
    %0 = xf.attention %q, %kv, %kv, %batch {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 0.5 : f64}
        : (tensor<?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x8xf32>
    // CHECK: score_mod {
    // CHECK: math.tanh
    // CHECK: xf.yield %{{.*}} : f32
    // CHECK: mask_mod {
    // CHECK: arith.cmpi sge
    // CHECK: xf.yield %{{.*}} : i1
    %1 = xf.attention %0, %kv, %kv, %batch {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 0.5 : f64}
      score_mod {
      ^bb0(%s: f32, %h: i32, %i: i32, %j: i32):
        %t = math.tanh %s : f32
        xf.yield %t : f32
      }
      mask_mod {
      ^bb0(%h: i32, %i: i32, %j: i32):
        %keep = arith.cmpi sge, %i, %j : i32
        xf.yield %keep : i1
      } : (tensor<?x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x8xf32>
    return %1 : tensor<?x8xf32>
  }

  // CHECK-LABEL: func.func @encode
  func.func @encode(%batch: !xf.batch, %x: tensor<?x4xf32>) -> tensor<?x4xf32, "sequences"> attributes {xf.entry, xf.result_rows = "sequences"} {
    // CHECK: xf.pool mean
    %0 = xf.pool mean %x, %batch : tensor<?x4xf32> -> tensor<?x4xf32, "sequences">
    // CHECK: xf.pool cls
    %1 = xf.pool cls %x, %batch : tensor<?x4xf32> -> tensor<?x4xf32, "sequences">
    // CHECK: xf.pool last
    %2 = xf.pool last %x, %batch : tensor<?x4xf32> -> tensor<?x4xf32, "sequences">
    // CHECK: xf.pool max
    %3 = xf.pool max %x, %batch : tensor<?x4xf32> -> tensor<?x4xf32, "sequences">
    %4 = xf.add %0, %1 : tensor<?x4xf32, "sequences">
    %5 = xf.add %2, %3 : tensor<?x4xf32, "sequences">
    %6 = xf.add %4, %5 : tensor<?x4xf32, "sequences">
    return %6 : tensor<?x4xf32, "sequences">
  }
}
