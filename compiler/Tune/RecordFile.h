// Files of tuning records: JSON lines, one a measurement, only ever appended
// to. A damaged line costs itself and is named; a field that is not known is
// skipped, so that newer files can be read.
#pragma once

#include "targets/Records.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <functional>
#include <string>
#include <vector>

namespace xf::tune {

/// Hears of lines and files that are skipped, with file and line.
using Warn = std::function<void(const std::string &)>;

/// A record as one line of JSON, without its end; `parseRecord` gives it back,
/// but for `text` and `origin`. Times have four significant digits.
std::string recordLine(const targets::Record &record);
llvm::Expected<targets::Record> parseRecord(llvm::StringRef line);

/// The records of `text`, a file called `name`. A damaged line, such as a last
/// one that was torn by the end of its writer, is skipped with a warning.
std::vector<targets::Record>
parseRecords(llvm::StringRef text, const std::string &name, const Warn &warn);

/// As above, of a file.
llvm::Expected<std::vector<targets::Record>>
readRecords(const std::string &path, const Warn &warn);

/// Adds `record` to the end of the file at `path`, which is created with its
/// folders. One write of a whole line: whoever ends the program at whatever
/// moment, every record that this was called for is there.
llvm::Error appendRecord(const std::string &path,
                         const targets::Record &record);

/// Whether appendRecord can write to `path`, asked before hours of measuring:
/// creates the file with its folders.
llvm::Error checkRecordFile(const std::string &path);

/// `$XDG_CACHE_HOME/xfc/tuning`, else `$HOME/.cache/xfc/tuning`; empty when
/// neither is set.
std::string userRecordFolder();

/// The name of the source of the records there.
constexpr const char *userSource = "your records";

/// Which records a compilation may look at: `all` (the user's, then those
/// committed in targets/tuning), `builtin` (the latter), `none`, or a file.
/// `tuneFor` is a Cpu::id(), or `host`. An error for a file that cannot be
/// read, and for what is no processor; what is wrong with others is a warning.
llvm::Expected<targets::RecordSet> loadRecords(const std::string &which,
                                               const std::string &tuneFor,
                                               const Warn &warn);

} // namespace xf::tune
