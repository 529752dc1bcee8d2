// The interface of the structured ops: what a pass must know of a kernel without knowing which one it is.
#ifndef XF_HK_INTERFACES
#define XF_HK_INTERFACES

include "mlir/IR/OpBase.td"

def HK_StructuredOp : OpInterface<"StructuredOp"> {
  let cppNamespace = "::xf::hk";
  let description = [{
    A structured kernel: row operands (`tensor<?xWxf32>`), weight symbols, maybe the batch, one result, scalar regions and
    the chosen configs. Everything else about it is its `targets::KernelDesc` (KernelDescription.h).
  }];
  let methods = [
    InterfaceMethod<[{
      The operands that are rows, each a buffer argument of the kernel, in its order. Three times the same value as q, k
      and v of an attention counts once.
    }], "::llvm::SmallVector<::mlir::Value>", "getRowArguments">,
    InterfaceMethod<"The batch, or null where the kernel does not look at it.",
      "::mlir::Value", "getBatchArgument">,
    InterfaceMethod<"The weights that the kernel reads, in the order of its arguments.",
      "::llvm::SmallVector<::mlir::FlatSymbolRefAttr>", "getWeightArguments">,
    InterfaceMethod<"Replaces the weights by `symbols`, as many as there are.",
      "void", "setWeightArguments", (ins "::llvm::ArrayRef<::mlir::FlatSymbolRefAttr>":$symbols)>,
    InterfaceMethod<"Every scalar region, empty ones included.",
      "::llvm::SmallVector<::mlir::Region *>", "getScalarRegions">,
    InterfaceMethod<[{
      The region whose value is stored as the result, where elementwise work on the result can go; null if there is none.
    }], "::mlir::Region *", "getEpilogueRegion">,
    InterfaceMethod<"The chosen configs; null before `hk-select-configs`.",
      "::mlir::ArrayAttr", "getConfigsAttr">,
    InterfaceMethod<"Writes the chosen configs.",
      "void", "setConfigsAttr", (ins "::mlir::ArrayAttr":$configs)>,
    InterfaceMethod<"Where each config is from, as strings; null where nobody said.",
      "::mlir::ArrayAttr", "getConfigSourcesAttr">,
    InterfaceMethod<"Writes where the configs are from.",
      "void", "setConfigSourcesAttr", (ins "::mlir::ArrayAttr":$sources)>,
  ];
}

#endif
