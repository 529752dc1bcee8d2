// The text form of kernel descriptions.
#include "targets/Kernel.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace xf::targets {

bool AttentionDesc::hasKeyScalars() const {
  return crossKeys || std::any_of(rows.begin(), rows.end(), [](const auto &r) {
           return r.space != ReadSpace::Queries;
         });
}

bool AttentionDesc::keepsScores() const {
  return hasAliveMod || preMix || postMix || gateMix || scoresIn || scoresOut ||
         l2Distance || selective || suffixSums || topK != 0 ||
         copeLength != 0 || normalizer != Normalizer::Softmax;
}

const char *kindName(KernelKind kind) {
  switch (kind) {
  case KernelKind::Gemm:
    return "gemm";
  case KernelKind::Attention:
    return "attention";
  case KernelKind::Rowwise:
    return "rowwise";
  case KernelKind::Gather:
    return "gather";
  case KernelKind::Map:
    return "map";
  }
  return "";
}

static std::string key(const GemmDesc &gemm) {
  return fmt::format("gemm k={} n={} vectors={} rows={}", gemm.k, gemm.n,
                     gemm.vectors, gemm.rows);
}

/// `32x64,8`: the extents of each table.
static std::string tablesText(const std::vector<std::vector<int64_t>> &tables) {
  std::vector<std::string> texts;
  for (const std::vector<int64_t> &extents : tables)
    texts.push_back(fmt::format("{}", fmt::join(extents, "x")));
  return fmt::format("{}", fmt::join(texts, ","));
}

/// What only some attentions have: a word each, nothing for those without.
static std::string extras(const AttentionDesc &a) {
  std::string text;
  auto add = [&](const char *name, const auto &value, bool given) {
    if (given)
      text += fmt::format(" {}={}", name, value);
  };
  std::vector<std::string> rows;
  for (const AttentionRows &operand : a.rows)
    rows.push_back(fmt::format("{}{}", operand.width,
                               operand.space == ReadSpace::Queries ? "q"
                               : operand.space == ReadSpace::Keys  ? "k"
                                                                   : "s"));
  add("rows", fmt::format("{}", fmt::join(rows, ",")), !rows.empty());
  add("pairs", fmt::format("{}", fmt::join(a.pairs, ",")), !a.pairs.empty());
  add("tables", tablesText(a.tables), !a.tables.empty());
  add("cross", 1, a.crossKeys);
  add("zero_key", 1, a.zeroKey);
  add("memory_keys", a.memoryKeys, a.memoryKeys != 0);
  add("sink", 1, a.sink);
  add("empty_zero", 1, a.emptyIsZero);
  add("alive_mod", 1, a.hasAliveMod);
  add("pre_mix", 1, a.preMix);
  add("post_mix", 1, a.postMix);
  add("gate_mix", 1, a.gateMix);
  add("scores_in", 1, a.scoresIn);
  add("scores_out", 1, a.scoresOut);
  add("l2", 1, a.l2Distance);
  add("selective", 1, a.selective);
  add("suffix_sums", 1, a.suffixSums);
  add("top_k", a.topK, a.topK != 0);
  add("normalizer", int(a.normalizer), a.normalizer != Normalizer::Softmax);
  add("cope", a.copeLength, a.copeLength != 0);
  add("cope_mix", 1, a.copeMix);
  return text;
}

// `{}` prints the shortest text that reads back as the same float, so the scale
// is exact.
static std::string key(const AttentionDesc &a) {
  return fmt::format("attention heads={} kv_heads={} head_dim={} value_dim={} "
                     "q={}+{} k={}+{} v={}+{} scale={} "
                     "score_mod={} mask_mod={} shared={}",
                     a.heads, a.kvHeads, a.headDim, a.valueDim, a.qWidth,
                     a.qOffset, a.kWidth, a.kOffset, a.vWidth, a.vOffset,
                     a.scale, int(a.hasScoreMod), int(a.hasMaskMod),
                     int(a.sharedQKV)) +
         extras(a);
}

static std::string key(const RowwiseDesc &rowwise) {
  std::string stages;
  for (Combine combine : rowwise.stages)
    stages += combine == Combine::Add   ? "+"
              : combine == Combine::Max ? "^"
                                        : "v";
  std::string text = fmt::format(
      "rowwise over={} width={} stages={} vectors={} rows={}",
      rowwise.overSequence ? "sequence" : "row", rowwise.width,
      stages.empty() ? "none" : stages, rowwise.vectors, rowwise.rows);
  if (rowwise.groups != 1)
    text += fmt::format(" groups={}", rowwise.groups);
  return text;
}

static std::string key(const GatherDesc &gather) {
  std::string tables;
  for (GatherIndex index : gather.tables)
    tables += index == GatherIndex::Ids         ? "i"
              : index == GatherIndex::Positions ? "p"
              : index == GatherIndex::Types     ? "t"
                                                : "o";
  return fmt::format("gather width={} tables={}", gather.width, tables);
}

static std::string key(const MapDesc &map) {
  std::string operands;
  for (const MapOperand &operand : map.operands)
    operands += fmt::format("{}{}{}{}", operands.empty() ? "" : ",",
                            operand.width, operand.perSequence ? "s" : "",
                            operand.otherRows ? "o" : "");
  return fmt::format("map width={} operands={} tables={} batch={}", map.width,
                     operands.empty() ? "none" : operands,
                     map.tables.empty() ? "none" : tablesText(map.tables),
                     int(map.usesBatch));
}

std::string kernelKey(const KernelDesc &desc) {
  switch (desc.kind) {
  case KernelKind::Gemm:
    return key(desc.gemm);
  case KernelKind::Attention:
    return key(desc.attention);
  case KernelKind::Rowwise:
    return key(desc.rowwise);
  case KernelKind::Gather:
    return key(desc.gather);
  case KernelKind::Map:
    return key(desc.map);
  }
  return "";
}

} // namespace xf::targets
