// What each node of a recipe computes. Sums over a row are in double and
// rounded once; everything else is in f32, as PyTorch computes it.
#include "compiler/Weights/RecipeNodes.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/ErrorHandling.h"

#include <algorithm>
#include <cmath>
#include <utility>

using namespace llvm;
using namespace xf::weights;

//===----------------------------------------------------------------------===//
// Moving values
//===----------------------------------------------------------------------===//

/// Values before and after `axis`: a tensor is `outer` rows of
/// `extent * inner` values.
static std::pair<int64_t, int64_t> around(ArrayRef<int64_t> shape,
                                          int64_t axis) {
  int64_t outer = 1, inner = 1;
  for (int64_t d = 0; d < static_cast<int64_t>(shape.size()); ++d)
    if (d != axis)
      (d < axis ? outer : inner) *= shape[d];
  return {outer, inner};
}

static Tensor concat(const Recipe &recipe, ArrayRef<Tensor> inputs) {
  int64_t axis = recipe.integers[0];
  auto [outer, inner] = around(recipe.shape, axis);
  Tensor result{recipe.shape, {}};
  for (int64_t row = 0; row < outer; ++row)
    for (const Tensor &input : inputs) {
      int64_t length = input.shape[axis] * inner;
      auto begin = input.values.begin() + row * length;
      result.values.insert(result.values.end(), begin, begin + length);
    }
  return result;
}

static Tensor slice(const Recipe &recipe, const Tensor &input) {
  int64_t axis = recipe.integers[0], begin = recipe.integers[1],
          size = recipe.integers[2];
  auto [outer, inner] = around(input.shape, axis);
  Tensor result{recipe.shape, {}};
  for (int64_t row = 0; row < outer; ++row) {
    auto from =
        input.values.begin() + (row * input.shape[axis] + begin) * inner;
    result.values.insert(result.values.end(), from, from + size * inner);
  }
  return result;
}

static Tensor repeat(const Recipe &recipe, const Tensor &input) {
  int64_t axis = recipe.integers[0], times = recipe.integers[1];
  auto [outer, inner] = around(input.shape, axis);
  int64_t length = input.shape[axis] * inner;
  Tensor result{recipe.shape, {}};
  for (int64_t row = 0; row < outer; ++row)
    for (int64_t time = 0; time < times; ++time) {
      auto begin = input.values.begin() + row * length;
      result.values.insert(result.values.end(), begin, begin + length);
    }
  return result;
}

static Tensor transpose(const Tensor &input) {
  int64_t rows = input.shape[0], columns = input.shape[1];
  Tensor result{{columns, rows}, std::vector<float>(input.values.size())};
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      result.values[c * rows + r] = input.values[r * columns + c];
  return result;
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

static Tensor mapped(Tensor input, function_ref<float(float)> function) {
  for (float &value : input.values)
    value = function(value);
  return input;
}

/// `b` is like `a`, or one row for all rows of it.
static Tensor combined(Tensor a, const Tensor &b,
                       function_ref<float(float, float)> function) {
  for (size_t i = 0; i < a.values.size(); ++i)
    a.values[i] = function(a.values[i], b.values[i % b.values.size()]);
  return a;
}

static float sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

static Tensor mapRows(Tensor input,
                      function_ref<void(MutableArrayRef<float>)> function) {
  size_t width = input.shape.empty() ? 1 : input.shape.back();
  for (size_t row = 0; row < input.values.size(); row += width)
    function(MutableArrayRef<float>(input.values).slice(row, width));
  return input;
}

static void toUnitLength(MutableArrayRef<float> row) {
  double sum = 0;
  for (float value : row)
    sum += double(value) * value;
  float norm = std::max(static_cast<float>(std::sqrt(sum)), 1e-12f);
  for (float &value : row)
    value /= norm;
}

static void toNormal(MutableArrayRef<float> row) {
  double mean = 0, variance = 0;
  for (float value : row)
    mean += value / double(row.size());
  for (float value : row)
    variance += (value - mean) * (value - mean) / double(row.size());
  for (float &value : row)
    value = static_cast<float>((value - mean) / std::sqrt(variance + 1e-5));
}

static void toSoftmax(MutableArrayRef<float> row) {
  float top = *std::max_element(row.begin(), row.end());
  double sum = 0;
  for (float &value : row)
    sum += value = std::exp(value - top);
  for (float &value : row)
    value = static_cast<float>(value / sum);
}

static Tensor matmul(const Recipe &recipe, const Tensor &a, const Tensor &b) {
  Tensor result{recipe.shape, {}};
  int64_t depth = a.shape[1];
  for (int64_t m = 0; m < recipe.shape[0]; ++m)
    for (int64_t n = 0; n < recipe.shape[1]; ++n) {
      double sum = 0;
      for (int64_t k = 0; k < depth; ++k)
        sum += double(a.values[m * depth + k]) * b.values[n * depth + k];
      result.values.push_back(static_cast<float>(sum));
    }
  return result;
}

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

/// T5's bucket of distance i - j, in f32 as x-transformers computes it (Raffel
/// et al., 2020): exact up to half of the buckets, then by the logarithm.
static int64_t t5Bucket(int64_t distance, bool causal, int64_t buckets,
                        int64_t maxDistance) {
  int64_t first = 0;
  if (!causal) {
    buckets /= 2;
    first = distance < 0 ? buckets : 0;
    distance = std::abs(distance);
  }
  distance = std::max<int64_t>(distance, 0);
  int64_t exact = buckets / 2;
  if (distance < exact)
    return first + distance;
  float ratio = std::log(float(distance) / float(exact)) /
                float(std::log(double(maxDistance) / double(exact))) *
                float(buckets - exact);
  // A table of one or two buckets has no logarithmic part.
  int64_t far = std::isfinite(ratio) ? exact + int64_t(ratio) : buckets - 1;
  return first + std::min(far, buckets - 1);
}

static Tensor t5Table(const Recipe &recipe, const Tensor &table) {
  bool causal = recipe.integers[0] != 0;
  int64_t maxDistance = recipe.integers[1];
  int64_t buckets = table.shape[0], heads = table.shape[1];
  Tensor result{recipe.shape, {}};
  for (int64_t head = 0; head < heads; ++head)
    for (int64_t d = -maxDistance; d <= maxDistance; ++d)
      result.values.push_back(
          table.values[t5Bucket(d, causal, buckets, maxDistance) * heads +
                       head]);
  return result;
}

static Tensor distances(const Recipe &recipe) {
  int64_t last = recipe.integers[0] - 1;
  bool log = recipe.integers[1] != 0;
  Tensor result{recipe.shape, {}};
  for (int64_t d = -last; d <= last; ++d)
    result.values.push_back(
        log ? std::copysign(std::log(std::fabs(float(d)) + 1.0f), float(d))
            : float(d));
  return result;
}

static Tensor sinusoid(const Recipe &recipe) {
  int64_t length = recipe.integers[0], half = recipe.integers[1] / 2;
  Tensor result{recipe.shape, {}};
  for (int64_t position = 0; position < length; ++position)
    for (bool cosine : {false, true})
      for (int64_t f = 0; f < half; ++f) {
        float rate = std::pow(10000.0f, -(float(f) / float(half)));
        float angle = float(position) * rate;
        result.values.push_back(cosine ? std::cos(angle) : std::sin(angle));
      }
  return result;
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

Tensor xf::weights::evaluateNode(const Recipe &recipe,
                                 std::vector<Tensor> inputs) {
  auto number = [&](size_t i) { return static_cast<float>(recipe.numbers[i]); };
  auto first = [&] { return std::move(inputs.front()); };
  using Kind = Recipe::Kind;
  switch (recipe.kind) {
  case Kind::Tensor:
    break; // read from the checkpoint
  case Kind::Concat:
    return concat(recipe, inputs);
  case Kind::Transpose:
    return transpose(inputs.front());
  case Kind::Scale:
    return mapped(first(), [&](float x) { return x * number(0); });
  case Kind::Add:
    return mapped(first(), [&](float x) { return x + number(0); });
  case Kind::Clip:
    return mapped(first(), [&](float x) {
      return std::min(std::max(x, number(0)), number(1));
    });
  case Kind::Sigmoid:
    return mapped(first(), sigmoid);
  case Kind::Tanh:
    return mapped(first(), [](float x) { return std::tanh(x); });
  case Kind::Exp:
    return mapped(first(), [](float x) { return std::exp(x); });
  case Kind::Silu:
    return mapped(first(), [](float x) { return x * sigmoid(x); });
  case Kind::Mul:
    return combined(first(), inputs[1], [](float a, float b) { return a * b; });
  case Kind::Plus:
    return combined(first(), inputs[1], [](float a, float b) { return a + b; });
  case Kind::MatMul:
    return matmul(recipe, inputs[0], inputs[1]);
  case Kind::Reshape:
    return {recipe.shape, std::move(inputs.front().values)};
  case Kind::Slice:
    return slice(recipe, inputs.front());
  case Kind::Repeat:
    return repeat(recipe, inputs.front());
  case Kind::Fill: {
    size_t count = 1;
    for (int64_t dim : recipe.shape)
      count *= size_t(dim);
    return {recipe.shape, std::vector<float>(count, number(0))};
  }
  case Kind::Values:
    return {recipe.shape, {recipe.numbers.begin(), recipe.numbers.end()}};
  case Kind::UnitRows:
    return mapRows(first(), toUnitLength);
  case Kind::LayerNormRows:
    return mapRows(first(), toNormal);
  case Kind::SoftmaxRows:
    return mapRows(first(), toSoftmax);
  case Kind::T5Table:
    return t5Table(recipe, inputs.front());
  case Kind::Distances:
    return distances(recipe);
  case Kind::Sinusoid:
    return sinusoid(recipe);
  }
  llvm_unreachable("a tensor is no node of its own");
}
