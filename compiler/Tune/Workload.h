// What a model runs, in the form that the tuner measures: its kernels, and the
// launches of one entry point as the runtime takes them.
#pragma once

#include "compiler/Dialect/HK/IR/HK.h"
#include "runtime/src/program.h"
#include "targets/Kernel.h"
#include "targets/ShapeClass.h"

#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace xf::tune {

/// A batch of equal sequences.
struct Batch {
  int64_t sequences = 1, length = 1;
  int64_t rows() const { return sequences * length; }
};

/// One distinct kernel of the model.
struct WorkKernel {
  hk::KernelOp op;
  targets::KernelDesc desc;
  std::string key;           ///< kernelKey(desc)
  uint64_t weightFloats = 0; ///< that one launch reads
  size_t uses = 0;           ///< launches
};

/// One launch, all of xf_launch but its variants.
struct WorkLaunch {
  size_t kernel = 0; ///< index into Workload::kernels
  std::string name;  ///< place in the model
  xf_launch_kind kind = XF_LAUNCH_ROWS;
  std::vector<xf_arg> args;
  uint32_t outputWidth = 0;
  uint64_t outputOffset = 0; ///< floats a row of the arena
  bool rowsAreSequences = false;
};

/// Values of the weights are made up, so that a model is tuned without a
/// checkpoint: uniform in [-scale, scale], or around 1.
struct WorkWeight {
  uint64_t offset = 0, floats = 0;
  float center = 0, scale = 1;
};

struct Workload {
  std::string model;
  std::vector<WorkKernel> kernels;
  std::vector<WorkLaunch> launches; ///< in order; the last gives the result
  std::vector<WorkWeight> weights;
  uint64_t weightBytes = 0, arenaWidth = 0;
  int64_t numTokens = 0, tokenTypes = 0, maxSeqLen = 0;

  /// The batches that a class is measured with, its own number of rows first,
  /// then the fewest and the most that fall into it: one sequence, or as many
  /// of the model's longest as have about so many rows.
  std::vector<Batch> batchesOf(const targets::ShapeClass &shape) const;
  Batch batchOf(const targets::ShapeClass &shape) const {
    return batchesOf(shape).front();
  }

  /// The rows by which the runtime picks a launch's config: of the launch, or
  /// of one sequence.
  int64_t deciding(const WorkLaunch &launch, const Batch &batch) const;

  /// Whether launches of `kernel` fall into the class in `batch`, or in the
  /// class's own batch.
  bool isMet(size_t kernel, const targets::ShapeClass &shape,
             const Batch &batch) const;
  bool isMet(size_t kernel, const targets::ShapeClass &shape) const {
    return isMet(kernel, shape, batchOf(shape));
  }

  /// Multiplications and additions of the products of one launch; 0 for kernels
  /// without.
  double flops(size_t kernel, const Batch &batch) const;

  /// A guess at the seconds of all launches of `kernel`, for shares of a
  /// budget.
  double expectedSeconds(size_t kernel, const Batch &batch) const;
};

/// The workload of a module that satisfies the plan phase: the entry point with
/// the most launches. Diagnostics where there is none.
mlir::FailureOr<Workload> findWorkload(mlir::ModuleOp module);

} // namespace xf::tune
