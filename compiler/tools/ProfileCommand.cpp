// Flags of `xfc profile`, and what is checked before anything is measured, so
// that no minute of measuring ends in a file that cannot be written.
#include "compiler/tools/ProfileCommand.h"

#include "compiler/Profile/Report.h"
#include "compiler/Profile/Workloads.h"
#include "compiler/tools/Options.h"
#include "compiler/tools/Output.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <fmt/format.h>

using namespace xf;
namespace cl = llvm::cl;

static cl::SubCommand command("profile", "time a library's ops, and compare "
                                         "them with this machine's ceilings");

static cl::list<std::string> libraries(cl::Positional, cl::cat(xfcOptions()),
                                       cl::sub(command),
                                       cl::desc("libNAME.so"));
static cl::list<std::string>
    shapes("shape", cl::value_desc("ROWSxTOKENS"), cl::CommaSeparated,
           cl::cat(xfcOptions()), cl::sub(command),
           cl::desc("batches of random ids (default: 1x16,1x128,8x128, as far "
                    "as the model takes them)"));
static cl::opt<std::string> idsFile("ids-file", cl::value_desc("FILE"),
                                    cl::cat(xfcOptions()), cl::sub(command),
                                    cl::desc("rows of ids, one a line"));
static cl::opt<unsigned>
    threads("threads", cl::value_desc("N"), cl::init(0), cl::cat(xfcOptions()),
            cl::sub(command),
            cl::desc("threads that work together; 0: one per core"));
static cl::opt<std::string>
    target("target", cl::value_desc("NAME"), cl::cat(xfcOptions()),
           cl::sub(command),
           cl::desc("kernels to use (default: the strongest that runs here)"));
static cl::opt<std::string> weights("weights", cl::value_desc("PATH"),
                                    cl::cat(xfcOptions()), cl::sub(command),
                                    cl::desc("weights file or its folder"));
static cl::opt<unsigned>
    repetitions("repeat", cl::value_desc("N"), cl::init(0),
                cl::cat(xfcOptions()), cl::sub(command),
                cl::desc("calls of each batch; instead of --seconds"));
static cl::opt<double> seconds("seconds", cl::value_desc("S"), cl::init(1),
                               cl::cat(xfcOptions()), cl::sub(command),
                               cl::desc("time for each batch"));
static cl::opt<bool> everyOp("ops", cl::cat(xfcOptions()), cl::sub(command),
                             cl::desc("a line for each op of each layer"));
static cl::opt<std::string>
    jsonFile("json", cl::value_desc("FILE"), cl::cat(xfcOptions()),
             cl::sub(command),
             cl::desc("write JSON; `-`: to standard output, without tables"));
static cl::opt<std::string> svgFile("svg", cl::value_desc("FILE"),
                                    cl::cat(xfcOptions()), cl::sub(command),
                                    cl::desc("write a roofline"));

bool xf::profileRequested() { return bool(command); }

static int failure(llvm::Error error) {
  usageError(llvm::toString(std::move(error)));
  return 1;
}

/// What the command line asks to run. Without flags: the usual shapes, less
/// those that are too long for the model.
static llvm::Expected<std::vector<profile::Workload>>
chooseWorkloads(const profile::Library &library) {
  std::vector<profile::Workload> workloads;
  if (!shapes.empty() || idsFile.empty()) {
    const std::string text =
        shapes.empty() ? "1x16,1x128,8x128" : llvm::join(shapes, ",");
    auto parsed = profile::parseShapes(text, library.info().num_tokens);
    if (!parsed)
      return parsed.takeError();
    workloads = std::move(*parsed);
    const uint32_t longest = library.info().max_seq_len;
    if (shapes.empty() && longest)
      llvm::erase_if(workloads, [&](const profile::Workload &workload) {
        return workload.tokens() > longest * workload.rows();
      });
    if (workloads.empty())
      workloads.push_back(llvm::cantFail(profile::parseShapes(
          fmt::format("1x{}", longest), library.info().num_tokens))[0]);
  }
  if (!idsFile.empty()) {
    auto workload = profile::readIds(idsFile);
    if (!workload)
      return workload.takeError();
    workloads.push_back(std::move(*workload));
  }
  for (const profile::Workload &workload : workloads)
    if (auto error = library.check(workload))
      return llvm::createStringError(llvm::inconvertibleErrorCode(), "%s: %s",
                                     workload.name.c_str(),
                                     llvm::toString(std::move(error)).c_str());
  return workloads;
}

static int checkFlags() {
  if (libraries.size() != 1)
    return usageError(libraries.empty()
                          ? "no library given; say `xfc profile libNAME.so`"
                          : "more than one library given; `profile` takes one");
  if (repetitions.getNumOccurrences() && repetitions == 0)
    return usageError("--repeat=0 repeats nothing; it is at least 1");
  if (!(seconds > 0 && seconds <= 3600))
    return usageError(fmt::format("--seconds={} is no time to measure for; it "
                                  "is above 0 and at most 3600",
                                  seconds.getValue()));
  for (const std::string &path : {jsonFile.getValue(), svgFile.getValue()})
    if (auto error = checkWritable(path))
      return failure(std::move(error));
  return 0;
}

static int write(const profile::Profile &profile) {
  if (jsonFile != "-")
    llvm::outs() << profile::toText(profile, everyOp);
  int result = 0;
  if (!jsonFile.empty())
    result |= writeOutput(jsonFile, [&](llvm::raw_ostream &os) {
      os << llvm::formatv("{0:2}\n",
                          llvm::json::Value(profile::toJson(profile)));
    });
  if (!svgFile.empty())
    result |= writeOutput(svgFile, [&](llvm::raw_ostream &os) {
      os << profile::toRoofline(profile);
    });
  return result;
}

int xf::runProfile() {
  if (int wrong = checkFlags())
    return wrong;
  auto library =
      profile::Library::open({libraries.front(), target, weights, threads});
  if (!library)
    return failure(library.takeError());
  auto workloads = chooseWorkloads(*library);
  if (!workloads)
    return failure(workloads.takeError());
  auto profile = profile::measure(*library, *workloads, {repetitions, seconds});
  if (!profile)
    return failure(profile.takeError());
  return write(*profile);
}
