// Staging by a temporary folder on the same file system, so that the final step
// is a rename.

#include "compiler/Driver/StagedFiles.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace xf;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

static std::string join(llvm::StringRef folder, llvm::StringRef name) {
  llvm::SmallString<128> joined(folder);
  path::append(joined, name);
  return joined.str().str();
}

llvm::Expected<StagedFiles> StagedFiles::create(llvm::StringRef folder) {
  if (!folder.empty() && !fs::is_directory(folder))
    return llvm::createStringError("output folder `%s` does not exist",
                                   folder.str().c_str());
  llvm::SmallString<128> model(folder), staging;
  path::append(model, ".xfc-%%%%%%%%");
  for (int attempt = 0; attempt < 16; ++attempt) {
    fs::createUniquePath(model, staging, /*MakeAbsolute=*/false);
    std::error_code error =
        fs::create_directory(staging, /*IgnoreExisting=*/false);
    if (!error)
      return StagedFiles(folder.str(), staging.str().str());
    if (error != std::errc::file_exists)
      return llvm::createStringError(
          error, "cannot write to output folder `%s`: %s",
          folder.empty() ? "." : folder.str().c_str(), error.message().c_str());
  }
  return llvm::createStringError(
      "cannot find a free name for a temporary folder in `%s`",
      folder.str().c_str());
}

StagedFiles::StagedFiles(StagedFiles &&other)
    : folder(std::move(other.folder)), staging(std::move(other.staging)),
      kept(std::move(other.kept)) {
  other.staging.clear();
}

StagedFiles::~StagedFiles() {
  if (!staging.empty())
    (void)fs::remove_directories(staging);
}

std::string StagedFiles::add(const std::string &name, bool keep) {
  if (keep)
    kept.push_back(name);
  return join(staging, name);
}

std::string StagedFiles::finalPath(const std::string &name) const {
  return join(folder, name);
}

llvm::Error StagedFiles::commit() {
  for (const std::string &name : kept)
    if (std::error_code error =
            fs::rename(join(staging, name), finalPath(name)))
      return llvm::createStringError(error, "cannot write `%s`: %s",
                                     finalPath(name).c_str(),
                                     error.message().c_str());
  return llvm::Error::success();
}

llvm::Error xf::writeText(const std::string &path, llvm::StringRef text) {
  std::error_code error;
  llvm::raw_fd_ostream os(path, error);
  if (!error) {
    os << text;
    os.close();
    error = os.error();
    os.clear_error();
  }
  return error ? llvm::createStringError(error, "cannot write `%s`: %s",
                                         path.c_str(), error.message().c_str())
               : llvm::Error::success();
}
