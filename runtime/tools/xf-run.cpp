// xf-run: runs a library on token ids and prints the vectors, or compares them
// with a file. The smallest complete user of xf.hpp, and what end-to-end tests
// without Python run.
#include "runtime/tools/soak.h"
#include "xf/xf.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <list>
#include <map>

static const char usage[] = R"(usage: xf-run LIB [options]
  --ids 1,2,3         a row of token ids; may be given many times
  --ids-file FILE     rows of ids, one a line, separated by spaces or commas
  --entry NAME        the entry point to run: encode (default), states, logits ...; --describe tells of them
  --feed NAME=V,V...  values of a named input, joined over all rows; may be given for many inputs
  --feed-lengths NAME=N,N...
                      rows that each sequence has of an input with lengths of its own, such as context
  --lengths N,N...    tokens of each row, for an entry that takes no ids
  --threads N         threads that work together (default: one for each CPU)
  --max-tokens N      tokens worked on at once
  --target NAME       kernels to use, such as x86-64-avx2 (default: the strongest that this CPU runs)
  --weights PATH      weights file or its folder
  --verify            check the hash of the weights
  --expect FILE       numbers to compare the result with, in the order they would be printed
  --atol X            largest difference allowed by --expect (default 0)
  --repeat N          run N times
  --time              print the time of the fastest run, instead of the vectors
  --soak N            N calls of one short row; fails if memory, threads or files grow after the first tenth
  --describe          print what the library says of itself, and stop
)";

namespace {
struct Arguments {
  std::string library, entry = "encode", expect, weights, target;
  xf::Rows rows;
  std::vector<int64_t> lengths;
  std::map<std::string, std::vector<float>, std::less<>> feeds;
  std::map<std::string, std::vector<int64_t>, std::less<>> feedLengths;
  xf_model_options model = xf::modelOptions();
  xf_session_options session = xf::sessionOptions();
  double atol = 0;
  unsigned repeat = 1, soak = 0;
  bool time = false, describe = false;
};
} // namespace

namespace {
/// A batch and feeds as the ABI takes them, and what they point at.
struct Inputs {
  xf_batch batch;
  std::vector<xf_feed> feeds;
  std::vector<int64_t> offsets;
  std::list<xf::Feed> owned;
  size_t prepended = 0; ///< rows, of all sequences

  size_t countRows(const xf_entry_info &entry) const {
    return entry.per_sequence
               ? batch.num_rows
               : batch.num_ids + prepended + batch.num_rows * entry.extra_rows;
  }
};
} // namespace

static std::vector<int64_t> offsetsOf(const std::vector<int64_t> &lengths) {
  std::vector<int64_t> offsets{0};
  for (int64_t length : lengths)
    offsets.push_back(offsets.back() + length);
  return offsets;
}

[[noreturn]] static void stop(const std::string &message) {
  std::fprintf(stderr, "xf-run: %s\n", message.c_str());
  std::exit(2);
}

template <typename T>
static T number(std::string_view text, const char *option) {
  T value{};
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    stop("`" + std::string(text) + "` is not a number that " + option +
         " takes");
  return value;
}

template <typename T>
static std::vector<T> parseNumbers(std::string_view text, const char *option) {
  std::vector<T> row;
  const char *separators = ", \t\r";
  while (true) {
    const size_t begin = text.find_first_not_of(separators);
    if (begin == std::string_view::npos)
      return row;
    text.remove_prefix(begin);
    const size_t length = std::min(text.find_first_of(separators), text.size());
    row.push_back(number<T>(text.substr(0, length), option));
    text.remove_prefix(length);
  }
}

static void readRows(const std::string &path, xf::Rows &rows) {
  std::ifstream file(path);
  if (!file)
    stop("`" + path + "` cannot be read");
  for (std::string line; std::getline(file, line);)
    rows.add(parseNumbers<int32_t>(line, "--ids-file"));
}

/// NAME=numbers into `named`.
template <typename T>
static void
parseNamed(const std::string &text, const char *option,
           std::map<std::string, std::vector<T>, std::less<>> &named) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos)
    stop("`" + text + "` is not NAME=NUMBERS, which " + option + " takes");
  named[text.substr(0, equals)] =
      parseNumbers<T>(std::string_view(text).substr(equals + 1), option);
}

static Arguments parse(int argc, char **argv) {
  Arguments result;
  for (int index = 1; index < argc; ++index) {
    const std::string_view option = argv[index];
    auto value = [&]() -> std::string {
      if (index + 1 >= argc)
        stop("`" + std::string(option) + "` needs a value");
      return argv[++index];
    };
    if (option == "--ids")
      result.rows.add(parseNumbers<int32_t>(value(), "--ids"));
    else if (option == "--ids-file")
      readRows(value(), result.rows);
    else if (option == "--feed")
      parseNamed(value(), "--feed", result.feeds);
    else if (option == "--feed-lengths")
      parseNamed(value(), "--feed-lengths", result.feedLengths);
    else if (option == "--lengths")
      result.lengths = parseNumbers<int64_t>(value(), "--lengths");
    else if (option == "--entry")
      result.entry = value();
    else if (option == "--threads")
      result.session.threads = number<uint32_t>(value(), "--threads");
    else if (option == "--max-tokens")
      result.session.max_tokens = number<uint32_t>(value(), "--max-tokens");
    else if (option == "--target")
      result.target = value();
    else if (option == "--weights")
      result.weights = value();
    else if (option == "--verify")
      result.model.verify_weights = 1;
    else if (option == "--expect")
      result.expect = value();
    else if (option == "--atol")
      result.atol = number<double>(value(), "--atol");
    else if (option == "--repeat")
      result.repeat = std::max(1u, number<unsigned>(value(), "--repeat"));
    else if (option == "--soak")
      result.soak = number<unsigned>(value(), "--soak");
    else if (option == "--time")
      result.time = true;
    else if (option == "--describe")
      result.describe = true;
    else if (option == "--help" || option == "-h")
      std::fputs(usage, stdout), std::exit(0);
    else if (!option.empty() && option[0] == '-')
      stop("unknown option `" + std::string(option) + "`; --help lists them");
    else if (result.library.empty())
      result.library = option;
    else
      stop("`" + std::string(option) + "` is one library too many");
  }
  if (result.library.empty())
    stop("no library given; --help says how");
  // dlopen looks a bare name up in system folders; a user means the file here.
  if (result.library.find('/') == std::string::npos)
    result.library = "./" + result.library;
  for (const auto &[name, lengths] : result.feedLengths)
    if (!result.feeds.contains(name))
      stop("--feed-lengths names `" + name + "`, but there is no --feed of it");
  return result;
}

static void print(const std::vector<float> &values, size_t width) {
  for (size_t index = 0; index < values.size(); ++index)
    std::printf("%.9g%c", values[index], (index + 1) % width == 0 ? '\n' : ' ');
}

/// 0 if the result is as the file says, else 1; prints the largest difference.
static int compare(const std::vector<float> &values,
                   const Arguments &arguments) {
  std::ifstream file(arguments.expect);
  if (!file)
    stop("`" + arguments.expect + "` cannot be read");
  const std::vector<double> expected{std::istream_iterator<double>(file), {}};
  if (!file.eof())
    stop("`" + arguments.expect + "` holds something that is not a number");
  if (expected.size() != values.size())
    stop("`" + arguments.expect + "` has " + std::to_string(expected.size()) +
         " numbers, the result has " + std::to_string(values.size()));
  double largest = 0;
  size_t where = 0;
  for (size_t index = 0; index < values.size(); ++index) {
    const double difference = std::fabs(values[index] - expected[index]);
    // A NaN is the largest, and stays.
    if (!(difference <= largest) && !std::isnan(largest)) {
      largest = difference;
      where = index;
    }
  }
  const bool same = largest <= arguments.atol;
  std::printf("%s: largest difference %.3g at value %zu, %.3g allowed\n",
              same ? "same" : "different", largest, where, arguments.atol);
  return same ? 0 : 1;
}

static xf_entry_info findEntry(const xf::Model &model,
                               const std::string &name) {
  std::string names;
  for (const xf_entry_info &entry : model.entries()) {
    if (entry.name == name)
      return entry;
    names += (names.empty() ? "`" : ", `") + std::string(entry.name) + "`";
  }
  stop("`" + name + "` is no entry of the library: it has " + names);
}

/// Indices must be integers, other inputs may be: numbers without a fraction
/// are.
static xf::Feed makeFeed(const std::string &name,
                         const std::vector<float> &values,
                         std::vector<int64_t> offsets) {
  auto isWhole = [](float value) {
    return value == std::floor(value) && std::fabs(value) < 1e9f;
  };
  if (!std::ranges::all_of(values, isWhole))
    return {name, values, std::move(offsets)};
  return {name, std::vector<int32_t>(values.begin(), values.end()),
          std::move(offsets)};
}

static Inputs makeInputs(const Arguments &arguments) {
  Inputs inputs;
  inputs.batch = arguments.rows.batch();
  if (!arguments.lengths.empty()) {
    inputs.offsets = offsetsOf(arguments.lengths);
    inputs.batch.ids = nullptr;
    inputs.batch.offsets = inputs.offsets.data();
    inputs.batch.num_rows = arguments.lengths.size();
    inputs.batch.num_ids = size_t(inputs.offsets.back());
  }
  for (const auto &[name, values] : arguments.feeds) {
    std::vector<int64_t> offsets;
    if (auto lengths = arguments.feedLengths.find(name);
        lengths != arguments.feedLengths.end()) {
      if (lengths->second.size() != inputs.batch.num_rows)
        stop("--feed-lengths of `" + name + "` has " +
             std::to_string(lengths->second.size()) + " numbers, there are " +
             std::to_string(inputs.batch.num_rows) + " rows");
      offsets = offsetsOf(lengths->second);
      if (name.starts_with("prepend_"))
        inputs.prepended = size_t(offsets.back());
    }
    inputs.owned.push_back(makeFeed(name, values, std::move(offsets)));
    inputs.feeds.push_back(inputs.owned.back().view());
  }
  return inputs;
}

static int run(Arguments &arguments) {
  if (!arguments.target.empty())
    arguments.model.target = arguments.target.c_str();
  if (!arguments.weights.empty())
    arguments.model.weights = arguments.weights.c_str();
  const xf::Library library(arguments.library);
  const xf::Model model(library.api(), arguments.model);
  if (arguments.describe) {
    std::puts(model.describe().c_str());
    return 0;
  }
  xf::Session session(model, arguments.session);
  if (arguments.soak > 0)
    return soak(session, arguments.soak);
  const xf_entry_info entry = findEntry(model, arguments.entry);
  const Inputs inputs = makeInputs(arguments);
  std::vector<float> values(inputs.countRows(entry) * entry.width);
  double fastest = INFINITY;
  for (unsigned turn = 0; turn < arguments.repeat; ++turn) {
    const auto begin = std::chrono::steady_clock::now();
    session.run(arguments.entry, inputs.batch, inputs.feeds, values);
    const std::chrono::duration<double> elapsed =
        std::chrono::steady_clock::now() - begin;
    fastest = std::min(fastest, elapsed.count());
  }
  if (arguments.time)
    std::printf("%.3f ms for %zu rows, %zu tokens\n", fastest * 1e3,
                inputs.batch.num_rows, inputs.batch.num_ids);
  if (!arguments.expect.empty())
    return compare(values, arguments);
  if (!arguments.time)
    print(values, entry.width);
  return 0;
}

int main(int argc, char **argv) {
  Arguments arguments = parse(argc, argv);
  try {
    return run(arguments);
  } catch (const std::exception &error) {
    stop(error.what());
  }
}
