// From structured ops to the plain structs of targets/: the only words in which
// a pass asks for a decision, the emitter builds a kernel, and `explain`
// counts.
#pragma once

#include "compiler/Dialect/HK/IR/HK.h"
#include "targets/Config.h"
#include "targets/Kernel.h"

#include <string>
#include <vector>

namespace xf::hk {

/// Describes `op`, which must verify. The name is that of the enclosing
/// hk.kernel, or of the kernel that outlining would make, without a number.
targets::KernelDesc describeKernel(StructuredOp op);

/// `gemm_384x1152_bias`, `attention_12x32`, `rowwise_384`: kind, sizes, then
/// what the regions do in a word each.
std::string kernelName(StructuredOp op);

/// One way in which a kernel is compiled for a target. Configs that differ in
/// grains and max_rows only share it.
struct KernelForm {
  std::string name; ///< of the kernel; `_upto48` follows unless the last
                    ///< config, which takes any number of rows, is of this form
  targets::Config code; ///< without grains and max_rows
};

/// What a target has of a kernel.
struct TargetForms {
  std::string target;
  std::vector<KernelForm> forms;
  std::vector<targets::Config> configs; ///< in the order of the attribute
  std::vector<unsigned> formOf;         ///< of each config
};

/// By target, in the order of the configs; empty where there are none.
std::vector<TargetForms> collectForms(KernelOp kernel);

/// The two representations of a config; neither checks whether it is legal.
targets::Config toConfig(ConfigAttr attr);
ConfigAttr fromConfig(mlir::MLIRContext *context,
                      const targets::Config &config);

} // namespace xf::hk
