// Safetensors files for tests, put together byte by byte so that they can be as
// wrong as a test needs.
#pragma once

#include "compiler/Weights/SafeTensors.h"

#include "llvm/Support/Endian.h"

#include <cstring>
#include <string>
#include <vector>

namespace xf::weights::test {

/// Length word, header and data as given; the length may lie.
inline std::string fileBytes(uint64_t length, llvm::StringRef header,
                             llvm::StringRef data = "") {
  std::string bytes(8, '\0');
  llvm::support::endian::write64le(bytes.data(), length);
  return bytes + header.str() + data.str();
}

inline std::string fileBytes(llvm::StringRef header,
                             llvm::StringRef data = "") {
  return fileBytes(header.size(), header, data);
}

inline llvm::Expected<SafeTensors> parseBytes(const std::string &bytes) {
  return SafeTensors::fromBuffer(
      llvm::MemoryBuffer::getMemBufferCopy(bytes, "test.safetensors"));
}

/// The message of the error that `bytes` must end in.
inline std::string errorOf(const std::string &bytes) {
  llvm::Expected<SafeTensors> file = parseBytes(bytes);
  return file ? "no error" : llvm::toString(file.takeError());
}

/// One F32 tensor of a well-formed file.
struct NamedTensor {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<float> values; ///< empty: 1, 2, 3, ...
};

/// A well-formed file of f32 tensors.
inline std::string wellFormed(const std::vector<NamedTensor> &tensors) {
  std::string header = "{", data;
  for (const NamedTensor &tensor : tensors) {
    size_t count = 1;
    for (int64_t dim : tensor.shape)
      count *= dim;
    std::vector<float> values = tensor.values;
    for (size_t i = values.size(); i < count; ++i)
      values.push_back(static_cast<float>(i + 1));
    size_t begin = data.size();
    data.append(reinterpret_cast<const char *>(values.data()),
                count * sizeof(float));
    header += (header.size() > 1 ? "," : "") + ("\"" + tensor.name) +
              R"(":{"dtype":"F32","shape":)" + formatShape(tensor.shape) +
              ",\"data_offsets\":[" + std::to_string(begin) + "," +
              std::to_string(data.size()) + "]}";
  }
  return fileBytes(header + "}", data);
}

} // namespace xf::weights::test
