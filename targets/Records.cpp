// Lookup among records: the same kernel first, then the nearest.
#include "targets/Records.h"

#include "targets/Candidates.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

namespace xf::targets {

std::string Cpu::id() const {
  return fmt::format("{}-{}-{}", vendor, family, model);
}

const char *recordStatusName(RecordStatus status) {
  switch (status) {
  case RecordStatus::Ok:
    return "ok";
  case RecordStatus::WrongResult:
    return "wrong result";
  case RecordStatus::BuildFailed:
    return "failed to build";
  case RecordStatus::RunFailed:
    return "failed to run";
  case RecordStatus::TimedOut:
    return "timed out";
  }
  return "";
}

//===----------------------------------------------------------------------===//
// Distance
//===----------------------------------------------------------------------===//

namespace {

/// What a difference in one word of a kernel's key amounts to.
enum class Difference { Log, Add, Ignore };

struct KeyRule {
  const char *kind, *key;
  Difference difference;
  double weight;
};

constexpr double farthest = 2;     ///< of a kernel that is still asked
constexpr double mathWeight = 0.5; ///< other functions in the regions

/// Words without a line must be equal. The width of a head decides which tiles
/// of attention fit into registers, the number of heads hardly anything.
constexpr KeyRule keyRules[] = {
    {"gemm", "k", Difference::Log, 1},
    {"gemm", "n", Difference::Log, 1},
    {"gemm", "vectors", Difference::Add, 0.25},
    {"gemm", "rows", Difference::Add, 0.25},
    {"attention", "heads", Difference::Log, 0.5},
    {"attention", "kv_heads", Difference::Log, 0.5},
    {"attention", "head_dim", Difference::Log, 2},
    {"attention", "value_dim", Difference::Log, 2},
    {"attention", "score_mod", Difference::Add, 0.5},
    {"attention", "mask_mod", Difference::Add, 0.5},
    {"attention", "q", Difference::Ignore, 0},
    {"attention", "k", Difference::Ignore, 0},
    {"attention", "v", Difference::Ignore, 0},
    {"attention", "scale", Difference::Ignore, 0},
    {"attention", "shared", Difference::Add, 0.25},
    {"rowwise", "width", Difference::Log, 1},
    {"rowwise", "vectors", Difference::Add, 0.25},
    {"rowwise", "rows", Difference::Add, 0.25},
    {"gather", "width", Difference::Log, 1},
};

using Words = std::map<std::string, std::string>;

/// `gemm k=384 n=1152` as its words; the kind under the empty key.
Words wordsOf(const std::string &key) {
  Words words;
  for (size_t at = 0; at < key.size();) {
    size_t end = std::min(key.find(' ', at), key.size());
    std::string word = key.substr(at, end - at);
    size_t equals = word.find('=');
    if (equals == std::string::npos)
      words[""] = word;
    else
      words[word.substr(0, equals)] = word.substr(equals + 1);
    at = end + 1;
  }
  return words;
}

double logRatio(double a, double b) {
  return a > 0 && b > 0 ? std::abs(std::log2(a / b))
                        : std::numeric_limits<double>::infinity();
}

double wordDistance(const std::string &kind, const std::string &key,
                    const std::string &a, const std::string &b) {
  if (a == b)
    return 0;
  for (const KeyRule &rule : keyRules)
    if (kind == rule.kind && key == rule.key)
      switch (rule.difference) {
      case Difference::Log:
        return rule.weight *
               logRatio(std::atof(a.c_str()), std::atof(b.c_str()));
      case Difference::Add:
        return rule.weight;
      case Difference::Ignore:
        return 0;
      }
  return std::numeric_limits<double>::infinity();
}

} // namespace

double kernelDistance(const std::string &keyA, const std::string &mathA,
                      int64_t rowsA, const std::string &keyB,
                      const std::string &mathB, int64_t rowsB) {
  Words a = wordsOf(keyA), b = wordsOf(keyB);
  if (a.size() != b.size())
    return std::numeric_limits<double>::infinity();
  double distance = logRatio(double(rowsA), double(rowsB)) +
                    (mathA == mathB ? 0 : mathWeight);
  const std::string kind = a[""];
  for (const auto &[key, value] : a) {
    auto other = b.find(key);
    if (other == b.end())
      return std::numeric_limits<double>::infinity();
    distance += wordDistance(kind, key, value, other->second);
  }
  return distance;
}

//===----------------------------------------------------------------------===//
// Choice
//===----------------------------------------------------------------------===//

namespace {

constexpr double mostLoss = 1.01;      ///< at one thread or at all
constexpr double ownMargin = 0.99;     ///< over both, of the kernel's own
constexpr double nearestMargin = 0.98; ///< of another kernel

bool counts(const Record &record) {
  return record.status == RecordStatus::Ok && !record.disturbed;
}

/// `max_rows` is for whoever joins the choices of several classes to say.
bool isUsable(const Record &record, const Machine &machine,
              const std::string &cpu) {
  return record.method == recordMethod && counts(record) &&
         record.dtype == "f32" && record.config.target == machine.name &&
         record.config.get("max_rows") == 0 && record.cpu.id() == cpu;
}

bool isSame(const Record &record, const std::string &key,
            const std::string &math, int64_t rows) {
  return record.rows == rows && record.kernel == key && record.math == math;
}

/// The last record of every config, by baseline: times beside one baseline can
/// be compared.
using ByConfig = std::map<std::string, Standing>;
std::map<std::string, ByConfig>
byBaseline(const std::vector<const Record *> &records) {
  std::map<std::string, ByConfig> groups;
  for (const Record *record : records)
    if (counts(*record))
      groups[printConfig(record->baseline)].insert_or_assign(
          printConfig(record->config),
          Standing{record, record->one.relative, record->all.relative});
  return groups;
}

const Standing *bestOf(const std::vector<Standing> &standings, double margin,
                       auto isLegal) {
  for (const Standing &standing : standings)
    if (standing.gains(margin) && isLegal(standing.record->config))
      return &standing;
  return nullptr;
}

RecordChoice choiceOf(RecordChoice::From from, const Config &config,
                      const Record *record, const std::string &words) {
  RecordChoice choice;
  choice.from = from;
  choice.config = config;
  choice.record = record;
  choice.source = record ? words + "\n" + record->text : words;
  return choice;
}

/// By records of this very kernel and class; nothing if there are none beside
/// the heuristic's choice.
std::optional<RecordChoice>
chooseExact(const KernelDesc &desc, const Machine &machine,
            const ShapeClass &shape, const Config &heuristic,
            const RecordSet::Source &source, const std::string &cpu) {
  const std::string key = kernelKey(desc);
  std::vector<const Record *> records;
  for (const Record &record : source.records)
    if (isSame(record, key, desc.math, shape.rows) &&
        isUsable(record, machine, cpu))
      records.push_back(&record);
  std::vector<Standing> measured = compareWith(heuristic, records);
  if (measured.empty())
    return std::nullopt;
  const Standing *best = bestOf(measured, ownMargin, [&](const Config &config) {
    return checkConfig(config, desc, machine).empty();
  });
  if (best)
    return choiceOf(RecordChoice::From::Record, best->record->config,
                    best->record,
                    fmt::format("{} ({:.2f} of the heuristic's time)",
                                source.name, best->score()));
  auto own =
      std::find_if(measured.begin(), measured.end(), [&](const Standing &s) {
        return s.record->config == heuristic;
      });
  return choiceOf(RecordChoice::From::Record, heuristic,
                  own == measured.end() ? nullptr : own->record,
                  fmt::format("{} (the heuristic's is the best of {})",
                              source.name, measured.size()));
}

/// The candidate of `desc` with the tiles of `model`, whose own grains may not
/// suit this kernel: with equal grains if there is one, else the first.
std::optional<Config> likeOf(const Config &model, const KernelDesc &desc,
                             const Machine &machine, const ShapeClass &shape) {
  auto tiles = [](Config config) {
    config.values.erase("grain_rows");
    config.values.erase("grain_cols");
    return config;
  };
  std::optional<Config> found;
  for (const Config &config : candidates(desc, machine, shape)) {
    if (config == model)
      return config;
    if (!found && tiles(config) == tiles(model))
      found = config;
  }
  return found;
}

/// By the records of the nearest kernel that has a config better than the
/// heuristic's; nothing if the nearest has none.
std::optional<RecordChoice>
chooseNearest(const KernelDesc &desc, const Machine &machine,
              const ShapeClass &shape, const Config &heuristic,
              const RecordSet::Source &source, const std::string &cpu) {
  const std::string key = kernelKey(desc);
  double least = farthest;
  const Record *nearest = nullptr;
  for (const Record &record : source.records) {
    // Most are of another class: that is seen at once.
    if (logRatio(double(record.rows), double(shape.rows)) >= least ||
        isSame(record, key, desc.math, shape.rows) ||
        !isUsable(record, machine, cpu))
      continue;
    double distance = kernelDistance(key, desc.math, shape.rows, record.kernel,
                                     record.math, record.rows);
    if (distance < least) {
      least = distance;
      nearest = &record;
    }
  }
  if (!nearest)
    return std::nullopt;
  std::vector<const Record *> records;
  for (const Record &record : source.records)
    if (isSame(record, nearest->kernel, nearest->math, nearest->rows) &&
        isUsable(record, machine, cpu))
      records.push_back(&record);
  std::vector<Standing> measured =
      compareWith(records.back()->baseline, records);
  const Standing *best =
      bestOf(measured, nearestMargin, [&](const Config &config) {
        return likeOf(config, desc, machine, shape).has_value();
      });
  if (!best)
    return std::nullopt;
  Config config = *likeOf(best->record->config, desc, machine, shape);
  if (config == heuristic)
    return std::nullopt;
  return choiceOf(RecordChoice::From::Nearest, config, best->record,
                  fmt::format("{} of the nearest kernel (`{}` at {} rows)",
                              source.name, best->record->kernel,
                              best->record->rows));
}

} // namespace

double Standing::score() const { return std::sqrt(one * all); }

bool Standing::gains(double margin) const {
  return one <= mostLoss && all <= mostLoss && score() < margin;
}

std::vector<Standing> compareWith(const Config &config,
                                  const std::vector<const Record *> &records) {
  ByConfig result;
  const std::string wanted = printConfig(config);
  for (auto &[baseline, group] : byBaseline(records)) {
    double one = 1, all = 1;
    if (baseline != wanted) {
      auto found = group.find(wanted);
      if (found == group.end())
        continue;
      one = found->second.one, all = found->second.all;
    }
    for (const auto &[text, measured] : group) {
      Standing standing{measured.record, measured.one / one,
                        measured.all / all};
      auto [known, isNew] = result.insert({text, standing});
      if (!isNew && baseline == wanted)
        known->second = standing; // nothing in between
    }
  }
  std::vector<Standing> standings;
  for (const auto &[text, standing] : result)
    standings.push_back(standing);
  std::sort(standings.begin(), standings.end(),
            [](const Standing &a, const Standing &b) {
              return a.score() != b.score() ? a.score() < b.score()
                                            : a.record < b.record;
            });
  return standings;
}

RecordChoice chooseConfig(const KernelDesc &desc, const Machine &machine,
                          const ShapeClass &shape, const RecordSet *records) {
  RecordChoice choice;
  static_cast<Choice &>(choice) = heuristicChoice(desc, machine, shape);
  if (!records)
    return choice;
  for (auto *choose : {chooseExact, chooseNearest})
    for (const RecordSet::Source &source : records->sources)
      if (auto found =
              choose(desc, machine, shape, choice.config, source, records->cpu))
        return *found;
  return choice;
}

} // namespace xf::targets
