// The examples of the documentation, as it has them; test/compiler/documented.test holds the two together.
// RUN: xf-opt %s | xf-opt | FileCheck %s

xf.weight @token_emb : tensor<30522x384xf32> = <"token_emb.weight"[30522, 384]>
// CHECK: xf.weight @pos_emb : tensor<512x384xf32> = <"pos_emb.weight"[512, 384]>
xf.weight @pos_emb : tensor<512x384xf32> = <"pos_emb.weight"[512, 384]>
xf.weight @final_norm.gain : tensor<384xf32> = <"final_norm.gain"[384]>
xf.weight @final_norm.bias : tensor<384xf32> = <"final_norm.bias"[384]>
xf.weight @layers.0.to_q : tensor<384x384xf32> = <"layers.0.to_q.weight"[384, 384]>
xf.weight @layers.0.to_q.bias : tensor<384xf32> = <"layers.0.to_q.bias"[384]>

// CHECK-LABEL: func.func @graph
func.func @graph(%batch: !xf.batch, %hidden: tensor<?x1536xf32>, %qkv: tensor<?x1152xf32>) -> tensor<?x384xf32> {
  // CHECK: xf.embed %{{.*}} tables [@token_emb, @pos_emb] indices [ids, positions] : tensor<?x384xf32>
  %0 = xf.embed %batch tables [@token_emb, @pos_emb] indices [ids, positions]
      : tensor<?x384xf32>
  // CHECK: xf.norm layer %{{.*}} gain @final_norm.gain bias @final_norm.bias eps 1.000000e-05
  // CHECK: xf.norm l2 %{{.*}} eps 9.9999999999999998E-13
  %1 = xf.norm layer %0 gain @final_norm.gain bias @final_norm.bias
      eps 1.0e-05 : tensor<?x384xf32>
  %2 = xf.norm l2 %1 eps 1.0e-12 : tensor<?x384xf32>
  // CHECK: xf.linear %{{.*}} weight @layers.0.to_q bias @layers.0.to_q.bias
  %q = xf.linear %2 weight @layers.0.to_q bias @layers.0.to_q.bias
      : tensor<?x384xf32> -> tensor<?x384xf32>
  // CHECK: xf.activation gelu
  %3 = xf.activation gelu %hidden : tensor<?x1536xf32>
  // CHECK: xf.slice %{{.*}} offset 384
  %k = xf.slice %qkv offset 384 : tensor<?x1152xf32> -> tensor<?x384xf32>
  %v = xf.slice %qkv offset 768 : tensor<?x1152xf32> -> tensor<?x384xf32>
  // CHECK: xf.attention
  // CHECK-NOT: score_mod
  // CHECK: mask_mod
  %4 = xf.attention %q, %k, %v, %batch {
      heads = 12 : i64, kv_heads = 12 : i64, head_dim = 32 : i64,
      value_dim = 32 : i64, scale = 0.17677669529663687 : f64}
    mask_mod {
    ^bb0(%h: i32, %i: i32, %j: i32):
      %keep = arith.cmpi sge, %i, %j : i32
      xf.yield %keep : i1
    } : (tensor<?x384xf32>, tensor<?x384xf32>, tensor<?x384xf32>)
      -> tensor<?x384xf32>
  // CHECK: xf.add
  %5 = xf.add %4, %0 : tensor<?x384xf32>
  // CHECK: xf.pool mean
  %6 = xf.pool mean %5, %batch : tensor<?x384xf32>
  return %6 : tensor<?x384xf32>
}

// CHECK-LABEL: xf.model @model
xf.model @model {
  xf.transformer_wrapper {
    // CHECK: xf.attention_layers attributes {causal = true, depth = 2 : i64, dim = 32 : i64} score_mod
    // CHECK: mask_mod
    xf.attention_layers attributes {causal = true, dim = 32 : i64, depth = 2 : i64}
      score_mod {
      ^bb0(%s: f32, %h: i32, %i: i32, %j: i32):
        %half = arith.constant 5.000000e-01 : f32
        %scaled = arith.mulf %s, %half : f32
        xf.yield %scaled : f32
      }
      mask_mod {
      ^bb0(%h: i32, %i: i32, %j: i32):
        %keep = arith.cmpi sle, %j, %i : i32
        xf.yield %keep : i1
      }
  }
}
