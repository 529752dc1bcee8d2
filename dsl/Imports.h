// `import`: which files a spec consists of. An imported file lies inside the
// folder of the spec, links resolved.
#pragma once

#include "dsl/AST.h"
#include "dsl/Diagnostics.h"

#include <memory>
#include <string>
#include <vector>

namespace xf::dsl {

struct LoadedFile {
  std::unique_ptr<SourceFile> file;
  std::string folder; ///< relative to the spec's own, empty for the same
};

struct LoadedSpec {
  std::vector<LoadedFile> files;
  bool lostFile = false; ///< an import failed
};

/// `root` and every file it imports, each once, imported files before the files
/// that import them; `root` is last. Reports files that cannot be read, lie
/// outside of the spec's folder, or import themselves.
LoadedSpec loadImports(std::unique_ptr<SourceFile> root,
                       DiagnosticEngine &diags);

} // namespace xf::dsl
