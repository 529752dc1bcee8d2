// Holds that charts show what is in their range, at its place, with text that
// cannot break the file; that a file is XML at all is tested with an XML
// parser, on what `xfc profile` writes.
#include "compiler/Report/Svg.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace xf::report;

static size_t count(const std::string &text, const std::string &part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1))
    ++found;
  return found;
}

static Chart chartOf(std::vector<Point> points, bool logarithmic) {
  Chart chart;
  chart.x.logarithmic = chart.y.logarithmic = logarithmic;
  chart.series.push_back({"s", Series::Points, std::move(points)});
  return chart;
}

TEST(Svg, PlacesPointsOnALogarithmicAxis) {
  Chart chart = chartOf({{1, 1}, {10, 10}, {100, 100}}, true);
  chart.x.low = chart.y.low = 1, chart.x.high = chart.y.high = 100;
  const std::string svg = toSvg(chart);
  // The frame is 80 .. 940 by 540 .. 64; a factor of 10 is half of it.
  EXPECT_EQ(count(svg, "cx=\"80.0\" cy=\"540.0\""), 1u);
  EXPECT_EQ(count(svg, "cx=\"510.0\" cy=\"302.0\""), 1u);
  EXPECT_EQ(count(svg, "cx=\"940.0\" cy=\"64.0\""), 1u);
  for (const char *tick : {">1<", ">2<", ">5<", ">10<", ">20<", ">100<"})
    EXPECT_EQ(count(svg, tick), 2u) << tick;
}

TEST(Svg, PlacesPointsOnALinearAxis) {
  Chart chart = chartOf({{5, 2}}, false);
  chart.x.high = 10, chart.y.high = 4;
  const std::string svg = toSvg(chart);
  EXPECT_EQ(count(svg, "cx=\"510.0\" cy=\"302.0\""), 1u);
  EXPECT_EQ(count(svg, ">2.5<"), 1u); // y in steps of a half
}

TEST(Svg, LeavesOutWhatHasNoPlace) {
  const double nan = std::nan(""),
               infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(count(toSvg(chartOf({{1, 1}, {0, 1}, {1, -2}, {nan, 1}}, true)),
                  "<circle"),
            1u);
  EXPECT_EQ(count(toSvg(chartOf({{1, 1}, {infinity, 1}, {1, nan}}, false)),
                  "<circle"),
            1u);
  for (bool logarithmic : {false, true}) {
    EXPECT_EQ(count(toSvg(chartOf({}, logarithmic)), "nan"), 0u);
    EXPECT_EQ(count(toSvg(chartOf({{3, 3}}, logarithmic)), "nan"), 0u);
    EXPECT_EQ(
        count(toSvg(chartOf({{-3, -3}, {1e300, 1e300}}, logarithmic)), "nan"),
        0u);
  }
}

TEST(Svg, EscapesText) {
  Chart chart = chartOf({{1, 1, "a<b & \"c\"", "\x01\xff"}}, false);
  chart.title = "<script>";
  const std::string svg = toSvg(chart);
  EXPECT_EQ(count(svg, "<script>"), 0u);
  EXPECT_EQ(count(svg, "&lt;script&gt;"), 2u); // title, and the file's
  EXPECT_EQ(count(svg, "a&lt;b &amp; &quot;c&quot;"), 1u);
  EXPECT_EQ(count(svg, "\x01"), 0u);
  EXPECT_EQ(count(svg, "\xff"), 0u);
}

TEST(Svg, LabelsDoNotCoverEachOther) {
  Chart chart = chartOf({{1, 1, "one"}, {1, 1, "two"}}, false);
  const std::string svg = toSvg(chart);
  auto placeOf = [&](const std::string &label) {
    const size_t end = svg.find(">" + label + "<"),
                 begin = svg.rfind("<text", end);
    return svg.substr(begin, end - begin);
  };
  EXPECT_NE(placeOf("one"), placeOf("two"));
}

TEST(Svg, LegendNamesSeries) {
  Chart chart;
  chart.series = {{"measured", Series::Points, {{1, 1}}},
                  {"", Series::Line, {{1, 1}, {2, 2}}},
                  {"ceiling", Series::Dashed, {{1, 2}, {2, 2}}}};
  const std::string svg = toSvg(chart);
  EXPECT_EQ(count(svg, ">measured<"), 1u);
  EXPECT_EQ(count(svg, ">ceiling<"), 1u);
  EXPECT_EQ(count(svg, "<polyline"), 2u);
  EXPECT_EQ(count(svg, "stroke-dasharray"), 1u);
  EXPECT_EQ(svg, toSvg(chart)); // the same bytes
}
