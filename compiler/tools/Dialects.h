// Every dialect that a stage may print, for the tools that read or build
// modules.
#pragma once

#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Dialect/XF/IR/XF.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace xf {

inline void registerDialects(mlir::DialectRegistry &registry) {
  registry.insert<ir::XFDialect, hk::HKDialect, mlir::func::FuncDialect,
                  mlir::arith::ArithDialect, mlir::math::MathDialect,
                  mlir::LLVM::LLVMDialect>();
}

} // namespace xf
