// Holds what is read from a library's description, whatever it holds.
#include "compiler/Profile/Description.h"

#include <gtest/gtest.h>

using namespace xf::profile;

static const char text[] = R"({
  "name": "tiny",
  "entries": [
    {"name": "states", "ops": [{"name": "other"}]},
    {"name": "encode", "ops": [
      {"name": "embed", "layer": null, "kernel": "g", "kind": "gather", "bytes_read_per_row": 24},
      {"name": "layers.3.to_qkv", "layer": 3, "kernel": "k", "kind": "gemm", "input_rows": "tokens",
       "flops_per_row": 10, "flops_per_row_and_key": 4, "weight_bytes_read": 64, "bytes_written_per_row": 8},
      {"name": "last", "input_rows": "sequences"}]}],
  "kernels": [
    {"name": "k", "configs": [
      {"target": "a", "config": "x = 1", "source": "heuristic"},
      {"target": "b", "config": "x = 2", "source": "records"},
      {"target": "b", "config": "x = 3", "source": "records"}]}]})";

TEST(Description, HoldsTheOpsOfOneEntry) {
  auto description = parseDescription(text, "encode", "b");
  ASSERT_TRUE(bool(description));
  EXPECT_EQ(description->model, "tiny");
  ASSERT_EQ(description->ops.size(), 3u);
  const OpFacts &embed = description->ops[0], &gemm = description->ops[1];
  EXPECT_EQ(embed.layer, std::nullopt);
  EXPECT_EQ(embed.bytesReadPerRow, 24);
  EXPECT_EQ(embed.config, "");
  EXPECT_EQ(gemm.name, "layers.3.to_qkv");
  EXPECT_EQ(gemm.layer, 3);
  EXPECT_EQ(gemm.flopsPerRow, 10);
  EXPECT_EQ(gemm.flopsPerRowAndKey, 4);
  EXPECT_EQ(gemm.weightBytesRead, 64);
  EXPECT_EQ(gemm.bytesWrittenPerRow, 8);
  EXPECT_EQ(gemm.config, "x = 2; x = 3");
  EXPECT_EQ(gemm.configSource, "records");
  EXPECT_FALSE(gemm.inputRowsAreSequences);
  EXPECT_TRUE(description->ops[2].inputRowsAreSequences);
}

TEST(Description, MayBeAnything) {
  for (const char *odd :
       {"{}", R"({"entries": 3})", R"({"entries": [1, {"name": 2}]})",
        R"({"name": "m", "entries": [{"name": "encode", "ops": [null]}]})",
        R"({"kernels": [{"configs": "x"}]})"}) {
    auto description = parseDescription(odd, "encode", "a");
    ASSERT_TRUE(bool(description)) << odd;
    EXPECT_TRUE(description->ops.empty()) << odd;
  }
  for (const char *wrong : {"", "[]", "{"}) {
    auto description = parseDescription(wrong, "encode", "a");
    EXPECT_FALSE(bool(description)) << wrong;
    llvm::consumeError(description.takeError());
  }
}
