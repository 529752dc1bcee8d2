// Attention that keeps its scores: every step over the whole crop, vectors of
// queries; products and mixes of heads in registers, a few keys (or columns) at
// a time.
#include "targets/x86/X86.h"

#include <fmt/format.h>

namespace xf::targets::x86 {

using Halide::Func;
using Halide::RVar;
using Halide::Stage;
using Halide::TailStrategy;
using Halide::Var;
using Halide::VarOrRVar;

namespace {
/// Keys or columns whose accumulators are in registers together.
constexpr int tile = 8;

struct Scheduler {
  KernelFuncs &kernel;
  int vector;
  Var i, e, h, blocks{"blocks"}, lanes{"lanes"}, tiles{"tiles"},
      inTile{"in_tile"};

  bool has(const std::string &name) const { return kernel.funcs.count(name); }
  Func func(const std::string &name) const { return kernel.funcs.at(name); }
  RVar rvar(const std::string &name) const { return kernel.rvars.at(name); }

  /// Vectors of queries; `inner` loops run within one of them.
  void byQueries(Stage stage, std::vector<VarOrRVar> inner) {
    stage.split(i, blocks, lanes, vector, TailStrategy::RoundUp)
        .vectorize(lanes);
    inner.insert(inner.begin(), lanes);
    inner.insert(inner.end(), {blocks, h});
    stage.reorder(inner);
  }
  /// Tiles of `across` (keys or columns), and the accumulators in them.
  void inTiles(Func step, Var across) {
    step.compute_root()
        .split(i, blocks, lanes, vector, TailStrategy::RoundUp)
        .split(across, tiles, inTile, tile, TailStrategy::RoundUp)
        .reorder(lanes, inTile, tiles, blocks, h)
        .vectorize(lanes)
        .unroll(inTile);
  }
  void accumulate(Func sum, Func step, Var across, RVar over) {
    sum.compute_at(step, tiles).vectorize(i, vector).unroll(i).unroll(across);
    sum.update()
        .reorder(i, across, over)
        .vectorize(i, vector)
        .unroll(i)
        .unroll(across);
  }
};
} // namespace

void scheduleKeptAttention(KernelFuncs &kernel, const KernelDesc &desc,
                           const Machine &machine) {
  const AttentionDesc &attention = desc.attention;
  Scheduler s{kernel, machine.vectorFloats, kernel.vars.at("i"),
              kernel.vars.at("e"), kernel.vars.at("h")};
  Var c = kernel.vars.at("c"), d = kernel.vars.at("d"), p = kernel.vars.at("p");

  for (const char *name :
       {"raw", "signs", "score", "cope_source", "gate", "coped", "selected",
        "order", "weight", "share", "probability", "post", "gated"})
    if (s.has(name))
      s.inTiles(s.func(name), s.e);
  for (const auto &[name, of] : kernel.tileOf)
    s.accumulate(s.func(name), s.func(of), s.e, s.rvar(name));
  s.inTiles(s.func("result"), c);
  s.accumulate(s.func("acc"), s.func("result"), c, s.rvar("acc"));

  s.func("query").compute_root();
  s.byQueries(s.func("query"), {d});
  if (s.has("keys")) // with extra ones
    for (auto [name, column] : {std::pair("keys", d), {"values", c}})
      s.func(name).compute_root().vectorize(column, machine.vectorFloats,
                                            TailStrategy::GuardWithIf);
  for (const char *name : {"suffix", "positions"})
    if (s.has(name)) {
      s.func(name).compute_root();
      s.byQueries(s.func(name), {s.e});
      s.byQueries(s.func(name).update(), {s.rvar(name)});
    }
  if (s.has("cope_logits")) {
    s.func("cope_logits").compute_root();
    s.byQueries(s.func("cope_logits"), {p});
    s.byQueries(s.func("cope_logits").update(), {s.rvar("cope_logits"), p});
  }
  for (const char *name : {"top", "first", "sum", "total", "living", "best"})
    if (s.has(name)) {
      s.func(name).compute_root();
      s.byQueries(s.func(name), {});
      s.byQueries(s.func(name).update(), {s.rvar(name)});
    }
  std::vector<std::string> ofQueries = {"inverse"};
  for (int n = 0; s.has(fmt::format("own_{}", n)); ++n)
    ofQueries.push_back(fmt::format("own_{}", n));
  for (int place = 30; place >= 0; place -= 2)
    ofQueries.push_back(fmt::format("digits_{}", place));
  for (const std::string &name : ofQueries)
    if (s.has(name)) {
      s.func(name).compute_root();
      s.byQueries(s.func(name), {});
    }
  for (int place = 30; place >= 0 && s.has("order"); place -= 2) {
    std::string name = fmt::format("count_{}", place);
    Func counts = s.func(name);
    counts.compute_at(s.func(fmt::format("digits_{}", place)), s.blocks)
        .vectorize(s.i, s.vector);
    counts.update().reorder(s.i, s.rvar(name)).vectorize(s.i, s.vector);
  }
  // What goes over the queries has vectors of keys.
  for (const char *name : {"query_top", "query_sum", "selection"})
    if (s.has(name)) {
      Func func = s.func(name);
      func.compute_root().vectorize(s.e, s.vector, TailStrategy::RoundUp);
      func.update()
          .reorder(s.e, s.rvar(name))
          .vectorize(s.e, s.vector, TailStrategy::RoundUp);
    }

  int width = int(attention.heads * attention.valueDim);
  kernel.output.output_buffer().dim(0).set_bounds(0, width);
  kernel.output.update().vectorize(
      kernel.vars.at("column"), s.vector,
      width % s.vector == 0 ? TailStrategy::RoundUp : TailStrategy::Predicate);
  if (kernel.scores.defined())
    kernel.scores.vectorize(kernel.vars.at("slot"), s.vector,
                            TailStrategy::Predicate);
}

} // namespace xf::targets::x86
