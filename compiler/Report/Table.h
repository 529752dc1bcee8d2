// Tables and numbers as text, the same way in every command that prints them.
#pragma once

#include <string>
#include <vector>

namespace xf::report {

/// Cells of one line; the first row of a table is its heading.
using Row = std::vector<std::string>;

/// Columns as wide as their widest cell, two spaces before each line: the first
/// `leftColumns` to the left, the others, numbers, to the right. Every line
/// ends in a newline; no line ends in spaces.
std::string table(const std::vector<Row> &rows, size_t leftColumns);

/// 3 significant digits with a unit: 21.3M.
std::string withUnit(double value);

} // namespace xf::report
