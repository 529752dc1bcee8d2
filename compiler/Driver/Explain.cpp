// Formats a ModelSummary.

#include "compiler/Driver/Explain.h"

#include "compiler/Report/Table.h"

#include <fmt/format.h>

using namespace xf;
using report::withUnit;
namespace json = llvm::json;

static void explainEntry(const EntrySummary &entry, int64_t length,
                         llvm::raw_ostream &os) {
  os << fmt::format("\n{}: {} floats per {}, {} FLOPs per token, {} bytes of "
                    "arena per token\n",
                    entry.name, entry.width,
                    entry.rowsAreSequences ? "sequence" : "token",
                    withUnit(flopsPerToken(entry, length)),
                    withUnit(4.0 * double(entry.arenaWidth)));
  std::vector<report::Row> rows = {
      {"op", "kernel", "shape", "weights", "FLOPs/row"}};
  for (const OpSummary &op : entry.ops)
    rows.push_back(
        {op.name, op.kernel, op.shape,
         op.weightBytes ? withUnit(double(op.weightBytes)) + "B" : "-",
         withUnit(double(op.flopsPerRow) +
                  double(op.flopsPerRowAndKey) * double(length))});
  os << report::table(rows, /*leftColumns=*/3);
}

/// What is not the heuristic's choice, each with where it is from.
static void explainChoices(const ModelSummary &model, llvm::raw_ostream &os) {
  size_t all = 0;
  std::vector<report::Row> rows = {{"kernel", "source", "config"}};
  for (const KernelSummary &kernel : model.kernels)
    for (const ConfigSummary &config : kernel.configs) {
      ++all;
      if (config.source != "heuristic")
        rows.push_back({kernel.name, config.source, config.text});
    }
  os << fmt::format("\nconfigs: {}, {} of them the heuristic's choice\n", all,
                    all - (rows.size() - 1));
  if (rows.size() > 1)
    os << report::table(rows, /*leftColumns=*/3);
}

void xf::explainText(const ModelSummary &model, int64_t length,
                     llvm::raw_ostream &os) {
  os << fmt::format(
      "model {}: {} parameters, {} bytes of weights, {} kernels\n", model.name,
      withUnit(double(model.parameters)), withUnit(double(model.weightBytes)),
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
  explainChoices(model, os);
}

static json::Object explainOp(const OpSummary &op) {
  auto rows = [](bool sequences) { return sequences ? "sequences" : "tokens"; };
  return json::Object{{"name", op.name},
                      {"layer", op.layer},
                      {"kernel", op.kernel},
                      {"kind", op.kind},
                      {"shape", op.shape},
                      {"input_rows", rows(op.inputRowsAreSequences)},
                      {"rows", rows(op.rowsAreSequences)},
                      {"weight_bytes", op.weightBytes},
                      {"weight_bytes_read", op.weightBytesRead},
                      {"bytes_read_per_row", op.bytesReadPerRow},
                      {"bytes_written_per_row", op.bytesWrittenPerRow},
                      {"flops_per_row", op.flopsPerRow},
                      {"flops_per_row_and_key", op.flopsPerRowAndKey},
                      {"arena_offset", op.arenaOffset},
                      {"width", op.width}};
}

static json::Object explainKernel(const KernelSummary &kernel) {
  json::Array configs;
  for (const ConfigSummary &config : kernel.configs) {
    json::Object entry{{"target", config.target},
                       {"config", config.text},
                       {"source", config.source}};
    if (!config.records.empty())
      entry["records"] = config.records;
    configs.push_back(std::move(entry));
  }
  return json::Object{{"name", kernel.name},
                      {"kind", kernel.kind},
                      {"configs", std::move(configs)}};
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
    kernels.push_back(explainKernel(kernel));
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
