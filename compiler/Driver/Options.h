// What one run of the compiler is asked to do: plain data, filled by the tool,
// read by everything below it.
#pragma once

#include "targets/Choice.h"

#include <cstdint>
#include <functional>
#include <string>

namespace xf {

/// Where the weights of a compiled model live.
enum class WeightsPlacement {
  Auto,  ///< embedded up to EmbedLimit bytes, else a file
  Embed, ///< a section of the library
  File,  ///< NAME.xfw beside the library, mapped when the model is opened
};

/// Largest weight section that `Auto` embeds, in bytes.
inline constexpr uint64_t EmbedLimit = 16u << 20;

struct CompileOptions {
  std::string weights;    ///< checkpoint; overrides the spec's
  std::string specFolder; ///< the spec's own weights are relative to it
  std::string
      output; ///< path of the library; empty: libNAME.so in the working folder
  std::string cacheDir; ///< of compiled kernels; empty: the user's
  bool useCache = true; ///<
  std::string linker;   ///< program that links; empty: cc, clang-19 or gcc,
                        ///< whichever is there
  std::string runtimeArchive; ///< libxf_runtime.a
  WeightsPlacement placement = WeightsPlacement::Auto;
  unsigned threads = 0; ///< that compile kernels; 0: all cores
  /// Decides on kernels' configs.
  targets::ConfigChooser chooser = targets::heuristicChoice;
  /// Called with a line for the user at each step; may be empty.
  std::function<void(const std::string &)> progress;
};

} // namespace xf
