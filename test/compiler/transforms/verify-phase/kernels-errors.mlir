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
  %0 = hk.gather %batch tables [@table0] indices ["ids"] : tensor<?x4xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  hk.return %0 : tensor<?x4xf32>
}
// expected-error @-5 {{must not be left after the phase `kernels`, which ends with weights and functions}}

// -----

func.func @other_op(%batch: !hk.batch) -> tensor<?x4xf32> {
  // expected-error @+1 {{must not stand in a function of kernels, which holds inputs and structured hk ops}}
  %0 = builtin.unrealized_conversion_cast %batch : !hk.batch to tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

// expected-error @+1 {{must not be left where no kernel uses it}}
hk.weight @unused : tensor<4xf32> = "recipe"

// -----

// The entry's word on its rows is what its type says.
hk.weight @tok : tensor<9x4xf32> = "recipe"
// expected-error @+1 {{says that the result's rows are "sequences", but its type says "tokens"}}
func.func @other_rows(%batch: !hk.batch) -> tensor<?x4xf32> attributes {xf.entry, xf.result_rows = "sequences"} {
  %0 = hk.gather %batch tables [@tok] indices ["ids"] : tensor<?x4xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  return %0 : tensor<?x4xf32>
}
