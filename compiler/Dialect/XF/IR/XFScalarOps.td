// What stands in scalar regions beside arith and math: reads of the op's operands and tables, and the yield.
#ifndef XF_SCALAR_OPS
#define XF_SCALAR_OPS

include "compiler/Dialect/XF/IR/XFDialect.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class XF_ScalarOp<string mnemonic, list<Trait> traits = []>
    : XF_Op<mnemonic, !listconcat([Pure], traits)>;

def XF_ReadOp : XF_ScalarOp<"read"> {
  let summary = "an element of a row operand";
  let description = [{
    Column `column` of row operand `operand` of the op around it (the operands of `xf.map`, the `rows` of
    `xf.attention`), at the row that is computed (the query's), or at row `row` of the same sequence. A row per sequence
    is read without `at`, a row of the keys in another space than the queries' only with it. Both must be in range, so
    an index that may run out is clamped.

    Example:

    ```mlir
    %x = xf.read 0[%c] : f32
    %before = xf.read 0[%c] at %previous : f32
    ```
  }];
  let arguments = (ins I64Attr:$operand, I32:$column, Optional<I32>:$row);
  let results = (outs F32:$result);
  let assemblyFormat = "$operand `[` $column `]` (`at` $row^)? attr-dict `:` type($result)";
}

def XF_TableOp : XF_ScalarOp<"table"> {
  let summary = "an element of a weight";
  let description = [{
    Element `indices` of weight `table` in the op's list of tables; as many indices as the weight has dimensions.

    Example:

    ```mlir
    %w = xf.table 0[%h, %distance] : f32
    ```
  }];
  let arguments = (ins I64Attr:$table, Variadic<I32>:$indices);
  let results = (outs F32:$result);
  let assemblyFormat = "$table `[` $indices `]` attr-dict `:` type($result)";
}

def XF_PairOp : XF_ScalarOp<"pair"> {
  let summary = "an element of a pair operand, for the query that is computed";
  let description = [{
    Pair operand `operand` of the attention around it, for this query, head `head` (modulo the operand's heads) and key
    `key`, which must be one of the operand's.

    Example:

    ```mlir
    %bias = xf.pair 0[%h, %j] : f32
    ```
  }];
  let arguments = (ins I64Attr:$operand, I32:$head, I32:$key);
  let results = (outs F32:$result);
  let assemblyFormat = "$operand `[` $head `,` $key `]` attr-dict `:` type($result)";
}

def XF_YieldOp : XF_ScalarOp<"yield", [Terminator]> {
  let summary = "the result of a scalar region";
  let description = [{
    Ends a scalar region; an `f32` value or an `i1` that keeps a key.

    Example:

    ```mlir
    xf.yield %keep : i1
    ```
  }];
  let arguments = (ins AnyTypeOf<[F32, I1]>:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

#endif
