// Formats a ModelSummary.

#include "compiler/Driver/Explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

using namespace xf;
namespace json = llvm::json;

/// 3 significant digits with a unit: 21.3M.
static std::string human(double value) {
  static constexpr const char *units[] = {"", "k", "M", "G", "T", "P"};
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < std::size(units)) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.{}f}{}", value,
                     unit == 0 || value >= 100 ? 0
                     : value >= 10             ? 1
                                               : 2,
                     units[unit]);
}

using Row = std::vector<std::string>;

/// Columns as wide as their widest cell; the first two to the left, numbers to
/// the right.
static void printTable(const std::vector<Row> &rows, llvm::raw_ostream &os) {
  std::vector<size_t> widths(rows.front().size());
  for (const Row &row : rows)
    for (size_t c = 0; c < row.size(); ++c)
      widths[c] = std::max(widths[c], row[c].size());
  for (const Row &row : rows) {
    std::string line = " ";
    for (size_t c = 0; c < row.size(); ++c)
      line += c < 3 ? fmt::format(" {:<{}}", row[c], widths[c])
                    : fmt::format(" {:>{}}", row[c], widths[c]);
    os << llvm::StringRef(line).rtrim() << '\n';
  }
}

static void explainEntry(const EntrySummary &entry, int64_t length,
                         llvm::raw_ostream &os) {
  os << fmt::format("\n{}: {} floats per {}, {} FLOPs per token, {} bytes of "
                    "arena per token\n",
                    entry.name, entry.width,
                    entry.rowsAreSequences ? "sequence" : "token",
                    human(flopsPerToken(entry, length)),
                    human(4.0 * double(entry.arenaWidth)));
  std::vector<Row> rows = {{"op", "kernel", "shape", "weights", "FLOPs/row"}};
  for (const OpSummary &op : entry.ops)
    rows.push_back({op.name, op.kernel, op.shape,
                    op.weightBytes ? human(double(op.weightBytes)) + "B" : "-",
                    human(double(op.flopsPerRow) +
                          double(op.flopsPerRowAndKey) * double(length))});
  printTable(rows, os);
}

void xf::explainText(const ModelSummary &model, int64_t length,
                     llvm::raw_ostream &os) {
  os << fmt::format(
      "model {}: {} parameters, {} bytes of weights, {} kernels\n", model.name,
      human(double(model.parameters)), human(double(model.weightBytes)),
      model.kernels.size());
  os << fmt::format(
      "tokens: ids below {}, {}, {}\n", model.numTokens,
      model.maxSeqLen ? fmt::format("sequences of up to {}", model.maxSeqLen)
                      : "sequences of any length",
      model.tokenTypes ? fmt::format("{} token types", model.tokenTypes)
                       : "no token types");
  os << fmt::format("FLOPs are counted for sequences of {} tokens\n", length);
  for (const EntrySummary &entry : model.entries)
    explainEntry(entry, length, os);
}

static json::Object explainOp(const OpSummary &op) {
  return json::Object{{"name", op.name},
                      {"kernel", op.kernel},
                      {"shape", op.shape},
                      {"weight_bytes", op.weightBytes},
                      {"flops_per_row", op.flopsPerRow},
                      {"flops_per_row_and_key", op.flopsPerRowAndKey},
                      {"arena_offset", op.arenaOffset},
                      {"width", op.width}};
}

static json::Object explainEntry(const EntrySummary &entry) {
  json::Array ops;
  for (const OpSummary &op : entry.ops)
    ops.push_back(explainOp(op));
  return json::Object{{"name", entry.name},
                      {"rows", entry.rowsAreSequences ? "sequences" : "tokens"},
                      {"width", entry.width},
                      {"arena_bytes_per_token", 4 * entry.arenaWidth},
                      {"ops", std::move(ops)}};
}

json::Object xf::explainJson(const ModelSummary &model) {
  json::Array entries, kernels;
  for (const EntrySummary &entry : model.entries)
    entries.push_back(explainEntry(entry));
  for (const KernelSummary &kernel : model.kernels)
    kernels.push_back(
        json::Object{{"name", kernel.name}, {"configs", kernel.configs}});
  const EntrySummary &first = model.entries.front();
  return json::Object{
      {"name", model.name},
      {"num_tokens", model.numTokens},
      {"max_seq_len", model.maxSeqLen},
      {"token_types", model.tokenTypes},
      {"dim", first.width},
      {"parameters", model.parameters},
      {"weight_bytes", model.weightBytes},
      {"flops_per_token", int64_t(flopsPerToken(first, 0))},
      {"attention_flops_per_token_and_key",
       int64_t(flopsPerToken(first, 1) - flopsPerToken(first, 0))},
      {"entries", std::move(entries)},
      {"kernels", std::move(kernels)}};
}
