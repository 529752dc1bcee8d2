// The layout tables: each line without a wildcard maps there and back, numbers
// included, and no two lines claim the same tensor.
#include "compiler/Weights/Layouts.h"

#include "gtest/gtest.h"

#include <set>

using namespace xf::weights;

static std::string fileName(llvm::StringRef layout, llvm::StringRef logical) {
  auto tensor = fileTensorOf(*findLayout(layout), logical);
  return tensor ? tensor->name : "none";
}

TEST(Layouts, KnowsItsNames) {
  EXPECT_NE(findLayout("huggingface"), nullptr);
  EXPECT_NE(findLayout("x_transformers"), nullptr);
  EXPECT_EQ(findLayout("gguf"), nullptr);
}

TEST(Layouts, HuggingFaceCountsBlocksWhereTheModelCountsSublayers) {
  EXPECT_EQ(fileName("huggingface", "layers.0.to_q.weight"),
            "encoder.layer.0.attention.self.query.weight");
  EXPECT_EQ(fileName("huggingface", "layers.10.to_out.bias"),
            "encoder.layer.5.attention.output.dense.bias");
  EXPECT_EQ(fileName("huggingface", "layers.11.ff_in.weight"),
            "encoder.layer.5.intermediate.dense.weight");
  // The norm after a sublayer belongs to the attention or the feedforward.
  EXPECT_EQ(fileName("huggingface", "layers.2.norm_post.gain"),
            "encoder.layer.1.attention.output.LayerNorm.weight");
  EXPECT_EQ(fileName("huggingface", "layers.3.norm_post.gain"),
            "encoder.layer.1.output.LayerNorm.weight");
}

TEST(Layouts, HuggingFaceHasNoPlaceForOtherStacks) {
  // An attention where BERT has a feedforward, a norm before a branch.
  EXPECT_EQ(fileName("huggingface", "layers.1.to_q.weight"), "none");
  EXPECT_EQ(fileName("huggingface", "layers.0.ff_in.weight"), "none");
  EXPECT_EQ(fileName("huggingface", "layers.0.norm_pre.gain"), "none");
  EXPECT_EQ(fileName("huggingface", "final_norm.gain"), "none");
}

TEST(Layouts, XTransformersCountsSublayers) {
  EXPECT_EQ(fileName("x_transformers", "layers.7.ff_out.weight"),
            "attn_layers.layers.7.1.ff.2.weight");
  EXPECT_EQ(fileName("x_transformers", "layers.0.norm_pre.gain"),
            "attn_layers.layers.0.0.0.gamma");
  EXPECT_EQ(fileName("x_transformers", "layers.0.norm_post.gain"),
            "attn_layers.layers.0.0.2.gamma");
}

TEST(Layouts, OnlyNumbersAreNumbers) {
  for (const char *name :
       {"layers..to_q.weight", "layers.x.to_q.weight", "layers.07.to_q.weight",
        "layers.-2.to_q.weight", "layers.+2.to_q.weight",
        "layers.99999999999999999999.to_q.weight"})
    EXPECT_EQ(fileName("x_transformers", name), "none") << name;
}

TEST(Layouts, EveryLineGoesThereAndBack) {
  for (const Layout &layout : allLayouts()) {
    std::set<std::string> files;
    for (const LayoutEntry &entry : layout.entries) {
      // Sublayer 6 is an attention, 7 a feedforward; both are block 3.
      std::string logical = entry.logical.str();
      if (entry.logical.contains('*'))
        continue;
      size_t at = logical.find('#');
      if (at != std::string::npos)
        logical.replace(at, 1,
                        entry.numbering == Numbering::FeedforwardOfBlock ? "7"
                                                                         : "6");
      auto tensor = fileTensorOf(layout, logical);
      ASSERT_TRUE(tensor) << logical;
      EXPECT_EQ(logicalNameOf(layout, tensor->name), logical);
      EXPECT_TRUE(files.insert(tensor->name).second) << tensor->name;
      if (!tensor->legacy.empty()) {
        EXPECT_EQ(logicalNameOf(layout, tensor->legacy), logical);
      }
      EXPECT_EQ(findIgnored(layout, tensor->name), nullptr);
    }
  }
}

TEST(Layouts, TextStandsForItself) {
  EXPECT_EQ(fileName("x_transformers", "layers.2.mem_k"),
            "attn_layers.layers.2.1.mem_k");
  EXPECT_EQ(fileName("x_transformers", "embeds.pitch.weight"),
            "embeds.pitch_embed.weight");
  EXPECT_EQ(fileName("x_transformers", "layers.3.hyper.norm.weight"),
            "attn_layers.layers.3.2.norm.weight");
  EXPECT_EQ(fileName("x_transformers", "embeds..weight"), "none");
}

TEST(Layouts, TowersHavePrefixesOfTheirOwn) {
  EXPECT_EQ(fileName("x_transformers", "encoder.token_emb.weight"),
            "encoder.token_emb.emb.weight");
  EXPECT_EQ(fileName("x_transformers", "decoder.layers.1.to_q.weight"),
            "decoder.net.attn_layers.layers.1.1.to_q.weight");
  const Layout &layout = *findLayout("x_transformers");
  EXPECT_EQ(logicalNameOf(layout, "decoder.net.attn_layers.final_norm.gamma"),
            "decoder.final_norm.gain");
  EXPECT_NE(findIgnored(layout, "encoder.attn_layers.rotary_pos_emb.inv_freq"),
            nullptr);
}

TEST(Layouts, WrappersOfBranchesAndBareStacksChangeNames) {
  const Layout &layout = *findLayout("x_transformers");
  EXPECT_EQ(
      plainName(layout, "attn_layers.layers.0.1.fn.fn.to_q.weight", false),
      "attn_layers.layers.0.1.to_q.weight");
  EXPECT_EQ(plainName(layout, "layers.0.1.to_q.weight", true),
            "attn_layers.layers.0.1.to_q.weight");
  EXPECT_EQ(plainName(*findLayout("huggingface"), "a.fn.b", false), "a.fn.b");
}

TEST(Layouts, IgnoredTensorsHaveReasons) {
  const Layout &bert = *findLayout("huggingface");
  for (const char *name : {"embeddings.position_ids", "pooler.dense.weight",
                           "cls.predictions.bias"}) {
    ASSERT_NE(findIgnored(bert, name), nullptr) << name;
    EXPECT_FALSE(findIgnored(bert, name)->reason.empty());
  }
  EXPECT_EQ(findIgnored(bert, "embeddings.position_ids2"), nullptr);
  EXPECT_EQ(findIgnored(bert, "classifier.weight"), nullptr);
}
