// Writes each checked model as ops, one attribute per knob that the spec sets,
// with the place it came from.
#include "dsl/ModelBuilder.h"

#include "compiler/Dialect/XF/IR/XF.h"
#include "dsl/ScalarBuilder.h"

#include "llvm/ADT/STLExtras.h"

namespace xf::dsl {

namespace {

using Knobs = std::map<std::string, KnobSetting>;

class ModelBuilder {
public:
  ModelBuilder(DiagnosticEngine &diags, mlir::MLIRContext &context)
      : diags(diags), builder(&context) {}

  void build(const CheckedModel &model, mlir::ModuleOp module) {
    builder.setInsertionPointToEnd(module.getBody());
    auto op = builder.create<ir::ModelOp>(locate(model.nameRange, model.name),
                                          model.name);
    if (model.weights) {
      op.setWeightsLayout(model.weights->layout);
      op.setWeightsFile(model.weights->file);
    }
    builder.setInsertionPointToEnd(&op.getBody().front());
    if (model.cls->owner == KnobOwner::AttentionLayers)
      build(model.stacks.front().second, model.name);
    else
      buildWrapper(model, model.name);
    builder.setInsertionPointToEnd(&op.getBody().front());
    for (const CheckedPolicy &policy : model.policies)
      build(policy, model.name);
  }

private:
  /// A wrapper with what stands inside: one stack, or the two sides of an
  /// XTransformer.
  void buildWrapper(const CheckedModel &model, const std::string &path) {
    mlir::OpBuilder::InsertionGuard guard(builder);
    mlir::Operation *wrapper = createWrapper(
        model.cls->owner, locate(model.nameRange, model.knobs, path));
    setKnobs(wrapper, model.knobs);
    builder.setInsertionPointToEnd(&wrapper->getRegion(0).front());
    for (const auto &[name, stack] : model.stacks)
      build(stack, path + "." + (stack.prefix.empty() ? name : stack.prefix));
    for (const CheckedModel &side : model.sides)
      buildWrapper(side, path + "." + side.stacks.front().second.prefix);
  }

  mlir::Operation *createWrapper(KnobOwner owner, mlir::Location loc) {
    switch (owner) {
    case KnobOwner::TransformerWrapper:
      return builder.create<ir::TransformerWrapperOp>(loc);
    case KnobOwner::ViTransformerWrapper:
      return builder.create<ir::ViTransformerWrapperOp>(loc);
    case KnobOwner::ContinuousTransformerWrapper:
      return builder.create<ir::ContinuousTransformerWrapperOp>(loc);
    case KnobOwner::MultiInputTransformerWrapper:
      return builder.create<ir::MultiInputTransformerWrapperOp>(loc);
    case KnobOwner::XTransformer:
      return builder.create<ir::XTransformerOp>(loc);
    case KnobOwner::AttentionLayers:
    case KnobOwner::Refine:
    case KnobOwner::Generate:
    case KnobOwner::Sweep:
      break;
    }
    llvm_unreachable("the checker lets no other class through");
  }

  void build(const CheckedStack &stack, const std::string &path) {
    auto op = builder.create<ir::AttentionLayersOp>(
        locate(stack.range, stack.knobs, path));
    setKnobs(op, stack.knobs);
    for (llvm::StringRef name :
         {"causal", "cross_attend", "only_cross", "prefix_causal"})
      if (std::optional<bool> set = stack.cls->sets(name);
          set && !stack.knobs.count(name.str()))
        op->setAttr(name, builder.getBoolAttr(*set));
    auto locatePlain = [&](SourceRange range) { return locate(range); };
    ScalarContext scalars{headsOf(stack), locatePlain};
    if (stack.scoreMod)
      buildScalarFunction(*stack.scoreMod, scalars, op.getScoreMod(), diags);
    if (stack.maskMod)
      buildScalarFunction(*stack.maskMod, scalars, op.getMaskMod(), diags);
  }

  void build(const CheckedPolicy &policy, const std::string &model) {
    mlir::Location loc =
        locate(policy.range, policy.knobs, model + "." + policy.keyword);
    mlir::Operation *op = nullptr;
    if (policy.keyword == "refine")
      op = builder.create<ir::RefineOp>(loc);
    else if (policy.keyword == "generate")
      op = builder.create<ir::GenerateOp>(loc);
    if (op) // a sweep is about compiling, not about a model
      setKnobs(op, policy.knobs);
  }

  /// `heads` as set or by default; the checker has looked at both.
  static int64_t headsOf(const CheckedStack &stack) {
    if (auto it = stack.knobs.find("heads"); it != stack.knobs.end())
      return std::get<int64_t>(it->second.value.data);
    int64_t heads = 0;
    findKnob(KnobOwner::AttentionLayers, "heads")
        ->defaultText.getAsInteger(10, heads);
    return heads;
  }

  void setKnobs(mlir::Operation *op, const Knobs &knobs) {
    for (const auto &[name, setting] : knobs)
      if (isHeld(setting))
        op->setAttr(name, attribute(setting.value, setting.knob->type));
  }

  /// Training-only knobs had their remark, and an explicit `none` is the
  /// default of a knob that has no value.
  static bool isHeld(const KnobSetting &setting) {
    const KnobInfo &knob = *setting.knob;
    if (knob.status == KnobStatus::TrainingOnly ||
        knob.type == KnobType::Stack || isOfSide(knob))
      return false;
    auto *word = std::get_if<std::string>(&setting.value.data);
    return knob.type == KnobType::Enum || knob.defaultText != "none" || !word ||
           *word != "none";
  }

  /// Those stand on the sides themselves.
  static bool isOfSide(const KnobInfo &knob) {
    return knob.owner == KnobOwner::XTransformer &&
           (knob.name.starts_with("enc_") || knob.name.starts_with("dec_"));
  }

  mlir::Attribute attribute(const std::vector<ValueEntry> &entries) {
    llvm::SmallVector<mlir::NamedAttribute> attrs;
    for (const ValueEntry &entry : entries)
      attrs.push_back(builder.getNamedAttr(
          entry.name, attribute(entry.value, KnobType::Any)));
    return builder.getDictionaryAttr(attrs);
  }

  mlir::Attribute attribute(const Value &value, KnobType type) {
    if (auto *entries = std::get_if<std::vector<ValueEntry>>(&value.data))
      return attribute(*entries);
    if (auto *list = std::get_if<std::vector<Value>>(&value.data))
      return builder.getArrayAttr(
          llvm::to_vector(llvm::map_range(*list, [&](const Value &element) {
            return attribute(element, type);
          })));
    if (auto *boolean = std::get_if<bool>(&value.data))
      return builder.getBoolAttr(*boolean);
    if (auto *integer = std::get_if<int64_t>(&value.data)) {
      if (type == KnobType::Float)
        return builder.getF64FloatAttr(static_cast<double>(*integer));
      return builder.getI64IntegerAttr(*integer);
    }
    if (auto *real = std::get_if<double>(&value.data))
      return builder.getF64FloatAttr(*real);
    auto &word = std::get<std::string>(value.data);
    if (type == KnobType::Int) // `none` for one layer of a list
      return builder.getUnitAttr();
    return builder.getStringAttr(word);
  }

  //===--- Locations
  //--------------------------------------------------------===//

  mlir::Location locate(SourceRange range) {
    llvm::SourceMgr &sources = diags.sourceMgr();
    unsigned buffer =
        range.isValid() ? sources.FindBufferContainingLoc(range.Start) : 0;
    if (!buffer)
      return builder.getUnknownLoc();
    auto [line, column] = sources.getLineAndColumn(range.Start, buffer);
    return mlir::FileLineColLoc::get(
        builder.getContext(),
        sources.getMemoryBuffer(buffer)->getBufferIdentifier(), line, column);
  }

  mlir::Location locate(SourceRange range, const llvm::Twine &path) {
    return mlir::NameLoc::get(builder.getStringAttr(path), locate(range));
  }

  /// The op's own place first, then one for each knob it holds.
  mlir::Location locate(SourceRange range, const Knobs &knobs,
                        const llvm::Twine &path) {
    llvm::SmallVector<mlir::Location> places{locate(range, path)};
    for (const auto &[name, setting] : knobs)
      if (isHeld(setting))
        places.push_back(locate(setting.nameRange, path + "." + name));
    return mlir::FusedLoc::get(builder.getContext(), places);
  }

  DiagnosticEngine &diags;
  mlir::OpBuilder builder;
};

} // namespace

mlir::OwningOpRef<mlir::ModuleOp> buildModule(const CheckedSpec &spec,
                                              DiagnosticEngine &diags,
                                              mlir::MLIRContext &context,
                                              llvm::StringRef modelName) {
  context.loadDialect<ir::XFDialect, mlir::arith::ArithDialect,
                      mlir::math::MathDialect>();
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::ModuleOp::create(mlir::UnknownLoc::get(&context));
  ModelBuilder models(diags, context);
  bool found = false;
  for (const CheckedModel &model : spec.models) {
    if (!modelName.empty() && model.name != modelName)
      continue;
    models.build(model, *module);
    found = true;
  }
  if (found || modelName.empty())
    return module;
  std::string names;
  for (const CheckedModel &model : spec.models)
    names += (names.empty() ? "" : ", ") + ("`" + model.name + "`");
  diags.report({}, diag::NoSuchModel, modelName,
               names.empty() ? "none" : names);
  return nullptr;
}

} // namespace xf::dsl
