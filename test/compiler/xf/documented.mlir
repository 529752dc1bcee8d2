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
func.func @graph(%batch: !xf.batch, %hidden: tensor<?x1536xf32>, %qkv: tensor<?x1152xf32>) -> tensor<?x384xf32, "sequences"> {
  // CHECK: xf.embed %{{.*}} tables [@token_emb, @pos_emb] indices ["ids", "positions"] : tensor<?x384xf32>
  %0 = xf.embed %batch tables [@token_emb, @pos_emb] indices ["ids", "positions"]
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
  %6 = xf.pool mean %5, %batch : tensor<?x384xf32> -> tensor<?x384xf32, "sequences">
  return %6 : tensor<?x384xf32, "sequences">
}

xf.weight @layers.0.q_norm.gain : tensor<384xf32> = <"layers.0.q_norm.gain"[384]>
xf.weight @bias : tensor<12x17xf32> = <"bias"[12, 17]>

// CHECK-LABEL: func.func @norms
func.func @norms(%0: tensor<?x384xf32>) -> tensor<?x384xf32> {
  // CHECK: xf.norm rms %{{.*}} groups 12 gain @layers.0.q_norm.gain eps 1.000000e-05 : tensor<?x384xf32>
  %1 = xf.norm layer %0 gain @final_norm.gain bias @final_norm.bias
      eps 1.0e-05 : tensor<?x384xf32>
  %2 = xf.norm l2 %1 eps 1.0e-12 : tensor<?x384xf32>
  %3 = xf.norm rms %2 groups 12 gain @layers.0.q_norm.gain eps 1.0e-05 : tensor<?x384xf32>
  // CHECK: xf.norm softmax %{{.*}} groups 2 : tensor<?x384xf32>
  %4 = xf.norm softmax %3 groups 2 : tensor<?x384xf32>
  return %4 : tensor<?x384xf32>
}

// CHECK-LABEL: func.func @inputs
func.func @inputs() {
  // CHECK: xf.input "mask" fill 1.000000e+00 : tensor<?x1xf32>
  // CHECK: xf.input "pos" index : tensor<?x1xf32>
  // CHECK: xf.input "prepend_embeds" required scatter prepended : tensor<?x384xf32>
  // CHECK: xf.input "context" required : tensor<?x384xf32, "context">
  // CHECK: xf.input "attn_bias" fill 0.000000e+00 : tensor<?x12x?xf32>
  %mask = xf.input "mask" fill 1.0 : tensor<?x1xf32>
  %pos = xf.input "pos" index : tensor<?x1xf32>
  %embeds = xf.input "prepend_embeds" required scatter prepended : tensor<?x384xf32>
  %context = xf.input "context" required : tensor<?x384xf32, "context">
  %bias = xf.input "attn_bias" fill 0.0 : tensor<?x12x?xf32>
  return
}

// CHECK-LABEL: func.func @map
func.func @map(%x: tensor<?x384xf32>, %batch: !xf.batch) -> tensor<?x384xf32> {
  // CHECK: xf.map(%{{.*}}) batch %{{.*}} : (tensor<?x384xf32>) -> tensor<?x384xf32> {
  // CHECK: xf.read 0[%{{.*}}] at %{{.*}} : f32
  %shifted = xf.map (%x) batch %batch : (tensor<?x384xf32>) -> tensor<?x384xf32> {
  ^bb0(%c: i32, %i: i32, %n: i32):
    %zero = arith.constant 0 : i32
    %one = arith.constant 1 : i32
    %half = arith.constant 192 : i32
    %none = arith.constant 0.0 : f32
    %back = arith.subi %i, %one : i32
    %previous = arith.maxsi %back, %zero : i32
    %before = xf.read 0[%c] at %previous : f32
    %here = xf.read 0[%c] : f32
    %is_first = arith.cmpi eq, %i, %zero : i32
    %left = arith.select %is_first, %none, %before : f32
    %is_left = arith.cmpi slt, %c, %half : i32
    %y = arith.select %is_left, %left, %here : f32
    xf.yield %y : f32
  }
  return %shifted : tensor<?x384xf32>
}

// CHECK-LABEL: func.func @reads
func.func @reads(%a: tensor<?x384xf32>, %batch: !xf.batch) -> tensor<?x384xf32> {
  %0 = xf.map (%a) tables [@bias] batch %batch : (tensor<?x384xf32>) -> tensor<?x384xf32> {
  ^bb0(%c: i32, %previous: i32, %n: i32):
    %h = arith.constant 3 : i32
    %distance = arith.constant 4 : i32
    // CHECK: xf.read 0[%{{.*}}] : f32
    %x = xf.read 0[%c] : f32
    %before = xf.read 0[%c] at %previous : f32
    // CHECK: xf.table 0[%{{.*}}, %{{.*}}] : f32
    %w = xf.table 0[%h, %distance] : f32
    xf.yield %w : f32
  }
  return %0 : tensor<?x384xf32>
}

// CHECK-LABEL: func.func @attention
func.func @attention(%q: tensor<?x384xf32>, %k: tensor<?x384xf32>, %v: tensor<?x384xf32>, %mask: tensor<?x1xf32>,
                     %p: tensor<?x12x?xf32>, %batch: !xf.batch) -> tensor<?x384xf32> {
  // CHECK: xf.attention %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} rows(%{{.*}} : tensor<?x1xf32>) tables [@bias]
  %5 = xf.attention %q, %k, %v, %batch rows (%mask : tensor<?x1xf32>) tables [@bias] {
      heads = 12 : i64, kv_heads = 12 : i64, head_dim = 32 : i64,
      value_dim = 32 : i64, scale = 0.17677669529663687 : f64}
    score_mod {
    ^bb0(%s: f32, %h: i32, %i: i32, %j: i32):
      %limit = arith.constant 16 : i32
      %zero = arith.constant 0 : i32
      %distance = arith.subi %i, %j : i32
      %positive = arith.maxsi %distance, %zero : i32
      %row = arith.minsi %positive, %limit : i32
      %b = xf.table 0[%h, %row] : f32
      %biased = arith.addf %s, %b : f32
      xf.yield %biased : f32
    }
    mask_mod {
    ^bb0(%h: i32, %i: i32, %j: i32):
      %zero = arith.constant 0 : i32
      %none = arith.constant 0.0 : f32
      %m = xf.read 0[%zero] at %j : f32
      %keep = arith.cmpf ogt, %m, %none : f32
      xf.yield %keep : i1
    } : (tensor<?x384xf32>, tensor<?x384xf32>, tensor<?x384xf32>)
      -> tensor<?x384xf32>
  // CHECK: %{{.*}}, %{{.*}} = xf.attention %{{.*}} pairs(%{{.*}} : tensor<?x12x?xf32>) scores_in %{{.*}} : tensor<?x12x?xf32>
  // CHECK-SAME: empty zero top_k 4 normalizer sigmoid
  // CHECK-SAME: selective
  // CHECK: xf.pair 0[%{{.*}}, %{{.*}}] : f32
  // CHECK: } alive_mod {
  // CHECK: -> tensor<?x384xf32>, tensor<?x12x?xf32>
  %6, %7 = xf.attention %5, %k, %v, %batch pairs (%p : tensor<?x12x?xf32>) scores_in %p : tensor<?x12x?xf32>
      empty zero top_k 4 normalizer sigmoid {heads = 12 : i64, kv_heads = 12 : i64, head_dim = 32 : i64,
      value_dim = 32 : i64, scale = 0.17677669529663687 : f64, selective}
    score_mod {
    ^bb0(%s: f32, %h: i32, %i: i32, %j: i32):
      %bias = xf.pair 0[%h, %j] : f32
      xf.yield %bias : f32
    }
    alive_mod {
    ^bb0(%h: i32, %i: i32, %j: i32):
      %keep = arith.cmpi sge, %i, %j : i32
      xf.yield %keep : i1
    } : (tensor<?x384xf32>, tensor<?x384xf32>, tensor<?x384xf32>) -> tensor<?x384xf32>, tensor<?x12x?xf32>
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
