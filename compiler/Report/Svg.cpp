// Axes first, since they turn values into places; then everything is drawn in
// the order that later parts may cover earlier ones: grid, series, labels,
// legend.
#include "compiler/Report/Svg.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

using namespace xf::report;

namespace {

constexpr double width = 960, height = 600, left = 80, right = 940, top = 64,
                 bottom = 540;

/// Told apart by people who do not see all colours, too (Okabe and Ito).
constexpr const char *colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                   "#e69f00", "#56b4e9", "#7f7f7f", "#000000"};

struct Place {
  double x, y;
};

struct Label {
  double x, width, y; ///< of its left end
};

struct Tick {
  double value;
  std::string text;
};

/// An axis with its range: a value's share of the way from low to high.
struct Scale {
  bool logarithmic;
  double low, high;

  bool shows(double value) const {
    return std::isfinite(value) && (!logarithmic || value > 0);
  }
  double share(double value) const {
    return logarithmic ? std::log(value / low) / std::log(high / low)
                       : (value - low) / (high - low);
  }
};

} // namespace

/// Text as it stands in XML, in which no control character may be.
static std::string escape(const std::string &text) {
  std::string plain = llvm::json::fixUTF8(text), result;
  for (char &c : plain)
    if (llvm::isASCII(c) && !llvm::isPrint(c))
      c = '?';
  llvm::raw_string_ostream os(result);
  llvm::printHTMLEscaped(plain, os);
  return result;
}

static Scale makeScale(const Axis &axis, const Chart &chart,
                       double Point::*value) {
  Scale scale{axis.logarithmic, axis.low, axis.high};
  if (axis.low < axis.high && (!axis.logarithmic || axis.low > 0))
    return scale;
  std::optional<double> low, high;
  for (const Series &series : chart.series)
    for (const Point &point : series.points)
      if (scale.shows(point.*value)) {
        low = std::min(low.value_or(point.*value), point.*value);
        high = std::max(high.value_or(point.*value), point.*value);
      }
  scale.low = low.value_or(1), scale.high = high.value_or(10);
  if (axis.logarithmic) {
    scale.low /= 1.5, scale.high *= 1.5;
    return scale;
  }
  const double range = scale.high - scale.low,
               margin = range > 0 ? 0.05 * range : std::abs(scale.low) + 1;
  // Measures start at zero unless that would hide their differences.
  if (scale.low < 0 || scale.low > range)
    scale.low -= margin;
  else
    scale.low = 0;
  scale.high += margin;
  return scale;
}

/// Ticks at 1, 2 and 5 times powers of ten; on a long logarithmic axis, at the
/// powers only.
static std::vector<Tick> ticks(const Scale &scale) {
  std::vector<Tick> result;
  auto add = [&](double value) {
    if (value >= scale.low && value <= scale.high)
      result.push_back({value, fmt::format("{:.6g}", value)});
  };
  if (scale.logarithmic) {
    const bool longAxis = scale.high / scale.low > 1e4;
    const int first = int(std::floor(std::log10(scale.low))),
              last = int(std::ceil(std::log10(scale.high)));
    for (int power = first; power <= last; ++power)
      for (double digit : {1.0, 2.0, 5.0})
        if (digit == 1 || !longAxis)
          add(digit * std::pow(10.0, power));
    return result;
  }
  const double rough = (scale.high - scale.low) / 8,
               power = std::pow(10.0, std::floor(std::log10(rough)));
  const double step = power * (rough > 5 * power   ? 10
                               : rough > 2 * power ? 5
                               : rough > power     ? 2
                                                   : 1);
  for (double index = std::ceil(scale.low / step); index * step <= scale.high;
       ++index)
    add(index * step + 0.0); // no negative zero
  return result;
}

static std::string text(Place at, const std::string &content,
                        const char *attributes) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", at.x,
                     at.y, attributes, escape(content));
}

static std::string line(Place a, Place b, const char *attributes) {
  return fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>\n",
      a.x, a.y, b.x, b.y, attributes);
}

namespace {

/// What is being drawn.
class Drawing {
public:
  explicit Drawing(const Chart &chart)
      : chart(chart), x(makeScale(chart.x, chart, &Point::x)),
        y(makeScale(chart.y, chart, &Point::y)) {}

  std::string draw();

private:
  Place place(const Point &point) const {
    // Far outside is as good as outside, and a number that SVG can hold.
    return {left + (right - left) * std::clamp(x.share(point.x), -9., 9.),
            bottom - (bottom - top) * std::clamp(y.share(point.y), -9., 9.)};
  }
  bool shows(const Point &point) const {
    return x.shows(point.x) && y.shows(point.y);
  }

  std::string frame() const;
  std::string drawSeries(const Series &series, const char *colour);
  std::string drawLabel(const Point &point);
  std::string legend() const;

  const Chart &chart;
  const Scale x, y;
  std::vector<Label> labels; ///< drawn so far
};

} // namespace

std::string Drawing::frame() const {
  std::string out;
  for (const Tick &tick : ticks(x)) {
    const double at = left + (right - left) * x.share(tick.value);
    out += line({at, top}, {at, bottom}, "stroke=\"#dddddd\"");
    out += text({at, bottom + 18}, tick.text, "text-anchor=\"middle\"");
  }
  for (const Tick &tick : ticks(y)) {
    const double at = bottom - (bottom - top) * y.share(tick.value);
    out += line({left, at}, {right, at}, "stroke=\"#dddddd\"");
    out += text({left - 8, at + 4}, tick.text, "text-anchor=\"end\"");
  }
  out += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" "
                     "fill=\"none\" stroke=\"#444444\"/>\n",
                     left, top, right - left, bottom - top);
  out += text({(left + right) / 2, bottom + 44}, chart.x.title,
              "text-anchor=\"middle\"");
  out += fmt::format("<g transform=\"translate(20 {}) rotate(-90)\">\n{}</g>\n",
                     (top + bottom) / 2,
                     text({0, 0}, chart.y.title, "text-anchor=\"middle\""));
  out += text({left, 26}, chart.title, "font-size=\"17\"");
  out += text({left, 48}, chart.note, "fill=\"#666666\"");
  return out;
}

/// A label right of its point, or left of it near the right edge, moved down
/// while another one is there.
std::string Drawing::drawLabel(const Point &point) {
  constexpr double size = 11, letter = 0.6 * size; // about as wide as it is
  const Place at = place(point);
  Label label{at.x + 8, letter * double(point.label.size()), at.y + 4};
  const bool leftwards = label.x + label.width > right;
  if (leftwards)
    label.x = at.x - 8 - label.width;
  auto taken = [&](const Label &other) {
    return std::abs(other.y - label.y) < size &&
           other.x < label.x + label.width && label.x < other.x + other.width;
  };
  while (std::any_of(labels.begin(), labels.end(), taken) && label.y < bottom)
    label.y += size;
  labels.push_back(label);
  return text(
      {leftwards ? label.x + label.width : label.x, label.y}, point.label,
      leftwards ? "font-size=\"11\" text-anchor=\"end\"" : "font-size=\"11\"");
}

std::string Drawing::drawSeries(const Series &series, const char *colour) {
  std::string out, path;
  for (const Point &point : series.points)
    if (shows(point)) {
      const Place at = place(point);
      path += fmt::format("{:.1f},{:.1f} ", at.x, at.y);
      if (series.style == Series::Points)
        out += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" "
                           "fill=\"{}\" fill-opacity=\"0.8\">{}</circle>\n",
                           at.x, at.y, colour,
                           point.hint.empty()
                               ? ""
                               : "<title>" + escape(point.hint) + "</title>");
    }
  if (series.style != Series::Points && !path.empty())
    out = fmt::format(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" "
        "stroke-width=\"1.8\"{}/>\n",
        path, colour,
        series.style == Series::Dashed ? " stroke-dasharray=\"7 5\"" : "");
  return out;
}

std::string Drawing::legend() const {
  std::string out;
  double at = top + 18;
  for (size_t index = 0; index < chart.series.size(); ++index) {
    const Series &series = chart.series[index];
    if (series.name.empty())
      continue;
    const char *colour = colours[index % std::size(colours)];
    out += fmt::format("<rect x=\"{}\" y=\"{:.1f}\" width=\"14\" height=\"{}\" "
                       "fill=\"{}\"/>\n",
                       left + 12, at - (series.style ? 6 : 10),
                       series.style ? 3 : 10, colour);
    out += text({left + 32, at}, series.name, "");
    at += 18;
  }
  return out;
}

std::string Drawing::draw() {
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" "
      "font-size=\"13\">\n"
      "<title>{2}</title>\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n"
      "<clipPath id=\"frame\"><rect x=\"{3}\" y=\"{4}\" width=\"{5}\" "
      "height=\"{6}\"/></clipPath>\n",
      width, height, escape(chart.title), left, top, right - left,
      bottom - top);
  out += frame() + "<g clip-path=\"url(#frame)\">\n";
  for (size_t index = 0; index < chart.series.size(); ++index)
    out += drawSeries(chart.series[index], colours[index % std::size(colours)]);
  out += "</g>\n";
  for (const Series &series : chart.series)
    for (const Point &point : series.points)
      if (!point.label.empty() && shows(point))
        out += drawLabel(point);
  return out + legend() + "</svg>\n";
}

std::string xf::report::toSvg(const Chart &chart) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + Drawing(chart).draw();
}
