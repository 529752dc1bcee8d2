// Declaration of convert-hk-to-llvm; included by compiler/Transforms/Passes.td.
#ifndef XF_HK_TO_LLVM
#define XF_HK_TO_LLVM
include "mlir/Pass/PassBase.td"

def ConvertHKToLLVMPass : Pass<"convert-hk-to-llvm", "::mlir::ModuleOp"> {
  let summary = "the host program in the LLVM dialect, laid out by runtime/src/program.h";
  let description = [{
    Takes the module at the end of the plan phase, with its weights packed (`offset` on every `hk.weight`, the `hk.weights_*` and
    `hk.describe_json` attributes of compiler/Conversion/ProgramAttrs.h on the module), and replaces all of it by tables of
    constants and, for each entry point, a function that runs its launches in order and stops at the first that fails:

    ```mlir
    func.func @encode(%batch: !hk.batch) -> tensor<?x4xf32> attributes {xf.entry} {
      %0 = hk.launch @norm(%x) ... {slot = #hk.slot<offset = 0, width = 4>} : ...
      return %0 : tensor<?x4xf32>
    }
    ```
    becomes
    ```mlir
    llvm.mlir.global internal constant @encode_launches() : !llvm.array<1 x struct<"xf_launch", ...>> { ... }
    llvm.func internal @xf_run_encode(%exec: !llvm.ptr) -> i32 {
      %0 = llvm.mlir.addressof @encode_launches : !llvm.ptr
      %1 = llvm.call @xf_rt_launch(%exec, %0) : (!llvm.ptr, !llvm.ptr) -> i32
      ...
    }
    ```
    Kernels become references to the functions of their objects, one table per target. The configs of a kernel become a table of
    variants, from which the runtime picks one by the rows of a launch.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}
#endif
