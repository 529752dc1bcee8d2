// Staging by a temporary folder on the same file system, so that the final step
// is a rename.

#include "compiler/Driver/StagedFiles.h"

#include "llvm/ADT/ScopeExit.h"
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

static llvm::Error checkFolder(llvm::StringRef folder) {
  if (!folder.empty() && !fs::is_directory(folder))
    return llvm::createStringError("output folder `%s` does not exist",
                                   folder.str().c_str());
  return llvm::Error::success();
}

static llvm::Error folderError(llvm::StringRef folder, std::error_code error) {
  return llvm::createStringError(
      error, "cannot write to output folder `%s`: %s",
      folder.empty() ? "." : folder.str().c_str(), error.message().c_str());
}

llvm::Error xf::checkDestination(llvm::StringRef file) {
  llvm::StringRef folder = path::parent_path(file);
  if (llvm::Error error = checkFolder(folder))
    return error;
  if (std::error_code error =
          fs::access(folder.empty() ? "." : folder, fs::AccessMode::Write))
    return folderError(folder, error);
  if (fs::exists(file) && !fs::is_regular_file(file))
    return llvm::createStringError(
        "cannot write `%s`: something that is not a file is there",
        file.str().c_str());
  return llvm::Error::success();
}

/// Holds back the signals that end a program; returns the mask before.
static sigset_t holdSignals() {
  sigset_t ending, before;
  sigemptyset(&ending);
  for (int signal : {SIGHUP, SIGINT, SIGTERM})
    sigaddset(&ending, signal);
  pthread_sigmask(SIG_BLOCK, &ending, &before);
  return before;
}

llvm::Expected<StagedFiles> StagedFiles::create(llvm::StringRef folder) {
  if (llvm::Error error = checkFolder(folder))
    return std::move(error);
  sigset_t before = holdSignals();
  auto release = llvm::make_scope_exit(
      [&] { pthread_sigmask(SIG_SETMASK, &before, nullptr); });
  llvm::SmallString<128> model(folder), staging;
  path::append(model, ".xfc-%%%%%%%%");
  for (int attempt = 0; attempt < 16; ++attempt) {
    fs::createUniquePath(model, staging, /*MakeAbsolute=*/false);
    std::error_code error =
        fs::create_directory(staging, /*IgnoreExisting=*/false);
    if (!error) {
      release.release();
      return StagedFiles(folder.str(), staging.str().str(), before);
    }
    if (error != std::errc::file_exists)
      return folderError(folder, error);
  }
  return llvm::createStringError(
      "cannot find a free name for a temporary folder in `%s`",
      folder.str().c_str());
}

StagedFiles::StagedFiles(StagedFiles &&other)
    : folder(std::move(other.folder)), staging(std::move(other.staging)),
      kept(std::move(other.kept)), signalsBefore(other.signalsBefore) {
  other.staging.clear();
}

StagedFiles::~StagedFiles() {
  if (staging.empty())
    return;
  (void)fs::remove_directories(staging);
  pthread_sigmask(SIG_SETMASK, &signalsBefore, nullptr);
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
