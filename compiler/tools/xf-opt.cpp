// xf-opt: runs passes and phase pipelines on .mlir files. The test tool of
// every stage.
#include "compiler/Driver/Pipelines.h"
#include "compiler/tools/Dialects.h"

#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  xf::registerDialects(registry);
  mlir::registerTransformsPasses(); // canonicalize, cse, symbol-dce
  xf::registerXFTransformsPasses();
  xf::registerPipelines();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "Compiler passes of xfc\n", registry));
}
