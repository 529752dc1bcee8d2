#include "dsl/DumpKwargs.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

namespace xf::dsl {

namespace {

/// Knobs by name, as a model, a stack or a policy holds them.
using Knobs = std::map<std::string, KnobSetting>;

class KwargsDumper {
public:
  KwargsDumper(const DiagnosticEngine &diags, llvm::raw_ostream &os)
      : sources(diags.sourceMgr()), json(os, /*IndentSize=*/2) {}

  void spec(const CheckedSpec &spec) {
    json.object([&] {
      json.attributeArray("models", [&] {
        for (const CheckedModel &model : spec.models)
          this->model(model);
      });
    });
  }

private:
  void model(const CheckedModel &model) {
    json.object([&] {
      json.attribute("name", model.name);
      json.attribute("class", model.cls->name);
      const CheckedStack *bare = bareStack(model);
      arguments(bare ? bare->knobs : model.knobs, bare ? nullptr : &model);
      json.attributeArray("functions", [&] {
        for (const auto &[knob, stack] : model.stacks)
          functions(stack);
      });
      if (model.weights)
        json.attributeObject("weights", [&] {
          json.attribute("layout", model.weights->layout);
          json.attribute("file", model.weights->file);
        });
      json.attributeArray("policies", [&] {
        for (const CheckedPolicy &policy : model.policies)
          this->policy(policy);
      });
    });
  }

  void policy(const CheckedPolicy &policy) {
    json.object([&] {
      json.attribute("keyword", policy.keyword);
      arguments(policy.knobs, nullptr);
    });
  }

  void functions(const CheckedStack &stack) {
    for (const auto &function : {stack.maskMod, stack.scoreMod})
      if (function)
        json.value(function->name);
  }

  /// The stack of a model that is nothing else, or null.
  static const CheckedStack *bareStack(const CheckedModel &model) {
    auto at = llvm::find_if(
        model.stacks, [](const auto &entry) { return entry.first.empty(); });
    return at == model.stacks.end() ? nullptr : &at->second;
  }

  /// `kwargs` and `own`; the stacks of `model`, where there is one, are
  /// arguments too.
  void arguments(const Knobs &knobs, const CheckedModel *model) {
    json.attributeObject("kwargs", [&] {
      settings(knobs, /*own=*/false);
      if (model)
        for (const auto &[knob, stack] : model->stacks)
          json.attributeObject(knob, [&] {
            json.attribute("$class", stack.cls->name);
            json.attributeObject("kwargs",
                                 [&] { settings(stack.knobs, false); });
          });
    });
    json.attributeObject("own", [&] {
      settings(knobs, /*own=*/true);
      if (model)
        for (const auto &[knob, stack] : model->stacks)
          settings(stack.knobs, /*own=*/true);
    });
  }

  void settings(const Knobs &knobs, bool own) {
    std::vector<const KnobSetting *> sorted;
    for (const auto &[name, setting] : knobs)
      if (setting.knob->own == own)
        sorted.push_back(&setting);
    llvm::sort(sorted, [&](const auto *a, const auto *b) {
      return place(*a) < place(*b);
    });
    for (const KnobSetting *setting : sorted) {
      json.attributeBegin(setting->knob->name);
      spelling = textOf(setting->valueRange);
      value(setting->value, isTuple(*setting->knob));
      json.attributeEnd();
    }
  }

  std::pair<unsigned, const char *> place(const KnobSetting &setting) const {
    llvm::SMLoc start = setting.nameRange.Start;
    return {start.isValid() ? sources.FindBufferContainingLoc(start) : 0,
            start.getPointer()};
  }

  llvm::StringRef textOf(SourceRange range) const {
    if (!range.isValid())
      return {};
    return {range.Start.getPointer(),
            size_t(range.End.getPointer() - range.Start.getPointer())};
  }

  /// x-transformers takes layered lists, and lists of sublayers, as tuples.
  static bool isTuple(const KnobInfo &knob) {
    return knob.layered || knob.type == KnobType::IntList ||
           (knob.type == KnobType::StringList && !knob.own);
  }

  void value(const Value &value, bool tuple) {
    if (auto *list = std::get_if<std::vector<Value>>(&value.data)) {
      auto elements = [&] {
        for (const Value &element : *list)
          this->value(element, false);
      };
      if (tuple)
        json.object([&] { json.attributeArray("$tuple", elements); });
      else
        json.array(elements);
    } else if (auto *dict = std::get_if<std::vector<ValueEntry>>(&value.data)) {
      json.object([&] {
        for (const ValueEntry &entry : *dict) {
          json.attributeBegin(entry.name);
          this->value(entry.value, false);
          json.attributeEnd();
        }
      });
    } else {
      scalar(value);
    }
  }

  void scalar(const Value &value) {
    if (auto *flag = std::get_if<bool>(&value.data))
      json.value(*flag);
    else if (auto *integer = std::get_if<int64_t>(&value.data))
      json.value(*integer);
    else if (auto *number = std::get_if<double>(&value.data))
      this->number(*number);
    else if (std::get<std::string>(value.data) == "none")
      json.value(nullptr);
    else
      json.value(std::get<std::string>(value.data));
  }

  /// A number is an integer in JSON where the text has it as one: a float knob
  /// takes both, and Python tells them apart.
  void number(double number) {
    std::string text = llvm::formatv("{0}", llvm::json::Value(number)).str();
    bool integral = text.find_first_of(".e") == std::string::npos;
    if (integral && spelling.find_first_of(".e") != llvm::StringRef::npos)
      text += ".0";
    json.rawValue(text);
  }

  const llvm::SourceMgr &sources;
  llvm::json::OStream json;
  llvm::StringRef spelling; ///< the text of the setting that is being printed
};

} // namespace

void dumpKwargs(const CheckedSpec &spec, const DiagnosticEngine &diags,
                llvm::raw_ostream &os) {
  KwargsDumper(diags, os).spec(spec);
  os << '\n';
}

} // namespace xf::dsl
