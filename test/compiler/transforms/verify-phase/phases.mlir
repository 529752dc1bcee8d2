// What holds at the end of a phase passes its check, and the check changes nothing.
// RUN: split-file %s %t
// RUN: xf-opt %t/model.mlir --xf-verify-phase=phase=model | FileCheck %s --check-prefix=MODEL
// RUN: xf-opt %t/graph.mlir --xf-verify-phase=phase=graph | FileCheck %s --check-prefix=GRAPH
// RUN: xf-opt %t/kernels.mlir --xf-verify-phase=phase=kernels | FileCheck %s --check-prefix=KERNELS
// RUN: xf-opt %t/plan.mlir --xf-verify-phase=phase=plan | FileCheck %s --check-prefix=PLAN

//--- model.mlir
// MODEL: xf.model @m
xf.model @m {
  xf.transformer_wrapper attributes {num_tokens = 9 : i64, max_seq_len = 5 : i64} {
    xf.attention_layers attributes {dim = 4 : i64, depth = 1 : i64}
  }
}

//--- graph.mlir
// GRAPH: xf.embed
xf.weight @tok : tensor<9x4xf32> = <"token_emb.weight"[9, 4]>
func.func @states(%batch: !xf.batch) -> tensor<?x4xf32> {
  %0 = xf.embed %batch tables [@tok] indices ["ids"] : tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

//--- kernels.mlir
// KERNELS: hk.gather
hk.weight @tok : tensor<9x4xf32> = "recipe"
func.func @encode(%batch: !hk.batch) -> tensor<?x4xf32, "sequences"> {
  %0 = hk.gather %batch tables [@tok] indices ["ids"] : tensor<?x4xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  %1 = hk.rowwise %0, %batch over sequence combine [add] : tensor<?x4xf32> -> tensor<?x4xf32, "sequences">
      map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 } finish (%n: i32, %sum: f32) { hk.yield %sum : f32 }
  %2 = hk.rowwise %0, %batch over sequence combine [add] rows (%1) : tensor<?x4xf32> -> tensor<?x4xf32, "sequences">
      map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 } finish (%n: i32, %sum: f32, %r: f32) { hk.yield %sum : f32 }
  return %2 : tensor<?x4xf32, "sequences">
}

//--- plan.mlir
// PLAN: hk.launch
hk.weight @tok : tensor<9x4xf32> = "recipe" {layout = #hk.layout<plain>}
hk.kernel @gather(%batch: !hk.batch) -> tensor<?x4xf32> {
  hk.weight @table0 : tensor<9x4xf32> {layout = #hk.layout<plain>}
  %0 = hk.gather %batch tables [@table0] indices ["ids"] {configs = [#hk.config<target = "t", variant = "plain">]}
      : tensor<?x4xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  hk.return %0 : tensor<?x4xf32>
}
func.func @states(%batch: !hk.batch) -> tensor<?x4xf32> attributes {hk.arena_width = 4 : i64} {
  %0 = hk.launch @gather() weights [@tok] batch %batch {slot = #hk.slot<offset = 0, width = 4>} : () -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
