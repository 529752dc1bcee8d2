// The weight section of a library as bytes, and the .xfw file that holds it
// when it is not embedded. The file's form is in runtime/src/program.h.
#pragma once

#include "compiler/Weights/Pack.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace xf::weights {

/// Bytes of a section, filled weight by weight at the offsets of a SectionPlan.
/// The gaps are zero, so equal weights give equal bytes.
class WeightSection {
public:
  explicit WeightSection(uint64_t bytes) : storage(bytes) {}
  /// Writes packed values at `offset`, which came from the plan.
  void write(uint64_t offset, llvm::ArrayRef<float> values);
  llvm::ArrayRef<uint8_t> bytes() const { return storage; }
  /// XXH64 of the section with seed 0.
  uint64_t hash() const;

private:
  std::vector<uint8_t> storage;
};

/// Where the section starts in a .xfw file: a page, so that it can be mapped.
inline constexpr uint64_t sectionFileOffset = 4096;

/// Writes header and section to `path`: to a temporary file beside it that is
/// then renamed, so that no reader ever sees half a file.
llvm::Error writePackedFile(llvm::StringRef path, const WeightSection &section);

} // namespace xf::weights
