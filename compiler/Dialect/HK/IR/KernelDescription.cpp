// Structured ops as plain descriptions, and the names of kernels.
#include "compiler/Dialect/HK/IR/KernelDescription.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace xf::hk {

static targets::GatherIndex toTargets(StringRef index) {
  return llvm::StringSwitch<targets::GatherIndex>(index)
      .Case("ids", targets::GatherIndex::Ids)
      .Cases("positions", "pos", targets::GatherIndex::Positions)
      .Case("token_types", targets::GatherIndex::Types)
      .Default(targets::GatherIndex::Other);
}

static targets::Normalizer toTargets(Normalizer normalizer) {
  switch (normalizer) {
  case Normalizer::Softmax:
    return targets::Normalizer::Softmax;
  case Normalizer::Sigmoid:
    return targets::Normalizer::Sigmoid;
  case Normalizer::OneHot:
    return targets::Normalizer::OneHot;
  case Normalizer::Signed:
    return targets::Normalizer::Signed;
  case Normalizer::Queries:
    return targets::Normalizer::Queries;
  }
  llvm_unreachable("every normalizer is above");
}

static targets::Combine toTargets(Combine combine) {
  switch (combine) {
  case Combine::Add:
    return targets::Combine::Add;
  case Combine::Max:
    return targets::Combine::Max;
  case Combine::Min:
    return targets::Combine::Min;
  }
  llvm_unreachable("every combiner is above");
}

static void describe(GatherOp op, targets::KernelDesc &desc) {
  desc.kind = targets::KernelKind::Gather;
  desc.gather.width = getWidth(op.getResult());
  for (auto index : op.getIndices().getAsRange<StringAttr>())
    desc.gather.tables.push_back(toTargets(index.getValue()));
}

static void describe(GemmOp op, targets::KernelDesc &desc) {
  desc.kind = targets::KernelKind::Gemm;
  desc.gemm.k = getWidth(op.getX());
  desc.gemm.n = getWidth(op.getResult());
  desc.gemm.vectors = op.getVectors().size();
  desc.gemm.rows = op.getRows().size();
}

/// The logical extents of weights.
static std::vector<std::vector<int64_t>> extentsOf(Operation *op,
                                                   ArrayAttr symbols) {
  std::vector<std::vector<int64_t>> extents;
  for (auto symbol : symbols.getAsRange<FlatSymbolRefAttr>())
    extents.push_back(SymbolTable::lookupNearestSymbolFrom<WeightOp>(op, symbol)
                          .getTensorType()
                          .getShape()
                          .vec());
  return extents;
}

/// What the regions read, and where.
static void describeReads(AttentionOp op, targets::AttentionDesc &a) {
  for (Value rows : op.getRows()) {
    RowSpace space = getSpace(rows);
    a.rows.push_back({getWidth(rows), space == RowSpace::Sequences
                                          ? targets::ReadSpace::Sequences
                                      : space == getSpace(op.getQ())
                                          ? targets::ReadSpace::Queries
                                          : targets::ReadSpace::Keys});
  }
  for (Value pairs : op.getPairs())
    a.pairs.push_back(getWidth(pairs));
  a.tables = extentsOf(op, op.getTables());
}

static void describe(AttentionOp op, targets::KernelDesc &desc) {
  desc.kind = targets::KernelKind::Attention;
  targets::AttentionDesc &a = desc.attention;
  a.heads = op.getHeads();
  a.kvHeads = op.getKvHeads();
  a.headDim = op.getHeadDim();
  a.valueDim = op.getValueDim();
  a.qOffset = op.getQOffset();
  a.kOffset = op.getKOffset();
  a.vOffset = op.getVOffset();
  a.qWidth = getWidth(op.getQ());
  a.kWidth = getWidth(op.getK());
  a.vWidth = getWidth(op.getV());
  a.scale = op.getScale().convertToFloat();
  a.hasScoreMod = !op.getScoreMod().empty();
  a.hasMaskMod = !op.getMaskMod().empty();
  a.sharedQKV = op.isShared();
  describeReads(op, a);
  a.crossKeys = op.isCross();
  a.zeroKey = op.getZeroKey();
  a.memoryKeys = op.getNumMemories();
  a.sink = op.getSinkAttr() != nullptr;
  a.emptyIsZero = op.getEmpty() == EmptyRows::Zero;
  a.hasAliveMod = !op.getAliveMod().empty();
  a.preMix = op.getPreMixAttr() != nullptr;
  a.postMix = op.getPostMixAttr() != nullptr;
  a.gateMix = op.getGateMixAttr() != nullptr;
  a.scoresIn = op.getScoresIn() != nullptr;
  a.scoresOut = op.getScores() != nullptr;
  a.l2Distance = op.getL2Distance();
  a.selective = op.getSelective();
  a.suffixSums = op.getSuffixSums();
  a.topK = op.getTopK().value_or(0);
  a.normalizer = toTargets(op.getNormalizer());
  if (FlatSymbolRefAttr cope = op.getCopeAttr())
    a.copeLength = SymbolTable::lookupNearestSymbolFrom<WeightOp>(op, cope)
                       .getTensorType()
                       .getDimSize(0);
  a.copeMix = op.getCopeMixAttr() != nullptr;
}

static void describe(RowwiseOp op, targets::KernelDesc &desc) {
  desc.kind = targets::KernelKind::Rowwise;
  desc.rowwise.overSequence = op.isOverSequence();
  desc.rowwise.width = getWidth(op.getResult());
  for (unsigned stage = 0; stage < op.getNumStages(); ++stage)
    desc.rowwise.stages.push_back(toTargets(op.getStageCombine(stage)));
  desc.rowwise.vectors = op.getVectors().size();
  desc.rowwise.rows = op.getRows().size();
  desc.rowwise.groups = op.getGroups();
}

static void describe(MapOp op, targets::KernelDesc &desc) {
  desc.kind = targets::KernelKind::Map;
  desc.map.width = getWidth(op.getResult());
  for (Value input : op.getInputs())
    desc.map.operands.push_back(
        {getWidth(input),
         /*perSequence=*/getSpace(input) != getSpace(op.getResult()),
         /*otherRows=*/false});
  op.walk([&](ReadOp read) {
    if (read.getRow())
      desc.map.operands[read.getOperand()].otherRows = true;
  });
  desc.map.tables = extentsOf(op, op.getTables());
  desc.map.usesBatch = op.getBatch() != nullptr;
}

/// A word per transcendental of the op's regions, each once, in order.
static std::string functionWords(StructuredOp op) {
  std::string words;
  llvm::SmallDenseSet<StringRef> seen;
  for (Region *region : op.getScalarRegions())
    region->walk([&](Operation *inner) {
      StringRef name = inner->getName().stripDialect();
      if (isa<math::MathDialect>(inner->getDialect()) &&
          seen.insert(name).second)
        words += "_" + name.str();
    });
  return words;
}

/// `_bias` for one vector, `_residual` for one row operand, a number before the
/// word for more.
static std::string operandWords(unsigned vectors, unsigned rows) {
  auto word = [](unsigned count, StringRef text) -> std::string {
    if (count == 0)
      return "";
    return "_" + (count > 1 ? std::to_string(count) : "") + text.str();
  };
  return word(vectors, "bias") + word(rows, "residual");
}

std::string kernelName(StructuredOp op) {
  auto number = [](int64_t value) { return std::to_string(value); };
  return llvm::TypeSwitch<Operation *, std::string>(op.getOperation())
      .Case([&](GatherOp gather) {
        return "gather_" + number(getWidth(gather.getResult())) +
               functionWords(op);
      })
      .Case([&](GemmOp gemm) {
        return "gemm_" + number(getWidth(gemm.getX())) + "x" +
               number(getWidth(gemm.getResult())) +
               operandWords(gemm.getVectors().size(), gemm.getRows().size()) +
               functionWords(op);
      })
      .Case([&](AttentionOp attention) {
        return "attention_" + number(attention.getHeads()) + "x" +
               number(attention.getHeadDim()) +
               (attention.isCross() ? "_cross" : "") +
               (attention.getScoreMod().empty() ? "" : "_score") +
               (attention.getMaskMod().empty() ? "" : "_mask");
      })
      .Case([&](MapOp map) {
        return "map_" + number(getWidth(map.getResult())) + functionWords(op);
      })
      .Case([&](RowwiseOp rowwise) {
        return std::string(rowwise.isOverSequence() ? "pool_" : "rowwise_") +
               number(getWidth(rowwise.getResult())) + functionWords(op);
      });
}

targets::KernelDesc describeKernel(StructuredOp op) {
  targets::KernelDesc desc;
  auto kernel = dyn_cast<KernelOp>(op->getParentOp());
  desc.name = kernel ? kernel.getSymName().str() : kernelName(op);
  desc.math = functionWords(op);
  llvm::TypeSwitch<Operation *>(op.getOperation())
      .Case<GatherOp, GemmOp, AttentionOp, RowwiseOp, MapOp>(
          [&](auto concrete) { describe(concrete, desc); });
  return desc;
}

/// The form of `config`, made if there is none yet.
static unsigned findForm(TargetForms &target, StringRef kernel,
                         const targets::Config &config) {
  targets::Config code = targets::codeConfig(config);
  auto found = llvm::find_if(
      target.forms, [&](const KernelForm &form) { return form.code == code; });
  if (found == target.forms.end()) {
    std::string name = kernel.str();
    if (int64_t most = config.get("max_rows"))
      name += "_upto" + std::to_string(most);
    target.forms.push_back({name, std::move(code)});
    return target.forms.size() - 1;
  }
  return found - target.forms.begin();
}

std::vector<TargetForms> collectForms(KernelOp kernel) {
  std::vector<TargetForms> targets;
  ArrayAttr configs = kernel.getStructuredOp().getConfigsAttr();
  if (!configs)
    return targets;
  for (auto config : configs.getAsRange<ConfigAttr>()) {
    if (targets.empty() || targets.back().target != config.getTarget())
      targets.push_back({config.getTarget().str(), {}, {}, {}});
    targets.back().configs.push_back(toConfig(config));
  }
  // From the last config, which names a form that it shares.
  for (TargetForms &target : targets) {
    target.formOf.resize(target.configs.size());
    for (size_t i = target.configs.size(); i-- > 0;)
      target.formOf[i] =
          findForm(target, kernel.getSymName(), target.configs[i]);
  }
  return targets;
}

targets::Config toConfig(ConfigAttr attr) {
  targets::Config config;
  config.target = attr.getTarget().str();
  config.variant = attr.getVariant().str();
  for (NamedAttribute entry : attr.getValues())
    config.values[entry.getName().str()] =
        cast<IntegerAttr>(entry.getValue()).getInt();
  return config;
}

ConfigAttr fromConfig(MLIRContext *context, const targets::Config &config) {
  NamedAttrList values;
  for (const auto &[key, value] : config.values)
    values.append(key, IntegerAttr::get(IntegerType::get(context, 64), value));
  return ConfigAttr::get(context, config.target, config.variant,
                         values.getDictionary(context));
}

} // namespace xf::hk
