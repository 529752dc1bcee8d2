// Messages of inputs, maps, computed reads, row spaces and groups.
// RUN: xf-opt %s --split-input-file --verify-diagnostics

func.func @slot() {
  // expected-error @below {{has a slot of width 2, but is 1 wide}}
  %0 = hk.input "mask" required {slot = #hk.slot<offset = 0, width = 2>} : tensor<?x1xf32>
  return
}

// -----

func.func @fill() {
  // expected-error @below {{of pairs takes a number as `fill` and no `scatter`}}
  %0 = hk.input "attn_mask" index : tensor<?x1x?xf32>
  return
}

// -----

func.func @no_batch(%x: tensor<?x4xf32>) {
  // expected-error @below {{needs the batch for what its body reads}}
  %0 = hk.map (%x) : (tensor<?x4xf32>) -> tensor<?x4xf32> body (%c: i32, %i: i32, %n: i32) {
    %y = arith.sitofp %i : i32 to f32
    hk.yield %y : f32
  }
  return
}

// -----

func.func @idle_batch(%x: tensor<?x4xf32>, %batch: !hk.batch) {
  // expected-error @below {{must not take the batch, which its body does not use}}
  %0 = hk.map (%x) batch %batch : (tensor<?x4xf32>) -> tensor<?x4xf32> body (%c: i32, %i: i32, %n: i32) {
    %y = hk.read 0[%c] : f32
    hk.yield %y : f32
  }
  return
}

// -----

func.func @sequences(%x: tensor<?x4xf32, "sequences">, %batch: !hk.batch) {
  // expected-error @below {{makes one row per sequence, for which there is no index in a sequence, and must not take the batch}}
  %0 = hk.map (%x) batch %batch : (tensor<?x4xf32, "sequences">) -> tensor<?x4xf32, "sequences"> body (%c: i32, %i: i32, %n: i32) {
    %y = arith.sitofp %i : i32 to f32
    hk.yield %y : f32
  }
  return
}

// -----

func.func @space(%x: tensor<?x4xf32, "context">) {
  // expected-error @below {{makes rows of tokens from rows of context}}
  %0 = hk.map (%x) : (tensor<?x4xf32, "context">) -> tensor<?x4xf32> body (%c: i32, %i: i32, %n: i32) {
    %y = hk.read 0[%c] : f32
    hk.yield %y : f32
  }
  return
}

// -----

hk.weight @w : tensor<4x4xf32> = "recipe"
func.func @gemm_space(%x: tensor<?x4xf32, "context">) {
  // expected-error @below {{makes rows of tokens from rows of context}}
  %0 = hk.gemm %x weight @w : tensor<?x4xf32, "context"> -> tensor<?x4xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  return
}

// -----

func.func @read_in_rowwise(%x: tensor<?x4xf32>) {
  %0 = hk.rowwise %x over row : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32) {
    // expected-error @below {{'hk.read' op expects parent op to be one of 'hk.map, hk.attention'}}
    %y = hk.read 0[%i] : f32
    hk.yield %y : f32
  }
  return
}

// -----

func.func @groups(%x: tensor<?x4xf32>) {
  // expected-error @below {{has 3 groups; they are equal parts of a row of 4 columns, and over sequences there is one}}
  %0 = hk.rowwise %x over row groups 3 combine [add] : tensor<?x4xf32>
      map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 } finish (%v: f32, %i: i32, %n: i32, %a: f32) { hk.yield %a : f32 }
  return
}

// -----

func.func @pooled_rows(%x: tensor<?x4xf32>, %batch: !hk.batch) {
  // expected-error @below {{must give one row per sequence, not 'tensor<?x4xf32>'}}
  %0 = hk.rowwise %x, %batch over sequence combine [add] : tensor<?x4xf32>
      map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 } finish (%n: i32, %a: f32) { hk.yield %a : f32 }
  return
}

// -----

// A residual of tokens on a value of sequences.
func.func @mixed(%x: tensor<?x4xf32>, %y: tensor<?x4xf32, "sequences">) {
  // expected-note @above {{prior use here}}
  // expected-error @below {{use of value '%x' expects different type than prior uses: 'tensor<?x4xf32, "sequences">' vs 'tensor<?x4xf32>'}}
  %0 = hk.rowwise %y over row rows (%x) : tensor<?x4xf32, "sequences"> finish (%v: f32, %i: i32, %n: i32, %r: f32) { hk.yield %v : f32 }
  return
}

// -----

func.func @keys(%q: tensor<?x4xf32>, %k: tensor<?x4xf32, "context">, %batch: !hk.batch) {
  // expected-error @below {{must take keys and values of one row space and give rows as the queries', neither of them one per sequence}}
  %0 = hk.attention %q, %k, %q, %batch {heads = 1 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 0.5 : f32}
      : tensor<?x4xf32>, tensor<?x4xf32, "context">, tensor<?x4xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @score_heads(%q: tensor<?x4xf32>, %p: tensor<?x1x?xf32>, %batch: !hk.batch) {
  // expected-error @below {{has 2 heads, but scores of 1}}
  %0 = hk.attention %q, %q, %q, %batch scores_in %p : tensor<?x1x?xf32>
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 2 : i64, value_dim = 2 : i64, scale = 0.5 : f32}
      : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return
}

// -----

hk.weight @t : tensor<3x4xf32> = "recipe"
func.func @indices(%x: tensor<?x4xf32>) {
  %0 = hk.map (%x) tables [@t] : (tensor<?x4xf32>) -> tensor<?x4xf32> body (%c: i32, %i: i32, %n: i32) {
    // expected-error @below {{gives 1 indices to a table with 2 dimensions}}
    %y = hk.table 0[%c] : f32
    hk.yield %y : f32
  }
  return
}

// -----

hk.weight @mix : tensor<2x3xf32> = "recipe" // expected-note {{the weight is declared here}}
func.func @mixed_heads(%q: tensor<?x4xf32>, %batch: !hk.batch) {
  // expected-error @below {{uses `@mix` as pre_mix, which must be tensor<2x2xf32>, not 'tensor<2x3xf32>'}}
  %0 = hk.attention %q, %q, %q, %batch pre_mix @mix
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 2 : i64, value_dim = 2 : i64, scale = 0.5 : f32}
      : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return
}
