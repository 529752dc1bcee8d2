// Every structured op gets configs per target, in the order asked for; by default for every CPU target. Classes of rows with the same
// config share it.
// RUN: xf-opt %s --hk-select-configs | FileCheck %s
// RUN: xf-opt %s --hk-select-configs="targets=x86-64-avx512" | FileCheck %s --check-prefix=ONE
// RUN: xf-opt %s --hk-outline-kernels --hk-select-configs="targets=x86-64-avx2,x86-64-avx512 overrides='gemm_384x1536{target = \"x86-64-avx512\", variant = \"packed\", grain_cols = 64, grain_rows = 24, tile_m = 6, tile_n = 32, unroll_k = 1}'" \
// RUN:   | FileCheck %s --check-prefix=OVERRIDE
// RUN: xf-opt %s --hk-outline-kernels --hk-select-configs="targets=x86-64-avx2 overrides='rowwise_384{target = \"x86-64-avx2\", variant = \"rows\", grain_cols = 0, grain_rows = 7}; rowwise_384{target = \"x86-64-avx2\", variant = \"rows\", grain_cols = 0, grain_rows = 9, max_rows = 48}'" \
// RUN:   | FileCheck %s --check-prefix=CLASSES
// RUN: xf-opt %s --hk-outline-kernels --hk-select-configs="targets=x86-64-avx2 overrides='rowwise_384{target = \"x86-64-avx2\", variant = \"rows\", grain_cols = 0, grain_rows = 9, max_rows = 48}; rowwise_384{target = \"x86-64-avx2\", variant = \"rows\", grain_cols = 0, grain_rows = 7}'" \
// RUN:   | FileCheck %s --check-prefix=LATER

hk.weight @w : tensor<384x1536xf32> = "recipe"
hk.weight @v : tensor<1536x384xf32> = "recipe"
hk.weight @tok : tensor<9x384xf32> = "recipe"

// CHECK-LABEL: func.func @f
// CHECK: hk.gather {{.*}} {config_sources = ["heuristic"{{.*}}], configs = [#hk.config<target = "x86-64-avx2", variant = "{{[a-z]+}}", {{.*}}>, #hk.config<target = "x86-64-avx512", variant = "{{[a-z]+}}", {{.*}}>]}
// CHECK: hk.gemm {{.*}} configs = [#hk.config<target = "x86-64-avx2", variant = "packed", {{.*}}>, #hk.config<target = "x86-64-avx512",
// CHECK: hk.rowwise {{.*}} configs = [
// CHECK: hk.attention {{.*}} configs = [

// ONE-LABEL: func.func @f
// ONE: hk.gemm {{.*}} configs = [#hk.config<target = "x86-64-avx512", variant = "packed"
// ONE-NOT: avx2

// An override is for one kernel and one target; without `max_rows` for all classes of rows, which therefore are one.
// OVERRIDE-LABEL: hk.kernel @gemm_384x1536(
// OVERRIDE: {config_sources = [{{.*}}, "override"], configs = [#hk.config<target = "x86-64-avx2", {{.*}}>, #hk.config<target = "x86-64-avx512", variant = "packed", grain_cols = 64, grain_rows = 24, tile_m = 6, tile_n = 32, unroll_k = 1>]}
// OVERRIDE-LABEL: hk.kernel @gemm_1536x384(
// OVERRIDE-NOT: grain_rows = 24, tile_m = 6, tile_n = 32, unroll_k = 1

// With `max_rows` it is for one class: those below and above it keep the other.
// CLASSES-LABEL: hk.kernel @rowwise_384(
// CLASSES: {config_sources = ["override", "override", "override"], configs = [
// CLASSES-SAME: #hk.config<target = "x86-64-avx2", variant = "rows", grain_cols = 0, grain_rows = 7, max_rows = 4>,
// CLASSES-SAME: #hk.config<target = "x86-64-avx2", variant = "rows", grain_cols = 0, grain_rows = 9, max_rows = 48>,
// CLASSES-SAME: #hk.config<target = "x86-64-avx2", variant = "rows", grain_cols = 0, grain_rows = 7>]}

// Of two overrides the later one holds.
// LATER-LABEL: hk.kernel @rowwise_384(
// LATER: {config_sources = ["override"], configs = [#hk.config<target = "x86-64-avx2", variant = "rows", grain_cols = 0, grain_rows = 7>]}
func.func @f(%batch: !hk.batch) -> tensor<?x384xf32> {
  %0 = hk.gather %batch tables [@tok] indices ["ids"] : tensor<?x384xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  %1 = hk.gemm %0 weight @w : tensor<?x384xf32> -> tensor<?x1536xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  %2 = hk.gemm %1 weight @v : tensor<?x1536xf32> -> tensor<?x384xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  %3 = hk.rowwise %2 over row : tensor<?x384xf32> finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  %4 = hk.attention %3, %3, %3, %batch {heads = 12 : i64, kv_heads = 12 : i64, head_dim = 32 : i64, value_dim = 32 : i64, scale = 0.5 : f32}
      : tensor<?x384xf32>, tensor<?x384xf32>, tensor<?x384xf32> -> tensor<?x384xf32>
  return %4 : tensor<?x384xf32>
}
