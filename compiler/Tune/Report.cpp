// See Report.h.
#include "compiler/Tune/Report.h"

#include "compiler/Report/Svg.h"
#include "compiler/Report/Table.h"
#include "compiler/Tune/RecordFile.h"

#include <fmt/format.h>

#include <algorithm>

using namespace llvm;

namespace xf::tune {

using targets::Config;
using targets::Record;
using targets::RecordSet;
using targets::RecordStatus;
using targets::Standing;

static std::vector<const Record *>
recordsOf(const RecordSet &set, const std::string &key, const std::string &math,
          int64_t rows, const std::string &target) {
  std::vector<const Record *> found;
  for (const RecordSet::Source &source : set.sources)
    for (const Record &record : source.records)
      if (record.method == targets::recordMethod && record.kernel == key &&
          record.math == math && record.rows == rows &&
          record.config.target == target && record.cpu.id() == set.cpu)
        found.push_back(&record);
  return found;
}

static const Standing *standingOf(const ReportRow &row, const Config &config) {
  for (const Standing &standing : row.standings)
    if (standing.record->config == config)
      return &standing;
  return nullptr;
}

static void fillTimes(ReportRow &row) {
  row.standings = targets::compareWith(row.heuristic, row.records);
  if (const Standing *own = standingOf(row, row.heuristic))
    row.heuristicUs = own->record->one.best * 1e6;
  if (const Standing *chosen = standingOf(row, row.chosen)) {
    row.one = chosen->one, row.all = chosen->all;
    row.chosenUs = row.heuristicUs * chosen->one;
  }
}

Report reportModel(const Workload &work,
                   const std::vector<const targets::Machine *> &machines,
                   const std::vector<targets::ShapeClass> &classes,
                   const RecordSet &records) {
  Report report{records.cpu, {}};
  for (const targets::Machine *machine : machines)
    for (const targets::ShapeClass &shape : classes)
      for (size_t k = 0; k < work.kernels.size(); ++k) {
        if (!work.isMet(k, shape))
          continue;
        const WorkKernel &kernel = work.kernels[k];
        auto choice =
            targets::chooseConfig(kernel.desc, *machine, shape, &records);
        ReportRow row;
        row.kernel = kernel.desc.name;
        row.rows = shape.rows;
        row.target = machine->name;
        row.heuristic = targets::heuristicConfig(kernel.desc, *machine, shape);
        row.chosen = choice.config;
        row.source = StringRef(choice.source).split('\n').first.str();
        row.candidates =
            targets::candidates(kernel.desc, *machine, shape).size();
        row.records = recordsOf(records, kernel.key, kernel.desc.math,
                                shape.rows, machine->name);
        fillTimes(row);
        report.rows.push_back(std::move(row));
      }
  return report;
}

Report reportRecords(const RecordSet &records) {
  Report report{records.cpu, {}};
  for (const RecordSet::Source &source : records.sources)
    for (const Record &record : source.records) {
      const std::string name = record.kernel + record.math;
      if (record.method != targets::recordMethod ||
          record.cpu.id() != records.cpu ||
          llvm::any_of(report.rows, [&](const ReportRow &row) {
            return row.kernel == name && row.rows == record.rows &&
                   row.target == record.config.target;
          }))
        continue;
      ReportRow row;
      row.kernel = name;
      row.rows = record.rows;
      row.target = record.config.target;
      row.records = recordsOf(records, record.kernel, record.math, record.rows,
                              row.target);
      row.heuristic = row.chosen = row.records.back()->baseline;
      row.source = source.name;
      row.standings = targets::compareWith(row.heuristic, row.records);
      if (!row.standings.empty() && row.standings.front().gains())
        row.chosen = row.standings.front().record->config;
      fillTimes(row);
      report.rows.push_back(std::move(row));
    }
  return report;
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

/// What `config` has other than `than`: `tile_m=8 tile_n=48`.
static std::string difference(const Config &config, const Config &than) {
  std::string text;
  if (config.variant != than.variant)
    text += " " + config.variant;
  for (const auto &[key, value] : config.values)
    if (value != than.get(key))
      text += fmt::format(" {}={}", key, value);
  return text.empty() ? "as the heuristic" : text.substr(1);
}

static size_t failuresOf(const ReportRow &row) {
  return size_t(llvm::count_if(row.records, [](const Record *record) {
    return record->status != RecordStatus::Ok;
  }));
}

static std::string microseconds(double value) {
  return value > 0 ? fmt::format("{:.{}f}", value, value < 100 ? 1 : 0) : "-";
}

std::string toText(const Report &report) {
  std::vector<report::Row> rows = {{"kernel", "target", "config", "source",
                                    "rows", "heuristic us", "best us",
                                    "speed-up", "all threads", "tried"}};
  for (const ReportRow &row : report.rows) {
    std::string tried = fmt::format("{}", row.standings.size());
    if (row.candidates)
      tried += fmt::format("/{}", row.candidates);
    if (size_t failed = failuresOf(row))
      tried += fmt::format(", {} failed", failed);
    rows.push_back(
        {row.kernel, row.target, difference(row.chosen, row.heuristic),
         row.source, fmt::format("{}", row.rows), microseconds(row.heuristicUs),
         microseconds(row.chosenUs),
         row.chosenUs > 0 ? fmt::format("{:.2f}", 1 / row.one) : "-",
         row.chosenUs > 0 ? fmt::format("{:.2f}", 1 / row.all) : "-", tried});
  }
  return fmt::format("records for {}\n", report.cpu) + report::table(rows, 4);
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static json::Object rowToJson(const ReportRow &row) {
  json::Array records;
  for (const Record *record : row.records)
    if (auto parsed = json::parse(recordLine(*record)))
      records.push_back(std::move(*parsed));
    else
      consumeError(parsed.takeError());
  return json::Object{{"kernel", row.kernel},
                      {"rows", row.rows},
                      {"target", row.target},
                      {"heuristic", targets::printConfig(row.heuristic)},
                      {"config", targets::printConfig(row.chosen)},
                      {"source", row.source},
                      {"heuristic_us", row.heuristicUs},
                      {"us", row.chosenUs},
                      {"speed_up", 1 / row.one},
                      {"speed_up_all_threads", 1 / row.all},
                      {"candidates", int64_t(row.candidates)},
                      {"tried", int64_t(row.standings.size())},
                      {"failed", int64_t(failuresOf(row))},
                      {"records", std::move(records)}};
}

json::Object toJson(const Report &report) {
  json::Array rows;
  for (const ReportRow &row : report.rows)
    rows.push_back(rowToJson(row));
  return json::Object{{"machine", report.cpu}, {"kernels", std::move(rows)}};
}

//===----------------------------------------------------------------------===//
// Chart
//===----------------------------------------------------------------------===//

std::string toSvg(const Report &report) {
  report::Series candidates, chosen, heuristic;
  candidates.name = "candidates";
  chosen.name = "chosen";
  heuristic.name = "heuristic";
  heuristic.style = report::Series::Dashed;
  double x = 0;
  for (const ReportRow &row : report.rows) {
    ++x;
    const std::string place =
        fmt::format("{}, {} rows, {}", row.kernel, row.rows, row.target);
    for (const Standing &standing : row.standings) {
      const Config &config = standing.record->config;
      bool isChosen = config == row.chosen;
      (isChosen ? chosen : candidates)
          .points.push_back(
              {x, standing.score(), "",
               fmt::format("{}: {} ({:.2f} of the heuristic's time)", place,
                           difference(config, row.heuristic),
                           standing.score())});
    }
  }
  heuristic.points = {{0.5, 1, "", ""}, {x + 0.5, 1, "", ""}};
  report::Chart chart;
  chart.title = "Time of candidates by the heuristic's";
  chart.note =
      fmt::format("{}; one column a kernel, class and target", report.cpu);
  chart.x = {"kernel", false, 0.5, x + 0.5};
  chart.y = {"time by the heuristic's", true, 0, 0};
  chart.series = {candidates, chosen, heuristic};
  return report::toSvg(chart);
}

} // namespace xf::tune
