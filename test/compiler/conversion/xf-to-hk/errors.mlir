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

// -----

// A slice is only ever the offset of an attention.
func.func @slice(%x: tensor<?x8xf32>) -> tensor<?x4xf32> {
  // expected-error @+1 {{can only be read by `xf.attention`}}
  %0 = xf.slice %x offset 0 : tensor<?x8xf32> -> tensor<?x4xf32>
  // expected-note @+1 {{but is read here}}
  return %0 : tensor<?x4xf32>
}
