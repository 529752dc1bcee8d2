// What records say, for people and programs: a table, JSON, and a chart.
#pragma once

#include "compiler/Tune/Workload.h"
#include "targets/Records.h"

#include "llvm/Support/JSON.h"

#include <optional>
#include <string>
#include <vector>

namespace xf::tune {

/// One kernel in one class on one target.
struct ReportRow {
  std::string kernel; ///< its symbol in the model, or its key
  int64_t rows = 0;
  std::string target;
  targets::Config heuristic;
  targets::Config chosen; ///< what a compilation takes
  std::string source;     ///< where that is from
  /// Microseconds at one thread; 0 where nothing was measured.
  double heuristicUs = 0, chosenUs = 0;
  /// Of the chosen config, by the heuristic's; 1 where that is unknown.
  double one = 1, all = 1;
  size_t candidates = 0; ///< in the table of them; 0: not asked
  std::vector<const targets::Record *> records; ///< of this row
  std::vector<targets::Standing> standings;     ///< of those that ran, by score
};

struct Report {
  std::string cpu;
  std::vector<ReportRow> rows;
};

/// Every kernel of a model in every class it meets.
Report reportModel(const Workload &work,
                   const std::vector<const targets::Machine *> &machines,
                   const std::vector<targets::ShapeClass> &classes,
                   const targets::RecordSet &records);

/// Whatever the records of the set's processor speak of.
Report reportRecords(const targets::RecordSet &records);

std::string toText(const Report &report);
llvm::json::Object toJson(const Report &report);
/// Each row's candidates by their time relative to the heuristic's.
std::string toSvg(const Report &report);

} // namespace xf::tune
