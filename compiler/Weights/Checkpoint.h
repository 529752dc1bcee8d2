// A checkpoint bound to a model: each logical tensor found in the file, or one
// error that lists everything that does not fit.
#pragma once

#include "compiler/Weights/Layouts.h"
#include "compiler/Weights/Recipe.h"
#include "compiler/Weights/SafeTensors.h"

namespace xf::weights {

/// Which table to read a file by, and what it must know of the model.
struct CheckpointFormat {
  std::string layout; ///< name of a layout
  /// The stack's norms hold their gain minus one; x_transformers only.
  bool gainsMinusOne = false;
};

/// Immutable; owns the file, so any thread may read.
class Checkpoint {
public:
  /// Opens `path` and finds each of `tensors` in it. Missing, misshapen and
  /// left-over tensors are listed in one error, by the names of both sides.
  static llvm::Expected<Checkpoint> open(llvm::StringRef path,
                                         const CheckpointFormat &format,
                                         const LogicalTensors &tensors);
  /// The same for a file that is open already.
  static llvm::Expected<Checkpoint> bind(SafeTensors file,
                                         const CheckpointFormat &format,
                                         const LogicalTensors &tensors);

  /// The effective values of a logical tensor that was given to `open`. The
  /// error of a value that is not finite names the file's tensor.
  llvm::Expected<Tensor> read(llvm::StringRef logical) const;

private:
  /// Effective values are the stored ones times `scale`, plus `offset`, in f32.
  struct Binding {
    const TensorInfo *source;   ///< into `file`
    std::vector<int64_t> shape; ///< the model's
    float scale, offset;
  };
  explicit Checkpoint(SafeTensors file) : file(std::move(file)) {}

  SafeTensors file;
  std::map<std::string, Binding, std::less<>> bindings;
};

} // namespace xf::weights
