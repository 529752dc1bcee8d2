// Every message of the hk verifiers.
// RUN: xf-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{must be a non-empty vector or matrix of f32, not 'tensor<2x3x4xf32>'}}
hk.weight @w : tensor<2x3x4xf32> = "recipe"

// -----

// expected-error @+1 {{must be a non-empty vector or matrix of f32, not 'tensor<4xi32>'}}
hk.weight @w : tensor<4xi32> = "recipe"

// -----

// expected-error @+1 {{must have a recipe outside a kernel}}
hk.weight @w : tensor<4xf32>

// -----

// expected-error @+1 {{has layout `panels`, which is for matrices}}
hk.weight @w : tensor<4xf32> = "recipe" {layout = #hk.layout<panels>}

// -----

hk.kernel @k(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @+1 {{must have no recipe inside a kernel, where it is a formal parameter}}
  hk.weight @vector0 : tensor<4xf32> = "recipe"
  %0 = hk.rowwise %x over row vectors [@vector0] : tensor<?x4xf32>
      finish (%v: f32, %i: i32, %n: i32, %g: f32) { hk.yield %g : f32 }
  hk.return %0 : tensor<?x4xf32>
}

// -----

// expected-error @+1 {{`tile_m` is given twice}}
#c = #hk.config<target = "a", variant = "b", tile_m = 1, tile_m = 2>

// -----

// expected-error @+1 {{a config names a target and a variant}}
#c = #hk.config<target = "", variant = "b">

// -----

// expected-error @+1 {{a slot has an offset of at least 0 and a width of at least 1, not 0 and 0}}
#s = #hk.slot<offset = 0, width = 0>

// -----

// expected-error @+1 {{a slot at 9223372036854775806 of width 4 ends past the largest offset}}
#s = #hk.slot<offset = 9223372036854775806, width = 4>

// -----

// In panels, 2^27 rows of 16 columns.
// expected-error @+1 {{is 'tensor<134217728x10xf32>', but a kernel reads at most 2^31 - 1 elements}}
hk.weight @w : tensor<134217728x10xf32> = "recipe"

// -----

// The number of elements overflows to 0.
// expected-error @+1 {{is 'tensor<4294967296x4294967296xf32>', but a kernel reads at most 2^31 - 1 elements}}
hk.weight @w : tensor<4294967296x4294967296xf32> = "recipe"

// -----

func.func @rows_width(%x: tensor<?x2147483648xf32>) {
  // expected-error @+1 {{must be rows of f32 values, `tensor<?xWxf32>` with W from 1 to 2^31 - 1, in a row space, but got 'tensor<?x2147483648xf32>'}}
  %0 = hk.rowwise %x over row : tensor<?x2147483648xf32> finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  return
}

// -----

func.func @rows_type(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{must be rows of f32 values, `tensor<?xWxf32>` with W from 1 to 2^31 - 1, in a row space, but got 'tensor<4x8xf32>'}}
  %0 = "hk.rowwise"(%x) <{operandSegmentSizes = array<i32: 1, 0, 0>, over = #hk<over row>}> ({
  ^bb0(%v: f32, %i: i32, %n: i32):
    hk.yield %v : f32
  }) : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @gather_counts(%batch: !hk.batch) {
  // expected-error @+1 {{needs one index per table and at least one table, but has 2 tables and 1 indices}}
  %0 = hk.gather %batch tables [@a, @b] indices ["ids"] : tensor<?x4xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  return
}

// -----

// expected-note @+1 {{the weight is declared here}}
hk.weight @a : tensor<10x8xf32> = "recipe"
func.func @gather_width(%batch: !hk.batch) {
  // expected-error @+1 {{uses `@a` as a table, which must be tensor<?x4xf32>, not 'tensor<10x8xf32>'}}
  %0 = hk.gather %batch tables [@a] indices ["ids"] : tensor<?x4xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  return
}

// -----

hk.weight @a : tensor<10x4xf32> = "recipe"
func.func @gather_region(%batch: !hk.batch) {
  // expected-error @+1 {{`epilogue` must take ('f32'), not ('f32', 'f32')}}
  %0 = hk.gather %batch tables [@a] indices ["ids"] : tensor<?x4xf32> epilogue (%s: f32, %t: f32) { hk.yield %s : f32 }
  return
}

// -----

func.func @gemm_no_weight(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{uses `@w` as the weight, but there is no such weight}}
  %0 = hk.gemm %x weight @w : tensor<?x4xf32> -> tensor<?x8xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  return
}

// -----

// The checkpoint's orientation.
// expected-note @+1 {{the weight is declared here}}
hk.weight @w : tensor<8x4xf32> = "recipe"
func.func @gemm_weight(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{uses `@w` as the weight, which must be tensor<4x8xf32>, not 'tensor<8x4xf32>'}}
  %0 = hk.gemm %x weight @w : tensor<?x4xf32> -> tensor<?x8xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  return
}

// -----

hk.weight @w : tensor<4x8xf32> = "recipe"
// expected-note @+1 {{the weight is declared here}}
hk.weight @b : tensor<4xf32> = "recipe"
func.func @gemm_vector(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{uses `@b` as a vector, which must be tensor<8xf32>, not 'tensor<4xf32>'}}
  %0 = hk.gemm %x weight @w vectors [@b] : tensor<?x4xf32> -> tensor<?x8xf32>
      epilogue (%acc: f32, %b: f32) { hk.yield %acc : f32 }
  return
}

// -----

hk.weight @w : tensor<4x8xf32> = "recipe"
func.func @gemm_row(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{has a row operand of type 'tensor<?x4xf32>', which must be the result's type 'tensor<?x8xf32>'}}
  %0 = "hk.gemm"(%x, %x) <{weight = @w, vectors = []}> ({
  ^bb0(%acc: f32, %r: f32):
    hk.yield %acc : f32
  }) : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x8xf32>
  return
}

// -----

hk.weight @w : tensor<4x8xf32> = "recipe"
func.func @gemm_region(%x: tensor<?x4xf32>, %res: tensor<?x8xf32>) {
  // expected-error @+1 {{`epilogue` must take ('f32', 'f32'), not ('f32')}}
  %0 = hk.gemm %x weight @w rows (%res) : tensor<?x4xf32> -> tensor<?x8xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  return
}

// -----

hk.weight @w : tensor<4x8xf32> = "recipe"
func.func @two_configs(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{has a second config for the target "t" after one without `max_rows`, which takes any number of rows}}
  %0 = hk.gemm %x weight @w {configs = [#hk.config<target = "t", variant = "a">, #hk.config<target = "t", variant = "b">]}
      : tensor<?x4xf32> -> tensor<?x8xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  return
}

// -----

hk.weight @w : tensor<4x8xf32> = "recipe"
func.func @descending_configs(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{has `max_rows = 4` after `max_rows = 4` for the target "t", but configs of a target ascend}}
  %0 = hk.gemm %x weight @w {configs = [#hk.config<target = "t", variant = "a", max_rows = 4>,
                                        #hk.config<target = "t", variant = "b", max_rows = 4>, #hk.config<target = "t", variant = "c">]}
      : tensor<?x4xf32> -> tensor<?x8xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  return
}

// -----

hk.weight @w : tensor<4x8xf32> = "recipe"
func.func @configs_end_early(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{has no config for more than 48 rows for the target "t"; the last config of a target has no `max_rows`}}
  %0 = hk.gemm %x weight @w {configs = [#hk.config<target = "t", variant = "a", max_rows = 4>,
                                        #hk.config<target = "t", variant = "b", max_rows = 48>, #hk.config<target = "u", variant = "c">]}
      : tensor<?x4xf32> -> tensor<?x8xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  return
}

// -----

hk.weight @w : tensor<4x8xf32> = "recipe"
func.func @configs_apart(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{has configs for the target "t" in two places, but those of a target stand together}}
  %0 = hk.gemm %x weight @w {configs = [#hk.config<target = "t", variant = "a">, #hk.config<target = "u", variant = "b">,
                                        #hk.config<target = "t", variant = "c">]}
      : tensor<?x4xf32> -> tensor<?x8xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  return
}

// -----

hk.weight @w : tensor<4x8xf32> = "recipe"
func.func @config_sources(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{has 2 `config_sources` for 1 `configs`; each config has one}}
  %0 = hk.gemm %x weight @w {configs = [#hk.config<target = "t", variant = "a">], config_sources = ["here", "there"]}
      : tensor<?x4xf32> -> tensor<?x8xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  return
}

// -----

func.func @config_of_no_rows(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{`max_rows` of a config must be at least 1, not 0}}
  %0 = hk.rowwise %x over row {configs = [#hk.config<target = "t", variant = "rows", max_rows = 0>]}
      : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  return
}

// -----

hk.weight @w : tensor<4x8xf32> = "recipe"
func.func @not_scalar(%x: tensor<?x4xf32>) {
  %0 = hk.gemm %x weight @w : tensor<?x4xf32> -> tensor<?x8xf32> epilogue (%acc: f32) {
    // expected-error @+1 {{is not a scalar op: a region of a structured kernel holds `arith` and `math` ops only}}
    %1 = func.call @f(%acc) : (f32) -> f32
    hk.yield %1 : f32
  }
  return
}
func.func private @f(f32) -> f32

// -----

hk.weight @w : tensor<4x8xf32> = "recipe"
func.func @wide_scalar(%x: tensor<?x4xf32>) {
  %0 = hk.gemm %x weight @w : tensor<?x4xf32> -> tensor<?x8xf32> epilogue (%acc: f32) {
    // expected-error @+1 {{has type 'f64' in `epilogue`: scalars of a kernel are f32, i32 or i1}}
    %1 = arith.extf %acc : f32 to f64
    %2 = arith.truncf %1 : f64 to f32
    hk.yield %2 : f32
  }
  return
}

// -----

hk.weight @w : tensor<4x8xf32> = "recipe"
func.func @not_isolated(%x: tensor<?x4xf32>) {
  // expected-note @+2 {{required by region isolation constraints}}
  %one = arith.constant 1.0 : f32
  %0 = hk.gemm %x weight @w : tensor<?x4xf32> -> tensor<?x8xf32> epilogue (%acc: f32) {
    // expected-error @+1 {{using value defined outside the region}}
    %1 = arith.addf %acc, %one : f32
    hk.yield %1 : f32
  }
  return
}

// -----

hk.weight @w : tensor<4x8xf32> = "recipe"
func.func @no_yield(%x: tensor<?x4xf32>) {
  %0 = hk.gemm %x weight @w : tensor<?x4xf32> -> tensor<?x8xf32> epilogue (%acc: f32) {
    // expected-error @+1 {{must not end `epilogue`: `hk.yield` does}}
    llvm.unreachable
  }
  return
}

// -----

hk.weight @w : tensor<4x8xf32> = "recipe"
func.func @yield_type(%x: tensor<?x4xf32>) {
  %0 = hk.gemm %x weight @w : tensor<?x4xf32> -> tensor<?x8xf32> epilogue (%acc: f32) {
    %1 = arith.cmpf oeq, %acc, %acc : f32
    // expected-error @+1 {{must yield 'f32' in `epilogue`, not 'i1'}}
    hk.yield %1 : i1
  }
  return
}

// -----

func.func @no_heads(%x: tensor<?x8xf32>, %batch: !hk.batch) {
  // expected-error @+1 {{`heads` must be from 1 to 1048576, not 0}}
  %0 = hk.attention %x, %x, %x, %batch
      {heads = 0 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 1.0 : f32}
      : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return
}

// -----

func.func @kv_heads(%x: tensor<?x12xf32>, %batch: !hk.batch) {
  // expected-error @+1 {{`kv_heads` must divide `heads`, but 2 does not divide 3}}
  %0 = hk.attention %x, %x, %x, %batch
      {heads = 3 : i64, kv_heads = 2 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 1.0 : f32}
      : tensor<?x12xf32>, tensor<?x12xf32>, tensor<?x12xf32> -> tensor<?x12xf32>
  return
}

// -----

func.func @scale(%x: tensor<?x8xf32>, %batch: !hk.batch) {
  // expected-error @+1 {{`scale` must be finite}}
  %0 = hk.attention %x, %x, %x, %batch
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 0x7F800000 : f32}
      : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return
}

// -----

func.func @query_columns(%q: tensor<?x8xf32>, %k: tensor<?x16xf32>, %batch: !hk.batch) {
  // expected-error @+1 {{reads 4 heads of 4 columns of `q` from column 0, but it has 8 columns}}
  %0 = hk.attention %q, %k, %k, %batch
      {heads = 4 : i64, kv_heads = 4 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 1.0 : f32}
      : tensor<?x8xf32>, tensor<?x16xf32>, tensor<?x16xf32> -> tensor<?x16xf32>
  return
}

// -----

func.func @key_offset(%x: tensor<?x16xf32>, %batch: !hk.batch) {
  // expected-error @+1 {{reads 2 heads of 4 columns of `k` from column 12, but it has 16 columns}}
  %0 = hk.attention %x, %x, %x, %batch
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 1.0 : f32, k_offset = 12 : i64}
      : tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x16xf32> -> tensor<?x8xf32>
  return
}

// -----

func.func @value_offset(%x: tensor<?x16xf32>, %batch: !hk.batch) {
  // expected-error @+1 {{reads 2 heads of 4 columns of `v` from column -1, but it has 16 columns}}
  %0 = hk.attention %x, %x, %x, %batch
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 1.0 : f32, v_offset = -1 : i64}
      : tensor<?x16xf32>, tensor<?x16xf32>, tensor<?x16xf32> -> tensor<?x8xf32>
  return
}

// -----

func.func @attention_result(%x: tensor<?x8xf32>, %batch: !hk.batch) {
  // expected-error @+1 {{makes 8 columns (heads * value_dim), but its result has 4}}
  %0 = hk.attention %x, %x, %x, %batch
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 1.0 : f32}
      : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @score_mod(%x: tensor<?x8xf32>, %batch: !hk.batch) {
  // expected-error @+1 {{`score_mod` must take ('f32', 'i32', 'i32', 'i32'), not ('f32')}}
  %0 = hk.attention %x, %x, %x, %batch
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 1.0 : f32}
      : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32> score_mod (%s: f32) { hk.yield %s : f32 }
  return
}

// -----

func.func @mask_mod(%x: tensor<?x8xf32>, %batch: !hk.batch) {
  %0 = hk.attention %x, %x, %x, %batch
      {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 4 : i64, value_dim = 4 : i64, scale = 1.0 : f32}
      : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32> mask_mod (%h: i32, %i: i32, %j: i32) {
    %1 = arith.constant 1.0 : f32
    // expected-error @+1 {{must yield 'i1' in `mask_mod`, not 'f32'}}
    hk.yield %1 : f32
  }
  return
}

// -----

func.func @rowwise_types(%x: tensor<?x8xf32>, %r: tensor<?x4xf32>) {
  // expected-error @+1 {{has an operand of type 'tensor<?x4xf32>', which must be the result's type 'tensor<?x8xf32>'}}
  %0 = "hk.rowwise"(%x, %r) <{operandSegmentSizes = array<i32: 1, 0, 1>, over = #hk<over row>, combine = [], vectors = []}> ({
  ^bb0(%v: f32, %i: i32, %n: i32, %w: f32):
    hk.yield %v : f32
  }) : (tensor<?x8xf32>, tensor<?x4xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @stages(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{has 0 maps and 1 combiners: a stage is one of each}}
  %0 = hk.rowwise %x over row combine [add] : tensor<?x8xf32>
      finish (%v: f32, %i: i32, %n: i32, %sum: f32) { hk.yield %v : f32 }
  return
}

// -----

func.func @no_stage(%x: tensor<?x8xf32>, %batch: !hk.batch) {
  // expected-error @+1 {{must have a stage to reduce over sequences}}
  %0 = hk.rowwise %x, %batch over sequence : tensor<?x8xf32> -> tensor<?x8xf32, "sequences"> finish (%n: i32) {
    %1 = arith.sitofp %n : i32 to f32
    hk.yield %1 : f32
  }
  return
}

// -----

func.func @needs_batch(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{needs the batch to reduce over sequences}}
  %0 = hk.rowwise %x over sequence combine [add] : tensor<?x8xf32> -> tensor<?x8xf32, "sequences">
      map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 } finish (%n: i32, %sum: f32) { hk.yield %sum : f32 }
  return
}

// -----

func.func @no_batch(%x: tensor<?x8xf32>, %batch: !hk.batch) {
  // expected-error @+1 {{must not take the batch to reduce over rows}}
  %0 = hk.rowwise %x, %batch over row : tensor<?x8xf32> finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  return
}

// -----

// The second stage lacks the first one's accumulator.
func.func @map_region(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{`map` must take ('f32', 'i32', 'i32', 'f32'), not ('f32', 'i32', 'i32')}}
  %0 = hk.rowwise %x over row combine [add, add] : tensor<?x8xf32>
      map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 } map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
      finish (%v: f32, %i: i32, %n: i32, %a: f32, %b: f32) { hk.yield %v : f32 }
  return
}

// -----

// Over sequences there is no x and no i to finish with.
func.func @finish_region(%x: tensor<?x8xf32>, %batch: !hk.batch) {
  // expected-error @+1 {{`finish` must take ('i32', 'f32'), not ('f32', 'i32', 'i32', 'f32')}}
  %0 = hk.rowwise %x, %batch over sequence combine [add] : tensor<?x8xf32> -> tensor<?x8xf32, "sequences">
      map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
      finish (%v: f32, %i: i32, %n: i32, %a: f32) { hk.yield %a : f32 }
  return
}

// -----

hk.kernel @two_ops(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @+1 {{must not stand in a kernel, which holds weights and one structured op}}
  %c = arith.constant 1.0 : f32
  %0 = hk.rowwise %x over row : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  hk.return %0 : tensor<?x4xf32>
}

// -----

// expected-error @+1 {{must hold one structured op, not 0}}
hk.kernel @empty(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  hk.return %x : tensor<?x4xf32>
}

// -----

// expected-error @+1 {{must return the result of its structured op}}
hk.kernel @other_result(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = hk.rowwise %x over row : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  hk.return %x : tensor<?x4xf32>
}

// -----

// expected-error @+1 {{must have the result type of its structured op, 'tensor<?x4xf32>'}}
hk.kernel @result_type(%x: tensor<?x4xf32>) -> tensor<?x8xf32> {
  %0 = hk.rowwise %x over row : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  hk.return %0 : tensor<?x4xf32>
}

// -----

hk.kernel @argument_order(%a: tensor<?x4xf32>, %b: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @+1 {{must take the kernel's arguments in order: its rows, then the batch if it takes one}}
  %0 = hk.rowwise %b over row rows (%a) : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32, %r: f32) { hk.yield %v : f32 }
  hk.return %0 : tensor<?x4xf32>
}

// -----

hk.kernel @weight_order(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  hk.weight @a : tensor<4xf32>
  hk.weight @b : tensor<4xf32>
  // expected-error @+1 {{must use the kernel's weights in order, each once}}
  %0 = hk.rowwise %x over row vectors [@b, @a] : tensor<?x4xf32>
      finish (%v: f32, %i: i32, %n: i32, %v0: f32, %v1: f32) { hk.yield %v : f32 }
  hk.return %0 : tensor<?x4xf32>
}

// -----

func.func @no_kernel(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{calls `@k`, but there is no such kernel}}
  %0 = hk.launch @k(%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

// expected-note @+1 {{the kernel is here}}
hk.kernel @k(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = hk.rowwise %x over row : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  hk.return %0 : tensor<?x4xf32>
}
func.func @launch_type(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{has type '(tensor<?x8xf32>) -> tensor<?x4xf32>', but `@k` has '(tensor<?x4xf32>) -> tensor<?x4xf32>'}}
  %0 = hk.launch @k(%x) : (tensor<?x8xf32>) -> tensor<?x4xf32>
  return
}

// -----

hk.kernel @k(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  hk.weight @vector0 : tensor<4xf32>
  %0 = hk.rowwise %x over row vectors [@vector0] : tensor<?x4xf32>
      finish (%v: f32, %i: i32, %n: i32, %g: f32) { hk.yield %g : f32 }
  hk.return %0 : tensor<?x4xf32>
}
func.func @launch_weights(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{binds 0 weights, but `@k` takes 1}}
  %0 = hk.launch @k(%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

// expected-note @+1 {{the weight is declared here}}
hk.weight @g : tensor<8xf32> = "recipe"
hk.kernel @k(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  hk.weight @vector0 : tensor<4xf32>
  %0 = hk.rowwise %x over row vectors [@vector0] : tensor<?x4xf32>
      finish (%v: f32, %i: i32, %n: i32, %g: f32) { hk.yield %g : f32 }
  hk.return %0 : tensor<?x4xf32>
}
func.func @launch_weight_type(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{uses `@g` as vector0, which must be tensor<4xf32>, not 'tensor<8xf32>'}}
  %0 = hk.launch @k(%x) weights [@g] : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

hk.weight @g : tensor<4xf32> = "recipe"
hk.kernel @k(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  hk.weight @vector0 : tensor<4xf32> {layout = #hk.layout<plain>}
  %0 = hk.rowwise %x over row vectors [@vector0] : tensor<?x4xf32>
      finish (%v: f32, %i: i32, %n: i32, %g: f32) { hk.yield %g : f32 }
  hk.return %0 : tensor<?x4xf32>
}
func.func @launch_layout(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{binds `@g` to `@vector0` of `@k`, but their layouts differ}}
  %0 = hk.launch @k(%x) weights [@g] : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

hk.kernel @k(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = hk.rowwise %x over row : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  hk.return %0 : tensor<?x4xf32>
}
func.func @slot_width(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{has a slot of width 8, but its result has 4 columns}}
  %0 = hk.launch @k(%x) {slot = #hk.slot<offset = 0, width = 8>} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}
