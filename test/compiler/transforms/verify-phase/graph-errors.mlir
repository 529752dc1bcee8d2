// What may not be left at the end of the graph phase.
// RUN: xf-opt %s --xf-verify-phase=phase=graph --split-input-file --verify-diagnostics

// expected-error @+1 {{must not be left after the phase `graph`, which ends with weights and functions}}
hk.weight @w : tensor<4xf32> = "recipe"

// -----

// expected-error @+1 {{must take one batch and return rows, but has type '(tensor<?x4xf32>) -> tensor<?x4xf32>'}}
func.func @entry(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  return %x : tensor<?x4xf32>
}

// -----

// expected-error @+1 {{must have one block}}
func.func private @no_body(%batch: !xf.batch) -> tensor<?x4xf32>

// -----

func.func @kernel(%batch: !xf.batch) -> tensor<?x4xf32> {
  // expected-error @+1 {{must not stand in a graph, which holds tensor-level xf ops}}
  %0 = builtin.unrealized_conversion_cast %batch : !xf.batch to tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
