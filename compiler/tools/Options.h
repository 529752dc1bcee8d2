// What the files that declare xfc's flags share. A command of its own file
// declares its cl::SubCommand and flags there, and exports whether it was asked
// for and how it runs; xfc.cpp only dispatches.
#pragma once

#include "llvm/Support/CommandLine.h"

namespace xf {

/// The category of every flag that is ours, and so the ones that --help shows.
llvm::cl::OptionCategory &xfcOptions();

} // namespace xf
