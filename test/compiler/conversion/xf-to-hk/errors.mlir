// What has no kernel is an error at its line.
// RUN: xf-opt %s --convert-xf-to-hk --split-input-file --verify-diagnostics

// expected-error @+1 {{must have one block to become kernels}}
func.func private @no_body(%batch: !xf.batch) -> tensor<?x4xf32>

// -----

func.func @no_kernel(%batch: !xf.batch) -> tensor<?x4xf32> {
  // expected-error @+1 {{has no kernel}}
  %0 = builtin.unrealized_conversion_cast %batch : !xf.batch to tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
