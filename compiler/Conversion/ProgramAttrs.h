// What the driver leaves on the module and its weights for convert-hk-to-llvm,
// once the weights are packed; and the names that kernel objects and host
// program share.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"

#include <string>

namespace xf {

/// Module attributes.
constexpr llvm::StringLiteral describeJsonAttr =
    "hk.describe_json"; ///< string: what the library says of itself
constexpr llvm::StringLiteral weightsFileAttr =
    "hk.weights_file"; ///< string: file name of the .xfw; absent: embedded
constexpr llvm::StringLiteral weightsBytesAttr =
    "hk.weights_bytes"; ///< i64: size of the weight section
constexpr llvm::StringLiteral weightsHashAttr =
    "hk.weights_hash"; ///< i64: XXH64 of the section, the 64 bits as they are

/// On each hk.weight, i64: where it starts in the weight section, in bytes.
constexpr llvm::StringLiteral weightOffsetAttr = "offset";

/// Symbol of the embedded weight section, in an object of its own
/// (compiler/Object).
constexpr llvm::StringLiteral weightsSymbol = "xf_weights_section";

/// The function of a kernel's form for machine `machine`:
/// `xfk_gemm_upto48_avx2` for `gemm_upto48` and `x86-64-avx2`. Halide's argv
/// form adds `_argv`.
inline std::string kernelSymbol(llvm::StringRef form, llvm::StringRef machine) {
  return (llvm::Twine("xfk_") + form + "_" + machine.rsplit('-').second).str();
}

} // namespace xf
