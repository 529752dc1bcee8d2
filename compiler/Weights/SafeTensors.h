// Reader of safetensors files: 8 bytes of header length, a JSON header, data.
// Nothing in a file is believed before it is checked, so that a broken or
// hostile one ends in a message and never in a wrong read.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace xf::weights {

/// Element types a file may declare: name, bytes each.
#define XF_SAFETENSORS_DTYPES(X)                                               \
  X(BOOL, 1)                                                                   \
  X(U8, 1)                                                                     \
  X(I8, 1)                                                                     \
  X(F8_E5M2, 1)                                                                \
  X(F8_E4M3, 1)                                                                \
  X(F8_E8M0, 1)                                                                \
  X(I16, 2)                                                                    \
  X(U16, 2)                                                                    \
  X(F16, 2)                                                                    \
  X(BF16, 2)                                                                   \
  X(I32, 4)                                                                    \
  X(U32, 4)                                                                    \
  X(F32, 4)                                                                    \
  X(F64, 8)                                                                    \
  X(I64, 8)                                                                    \
  X(U64, 8)                                                                    \
  X(C64, 8)

enum class DType {
#define X(name, bytes) name,
  XF_SAFETENSORS_DTYPES(X)
#undef X
};

llvm::StringRef nameOf(DType type);
uint64_t bytesOf(DType type);
/// True for the types that `SafeTensors::read` converts: F32, F16, BF16.
bool isReadable(DType type);

/// One entry of the header. An empty shape is a scalar.
struct TensorInfo {
  std::string name;
  DType dtype;
  std::vector<int64_t> shape;
  uint64_t begin,
      end; ///< bytes of its data, counted from the end of the header
};

/// An open file; owns the mapping. Immutable, so any thread may read.
class SafeTensors {
public:
  /// Maps and checks `path`. The error names the file, what was seen and the
  /// rule it breaks.
  static llvm::Expected<SafeTensors> open(llvm::StringRef path);
  /// The same for bytes already in memory.
  static llvm::Expected<SafeTensors>
  fromBuffer(std::unique_ptr<llvm::MemoryBuffer> buffer);

  llvm::StringRef path() const { return buffer->getBufferIdentifier(); }
  /// In the order of their data.
  llvm::ArrayRef<TensorInfo> tensors() const { return infos; }
  /// The tensor called `name`, or null.
  const TensorInfo *find(llvm::StringRef name) const;

  /// All elements of `info` (one of tensors()) as f32, row-major. F16 and BF16
  /// are widened exactly; other types are an error, and so is an element that
  /// is not finite: the message tells the first and how many.
  llvm::Expected<std::vector<float>> read(const TensorInfo &info) const;

private:
  std::unique_ptr<llvm::MemoryBuffer> buffer;
  llvm::StringRef data; ///< what follows the header
  std::vector<TensorInfo> infos;
  llvm::StringMap<size_t> byName;
};

/// `[2, 384]`.
std::string formatShape(llvm::ArrayRef<int64_t> shape);

/// The value of an IEEE half or a bfloat16, given its bits; exact.
float halfToFloat(uint16_t bits);
float bfloatToFloat(uint16_t bits);

} // namespace xf::weights
