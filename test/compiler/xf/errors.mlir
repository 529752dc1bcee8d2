// Each rule of the graph ops and of the attributes, broken once.
// RUN: xf-opt %s -allow-unregistered-dialect -split-input-file -verify-diagnostics -o /dev/null

// expected-error @below {{expected a logical tensor or one of `concat`, `transpose`, `scale`, `add`, `mul`, `plus`, `matmul`, `reshape`, `slice`, `repeat`, `fill`, `values`, `clip`, `sigmoid`, `tanh`, `exp`, `silu`, `unit_rows`, `layer_norm_rows`, `softmax_rows`, `t5_table`, `distances`, `sinusoid`}}
xf.weight @w : tensor<4xf32> = <reverse("a"[4])>

// -----

// expected-error @below {{logical tensor `a` of shape [4, 0], but dimensions must be positive}}
xf.weight @w : tensor<4x0xf32> = <"a"[4, 0]>

// -----

// expected-error @below {{a logical tensor must have a name}}
xf.weight @w : tensor<4xf32> = <""[4]>

// -----

// expected-error @below {{`concat` along axis 1 but its inputs have 1 dimensions}}
xf.weight @w : tensor<4xf32> = <concat(1, "a"[2], "b"[2])>

// -----

// expected-error @below {{`concat` along axis 0 of shapes [2, 3] and [2, 4], which may differ in that axis only}}
xf.weight @w : tensor<4x3xf32> = <concat(0, "a"[2, 3], "b"[2, 4])>

// -----

// expected-error @below {{`transpose` of shape [4], but it takes a matrix}}
xf.weight @w : tensor<4xf32> = <transpose("a"[4])>

// -----

// expected-error @below {{`concat` along axis 0 makes more than 2^63 - 1 of that axis}}
xf.weight @w : tensor<1xf32> = <concat(0, "a"[9223372036854775807], "b"[2])>

// -----

// expected-error @below {{`mul` of shapes [2, 3] and [2], but the second is like the first or like a row of it}}
xf.weight @w : tensor<2x3xf32> = <mul("a"[2, 3], "b"[2])>

// -----

// expected-error @below {{`matmul` of shapes [2, 3] and [3, 2], whose rows must be of one length}}
xf.weight @w : tensor<2x2xf32> = <matmul("a"[2, 3], "b"[3, 2])>

// -----

// expected-error @below {{`reshape` of shape [2, 3] to [4], which holds another number of values}}
xf.weight @w : tensor<4xf32> = <reshape("a"[2, 3], [4])>

// -----

// expected-error @below {{`slice` of 2 from 2 on, but the axis has 3}}
xf.weight @w : tensor<2x2xf32> = <slice("a"[2, 3], 1, 2, 2)>

// -----

// expected-error @below {{`repeat` 0 times, but it must be positive and make less than 2^63 of the axis}}
xf.weight @w : tensor<2x3xf32> = <repeat("a"[2, 3], 0, 0)>

// -----

// expected-error @below {{`fill` of shape [0], but dimensions must be positive}}
xf.weight @w : tensor<1xf32> = <fill([0], 1.0)>

// -----

// expected-error @below {{`values` gives 2 numbers for shape [3]}}
xf.weight @w : tensor<3xf32> = <values([3], 1.0, 2.0)>

// -----

// expected-error @below {{`t5_table` up to distance 0, but it must be in 1 .. 2^30}}
xf.weight @w : tensor<4x1xf32> = <t5_table("a"[32, 4], 0, 0)>

// -----

// expected-error @below {{`distances` of length 0, but it must be in 1 .. 2^30}}
xf.weight @w : tensor<1x1xf32> = <distances(0, 0)>

// -----

// expected-error @below {{`sinusoid` of width 3, but it must be even}}
xf.weight @w : tensor<4x3xf32> = <sinusoid(4, 3)>

// -----

// expected-error @below {{the constant of a recipe must be finite in f32}}
xf.weight @w : tensor<4xf32> = <scale("a"[4], 1.0e+999)>

// -----

// Recipes are computed in f32, where this is infinite.
// expected-error @below {{the constant of a recipe must be finite in f32}}
xf.weight @w : tensor<4xf32> = <add("a"[4], 1.0e+300)>

// -----

// expected-error @below {{has type 'tensor<4xi32>' but must be a vector or matrix of f32 of static shape}}
xf.weight @w : tensor<4xi32> = <"a"[4]>

// -----

// expected-error @below {{has shape [4, 3] but its recipe makes [3, 4]}}
xf.weight @w : tensor<4x3xf32> = <"a"[3, 4]>

// -----

func.func @no_table(%batch: !xf.batch) {
  // expected-error @below {{must have at least one table}}
  %0 = xf.embed %batch tables [] indices [] : tensor<?x4xf32>
  return
}

// -----

xf.weight @t : tensor<8x4xf32> = <"t"[8, 4]>
func.func @indices(%batch: !xf.batch) {
  // expected-error @below {{has 2 tables and 1 indices, but each table takes one index}}
  %0 = xf.embed %batch tables [@t, @t] indices ["ids"] : tensor<?x4xf32>
  return
}

// -----

// expected-note @below {{it has shape [8, 4]}}
xf.weight @t : tensor<8x4xf32> = <"t"[8, 4]>
func.func @table_width(%batch: !xf.batch) {
  // expected-error @below {{table @t must have shape [any, 5]}}
  %0 = xf.embed %batch tables [@t] indices ["ids"] : tensor<?x5xf32>
  return
}

// -----

func.func @not_rows(%x: tensor<4x4xf32>) {
  // expected-error @below {{rows of f32 values, `tensor<?xWxf32>` with W from 1 to 2^31 - 1, in a row space, but got 'tensor<4x4xf32>'}}
  %0 = xf.activation gelu %x : tensor<4x4xf32>
  return
}

// -----

func.func @no_width(%x: tensor<?x0xf32>) {
  // expected-error @below {{rows of f32 values, `tensor<?xWxf32>` with W from 1 to 2^31 - 1, in a row space, but got 'tensor<?x0xf32>'}}
  %0 = xf.activation gelu %x : tensor<?x0xf32>
  return
}

// -----

func.func @unknown_weight(%x: tensor<?x4xf32>) {
  // expected-error @below {{gain @missing is not the symbol of an `xf.weight`}}
  %0 = xf.norm layer %x gain @missing eps 1.0e-5 : tensor<?x4xf32>
  return
}

// -----

xf.weight @g : tensor<4xf32> = <"g"[4]>
// expected-note @below {{it has shape [5]}}
xf.weight @b : tensor<5xf32> = <"b"[5]>
func.func @norm_bias(%x: tensor<?x4xf32>) {
  // expected-error @below {{bias @b must have shape [4]}}
  %0 = xf.norm layer %x gain @g bias @b eps 1.0e-5 : tensor<?x4xf32>
  return
}

// -----

func.func @eps(%x: tensor<?x4xf32>) {
  // expected-error @below {{`eps` must be finite and not negative}}
  %0 = xf.norm layer %x eps -1.0 : tensor<?x4xf32>
  return
}

// -----

// expected-note @below {{it has shape [4, 8]}}
xf.weight @w : tensor<4x8xf32> = <"w"[4, 8]>
func.func @orientation(%x: tensor<?x4xf32>) {
  // expected-error @below {{weight @w must have shape [8, 4]}}
  %0 = xf.linear %x weight @w : tensor<?x4xf32> -> tensor<?x8xf32>
  return
}

// -----

xf.weight @w : tensor<8x4xf32> = <"w"[8, 4]>
// expected-note @below {{it has shape [4]}}
xf.weight @b : tensor<4xf32> = <"b"[4]>
func.func @linear_bias(%x: tensor<?x4xf32>) {
  // expected-error @below {{bias @b must have shape [8]}}
  %0 = xf.linear %x weight @w bias @b : tensor<?x4xf32> -> tensor<?x8xf32>
  return
}

// -----

func.func @slice(%x: tensor<?x4xf32>) {
  // expected-error @below {{takes 3 columns from column 2 of an input with 4}}
  %0 = xf.slice %x offset 2 : tensor<?x4xf32> -> tensor<?x3xf32>
  return
}

// -----

// The end of the columns overflows.
func.func @slice_overflow(%x: tensor<?x4xf32>) {
  // expected-error @below {{takes 3 columns from column 9223372036854775806 of an input with 4}}
  %0 = xf.slice %x offset 9223372036854775806 : tensor<?x4xf32> -> tensor<?x3xf32>
  return
}

// -----

func.func @heads(%x: tensor<?x6xf32>, %batch: !xf.batch) {
  // expected-error @below {{has 3 heads and 2 key heads; both must be positive and the first a multiple of the second}}
  %0 = xf.attention %x, %x, %x, %batch {heads = 3 : i64, kv_heads = 2 : i64, head_dim = 2 : i64, value_dim = 2 : i64, scale = 1.0 : f64}
      : (tensor<?x6xf32>, tensor<?x6xf32>, tensor<?x6xf32>) -> tensor<?x6xf32>
  return
}

// -----

func.func @head_dim(%x: tensor<?x4xf32>, %batch: !xf.batch) {
  // expected-error @below {{`head_dim` and `value_dim` must be positive}}
  %0 = xf.attention %x, %x, %x, %batch {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 0 : i64, value_dim = 2 : i64, scale = 1.0 : f64}
      : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

// 4 * heads overflows to 4, the width.
func.func @heads_overflow(%x: tensor<?x4xf32>, %batch: !xf.batch) {
  // expected-error @below {{`heads`, `head_dim` and `value_dim` must be at most 1048576}}
  %0 = xf.attention %x, %x, %x, %batch {heads = 4611686018427387905 : i64, kv_heads = 4611686018427387905 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 1.0 : f64}
      : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @scale(%x: tensor<?x4xf32>, %batch: !xf.batch) {
  // expected-error @below {{`scale` must be finite}}
  %0 = xf.attention %x, %x, %x, %batch {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 2 : i64, value_dim = 2 : i64, scale = 0x7FF0000000000000 : f64}
      : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @key_width(%q: tensor<?x4xf32>, %batch: !xf.batch) {
  // expected-error @below {{`k` is 4 wide but must be kv_heads * head_dim = 2}}
  %0 = xf.attention %q, %q, %q, %batch {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 2 : i64, value_dim = 4 : i64, scale = 1.0 : f64}
      : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @arguments(%x: tensor<?x4xf32>, %batch: !xf.batch) {
  // expected-error @below {{`mask_mod` takes ('i32', 'i32') but must take ('i32', 'i32', 'i32')}}
  %0 = xf.attention %x, %x, %x, %batch {heads = 1 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 1.0 : f64} mask_mod {
  ^bb0(%i: i32, %j: i32):
    %keep = arith.cmpi sge, %i, %j : i32
    xf.yield %keep : i1
  } : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @yielded(%x: tensor<?x4xf32>, %batch: !xf.batch) {
  // expected-error @below {{`mask_mod` must yield 'i1'}}
  %0 = xf.attention %x, %x, %x, %batch {heads = 1 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 1.0 : f64} mask_mod {
  ^bb0(%h: i32, %i: i32, %j: i32):
    %s = arith.sitofp %i : i32 to f32
    // expected-note @below {{this yields 'f32'}}
    xf.yield %s : f32
  } : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @foreign_op(%x: tensor<?x4xf32>, %batch: !xf.batch) {
  // expected-error @below {{`score_mod` may only hold arith and math ops on scalars}}
  %0 = xf.attention %x, %x, %x, %batch {heads = 1 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 1.0 : f64} score_mod {
  ^bb0(%s: f32, %h: i32, %i: i32, %j: i32):
    // expected-note @below {{this is `func.call`}}
    func.call @effect() : () -> ()
    xf.yield %s : f32
  } : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}
func.func private @effect()

// -----

func.func @vector_op(%x: tensor<?x4xf32>, %batch: !xf.batch) {
  // expected-error @below {{`score_mod` may only hold arith and math ops on scalars}}
  %0 = xf.attention %x, %x, %x, %batch {heads = 1 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 1.0 : f64} score_mod {
  ^bb0(%s: f32, %h: i32, %i: i32, %j: i32):
    // expected-note @below {{this is `arith.constant`}}
    %v = arith.constant dense<1.0> : vector<4xf32>
    xf.yield %s : f32
  } : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @blocks(%x: tensor<?x4xf32>, %batch: !xf.batch) {
  // expected-error @below {{`score_mod` must have one block}}
  %0 = xf.attention %x, %x, %x, %batch {heads = 1 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 1.0 : f64} score_mod {
  ^bb0(%s: f32, %h: i32, %i: i32, %j: i32):
    xf.yield %s : f32
  ^bb1(%t: f32):
    xf.yield %t : f32
  } : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @terminator(%x: tensor<?x4xf32>, %batch: !xf.batch) {
  // expected-error @below {{`score_mod` must end in `xf.yield`}}
  %0 = xf.attention %x, %x, %x, %batch {heads = 1 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 1.0 : f64} score_mod {
  ^bb0(%s: f32, %h: i32, %i: i32, %j: i32):
    "test.end"() : () -> ()
  } : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @isolated(%x: tensor<?x4xf32>, %batch: !xf.batch) {
  // expected-note @below {{required by region isolation constraints}}
  %0 = xf.attention %x, %x, %x, %batch {heads = 1 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 1.0 : f64} score_mod {
  ^bb0(%s: f32, %h: i32, %i: i32, %j: i32):
    // expected-error @below {{using value defined outside the region}}
    %0 = xf.activation gelu %x : tensor<?x4xf32>
    xf.yield %s : f32
  } : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

// expected-error @below {{a model must have a name}}
module attributes {xf.model_info = #xf.model_info<name = "", num_tokens = 1, max_seq_len = 0, token_types = 0>} {}

// -----

// expected-error @below {{`num_tokens`, `max_seq_len` and `token_types` must not be negative}}
module attributes {xf.model_info = #xf.model_info<name = "m", num_tokens = -1, max_seq_len = 0, token_types = 0>} {}

// -----

// expected-error @below {{`num_tokens`, `max_seq_len` and `token_types` must not be negative}}
module attributes {xf.model_info = #xf.model_info<name = "m", num_tokens = 1, max_seq_len = -1, token_types = 0>} {}

// -----

// expected-error @below {{`xf.checkpoint` must be a `#xf.checkpoint`}}
module attributes {xf.checkpoint = "model.safetensors"} {}

// -----

// expected-error @below {{`xf.entry` belongs on a function}}
module attributes {xf.entry} {}

// -----

// expected-error @below {{`xf.entry` must be a unit attribute}}
func.func private @entry() attributes {xf.entry = 1 : i64}

// -----

// expected-error @below {{`xf.result_rows` must be "tokens" or "sequences"}}
func.func private @rows() attributes {xf.result_rows = "words"}

// -----

// expected-error @below {{`xf.entries` is no attribute of the xf dialect}}
func.func private @unknown() attributes {xf.entries}

// -----

// expected-error @below {{`xf.model_info` belongs on a module}}
func.func private @info() attributes {xf.model_info = #xf.model_info<name = "m", num_tokens = 1, max_seq_len = 0, token_types = 0>}
