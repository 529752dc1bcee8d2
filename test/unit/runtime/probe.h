// A model of one entry whose only kernel writes down all that it is given: what
// the runtime lays out for a call can be read off the result.
#pragma once

#include "runtime_fixture.h"

#include "runtime/src/model.h"

#include <HalideRuntime.h>

#include <string>
#include <vector>

namespace fake {

/// Set `inputs`, `args` and `entry`, then open. One at a time.
struct Probe {
  static constexpr int32_t keysShown = 12;
  /// Rows of the arena before the result: what inputs may use.
  static constexpr uint32_t inputWidth = 24;

  std::vector<xf_input> inputs;
  std::vector<xf_arg> args;
  xf_entry entry{};
  xf_launch launch{};
  /// A launch before it, with arguments of its own; none if that is empty.
  std::vector<xf_arg> argsBefore;
  xf_launch launchBefore{};
  bool isSilent = false; ///< leave the result as it is
  std::vector<xf_variant> variants{{0, 0, 0, 0}};

  Probe();
  Probe(const Probe &) = delete;
  ~Probe();

  void addInput(const char *name, xf_input_kind kind, xf_space space,
                uint32_t width, xf_scatter scatter, xf_fill fill, float value,
                uint64_t offset, uint32_t limit = 0);
  void addArg(xf_arg_kind kind, xf_space space = XF_SPACE_TOKENS,
              uint64_t offset = 0, int32_t extent = 1, bool isOutput = false);

  /// Columns of the result.
  int32_t columns() const;

  /// Opens model and session.
  void open(uint32_t threads = 2, uint32_t maxTokens = 0);
  xf_status tryRun(const xf_batch &batch, const std::vector<xf_feed> &feeds,
                   std::vector<float> &out);
  /// A result of `rows` rows; fails the test if the call fails.
  std::vector<float> run(const xf_batch &batch,
                         const std::vector<xf_feed> &feeds, size_t rows);

  xf_model *model = nullptr;
  xf_session *session = nullptr;

  static int32_t runLaunches(xf_exec *exec);

private:
  xf_program program{};
  xf_target target{};
};

/// A feed of a vector's values, which must outlive it.
template <typename T>
xf_feed makeFeed(const char *name, const std::vector<T> &values,
                 const std::vector<int64_t> *offsets = nullptr) {
  xf_feed feed;
  xf_feed_init(&feed);
  feed.name = name;
  feed.data = values.data();
  feed.count = values.size();
  feed.type = sizeof(T) == 1             ? XF_U8
              : sizeof(T) == 8           ? XF_I64
              : std::is_same_v<T, float> ? XF_F32
                                         : XF_I32;
  if (offsets)
    feed.offsets = offsets->data();
  return feed;
}

/// A row of the stack, as the tests lay it out by themselves.
struct StackRow {
  enum Kind { Lead, Prepended, Token, Tail, Memory, Padding } kind;
  int32_t index;    ///< among its kind in the sequence
  int32_t sequence; ///< of the batch
  int32_t place;    ///< in its sequence
  int32_t length;   ///< rows of its sequence
};
std::vector<StackRow> layOut(const xf_entry &entry,
                             const std::vector<int> &tokens,
                             const std::vector<int> &prepended = {});

} // namespace fake
