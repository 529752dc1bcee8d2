// From structured ops to the plain structs of targets/: the only words in which
// a pass asks for a decision, the emitter builds a kernel, and `explain`
// counts.
#pragma once

#include "compiler/Dialect/HK/IR/HK.h"
#include "targets/Config.h"
#include "targets/Kernel.h"

namespace xf::hk {

/// Describes `op`, which must verify. The name is that of the enclosing
/// hk.kernel, or of the kernel that outlining would make, without a number.
targets::KernelDesc describeKernel(StructuredOp op);

/// `gemm_384x1152_bias`, `attention_12x32`, `rowwise_384`: kind, sizes, then
/// what the regions do in a word each.
std::string kernelName(StructuredOp op);

/// The two forms of a config; neither checks whether it is legal.
targets::Config toConfig(ConfigAttr attr);
ConfigAttr fromConfig(mlir::MLIRContext *context,
                      const targets::Config &config);

} // namespace xf::hk
