// Every pass on xf and hk, in the order of the pipeline; the lowering of the host program, which follows them, is
// declared beside its source. Each example is taken from the pass's test.
#ifndef XF_PASSES
#define XF_PASSES

include "compiler/Conversion/HKToLLVM.td"
include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// xf
//===----------------------------------------------------------------------===//

def ResolveKnobsPass : Pass<"xf-resolve-knobs", "::mlir::ModuleOp"> {
  let summary = "defaults and `none` become values";
  let description = [{
    Writes every supported knob of every model explicitly, in x-transformers' sense of the defaults, so that no later pass knows
    one. `attn_kv_heads` becomes a number (and takes in `attn_one_kv_head`), `attn_max_attend_past` -1 where nothing is masked,
    `use_abs_pos_emb` says alone whether there are positions. Knobs that contradict each other, or that the compiler does not
    support yet, are errors that name them.

    ```mlir
    xf.attention_layers attributes {dim = 384 : i64, depth = 6 : i64}
    // becomes
    xf.attention_layers attributes {attn_dim_head = 64 : i64, ..., depth = 6 : i64, dim = 384 : i64, heads = 8 : i64, ...}
    ```
  }];
}

def ExpandBlocksPass : Pass<"xf-expand-blocks", "::mlir::ModuleOp"> {
  let summary = "the declared model becomes a graph of tensor ops";
  let description = [{
    Makes a function per entry point (`@states`, `@logits` unless there is no head, `@encode` where the spec sets `pool`, those of
    towers, images and vectors) of tensor-level ops, and a weight per parameter with its recipe. A knob that is off leaves nothing
    behind. Ops carry a name location such as `layers.0.attention`. The work is done in Expand/, one file an idea.

    ```mlir
    xf.model @tiny { ... }
    // becomes
    xf.weight @token_emb : tensor<16x4xf32> = <"token_emb.weight"[16, 4]>
    func.func @encode(%batch: !xf.batch) -> tensor<?x4xf32> attributes {xf.entry, xf.result_rows = "sequences"} { ... }
    ```
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def JoinLinearsPass : Pass<"xf-join-linears", "::mlir::ModuleOp"> {
  let summary = "linears of one input become one linear";
  let description = [{
    Joins linears that read the same value and agree in having a bias (q, k and v) by concatenating their weights in the recipes,
    and leaves a slice per use. Only where attention and maps alone read them, through slices: these read columns of a wider
    value, others would need a copy. Entry points share the joined weights; parts that nothing uses any more go.

    ```mlir
    %q = xf.linear %x weight @layers.0.to_q : tensor<?x4xf32> -> tensor<?x4xf32>
    %k = xf.linear %x weight @layers.0.to_k : tensor<?x4xf32> -> tensor<?x2xf32>
    // becomes
    %qk = xf.linear %x weight @layers.0.to_qk : tensor<?x4xf32> -> tensor<?x6xf32>
    %q = xf.slice %qk offset 0 : tensor<?x6xf32> -> tensor<?x4xf32>
    %k = xf.slice %qk offset 4 : tensor<?x6xf32> -> tensor<?x2xf32>
    ```
  }];
}

//===----------------------------------------------------------------------===//
// hk
//===----------------------------------------------------------------------===//

def ConvertXFToHKPass : Pass<"convert-xf-to-hk", "::mlir::ModuleOp"> {
  let summary = "tensor ops become structured kernels";
  let description = [{
    Each op becomes one kernel: embed a gather, linear a gemm, attention an attention, everything else a rowwise, with the scalar
    work in regions. A map that reads only its own element, of operands of the result's type, is a rowwise as well, which fuses;
    any other is an `hk.map`. Slices become offsets of the attention or map that reads them, and a copy for other readers. A
    linear's weight is transposed to (K, N) in its recipe; a weight that a linear shares with something else is declared once in
    each orientation.

    ```mlir
    %1 = xf.linear %0 weight @w : tensor<?x8xf32> -> tensor<?x4xf32>
    // becomes
    %1 = hk.gemm %0 weight @w : tensor<?x8xf32> -> tensor<?x4xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
    ```
  }];
  let dependentDialects = ["::xf::hk::HKDialect", "::mlir::func::FuncDialect"];
}

def FuseEpiloguesPass : Pass<"hk-fuse-epilogues", "::mlir::func::FuncOp"> {
  let summary = "elementwise work moves into the producing kernel's region";
  let description = [{
    An `hk.rowwise` without stages whose operand is used by nothing else ends up in the region of the kernel that makes that
    operand: the epilogue of a gemm or gather, the `finish` of another rowwise, the body of a map. Its other operands become operands of that
    kernel, which moves to the place of the elementwise op, where they all exist.

    ```mlir
    %0 = hk.gemm %x weight @w : tensor<?x8xf32> -> tensor<?x4xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
    %1 = hk.rowwise %0 over row rows (%res) : tensor<?x4xf32> finish (%v: f32, %i: i32, %n: i32, %r: f32) {
      %2 = arith.addf %v, %r : f32
      hk.yield %2 : f32
    }
    // becomes
    %1 = hk.gemm %x weight @w rows (%res) : tensor<?x8xf32> -> tensor<?x4xf32> epilogue (%acc: f32, %r: f32) {
      %2 = arith.addf %acc, %r : f32
      hk.yield %2 : f32
    }
    ```
  }];
  let statistics = [Statistic<"numFused", "fused", "elementwise kernels merged into their producer">];
}

def OutlineKernelsPass : Pass<"hk-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "one symbol per distinct kernel; call sites keep operands";
  let description = [{
    Structured ops that differ only in operands, weights and locations become one `hk.kernel`, each use an `hk.launch` with
    the use's location and the name of its place in the model. Kernels are named by what they do (`gemm_384x1152_bias`), with a
    number where two differ in more than the name says.

    ```mlir
    %1 = hk.gemm %0 weight @w : tensor<?x8xf32> -> tensor<?x4xf32> epilogue (%acc: f32) { hk.yield %acc : f32 }
    // becomes
    hk.kernel @gemm_8x4(%x: tensor<?x8xf32>) -> tensor<?x4xf32> { ... }
    %1 = hk.launch @gemm_8x4(%0) weights [@w] {op_name = "layers.1.ff"} : (tensor<?x8xf32>) -> tensor<?x4xf32>
    ```
  }];
  let statistics = [Statistic<"numKernels", "kernels", "distinct kernels">,
                    Statistic<"numLaunches", "launches", "call sites">];
}

def SelectConfigsPass : Pass<"hk-select-configs", "::mlir::ModuleOp"> {
  let summary = "asks targets/ and writes `#hk.config`: the one place where a decision is made";
  let description = [{
    Writes on each structured op a config per target and class of rows (targets/ShapeClass.h). Neighbouring classes with the same
    config share it, so there may be several per target, told apart by `max_rows`; the last has none. `config_sources` beside them
    says where each is from: `heuristic`, `override`, or what the driver's chooser says.

    `overrides` replaces the choice for single kernels; each is a kernel's name and the text of a config, checked by the same rules
    as the candidates. With `max_rows` it is for the class that ends there, without for all; of two for one class the later one
    holds.

        gemm_384x1152_bias{target = "x86-64-avx2", variant = "packed", tile_m = 6, tile_n = 16}; ...

    ```mlir
    hk.gemm %x weight @w : ...
    // becomes
    hk.gemm %x weight @w {config_sources = ["heuristic", "heuristic", ...], configs = [
      #hk.config<target = "x86-64-avx2", variant = "packed", max_rows = 48, ...>,
      #hk.config<target = "x86-64-avx2", variant = "packed", ...>, ...]} : ...
    ```
  }];
  let options = [
    ListOption<"targets", "targets", "std::string", "names of target machines; empty: every CPU target">,
    Option<"overrides", "overrides", "std::string", "\"\"", "configs for single kernels, separated by `;`">,
  ];
}

def PackWeightsPass : Pass<"hk-pack-weights", "::mlir::ModuleOp"> {
  let summary = "layouts implied by configs are written on the weights";
  let description = [{
    The weight of a gemm lies in panels unless its configs say `variant = "plain"`; everything else is plain. All targets and all
    uses of a weight must agree, because a library holds each weight once.

    ```mlir
    hk.weight @w : tensor<8x4xf32> = "recipe"
    // becomes
    hk.weight @w : tensor<8x4xf32> = "recipe" {layout = #hk.layout<panels>}
    ```
  }];
}

def PlanMemoryPass : Pass<"hk-plan-memory", "::mlir::func::FuncOp"> {
  let summary = "liveness becomes arena offsets";
  let description = [{
    Gives the result of each launch a slot of the arena, in floats per row, such that values alive at once do not overlap. What the
    function returns stays alive to its end, and inputs are from its start. `hk.arena_width` on the function is the width of the
    whole arena. Pair values have slots, in floats per row and key, of an arena of their own, `hk.pairs_width` wide.

    ```mlir
    %0 = hk.launch @a(%x) : ...
    // becomes
    %0 = hk.launch @a(%x) {slot = #hk.slot<offset = 0, width = 384>} : ...
    ```
  }];
  let options = [Option<"printMap", "print-map", "bool", "false", "print the map of the arena as a remark">];
}

//===----------------------------------------------------------------------===//
// Both
//===----------------------------------------------------------------------===//

def VerifyPhasePass : Pass<"xf-verify-phase", "::mlir::ModuleOp"> {
  let summary = "the invariant that ends a phase, as code";
  let description = [{
    - `model`: models only.
    - `graph`: weights and functions of tensor-level xf ops.
    - `kernels`: weights and functions of inputs and structured hk ops; every weight is used.
    - `plan`: kernels with configs for the same targets, weights with layouts, functions of inputs and launches whose slots lie
      in the arenas and, while alive together, apart from each other.
  }];
  let options = [Option<"phase", "phase", "::xf::Phase", "::xf::Phase::Model", "the phase that has just ended", [{
    ::llvm::cl::values(
      clEnumValN(::xf::Phase::Model, "model", "after xf-resolve-knobs"),
      clEnumValN(::xf::Phase::Graph, "graph", "after xf-join-linears"),
      clEnumValN(::xf::Phase::Kernels, "kernels", "after hk-fuse-epilogues"),
      clEnumValN(::xf::Phase::Plan, "plan", "after hk-plan-memory"))}]>];
}

#endif
