// The declarations of a spec: imports, `let`s, models in the order of
// derivation, weights and policies.
#include "dsl/Sema.h"
#include "dsl/Expressions.h"
#include "dsl/Imports.h"
#include "dsl/KnobRules.h"
#include "dsl/Nearest.h"
#include "dsl/Parser.h"
#include "dsl/Resolve.h"
#include "dsl/Sides.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Path.h"

namespace xf::dsl {

namespace {

class Analyzer {
public:
  Analyzer(LoadedSpec spec, DiagnosticEngine &diags)
      : files(std::move(spec.files)),
        lostDecls(spec.lostFile || anyLost(&SourceFile::lostDecls)),
        lostItems(lostDecls || anyLost(&SourceFile::lostItems)), diags(diags),
        constants(diags, lostDecls) {}

  CheckedSpec run() {
    forEach<LetDecl>(
        [&](const LetDecl &let, const LoadedFile &) { constants.add(let); });
    constants.evaluateAll();
    forEach<ModelDecl>([&](const ModelDecl &decl, const LoadedFile &file) {
      add(decl, file);
    });
    for (Entry *entry : inOrder)
      resolve(*entry, entry->decl->name.range);
    forEach<WeightsDecl>([&](const WeightsDecl &decl, const LoadedFile &file) {
      weights(decl, file);
    });
    forEach<PolicyDecl>(
        [&](const PolicyDecl &decl, const LoadedFile &) { policy(decl); });

    checkRules();

    CheckedSpec spec;
    for (Entry *entry : inOrder)
      if (entry->model)
        spec.models.push_back(std::move(*entry->model));
    for (LoadedFile &file : files)
      spec.files.push_back(std::move(file.file));
    return spec;
  }

private:
  enum class State { Fresh, Running, Done };
  struct Entry {
    const ModelDecl *decl;
    bool imported;
    State state = State::Fresh;
    std::optional<CheckedModel>
        model;            ///< none where the class or base is unknown
    bool clean = false;   ///< no error in it or its bases
    SourceRange use = {}; ///< where it was derived from, while running
  };

  bool anyLost(bool SourceFile::*lost) const {
    return llvm::any_of(
        files, [&](const LoadedFile &file) { return (*file.file).*lost; });
  }

  template <typename T, typename Fn> void forEach(Fn fn) {
    for (const LoadedFile &file : files)
      for (const Decl &decl : file.file->decls)
        if (auto *node = std::get_if<T>(&decl.node))
          fn(*node, file);
  }

  // --- models

  void add(const ModelDecl &decl, const LoadedFile &file) {
    bool imported = &file != &files.back();
    auto [at, isNew] =
        entries.try_emplace(decl.name.text, Entry{&decl, imported});
    if (isNew)
      inOrder.push_back(&at->second);
    else
      diags.report(decl.name.range, diag::Duplicate, "model", decl.name.text)
          .note(at->second.decl->name.range, diag::NoteFirst);
  }

  /// The model `name`, resolved; reports one that does not exist. Null, perhaps
  /// silently, where there is none.
  CheckedModel *find(const Name &name) {
    auto at = entries.find(name.text);
    if (at != entries.end())
      return resolve(at->second, name.range);
    if (lostDecls)
      return nullptr;
    auto builder = diags.report(name.range, diag::UnknownModel, name.text);
    if (findClass(name.text))
      builder.hint("it is a class; `with` derives from a model");
    else if (auto near = nearestName(name.text, entries.keys()))
      builder.hint(fmt::format("did you mean `{}`?", std::string_view(*near)),
                   name.range, near->str());
    return nullptr;
  }

  CheckedModel *resolve(Entry &entry, SourceRange use) {
    if (entry.state == State::Running) {
      reportCycle(entry, use);
      return nullptr;
    }
    if (entry.state == State::Fresh) {
      if (running.size() >= MaxNesting) { // each base is a level of recursion
        diags.report(use, diag::TooDeep, MaxNesting);
        return nullptr;
      }
      entry.state = State::Running;
      entry.use = use;
      running.push_back(&entry);
      construct(entry);
      running.pop_back();
      entry.state = State::Done;
    }
    return entry.model ? &*entry.model : nullptr;
  }

  void construct(Entry &entry) {
    const ModelDecl &decl = *entry.decl;
    bool derived = !decl.base.text.empty();
    CheckedModel model;
    if (derived) {
      const CheckedModel *base = find(decl.base);
      if (!base)
        return;
      model = *base;
    } else {
      const Name &name = decl.body.className;
      if (!findClass(name.text) && entries.count(name.text)) {
        auto at = llvm::SMLoc::getFromPointer(name.range.End.getPointer());
        diags.report(name.range, diag::MissingWith, name.text)
            .hint("write `with` before the brace", {at, at}, " with");
        return;
      }
      model.cls = resolveClass(name, /*wantStack=*/false, diags);
      if (!model.cls)
        return;
    }
    model.name = decl.name.text;
    model.nameRange = decl.name.range;
    model.imported = entry.imported;
    unsigned errors = diags.errorCount();
    resolveModel(decl.body, model, derived, lostItems, constants, diags);
    if (model.cls->owner == KnobOwner::XTransformer)
      model.sides = sidesOf(model);
    bool baseIsClean = !derived || entries.find(decl.base.text)->second.clean;
    entry.clean = baseIsClean && diags.errorCount() == errors;
    entry.model = std::move(model);
  }

  /// The rules between knobs, for models whose single knobs are right: the
  /// others would break more of them.
  void checkRules() {
    if (lostItems)
      return;
    CheckedSpec clean;
    for (Entry *entry : inOrder)
      if (entry->model && entry->clean)
        clean.models.push_back(*entry->model);
    checkKnobRules(clean, diags);
  }

  void reportCycle(Entry &entry, SourceRange use) {
    auto builder = diags.report(entry.decl->name.range, diag::ModelCycle,
                                entry.decl->name.text);
    for (auto at = llvm::find(running, &entry); at != running.end(); ++at) {
      SourceRange where = at + 1 == running.end() ? use : (*(at + 1))->use;
      builder.note(where, diag::NoteUsedBy, (*at)->decl->name.text);
    }
  }

  // --- weights

  void weights(const WeightsDecl &decl, const LoadedFile &file) {
    CheckedModel *model = find(decl.model);
    static constexpr llvm::StringRef Layouts[] = {"huggingface",
                                                  "x_transformers", "gguf"};
    bool good = llvm::is_contained(Layouts, decl.layout.text);
    if (!good) {
      auto builder = diags.report(decl.layout.range, diag::UnknownLayout,
                                  decl.layout.text);
      if (auto near = nearestName(decl.layout.text, Layouts))
        builder.hint(fmt::format("did you mean `{}`?", std::string_view(*near)),
                     decl.layout.range, near->str());
    } else if (decl.layout.text == "gguf") {
      diags.report(decl.layout.range, diag::LayoutPlanned, decl.layout.text);
      good = false;
    }
    std::optional<Value> path;
    if (decl.args.size() == 1)
      path = evaluateConstant(decl.args.front(), constants, diags);
    bool isPath = path && typeOf(*path) == Type::String &&
                  !std::get<std::string>(path->data).empty();
    if (decl.args.size() != 1 || (path && !isPath))
      diags.report(decl.args.empty() ? decl.layout.range
                                     : decl.args.back().range,
                   diag::LayoutArguments, decl.layout.text);
    if (!firstOf("weights of", decl.model) || !model || !good || !isPath)
      return;
    llvm::SmallString<128> full(std::get<std::string>(path->data));
    if (!llvm::sys::path::is_absolute(full)) {
      full = file.folder;
      llvm::sys::path::append(full, std::get<std::string>(path->data));
    }
    model->weights =
        CheckedWeights{decl.layout.text,
                       full.str().str(),
                       {decl.layout.range.Start, decl.args.front().range.End}};
  }

  /// Reports the second declaration of a kind for a model.
  bool firstOf(const std::string &kind, const Name &model) {
    auto [at, isNew] =
        declared.try_emplace(kind + " " + model.text, model.range);
    if (!isNew)
      diags.report(model.range, diag::Duplicate, kind, model.text)
          .note(at->second, diag::NoteFirst);
    return isNew;
  }

  // --- policies

  void policy(const PolicyDecl &decl) {
    CheckedModel *model = find(decl.model);
    bool first = firstOf(decl.keyword.text, decl.model);
    CheckedPolicy policy{decl.keyword.text,
                         {decl.keyword.range.Start, decl.body.braces.End},
                         {}};
    if (decl.keyword.text == "sweep") {
      if (!model)
        return;
      resolveSweep(decl, *model, policy, constants, diags);
    } else {
      bool refine = decl.keyword.text == "refine";
      resolvePolicy(decl, refine ? KnobOwner::Refine : KnobOwner::Generate,
                    policy, lostItems, constants, diags);
      if (refine && model)
        checkMaskId(policy, *model);
    }
    if (first && model)
      model->policies.push_back(std::move(policy));
  }

  /// The mask token is an id of the vocabulary like any other.
  void checkMaskId(const CheckedPolicy &policy, const CheckedModel &model) {
    auto mask = policy.knobs.find("mask_id");
    auto tokens = model.knobs.find("num_tokens");
    if (mask == policy.knobs.end() || tokens == model.knobs.end())
      return;
    int64_t id = std::get<int64_t>(mask->second.value.data);
    if (id < std::get<int64_t>(tokens->second.value.data))
      return;
    diags.report(mask->second.valueRange, diag::MaskId, id, id + 1)
        .note(tokens->second.valueRange, diag::NoteValueHere, "num_tokens",
              spell(tokens->second.value));
  }

  std::vector<LoadedFile> files;
  const bool lostDecls, lostItems; ///< by syntax errors: what they held is not
                                   ///< reported as missing
  DiagnosticEngine &diags;
  Constants constants;
  llvm::StringMap<Entry> entries;
  std::vector<Entry *> inOrder; ///< by source
  std::vector<Entry *> running; ///< the chain of bases being resolved
  std::map<std::string, SourceRange> declared;
};

} // namespace

std::optional<CheckedSpec> analyze(std::unique_ptr<SourceFile> file,
                                   DiagnosticEngine &diags) {
  CheckedSpec spec = Analyzer(loadImports(std::move(file), diags), diags).run();
  if (diags.hasErrors())
    return std::nullopt;
  return spec;
}

} // namespace xf::dsl
