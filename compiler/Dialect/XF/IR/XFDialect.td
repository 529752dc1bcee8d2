// The xf dialect: a transformer as declared (xf.model, XFModelOps.td) and as a
// graph of tensor ops (XFTensorOps.td). This file holds the dialect, its type
// and the base class of its ops.
#ifndef XF_DIALECT
#define XF_DIALECT

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"

def XF_Dialect : Dialect {
  let name = "xf";
  let cppNamespace = "::xf::ir";
  let summary = "A transformer, declared and expanded";
  let description = [{
    Two levels share the dialect. The *model* level is declarative: `xf.model`
    and the blocks in it hold one attribute a knob. The *graph* level is what
    `xf-expand-blocks` makes of it: one function per entry point, made of tensor
    ops on `tensor<?xWxf32>` (a row per token of all sequences of a call, or a
    row per sequence after `xf.pool`), with weights as symbols.

    Attributes of other ops that belong to this dialect:

    | attribute | on | meaning |
    | --- | --- | --- |
    | `xf.model_info` | `module` | `#xf.model_info`, what a caller must know of the model |
    | `xf.checkpoint` | `module` | `#xf.checkpoint`, where the weights come from |
    | `xf.entry` | `func.func` | unit: an entry point of the library |
    | `xf.result_rows` | `func.func` | `"tokens"` or `"sequences"`: what a row of the result is |
  }];
  let usePropertiesForAttributes = 0;
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect"];
}

class XF_Op<string mnemonic, list<Trait> traits = []>
    : Op<XF_Dialect, mnemonic, traits>;

def XF_BatchType : TypeDef<XF_Dialect, "Batch"> {
  let mnemonic = "batch";
  let summary = "how the rows of a call split into sequences";
  let description = [{
    The ragged structure of one call, opaque to the graph: the token ids, the
    offsets of the sequences, and with them each row's position in its sequence.
  }];
}

#endif
