// Builds the weight section and writes .xfw files.
#include "compiler/Weights/PackedFile.h"

#include "runtime/src/program.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"

#include <bit>
#include <cassert>
#include <cstring>

using namespace llvm;
using namespace xf::weights;

// Headers and floats are written as they lie in memory.
static_assert(std::endian::native == std::endian::little);

void WeightSection::write(uint64_t offset, ArrayRef<float> values) {
  uint64_t bytes = values.size() * sizeof(float);
  assert(offset % kWeightAlignment == 0 && offset + bytes <= storage.size());
  if (bytes != 0)
    std::memcpy(storage.data() + offset, values.data(), bytes);
}

uint64_t WeightSection::hash() const { return xxHash64(bytes()); }

Error xf::weights::writePackedFile(StringRef path,
                                   const WeightSection &section) {
  xf_weights_header header = {};
  header.magic = XF_WEIGHTS_MAGIC;
  header.version = XF_WEIGHTS_VERSION;
  header.offset = sectionFileOffset;
  header.bytes = section.bytes().size();
  header.hash = section.hash();
  Error error = writeToOutput(path, [&](raw_ostream &stream) {
    stream.write(reinterpret_cast<const char *>(&header), sizeof header);
    stream.write_zeros(sectionFileOffset - sizeof header);
    stream.write(reinterpret_cast<const char *>(section.bytes().data()),
                 section.bytes().size());
    stream.flush();
    // Left in the stream, an error (a full disk) would end the program.
    auto &file = static_cast<raw_fd_ostream &>(stream);
    std::error_code failure = file.error();
    file.clear_error();
    return errorCodeToError(failure);
  });
  namespace fs = sys::fs;
  if (!error) // writeToOutput's files are executable; weights are no program
    error = errorCodeToError(fs::setPermissions(
        path, fs::perms((fs::all_read | fs::all_write) & ~fs::getUmask())));
  if (!error)
    return Error::success();
  return createStringError(inconvertibleErrorCode(),
                           "cannot write weights to `" + path +
                               "`: " + toString(std::move(error)));
}
