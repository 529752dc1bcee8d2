// Finds a program's weights: the section embedded in the library, or a mapped
// .xfw file that is checked to be its own.
#pragma once

#include "runtime/src/arena.h"
#include "runtime/src/program.h"
#include "runtime/src/status.h"

namespace xf::rt {

class Weights {
public:
  /// `path`: a file, a folder to look in, or NULL for the library's own folder.
  /// `verify`: hash the whole section.
  xf_status open(const xf_program &program, const char *path, bool verify);

  const uint8_t *data() const { return section; }
  size_t size() const { return bytes; }

private:
  xf_status openFile(const xf_program &program, const char *path);

  const uint8_t *section = nullptr;
  size_t bytes = 0;
  Mapping file;
};

} // namespace xf::rt
