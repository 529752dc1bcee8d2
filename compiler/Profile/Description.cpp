// See Description.h. The JSON comes from a file that anyone may have made, so
// nothing is taken for granted.
#include "compiler/Profile/Description.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/JSON.h"

#include <fmt/format.h>

using namespace xf::profile;
namespace json = llvm::json;

namespace {
struct Choice {
  std::string config, source;
};
} // namespace

static std::string text(const json::Object &object, llvm::StringRef key) {
  return object.getString(key).value_or("").str();
}

static double number(const json::Object &object, llvm::StringRef key) {
  return object.getNumber(key).value_or(0);
}

/// Calls `visit` on every object of the array `key`.
template <typename Visit>
static void forEach(const json::Object &object, llvm::StringRef key,
                    Visit visit) {
  if (const json::Array *array = object.getArray(key))
    for (const json::Value &value : *array)
      if (const json::Object *element = value.getAsObject())
        visit(*element);
}

static llvm::StringMap<Choice> parseConfigs(const json::Object &root,
                                            const std::string &target) {
  llvm::StringMap<Choice> choices;
  forEach(root, "kernels", [&](const json::Object &kernel) {
    Choice &choice = choices[text(kernel, "name")];
    forEach(kernel, "configs", [&](const json::Object &config) {
      if (text(config, "target") != target)
        return;
      auto append = [](std::string &all, const std::string &one) {
        if (all != one)
          all += (all.empty() ? "" : "; ") + one;
      };
      append(choice.config, text(config, "config"));
      append(choice.source, text(config, "source"));
    });
  });
  return choices;
}

static OpFacts parseOp(const json::Object &op,
                       const llvm::StringMap<Choice> &choices) {
  OpFacts facts;
  facts.name = text(op, "name");
  facts.kernel = text(op, "kernel");
  facts.kind = text(op, "kind");
  if (auto layer = op.getInteger("layer"))
    facts.layer = *layer;
  if (auto found = choices.find(facts.kernel); found != choices.end()) {
    facts.config = found->second.config;
    facts.configSource = found->second.source;
  }
  facts.inputRowsAreSequences = text(op, "input_rows") == "sequences";
  facts.flopsPerRow = number(op, "flops_per_row");
  facts.flopsPerRowAndKey = number(op, "flops_per_row_and_key");
  facts.weightBytesRead = number(op, "weight_bytes_read");
  facts.bytesReadPerRow = number(op, "bytes_read_per_row");
  facts.bytesWrittenPerRow = number(op, "bytes_written_per_row");
  return facts;
}

llvm::Expected<Description>
xf::profile::parseDescription(const std::string &text, const std::string &entry,
                              const std::string &target) {
  auto parsed = json::parse(text);
  if (!parsed)
    return parsed.takeError();
  const json::Object *root = parsed->getAsObject();
  if (!root)
    return llvm::createStringError(llvm::inconvertibleErrorCode(),
                                   "the library's description is no object");
  Description description;
  description.model = ::text(*root, "name");
  const auto choices = parseConfigs(*root, target);
  forEach(*root, "entries", [&](const json::Object &object) {
    if (::text(object, "name") == entry)
      forEach(object, "ops", [&](const json::Object &op) {
        description.ops.push_back(parseOp(op, choices));
      });
  });
  return description;
}
