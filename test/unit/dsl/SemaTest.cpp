// What a checked spec holds, for those that build on it: values, inheritance,
// stacks, functions and their constants.
#include "dsl/Sema.h"
#include "dsl/Parser.h"

#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

using namespace xf::dsl;

namespace {

/// Analyzes a spec that must be right.
std::optional<CheckedSpec> checked(llvm::StringRef text,
                                   DiagnosticEngine &diags) {
  auto spec = analyze(
      parseBuffer(llvm::MemoryBuffer::getMemBufferCopy(text, "t.xf"), diags),
      diags);
  std::string messages;
  llvm::raw_string_ostream os(messages);
  diags.printText(os);
  EXPECT_EQ(messages, "");
  return spec;
}

template <typename T> T get(const KnobSetting &setting) {
  return std::get<T>(setting.value.data);
}

constexpr llvm::StringLiteral Base = R"(
let width = 64
model base = TransformerWrapper {
  num_tokens = width * 2  max_seq_len = 16  pool = mean
  attn_layers = Decoder { dim = width  depth = 2  norm { eps = 1 } }
}
weights base = huggingface("w.safetensors")
)";

TEST(Sema, ValuesHaveTheTypeOfTheirKnob) {
  DiagnosticEngine diags;
  auto spec = checked(Base, diags);
  ASSERT_TRUE(spec);
  ASSERT_EQ(spec->models.size(), 1u);
  const CheckedModel &model = spec->models[0];
  EXPECT_EQ(model.name, "base");
  EXPECT_FALSE(model.imported);
  EXPECT_EQ(get<int64_t>(model.knobs.at("num_tokens")), 128);
  EXPECT_EQ(get<std::string>(model.knobs.at("pool")), "mean");
  ASSERT_EQ(model.stacks.size(), 1u);
  EXPECT_EQ(model.stacks[0].first, "attn_layers");
  const CheckedStack &stack = model.stacks[0].second;
  EXPECT_EQ(stack.cls->name, "Decoder");
  EXPECT_EQ(get<int64_t>(stack.knobs.at("dim")), 64);
  EXPECT_EQ(get<double>(stack.knobs.at("norm_eps")), 1.0);
  EXPECT_FALSE(stack.knobs.count("heads")) << "defaults are not filled in";
  ASSERT_TRUE(model.weights);
  EXPECT_EQ(model.weights->layout, "huggingface");
  EXPECT_EQ(model.weights->file, "w.safetensors");
}

TEST(Sema, DerivedModelsOverrideSettingsOnly) {
  DiagnosticEngine diags;
  auto spec = checked(Base.str() + R"(
    model derived = base with {
      attn_layers.causal = false
      attn_layers.depth = 3
      pool = max
      normalize = true
    })",
                      diags);
  ASSERT_TRUE(spec);
  const CheckedModel &base = spec->models[0], &derived = spec->models[1];
  EXPECT_EQ(get<std::string>(base.knobs.at("pool")), "mean");
  EXPECT_EQ(get<std::string>(derived.knobs.at("pool")), "max");
  EXPECT_EQ(get<int64_t>(derived.knobs.at("num_tokens")), 128);
  const auto &knobs = derived.stacks[0].second.knobs;
  EXPECT_EQ(get<bool>(knobs.at("causal")), false);
  EXPECT_EQ(get<int64_t>(knobs.at("depth")), 3);
  EXPECT_EQ(get<int64_t>(knobs.at("dim")), 64);
  EXPECT_FALSE(base.stacks[0].second.knobs.count("causal"));
  EXPECT_FALSE(derived.weights) << "weights are not inherited";
}

TEST(Sema, NoneTakesASettingBack) {
  DiagnosticEngine diags;
  auto spec = checked(Base.str() + R"(
    model few = base with { attn_layers.attn { kv_heads = 2 } }
    model all = few with { attn_layers.attn { kv_heads = none } })",
                      diags);
  ASSERT_TRUE(spec);
  EXPECT_TRUE(spec->models[1].stacks[0].second.knobs.count("attn_kv_heads"));
  EXPECT_FALSE(spec->models[2].stacks[0].second.knobs.count("attn_kv_heads"));
}

TEST(Sema, FunctionsCarryTheConstantsTheyName) {
  DiagnosticEngine diags;
  auto spec = checked(Base.str() + R"(
    let window = 2 * width
    let i = 3
    model windowed = base with {
      attn_layers.attn { mask_mod(h, i, k) = i - k < window }
    })",
                      diags);
  ASSERT_TRUE(spec);
  const auto &mod = spec->models[1].stacks[0].second.maskMod;
  ASSERT_TRUE(mod);
  EXPECT_EQ(mod->name, "mask_mod");
  EXPECT_EQ(mod->params, (std::vector<std::string>{"h", "i", "k"}));
  ASSERT_EQ(mod->constants.size(), 1u) << "a parameter hides a let";
  EXPECT_EQ(std::get<int64_t>(mod->constants.at("window").data), 128);
  EXPECT_TRUE(std::holds_alternative<Binary>(mod->body->node));
  EXPECT_FALSE(spec->models[0].stacks[0].second.maskMod);
}

TEST(Sema, ErrorsLeaveNoSpec) {
  DiagnosticEngine diags;
  EXPECT_FALSE(analyze(parseBuffer(llvm::MemoryBuffer::getMemBufferCopy(
                                       "model a = Nothing {}", "t.xf"),
                                   diags),
                       diags));
  ASSERT_EQ(diags.diagnostics().size(), 1u);
  EXPECT_EQ(diags.diagnostics()[0].id, DiagId::UnknownClass);
  EXPECT_EQ(diagName(DiagId::UnknownClass), "unknown-class");
}

} // namespace
