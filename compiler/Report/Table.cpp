// See Table.h.
#include "compiler/Report/Table.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

using namespace xf;

std::string report::table(const std::vector<Row> &rows, size_t leftColumns) {
  std::vector<size_t> widths;
  for (const Row &row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t c = 0; c < row.size(); ++c)
      widths[c] = std::max(widths[c], row[c].size());
  }
  std::string text;
  for (const Row &row : rows) {
    std::string line = " ";
    for (size_t c = 0; c < row.size(); ++c)
      line += c < leftColumns ? fmt::format(" {:<{}}", row[c], widths[c])
                              : fmt::format(" {:>{}}", row[c], widths[c]);
    line.resize(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string report::withUnit(double value) {
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
