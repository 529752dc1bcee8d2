// What a library is profiled on: random rows of given shapes, or rows from a
// file.
#pragma once

#include "compiler/Profile/Library.h"

#include "llvm/ADT/StringRef.h"

namespace xf::profile {

/// `1x16,8x128`: rows x tokens each. The ids are random below `numTokens`, and
/// the same every time: a shape's time does not depend on them. Errors name
/// the shape.
llvm::Expected<std::vector<Workload>> parseShapes(llvm::StringRef text,
                                                  uint32_t numTokens);

/// Rows of ids, one a line, separated by spaces or commas; empty lines are
/// skipped. Errors name file and line.
llvm::Expected<Workload> readIds(const std::string &path);

} // namespace xf::profile
