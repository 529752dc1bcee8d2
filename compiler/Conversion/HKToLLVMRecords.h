// What launches and inputs are in the tables of runtime/src/program.h: reads a
// planned function, writes records.
#pragma once

#include "compiler/Conversion/ProgramConstants.h"
#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Dialect/XF/IR/XF.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

namespace xf {

xf_space toProgram(hk::RowSpace space);

/// The index buffers that the gathers of an entry read: which number each name
/// has, and how many values a feed of it can have.
class IndexBuffers {
public:
  IndexBuffers(mlir::func::FuncOp function, mlir::SymbolTable &symbols);

  /// Number of the buffer that `name` reads.
  uint64_t numberOf(llvm::StringRef name) const;
  /// True if a gather reads the ids of the call.
  bool usesIds() const { return limits.contains("ids"); }
  /// The names that a caller feeds, each with the rows of its smallest table.
  const llvm::MapVector<llvm::StringRef, int64_t> &getLimits() const {
    return limits;
  }
  /// False for what every call has.
  static bool isFed(llvm::StringRef name);

private:
  llvm::MapVector<llvm::StringRef, int64_t> limits; ///< by name
  llvm::DenseMap<llvm::StringRef, uint64_t> named;
};

/// The arguments of a launch in the order of kernels::buildKernel.
mlir::FailureOr<std::vector<Record>>
argumentRecords(hk::LaunchOp launch, hk::KernelOp kernel,
                mlir::SymbolTable &symbols, const IndexBuffers &indices);

/// The inputs of an entry: those of its hk.input ops, then fed indices.
mlir::FailureOr<std::vector<Record>> inputRecords(mlir::func::FuncOp function,
                                                  const IndexBuffers &indices,
                                                  ConstantWriter &writer);

/// How a launch is split into tasks, and whose lengths pick its variant.
struct LaunchShape {
  xf_launch_kind kind = XF_LAUNCH_ROWS;
  xf_space lengthSpace = XF_SPACE_TOKENS;
};
LaunchShape launchShape(hk::StructuredOp op);

/// What an entry takes: the function's own words, or else the model's.
struct EntryLimits {
  uint64_t numTokens = 0, maxSeqLen = 0;
};
EntryLimits entryLimits(mlir::func::FuncOp function, ir::ModelInfoAttr info);

/// Where the last slot of each arena ends.
struct ArenaWidths {
  int64_t rows = 0, pairs = 0;
};
ArenaWidths arenaWidths(mlir::func::FuncOp function);

/// The most keys that a score value has besides those of its sequence.
int64_t extraKeys(mlir::func::FuncOp function, mlir::SymbolTable &symbols);

} // namespace xf
