// Every structured op gets a config per target, in the order asked for; by default for every CPU target.
// RUN: xf-opt %s --hk-select-configs | FileCheck %s
// RUN: xf-opt %s --hk-select-configs="targets=x86-64-avx512" | FileCheck %s --check-prefix=ONE
// RUN: xf-opt %s --hk-outline-kernels --hk-select-configs="targets=x86-64-avx2,x86-64-avx512 overrides='gemm_384x1536{target = \"x86-64-avx512\", variant = \"packed\", grain_cols = 64, grain_rows = 24, tile_m = 6, tile_n = 32, unroll_k = 1}'" \
// RUN:   | FileCheck %s --check-prefix=OVERRIDE

hk.weight @w : tensor<384x1536xf32> = "recipe"
hk.weight @v : tensor<1536x384xf32> = "recipe"
hk.weight @tok : tensor<9x384xf32> = "recipe"

// CHECK-LABEL: func.func @f
// CHECK: hk.gather {{.*}} {configs = [#hk.config<target = "x86-64-avx2", variant = "{{[a-z]+}}", {{.*}}>, #hk.config<target = "x86-64-avx512", variant = "{{[a-z]+}}", {{.*}}>]}
// CHECK: hk.gemm {{.*}} {configs = [#hk.config<target = "x86-64-avx2", variant = "packed", {{.*}}>, #hk.config<target = "x86-64-avx512",
// CHECK: hk.rowwise {{.*}} {configs = [
// CHECK: hk.attention {{.*}} {configs = [

// ONE-LABEL: func.func @f
// ONE: hk.gemm {{.*}} {configs = [#hk.config<target = "x86-64-avx512", variant = "packed"
// ONE-NOT: avx2

// An override is for one kernel and one target.
// OVERRIDE-LABEL: hk.kernel @gemm_384x1536(
// OVERRIDE: {configs = [#hk.config<target = "x86-64-avx2", {{.*}}>, #hk.config<target = "x86-64-avx512", variant = "packed", grain_cols = 64, grain_rows = 24, tile_m = 6, tile_n = 32, unroll_k = 1>]}
// OVERRIDE-LABEL: hk.kernel @gemm_1536x384(
// OVERRIDE-NOT: grain_rows = 24, tile_m = 6, tile_n = 32, unroll_k = 1
func.func @f(%batch: !hk.batch) -> tensor<?x384xf32> {
  %0 = hk.gather %batch tables [@tok] indices [ids] : tensor<?x384xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  %1 = hk.gemm %0 weight @w : tensor<?x384xf32> -> tensor<?x1536xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  %2 = hk.gemm %1 weight @v : tensor<?x1536xf32> -> tensor<?x384xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  %3 = hk.rowwise %2 over row : tensor<?x384xf32> finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  %4 = hk.attention %3, %3, %3, %batch {heads = 12 : i64, kv_heads = 12 : i64, head_dim = 32 : i64, value_dim = 32 : i64, scale = 0.5 : f32}
      : tensor<?x384xf32>, tensor<?x384xf32>, tensor<?x384xf32> -> tensor<?x384xf32>
  return %4 : tensor<?x384xf32>
}
