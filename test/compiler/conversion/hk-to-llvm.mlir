// The host program: tables of constants laid out by runtime/src/program.h, one function per entry point, references to kernels.
// RUN: xf-opt %s --convert-hk-to-llvm | FileCheck %s
// RUN: xf-opt %s --convert-hk-to-llvm | FileCheck %s --check-prefix=GONE
// RUN: sed 's/hk.weights_file = "toy.xfw", //' %s | xf-opt --convert-hk-to-llvm | FileCheck %s --check-prefix=EMBED

// Without a file the weights are a section of the library.
// EMBED: llvm.mlir.global external hidden constant @xf_weights_section() {{.*}}alignment = 64
// EMBED-LABEL: @xf_program_instance()
// EMBED: llvm.mlir.addressof @xf_weights_section

// Nothing of hk, xf or func is left.
// GONE-NOT: hk.
// GONE-NOT: xf.model_info
// GONE-NOT: func.func

module attributes {xf.model_info = #xf.model_info<name = "toy", num_tokens = 9, max_seq_len = 5, token_types = 0>,
                   hk.describe_json = "{}", hk.weights_file = "toy.xfw", hk.weights_bytes = 4096 : i64,
                   hk.weights_hash = -1 : i64} {

hk.weight @tok : tensor<9x48xf32> = "recipe" {layout = #hk.layout<plain>, offset = 0 : i64}
hk.weight @pos : tensor<5x48xf32> = "recipe" {layout = #hk.layout<plain>, offset = 1728 : i64}
hk.weight @w : tensor<48x40xf32> = "recipe" {layout = #hk.layout<panels>, offset = 2688 : i64}
hk.weight @b : tensor<40xf32> = "recipe" {layout = #hk.layout<plain>, offset = 3000 : i64}

hk.kernel @gather(%batch: !hk.batch) -> tensor<?x48xf32> {
  hk.weight @table0 : tensor<9x48xf32> {layout = #hk.layout<plain>}
  hk.weight @table1 : tensor<5x48xf32> {layout = #hk.layout<plain>}
  %0 = hk.gather %batch tables [@table0, @table1] indices ["ids", "positions"]
      {configs = [#hk.config<target = "x86-64-avx2", variant = "plain", grain_rows = 64>,
                  #hk.config<target = "x86-64-avx512", variant = "plain", grain_rows = 128>]} : tensor<?x48xf32>
      epilogue (%sum: f32) { hk.yield %sum : f32 }
  hk.return %0 : tensor<?x48xf32>
}

hk.kernel @gemm(%x: tensor<?x48xf32>, %res: tensor<?x40xf32>) -> tensor<?x40xf32> {
  hk.weight @weight : tensor<48x40xf32> {layout = #hk.layout<panels>}
  hk.weight @vector0 : tensor<40xf32> {layout = #hk.layout<plain>}
  %0 = hk.gemm %x weight @weight vectors [@vector0] rows (%res)
      {configs = [#hk.config<target = "x86-64-avx2", variant = "packed", grain_cols = 16, grain_rows = 12>,
                  #hk.config<target = "x86-64-avx512", variant = "packed", grain_cols = 32, grain_rows = 0, max_rows = 48, tile_m = 8>,
                  #hk.config<target = "x86-64-avx512", variant = "packed", grain_cols = 32, grain_rows = 48, tile_m = 12>]}
      : tensor<?x48xf32> -> tensor<?x40xf32>
      epilogue (%acc: f32, %bias: f32, %residual: f32) { hk.yield %acc : f32 }
  hk.return %0 : tensor<?x40xf32>
}

hk.kernel @attention(%q: tensor<?x48xf32>, %batch: !hk.batch) -> tensor<?x40xf32> {
  %0 = hk.attention %q, %q, %q, %batch {heads = 1 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, value_dim = 40 : i64,
      scale = 0.5 : f32, v_offset = 8 : i64,
      configs = [#hk.config<target = "x86-64-avx2", variant = "blocked">,
                 #hk.config<target = "x86-64-avx512", variant = "blocked">]}
      : tensor<?x48xf32>, tensor<?x48xf32>, tensor<?x48xf32> -> tensor<?x40xf32>
  hk.return %0 : tensor<?x40xf32>
}

hk.kernel @mean(%x: tensor<?x40xf32>, %batch: !hk.batch) -> tensor<?x40xf32, "sequences"> {
  %0 = hk.rowwise %x, %batch over sequence combine [add]
      {configs = [#hk.config<target = "x86-64-avx2", variant = "columns">,
                  #hk.config<target = "x86-64-avx512", variant = "columns">]} : tensor<?x40xf32> -> tensor<?x40xf32, "sequences">
      map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
      finish (%n: i32, %sum: f32) { hk.yield %sum : f32 }
  hk.return %0 : tensor<?x40xf32, "sequences">
}

hk.kernel @scale(%x: tensor<?x40xf32, "sequences">) -> tensor<?x40xf32, "sequences"> {
  hk.weight @vector0 : tensor<40xf32> {layout = #hk.layout<plain>}
  %0 = hk.rowwise %x over row vectors [@vector0]
      {configs = [#hk.config<target = "x86-64-avx2", variant = "rows">,
                  #hk.config<target = "x86-64-avx512", variant = "rows">]} : tensor<?x40xf32, "sequences">
      finish (%v: f32, %i: i32, %n: i32, %g: f32) { hk.yield %g : f32 }
  hk.return %0 : tensor<?x40xf32, "sequences">
}

// The variants of the gemm, a target after the other: for avx2 any number of rows by kernel 1 of its table in crops of 12 x 16; for
// avx512 up to 48 rows by kernel 2, and any number by kernel 1, the form of the last config.
// CHECK-LABEL: llvm.mlir.global internal constant @gemm_variants() {{.*}}: !llvm.array<3 x struct<"xf_variant", (i32, i32, i32, i32)>>
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_variant"
// CHECK-NEXT: llvm.mlir.constant(0 : i32)
// CHECK: llvm.mlir.constant(1 : i32)
// CHECK: llvm.mlir.constant(12 : i32)
// CHECK: llvm.mlir.constant(16 : i32)
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_variant"
// CHECK-NEXT: llvm.mlir.constant(48 : i32)
// CHECK: llvm.mlir.constant(2 : i32)
// CHECK: llvm.mlir.constant(0 : i32)
// CHECK: llvm.mlir.constant(32 : i32)
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_variant"
// CHECK-NEXT: llvm.mlir.constant(0 : i32)
// CHECK: llvm.mlir.constant(1 : i32)
// CHECK: llvm.mlir.constant(48 : i32)
// CHECK: llvm.mlir.constant(32 : i32)

// Arguments in the order of the kernel's function: indices (kind 2, and the number of the buffer), then tables (kind 0).
// CHECK-LABEL: llvm.mlir.global internal constant @encode_args_0() {{.*}}: !llvm.array<4 x struct<"xf_arg", (i32, i32, i32, i32, array<4 x i32>, i64, i32, i32)>>
// CHECK: llvm.mlir.constant(2 : i32)
// CHECK: llvm.mlir.constant(0 : i64)
// CHECK: llvm.mlir.constant(2 : i32)
// CHECK: llvm.mlir.constant(1 : i64)
// CHECK: llvm.mlir.constant(dense<[48, 9, 0, 0]> : tensor<4xi32>)
// CHECK: llvm.mlir.constant(dense<[48, 5, 0, 0]> : tensor<4xi32>)
// CHECK: llvm.mlir.constant(1728 : i64)

// Rows, packed weight as panels of 16 columns, vector.
// CHECK-LABEL: @encode_args_1()
// CHECK: llvm.mlir.constant(1 : i32)
// CHECK: llvm.mlir.constant(dense<[48, 0, 0, 0]> : tensor<4xi32>)
// CHECK: llvm.mlir.constant(dense<[16, 48, 3, 0]> : tensor<4xi32>)
// CHECK: llvm.mlir.constant(2688 : i64)
// CHECK: llvm.mlir.constant(dense<[40, 0, 0, 0]> : tensor<4xi32>)
// CHECK: llvm.mlir.constant(3000 : i64)
// The residual: a value of the arena at column 48.
// CHECK: llvm.mlir.constant(1 : i32)
// CHECK: llvm.mlir.constant(dense<[40, 0, 0, 0]> : tensor<4xi32>)
// CHECK: llvm.mlir.constant(48 : i64)

// Launch 2 is the gemm, of rows: 4 arguments, output 40 wide at column 88, its name the third; avx512's variants start at the second.
// CHECK-LABEL: llvm.mlir.global internal constant @encode_launches() {{.*}}: !llvm.array<5 x struct<"xf_launch", (i32, i32, i32, i32, i64, ptr, array<4 x i32>, ptr, i32, i32)>>
// CHECK: llvm.mlir.addressof @encode_args_0
// CHECK: llvm.mlir.addressof @encode_args_1
// CHECK: llvm.mlir.undef : !llvm.struct<"xf_launch"
// CHECK-NEXT: llvm.mlir.constant(0 : i32)
// CHECK: llvm.mlir.constant(4 : i32)
// CHECK: llvm.mlir.constant(40 : i32)
// CHECK: llvm.mlir.constant(2 : i32)
// CHECK: llvm.mlir.constant(88 : i64)
// CHECK: llvm.mlir.addressof @gemm_variants
// CHECK: llvm.mlir.constant(dense<[0, 1, 0, 0]> : tensor<4xi32>)
// CHECK: llvm.mlir.addressof @encode_args_2

// Each launch in order; a status that is not 0 is returned at once.
// CHECK-LABEL: llvm.func internal @xf_run_encode(%arg0: !llvm.ptr) -> i32
// CHECK: %[[FIRST:.*]] = llvm.getelementptr %{{.*}}[0] : (!llvm.ptr) -> !llvm.ptr, !llvm.struct<"xf_launch"
// CHECK: %[[STATUS:.*]] = llvm.call @xf_rt_launch(%arg0, %[[FIRST]]) : (!llvm.ptr, !llvm.ptr) -> i32
// CHECK: %[[BAD:.*]] = llvm.icmp "ne" %[[STATUS]], %{{.*}} : i32
// CHECK: llvm.cond_br %[[BAD]], ^[[FAILED:.*]](%[[STATUS]] : i32), ^{{.*}}
// CHECK-COUNT-4: llvm.call @xf_rt_launch
// CHECK: ^[[FAILED]](%[[RESULT:.*]]: i32):
// CHECK: llvm.return %[[RESULT]] : i32
func.func @encode(%batch: !hk.batch) -> tensor<?x40xf32, "sequences"> attributes {xf.entry, xf.result_rows = "sequences"} {
  %0 = hk.launch @gather() weights [@tok, @pos] batch %batch {op_name = "embedding", slot = #hk.slot<offset = 0, width = 48>}
      : () -> tensor<?x48xf32>
  %1 = hk.launch @attention(%0) batch %batch {op_name = "layers.0.attention", slot = #hk.slot<offset = 48, width = 40>}
      : (tensor<?x48xf32>) -> tensor<?x40xf32>
  %2 = hk.launch @gemm(%0, %1) weights [@w, @b] {op_name = "layers.0.ff", slot = #hk.slot<offset = 88, width = 40>}
      : (tensor<?x48xf32>, tensor<?x40xf32>) -> tensor<?x40xf32>
  %3 = hk.launch @mean(%2) batch %batch {op_name = "pool", slot = #hk.slot<offset = 0, width = 40>}
      : (tensor<?x40xf32>) -> tensor<?x40xf32, "sequences">
  %4 = hk.launch @scale(%3) weights [@b] {op_name = "pool", slot = #hk.slot<offset = 40, width = 40>}
      : (tensor<?x40xf32, "sequences">) -> tensor<?x40xf32, "sequences">
  return %4 : tensor<?x40xf32, "sequences">
}

// A kernel table per target, in the order of the kernels, and the CPU features it needs (1: AVX2, 3: AVX2 and AVX-512), with its length.
// CHECK: llvm.func hidden @xfk_gather_avx2_argv(!llvm.ptr) -> i32
// CHECK-LABEL: llvm.mlir.global internal constant @xf_kernels_avx2() {{.*}}: !llvm.array<5 x ptr>
// CHECK: llvm.mlir.addressof @xfk_gather_avx2_argv
// CHECK: llvm.mlir.addressof @xfk_gemm_avx2_argv
// CHECK-LABEL: llvm.mlir.global internal constant @xf_kernels_avx512() {{.*}}: !llvm.array<6 x ptr>
// CHECK: llvm.mlir.addressof @xfk_gather_avx512_argv
// CHECK: llvm.mlir.addressof @xfk_gemm_avx512_argv
// CHECK: llvm.mlir.addressof @xfk_gemm_upto48_avx512_argv

// CHECK-LABEL: @xf_targets()
// CHECK: llvm.mlir.constant(1 : i32)
// CHECK: llvm.mlir.constant(5 : i32)
// CHECK: llvm.mlir.constant(3 : i32)
// CHECK: llvm.mlir.constant(6 : i32)

// The entry: arena of 128 floats a row, result of one row per sequence, 40 wide at column 40.
// CHECK-LABEL: @xf_entries()
// CHECK: llvm.mlir.addressof @xf_run_encode
// CHECK: llvm.mlir.constant(128 : i64)
// CHECK: llvm.mlir.constant(40 : i64)
// CHECK: llvm.mlir.constant(40 : i32)
// CHECK: llvm.mlir.constant(1 : i32)

// Two launches share the name `pool`.
// CHECK-LABEL: @xf_op_names() {{.*}}: !llvm.array<4 x ptr>

// The program: magic, version, 2 targets, 1 entry; no embedded weights; the bits of the hash as they are.
// CHECK-LABEL: llvm.mlir.global external hidden constant @xf_program_instance() {{.*}}: !llvm.struct<"xf_program"
// CHECK: llvm.mlir.constant(3478836452119697457 : i64)
// CHECK: llvm.mlir.constant(3 : i32)
// CHECK: llvm.mlir.constant(2 : i32)
// CHECK: llvm.mlir.constant(1 : i32)
// CHECK: llvm.mlir.zero : !llvm.ptr
// CHECK: llvm.mlir.constant(4096 : i64)
// CHECK: llvm.mlir.constant(-1 : i64)
// CHECK: llvm.mlir.addressof @xf_op_names

// CHECK-LABEL: llvm.func @xf_get_api_toy(%arg0: i32) -> !llvm.ptr
// CHECK: llvm.call @xf_get_api(%arg0) : (i32) -> !llvm.ptr
}
