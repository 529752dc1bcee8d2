// Attributes of the hk dialect: the decisions (config, layout, slot) and the small enums of the ops.
#ifndef XF_HK_ATTRS
#define XF_HK_ATTRS

include "compiler/Dialect/HK/IR/HKDialect.td"
include "mlir/IR/EnumAttr.td"

class HK_Attr<string attrName, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<HK_Dialect, attrName, traits> {
  let mnemonic = attrMnemonic;
}

//===----------------------------------------------------------------------===//
// Enums
//===----------------------------------------------------------------------===//

def HK_Combine : I32EnumAttr<"Combine", "how a reduction joins two values", [
  I32EnumAttrCase<"Add", 0, "add">,
  I32EnumAttrCase<"Max", 1, "max">,
  I32EnumAttrCase<"Min", 2, "min">,
]> {
  let cppNamespace = "::xf::hk";
  let genSpecializedAttr = 0;
}
def HK_CombineAttr : EnumAttr<HK_Dialect, HK_Combine, "combine">;

def HK_RowwiseOver : I32EnumAttr<"RowwiseOver", "what a rowwise kernel reduces over", [
  I32EnumAttrCase<"Row", 0, "row">,
  I32EnumAttrCase<"Sequence", 1, "sequence">,
]> {
  let cppNamespace = "::xf::hk";
  let genSpecializedAttr = 0;
}
def HK_RowwiseOverAttr : EnumAttr<HK_Dialect, HK_RowwiseOver, "over">;

def HK_Normalizer : I32EnumAttr<"Normalizer", "how the scores of a query become weights", [
  I32EnumAttrCase<"Softmax", 0, "softmax">,
  I32EnumAttrCase<"Sigmoid", 1, "sigmoid">,
  I32EnumAttrCase<"OneHot", 2, "one_hot">,
  I32EnumAttrCase<"Signed", 3, "signed">,
  I32EnumAttrCase<"Queries", 4, "queries">,
]> {
  let cppNamespace = "::xf::hk";
  let genSpecializedAttr = 0;
}
def HK_NormalizerAttr : EnumAttr<HK_Dialect, HK_Normalizer, "normalizer">;

def HK_EmptyRows : I32EnumAttr<"EmptyRows", "what a query gets whose keys are all masked", [
  I32EnumAttrCase<"Average", 0, "average">,
  I32EnumAttrCase<"Zero", 1, "zero">,
]> {
  let cppNamespace = "::xf::hk";
  let genSpecializedAttr = 0;
}
def HK_EmptyRowsAttr : EnumAttr<HK_Dialect, HK_EmptyRows, "empty_rows">;

def HK_Scatter : I32EnumAttr<"Scatter", "which rows of the call the caller gives", [
  I32EnumAttrCase<"Tokens", 0, "tokens">,
  I32EnumAttrCase<"Prepended", 1, "prepended">,
  I32EnumAttrCase<"All", 2, "all">,
  I32EnumAttrCase<"Images", 3, "images">,
]> {
  let cppNamespace = "::xf::hk";
  let genSpecializedAttr = 0;
}
def HK_ScatterAttr : EnumAttr<HK_Dialect, HK_Scatter, "scatter">;

def HK_Layout : I32EnumAttr<"Layout", "how a weight lies in memory", [
  I32EnumAttrCase<"Plain", 0, "plain">,
  I32EnumAttrCase<"Panels", 1, "panels">,
]> {
  let cppNamespace = "::xf::hk";
  let genSpecializedAttr = 0;
}
def HK_LayoutAttr : EnumAttr<HK_Dialect, HK_Layout, "layout"> {
  let summary = "How a weight lies in memory";
  let description = [{
    `plain`: row-major, as the tensor type reads. `panels`: for a K x N matrix, ceil(N/16) panels of 16 columns, each
    panel K x 16 and dense, the last one padded with zeros; one layout serves every CPU target.
  }];
  let assemblyFormat = "`<` $value `>`";
}

class HK_EnumArray<AttrDef element, string description>
    : TypedArrayAttrBase<element, description>;
def HK_CombineArray : HK_EnumArray<HK_CombineAttr, "one combiner per stage">;

//===----------------------------------------------------------------------===//
// Decisions
//===----------------------------------------------------------------------===//

def HK_ConfigAttr : HK_Attr<"Config", "config"> {
  let summary = "A schedule's choices for one kernel on one machine";
  let description = [{
    Written by `hk-select-configs`, obeyed by the emitter. The body is the text form of `targets::Config`, so a tuning
    record, an override on the command line and this attribute read alike:

    ```mlir
    #hk.config<target = "x86-64-avx2", variant = "packed", tile_m = 6, tile_n = 16>
    ```

    A kernel may have several configs for a target: `max_rows` ascends from one to the next, and the last has none. A launch
    runs the first that takes its rows (over sequences: the rows of the sequence); results do not depend on which one that is.
  }];
  let parameters = (ins
    StringRefParameter<"the machine's name">:$target,
    StringRefParameter<"the algorithm's name">:$variant,
    AttrParameter<"::mlir::DictionaryAttr", "named integers of the schedule">:$values
  );
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The most rows that the config is for; nothing: any number.
    std::optional<int64_t> getMaxRows();
  }];
}
def HK_ConfigArray : TypedArrayAttrBase<HK_ConfigAttr, "the configs of each target">;

def HK_SlotAttr : HK_Attr<"Slot", "slot"> {
  let summary = "Where a value lives in the arena";
  let description = [{
    Both numbers are floats per row: the value of R rows fills `[offset * R, (offset + width) * R)` of the arena, so that
    one plan serves every batch size. A pair value's are floats per row and key, of an arena of their own.

    ```mlir
    #hk.slot<offset = 384, width = 1152>
    ```
  }];
  let parameters = (ins "int64_t":$offset, "int64_t":$width);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Where the value ends; the verifier ensures that this does not overflow.
    int64_t getEnd() { return getOffset() + getWidth(); }
  }];
}

#endif
