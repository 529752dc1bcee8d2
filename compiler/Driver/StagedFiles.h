// Several files that appear together: made in a folder of their own beside
// their destination, then renamed into place.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <csignal>
#include <string>
#include <vector>

namespace xf {

/// Owns the staging folder; what was not committed is removed with it. While
/// one lives, the signals that end a program wait, so that an interrupt leaves
/// neither the folder behind nor some of the files in place.
class StagedFiles {
public:
  /// A staging folder inside `folder` (empty: the working folder), which must
  /// exist.
  static llvm::Expected<StagedFiles> create(llvm::StringRef folder);
  StagedFiles(StagedFiles &&other);
  ~StagedFiles();

  /// Where to write the file that commit() moves to `folder`/`name`; with
  /// `keep` false it is only scratch.
  std::string add(const std::string &name, bool keep = true);
  std::string finalPath(const std::string &name) const;

  /// Moves every kept file into place, in the order of `add`.
  llvm::Error commit();

private:
  StagedFiles(std::string folder, std::string staging,
              const sigset_t &signalsBefore)
      : folder(std::move(folder)), staging(std::move(staging)),
        signalsBefore(signalsBefore) {}

  std::string folder, staging;
  std::vector<std::string> kept;
  sigset_t signalsBefore;
};

/// An error where no file can be put at `path`: its folder is absent or closed
/// to writing, or something that is not a file is there.
llvm::Error checkDestination(llvm::StringRef path);

/// Writes `text` to a new file at `path`.
llvm::Error writeText(const std::string &path, llvm::StringRef text);

} // namespace xf
