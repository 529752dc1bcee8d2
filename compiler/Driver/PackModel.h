// The weights of a planned module: where each lies in the library's weight
// section, and the section itself.
#pragma once

#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Weights/PackedFile.h"

#include "llvm/Support/Error.h"

namespace xf {

/// Bytes that `weight` takes in the section, in the layout that hk-pack-weights
/// wrote on it.
int64_t packedWeightBytes(hk::WeightOp weight);

/// Reads the checkpoint at `path` by the format the module names, computes and
/// packs every weight, and leaves on each hk.weight its `offset` in the
/// section. Fails without a change to the module when the file does not fit the
/// model.
llvm::Expected<weights::WeightSection> packModel(mlir::ModuleOp module,
                                                 llvm::StringRef path);

} // namespace xf
