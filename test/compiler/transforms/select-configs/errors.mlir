// A target or an override that cannot be obeyed is an error, never a fallback.
// RUN: not xf-opt %s --hk-select-configs="targets=x86-64-sse" 2>&1 | FileCheck %s --check-prefix=TARGET
// RUN: not xf-opt %s --hk-select-configs="overrides='gemm_64x64 tile_m = 4'" 2>&1 | FileCheck %s --check-prefix=FORM
// RUN: not xf-opt %s --hk-select-configs="overrides='gemm_64x64{target = x}'" 2>&1 | FileCheck %s --check-prefix=TEXT
// RUN: not xf-opt %s --hk-select-configs="overrides='gemm_64x64{target = \"x86-64-avx2\", variant = \"packed\", tile_m = 0}'" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=ILLEGAL
// RUN: not xf-opt %s --hk-select-configs="overrides='gemm_9x9{target = \"x86-64-avx2\", variant = \"packed\"}'" 2>&1 | FileCheck %s --check-prefix=UNUSED
// RUN: not xf-opt %s --hk-select-configs="overrides='gemm_64x64{target = \"x86-64-avx2\", variant = \"packed\", tile_m = 4, tile_n = 16, unroll_k = 1, grain_rows = 0, grain_cols = 0, max_rows = 5}'" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=CLASS

// TARGET: error: there is no target `x86-64-sse`
// TARGET: note: targets are `x86-64-avx2`, `x86-64-avx512`
// FORM: error: an override is `KERNEL{target = "...", variant = "...", ...}`, not `gemm_64x64 tile_m = 4`
// TEXT: error: the override of `gemm_64x64` is no config: {{.+}}
// ILLEGAL: error: the override of `gemm_64x64` for "x86-64-avx2" is not legal: {{.+}}
// CLASS: error: the override of `gemm_64x64` for "x86-64-avx2" has `max_rows = 5`, but classes end at 4, 48, 384 rows; without `max_rows` it is for all
// UNUSED: error: `overrides` names the kernel `gemm_9x9` for "x86-64-avx2", but there is no such kernel and target
hk.weight @w : tensor<64x64xf32> = "recipe"
func.func @f(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %0 = hk.gemm %x weight @w : tensor<?x64xf32> -> tensor<?x64xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
  return %0 : tensor<?x64xf32>
}
