// What may not be left at the end of the kernels phase.
// RUN: xf-opt %s --xf-verify-phase=phase=kernels --split-input-file --verify-diagnostics

// expected-error @+1 {{must not be left after the phase `kernels`, which ends with weights and functions}}
xf.weight @tok : tensor<9x4xf32> = <"token_emb.weight"[9, 4]>

// -----

// expected-error @+1 {{must take one batch and return rows, but has type '() -> ()'}}
func.func @entry() {
  return
}

// -----

hk.kernel @gather(%batch: !hk.batch) -> tensor<?x4xf32> {
  hk.weight @table0 : tensor<9x4xf32>
  %0 = hk.gather %batch tables [@table0] indices [ids] : tensor<?x4xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  hk.return %0 : tensor<?x4xf32>
}
// expected-error @-5 {{must not be left after the phase `kernels`, which ends with weights and functions}}

// -----

func.func @other_op(%batch: !hk.batch) -> tensor<?x4xf32> {
  // expected-error @+1 {{must not stand in a function of kernels, which holds structured hk ops}}
  %0 = builtin.unrealized_conversion_cast %batch : !hk.batch to tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

// expected-error @+1 {{must not be left where no kernel uses it}}
hk.weight @unused : tensor<4xf32> = "recipe"

// -----

// A residual of tokens on a value of sequences: both are tensor<?x4xf32>, so only the phase can tell.
hk.weight @tok : tensor<9x4xf32> = "recipe"
func.func @mixed(%batch: !hk.batch) -> tensor<?x4xf32> {
  %0 = hk.gather %batch tables [@tok] indices [ids] : tensor<?x4xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  %1 = hk.rowwise %0, %batch over sequence combine [add] : tensor<?x4xf32>
      map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 } finish (%n: i32, %sum: f32) { hk.yield %sum : f32 }
  // expected-error @+1 {{mixes rows of tokens with rows of sequences}}
  %2 = hk.rowwise %1 over row rows (%0) : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32, %r: f32) { hk.yield %v : f32 }
  return %2 : tensor<?x4xf32>
}

// -----

hk.weight @tok : tensor<9x4xf32> = "recipe"
func.func @pooled_residual(%batch: !hk.batch) -> tensor<?x4xf32> {
  %0 = hk.gather %batch tables [@tok] indices [ids] : tensor<?x4xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  // expected-error @+1 {{mixes rows of tokens with rows of sequences}}
  %1 = hk.rowwise %0, %batch over sequence combine [add] rows (%0) : tensor<?x4xf32>
      map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 } finish (%n: i32, %sum: f32, %r: f32) { hk.yield %sum : f32 }
  return %1 : tensor<?x4xf32>
}

// -----

hk.weight @tok : tensor<9x4xf32> = "recipe"
func.func @pooled_twice(%batch: !hk.batch) -> tensor<?x4xf32> {
  %0 = hk.gather %batch tables [@tok] indices [ids] : tensor<?x4xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  %1 = hk.rowwise %0, %batch over sequence combine [add] : tensor<?x4xf32>
      map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 } finish (%n: i32, %sum: f32) { hk.yield %sum : f32 }
  // expected-error @+1 {{reduces over sequences what has one row per sequence already}}
  %2 = hk.rowwise %1, %batch over sequence combine [add] : tensor<?x4xf32>
      map (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 } finish (%n: i32, %sum: f32) { hk.yield %sum : f32 }
  return %2 : tensor<?x4xf32>
}
