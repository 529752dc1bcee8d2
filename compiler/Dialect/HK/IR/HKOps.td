// The ops of the hk dialect: weights, the structured kernels that read no sequence but by the batch, and the outlined form
// (kernel, launch). Attention and what has computed reads are in files of their own.
#ifndef XF_HK_OPS
#define XF_HK_OPS

include "compiler/Dialect/HK/IR/HKAttentionOp.td"
include "compiler/Dialect/HK/IR/HKMapOps.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/Interfaces/FunctionInterfaces.td"

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

def HK_WeightOp : HK_Op<"weight", [Symbol]> {
  let summary = "a constant of the model";
  let description = [{
    Declares a constant by its logical type. At module level `recipe` says how it is made from the checkpoint (an
    `#xf.recipe`; any attribute here, so that hk knows nothing of xf) and `layout`, set by `hk-pack-weights`, how it lies in
    memory. The stored extents follow from both; the type never changes.

    Inside an `hk.kernel` the same op, without a recipe, is a formal parameter: `hk.launch` binds it.

    A weight is private to its module: `symbol-dce` drops it when nothing uses it.

    ```mlir
    hk.weight @layers.0.to_qkv : tensor<384x1152xf32> = "recipe" {layout = #hk.layout<panels>}
    ```
  }];
  let arguments = (ins
    SymbolNameAttr:$sym_name,
    TypeAttrOf<AnyStaticShapeTensor>:$type,
    OptionalAttr<AnyAttr>:$recipe,
    OptionalAttr<HK_LayoutAttr>:$layout
  );
  let assemblyFormat = "$sym_name `:` $type (`=` $recipe^)? attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The logical type: `tensor<KxNxf32>` or `tensor<Nxf32>`.
    ::mlir::RankedTensorType getTensorType() { return ::llvm::cast<::mlir::RankedTensorType>(getType()); }
    /// True for the formal parameter of a kernel.
    bool isFormal();
    static ::mlir::SymbolTable::Visibility getVisibility() { return ::mlir::SymbolTable::Visibility::Private; }
    static bool isPrivate() { return true; }
    static bool isPublic() { return false; }
    static bool canDiscardOnUseEmpty() { return true; }
  }];
}

//===----------------------------------------------------------------------===//
// Structured kernels
//===----------------------------------------------------------------------===//

def HK_GatherOp : HK_StructuredOpBase<"gather"> {
  let summary = "rows of tables, summed";
  let description = [{
    ```
    y[r, c] = epilogue(sum_t tables[t][index_t[r], c])
    ```
    `indices` names for each table which i32 input of the call picks the row: the token `ids`, the `positions` within the
    sequence, the `token_types`, or a named one. Sums in the order of the tables.

    `epilogue`: (sum : f32) -> f32.

    ```mlir
    %y = hk.gather %batch tables [@tok, @pos] indices ["ids", "positions"] : tensor<?x384xf32>
        epilogue (%sum: f32) { hk.yield %sum : f32 }
    ```
  }];
  let arguments = (ins
    HK_BatchType:$batch,
    HK_SymbolArray:$tables,
    StrArrayAttr:$indices,
    OptionalAttr<HK_ConfigArray>:$configs,
    OptionalAttr<StrArrayAttr>:$config_sources
  );
  let results = (outs HK_Rows:$result);
  let regions = (region SizedRegion<1>:$epilogue);
  let assemblyFormat = [{
    $batch `tables` $tables `indices` $indices attr-dict `:` type($result)
    `epilogue` custom<ScalarRegion>($epilogue)
  }];
}

def HK_GemmOp : HK_StructuredOpBase<"gemm"> {
  let summary = "rows times a weight, with an epilogue on each output";
  let description = [{
    ```
    y[r, c] = epilogue(sum_k x[r, k] * weight[k, c], vectors[c]..., rows[r, c]...)
    ```
    The weight is (K, N); checkpoints store (N, K), so recipes transpose. `vectors` are weights of length N, `rows` are
    operands of the result's type.

    `epilogue`: (acc, one f32 per vector, one f32 per row operand) -> f32.

    ```mlir
    %y = hk.gemm %x weight @w vectors [@b] rows (%res) : tensor<?x384xf32> -> tensor<?x1152xf32>
        epilogue (%acc: f32, %bias: f32, %residual: f32) {
      %0 = arith.addf %acc, %bias : f32
      %1 = arith.addf %0, %residual : f32
      hk.yield %1 : f32
    }
    ```
  }];
  let arguments = (ins
    HK_Rows:$x,
    Variadic<HK_Rows>:$rows,
    FlatSymbolRefAttr:$weight,
    DefaultValuedAttr<HK_SymbolArray, "{}">:$vectors,
    OptionalAttr<HK_ConfigArray>:$configs,
    OptionalAttr<StrArrayAttr>:$config_sources
  );
  let results = (outs HK_Rows:$result);
  let regions = (region SizedRegion<1>:$epilogue);
  let assemblyFormat = [{
    $x `weight` $weight (`vectors` $vectors^)? (`rows` `(` $rows^ `)`)? attr-dict
    `:` type($x) `->` custom<ResultAndRows>(type($result), type($rows), ref($rows))
    `epilogue` custom<ScalarRegion>($epilogue)
  }];
}

def HK_RowwiseOp : HK_StructuredOpBase<"rowwise", [AttrSizedOperandSegments]> {
  let summary = "reductions over each row, or over each sequence, and a map";
  let description = [{
    Stage t reduces `maps[t]` by `combine[t]` and sees the results of the stages before it; `finish` makes the result.

    Over `row`, i is the column and n the width:
    ```
    acc_t[r] = combine_t over i of maps_t(x[r, i], i, n, acc_0[r] .. acc_{t-1}[r])
    y[r, i]  = finish(x[r, i], i, n, acc[r]..., vectors[i]..., rows[r, i]...)
    ```
    Over `sequence`, column c by column c, i is the row within the sequence, n its number of rows; the result and the `rows`
    operands have one row per sequence s:
    ```
    acc_t[s, c] = combine_t over i of maps_t(x[begin_s + i, c], i, n, acc_0[s, c] ...)
    y[s, c]     = finish(n, acc[s, c]..., vectors[c]..., rows[s, c]...)
    ```
    Sums start at 0, max at -inf, min at +inf. Without a stage, over `row`, it is an elementwise map. With `groups` G, over
    `row`, each of G equal parts of a row is reduced on its own: i and n count within the part.

    `maps[t]`: (x : f32, i, n : i32, t accumulators : f32) -> f32.
    `finish`: as in the formulas, f32 but for i and n, -> f32.
    All row types are one type, but for x of a kernel over sequences, whose result has one row per sequence. %batch is given
    if and only if the kernel reduces over sequences.

    ```mlir
    %y = hk.rowwise %x over row combine [add] vectors [@g] : tensor<?x384xf32>
        map (%x0: f32, %i: i32, %n: i32) {
      %0 = arith.mulf %x0, %x0 : f32
      hk.yield %0 : f32
    } finish (%x0: f32, %i: i32, %n: i32, %sum: f32, %gain: f32) {
      %0 = math.rsqrt %sum : f32
      %1 = arith.mulf %x0, %0 : f32
      %2 = arith.mulf %1, %gain : f32
      hk.yield %2 : f32
    }
    ```
  }];
  let arguments = (ins
    HK_Rows:$x,
    Optional<HK_BatchType>:$batch,
    Variadic<HK_Rows>:$rows,
    HK_RowwiseOverAttr:$over,
    DefaultValuedAttr<HK_CombineArray, "{}">:$combine,
    DefaultValuedAttr<HK_SymbolArray, "{}">:$vectors,
    DefaultValuedAttr<I64Attr, "1">:$groups,
    OptionalAttr<HK_ConfigArray>:$configs,
    OptionalAttr<StrArrayAttr>:$config_sources
  );
  let results = (outs HK_Rows:$result);
  let regions = (region SizedRegion<1>:$finish, VariadicRegion<SizedRegion<1>>:$maps);
  let assemblyFormat = [{
    $x (`,` $batch^)? `over` custom<Over>($over) (`groups` $groups^)? (`combine` custom<Combines>($combine)^)? (`vectors` $vectors^)?
    (`rows` `(` $rows^ `)`)? attr-dict `:` custom<RowwiseTypes>(type($x), type($rows), type($result), ref($rows))
    custom<RowwiseRegions>($maps, $finish)
  }];
  let extraClassDeclaration = [{
    bool isOverSequence() { return getOver() == ::xf::hk::RowwiseOver::Sequence; }
    /// An elementwise map: what fusing looks for.
    bool isElementwise() { return !isOverSequence() && getCombine().empty(); }
    unsigned getNumStages() { return getCombine().size(); }
    ::xf::hk::Combine getStageCombine(unsigned stage) {
      return ::llvm::cast<::xf::hk::CombineAttr>(getCombine()[stage]).getValue();
    }
    /// How many arguments of `finish` come before the vectors: x, i, n (n alone over sequences) and the accumulators.
    unsigned getNumFinishInputs() { return (isOverSequence() ? 1 : 3) + getNumStages(); }
  }];
}

def HK_YieldOp : HK_Op<"yield", [Pure, Terminator,
    ParentOneOf<["GatherOp", "GemmOp", "AttentionOp", "RowwiseOp", "MapOp"]>]> {
  let summary = "the value of a scalar region";
  let description = [{
    ```mlir
    hk.yield %sum : f32
    ```
  }];
  let arguments = (ins AnyTypeOf<[F32, I1]>:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

//===----------------------------------------------------------------------===//
// The outlined form
//===----------------------------------------------------------------------===//

def HK_KernelOp : HK_Op<"kernel", [FunctionOpInterface, IsolatedFromAbove, SymbolTable, SingleBlock]> {
  let summary = "one structured op as a function of its operands";
  let description = [{
    Arguments are the structured op's row arguments (pair values among them) in order, then the batch if it takes one. Its weights are formal:
    `hk.weight` declarations without a recipe, in the order of the op's weight arguments. The body is those, the structured op and
    `hk.return`. One kernel serves every call site of the same signature.

    ```mlir
    hk.kernel @gemm_384x1152_bias(%x: tensor<?x384xf32>) -> tensor<?x1152xf32> {
      hk.weight @weight : tensor<384x1152xf32> {layout = #hk.layout<panels>}
      hk.weight @vector0 : tensor<1152xf32> {layout = #hk.layout<plain>}
      %0 = hk.gemm %x weight @weight vectors [@vector0] : tensor<?x384xf32> -> tensor<?x1152xf32>
          epilogue (%acc: f32, %bias: f32) {
        %1 = arith.addf %acc, %bias : f32
        hk.yield %1 : f32
      }
      hk.return %0 : tensor<?x1152xf32>
    }
    ```
  }];
  let arguments = (ins
    SymbolNameAttr:$sym_name,
    TypeAttrOf<FunctionType>:$function_type,
    OptionalAttr<DictArrayAttr>:$arg_attrs,
    OptionalAttr<DictArrayAttr>:$res_attrs
  );
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasRegionVerifier = 1;
  let skipDefaultBuilders = 1;
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name, "::mlir::FunctionType":$type)>];
  let extraClassDeclaration = [{
    /// The one structured op.
    ::xf::hk::StructuredOp getStructuredOp();
    /// The formal weights, in order.
    ::llvm::SmallVector<::xf::hk::WeightOp, 4> getFormalWeights();
    ::llvm::ArrayRef<::mlir::Type> getArgumentTypes() { return getFunctionType().getInputs(); }
    ::llvm::ArrayRef<::mlir::Type> getResultTypes() { return getFunctionType().getResults(); }
    ::mlir::Region *getCallableRegion() { return &getBody(); }
    static ::mlir::SymbolTable::Visibility getVisibility() { return ::mlir::SymbolTable::Visibility::Private; }
    static bool isPrivate() { return true; }
    static bool isPublic() { return false; }
    static bool canDiscardOnUseEmpty() { return true; }
  }];
}

def HK_ReturnOp : HK_Op<"return", [Pure, Terminator, HasParent<"KernelOp">]> {
  let summary = "the results of a kernel";
  let description = [{
    ```mlir
    hk.return %0 : tensor<?x384xf32>
    ```
  }];
  let arguments = (ins Variadic<HK_Value>:$values);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

def HK_LaunchOp : HK_Op<"launch", [AttrSizedOperandSegments, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a call of a kernel";
  let description = [{
    `rows` and `batch` bind the kernel's arguments, `weights` its formal weights. `op_name` is the place in the model
    (`layers.0.attention`), for profiles and errors; `slot`, set by `hk-plan-memory`, where the result lives in the arena, and
    `scores_slot` where the pair value does that an attention may give besides.

    ```mlir
    %y = hk.launch @gemm_384x1152_bias(%x) weights [@layers.0.to_qkv, @layers.0.to_qkv_bias]
        {op_name = "layers.0.attention", slot = #hk.slot<offset = 384, width = 1152>}
        : (tensor<?x384xf32>) -> tensor<?x1152xf32>
    ```
  }];
  let arguments = (ins
    FlatSymbolRefAttr:$kernel,
    Variadic<HK_Value>:$rows,
    Optional<HK_BatchType>:$batch,
    DefaultValuedAttr<HK_SymbolArray, "{}">:$weights,
    OptionalAttr<StrAttr>:$op_name,
    OptionalAttr<HK_SlotAttr>:$slot,
    OptionalAttr<HK_SlotAttr>:$scores_slot
  );
  let results = (outs HK_Rows:$result, Optional<HK_Pairs>:$scores);
  let assemblyFormat = [{
    $kernel `(` $rows `)` (`weights` $weights^)? (`batch` $batch^)? attr-dict
    `:` functional-type($rows, results)
  }];
  let hasVerifier = 1;
}

#endif
