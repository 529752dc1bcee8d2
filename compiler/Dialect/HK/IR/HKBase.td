// What the op files share: types of operands and the base classes of ops.
#ifndef XF_HK_BASE
#define XF_HK_BASE

include "compiler/Dialect/HK/IR/HKAttrs.td"
include "compiler/Dialect/HK/IR/HKInterfaces.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class HK_Op<string mnemonic, list<Trait> traits = []> : Op<HK_Dialect, mnemonic, traits>;

/// Rows of a call, in a row space: stack rows, one per sequence, or the context's.
def HK_Rows : Type<CPred<"::xf::hk::isRowsType($_self)">, "rows of f32 values, `tensor<?xWxf32>` with W from 1 to 2^31 - 1, in a row space", "::mlir::RankedTensorType">;
/// A value per query row, head and key; lies in an arena of its own.
def HK_Pairs : Type<CPred<"::xf::hk::isPairsType($_self)">, "f32 values of queries, heads and keys, `tensor<?xHx?xf32>`", "::mlir::RankedTensorType">;
def HK_Value : AnyTypeOf<[HK_Rows, HK_Pairs]>;
def HK_SymbolArray : TypedArrayAttrBase<FlatSymbolRefAttr, "weight symbols">;

class HK_StructuredOpBase<string mnemonic, list<Trait> traits = []> : HK_Op<mnemonic, traits # [
    Pure, IsolatedFromAbove, SingleBlock,
    DeclareOpInterfaceMethods<HK_StructuredOp, ["getRowArguments", "getBatchArgument", "getWeightArguments",
                                                "setWeightArguments", "getScalarRegions", "getEpilogueRegion"]>,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmBlockArgumentNames"]>]> {
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

#endif
