// The records of targets/tuning, as the build wrote them into the program.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace xf::tune {

struct BuiltinRecords {
  const char *name; ///< `targets/tuning/AuthenticAMD-26-2.jsonl`
  llvm::StringRef text;
};

/// By name. The text lives as long as the program.
llvm::ArrayRef<BuiltinRecords> builtinRecords();

} // namespace xf::tune
