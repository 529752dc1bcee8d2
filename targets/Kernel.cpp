// The text form of kernel descriptions.
#include "targets/Kernel.h"

#include <fmt/format.h>

namespace xf::targets {

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
  }
  return "";
}

static std::string key(const GemmDesc &gemm) {
  return fmt::format("gemm k={} n={} vectors={} rows={}", gemm.k, gemm.n,
                     gemm.vectors, gemm.rows);
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
                     int(a.sharedQKV));
}

static std::string key(const RowwiseDesc &rowwise) {
  std::string stages;
  for (Combine combine : rowwise.stages)
    stages += combine == Combine::Add   ? "+"
              : combine == Combine::Max ? "^"
                                        : "v";
  return fmt::format("rowwise over={} width={} stages={} vectors={} rows={}",
                     rowwise.overSequence ? "sequence" : "row", rowwise.width,
                     stages.empty() ? "none" : stages, rowwise.vectors,
                     rowwise.rows);
}

static std::string key(const GatherDesc &gather) {
  std::string tables;
  for (GatherIndex index : gather.tables)
    tables += index == GatherIndex::Ids         ? "i"
              : index == GatherIndex::Positions ? "p"
                                                : "t";
  return fmt::format("gather width={} tables={}", gather.width, tables);
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
  }
  return "";
}

} // namespace xf::targets
