// xf-run: runs a library on token ids and prints the vectors, or compares them
// with a file. The smallest complete user of xf.hpp, and what end-to-end tests
// without Python run.
#include "runtime/tools/soak.h"
#include "xf/xf.hpp"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

static const char usage[] = R"(usage: xf-run LIB [options]
  --ids 1,2,3         a row of token ids; may be given many times
  --ids-file FILE     rows of ids, one a line, separated by spaces or commas
  --entry NAME        encode (default): a vector a row; states: a state a token
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
  xf_model_options model = xf::modelOptions();
  xf_session_options session = xf::sessionOptions();
  double atol = 0;
  unsigned repeat = 1, soak = 0;
  bool time = false, describe = false;
};
} // namespace

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

static std::vector<int32_t> parseRow(std::string_view text,
                                     const char *option) {
  std::vector<int32_t> row;
  const char *separators = ", \t\r";
  while (true) {
    const size_t begin = text.find_first_not_of(separators);
    if (begin == std::string_view::npos)
      return row;
    text.remove_prefix(begin);
    const size_t length = std::min(text.find_first_of(separators), text.size());
    row.push_back(number<int32_t>(text.substr(0, length), option));
    text.remove_prefix(length);
  }
}

static void readRows(const std::string &path, xf::Rows &rows) {
  std::ifstream file(path);
  if (!file)
    stop("`" + path + "` cannot be read");
  for (std::string line; std::getline(file, line);)
    rows.add(parseRow(line, "--ids-file"));
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
      result.rows.add(parseRow(value(), "--ids"));
    else if (option == "--ids-file")
      readRows(value(), result.rows);
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
  if (result.entry != "encode" && result.entry != "states")
    stop("`" + result.entry + "` is no entry: encode or states");
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
  const bool states = arguments.entry == "states";
  std::vector<float> values;
  double fastest = INFINITY;
  for (unsigned turn = 0; turn < arguments.repeat; ++turn) {
    const auto begin = std::chrono::steady_clock::now();
    values = states ? session.states(arguments.rows)
                    : session.encode(arguments.rows);
    const std::chrono::duration<double> elapsed =
        std::chrono::steady_clock::now() - begin;
    fastest = std::min(fastest, elapsed.count());
  }
  if (arguments.time)
    std::printf("%.3f ms for %zu rows, %zu tokens\n", fastest * 1e3,
                arguments.rows.size(), arguments.rows.numIds());
  if (!arguments.expect.empty())
    return compare(values, arguments);
  if (!arguments.time)
    print(values,
          states ? session.info().states_width : session.info().encode_width);
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
