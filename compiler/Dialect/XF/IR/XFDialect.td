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
    ops on rows, with weights as symbols.

    A value is `tensor<?xWxf32>`, a row per stack row of all sequences of a call
    (lead rows, prepended embeddings, tokens, tail rows); `tensor<?xWxf32,
    "sequences">`, a row per sequence; `tensor<?xWxf32, "context">`, a row per
    row of the context; or `tensor<?xHx?xf32>`, a value per query, head and key.

    Attributes of other ops that belong to this dialect:

    | attribute | on | meaning |
    | --- | --- | --- |
    | `xf.model_info` | `module` | `#xf.model_info`, what a caller must know of the model |
    | `xf.checkpoint` | `module` | `#xf.checkpoint`, where the weights come from |
    | `xf.entry` | `func.func` | unit: an entry point of the library |
    | `xf.result_rows` | `func.func` | `"tokens"` or `"sequences"`: what a row of the result is |
    | `xf.lead`, `xf.tail` | `func.func` | rows of each sequence before and after its tokens; absent: 0 |
    | `xf.skip_lead`, `xf.skip_tail` | `func.func` | rows of the result left out in front and at the end; absent: 0 |
    | `xf.num_tokens` | `func.func` | ids are below it, 0: the entry takes none; absent: the model's |
    | `xf.max_seq_len` | `func.func` | the longest sequence, 0: any; absent: the model's |
    | `xf.image` | `func.func` | `[channels, size, patch]` of an entry that takes images |
    | `xf.chunk` | `func.func` | `[tokens, memory]`: memory rows between chunks of tokens |
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
