// The kernels' case table: descriptions with scalar regions in two forms, as
// Halide expressions and as plain functions. Shared by kernels_test (against
// the plain reference) and kernels_bench (timed).
#pragma once

#include "compiler/Kernels/Kernels.h"

#include <functional>
#include <string>
#include <vector>

namespace xf::test {

/// Scalars on doubles, operands in the same order as in kernels::Scalars; empty
/// functions mean the same.
struct PlainScalars {
  std::function<double(std::vector<double>)> epilogue;
  std::function<double(double, int, int, int)> scoreMod;
  std::function<bool(int, int, int)> maskMod;
  std::vector<std::function<double(std::vector<double>)>> maps;
  std::function<double(std::vector<double>)> finish;
};

struct KernelCase {
  std::string name;
  targets::KernelDesc desc;
  kernels::Scalars scalars;
  PlainScalars plain;
  bool everyConfig =
      false; ///< test all candidates; else the heuristic's choice
};

/// Small and odd shapes: what kernels_test runs.
/// @{
std::vector<KernelCase> gemmCases();
std::vector<KernelCase> attentionCases();
std::vector<KernelCase> rowwiseCases();
std::vector<KernelCase> gatherCases();
/// @}

/// What kernels_bench times: the kernels of a MiniLM encoder (384 wide, 12
/// heads of 32, 1536 inside), then other sizes.
std::vector<KernelCase> benchCases();

/// The machines of targets/ that the host can run.
std::vector<const targets::Machine *> hostMachines();

} // namespace xf::test
