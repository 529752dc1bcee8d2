// See Report.h.
#include "compiler/Profile/Report.h"

#include "compiler/Report/Svg.h"
#include "compiler/Report/Table.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

using namespace xf;
using namespace xf::profile;
namespace json = llvm::json;

namespace {

/// Ops that are shown as one.
struct Group {
  std::string kind;
  Cost cost;
};
using Groups =
    llvm::MapVector<std::string, Group, std::map<std::string, unsigned>>;

} // namespace

/// layers.3.to_qkv -> layers.*.to_qkv
static std::string placeOf(const OpFacts &op) {
  if (!op.layer)
    return op.name;
  const size_t dot = op.name.find('.', std::string("layers.").size());
  return "layers.*" + (dot == std::string::npos ? "" : op.name.substr(dot));
}

/// What the library does not describe is of kind `?`.
static std::string kindOf(const OpFacts &op) {
  return op.kind.empty() ? "?" : op.kind;
}

template <typename NameOf>
static Groups group(const WorkloadProfile &workload, NameOf nameOf) {
  Groups groups;
  for (const OpCost &op : workload.ops) {
    Group &group = groups[nameOf(op.facts)];
    if (group.kind.empty())
      group.kind = kindOf(op.facts);
    else if (group.kind != kindOf(op.facts))
      group.kind = "mixed";
    group.cost += op.cost;
  }
  return groups;
}

static Groups byPlace(const WorkloadProfile &workload) {
  return group(workload, placeOf);
}

static Groups byLayer(const WorkloadProfile &workload) {
  return group(workload, [](const OpFacts &op) {
    return op.layer ? fmt::format("layers.{}", *op.layer) : op.name;
  });
}

static Groups byKind(const WorkloadProfile &workload) {
  return group(workload, kindOf);
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

/// `1 row`, `2 rows`.
static std::string countOf(size_t count, const char *what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

static std::string percent(double share) {
  return fmt::format("{:.1f}%", 100 * share);
}

static report::Row heading(const std::string &first) {
  return {first,     "kind",   "calls", "us",    "share", "us/call",
          "GFLOP/s", "of fma", "GB/s",  "of bw", "bound", "threads"};
}

static report::Row line(const std::string &name, const std::string &kind,
                        const Cost &cost, const WorkloadProfile &workload,
                        const targets::Ceilings &ceilings) {
  const Bound bound = boundOf(cost, workload, ceilings);
  const double whole = workload.total.wall + workload.outside;
  auto rate = [&](double amount) {
    return amount > 0 ? fmt::format("{:.1f}", 1e-9 * amount / cost.wall) : "-";
  };
  auto share = [&](double amount, double value) {
    return amount > 0 ? percent(value) : "-";
  };
  return {
      name,
      kind,
      std::to_string(cost.launches),
      fmt::format("{:.1f}", 1e6 * cost.wall),
      percent(cost.wall / whole),
      fmt::format("{:.2f}", 1e6 * cost.wall /
                                double(std::max<uint64_t>(1, cost.launches))),
      rate(cost.flops),
      share(cost.flops, bound.ofFma),
      rate(cost.bytes),
      share(cost.bytes, bound.ofBandwidth),
      boundName(bound.kind),
      percent(efficiency(cost, ceilings.threads))};
}

/// Lines of total and of what is outside all ops, which closes every table.
static void addTotal(std::vector<report::Row> &rows,
                     const WorkloadProfile &workload,
                     const targets::Ceilings &ceilings) {
  rows.push_back(line("total", "", workload.total, workload, ceilings));
  const double whole = workload.total.wall + workload.outside;
  rows.push_back({"outside ops", "", "",
                  fmt::format("{:.1f}", 1e6 * workload.outside),
                  percent(workload.outside / whole)});
}

static std::string tableOf(const std::string &first, const Groups &groups,
                           const WorkloadProfile &workload,
                           const targets::Ceilings &ceilings, bool total) {
  std::vector<report::Row> rows = {heading(first)};
  if (first == "kind")
    rows.front()[1] = "";
  for (const auto &[name, group] : groups)
    rows.push_back(line(name, name == group.kind ? "" : group.kind, group.cost,
                        workload, ceilings));
  if (total)
    addTotal(rows, workload, ceilings);
  return report::table(rows, /*leftColumns=*/2);
}

std::string xf::profile::toText(const Profile &profile, bool everyOp) {
  const targets::Ceilings &ceilings = profile.ceilings;
  std::string out = fmt::format(
      "{} of {}, kernels {}, {}\n"
      "ceilings: {:.1f} GFLOP/s by FMAs ({}), {:.1f} GB/s from memory, {:.1f} "
      "GB/s from the last cache\n",
      profile.entry, profile.model, profile.target,
      countOf(size_t(ceilings.threads), "thread"), 1e-9 * ceilings.fmaFlops,
      targets::isaName(ceilings.isa), 1e-9 * ceilings.dramBytes,
      1e-9 * ceilings.cacheBytes);
  for (const WorkloadProfile &workload : profile.workloads) {
    out += fmt::format(
        "\n{}: {}, {}, {}; a call takes {:.1f} us at "
        "best, {:.1f} at the median\nwhat a call touches {} the last cache\n\n",
        workload.name, countOf(workload.rows, "row"),
        countOf(workload.tokens, "token"),
        countOf(workload.repetitions, "repetition"), 1e6 * workload.fastestCall,
        1e6 * workload.medianCall,
        workload.fitsInCache ? "fits into" : "does not fit into");
    auto byName = [](const OpFacts &op) { return op.name; };
    out += tableOf("op", everyOp ? group(workload, byName) : byPlace(workload),
                   workload, ceilings, /*total=*/true);
    out += '\n' + tableOf("kind", byKind(workload), workload, ceilings, false);
    out +=
        '\n' + tableOf("layer", byLayer(workload), workload, ceilings, false);
  }
  return out;
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static json::Object costJson(const Cost &cost, const WorkloadProfile &workload,
                             const targets::Ceilings &ceilings) {
  const Bound bound = boundOf(cost, workload, ceilings);
  const double whole = workload.total.wall + workload.outside;
  return json::Object{
      {"launches", int64_t(cost.launches)},
      {"tasks", int64_t(cost.tasks)},
      {"rows", int64_t(cost.rows)},
      {"pairs", int64_t(cost.pairs)},
      {"wall_us", 1e6 * cost.wall},
      {"busy_us", 1e6 * cost.busy},
      {"share", cost.wall / whole},
      {"flops", cost.flops},
      {"bytes", cost.bytes},
      {"gflops", cost.wall > 0 ? 1e-9 * cost.flops / cost.wall : 0.0},
      {"gbs", cost.wall > 0 ? 1e-9 * cost.bytes / cost.wall : 0.0},
      {"of_fma", bound.ofFma},
      {"of_bandwidth", bound.ofBandwidth},
      {"bound", boundName(bound.kind)},
      {"efficiency", efficiency(cost, ceilings.threads)}};
}

static json::Array groupsJson(const Groups &groups,
                              const WorkloadProfile &workload,
                              const targets::Ceilings &ceilings) {
  json::Array array;
  for (const auto &[name, group] : groups) {
    json::Object object = costJson(group.cost, workload, ceilings);
    object["name"] = name;
    object["kind"] = group.kind;
    array.push_back(std::move(object));
  }
  return array;
}

static json::Object workloadJson(const WorkloadProfile &workload,
                                 const targets::Ceilings &ceilings) {
  json::Array ops;
  for (const OpCost &op : workload.ops) {
    json::Object object = costJson(op.cost, workload, ceilings);
    object["name"] = op.facts.name;
    object["layer"] = op.facts.layer;
    object["kernel"] = op.facts.kernel;
    object["kind"] = op.facts.kind;
    object["config"] = op.facts.config;
    object["config_source"] = op.facts.configSource;
    ops.push_back(std::move(object));
  }
  return json::Object{
      {"name", workload.name},
      {"rows", int64_t(workload.rows)},
      {"tokens", int64_t(workload.tokens)},
      {"repetitions", int64_t(workload.repetitions)},
      {"fastest_call_us", 1e6 * workload.fastestCall},
      {"median_call_us", 1e6 * workload.medianCall},
      {"outside_us", 1e6 * workload.outside},
      {"fits_in_cache", workload.fitsInCache},
      {"total", costJson(workload.total, workload, ceilings)},
      {"ops", std::move(ops)},
      {"places", groupsJson(byPlace(workload), workload, ceilings)},
      {"kinds", groupsJson(byKind(workload), workload, ceilings)},
      {"layers", groupsJson(byLayer(workload), workload, ceilings)}};
}

json::Object xf::profile::toJson(const Profile &profile) {
  const targets::Ceilings &ceilings = profile.ceilings;
  json::Array workloads;
  for (const WorkloadProfile &workload : profile.workloads)
    workloads.push_back(workloadJson(workload, ceilings));
  return json::Object{
      {"version", 1},
      {"model", profile.model},
      {"entry", profile.entry},
      {"target", profile.target},
      {"threads", ceilings.threads},
      {"ceilings",
       json::Object{{"isa", targets::isaName(ceilings.isa)},
                    {"threads", ceilings.threads},
                    {"fma_gflops", 1e-9 * ceilings.fmaFlops},
                    {"read_gbs", 1e-9 * ceilings.dramBytes},
                    {"l3_gbs", 1e-9 * ceilings.cacheBytes},
                    {"l3_bytes", int64_t(targets::lastCacheBytes())}}},
      {"workloads", std::move(workloads)}};
}

//===----------------------------------------------------------------------===//
// Roofline
//===----------------------------------------------------------------------===//

/// A ceiling of bytes up to where it meets the one of FLOPs.
static report::Series roof(const std::string &name, double bytes, double flops,
                           double low) {
  report::Series series{fmt::format("{}: {:.1f} GB/s", name, 1e-9 * bytes),
                        report::Series::Line,
                        {}};
  series.points.push_back({low, 1e-9 * bytes * low, "", ""});
  series.points.push_back({flops / bytes, 1e-9 * flops, "", ""});
  return series;
}

static report::Series pointsOf(const WorkloadProfile &workload,
                               const targets::Ceilings &ceilings) {
  report::Series series{workload.name, report::Series::Points, {}};
  for (const auto &[name, group] : byPlace(workload)) {
    const Cost &cost = group.cost;
    if (cost.flops <= 0 || cost.bytes <= 0 || cost.wall <= 0)
      continue;
    const Bound bound = boundOf(cost, workload, ceilings);
    std::string label = name;
    if (label.starts_with("layers.*."))
      label = label.substr(std::string("layers.*.").size());
    series.points.push_back(
        {cost.flops / cost.bytes, 1e-9 * cost.flops / cost.wall, label,
         fmt::format("{} in {}: {:.1f} us, {:.1f} GFLOP/s, {} of FMAs, {} of "
                     "bandwidth",
                     name, workload.name, 1e6 * cost.wall,
                     1e-9 * cost.flops / cost.wall, percent(bound.ofFma),
                     percent(bound.ofBandwidth))});
  }
  return series;
}

std::string xf::profile::toRoofline(const Profile &profile) {
  const targets::Ceilings &ceilings = profile.ceilings;
  report::Chart chart;
  chart.title = fmt::format("Roofline of {}, {}", profile.model, profile.entry);
  chart.note =
      fmt::format("kernels {}, {}; each point: one place in "
                  "the model, all layers together",
                  profile.target, countOf(size_t(ceilings.threads), "thread"));
  chart.x = {"FLOPs a byte", true};
  chart.y = {"GFLOP/s", true};
  double low = 0.5, high = 1000, lowest = 1e-9 * ceilings.fmaFlops / 30;
  std::vector<report::Series> points;
  for (const WorkloadProfile &workload : profile.workloads) {
    points.push_back(pointsOf(workload, ceilings));
    for (const report::Point &point : points.back().points) {
      low = std::min(low, point.x / 2), high = std::max(high, point.x * 2);
      lowest = std::min(lowest, point.y / 2);
    }
  }
  chart.x.low = low, chart.x.high = high;
  chart.y.low = lowest, chart.y.high = 1e-9 * ceilings.fmaFlops * 2;
  report::Series top{fmt::format("FMAs ({}): {:.1f} GFLOP/s",
                                 targets::isaName(ceilings.isa),
                                 1e-9 * ceilings.fmaFlops),
                     report::Series::Dashed,
                     {}};
  for (double x : {low, high})
    top.points.push_back({x, 1e-9 * ceilings.fmaFlops, "", ""});
  chart.series.push_back(std::move(top));
  if (ceilings.dramBytes > 0)
    chart.series.push_back(
        roof("memory", ceilings.dramBytes, ceilings.fmaFlops, low));
  if (ceilings.cacheBytes > 0)
    chart.series.push_back(
        roof("last cache", ceilings.cacheBytes, ceilings.fmaFlops, low));
  for (report::Series &series : points)
    chart.series.push_back(std::move(series));
  return report::toSvg(chart);
}
