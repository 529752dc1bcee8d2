// The reader of safetensors: every way in which a file can be wrong, the odd
// but valid ones, and the conversions against a plain reference.
#include "WeightFiles.h"

#include "llvm/ADT/APFloat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace xf::weights;
using namespace xf::weights::test;
using testing::ElementsAre;
using testing::HasSubstr;

/// The header of one tensor `w` with the given fields, and 16 bytes of data.
static std::string oneTensor(const std::string &fields) {
  return fileBytes("{\"w\":{" + fields + "}}", std::string(16, '\0'));
}

//===----------------------------------------------------------------------===//
// Length word
//===----------------------------------------------------------------------===//

TEST(SafeTensors, RefusesAFileWithoutLength) {
  EXPECT_THAT(errorOf("abc"), HasSubstr("the file has 3 bytes, but a "
                                        "safetensors file starts with 8"));
  EXPECT_THAT(errorOf(""), HasSubstr("the file has 0 bytes"));
}

TEST(SafeTensors, RefusesHeaderLengthZero) {
  EXPECT_THAT(errorOf(fileBytes(0, "")),
              HasSubstr("the header length is 0, but a header is a JSON"));
}

TEST(SafeTensors, RefusesHeaderLongerThanTheFile) {
  EXPECT_THAT(errorOf(fileBytes(100, "{}")),
              HasSubstr("the header length is 100, but only 2 bytes follow"));
}

TEST(SafeTensors, RefusesHeaderOverTheLimit) {
  EXPECT_THAT(errorOf(fileBytes(100'000'001, "{}")),
              HasSubstr("the header length is 100000001, but the format allows "
                        "at most 100000000 bytes"));
}

TEST(SafeTensors, RefusesTheLargestHeaderLength) {
  EXPECT_THAT(errorOf(fileBytes(UINT64_MAX, "{}")),
              HasSubstr("the header length is 18446744073709551615"));
}

//===----------------------------------------------------------------------===//
// Header text
//===----------------------------------------------------------------------===//

TEST(SafeTensors, RefusesWhatIsNoJSON) {
  EXPECT_THAT(errorOf(fileBytes("{\"w\":")), HasSubstr("is not valid JSON"));
  EXPECT_THAT(errorOf(fileBytes("{\"w")), HasSubstr("is not valid JSON"));
  EXPECT_THAT(errorOf(fileBytes("{}}")), HasSubstr("is not valid JSON"));
  EXPECT_THAT(errorOf(fileBytes(llvm::StringRef("{}\0", 3))),
              HasSubstr("is not valid JSON"));
}

TEST(SafeTensors, RefusesWhatIsNoUTF8) {
  EXPECT_THAT(errorOf(fileBytes("{\"\xff\":{}}")),
              HasSubstr("is not valid JSON: "));
}

TEST(SafeTensors, RefusesWhatIsNoObject) {
  EXPECT_THAT(errorOf(fileBytes("[]")),
              HasSubstr("must be a JSON object that starts with `{`"));
  EXPECT_THAT(errorOf(fileBytes(" {}")),
              HasSubstr("must be a JSON object that starts with `{`"));
}

TEST(SafeTensors, RefusesDeepNestingBeforeItCostsStack) {
  EXPECT_THAT(errorOf(fileBytes(std::string(1'000'000, '['))),
              HasSubstr("nests deeper than 16 levels"));
}

TEST(SafeTensors, RefusesDuplicateKeys) {
  std::string entry = R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  EXPECT_THAT(errorOf(fileBytes("{\"w\":" + entry + ",\"w\":" + entry + "}",
                                std::string(8, '\0'))),
              HasSubstr("the header has the key `w` twice"));
  // The same key, spelled differently.
  EXPECT_THAT(
      errorOf(fileBytes("{\"w\":" + entry + ",\"\\u0077\":" + entry + "}",
                        std::string(8, '\0'))),
      HasSubstr("the header has the key `w` twice"));
  EXPECT_THAT(
      errorOf(oneTensor(
          R"("dtype":"F32","dtype":"F32","shape":[4],"data_offsets":[0,16])")),
      HasSubstr("the header has the key `dtype` twice"));
}

TEST(SafeTensors, TakesEqualKeysOfDifferentObjects) {
  EXPECT_EQ(errorOf(wellFormed({{"a", {2}, {}}, {"b", {2}, {}}})), "no error");
  EXPECT_EQ(errorOf(fileBytes(R"({"__metadata__":{"a":"a, \"a\": {"},)"
                              R"("a":{"dtype":"F32","shape":[0],)"
                              R"("data_offsets":[0,0]}})")),
            "no error");
}

TEST(SafeTensors, RefusesMetadataThatIsNoStringMap) {
  EXPECT_THAT(errorOf(fileBytes(R"({"__metadata__":{"a":1}})")),
              HasSubstr("`__metadata__` must be an object"));
  EXPECT_THAT(errorOf(fileBytes(R"({"__metadata__":[]})")),
              HasSubstr("`__metadata__` must be an object"));
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

TEST(SafeTensors, RefusesAnEntryThatIsNoObject) {
  EXPECT_THAT(errorOf(fileBytes(R"({"w":1})")),
              HasSubstr("tensor `w`: its entry must be an object"));
}

TEST(SafeTensors, RefusesMissingFields) {
  EXPECT_THAT(errorOf(oneTensor(R"("shape":[4],"data_offsets":[0,16])")),
              HasSubstr("tensor `w`: `dtype` must be a string"));
  EXPECT_THAT(errorOf(oneTensor(R"("dtype":"F32","data_offsets":[0,16])")),
              HasSubstr("`shape` must be a list of integers"));
  EXPECT_THAT(errorOf(oneTensor(R"("dtype":"F32","shape":[4])")),
              HasSubstr("`data_offsets` must be two integers"));
}

TEST(SafeTensors, RefusesUnknownDtype) {
  EXPECT_THAT(
      errorOf(oneTensor(R"("dtype":"F31","shape":[4],"data_offsets":[0,16])")),
      HasSubstr("tensor `w`: unknown dtype `F31`; weights are read from"));
  EXPECT_THAT(
      errorOf(oneTensor(R"("dtype":32,"shape":[4],"data_offsets":[0,16])")),
      HasSubstr("`dtype` must be a string"));
}

TEST(SafeTensors, RefusesNegativeDimension) {
  EXPECT_THAT(
      errorOf(oneTensor(R"("dtype":"F32","shape":[-4],"data_offsets":[0,16])")),
      HasSubstr("`shape` holds -4, but a dimension must be an integer, "
                "zero or positive"));
}

TEST(SafeTensors, RefusesFractionalDimension) {
  EXPECT_THAT(errorOf(oneTensor(
                  R"("dtype":"F32","shape":[2.5],"data_offsets":[0,16])")),
              HasSubstr("`shape` holds 2.5"));
  EXPECT_THAT(errorOf(oneTensor(
                  R"("dtype":"F32","shape":[4.0],"data_offsets":[0,16])")),
              HasSubstr("`shape` holds 4.0, but a dimension must be an "
                        "integer"));
}

TEST(SafeTensors, RefusesDimensionsThatAreNoNumbers) {
  EXPECT_THAT(errorOf(oneTensor(
                  R"("dtype":"F32","shape":["4"],"data_offsets":[0,16])")),
              HasSubstr("`shape` holds \"4\""));
  EXPECT_THAT(
      errorOf(oneTensor(R"("dtype":"F32","shape":[18446744073709551615],)"
                        R"("data_offsets":[0,16])")),
      HasSubstr("`shape` holds 18446744073709551615"));
}

TEST(SafeTensors, RefusesShapeWhoseProductOverflows) {
  EXPECT_THAT(errorOf(fileBytes(
                  R"({"w":{"dtype":"F32","shape":[4294967296,4294967296],)"
                  R"("data_offsets":[0,0]}})")),
              HasSubstr("tensor `w`: the size of shape [4294967296, "
                        "4294967296] overflows 64 bits"));
}

TEST(SafeTensors, RefusesSizeThatIsNotWhatTheOffsetsGive) {
  EXPECT_THAT(
      errorOf(oneTensor(R"("dtype":"F32","shape":[3],"data_offsets":[0,16])")),
      HasSubstr("tensor `w`: shape [3] of F32 takes 12 bytes, but its "
                "offsets give it 16"));
  // The right shape under the wrong dtype.
  EXPECT_THAT(
      errorOf(oneTensor(R"("dtype":"F16","shape":[4],"data_offsets":[0,16])")),
      HasSubstr("shape [4] of F16 takes 8 bytes"));
}

TEST(SafeTensors, RefusesOffsetsThatAreNotTwoIntegers) {
  for (const char *offsets : {"[0]", "[0,16,16]", "[0.5,16]", "[-1,15]", "16"})
    EXPECT_THAT(errorOf(oneTensor(std::string(R"("dtype":"F32","shape":[4],)") +
                                  "\"data_offsets\":" + offsets)),
                HasSubstr("tensor `w`: `data_offsets` must be two integers"));
}

TEST(SafeTensors, RefusesBeginAfterEnd) {
  EXPECT_THAT(
      errorOf(oneTensor(R"("dtype":"F32","shape":[4],"data_offsets":[16,0])")),
      HasSubstr("its data begins at 16 and ends before that, at 0"));
}

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

/// Two f32 tensors `a` and `b` of two values each at the given offsets.
static std::string twoTensors(const std::string &a, const std::string &b,
                              size_t dataBytes) {
  std::string entry = R"(":{"dtype":"F32","shape":[2],"data_offsets":)";
  return fileBytes("{\"a" + entry + a + "},\"b" + entry + b + "}}",
                   std::string(dataBytes, '\0'));
}

TEST(SafeTensors, RefusesOffsetsPastTheEnd) {
  EXPECT_THAT(errorOf(twoTensors("[0,8]", "[100,108]", 16)),
              HasSubstr("tensor `b`: its data ends at byte 108, but the file "
                        "holds 16 bytes of data"));
}

TEST(SafeTensors, RefusesTruncatedData) {
  EXPECT_THAT(errorOf(twoTensors("[0,8]", "[8,16]", 15)),
              HasSubstr("tensor `b`: its data ends at byte 16, but the file "
                        "holds 15 bytes of data; it may be truncated"));
}

TEST(SafeTensors, RefusesOverlap) {
  EXPECT_THAT(errorOf(twoTensors("[0,8]", "[4,12]", 12)),
              HasSubstr("tensor `b`: its data begins at byte 4, inside that of "
                        "`a`, which ends at 8"));
  EXPECT_THAT(errorOf(twoTensors("[0,8]", "[0,8]", 8)),
              HasSubstr("inside that of `a`"));
}

TEST(SafeTensors, RefusesHoles) {
  EXPECT_THAT(errorOf(twoTensors("[0,8]", "[12,20]", 20)),
              HasSubstr("tensor `b`: its data begins at byte 12, but the data "
                        "before it ends at 8; the format allows no holes"));
  EXPECT_THAT(errorOf(twoTensors("[4,12]", "[12,20]", 20)),
              HasSubstr("tensor `a`: its data begins at byte 4"));
}

TEST(SafeTensors, RefusesBytesAfterTheLastTensor) {
  EXPECT_THAT(errorOf(twoTensors("[0,8]", "[8,16]", 17)),
              HasSubstr("the tensors end at byte 16 of the data, but the file "
                        "holds 17"));
}

//===----------------------------------------------------------------------===//
// Odd but valid
//===----------------------------------------------------------------------===//

TEST(SafeTensors, TakesAnEmptyFile) {
  EXPECT_EQ(errorOf(fileBytes("{}")), "no error");
  EXPECT_EQ(errorOf(fileBytes("{}      ")), "no error");
}

TEST(SafeTensors, TakesEmptyMetadata) {
  auto file = parseBytes(fileBytes(R"({"__metadata__":{}})"));
  ASSERT_TRUE(bool(file));
  EXPECT_TRUE(file->tensors().empty());
}

TEST(SafeTensors, TakesEmptyTensorsAnywhere) {
  auto file = parseBytes(
      fileBytes(R"({"z":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},)"
                R"("w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                R"("e":{"dtype":"I64","shape":[3,0],"data_offsets":[4,4]}})",
                std::string(4, '\0')));
  ASSERT_TRUE(bool(file)) << llvm::toString(file.takeError());
  auto values = file->read(*file->find("z"));
  ASSERT_TRUE(bool(values));
  EXPECT_TRUE(values->empty());
}

TEST(SafeTensors, TakesScalars) {
  auto file = parseBytes(
      fileBytes(R"({"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})",
                llvm::StringRef("\0\0\x80\x3f", 4)));
  ASSERT_TRUE(bool(file)) << llvm::toString(file.takeError());
  auto values = file->read(*file->find("s"));
  ASSERT_TRUE(bool(values));
  EXPECT_THAT(*values, ElementsAre(1.0f));
}

TEST(SafeTensors, ListsTensorsInTheOrderOfTheirData) {
  auto file = parseBytes(twoTensors("[8,16]", "[0,8]", 16));
  ASSERT_TRUE(bool(file));
  EXPECT_EQ(file->tensors()[0].name, "b");
  EXPECT_EQ(file->tensors()[1].name, "a");
  EXPECT_EQ(file->find("c"), nullptr);
}

TEST(SafeTensors, SaysThatAFileCannotBeOpened) {
  auto file = SafeTensors::open("/nowhere/model.safetensors");
  ASSERT_FALSE(bool(file));
  EXPECT_THAT(llvm::toString(file.takeError()),
              HasSubstr("cannot read checkpoint `/nowhere/model.safetensors`"));
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

/// Exact for every input, NaN aside, as APFloat rounds nothing when it widens.
static float reference(const llvm::fltSemantics &semantics, uint16_t bits) {
  llvm::APFloat value(semantics, llvm::APInt(16, bits));
  bool losesInfo;
  value.convert(llvm::APFloat::IEEEsingle(), llvm::APFloat::rmNearestTiesToEven,
                &losesInfo);
  EXPECT_FALSE(losesInfo && !value.isNaN());
  return value.convertToFloat();
}

static void expectSameBits(float actual, float expected, unsigned bits) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(actual)) << bits;
    return;
  }
  uint32_t a, b;
  std::memcpy(&a, &actual, 4);
  std::memcpy(&b, &expected, 4);
  EXPECT_EQ(a, b) << bits;
}

TEST(SafeTensors, WidensEveryHalf) {
  for (unsigned bits = 0; bits < 65536; ++bits)
    expectSameBits(halfToFloat(static_cast<uint16_t>(bits)),
                   reference(llvm::APFloat::IEEEhalf(), bits), bits);
}

TEST(SafeTensors, WidensEveryBFloat) {
  for (unsigned bits = 0; bits < 65536; ++bits)
    expectSameBits(bfloatToFloat(static_cast<uint16_t>(bits)),
                   reference(llvm::APFloat::BFloat(), bits), bits);
}

TEST(SafeTensors, ReadsHalvesAndBFloats) {
  // 1, -2, the smallest subnormal; 1, -2, 2^-133.
  auto file = parseBytes(
      fileBytes(R"({"h":{"dtype":"F16","shape":[3],"data_offsets":[0,6]},)"
                R"("b":{"dtype":"BF16","shape":[3],"data_offsets":[6,12]}})",
                llvm::StringRef("\x00\x3c\x00\xc0\x01\x00"
                                "\x80\x3f\x00\xc0\x01\x00",
                                12)));
  ASSERT_TRUE(bool(file)) << llvm::toString(file.takeError());
  auto halves = file->read(*file->find("h"));
  ASSERT_TRUE(bool(halves));
  EXPECT_THAT(*halves, ElementsAre(1.0f, -2.0f, 0x1p-24f));
  auto bfloats = file->read(*file->find("b"));
  ASSERT_TRUE(bool(bfloats));
  EXPECT_THAT(*bfloats, ElementsAre(1.0f, -2.0f, 0x1p-133f));
}

TEST(SafeTensors, RefusesToReadOtherTypes) {
  auto file = parseBytes(
      oneTensor(R"("dtype":"I64","shape":[2],"data_offsets":[0,16])"));
  ASSERT_TRUE(bool(file));
  auto values = file->read(file->tensors()[0]);
  ASSERT_FALSE(bool(values));
  EXPECT_THAT(llvm::toString(values.takeError()),
              HasSubstr("tensor `w` is I64, but weights are read from F32, F16 "
                        "and BF16"));
}

TEST(SafeTensors, ReportsValuesThatAreNotFinite) {
  float nan = std::numeric_limits<float>::quiet_NaN();
  float inf = std::numeric_limits<float>::infinity();
  auto file = parseBytes(wellFormed({{"n", {2, 3}, {0, 0, 0, 0, nan, inf}},
                                     {"i", {2}, {0, -inf}},
                                     {"s", {}, {nan}}}));
  ASSERT_TRUE(bool(file)) << llvm::toString(file.takeError());
  auto message = [&](const char *name) {
    auto values = file->read(*file->find(name));
    return values ? "no error" : llvm::toString(values.takeError());
  };
  EXPECT_EQ(message("n"),
            "`test.safetensors`: tensor `n` is NaN at [1, 1] (2 of 6 values "
            "are not finite), but weights must be finite");
  EXPECT_THAT(message("i"), HasSubstr("tensor `i` is infinite at [1] (1 of 2"));
  EXPECT_THAT(message("s"), HasSubstr("tensor `s` is NaN at [] (1 of 1"));
}
