// Inputs of the call, hk.map, and the reads that stand in scalar regions.
#ifndef XF_HK_MAP_OPS
#define XF_HK_MAP_OPS

include "compiler/Dialect/HK/IR/HKBase.td"

def HK_InputOp : HK_Op<"input", [Pure]> {
  let summary = "a named input of the call";
  let description = [{
    What the caller feeds under this name, brought to the rows of the call by the runtime before the first launch. `fill`: what
    rows have that nobody gives, a number or their `index` in the sequence; absent: the input is `required`. See `xf.input`.

    ```mlir
    %mask = hk.input "mask" fill 1.0 : tensor<?x1xf32>
    %context = hk.input "context" required {slot = #hk.slot<offset = 0, width = 384>} : tensor<?x384xf32, "context">
    ```
  }];
  let arguments = (ins
    StrAttr:$name,
    OptionalAttr<AnyAttrOf<[F64Attr, StrAttr], "a number or `index`">>:$fill,
    DefaultValuedAttr<HK_ScatterAttr, "::xf::hk::Scatter::Tokens">:$scatter,
    OptionalAttr<HK_SlotAttr>:$slot
  );
  let results = (outs HK_Value:$result);
  let assemblyFormat = "$name custom<Fill>($fill) (`scatter` $scatter^)? attr-dict `:` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// True for a value in the arena of pair values.
    bool isPairs() { return ::xf::hk::isPairsType(getType()); }
    /// Rows that nobody gives are their own index.
    bool isFilledByIndex() { return ::llvm::isa_and_nonnull<::mlir::StringAttr>(getFillAttr()); }
  }];
}

def HK_MapOp : HK_StructuredOpBase<"map", [AttrSizedOperandSegments]> {
  let summary = "each element from computed reads";
  let description = [{
    ```
    y[r, c] = body(c, i, n)          row r is row i of a sequence with n rows
    ```
    `body` reads the operands by `hk.read` and the tables by `hk.table`. Operands are rows of the result's space, or rows of
    sequences. %batch is given if and only if the body uses i or n, reads at another row or reads rows of sequences for others.

    ```mlir
    %y = hk.map (%x) batch %batch : (tensor<?x384xf32>) -> tensor<?x384xf32> body (%c: i32, %i: i32, %n: i32) {
      %0 = arith.constant 0 : i32
      %1 = arith.constant 1 : i32
      %2 = arith.subi %i, %1 : i32
      %3 = arith.maxsi %2, %0 : i32
      %4 = hk.read 0[%c] at %3 : f32
      hk.yield %4 : f32
    }
    ```
  }];
  let arguments = (ins
    Variadic<HK_Rows>:$inputs,
    Optional<HK_BatchType>:$batch,
    DefaultValuedAttr<HK_SymbolArray, "{}">:$tables,
    OptionalAttr<HK_ConfigArray>:$configs,
    OptionalAttr<StrArrayAttr>:$config_sources
  );
  let results = (outs HK_Rows:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `(` $inputs `)` (`tables` $tables^)? (`batch` $batch^)? attr-dict `:` functional-type($inputs, $result)
    `body` custom<ScalarRegion>($body)
  }];
}

class HK_ScalarOp<string mnemonic> : HK_Op<mnemonic, [Pure, ParentOneOf<["MapOp", "AttentionOp"]>]>;

def HK_ReadOp : HK_ScalarOp<"read"> {
  let summary = "an element of a row operand";
  let description = [{
    Column `column` of operand `operand` (the inputs of a map, the rows of an attention) at this row (the query's), or at row
    `row` of the same sequence. An operand with one row per sequence is read at its sequence, without `at`.

    ```mlir
    %x = hk.read 0[%c] : f32
    %y = hk.read 0[%c] at %j : f32
    ```
  }];
  let arguments = (ins I64Attr:$operand, I32:$column, Optional<I32>:$row);
  let results = (outs F32:$result);
  let assemblyFormat = "$operand `[` $column `]` (`at` $row^)? attr-dict `:` type($result)";
}

def HK_TableOp : HK_ScalarOp<"table"> {
  let summary = "an element of a weight";
  let description = [{
    Element `indices` of table `table`; as many indices as the weight has dimensions, in its logical order.

    ```mlir
    %w = hk.table 0[%h, %distance] : f32
    ```
  }];
  let arguments = (ins I64Attr:$table, Variadic<I32>:$indices);
  let results = (outs F32:$result);
  let assemblyFormat = "$table `[` $indices `]` attr-dict `:` type($result)";
}

def HK_PairOp : HK_ScalarOp<"pair"> {
  let summary = "an element of a pair operand, for the query that is computed";
  let description = [{
    Pair operand `operand` for this query, head `head` (modulo the operand's heads) and key `key`.

    ```mlir
    %b = hk.pair 0[%h, %j] : f32
    ```
  }];
  let arguments = (ins I64Attr:$operand, I32:$head, I32:$key);
  let results = (outs F32:$result);
  let assemblyFormat = "$operand `[` $head `,` $key `]` attr-dict `:` type($result)";
}

#endif
