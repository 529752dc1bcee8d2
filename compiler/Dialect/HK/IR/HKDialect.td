// The hk dialect: a handful of structured kernels whose scalar work lives in regions.
#ifndef XF_HK_DIALECT
#define XF_HK_DIALECT

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"

def HK_Dialect : Dialect {
  let name = "hk";
  let cppNamespace = "::xf::hk";
  let summary = "Structured kernels with scalar regions";
  let description = [{
    Few ops, each a fixed iteration pattern; what is computed on each scalar is a region of `arith` and `math` ops.
    Fusing is merging regions. Activations are `tensor<?xWxf32>` (rows x width); the ragged structure of a call is
    one SSA value of type `!hk.batch`; weights are symbols of `hk.weight`.

    Two forms follow each other. In the first, functions hold structured ops. `hk-outline-kernels` then gives each
    distinct one a symbol (`hk.kernel`) and leaves an `hk.launch` per use. See README.md in compiler/Dialect/HK.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

class HK_Type<string typeName, string typeMnemonic, list<Trait> traits = []>
    : TypeDef<HK_Dialect, typeName, traits> {
  let mnemonic = typeMnemonic;
}

def HK_BatchType : HK_Type<"Batch", "batch">,
                   BuildableType<"::xf::hk::BatchType::get($_builder.getContext())"> {
  let summary = "How the rows of a call split into sequences";
  let description = [{
    Opaque: row counts, sequence offsets, token ids, positions and token types of one call. The kernels that need any of
    it take the batch as an operand; its parts become kernel arguments in the host program.
  }];
}

#endif
