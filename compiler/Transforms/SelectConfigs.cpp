// hk-select-configs: the one place where it is decided how a kernel is computed
// on each target. Everything after it obeys the attribute, so a choice can be
// printed, compared and overridden.
#include "compiler/Dialect/HK/IR/HK.h"
#include "compiler/Dialect/HK/IR/KernelDescription.h"
#include "compiler/Transforms/Passes.h"
#include "targets/Choice.h"

#include "llvm/ADT/STLExtras.h"

namespace xf {
#define GEN_PASS_DEF_SELECTCONFIGSPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace xf

using namespace mlir;

namespace xf {
namespace {

/// A config given for one kernel, by name.
struct Override {
  std::string kernel;
  targets::Config config; ///< without max_rows
  int64_t maxRows = 0;    ///< of the only class that it is for; 0: for all
  bool used = false;
};

/// The choices for one target, joined to what an op holds.
class ConfigList {
public:
  /// `choice` is for up to `maxRows` rows, more than what was added before;
  /// 0: any number. An equal choice before it takes it in.
  void add(targets::Choice choice, int64_t maxRows) {
    if (!choices.empty() && choices.back().config == choice.config) {
      maxRowsOf.back() = maxRows;
      join(choices.back().source, choice.source);
      return;
    }
    choices.push_back(std::move(choice));
    maxRowsOf.push_back(maxRows);
  }

  void appendTo(SmallVectorImpl<Attribute> &configs,
                SmallVectorImpl<Attribute> &sources, MLIRContext *context) {
    for (auto [choice, maxRows] : llvm::zip(choices, maxRowsOf)) {
      if (maxRows)
        choice.config.values["max_rows"] = maxRows;
      configs.push_back(hk::fromConfig(context, choice.config));
      sources.push_back(StringAttr::get(context, choice.source));
    }
  }

private:
  /// Words on the first line, a record on each further one: those of `added`
  /// follow those of `source` unless they are there.
  static void join(std::string &source, StringRef added) {
    auto [words, records] = StringRef(source).split('\n');
    auto [newWords, newRecords] = added.split('\n');
    std::string joined = words.str();
    if (!llvm::is_contained(llvm::split(words, ", "), newWords))
      joined += ", " + newWords.str();
    if (!records.empty())
      joined += "\n" + records.str();
    for (StringRef record : llvm::split(newRecords, '\n'))
      if (!record.empty() &&
          !llvm::is_contained(llvm::split(records, '\n'), record))
        joined += "\n" + record.str();
    source = std::move(joined);
  }

  std::vector<targets::Choice> choices;
  std::vector<int64_t> maxRowsOf;
};

/// `4, 48 or 384`: where classes end.
std::string borders() {
  std::string text;
  for (const targets::ShapeClass &shapeClass :
       ArrayRef(targets::shapeClasses()).drop_back())
    text += (text.empty() ? "" : ", ") + std::to_string(shapeClass.maxRows);
  return text;
}

struct SelectConfigsPass : impl::SelectConfigsPassBase<SelectConfigsPass> {
  using Base::Base;
  SelectConfigsPass(const SelectConfigsPassOptions &options,
                    targets::ConfigChooser chooser)
      : Base(options), chooser(std::move(chooser)) {}

  void runOnOperation() override {
    SmallVector<const targets::Machine *> machines;
    SmallVector<Override> given;
    if (failed(findMachines(machines)) || failed(parseOverrides(given)))
      return signalPassFailure();
    WalkResult walk = getOperation().walk([&](hk::StructuredOp op) {
      return WalkResult(decide(op, machines, given));
    });
    if (walk.wasInterrupted())
      return signalPassFailure();
    for (const Override &entry : given)
      if (!entry.used) {
        getOperation().emitError()
            << "`overrides` names the kernel `" << entry.kernel << "` for \""
            << entry.config.target
            << "\", but there is no such kernel and target";
        signalPassFailure();
      }
  }

  LogicalResult
  findMachines(SmallVectorImpl<const targets::Machine *> &machines) {
    for (const std::string &name : targets) {
      machines.push_back(targets::findMachine(name));
      if (!machines.back()) {
        InFlightDiagnostic diag = getOperation().emitError()
                                  << "there is no target `" << name << "`";
        std::string known;
        for (const targets::Machine &machine : targets::cpuMachines())
          known += (known.empty() ? "`" : ", `") + machine.name + "`";
        diag.attachNote() << "targets are " << known;
        return diag;
      }
    }
    if (targets.empty())
      for (const targets::Machine &machine : targets::cpuMachines())
        machines.push_back(&machine);
    return success();
  }

  /// `NAME{config}; NAME{config}`.
  LogicalResult parseOverrides(SmallVectorImpl<Override> &given) {
    SmallVector<StringRef> entries;
    StringRef(overrides).split(entries, ';', -1, /*KeepEmpty=*/false);
    for (StringRef entry : entries) {
      entry = entry.trim();
      auto [name, body] = entry.split('{');
      if (name.trim().empty() || !body.consume_back("}"))
        return getOperation().emitError()
               << "an override is `KERNEL{target = \"...\", variant = \"...\", "
                  "...}`, not `"
               << entry << "`";
      std::string error;
      std::optional<targets::Config> config =
          targets::parseConfig(body.str(), error);
      if (!config)
        return getOperation().emitError() << "the override of `" << name.trim()
                                          << "` is no config: " << error;
      given.push_back({name.trim().str(), std::move(*config)});
      Override &last = given.back();
      last.maxRows = last.config.get("max_rows");
      last.config.values.erase("max_rows");
    }
    return success();
  }

  /// An override that names `desc`'s kernel on `machine` is legal for it.
  static LogicalResult checkOverride(hk::StructuredOp op, const Override &entry,
                                     const targets::KernelDesc &desc,
                                     const targets::Machine &machine) {
    std::string broken = targets::checkConfig(entry.config, desc, machine);
    if (!broken.empty())
      return op->emitError() << "the override of `" << desc.name << "` for \""
                             << machine.name << "\" is not legal: " << broken;
    if (llvm::none_of(targets::shapeClasses(), [&](const auto &shapeClass) {
          return shapeClass.maxRows == entry.maxRows;
        }))
      return op->emitError()
             << "the override of `" << desc.name << "` for \"" << machine.name
             << "\" has `max_rows = " << entry.maxRows
             << "`, but classes end at " << borders()
             << " rows; without `max_rows` it is for all";
    return success();
  }

  /// What to do for one class: the last override that is for it, or else what
  /// the chooser says.
  targets::Choice choose(const targets::KernelDesc &desc,
                         const targets::Machine &machine,
                         const targets::ShapeClass &shapeClass,
                         ArrayRef<Override> given) const {
    for (const Override &entry : llvm::reverse(given))
      if (entry.kernel == desc.name && entry.config.target == machine.name &&
          (entry.maxRows == 0 || entry.maxRows == shapeClass.maxRows))
        return {entry.config, "override"};
    return chooser(desc, machine, shapeClass);
  }

  LogicalResult decide(hk::StructuredOp op,
                       ArrayRef<const targets::Machine *> machines,
                       SmallVectorImpl<Override> &given) const {
    targets::KernelDesc desc = hk::describeKernel(op);
    SmallVector<Attribute> configs, sources;
    for (const targets::Machine *machine : machines) {
      for (Override &entry : given) {
        if (entry.kernel != desc.name || entry.config.target != machine->name)
          continue;
        if (failed(checkOverride(op, entry, desc, *machine)))
          return failure();
        entry.used = true;
      }
      ConfigList list;
      for (const targets::ShapeClass &shapeClass : targets::shapeClasses())
        list.add(choose(desc, *machine, shapeClass, given), shapeClass.maxRows);
      list.appendTo(configs, sources, op->getContext());
    }
    op.setConfigsAttr(ArrayAttr::get(op->getContext(), configs));
    op.setConfigSourcesAttr(ArrayAttr::get(op->getContext(), sources));
    return success();
  }

  targets::ConfigChooser chooser = targets::heuristicChoice;
};

} // namespace

std::unique_ptr<Pass>
createSelectConfigsPass(const SelectConfigsPassOptions &options,
                        targets::ConfigChooser chooser) {
  return std::make_unique<SelectConfigsPass>(options, std::move(chooser));
}

} // namespace xf
