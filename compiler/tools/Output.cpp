// Writes text without leaving half of it behind.

#include "compiler/tools/Output.h"

#include "compiler/Driver/StagedFiles.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/WithColor.h"

#include <fmt/format.h>

int xf::usageError(const std::string &message) {
  llvm::WithColor::error(llvm::errs(), "xfc") << message << '\n';
  return 2;
}

llvm::Error xf::takeWriteError(llvm::raw_fd_ostream &os) {
  os.flush();
  std::error_code error = os.error();
  os.clear_error();
  return llvm::errorCodeToError(error);
}

int xf::outputError(llvm::StringRef path, llvm::Error error) {
  if (!error)
    return 0;
  usageError(fmt::format("cannot write {}: {}",
                         path == "-" ? "standard output"
                                     : fmt::format("`{}`", path.str()),
                         llvm::errorToErrorCode(std::move(error)).message()));
  return 1;
}

llvm::Error xf::checkWritable(llvm::StringRef path) {
  namespace fs = llvm::sys::fs;
  const bool special =
      fs::exists(path) && !fs::is_regular_file(path) && !fs::is_directory(path);
  return path.empty() || path == "-" || special ? llvm::Error::success()
                                                : checkDestination(path);
}

int xf::writeOutput(llvm::StringRef path,
                    llvm::function_ref<void(llvm::raw_ostream &)> write) {
  namespace fs = llvm::sys::fs;
  auto writeAll = [&](llvm::raw_ostream &os) {
    write(os);
    return takeWriteError(static_cast<llvm::raw_fd_ostream &>(os));
  };
  if (path.empty() || path == "-")
    return outputError("-", writeAll(llvm::outs()));
  llvm::SmallString<128> target;
  if (fs::real_path(path, target))
    target = path; // nothing is there yet
  if (!fs::exists(target) || fs::is_regular_file(target)) {
    // writeToOutput makes a new file, which is executable.
    auto before = fs::getPermissions(target);
    auto mode =
        before ? *before
               : fs::perms((fs::all_read | fs::all_write) & ~fs::getUmask());
    llvm::Error written = llvm::writeToOutput(target, writeAll);
    if (!written)
      written = llvm::errorCodeToError(fs::setPermissions(target, mode));
    return outputError(path, std::move(written));
  }
  std::error_code error;
  llvm::raw_fd_ostream os(target, error, fs::CD_OpenExisting, fs::FA_Write,
                          fs::OF_None);
  return outputError(path,
                     error ? llvm::errorCodeToError(error) : writeAll(os));
}
