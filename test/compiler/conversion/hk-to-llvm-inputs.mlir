// What a call brings, and where it goes: inputs, index buffers, row spaces and pair values in the tables of the host program.
// RUN: xf-opt %s --convert-hk-to-llvm | FileCheck %s

module attributes {xf.model_info = #xf.model_info<name = "toy", num_tokens = 9, max_seq_len = 5, token_types = 0>,
                   hk.describe_json = "{}", hk.weights_bytes = 4096 : i64, hk.weights_hash = 1 : i64} {
hk.weight @tok : tensor<9x4xf32> = "recipe" {layout = #hk.layout<plain>, offset = 0 : i64}
hk.weight @type : tensor<3x4xf32> = "recipe" {layout = #hk.layout<plain>, offset = 192 : i64}
hk.weight @pos : tensor<7x4xf32> = "recipe" {layout = #hk.layout<plain>, offset = 256 : i64}
hk.weight @bias : tensor<2x17xf32> = "recipe" {layout = #hk.layout<plain>, offset = 384 : i64}
hk.weight @mk : tensor<6x2xf32> = "recipe" {layout = #hk.layout<plain>, offset = 576 : i64}

hk.kernel @gather(%batch: !hk.batch) -> tensor<?x4xf32> {
  hk.weight @table0 : tensor<9x4xf32> {layout = #hk.layout<plain>}
  hk.weight @table1 : tensor<7x4xf32> {layout = #hk.layout<plain>}
  hk.weight @table2 : tensor<3x4xf32> {layout = #hk.layout<plain>}
  %0 = hk.gather %batch tables [@table0, @table1, @table2] indices ["ids", "pos", "embed_ids.type"]
      {configs = [#hk.config<target = "x86-64-avx2", variant = "plain">]} : tensor<?x4xf32> epilogue (%sum: f32) { hk.yield %sum : f32 }
  hk.return %0 : tensor<?x4xf32>
}
hk.kernel @shift(%x: tensor<?x4xf32>, %len: tensor<?x1xf32, "sequences">, %batch: !hk.batch) -> tensor<?x4xf32> {
  %0 = hk.map (%x, %len) batch %batch {configs = [#hk.config<target = "x86-64-avx2", variant = "plain">]}
      : (tensor<?x4xf32>, tensor<?x1xf32, "sequences">) -> tensor<?x4xf32> body (%c: i32, %i: i32, %n: i32) {
    %y = hk.read 0[%c] at %i : f32
    hk.yield %y : f32
  }
  hk.return %0 : tensor<?x4xf32>
}
hk.kernel @cross(%q: tensor<?x4xf32>, %k: tensor<?x4xf32, "context">, %v: tensor<?x4xf32, "context">, %m: tensor<?x1xf32, "context">,
                 %p: tensor<?x1x?xf32>, %s: tensor<?x2x?xf32>, %batch: !hk.batch) -> (tensor<?x4xf32>, tensor<?x2x?xf32>) {
  hk.weight @table0 : tensor<2x17xf32> {layout = #hk.layout<plain>}
  hk.weight @memory_keys : tensor<6x2xf32> {layout = #hk.layout<plain>}
  hk.weight @memory_values : tensor<6x2xf32> {layout = #hk.layout<plain>}
  %0, %1 = hk.attention %q, %k, %v, %batch rows (%m : tensor<?x1xf32, "context">) pairs (%p : tensor<?x1x?xf32>)
      scores_in %s : tensor<?x2x?xf32> tables [@table0] memory @memory_keys, @memory_values zero_key
      {configs = [#hk.config<target = "x86-64-avx2", variant = "kept">],
       heads = 2 : i64, kv_heads = 2 : i64, head_dim = 2 : i64, value_dim = 2 : i64, scale = 0.5 : f32}
      : tensor<?x4xf32>, tensor<?x4xf32, "context">, tensor<?x4xf32, "context"> -> tensor<?x4xf32>, tensor<?x2x?xf32>
  hk.return %0, %1 : tensor<?x4xf32>, tensor<?x2x?xf32>
}
hk.kernel @last(%x: tensor<?x4xf32, "context">, %batch: !hk.batch) -> tensor<?x4xf32, "sequences"> {
  %0 = hk.rowwise %x, %batch over sequence combine [add] {configs = [#hk.config<target = "x86-64-avx2", variant = "columns">]}
      : tensor<?x4xf32, "context"> -> tensor<?x4xf32, "sequences">
      map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 } finish (%n: i32, %sum: f32) { hk.yield %sum : f32 }
  hk.return %0 : tensor<?x4xf32, "sequences">
}

// The gather's indices: buffers 0 (ids), 1 (positions, which a feed may replace) and 3, the first of the call's own.
// CHECK-LABEL: @states_args_0()
// CHECK: llvm.mlir.constant(2 : i32)
// CHECK: llvm.mlir.constant(0 : i64)
// CHECK: llvm.mlir.constant(2 : i32)
// CHECK: llvm.mlir.constant(1 : i64)
// CHECK: llvm.mlir.constant(2 : i32)
// CHECK: llvm.mlir.constant(3 : i64)

// The map's operands, rows of tokens (space 0) and of sequences (1), then each row's index, length and sequence (kinds 3, 4, 5).
// CHECK-LABEL: @states_args_1()
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_arg"
// CHECK-NEXT: llvm.mlir.constant(1 : i32)
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_arg"
// CHECK-NEXT: llvm.mlir.constant(1 : i32)
// CHECK: llvm.mlir.constant(2 : i32)
// CHECK: llvm.mlir.constant(1 : i32)
// CHECK: dense<[1, 0, 0, 0]>
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_arg"
// CHECK-NEXT: llvm.mlir.constant(3 : i32)
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_arg"
// CHECK-NEXT: llvm.mlir.constant(4 : i32)
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_arg"
// CHECK-NEXT: llvm.mlir.constant(5 : i32)

// Attention: q, k, v, the mask; pairs (kind 9) with their heads; tables and memories; begin and length of the queries' and the keys'
// sequence (kinds 6, 7; spaces 0, 2), its number (8), and the scores as an output.
// CHECK-LABEL: @states_args_2() {{.*}}: !llvm.array<15 x struct<"xf_arg"
// CHECK: dense<[0, 1, 0, 0]>
// CHECK: dense<[0, 2, 0, 0]>
// CHECK: dense<[17, 2, 0, 0]>
// CHECK: dense<[2, 6, 0, 0]>
// CHECK: dense<[2, 6, 0, 0]>
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_arg"
// CHECK-NEXT: llvm.mlir.constant(6 : i32)
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_arg"
// CHECK-NEXT: llvm.mlir.constant(7 : i32)
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_arg"
// CHECK-NEXT: llvm.mlir.constant(6 : i32)
// CHECK: llvm.mlir.constant(2 : i32)
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_arg"
// CHECK-NEXT: llvm.mlir.constant(7 : i32)
// CHECK: llvm.mlir.constant(2 : i32)
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_arg"
// CHECK-NEXT: llvm.mlir.constant(8 : i32)
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_arg"
// CHECK-NEXT: llvm.mlir.constant(9 : i32)
// CHECK: dense<[0, 2, 0, 0]>
// CHECK: llvm.mlir.constant(3 : i64)
// CHECK: llvm.mlir.constant(1 : i32)

// The pool: rows of the context, whose lengths (space 2) also pick the variant; the result is of sequences.
// CHECK-LABEL: @states_args_3()
// CHECK-LABEL: @states_launches()
// CHECK: llvm.mlir.addressof @states_args_3
// CHECK: llvm.mlir.constant(1 : i32)
// CHECK: llvm.mlir.constant(2 : i32)

// The inputs: name, kind (rows 0, index 1, pairs 2), space, width, scatter, fill (required 0, value 1, index 2, position 3, made by
// the runtime 4), value as bits, limit, slot or buffer.
// CHECK-LABEL: @states_inputs() {{.*}}: !llvm.array<8 x struct<"xf_input"
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_input"
// CHECK: llvm.mlir.constant(2 : i32)
// CHECK: llvm.mlir.constant(4 : i32)
// CHECK: llvm.mlir.constant(0 : i32)
// CHECK: llvm.mlir.constant(0 : i32)
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_input"
// CHECK: llvm.mlir.constant(1065353216 : i32)
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_input"
// CHECK: llvm.mlir.constant(4 : i32)
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_input"
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_input"
// CHECK: llvm.mlir.constant(2 : i32)
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_input"
// CHECK: llvm.mlir.constant(3 : i32)
// CHECK: llvm.mlir.constant(7 : i32)
// CHECK: llvm.mlir.constant(1 : i64)
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_input"
// CHECK: llvm.mlir.constant(3 : i32)
// CHECK: llvm.mlir.constant(3 : i64)
func.func @states(%batch: !hk.batch) -> tensor<?x4xf32, "sequences">
    attributes {xf.entry, xf.result_rows = "sequences", xf.lead = 2 : i64, xf.tail = 1 : i64, xf.skip_lead = 1 : i64,
                xf.num_tokens = 9 : i64, xf.max_seq_len = 0 : i64, xf.image = [3, 16, 4], hk.arena_width = 23 : i64, hk.pairs_width = 5 : i64} {
  %context = hk.input "context" required {slot = #hk.slot<offset = 0, width = 4>} : tensor<?x4xf32, "context">
  %mask = hk.input "context_mask" fill 1.0 {slot = #hk.slot<offset = 4, width = 1>} : tensor<?x1xf32, "context">
  %is = hk.input "is_prepended" fill 0.0 {slot = #hk.slot<offset = 5, width = 1>} : tensor<?x1xf32>
  %len = hk.input "prefix_attn_len" fill 0.0 {slot = #hk.slot<offset = 6, width = 1>} : tensor<?x1xf32, "sequences">
  %scores = hk.input "scores" fill 0.0 {slot = #hk.slot<offset = 1, width = 2>} : tensor<?x2x?xf32>
  %pairs = hk.input "attn_mask" fill 1.0 {slot = #hk.slot<offset = 0, width = 1>} : tensor<?x1x?xf32>
  %0 = hk.launch @gather() weights [@tok, @pos, @type] batch %batch {slot = #hk.slot<offset = 7, width = 4>} : () -> tensor<?x4xf32>
  %1 = hk.launch @shift(%0, %len) batch %batch {slot = #hk.slot<offset = 11, width = 4>}
      : (tensor<?x4xf32>, tensor<?x1xf32, "sequences">) -> tensor<?x4xf32>
  %2, %s = hk.launch @cross(%1, %context, %context, %mask, %pairs, %scores) weights [@bias, @mk, @mk] batch %batch
      {slot = #hk.slot<offset = 15, width = 4>, scores_slot = #hk.slot<offset = 3, width = 2>}
      : (tensor<?x4xf32>, tensor<?x4xf32, "context">, tensor<?x4xf32, "context">, tensor<?x1xf32, "context">, tensor<?x1x?xf32>, tensor<?x2x?xf32>)
      -> (tensor<?x4xf32>, tensor<?x2x?xf32>)
  %3 = hk.launch @last(%context) batch %batch {slot = #hk.slot<offset = 19, width = 4>}
      : (tensor<?x4xf32, "context">) -> tensor<?x4xf32, "sequences">
  return %3 : tensor<?x4xf32, "sequences">
}

// The entry: both arenas, a result of sequences, 8 inputs, ids; lead 2, tail 1, the first row of the result left out; 9 ids, any length;
// images of 3 x 16 x 16 in patches of 4; 4 keys before those of a sequence.
// CHECK-LABEL: @xf_entries()
// CHECK: llvm.mlir.addressof @states_inputs
// CHECK: llvm.mlir.constant(23 : i64)
// CHECK: llvm.mlir.constant(5 : i64)
// CHECK: llvm.mlir.constant(19 : i64)
// CHECK: llvm.mlir.constant(4 : i32)
// CHECK: llvm.mlir.constant(1 : i32)
// CHECK: llvm.mlir.constant(8 : i32)
// CHECK: llvm.mlir.constant(1 : i32)
// CHECK: llvm.mlir.constant(2 : i32)
// CHECK: llvm.mlir.constant(1 : i32)
// CHECK: llvm.mlir.constant(1 : i32)
// CHECK: llvm.mlir.constant(0 : i32)
// CHECK: llvm.mlir.constant(9 : i32)
// CHECK: llvm.mlir.constant(0 : i32)
// CHECK: llvm.mlir.constant(3 : i32)
// CHECK: llvm.mlir.constant(16 : i32)
// CHECK: llvm.mlir.constant(4 : i32)
// CHECK: llvm.mlir.constant(0 : i32)
// CHECK: llvm.mlir.constant(0 : i32)
// CHECK: llvm.mlir.constant(4 : i32)
}
