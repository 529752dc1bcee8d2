// See Workloads.h.
#include "compiler/Profile/Workloads.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/LineIterator.h"
#include "llvm/Support/MemoryBuffer.h"

#include <fmt/format.h>

#include <random>

using namespace xf::profile;

static llvm::Error fail(const std::string &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), "%s",
                                 message.c_str());
}

// More are many seconds a call, and more than 32 bits can count come next.
static constexpr uint64_t mostTokens = 1 << 20;

static llvm::Expected<Workload> parseShape(llvm::StringRef shape,
                                           uint32_t numTokens) {
  auto [rowsText, lengthText] = shape.split('x');
  uint64_t rows = 0, length = 0;
  if (rowsText.getAsInteger(10, rows) || lengthText.getAsInteger(10, length) ||
      rows == 0 || length == 0)
    return fail(fmt::format("`{}` is no shape; one is ROWSxTOKENS, such as "
                            "`8x128`",
                            shape.str()));
  if (rows > mostTokens || length > mostTokens || rows * length > mostTokens)
    return fail(fmt::format("shape `{}` has too many tokens, at most {} are "
                            "profiled at once",
                            shape.str(), mostTokens));
  Workload workload;
  workload.name = shape.str();
  // Not a distribution of the standard library: those differ between vendors.
  std::mt19937 random(1);
  for (uint64_t row = 0; row < rows; ++row) {
    for (uint64_t token = 0; token < length; ++token)
      workload.ids.push_back(int32_t(random() % numTokens));
    workload.offsets.push_back(int64_t(workload.ids.size()));
  }
  return workload;
}

llvm::Expected<std::vector<Workload>>
xf::profile::parseShapes(llvm::StringRef text, uint32_t numTokens) {
  llvm::SmallVector<llvm::StringRef> shapes;
  text.split(shapes, ',');
  std::vector<Workload> workloads;
  for (llvm::StringRef shape : shapes) {
    auto workload = parseShape(shape.trim(), numTokens);
    if (!workload)
      return workload.takeError();
    workloads.push_back(std::move(*workload));
  }
  return workloads;
}

llvm::Expected<Workload> xf::profile::readIds(const std::string &path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return fail(
        fmt::format("cannot read `{}`: {}", path, buffer.getError().message()));
  Workload workload;
  workload.name = path;
  for (llvm::line_iterator line(**buffer); !line.is_at_end(); ++line) {
    llvm::SmallVector<llvm::StringRef> words;
    llvm::SplitString(*line, words, " ,\t\r");
    for (llvm::StringRef word : words) {
      int32_t id;
      if (word.getAsInteger(10, id))
        return fail(fmt::format("{}:{}: `{}` is no token id", path,
                                line.line_number(), word.str()));
      workload.ids.push_back(id);
    }
    if (!words.empty())
      workload.offsets.push_back(int64_t(workload.ids.size()));
  }
  if (workload.rows() == 0)
    return fail(fmt::format("`{}` has no row of ids", path));
  return workload;
}
