// The flags belong to every command that decides on kernels.
#include "compiler/tools/RecordOptions.h"

#include "compiler/Tune/RecordFile.h"
#include "compiler/tools/Options.h"

#include "llvm/Support/WithColor.h"

using namespace xf;
namespace cl = llvm::cl;

static cl::opt<std::string>
    records("records", cl::value_desc("all|builtin|none|FILE"), cl::init("all"),
            cl::cat(xfcOptions()), cl::sub(cl::SubCommand::getAll()),
            cl::desc("tuning records to choose kernels by: yours and the "
                     "committed ones, the latter alone, none, or a file"));
static cl::opt<std::string>
    tuneFor("tune-for", cl::value_desc("CPU"), cl::init("host"),
            cl::cat(xfcOptions()), cl::sub(cl::SubCommand::getAll()),
            cl::desc("whose records those are: `host`, or "
                     "VENDOR-FAMILY-MODEL such as AuthenticAMD-26-2"));

void xf::warnOfRecords(const std::string &message) {
  llvm::WithColor::warning(llvm::errs(), "xfc") << message << '\n';
}

llvm::Expected<targets::RecordSet> xf::loadChosenRecords() {
  return tune::loadRecords(records, tuneFor, warnOfRecords);
}
