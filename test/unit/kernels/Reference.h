// What the kernel tests share: seeded data and comparison against a bound.
#pragma once

#include "CompiledKernel.h"

#include "targets/Candidates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>

namespace xf::test {

constexpr double epsilon =
    0x1p-24; ///< half an ulp at 1: the relative error of one rounded operation
constexpr float untouched =
    -77.25f; ///< what outputs are filled with, to see what a crop leaves alone

inline Matrix<float> randomMatrix(int rows, int width, std::mt19937 &random,
                                  float scale = 1) {
  Matrix<float> matrix(rows, width);
  std::uniform_real_distribution<float> uniform(-scale, scale);
  for (float &value : matrix.values)
    value = uniform(random);
  return matrix;
}

/// One config to test: on which machine, and how to name it in a failure.
struct Setting {
  const targets::Machine *machine;
  targets::Config config;

  std::string text(const KernelCase &c) const {
    return c.name + ": " + targets::printConfig(config);
  }
};

inline std::vector<Setting> settings(const KernelCase &c) {
  std::vector<Setting> all;
  for (const targets::Machine *machine : hostMachines()) {
    std::vector<targets::Config> configs;
    if (c.everyConfig)
      configs = targets::allCandidates(c.desc, *machine);
    else
      for (const targets::ShapeClass &shapeClass : targets::shapeClasses())
        configs.push_back(
            targets::heuristicConfig(c.desc, *machine, shapeClass));
    // Grains are not in the code, and the tests choose their own crops.
    std::vector<targets::Config> codes;
    std::erase_if(configs, [&](const targets::Config &config) {
      targets::Config code = targets::codeConfig(config);
      bool known = std::find(codes.begin(), codes.end(), code) != codes.end();
      codes.push_back(std::move(code));
      return known;
    });
    for (targets::Config &config : configs)
      all.push_back({machine, std::move(config)});
  }
  return all;
}

/// True when every value outside rows [first, last) still is `untouched`.
inline bool onlyRowsWritten(const Matrix<float> &output, int first, int last) {
  for (int r = 0; r < output.rows; ++r)
    for (int c = 0; c < output.width; ++c)
      if ((r < first || r >= last) && output(r, c) != untouched)
        return false;
  return true;
}

/// True when rows [first, last) are the same bits in both.
inline bool sameRows(const Matrix<float> &a, const Matrix<float> &b, int first,
                     int last) {
  return std::equal(
      a.values.begin() + size_t(first) * a.width,
      a.values.begin() + size_t(last) * a.width,
      b.values.begin() + size_t(first) * b.width, [](float x, float y) {
        return std::bit_cast<uint32_t>(x) == std::bit_cast<uint32_t>(y);
      });
}

} // namespace xf::test
