// The layout tables: each line maps there and back, numbers included, and no
// two lines claim the same tensor.
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
        "layers.99999999999999999999.to_q.weight", "layers.0.to_q.weight2"})
    EXPECT_EQ(fileName("x_transformers", name), "none") << name;
}

TEST(Layouts, EveryLineGoesThereAndBack) {
  for (const Layout &layout : allLayouts()) {
    std::set<std::string> files;
    for (const LayoutEntry &entry : layout.entries) {
      // Sublayer 6 is an attention, 7 a feedforward; both are block 3.
      std::string logical = entry.logical.str();
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
