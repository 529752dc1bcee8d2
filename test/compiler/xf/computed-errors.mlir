// Messages of inputs, maps, computed reads, row spaces and what attention may be told.
// RUN: xf-opt %s --split-input-file --verify-diagnostics

func.func @fill() {
  // expected-error @below {{of pairs takes a number as `fill` and no `scatter`}}
  %0 = xf.input "attn_mask" index : tensor<?x1x?xf32>
  return
}

// -----

func.func @name() {
  // expected-error @below {{must have a name}}
  %0 = xf.input "" required : tensor<?x1xf32>
  return
}

// -----

func.func @word() {
  // expected-error @below {{is filled with "zero", but only a number or "index" can be}}
  %0 = "xf.input"() {name = "mask", fill = "zero"} : () -> tensor<?x1xf32>
  return
}

// -----

func.func @space(%x: tensor<?x4xf32, "context">) {
  // expected-error @below {{makes rows of tokens from rows of context}}
  %0 = xf.map (%x) : (tensor<?x4xf32, "context">) -> tensor<?x4xf32> {
  ^bb0(%c: i32, %i: i32, %n: i32):
    %y = xf.read 0[%c] : f32
    xf.yield %y : f32
  }
  return
}

// -----

func.func @needs_batch(%x: tensor<?x4xf32>) {
  // expected-error @below {{uses the row's index or the number of rows and so needs `batch`}}
  %0 = xf.map (%x) : (tensor<?x4xf32>) -> tensor<?x4xf32> {
  ^bb0(%c: i32, %i: i32, %n: i32):
    %y = arith.sitofp %i : i32 to f32
    xf.yield %y : f32
  }
  return
}

// -----

func.func @needs_batch_at(%x: tensor<?x4xf32>) {
  // expected-error @below {{reads `at` another row and so needs `batch`}}
  %0 = xf.map (%x) : (tensor<?x4xf32>) -> tensor<?x4xf32> {
  ^bb0(%c: i32, %i: i32, %n: i32):
    %zero = arith.constant 0 : i32
    %y = xf.read 0[%c] at %zero : f32
    xf.yield %y : f32
  }
  return
}

// -----

func.func @sequences_index(%x: tensor<?x4xf32, "sequences">, %batch: !xf.batch) {
  // expected-error @below {{uses the row's index or the number of rows, but makes one row per sequence}}
  %0 = xf.map (%x) batch %batch : (tensor<?x4xf32, "sequences">) -> tensor<?x4xf32, "sequences"> {
  ^bb0(%c: i32, %i: i32, %n: i32):
    %y = arith.sitofp %i : i32 to f32
    xf.yield %y : f32
  }
  return
}

// -----

func.func @operand(%x: tensor<?x4xf32>) {
  %0 = xf.map (%x) : (tensor<?x4xf32>) -> tensor<?x4xf32> {
  ^bb0(%c: i32, %i: i32, %n: i32):
    // expected-error @below {{reads row operand 1, but there are 1}}
    %y = xf.read 1[%c] : f32
    xf.yield %y : f32
  }
  return
}

// -----

func.func @at_sequences(%x: tensor<?x4xf32, "sequences">, %batch: !xf.batch) {
  %0 = xf.map (%x) batch %batch : (tensor<?x4xf32, "sequences">) -> tensor<?x4xf32> {
  ^bb0(%c: i32, %i: i32, %n: i32):
    // expected-error @below {{reads `at` a row of an operand with one row per sequence}}
    %y = xf.read 0[%c] at %i : f32
    xf.yield %y : f32
  }
  return
}

// -----

func.func @no_pairs(%x: tensor<?x4xf32>) {
  %0 = xf.map (%x) : (tensor<?x4xf32>) -> tensor<?x4xf32> {
  ^bb0(%c: i32, %i: i32, %n: i32):
    // expected-error @below {{reads pair operand 0, but there are 0}}
    %y = xf.pair 0[%c, %c] : f32
    xf.yield %y : f32
  }
  return
}

// -----

xf.weight @t : tensor<3x4xf32> = <"t"[3, 4]>
func.func @indices(%x: tensor<?x4xf32>) {
  %0 = xf.map (%x) tables [@t] : (tensor<?x4xf32>) -> tensor<?x4xf32> {
  ^bb0(%c: i32, %i: i32, %n: i32):
    // expected-error @below {{gives 1 indices to a table with 2 dimensions}}
    %y = xf.table 0[%c] : f32
    xf.yield %y : f32
  }
  return
}

// -----

func.func @no_table(%x: tensor<?x4xf32>) {
  %0 = xf.map (%x) : (tensor<?x4xf32>) -> tensor<?x4xf32> {
  ^bb0(%c: i32, %i: i32, %n: i32):
    // expected-error @below {{reads table 0, but there are 0}}
    %y = xf.table 0[%c] : f32
    xf.yield %y : f32
  }
  return
}

// -----

func.func @table_symbol(%x: tensor<?x4xf32>) {
  // expected-error @below {{table @t is not the symbol of an `xf.weight`}}
  %0 = xf.map (%x) tables [@t] : (tensor<?x4xf32>) -> tensor<?x4xf32> {
  ^bb0(%c: i32, %i: i32, %n: i32):
    %y = xf.table 0[%c] : f32
    xf.yield %y : f32
  }
  return
}

// -----

func.func @groups(%x: tensor<?x4xf32>) {
  // expected-error @below {{has 3 groups, which must divide the row's width 4}}
  %0 = xf.norm rms %x groups 3 eps 1.0e-05 : tensor<?x4xf32>
  return
}

// -----

func.func @softmax(%x: tensor<?x4xf32>) {
  // expected-error @below {{`softmax` takes no gain, bias or eps}}
  %0 = xf.norm softmax %x eps 1.0e-05 : tensor<?x4xf32>
  return
}

// -----

func.func @slice_space(%x: tensor<?x4xf32, "context">) {
  // expected-error @below {{makes rows of tokens from rows of context}}
  %0 = xf.slice %x offset 0 : tensor<?x4xf32, "context"> -> tensor<?x2xf32>
  return
}

// -----

func.func @pool_space(%x: tensor<?x4xf32>, %batch: !xf.batch) {
  // expected-error @below {{must give rows of sequences of the input's width 4}}
  %0 = xf.pool sum %x, %batch : tensor<?x4xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @pool_twice(%x: tensor<?x4xf32, "sequences">, %batch: !xf.batch) {
  // expected-error @below {{takes rows that are one per sequence already}}
  %0 = xf.pool sum %x, %batch : tensor<?x4xf32, "sequences"> -> tensor<?x4xf32, "sequences">
  return
}

// -----

func.func @pool_index(%x: tensor<?x4xf32>, %batch: !xf.batch) {
  // expected-error @below {{has `index` 2, which is a row's number from 0 and goes with the kind `row`}}
  %0 = xf.pool mean %x, %batch index 2 : tensor<?x4xf32> -> tensor<?x4xf32, "sequences">
  return
}

// -----

func.func @keys(%q: tensor<?x4xf32>, %k: tensor<?x4xf32, "context">, %batch: !xf.batch) {
  // expected-error @below {{has keys that are context but values that are tokens}}
  %0 = xf.attention %q, %k, %q, %batch {heads = 1 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 1.0 : f64}
      : (tensor<?x4xf32>, tensor<?x4xf32, "context">, tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @row_space(%q: tensor<?x4xf32>, %m: tensor<?x1xf32, "context">, %batch: !xf.batch) {
  // expected-error @below {{has a row operand of context, which are neither its queries nor its keys nor sequences}}
  %0 = xf.attention %q, %q, %q, %batch rows (%m : tensor<?x1xf32, "context">)
      {heads = 1 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 1.0 : f64}
      : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

// The query's own row is read without `at`, a row of keys in another space is not.
func.func @needs_row(%q: tensor<?x4xf32>, %k: tensor<?x4xf32, "context">, %m: tensor<?x1xf32>, %o: tensor<?x1xf32, "context">, %batch: !xf.batch) {
  %0 = xf.attention %q, %k, %k, %batch rows (%m, %o : tensor<?x1xf32>, tensor<?x1xf32, "context">)
      {heads = 1 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 1.0 : f64} score_mod {
  ^bb0(%s: f32, %h: i32, %i: i32, %j: i32):
    %x = xf.read 0[%h] : f32
    // expected-error @below {{must say `at` which row it reads context}}
    %y = xf.read 1[%h] : f32
    xf.yield %y : f32
  } : (tensor<?x4xf32>, tensor<?x4xf32, "context">, tensor<?x4xf32, "context">) -> tensor<?x4xf32>
  return
}

// -----

func.func @pair_heads(%q: tensor<?x4xf32>, %p: tensor<?x3x?xf32>, %batch: !xf.batch) {
  // expected-error @below {{has 2 heads, but a pair operand of 3; it must have 1 or as many}}
  %0 = xf.attention %q, %q, %q, %batch pairs (%p : tensor<?x3x?xf32>)
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 2 : i64, value_dim = 2 : i64, scale = 1.0 : f64}
      : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @score_heads(%q: tensor<?x4xf32>, %p: tensor<?x1x?xf32>, %batch: !xf.batch) {
  // expected-error @below {{has 2 heads, but scores of 1}}
  %0 = xf.attention %q, %q, %q, %batch scores_in %p : tensor<?x1x?xf32>
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 2 : i64, value_dim = 2 : i64, scale = 1.0 : f64}
      : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

xf.weight @mk : tensor<3x2xf32> = <"mk"[3, 2]>
func.func @memories(%q: tensor<?x4xf32>, %batch: !xf.batch) {
  // expected-error @below {{must have as many memory keys as values, the same number for each key head, but has 3 and 3}}
  %0 = xf.attention %q, %q, %q, %batch memory @mk, @mk
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 2 : i64, value_dim = 2 : i64, scale = 1.0 : f64}
      : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

// expected-note @below {{it has shape [2, 3]}}
xf.weight @mix : tensor<2x3xf32> = <"p"[2, 3]>
func.func @mixed_heads(%q: tensor<?x4xf32>, %batch: !xf.batch) {
  // expected-error @below {{pre_mix @mix must have shape [2, 2]}}
  %0 = xf.attention %q, %q, %q, %batch pre_mix @mix
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 2 : i64, value_dim = 2 : i64, scale = 1.0 : f64}
      : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @top_k(%q: tensor<?x4xf32>, %batch: !xf.batch) {
  // expected-error @below {{`top_k` must be at least 1, not 0}}
  %0 = xf.attention %q, %q, %q, %batch top_k 0
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 2 : i64, value_dim = 2 : i64, scale = 1.0 : f64}
      : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

xf.weight @mix : tensor<2x2xf32> = <"p"[2, 2]>
func.func @cope_mix(%q: tensor<?x4xf32>, %batch: !xf.batch) {
  // expected-error @below {{has `cope_mix` without `cope`}}
  %0 = xf.attention %q, %q, %q, %batch cope_mix @mix
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 2 : i64, value_dim = 2 : i64, scale = 1.0 : f64}
      : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

// expected-error @below {{`xf.lead` must be an i64 from 0 to 2147483647}}
func.func private @lead() attributes {xf.lead = -1 : i64}

// -----

// expected-error @below {{`xf.image` must be a list of 3 i64 from 0 to 2147483647}}
func.func private @image() attributes {xf.image = [3, 8]}
