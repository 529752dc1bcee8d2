// Binds a file to a model by a layout's table and says what does not fit.
#include "compiler/Weights/Checkpoint.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <cmath>

using namespace llvm;
using namespace xf::weights;

namespace {

/// One file against one layout: looks names up as the layout's tables have
/// them, whatever the file puts in front or between.
class Matcher {
public:
  Matcher(const SafeTensors &file, const Layout &layout)
      : file(file), layout(layout) {
    bool usesPrefix = any_of(file.tensors(), [&](const TensorInfo &info) {
      return isInStack(info.name);
    });
    if (usesPrefix)
      prefix = layout.prefix;
    isBareStack = !layout.stackPrefix.empty() &&
                  any_of(file.tensors(), [&](const TensorInfo &info) {
                    return isInBareStack(info.name);
                  });
    for (const TensorInfo &info : file.tensors())
      byName[plain(info.name)] = &info;
  }

  /// The tensor of `wanted`, or null; its legacy name counts too.
  const TensorInfo *find(const FileTensor &wanted) const {
    if (const TensorInfo *info = byName.lookup(wanted.name))
      return info;
    return wanted.legacy.empty() ? nullptr : byName.lookup(wanted.legacy);
  }

  std::string fullName(const FileTensor &wanted) const {
    StringRef name = wanted.name;
    if (isBareStack)
      name.consume_front(layout.stackPrefix);
    return prefix + name.str();
  }

  /// The name of a tensor of the file as the tables have it.
  std::string plain(StringRef name) const {
    name.consume_front(prefix);
    return plainName(layout, name, isBareStack);
  }

  /// The unclaimed tensor whose name is nearest to `name`, if near at all.
  const TensorInfo *nearest(StringRef name, const StringSet<> &claimed) const {
    unsigned best = static_cast<unsigned>(name.size() / 3) + 1;
    const TensorInfo *found = nullptr;
    for (const TensorInfo &info : file.tensors()) {
      if (claimed.contains(info.name))
        continue;
      unsigned distance = StringRef(info.name).edit_distance(name, true, best);
      if (distance < best) {
        best = distance;
        found = &info;
      }
    }
    return found;
  }

private:
  /// True for a name with the prefix that the table knows without it.
  bool isInStack(StringRef name) const {
    return !layout.prefix.empty() && name.consume_front(layout.prefix) &&
           logicalNameOf(layout, plainName(layout, name, false));
  }

  /// True for a name that the table knows with the stack's prefix only.
  bool isInBareStack(StringRef name) const {
    return !logicalNameOf(layout, plainName(layout, name, false)) &&
           logicalNameOf(layout, plainName(layout, name, true));
  }

  const SafeTensors &file;
  const Layout &layout;
  std::string prefix;
  bool isBareStack = false;
  StringMap<const TensorInfo *> byName;
};

} // namespace

static std::string quoted(StringRef name, ArrayRef<int64_t> shape) {
  return ("`" + name + "` " + formatShape(shape)).str();
}

/// Why a tensor of the file is left over, or nothing if that is fine.
static std::optional<std::string> describeSurplus(const Layout &layout,
                                                  const Matcher &matcher,
                                                  const TensorInfo &info) {
  std::string name = matcher.plain(info.name);
  if (findIgnored(layout, name))
    return std::nullopt;
  std::string text = "surplus: " + quoted(info.name, info.shape) +
                     " of the file is used by nothing";
  if (std::optional<std::string> logical = logicalNameOf(layout, name))
    return text + "; it would be `" + *logical +
           "`, which the model does not have";
  return text + ", and the layout does not know it";
}

/// Whether two shapes are the same but for dimensions of extent 1.
static bool fits(ArrayRef<int64_t> file, ArrayRef<int64_t> model) {
  auto isLong = [](int64_t dim) { return dim != 1; };
  return equal(make_filter_range(file, isLong),
               make_filter_range(model, isLong));
}

/// What is wrong with the tensor that was found for `logical`, if anything.
static std::optional<std::string> describeMisfit(StringRef logical,
                                                 ArrayRef<int64_t> shape,
                                                 const TensorInfo &info) {
  std::string found = quoted(info.name, info.shape);
  if (!fits(info.shape, shape))
    return "wrong shape: " + found + " of the file should be " +
           quoted(logical, shape) + " of the model";
  if (!isReadable(info.dtype))
    return ("wrong dtype: " + found + " of the file, `" + logical +
            "` of the model, is " + nameOf(info.dtype) +
            ", but weights are read from F32, F16 and BF16")
        .str();
  return std::nullopt;
}

static std::string describeMissing(StringRef logical, ArrayRef<int64_t> shape,
                                   const std::string &name,
                                   const TensorInfo *nearest) {
  std::string text = "missing: `" + name + "`, which should be " +
                     quoted(logical, shape) + " of the model";
  if (nearest)
    text += "; the file has " + quoted(nearest->name, nearest->shape);
  return text;
}

static Error unknownLayout(StringRef name) {
  std::string known = join(
      map_range(allLayouts(), [](const Layout &l) { return l.name.str(); }),
      ", ");
  return createStringError(inconvertibleErrorCode(),
                           "unknown checkpoint layout `" + name +
                               "`; known are " + known);
}

Expected<Checkpoint> Checkpoint::bind(SafeTensors source,
                                      const CheckpointFormat &format,
                                      const LogicalTensors &tensors) {
  const Layout *layout = findLayout(format.layout);
  if (!layout)
    return unknownLayout(format.layout);
  Checkpoint checkpoint(std::move(source));
  const SafeTensors &file = checkpoint.file;
  Matcher matcher(file, *layout);
  std::vector<std::string> problems;
  std::map<std::string, std::string> missing; // logical name to file's name
  StringSet<> claimed;

  for (const auto &[logical, shape] : tensors) {
    std::optional<FileTensor> wanted = fileTensorOf(*layout, logical);
    if (!wanted) {
      problems.push_back("missing: the layout has no tensor for " +
                         quoted(logical, shape) + " of the model");
      continue;
    }
    const TensorInfo *info = matcher.find(*wanted);
    if (!info) {
      missing[logical] = matcher.fullName(*wanted);
      continue;
    }
    claimed.insert(info->name);
    if (auto problem = describeMisfit(logical, shape, *info))
      problems.push_back(*problem);
    float scale = 1, offset = 0;
    if (wanted->transform == Transform::Positions)
      scale = static_cast<float>(1 / std::sqrt(double(shape.back())));
    if (wanted->transform == Transform::StackGain && format.gainsMinusOne)
      offset = 1;
    checkpoint.bindings[logical] = {info, shape, scale, offset};
  }
  // Only now is it known which names are free to be a misspelling.
  for (const auto &[logical, name] : missing)
    problems.push_back(describeMissing(logical, tensors.at(logical), name,
                                       matcher.nearest(name, claimed)));
  for (const TensorInfo &info : file.tensors())
    if (!claimed.contains(info.name))
      if (auto problem = describeSurplus(*layout, matcher, info))
        problems.push_back(*problem);
  if (problems.empty())
    return checkpoint;
  return createStringError(
      inconvertibleErrorCode(),
      "checkpoint `" + file.path() + "` does not fit the model (layout `" +
          layout->name + "`)\n  " + join(problems, "\n  "));
}

Expected<Checkpoint> Checkpoint::open(StringRef path,
                                      const CheckpointFormat &format,
                                      const LogicalTensors &tensors) {
  Expected<SafeTensors> file = SafeTensors::open(path);
  if (!file)
    return file.takeError();
  return bind(std::move(*file), format, tensors);
}

Expected<Tensor> Checkpoint::read(StringRef logical) const {
  auto it = bindings.find(logical);
  if (it == bindings.end())
    return createStringError(inconvertibleErrorCode(),
                             "logical tensor `" + logical +
                                 "` was not asked for when the checkpoint was "
                                 "opened");
  const Binding &binding = it->second;
  Expected<std::vector<float>> values = file.read(*binding.source);
  if (!values)
    return values.takeError();
  if (binding.scale != 1 || binding.offset != 0)
    for (float &value : *values)
      value = value * binding.scale + binding.offset;
  return Tensor{binding.shape, std::move(*values)};
}
