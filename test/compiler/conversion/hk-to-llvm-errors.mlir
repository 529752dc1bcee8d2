// What convert-hk-to-llvm refuses: a module that an earlier step has not finished.
// RUN: xf-opt %s --convert-hk-to-llvm --split-input-file --verify-diagnostics

// expected-error @+1 {{the module has no `hk.kernel`; run `hk-outline-kernels` before}}
module {
}

// -----

module {
hk.kernel @scale(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @+1 {{kernel has no configs; run `hk-select-configs` before}}
  %0 = hk.rowwise %x over row : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  hk.return %0 : tensor<?x4xf32>
}
}

// -----

module {
hk.kernel @scale(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @+1 {{configs name 0 known targets; a library holds 1 to 4}}
  %0 = hk.rowwise %x over row {configs = [#hk.config<target = "abacus", variant = "rows">]} : tensor<?x4xf32>
      finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  hk.return %0 : tensor<?x4xf32>
}
}

// -----

module {
hk.kernel @first(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = hk.rowwise %x over row {configs = [#hk.config<target = "x86-64-avx2", variant = "rows">]} : tensor<?x4xf32>
      finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  hk.return %0 : tensor<?x4xf32>
}
hk.kernel @second(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @+1 {{kernel `second` must have configs for each of the targets that the first kernel has configs for}}
  %0 = hk.rowwise %x over row {configs = [#hk.config<target = "x86-64-avx512", variant = "rows">]} : tensor<?x4xf32>
      finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  hk.return %0 : tensor<?x4xf32>
}
}

// -----

// expected-error @+1 {{the module has no entry point: a function with `xf.entry`}}
module {
hk.kernel @scale(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = hk.rowwise %x over row {configs = [#hk.config<target = "x86-64-avx2", variant = "rows">]} : tensor<?x4xf32>
      finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  hk.return %0 : tensor<?x4xf32>
}
}

// -----

module {
// expected-error @+1 {{weight has no `offset`; the weights are packed before `convert-hk-to-llvm`}}
hk.weight @tok : tensor<9x4xf32> = "recipe" {layout = #hk.layout<plain>}
hk.kernel @gather(%batch: !hk.batch) -> tensor<?x4xf32> {
  hk.weight @table0 : tensor<9x4xf32> {layout = #hk.layout<plain>}
  %0 = hk.gather %batch tables [@table0] indices ["ids"]
      {configs = [#hk.config<target = "x86-64-avx2", variant = "plain">]} : tensor<?x4xf32>
      epilogue (%sum: f32) { hk.yield %sum : f32 }
  hk.return %0 : tensor<?x4xf32>
}
func.func @encode(%batch: !hk.batch) -> tensor<?x4xf32> attributes {xf.entry} {
  %0 = hk.launch @gather() weights [@tok] batch %batch {slot = #hk.slot<offset = 0, width = 4>} : () -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
}

// -----

module {
// expected-error @+1 {{weight has no layout; run `hk-pack-weights` before}}
hk.weight @tok : tensor<9x4xf32> = "recipe" {offset = 0 : i64}
hk.kernel @gather(%batch: !hk.batch) -> tensor<?x4xf32> {
  hk.weight @table0 : tensor<9x4xf32>
  %0 = hk.gather %batch tables [@table0] indices ["ids"]
      {configs = [#hk.config<target = "x86-64-avx2", variant = "plain">]} : tensor<?x4xf32>
      epilogue (%sum: f32) { hk.yield %sum : f32 }
  hk.return %0 : tensor<?x4xf32>
}
func.func @encode(%batch: !hk.batch) -> tensor<?x4xf32> attributes {xf.entry} {
  %0 = hk.launch @gather() weights [@tok] batch %batch {slot = #hk.slot<offset = 0, width = 4>} : () -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
}

// -----

module {
hk.weight @tok : tensor<9x4xf32> = "recipe" {layout = #hk.layout<plain>, offset = 0 : i64}
hk.kernel @gather(%batch: !hk.batch) -> tensor<?x4xf32> {
  hk.weight @table0 : tensor<9x4xf32> {layout = #hk.layout<plain>}
  %0 = hk.gather %batch tables [@table0] indices ["ids"]
      {configs = [#hk.config<target = "x86-64-avx2", variant = "plain">]} : tensor<?x4xf32>
      epilogue (%sum: f32) { hk.yield %sum : f32 }
  hk.return %0 : tensor<?x4xf32>
}
func.func @encode(%batch: !hk.batch) -> tensor<?x4xf32> attributes {xf.entry} {
  // expected-error @+1 {{launch has no slot in the arena; run `hk-plan-memory` before}}
  %0 = hk.launch @gather() weights [@tok] batch %batch : () -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
}

// -----

module {
hk.kernel @scale(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = hk.rowwise %x over row {configs = [#hk.config<target = "x86-64-avx2", variant = "rows">]} : tensor<?x4xf32>
      finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  hk.return %0 : tensor<?x4xf32>
}
func.func @encode(%x: tensor<?x4xf32>) -> tensor<?x4xf32> attributes {xf.entry} {
  // expected-error @+1 {{row operand has no slot in the arena; run `hk-plan-memory` before}}
  %0 = hk.launch @scale(%x) {slot = #hk.slot<offset = 0, width = 4>} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
}

// -----

module {
hk.weight @tok : tensor<9x4xf32> = "recipe" {layout = #hk.layout<plain>, offset = 0 : i64}
hk.kernel @gather(%batch: !hk.batch) -> tensor<?x4xf32> {
  hk.weight @table0 : tensor<9x4xf32> {layout = #hk.layout<plain>}
  %0 = hk.gather %batch tables [@table0] indices ["ids"]
      {configs = [#hk.config<target = "x86-64-avx2", variant = "plain">]} : tensor<?x4xf32>
      epilogue (%sum: f32) { hk.yield %sum : f32 }
  hk.return %0 : tensor<?x4xf32>
}
// expected-error @+1 {{an entry point must return the result of one launch}}
func.func @encode(%x: tensor<?x4xf32>, %batch: !hk.batch) -> tensor<?x4xf32> attributes {xf.entry} {
  %0 = hk.launch @gather() weights [@tok] batch %batch {slot = #hk.slot<offset = 0, width = 4>} : () -> tensor<?x4xf32>
  return %x : tensor<?x4xf32>
}
}

// -----

// expected-error @+1 {{module has no `xf.model_info`, which the tables of the host program need}}
module {
hk.weight @tok : tensor<9x4xf32> = "recipe" {layout = #hk.layout<plain>, offset = 0 : i64}
hk.kernel @gather(%batch: !hk.batch) -> tensor<?x4xf32> {
  hk.weight @table0 : tensor<9x4xf32> {layout = #hk.layout<plain>}
  %0 = hk.gather %batch tables [@table0] indices ["ids"]
      {configs = [#hk.config<target = "x86-64-avx2", variant = "plain">]} : tensor<?x4xf32>
      epilogue (%sum: f32) { hk.yield %sum : f32 }
  hk.return %0 : tensor<?x4xf32>
}
func.func @encode(%batch: !hk.batch) -> tensor<?x4xf32> attributes {xf.entry} {
  %0 = hk.launch @gather() weights [@tok] batch %batch {slot = #hk.slot<offset = 0, width = 4>} : () -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
}

// -----

module {
hk.kernel @scale(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = hk.rowwise %x over row {configs = [#hk.config<target = "x86-64-avx2", variant = "rows">]} : tensor<?x4xf32>
      finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  hk.return %0 : tensor<?x4xf32>
}
// expected-error @+1 {{an entry point must have one block}}
func.func private @encode(!hk.batch) -> tensor<?x4xf32> attributes {xf.entry}
}

// -----

module attributes {xf.model_info = #xf.model_info<name = "toy", num_tokens = 9, max_seq_len = 5, token_types = 0>} {
hk.kernel @copy(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = hk.rowwise %x over row {configs = [#hk.config<target = "x86-64-avx2", variant = "rows">]} : tensor<?x4xf32>
      finish (%v: f32, %i: i32, %n: i32) { hk.yield %v : f32 }
  hk.return %0 : tensor<?x4xf32>
}
func.func @states(%batch: !hk.batch) -> tensor<?x4xf32> attributes {xf.entry} {
  %x = hk.input "x" required {slot = #hk.slot<offset = 0, width = 4>} : tensor<?x4xf32>
  // expected-error @+1 {{input has no slot in the arena; run `hk-plan-memory` before}}
  %y = hk.input "y" required : tensor<?x4xf32>
  %0 = hk.launch @copy(%x) {slot = #hk.slot<offset = 4, width = 4>} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
}
