// A small model written by hand against program.h, so that the runtime is
// tested without the compiler: embeddings, a row-wise map, something like
// attention, mean pooling, a map over pooled rows; and its plain reference.
#pragma once

#include "runtime/src/program.h"
#include "xf/xf.h"

#include <atomic>
#include <functional>
#include <vector>

namespace fake {

constexpr int32_t width = 20; // not a multiple of any grain
constexpr int32_t numTokens = 100, numTypes = 2, maxSeqLen = 64;

enum Kernel { Embed, Mix, Attend, Pool, Scale, NumKernels };

/// The classes of rows that target `varied` tells apart; up to fewRows it runs
/// kernels of their own.
constexpr int32_t fewRows = 4, someRows = 12;

/// The launch of each kernel.
extern const xf_launch launches[NumKernels];

/// What the kernels do besides their work.
struct Behaviour {
  std::atomic<int> failing{-1};       ///< the kernel that fails
  std::atomic<int> code{0};           ///< with this code
  const char *message = nullptr;      ///< reported to halide_error, unless NULL
  std::function<void(Kernel)> onTask; ///< called at the start of each task
  /// Called by each task of Attend with its sequence's begin and length.
  std::function<void(int32_t, int32_t)> onSequence;
  std::atomic<int> violations{0};  ///< crops that were wrong
  std::atomic<bool> hungry{false}; ///< ask for more scratch than there is
  /// Tasks that ran the form for few rows.
  std::atomic<int> fewTasks[NumKernels] = {};
};
extern Behaviour behaviour;

/// Puts `behaviour` back when a test ends.
struct BehaviourReset {
  ~BehaviourReset();
};

extern const std::vector<uint8_t> &weights();

/// The program as linked (xf_program_instance is this one): weights embedded,
/// three usable targets and an impossible one.
xf_program makeProgram();

/// Rows joined, as the C ABI takes them.
struct Batch {
  std::vector<int32_t> ids, types;
  std::vector<int64_t> offsets{0};
  xf_batch view(bool withTypes = false) const;
  size_t rows() const { return offsets.size() - 1; }
};
/// `lengths` rows of ids that differ.
Batch makeBatch(const std::vector<int> &lengths, unsigned seed = 1);
Batch pick(const Batch &batch, const std::vector<size_t> &rows);

/// What encode and states should give, computed row by row.
std::vector<float> referenceEncode(const Batch &batch, bool withTypes = false);
std::vector<float> referenceStates(const Batch &batch, bool withTypes = false);

const xf_api &api();

} // namespace fake
