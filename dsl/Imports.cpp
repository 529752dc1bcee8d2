// Loading imports: containment first, then the file; a path that leaves the
// folder is never opened.
#include "dsl/Imports.h"
#include "dsl/Parser.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

namespace xf::dsl {

namespace path = llvm::sys::path;

namespace {

class Loader {
public:
  Loader(llvm::StringRef rootPath, DiagnosticEngine &diags)
      : diags(diags), folder(path::parent_path(rootPath)) {
    if (llvm::sys::fs::real_path(folder.empty() ? llvm::Twine(".") : folder,
                                 realFolder))
      realFolder = folder;
    llvm::SmallString<128> real;
    if (!llvm::sys::fs::real_path(rootPath, real))
      states[real] = State::Open;
  }

  LoadedSpec load(std::unique_ptr<SourceFile> root) {
    visit(std::move(root), "");
    return std::move(spec);
  }

private:
  enum class State { Open, Done };

  void visit(std::unique_ptr<SourceFile> file, llvm::StringRef relativeFolder) {
    for (const Decl &decl : file->decls)
      if (auto *import = std::get_if<ImportDecl>(&decl.node))
        spec.lostFile |= !follow(*import, relativeFolder);
    spec.files.push_back({std::move(file), relativeFolder.str()});
  }

  /// Loads the file; false, and reported, where it cannot be.
  bool follow(const ImportDecl &import, llvm::StringRef fromFolder) {
    if (path::is_absolute(import.file)) {
      diags.report(import.fileRange, diag::ImportAbsolute, import.file);
      return false;
    }
    llvm::SmallString<128> relative(fromFolder);
    path::append(relative, import.file);
    path::remove_dots(relative, /*remove_dot_dot=*/true);
    llvm::SmallString<128> full(folder), real;
    path::append(full, relative);
    if (*path::begin(relative) == "..") {
      diags.report(import.fileRange, diag::ImportEscapes, import.file);
      return false;
    }
    if (std::error_code error = llvm::sys::fs::real_path(full, real)) {
      diags.report(import.fileRange, diag::CannotRead, full.str(),
                   error.message());
      return false;
    }
    if (!contains(real)) {
      diags.report(import.fileRange, diag::ImportEscapes, import.file)
          .hint("it is a link to " + real.str().str());
      return false;
    }
    if (!llvm::sys::fs::is_regular_file(
            real.str())) { // reading a pipe would wait for ever
      diags.report(import.fileRange, diag::CannotRead, full.str(),
                   "not a file");
      return false;
    }
    return open(import, relative, full, real);
  }

  bool contains(llvm::StringRef real) const {
    llvm::StringRef inside = real;
    return inside.consume_front(realFolder) &&
           (inside.starts_with("/") ||
            llvm::StringRef(realFolder).ends_with("/"));
  }

  bool open(const ImportDecl &import, llvm::StringRef relative,
            llvm::StringRef full, llvm::StringRef real) {
    auto [at, isNew] = states.try_emplace(real, State::Open);
    if (!isNew) {
      if (at->second == State::Open)
        diags.report(import.fileRange, diag::ImportCycle, import.file);
      return at->second == State::Done;
    }
    if (depth >= MaxNesting) {
      diags.report(import.fileRange, diag::TooDeep, MaxNesting);
      return false;
    }
    // What was checked is what is opened; messages name the path as it was
    // written.
    auto buffer = llvm::MemoryBuffer::getFile(real, /*IsText=*/true);
    if (!buffer) {
      diags.report(import.fileRange, diag::CannotRead, full,
                   buffer.getError().message());
      return false;
    }
    ++depth;
    visit(parseBuffer(llvm::MemoryBuffer::getMemBufferCopy(
                          (*buffer)->getBuffer(), full),
                      diags),
          path::parent_path(relative));
    --depth;
    states[real] = State::Done;
    return true;
  }

  DiagnosticEngine &diags;
  llvm::SmallString<128> folder, realFolder;
  llvm::StringMap<State> states; ///< by real path
  LoadedSpec spec;
  unsigned depth = 0;
};

} // namespace

LoadedSpec loadImports(std::unique_ptr<SourceFile> root,
                       DiagnosticEngine &diags) {
  std::string rootPath = root->path;
  return Loader(rootPath, diags).load(std::move(root));
}

} // namespace xf::dsl
