// A chart as SVG: points and lines over two axes, each linear or logarithmic,
// with ticks, labels and a legend. The file needs nothing else: no script, no
// font, no style sheet.
#pragma once

#include <string>
#include <vector>

namespace xf::report {

/// One axis. Where low < high they are the range, else it follows from the
/// points.
struct Axis {
  std::string title; ///< with the unit: "time [us]"
  bool logarithmic = false;
  double low = 0, high = 0;
};

struct Point {
  double x = 0, y = 0;
  std::string label; ///< beside the point; empty: none
  std::string hint;  ///< shown when the pointer rests on it; empty: none
};

/// Points of one colour. Those that are not finite, or not positive on a
/// logarithmic axis, are left out; lines are cut at the frame.
struct Series {
  enum Style { Points, Line, Dashed };
  std::string name; ///< in the legend; empty: not there
  Style style = Points;
  std::vector<Point> points;
};

struct Chart {
  std::string title;
  std::string note; ///< a line below the title: machine, date; may be empty
  Axis x, y;
  std::vector<Series> series;
};

/// The whole file. Text may hold any characters. The same chart gives the same
/// bytes.
std::string toSvg(const Chart &chart);

} // namespace xf::report
