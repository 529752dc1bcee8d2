// What may not be left at the end of the plan phase.
// RUN: xf-opt %s --xf-verify-phase=phase=plan --split-input-file --verify-diagnostics

// expected-error @+1 {{must not be left after the phase `plan`, which ends with weights, kernels and functions}}
xf.weight @tok : tensor<9x4xf32> = <"token_emb.weight"[9, 4]>

// -----

// expected-error @+1 {{must have a layout}}
hk.weight @w : tensor<4xf32> = "recipe"

// -----

// expected-error @+1 {{must have a config for each target}}
hk.kernel @no_config(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = hk.rowwise %x over row : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  hk.return %0 : tensor<?x4xf32>
}

// -----

// expected-note @+1 {{such as this one}}
hk.kernel @one(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = hk.rowwise %x over row {configs = [#hk.config<target = "a", variant = "rows">]}
      : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  hk.return %0 : tensor<?x4xf32>
}
// expected-error @+1 {{must have configs for the same targets as every other kernel}}
hk.kernel @other(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = hk.rowwise %x over row {configs = [#hk.config<target = "b", variant = "rows">]}
      : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  hk.return %0 : tensor<?x4xf32>
}

// -----

// expected-error @+1 {{must have `hk.arena_width`}}
func.func @no_arena(%batch: !hk.batch) -> tensor<?x4xf32> {
  %0 = builtin.unrealized_conversion_cast %batch : !hk.batch to tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

func.func @other_op(%batch: !hk.batch) -> tensor<?x4xf32> attributes {hk.arena_width = 4 : i64} {
  // expected-error @+1 {{must not stand in a planned function, which holds inputs and launches}}
  %0 = builtin.unrealized_conversion_cast %batch : !hk.batch to tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

hk.weight @tok : tensor<9x4xf32> = "recipe" {layout = #hk.layout<plain>}
hk.kernel @gather(%batch: !hk.batch) -> tensor<?x4xf32> {
  hk.weight @table0 : tensor<9x4xf32> {layout = #hk.layout<plain>}
  %0 = hk.gather %batch tables [@table0] indices ["ids"] {configs = [#hk.config<target = "t", variant = "plain">]}
      : tensor<?x4xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  hk.return %0 : tensor<?x4xf32>
}
func.func @no_slot(%batch: !hk.batch) -> tensor<?x4xf32> attributes {hk.arena_width = 4 : i64} {
  // expected-error @+1 {{must have a slot}}
  %0 = hk.launch @gather() weights [@tok] batch %batch : () -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

hk.weight @tok : tensor<9x4xf32> = "recipe" {layout = #hk.layout<plain>}
hk.kernel @gather(%batch: !hk.batch) -> tensor<?x4xf32> {
  hk.weight @table0 : tensor<9x4xf32> {layout = #hk.layout<plain>}
  %0 = hk.gather %batch tables [@table0] indices ["ids"] {configs = [#hk.config<target = "t", variant = "plain">]}
      : tensor<?x4xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  hk.return %0 : tensor<?x4xf32>
}
func.func @past_the_end(%batch: !hk.batch) -> tensor<?x4xf32> attributes {hk.arena_width = 6 : i64} {
  // expected-error @+1 {{has a slot that ends at 7, past the arena's width of 6}}
  %0 = hk.launch @gather() weights [@tok] batch %batch {slot = #hk.slot<offset = 3, width = 4>} : () -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

// The second value is written while the first one, which is returned, is still needed.
hk.weight @tok : tensor<9x4xf32> = "recipe" {layout = #hk.layout<plain>}
hk.kernel @gather(%batch: !hk.batch) -> tensor<?x4xf32> {
  hk.weight @table0 : tensor<9x4xf32> {layout = #hk.layout<plain>}
  %0 = hk.gather %batch tables [@table0] indices ["ids"] {configs = [#hk.config<target = "t", variant = "plain">]}
      : tensor<?x4xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  hk.return %0 : tensor<?x4xf32>
}
func.func @overlap(%batch: !hk.batch) -> tensor<?x4xf32> attributes {hk.arena_width = 7 : i64} {
  // expected-note @+1 {{the value is made here}}
  %0 = hk.launch @gather() weights [@tok] batch %batch {slot = #hk.slot<offset = 0, width = 4>} : () -> tensor<?x4xf32>
  // expected-error @+1 {{has a slot that overlaps that of a value which is still needed}}
  %1 = hk.launch @gather() weights [@tok] batch %batch {slot = #hk.slot<offset = 3, width = 4>} : () -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

// An input is there from the start, so a launch before it must keep off.
hk.weight @tok : tensor<9x4xf32> = "recipe" {layout = #hk.layout<plain>}
hk.kernel @gather(%batch: !hk.batch) -> tensor<?x4xf32> {
  hk.weight @table0 : tensor<9x4xf32> {layout = #hk.layout<plain>}
  %0 = hk.gather %batch tables [@table0] indices ["ids"] {configs = [#hk.config<target = "t", variant = "plain">]}
      : tensor<?x4xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  hk.return %0 : tensor<?x4xf32>
}
func.func @early(%batch: !hk.batch) -> tensor<?x4xf32> attributes {hk.arena_width = 4 : i64} {
  // expected-note @+1 {{the value is made here}}
  %0 = hk.launch @gather() weights [@tok] batch %batch {slot = #hk.slot<offset = 0, width = 4>} : () -> tensor<?x4xf32>
  // expected-error @+1 {{has a slot that overlaps that of a value which is still needed}}
  %1 = hk.input "x" required {slot = #hk.slot<offset = 0, width = 4>} : tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}

// -----

hk.weight @tok : tensor<9x4xf32> = "recipe" {layout = #hk.layout<plain>}
hk.kernel @gather(%batch: !hk.batch) -> tensor<?x4xf32> {
  hk.weight @table0 : tensor<9x4xf32> {layout = #hk.layout<plain>}
  %0 = hk.gather %batch tables [@table0] indices ["ids"] {configs = [#hk.config<target = "t", variant = "plain">]}
      : tensor<?x4xf32> epilogue (%s: f32) { hk.yield %s : f32 }
  hk.return %0 : tensor<?x4xf32>
}
// expected-error @+1 {{must have `hk.pairs_width`}}
func.func @pairs(%batch: !hk.batch) -> tensor<?x4xf32> attributes {hk.arena_width = 4 : i64} {
  %1 = hk.input "attn_mask" fill 1.0 {slot = #hk.slot<offset = 0, width = 1>} : tensor<?x1x?xf32>
  %0 = hk.launch @gather() weights [@tok] batch %batch {slot = #hk.slot<offset = 0, width = 4>} : () -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
