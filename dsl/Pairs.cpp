// Pairs of knobs: each knob's example is read once, and two of them are put
// into one model, on which the rules are tried.
#include "dsl/Pairs.h"

#include "dsl/KnobRules.h"
#include "dsl/Parser.h"
#include "dsl/Sema.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <array>
#include <fmt/format.h>

namespace xf::dsl {

namespace {

constexpr llvm::StringLiteral baseSpec =
    "model base = TransformerWrapper { num_tokens = 50  max_seq_len = 16  "
    "attn_layers = Decoder { dim = 32  depth = 2  heads = 4  "
    "attn_dim_head = 8 } }\n";

/// What every model has says nothing about pairs.
constexpr llvm::StringLiteral sizes[] = {
    "dim",        "depth",       "heads",       "attn_dim_head", "ff_mult",
    "num_tokens", "max_seq_len", "attn_layers", "causal",
};

bool isInTable(const KnobInfo &knob) {
  bool isModel = knob.owner == KnobOwner::AttentionLayers ||
                 knob.owner == KnobOwner::TransformerWrapper;
  bool isBareOnly =
      knob.owner == KnobOwner::AttentionLayers && knob.name == "inputs";
  return isModel && !isBareOnly && knob.base.empty() &&
         knob.status != KnobStatus::TrainingOnly &&
         knob.status != KnobStatus::Refused &&
         !llvm::is_contained(sizes, knob.name);
}

using Knobs = std::map<std::string, KnobSetting>;

/// Settings of `from` that the base does not have with the same place in the
/// text.
Knobs added(const Knobs &from, const Knobs &base) {
  Knobs result;
  for (const auto &[name, setting] : from) {
    auto it = base.find(name);
    if (it == base.end() ||
        it->second.nameRange.Start != setting.nameRange.Start)
      result.insert({name, setting});
  }
  return result;
}

/// `a`'s settings over the base, then `b`'s; where both have one, `a`'s stays
/// unless it is `b`'s own knob.
void merge(Knobs &knobs, const Knobs &a, const Knobs &b, llvm::StringRef own) {
  for (const auto &[name, setting] : a)
    knobs.insert_or_assign(name, setting);
  for (const auto &[name, setting] : b)
    if (!a.count(name) || name == own)
      knobs.insert_or_assign(name, setting);
}

llvm::StringRef className(bool causal) {
  return causal ? "Decoder" : "Encoder";
}

llvm::StringRef classText(PairClass cls) {
  switch (cls) {
  case PairClass::Valid:
    return "valid";
  case PairClass::Rejected:
    return "rejected";
  case PairClass::Planned:
    return "not supported yet";
  case PairClass::Ignored:
    return "ignored";
  }
  return "";
}

} // namespace

/// The settings of a knob's example, and the text they point into.
struct PairTable::Example {
  DiagnosticEngine diags;
  std::optional<CheckedSpec> spec;
  Knobs wrapper, stack;
  CheckedModel model; ///< of the base

  /// Reads `with`, settings over the base; false where they are an error.
  bool read(const std::string &settings, llvm::StringRef cls) {
    std::string text = baseSpec.str();
    size_t at = text.find("Decoder");
    text.replace(at, 7, cls.str());
    text += "model example = base with { " + settings + " }\n";
    auto file = parseBuffer(
        llvm::MemoryBuffer::getMemBufferCopy(text, "example"), diags);
    spec = analyze(std::move(file), diags);
    if (!spec)
      return false;
    model = spec->models[0];
    const CheckedModel &example = spec->models[1];
    wrapper = added(example.knobs, model.knobs);
    stack = added(example.stacks[0].second.knobs, model.stacks[0].second.knobs);
    return true;
  }
};

PairTable::PairTable() {
  auto plain = std::make_shared<Example>();
  plain->read("", "Decoder");
  base = plain;
  for (const KnobInfo &knob : allKnobs()) {
    if (!isInTable(knob))
      continue;
    std::string settings = exampleOf(knob);
    if (knob.owner == KnobOwner::AttentionLayers)
      settings = "attn_layers { " + settings + " }";
    // Some stand in a `Decoder` only, some in an `Encoder` only.
    std::shared_ptr<Example> found;
    for (bool causal : {true, false}) {
      auto example = std::make_shared<Example>();
      if (!found && example->read(settings, className(causal)))
        found = std::move(example);
    }
    list.push_back(&knob);
    examples.push_back(std::move(found));
  }
}

PairVerdict PairTable::classify(size_t a, size_t b, bool causal) const {
  if (!examples[a] || !examples[b])
    return {PairClass::Planned, ""};
  CheckedModel model = base->model;
  CheckedStack &stack = model.stacks[0].second;
  stack.cls = findClass(className(causal));
  merge(model.knobs, examples[a]->wrapper, examples[b]->wrapper, list[b]->name);
  merge(stack.knobs, examples[a]->stack, examples[b]->stack, list[b]->name);
  if (stack.knobs.count("custom_layers"))
    stack.knobs.erase("depth");
  DiagnosticEngine diags;
  checkKnobRules(model, diags);
  const Diagnostic *warning = nullptr;
  for (const Diagnostic &diagnostic : diags.diagnostics()) {
    if (diagnostic.severity == Severity::Error)
      return {diagnostic.id == DiagId::PairPlanned ? PairClass::Planned
                                                   : PairClass::Rejected,
              diagnostic.message};
    if (diagnostic.severity == Severity::Warning && !warning)
      warning = &diagnostic;
  }
  return warning ? PairVerdict{PairClass::Ignored, warning->message}
                 : PairVerdict{PairClass::Valid, ""};
}

void printPairCounts(llvm::raw_ostream &os) {
  PairTable table;
  size_t count = table.knobs().size();
  std::array<std::array<size_t, 4>, 2> counts{};
  for (bool causal : {false, true})
    for (size_t a = 0; a < count; ++a)
      for (size_t b = a + 1; b < count; ++b)
        ++counts[causal][size_t(table.classify(a, b, causal).cls)];
  os << fmt::format("{} knobs of the stack and the wrapper, {} pairs\n\n"
                    "{:<18}{:>8}{:>9}\n",
                    count, count * (count - 1) / 2, "", "Encoder", "Decoder");
  for (PairClass cls : {PairClass::Valid, PairClass::Rejected,
                        PairClass::Planned, PairClass::Ignored})
    os << fmt::format("{:<18}{:>8}{:>9}\n", std::string_view(classText(cls)),
                      counts[0][size_t(cls)], counts[1][size_t(cls)]);
}

bool printPairsOf(llvm::StringRef knob, llvm::raw_ostream &os) {
  PairTable table;
  auto it = llvm::find_if(table.knobs(),
                          [&](const KnobInfo *k) { return k->name == knob; });
  if (it == table.knobs().end())
    return false;
  size_t self = size_t(it - table.knobs().begin());
  for (bool causal : {false, true}) {
    os << className(causal) << "\n";
    for (PairClass cls : {PairClass::Rejected, PairClass::Ignored,
                          PairClass::Planned, PairClass::Valid}) {
      std::string lines, names;
      for (size_t other = 0; other < table.knobs().size(); ++other) {
        if (other == self)
          continue;
        PairVerdict verdict = table.classify(std::min(self, other),
                                             std::max(self, other), causal);
        if (verdict.cls != cls)
          continue;
        std::string_view name = table.knobs()[other]->name;
        if (!verdict.reason.empty())
          lines += fmt::format("    {}: {}\n", name, verdict.reason);
        else
          names += (names.empty() ? "" : ", ") + std::string(name);
      }
      if (!lines.empty())
        os << "  " << classText(cls) << "\n" << lines;
      if (!names.empty())
        os << "  " << classText(cls) << ": " << names << "\n";
    }
  }
  return true;
}

void printPairsJson(llvm::raw_ostream &os) {
  PairTable table;
  llvm::json::OStream json(os, /*IndentSize=*/1);
  json.object([&] {
    json.attributeArray("knobs", [&] {
      for (const KnobInfo *knob : table.knobs())
        json.value(knob->name);
    });
    for (bool causal : {false, true})
      json.attributeObject(className(causal), [&] {
        for (size_t a = 0; a < table.knobs().size(); ++a)
          for (size_t b = a + 1; b < table.knobs().size(); ++b) {
            PairVerdict verdict = table.classify(a, b, causal);
            if (verdict.cls == PairClass::Valid)
              continue;
            std::string key =
                fmt::format("{} + {}", std::string_view(table.knobs()[a]->name),
                            std::string_view(table.knobs()[b]->name));
            json.attributeArray(key, [&] {
              json.value(classText(verdict.cls));
              json.value(verdict.reason);
            });
          }
      });
  });
  os << "\n";
}

} // namespace xf::dsl
