// Arguments in the order of Kernels.h; reads that stay within them.
#include "compiler/Kernels/AttentionInputs.h"

#include <fmt/format.h>

namespace xf::kernels {

using Halide::ImageParam;
using Halide::Internal::Interval;
using Halide::Internal::Scope;
using targets::AttentionDesc;
using targets::KernelFuncs;
using targets::ReadSpace;

/// Appends a value per key, head and query row.
static ImageParam addPairsInput(KernelFuncs &kernel, const std::string &name,
                                int64_t heads) {
  ImageParam image(Halide::Float(32), 3, name);
  image.dim(0).set_min(0);
  image.dim(1).set_bounds(0, int(heads));
  kernel.arguments.push_back(image);
  kernel.inputs.push_back(image);
  return image;
}

AttentionInputs addAttentionInputs(KernelFuncs &kernel,
                                   const AttentionDesc &desc) {
  AttentionInputs in{desc};
  int heads = int(desc.heads), headDim = int(desc.headDim);
  in.q = addRowsInput(kernel, desc.sharedQKV ? "qkv" : "q", desc.qWidth);
  in.k = desc.sharedQKV ? in.q : addRowsInput(kernel, "k", desc.kWidth);
  in.v = desc.sharedQKV ? in.q : addRowsInput(kernel, "v", desc.vWidth);
  for (size_t n = 0; n < desc.rows.size(); ++n)
    in.rows.push_back(
        addRowsInput(kernel, fmt::format("rows_{}", n), desc.rows[n].width));
  for (size_t n = 0; n < desc.pairs.size(); ++n)
    in.pairs.push_back(
        addPairsInput(kernel, fmt::format("pairs_{}", n), desc.pairs[n]));
  if (desc.scoresIn)
    in.scoresIn = addPairsInput(kernel, "scores_in", heads);
  in.tables = addTables(kernel, desc.tables);
  auto addMatrix = [&](bool given, ImageParam &image, const char *name,
                       int64_t width, int64_t height) {
    if (given)
      image =
          addInput(kernel, name, Halide::Float(32), {int(width), int(height)});
  };
  if (desc.sink)
    in.sink = addInput(kernel, "sink", Halide::Float(32), {heads});
  int64_t memories = desc.kvHeads * desc.memoryKeys;
  addMatrix(memories != 0, in.memoryKeys, "memory_keys", headDim, memories);
  addMatrix(memories != 0, in.memoryValues, "memory_values", desc.valueDim,
            memories);
  addMatrix(desc.preMix, in.preMix, "pre_mix", heads, heads);
  addMatrix(desc.postMix, in.postMix, "post_mix", heads, heads);
  addMatrix(desc.gateMix, in.gateMix, "gate_mix", heads, heads);
  addMatrix(desc.copeLength != 0, in.cope, "cope", headDim, desc.copeLength);
  addMatrix(desc.copeMix, in.copeMix, "cope_mix", heads, heads);
  in.keyBegin = in.seqBegin = addScalar(kernel, "seq_begin");
  in.keyLength = in.seqLength = addScalar(kernel, "seq_length");
  if (desc.hasKeyScalars()) {
    in.otherBegin = addScalar(kernel, "key_begin");
    in.otherLength = addScalar(kernel, "key_length");
    in.sequence = addScalar(kernel, "sequence");
  }
  if (desc.crossKeys)
    in.keyBegin = in.otherBegin, in.keyLength = in.otherLength;
  return in;
}

Expr AttentionInputs::key(Expr d, Expr j, Expr h) const {
  return k(int(desc.kOffset) + h % int(desc.kvHeads) * int(desc.headDim) + d,
           keyBegin + Halide::min(j, keyLength - 1));
}

Expr AttentionInputs::value(Expr c, Expr j, Expr h) const {
  return v(int(desc.vOffset) + h % int(desc.kvHeads) * int(desc.valueDim) + c,
           keyBegin + Halide::min(j, keyLength - 1));
}

/// Row `e` of the extra keys or values of a head: 0 for the zero key.
static Expr extraRow(const AttentionDesc &desc, ImageParam memory, Expr column,
                     Expr e, Expr h) {
  if (desc.memoryKeys == 0)
    return 0.0f;
  int zero = desc.zeroKey ? 1 : 0, last = int(desc.memoryKeys) - 1;
  Expr row = h % int(desc.kvHeads) * int(desc.memoryKeys) +
             Halide::clamp(e - zero, 0, last);
  return Halide::select(e < zero, 0.0f, memory(column, row));
}

Expr AttentionInputs::extraKey(Expr d, Expr e, Expr h) const {
  return extraRow(desc, memoryKeys, d, e, h);
}

Expr AttentionInputs::extraValue(Expr c, Expr e, Expr h) const {
  return extraRow(desc, memoryValues, c, e, h);
}

/// `index` as one that dimension `d` of `image` has.
static Expr promised(Expr index, ImageParam image, int d) {
  return Halide::unsafe_promise_clamped(index, image.dim(d).min(),
                                        image.dim(d).max());
}

Reads attentionReads(const AttentionInputs &in, Expr queryRow, Expr query,
                     const Scope<Interval> &within,
                     std::function<Expr(int, Expr)> ownRow) {
  Reads reads;
  reads.row = [=, &in, &within](int operand, Expr column, Expr row) -> Expr {
    const targets::AttentionRows &read = in.desc.rows.at(operand);
    ImageParam image = in.rows[operand];
    bool isOwn = read.space == ReadSpace::Queries &&
                 (!row.defined() || row.same_as(query));
    if (isOwn && ownRow)
      if (Expr kept = ownRow(operand, column); kept.defined())
        return kept;
    Expr at = read.space == ReadSpace::Sequences ? in.sequence
              : isOwn                            ? queryRow
              : read.space == ReadSpace::Keys
                  ? in.otherBegin + Halide::clamp(row, 0, in.otherLength - 1)
                  : in.seqBegin + Halide::clamp(row, 0, in.seqLength - 1);
    return image(inRange(column, int(read.width), within),
                 promised(at, image, 1));
  };
  reads.table = tableReader(in.tables, within);
  reads.pair = [=, &in](int number, Expr head, Expr key) -> Expr {
    ImageParam image = in.pairs.at(number);
    return image(promised(Halide::max(key, 0), image, 0),
                 head % int(in.desc.pairs[number]),
                 promised(queryRow, image, 2));
  };
  return reads;
}

} // namespace xf::kernels
