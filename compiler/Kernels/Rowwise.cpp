// Reductions over a row (variant `rows`) or over the rows of a sequence
// (variant `columns`), then a map.
//
// Over a row, or each of its equal parts, stage after stage is reduced into a
// number of lanes that depends on the width alone, in ascending order, and the
// lanes are folded in halves: the order of the additions is the same on every
// target and for every crop. Over a sequence each column is one chain in
// ascending order of the rows.
#include "compiler/Kernels/Algorithms.h"

#include <fmt/format.h>

#include <limits>

namespace xf::kernels {

using Halide::Func;
using Halide::ImageParam;
using Halide::Param;
using Halide::RDom;
using Halide::Var;
using targets::Combine;
using targets::Config;
using targets::KernelDesc;
using targets::KernelFuncs;
using targets::RowwiseDesc;

static Expr identity(Combine combine) {
  if (combine == Combine::Add)
    return 0.0f;
  float largest = std::numeric_limits<float>::max();
  return combine == Combine::Max ? -largest : largest;
}

static Expr combined(Combine combine, Expr a, Expr b) {
  if (combine == Combine::Add)
    return add(a, b);
  return combine == Combine::Max ? Halide::max(a, b) : Halide::min(a, b);
}

/// Folds `lanes` values part(l, ...) in halves down to one; the steps are funcs
/// `fold_<stage>_<lanes>` to be scheduled.
static Func fold(KernelFuncs &kernel, Func part, Combine combine, size_t stage,
                 int lanes, const std::vector<Var> &args) {
  while (lanes > 1) {
    lanes /= 2;
    std::string name = fmt::format("fold_{}_{}", stage, lanes);
    Func half(name);
    std::vector<Expr> near(args.begin(), args.end()), far = near;
    far[0] = args[0] + lanes;
    half(args) = combined(combine, part(near), part(far));
    kernel.funcs[name] = half;
    part = half;
  }
  return part;
}

static KernelFuncs buildOverRow(const KernelDesc &desc,
                                const Scalars &scalars) {
  const RowwiseDesc &rowwise = desc.rowwise;
  bool grouped = rowwise.groups > 1;
  int width = int(rowwise.width), partWidth = width / int(rowwise.groups),
      lanes = targets::rowLanes(rowwise), rest = partWidth % lanes;
  KernelFuncs kernel;
  ImageParam x = addRowsInput(kernel, "x", width);
  std::vector<ImageParam> vectors =
      addVectorInputs(kernel, rowwise.vectors, width);
  std::vector<ImageParam> rows = addRowsInputs(kernel, rowwise.rows, width);

  // The lane of a sum, the part of the row that it is of, the row.
  Var c("c"), r("r"), l("l"), g("g");
  std::vector<Var> args = grouped ? std::vector{l, g, r} : std::vector{l, r};
  auto at = [&](Expr lane, Expr group) {
    return grouped ? std::vector<Expr>{lane, group, r}
                   : std::vector<Expr>{lane, r};
  };
  Expr firstColumn = grouped ? Expr(g * partWidth) : Expr(0);
  std::vector<Func> accs; // of a part of a row
  auto operandsOf = [&](Expr value, Expr column, Expr group) {
    std::vector<Expr> operands{value, column, partWidth};
    for (Func &acc : accs)
      operands.push_back(acc(at(0, group)));
    return operands;
  };
  for (size_t stage = 0; stage < rowwise.stages.size(); ++stage) {
    Combine combine = rowwise.stages[stage];
    auto mapped = [&](Expr i) {
      std::vector<Expr> operands = operandsOf(x(firstColumn + i, r), i, g);
      return stage < scalars.maps.size() && scalars.maps[stage]
                 ? scalars.maps[stage](operands)
                 : operands[0];
    };
    RDom chunk(0, partWidth / lanes, fmt::format("chunk_{}", stage));
    std::string name =
        fmt::format("part_{}", stage); // a Func's own name is made unique
    Func part(name);
    part(args) = identity(combine);
    part(args) = combined(combine, part(at(l, g)), mapped(chunk * lanes + l));
    if (rest != 0) {
      RDom last(0, rest, fmt::format("rest_{}", stage));
      part(at(last, g)) =
          combined(combine, part(at(last, g)), mapped(partWidth - rest + last));
    }
    kernel.funcs[name] = part;
    kernel.rvars[fmt::format("chunk_{}", stage)] = chunk;
    accs.push_back(fold(kernel, part, combine, stage, lanes, args));
  }

  std::vector<Expr> operands = operandsOf(
      x(c, r), grouped ? Expr(c % partWidth) : Expr(c), c / partWidth);
  for (ImageParam &vector : vectors)
    operands.push_back(vector(c));
  for (ImageParam &other : rows)
    operands.push_back(other(c, r));
  Func output("output");
  output(c, r) = scalars.finish ? scalars.finish(operands) : operands[0];
  promiseRows(output.output_buffer(), width);

  kernel.output = output;
  kernel.vars = {{"c", c}, {"r", r}, {"l", l}, {"g", g}};
  return kernel;
}

static KernelFuncs buildOverSequence(const KernelDesc &desc,
                                     const Config &config,
                                     const Scalars &scalars) {
  const RowwiseDesc &rowwise = desc.rowwise;
  int width = int(rowwise.width), tileCols = int(config.get("tile_cols"));
  KernelFuncs kernel;
  ImageParam x = addRowsInput(kernel, "x", width);
  Param<int32_t> seqBegin = addScalar(kernel, "seq_begin"),
                 seqLength = addScalar(kernel, "seq_length");
  std::vector<ImageParam> vectors =
      addVectorInputs(kernel, rowwise.vectors, width);
  std::vector<ImageParam> rows = addRowsInputs(kernel, rowwise.rows, width);

  // Columns in tiles (lane l of tile t), so that a tile's accumulators are of
  // constant size.
  Var c("c"), r("r"), l("l"), t("t");
  Expr column = t * tileCols + l;
  std::vector<Func> accs;
  for (size_t stage = 0; stage < rowwise.stages.size(); ++stage) {
    RDom i(0, seqLength, fmt::format("i_{}", stage));
    std::vector<Expr> operands{x(column, seqBegin + i), i, seqLength};
    for (Func &before : accs)
      operands.push_back(before(l, t));
    Expr value = stage < scalars.maps.size() && scalars.maps[stage]
                     ? scalars.maps[stage](operands)
                     : operands[0];
    std::string name =
        fmt::format("acc_{}", stage); // a Func's own name is made unique
    Func acc(name);
    acc(l, t) = identity(rowwise.stages[stage]);
    acc(l, t) = combined(rowwise.stages[stage], acc(l, t), value);
    kernel.funcs[name] = acc;
    kernel.rvars[fmt::format("i_{}", stage)] = i;
    accs.push_back(acc);
  }

  std::vector<Expr> operands{seqLength};
  for (Func &acc : accs)
    operands.push_back(acc(c % tileCols, c / tileCols));
  for (ImageParam &vector : vectors)
    operands.push_back(vector(c));
  for (ImageParam &other : rows)
    operands.push_back(other(c, r));
  Func output("output");
  output(c, r) = scalars.finish ? scalars.finish(operands) : operands.back();
  promiseRows(output.output_buffer(), width);

  kernel.output = output;
  kernel.vars = {{"c", c}, {"r", r}, {"l", l}, {"t", t}};
  return kernel;
}

KernelFuncs buildRowwise(const KernelDesc &desc, const Config &config,
                         const Scalars &scalars) {
  return desc.rowwise.overSequence ? buildOverSequence(desc, config, scalars)
                                   : buildOverRow(desc, scalars);
}

} // namespace xf::kernels
