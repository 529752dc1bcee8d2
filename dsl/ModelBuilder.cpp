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
    auto wrapper = builder.create<ir::TransformerWrapperOp>(
        locate(model.nameRange, model.knobs, model.name));
    setKnobs(wrapper, model.knobs);
    for (const CheckedPolicy &policy : model.policies)
      build(policy, model.name);
    builder.setInsertionPointToEnd(&wrapper.getBody().front());
    for (const auto &[name, stack] : model.stacks)
      build(stack, model.name + "." + name);
  }

private:
  void build(const CheckedStack &stack, const std::string &path) {
    auto op = builder.create<ir::AttentionLayersOp>(
        locate(stack.range, stack.knobs, path));
    setKnobs(op, stack.knobs);
    if (stack.cls->causal >= 0 && !stack.knobs.count("causal"))
      op.setCausalAttr(builder.getBoolAttr(stack.cls->causal));
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
    if (knob.status == KnobStatus::TrainingOnly || knob.type == KnobType::Stack)
      return false;
    auto *word = std::get_if<std::string>(&setting.value.data);
    return knob.type == KnobType::Enum || knob.defaultText != "none" || !word ||
           *word != "none";
  }

  mlir::Attribute attribute(const Value &value, KnobType type) {
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
