// Settings to knobs. A path or group names a stack (`attn_layers`) or a prefix
// (`attn`); what is left is joined with underscores to the full name of the
// knob.
#include "dsl/Resolve.h"
#include "dsl/CheckKnobs.h"
#include "dsl/Nearest.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

namespace xf::dsl {

namespace {

/// Where settings go: a model, a stack of it, or a policy.
struct Target {
  KnobOwner owner;
  std::string name; ///< the class, or the policy's keyword
  std::map<std::string, KnobSetting> *knobs;
  CheckedStack *stack = nullptr;
  std::string path = "";    ///< `attn_layers.` in a stack
  std::string prefix = "";  ///< `attn_` in a group
  bool planned = false;     ///< reported as not supported, so its knobs are not
  bool constructed = false; ///< a stack whose constructor call is being read
};

/// The pieces of the names of the owner's knobs that start with `prefix` and
/// that a group could continue with.
llvm::StringSet<> groupsOf(KnobOwner owner, llvm::StringRef prefix) {
  llvm::StringSet<> groups;
  for (const KnobInfo &knob : allKnobs()) {
    llvm::StringRef rest = knob.name;
    if (knob.owner != owner || !rest.consume_front(prefix))
      continue;
    for (size_t at = rest.find('_', 1); at != llvm::StringRef::npos;
         at = rest.find('_', at + 1))
      groups.insert(rest.take_front(at));
  }
  return groups;
}

std::string didYouMean(llvm::StringRef name) {
  return fmt::format("did you mean `{}`?", std::string_view(name));
}

class Resolver {
public:
  Resolver(CheckedModel *model, bool lostItems, Constants &constants,
           DiagnosticEngine &diags)
      : model(model), lostItems(lostItems), constants(constants), diags(diags) {
  }

  /// Values are lists of candidates that go to `policy`, the model stays as it
  /// is.
  void sweepInto(CheckedPolicy &policy) { sweep = &policy; }

  void items(const std::vector<Item> &list, const Target &target) {
    for (const Item &item : list) {
      if (auto *def = std::get_if<FunctionDef>(&item.node)) {
        function(*def, item.range, target);
      } else if (auto *setting = std::get_if<Setting>(&item.node)) {
        this->setting(*setting, target);
      } else {
        const Group &group = *std::get<std::unique_ptr<Group>>(item.node);
        if (const KnobInfo *knob = dictOf(group, target))
          entries(*knob, group, target);
        else if (std::optional<Target> inner = descend(group.path, target))
          items(group.items, *inner);
      }
    }
  }

  /// Where the settings of the model's body go. A model that is a stack gets
  /// that stack first.
  Target modelTarget(const Block &body, bool derived) {
    if (model->cls->owner != KnobOwner::AttentionLayers) {
      Target target{model->cls->owner, model->cls->name.str(), &model->knobs};
      target.planned = model->cls->status == KnobStatus::Planned;
      return target;
    }
    if (!derived) {
      CheckedStack stack;
      stack.cls = model->cls;
      stack.range = {body.className.range.Start, body.braces.End};
      model->stacks.emplace_back("", std::move(stack));
      constructed.insert("");
    }
    return stackTarget("", *findStack(""));
  }

  /// Reports the required knobs that `target` does not have, at `range`.
  void requireAll(const Target &target, SourceRange range) {
    if (lostItems)
      return;
    for (const KnobInfo &knob : allKnobs())
      if (knob.owner == target.owner && knob.defaultText == "required" &&
          !target.knobs->count(knob.name.str()) &&
          !seen.count(target.path + knob.name.str()))
        diags.report(range, diag::MissingKnob, target.name, knob.name);
  }

private:
  // --- paths and groups

  /// The target that the words lead to; reports and returns nullopt where they
  /// lead nowhere.
  std::optional<Target> descend(llvm::ArrayRef<Name> words, Target target) {
    for (const Name &word : words) {
      std::string full = target.prefix + word.text;
      const KnobInfo *knob = findKnob(target.owner, full);
      if (knob && knob->type == KnobType::Stack && model) {
        CheckedStack *stack = findStack(full);
        if (!stack) {
          if (!seen.count(target.path +
                          full)) // otherwise its class was reported
            diags.report(word.range, diag::KnobIsStack, full, full);
          return std::nullopt;
        }
        target = stackTarget(full, *stack);
      } else if (groupsOf(target.owner, target.prefix).contains(word.text)) {
        target.prefix = full + "_";
      } else {
        unknownGroup(word, full, knob, target);
        return std::nullopt;
      }
    }
    return target;
  }

  void unknownGroup(const Name &word, const std::string &full,
                    const KnobInfo *knob, const Target &target) {
    if (knob) {
      diags.report(word.range, diag::KnobIsPath, full);
      return;
    }
    auto builder =
        diags.report(word.range, diag::UnknownGroup, full, target.name);
    llvm::StringSet<> groups = groupsOf(target.owner, target.prefix);
    if (auto near = nearestName(word.text, groups.keys()))
      builder.hint(didYouMean(*near), word.range, near->str());
    else if (!target.stack && model &&
             groupsOf(KnobOwner::AttentionLayers, "").contains(word.text))
      builder.hint("it is a group of the stack `attn_layers`");
  }

  CheckedStack *findStack(const std::string &name) {
    auto at = llvm::find_if(
        model->stacks, [&](const auto &entry) { return entry.first == name; });
    return at == model->stacks.end() ? nullptr : &at->second;
  }

  Target stackTarget(const std::string &name, CheckedStack &stack) {
    Target target{stack.cls->owner, stack.cls->name.str(), &stack.knobs, &stack,
                  name.empty() ? "" : name + "."};
    target.planned = stack.cls->status == KnobStatus::Planned ||
                     model->cls->status == KnobStatus::Planned;
    target.constructed = constructed.contains(name);
    return target;
  }

  // --- settings

  /// The Dict that a group spells, as in `embed_num_tokens { type = 3 }`; null
  /// where it spells none, or does so behind words that lead elsewhere.
  const KnobInfo *dictOf(const Group &group, const Target &target) {
    if (group.path.size() != 1)
      return nullptr;
    const KnobInfo *knob =
        findKnob(target.owner, target.prefix + group.path.front().text);
    return knob && knob->type == KnobType::Dict && !sweep ? knob : nullptr;
  }

  void entries(const KnobInfo &knob, const Group &group, const Target &target) {
    const Name &word = group.path.front();
    std::string full = knob.name.str();
    if (!firstTime("knob", full, target.path + full, word.range))
      return;
    std::optional<Value> value = checkKnobEntries(
        knob, group.items, word.range, target.planned, constants, diags);
    if (value)
      (*target.knobs)[full] = {&knob, std::move(*value), word.range,
                               group.braces};
    else
      target.knobs->erase(full);
  }

  void setting(const Setting &setting, const Target &outer) {
    std::optional<Target> target =
        descend(llvm::ArrayRef(setting.path).drop_back(), outer);
    if (!target)
      return;
    const Name &word = setting.path.back();
    std::string full = target->prefix + word.text;
    const KnobInfo *knob = findKnob(target->owner, full);
    if (!knob) {
      unknownKnob(word, full, *target);
      return;
    }
    if (!firstTime("knob", full, target->path + full, word.range))
      return;
    if (sweep) {
      if (auto value = checkSweepValue(*knob, setting.value, word.range,
                                       constants, diags))
        sweep->knobs[target->path + full] = {knob, std::move(*value),
                                             word.range, setting.value.range};
    } else if (knob->type == KnobType::Stack && model) {
      stack(*knob, word, setting.value);
    } else {
      value(*knob, word, setting.value, *target);
    }
  }

  void value(const KnobInfo &knob, const Name &word, const Expr &expr,
             const Target &target) {
    std::optional<Value> value = checkKnobValue(
        knob, expr, word.range, target.planned, constants, diags);
    if (!value) {
      target.knobs->erase(knob.name.str());
      return;
    }
    std::optional<bool> sets =
        target.constructed ? target.stack->cls->sets(knob.name) : std::nullopt;
    if (sets && std::get<bool>(value->data) != *sets) {
      auto builder = diags.report(expr.range, diag::ClassSetsKnob, target.name,
                                  knob.name, *sets ? "true" : "false");
      if (knob.name == "causal")
        builder.hint(fmt::format("write `{}`, or override it in a `with`",
                                 *sets ? "Encoder" : "Decoder"));
      else
        builder.hint("write `AttentionLayers`, or override it in a `with`");
      return;
    }
    (*target.knobs)[knob.name.str()] = {&knob, std::move(*value), word.range,
                                        expr.range};
  }

  /// `attn_layers = Encoder { ... }`.
  void stack(const KnobInfo &knob, const Name &word, const Expr &expr) {
    auto *block = std::get_if<std::unique_ptr<Block>>(&expr.node);
    if (!block || (*block)->className.text.empty()) {
      diags.report(expr.range, diag::KnobType, knob.name,
                   block ? "a block without a class" : "no stack",
                   "a stack such as `Encoder { ... }`");
      return;
    }
    const Name &className = (*block)->className;
    CheckedStack fresh;
    fresh.cls = resolveClass(className, /*wantStack=*/true, diags);
    fresh.range = expr.range;
    if (!fresh.cls)
      return;
    std::string name = knob.name.str();
    if (CheckedStack *old = findStack(name))
      *old = std::move(fresh);
    else
      model->stacks.emplace_back(name, std::move(fresh));
    constructed.insert(name);
    Target target = stackTarget(name, *findStack(name));
    items((*block)->items, target);
    requireAll(target, className.range);
  }

  /// Notes that `key` is set; false, and reported, the second time.
  bool firstTime(llvm::StringRef what, llvm::StringRef name,
                 const std::string &key, SourceRange range) {
    auto [at, isNew] = seen.try_emplace(key, range);
    if (!isNew)
      diags.report(range, diag::Duplicate, what, name)
          .note(at->second, diag::NoteFirst);
    return isNew;
  }

  void unknownKnob(const Name &word, const std::string &full,
                   const Target &target) {
    // Right word, wrong place?
    for (const KnobInfo &knob : allKnobs())
      if (knob.name == full && isElsewhere(knob.owner, target)) {
        auto builder = diags.report(word.range, diag::MisplacedKnob, full,
                                    ownerName(knob.owner), target.name);
        if (model && !target.stack && knob.owner == KnobOwner::AttentionLayers)
          builder.hint("set it in `attn_layers`");
        return;
      }
    if (target.stack && (word.text == "mask_mod" || word.text == "score_mod")) {
      diags.report(word.range, diag::UnknownKnob, full, target.name)
          .hint(fmt::format(
              "it is a function: `{}({}h, i, j) = ...` in `attn {{ ... }}`",
              word.text, word.text == "mask_mod" ? "" : "s, "));
      return;
    }
    if (groupsOf(target.owner, target.prefix).contains(word.text)) {
      diags.report(word.range, diag::KnobIsGroup, full, word.text);
      return;
    }
    auto builder =
        diags.report(word.range, diag::UnknownKnob, full, target.name);
    if (!target.prefix.empty() && findKnob(target.owner, word.text)) {
      builder.hint(fmt::format("`{}` stands outside of the group", word.text));
    } else if (const KnobInfo *near = nearestKnob(target.owner, full)) {
      llvm::StringRef name = near->name;
      bool inGroup = name.consume_front(target.prefix);
      if (inGroup)
        builder.hint(didYouMean(name), word.range, name.str());
      else
        builder.hint(didYouMean(name) + " (outside of the group)");
    } else if (model) {
      KnobOwner other =
          target.stack ? model->cls->owner : KnobOwner::AttentionLayers;
      if (const KnobInfo *near = nearestKnob(other, full))
        builder.hint(fmt::format(
            "did you mean `{}` of `{}`?", std::string_view(near->name),
            std::string_view(target.stack ? model->cls->name : "attn_layers")));
    }
  }

  /// A model's knobs may be elsewhere in the model; a policy's in another
  /// policy or, like a policy's in a model, not.
  bool isElsewhere(KnobOwner owner, const Target &target) const {
    if (owner == target.owner)
      return false;
    if (!model || !target.stack)
      return true;
    return owner == model->cls->owner || owner == KnobOwner::Refine ||
           owner == KnobOwner::Generate;
  }

  // --- functions

  void function(const FunctionDef &def, SourceRange range,
                const Target &target) {
    const std::string &name = def.name.text;
    bool isMask = name == "mask_mod", isScore = name == "score_mod";
    if (!isMask && !isScore) {
      auto builder = diags.report(def.name.range, diag::ModUnknown, name);
      if (auto near = nearestName(
              name, std::array<llvm::StringRef, 2>{"mask_mod", "score_mod"}))
        builder.hint(didYouMean(*near), def.name.range, near->str());
      return;
    }
    if (!target.stack || target.prefix != "attn_" || sweep) {
      diags.report(def.name.range, diag::ModMisplaced, name);
      return;
    }
    if (!firstTime("function", name, target.path + name, def.name.range))
      return;

    unsigned wanted = isMask ? 3 : 4;
    if (def.params.size() != wanted) {
      diags.report(def.name.range, diag::ModParameters, name,
                   int64_t(def.params.size()),
                   isMask ? "3: head, query and key position"
                          : "4: score, head, query and key position");
      return;
    }
    std::vector<Parameter> parameters;
    ScalarFunction result{name, {}, &def.body, {}, range};
    std::map<std::string, SourceRange> names;
    for (const Name &param : def.params) {
      auto [at, isNew] = names.try_emplace(param.text, param.range);
      if (!isNew)
        diags.report(param.range, diag::Duplicate, "parameter", param.text)
            .note(at->second, diag::NoteFirst);
      parameters.push_back({param.text, isScore && parameters.empty()
                                            ? Type::Float
                                            : Type::Int});
      result.params.push_back(param.text);
    }
    Scope scope{constants, parameters, name, /*heads=*/true};
    std::optional<Type> type =
        checkBody(def.body, scope, result.constants, diags);
    if (!type)
      return;
    bool good = isMask ? *type == Type::Bool
                       : *type == Type::Float || *type == Type::Int;
    if (!good) {
      diags.report(def.body.range, diag::ModType, name, describe(*type),
                   isMask ? "a boolean" : "a number");
      return;
    }
    (isMask ? target.stack->maskMod : target.stack->scoreMod) =
        std::move(result);
  }

  CheckedModel *model; ///< null in a policy
  bool lostItems;
  CheckedPolicy *sweep = nullptr;
  Constants &constants;
  DiagnosticEngine &diags;
  std::map<std::string, SourceRange>
      seen;                      ///< by path: what this body sets, and where
  llvm::StringSet<> constructed; ///< stacks that this body constructs
};

/// Nothing of the policy is compiled: it is reported once, by its keyword.
bool reportPlanned(const PolicyDecl &decl, KnobOwner owner,
                   DiagnosticEngine &diags) {
  bool supported = llvm::any_of(allKnobs(), [&](const KnobInfo &knob) {
    return knob.owner == owner && knob.status == KnobStatus::Supported;
  });
  if (!supported)
    diags.report(decl.keyword.range, diag::ClassPlanned, decl.keyword.text);
  return !supported;
}

} // namespace

void resolveModel(const Block &body, CheckedModel &model, bool derived,
                  bool lostItems, Constants &constants,
                  DiagnosticEngine &diags) {
  Resolver resolver(&model, lostItems, constants, diags);
  Target target = resolver.modelTarget(body, derived);
  resolver.items(body.items, target);
  if (!derived)
    resolver.requireAll(target, body.className.range);
}

void resolvePolicy(const PolicyDecl &decl, KnobOwner owner,
                   CheckedPolicy &policy, bool lostItems, Constants &constants,
                   DiagnosticEngine &diags) {
  Resolver resolver(nullptr, lostItems, constants, diags);
  Target target{owner, decl.keyword.text, &policy.knobs};
  target.planned = reportPlanned(decl, owner, diags);
  resolver.items(decl.body.items, target);
  resolver.requireAll(target, decl.keyword.range);
}

void resolveSweep(const PolicyDecl &decl, const CheckedModel &model,
                  CheckedPolicy &policy, Constants &constants,
                  DiagnosticEngine &diags) {
  CheckedModel copy = model;
  Resolver resolver(&copy, /*lostItems=*/true, constants, diags);
  resolver.sweepInto(policy);
  reportPlanned(decl, KnobOwner::Sweep, diags);
  resolver.items(decl.body.items,
                 resolver.modelTarget(decl.body, /*derived=*/true));
}

const ClassInfo *resolveClass(const Name &name, bool wantStack,
                              DiagnosticEngine &diags) {
  auto isStack = [](const ClassInfo &cls) {
    return cls.owner == KnobOwner::AttentionLayers;
  };
  const ClassInfo *cls = findClass(name.text);
  if (!cls) {
    llvm::SmallVector<llvm::StringRef> names;
    for (const ClassInfo &other : allClasses())
      if (isStack(other) || !wantStack)
        names.push_back(other.name);
    auto builder = diags.report(name.range, diag::UnknownClass, name.text);
    if (auto near = nearestName(name.text, names))
      builder.hint(didYouMean(*near), name.range, near->str());
    return nullptr;
  }
  if (cls->status == KnobStatus::Refused) {
    diags.report(name.range, diag::ClassRefused, name.text, cls->note);
    return nullptr;
  }
  if (wantStack && !isStack(*cls)) {
    diags.report(name.range, diag::WrongClass, name.text, "a model",
                 "a stack such as `Encoder`");
    return nullptr;
  }
  if (cls->status == KnobStatus::Planned)
    diags.report(name.range, diag::ClassPlanned, name.text);
  return cls;
}

} // namespace xf::dsl
