// Where a command's text goes: standard output or a file, and what is said when
// it cannot.
#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

#include <string>

namespace xf {

/// Prints `xfc: error: message` and returns 2, the exit status of a command
/// line that cannot be followed.
int usageError(const std::string &message);

/// What went wrong in writing to `os` so far, such as a full disk. A stream
/// that keeps an error ends the program when it is closed.
llvm::Error takeWriteError(llvm::raw_fd_ostream &os);

/// 0 for success; else says that `path` (`-`: standard output) cannot be
/// written, and returns 1.
int outputError(llvm::StringRef path, llvm::Error error);

/// Whether something can be written to `path`, asked before the work whose
/// result goes there; what is there but no file, such as /dev/stdout, is only
/// tried when it comes to it.
llvm::Error checkWritable(llvm::StringRef path);

/// Calls `write` on the file at `path`, which appears whole or not at all, or
/// on standard output where `path` is empty or
/// `-`. Links are followed, and what is there but no file, such as /dev/stdout,
/// is written to and not replaced. Returns an exit status.
int writeOutput(llvm::StringRef path,
                llvm::function_ref<void(llvm::raw_ostream &)> write);

} // namespace xf
