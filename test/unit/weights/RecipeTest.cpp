// Recipes: each node against numbers worked out by hand, and the way from the
// attribute to the plain form.
#include "compiler/Weights/Recipe.h"
#include "compiler/Weights/RecipeFromAttr.h"

#include "mlir/IR/MLIRContext.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace xf::weights;
using testing::ElementsAre;
using testing::HasSubstr;
using xf::ir::RecipeAttr;

/// `a` is [[1, 2, 3], [4, 5, 6]], `b` is [[7, 8, 9]], `v` is [1, 2].
static llvm::Expected<Tensor> load(llvm::StringRef name) {
  if (name == "a")
    return Tensor{{2, 3}, {1, 2, 3, 4, 5, 6}};
  if (name == "b")
    return Tensor{{1, 3}, {7, 8, 9}};
  if (name == "v")
    return Tensor{{2}, {1, 2}};
  return llvm::createStringError(llvm::inconvertibleErrorCode(),
                                 "no tensor " + name);
}

class RecipeTest : public testing::Test {
protected:
  RecipeTest() { context.loadDialect<xf::ir::XFDialect>(); }

  RecipeAttr tensor(llvm::StringRef name, llvm::ArrayRef<int64_t> shape) {
    return RecipeAttr::tensor(&context, name, shape);
  }

  Tensor evaluated(RecipeAttr attr) {
    Recipe recipe = recipeFromAttr(attr);
    Tensor result = llvm::cantFail(evaluate(recipe, load));
    EXPECT_EQ(result.shape, recipe.shape);
    EXPECT_EQ(llvm::ArrayRef(result.shape), attr.getShape());
    return result;
  }

  mlir::MLIRContext context;
};

TEST_F(RecipeTest, Tensor) {
  EXPECT_THAT(evaluated(tensor("a", {2, 3})).values,
              ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(RecipeTest, ConcatOfRows) {
  auto recipe = RecipeAttr::concat(
      0, {tensor("a", {2, 3}), tensor("b", {1, 3}), tensor("a", {2, 3})});
  Tensor result = evaluated(recipe);
  EXPECT_THAT(result.shape, ElementsAre(5, 3));
  EXPECT_THAT(result.values,
              ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6));
}

TEST_F(RecipeTest, ConcatOfColumns) {
  auto a = tensor("a", {2, 3});
  auto recipe =
      RecipeAttr::concat(1, {RecipeAttr::transpose(a),
                             RecipeAttr::transpose(tensor("b", {1, 3}))});
  Tensor result = evaluated(recipe);
  EXPECT_THAT(result.shape, ElementsAre(3, 3));
  EXPECT_THAT(result.values, ElementsAre(1, 4, 7, 2, 5, 8, 3, 6, 9));
}

TEST_F(RecipeTest, ConcatOfVectors) {
  auto v = tensor("v", {2});
  EXPECT_THAT(evaluated(RecipeAttr::concat(0, {v, v})).values,
              ElementsAre(1, 2, 1, 2));
}

TEST_F(RecipeTest, TransposeScaleAndAdd) {
  auto recipe = RecipeAttr::transpose(
      RecipeAttr::add(RecipeAttr::scale(tensor("a", {2, 3}), 0.5), 1));
  EXPECT_THAT(evaluated(recipe).values, ElementsAre(1.5, 3, 2, 3.5, 2.5, 4));
}

TEST_F(RecipeTest, MovesValues) {
  auto a = tensor("a", {2, 3});
  EXPECT_THAT(evaluated(RecipeAttr::slice(a, 1, 1, 2)).values,
              ElementsAre(2, 3, 5, 6));
  EXPECT_THAT(evaluated(RecipeAttr::slice(a, 0, 1, 1)).values,
              ElementsAre(4, 5, 6));
  EXPECT_THAT(evaluated(RecipeAttr::repeat(a, 1, 2)).values,
              ElementsAre(1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6));
  EXPECT_THAT(evaluated(RecipeAttr::repeat(tensor("b", {1, 3}), 0, 2)).values,
              ElementsAre(7, 8, 9, 7, 8, 9));
  Tensor reshaped = evaluated(RecipeAttr::reshape(a, {3, 2}));
  EXPECT_THAT(reshaped.values, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(RecipeTest, CombinesTwoRecipes) {
  auto a = tensor("a", {2, 3});
  auto row = RecipeAttr::reshape(tensor("b", {1, 3}), {3});
  EXPECT_THAT(evaluated(RecipeAttr::mul(a, a)).values,
              ElementsAre(1, 4, 9, 16, 25, 36));
  EXPECT_THAT(evaluated(RecipeAttr::plus(a, row)).values,
              ElementsAre(8, 10, 12, 11, 13, 15));
  Tensor product = evaluated(RecipeAttr::matmul(a, tensor("b", {1, 3})));
  EXPECT_THAT(product.shape, ElementsAre(2, 1));
  EXPECT_THAT(product.values, ElementsAre(50, 122));
}

TEST_F(RecipeTest, Constants) {
  EXPECT_THAT(evaluated(RecipeAttr::fill(&context, {2, 2}, 0.5)).values,
              ElementsAre(0.5, 0.5, 0.5, 0.5));
  EXPECT_THAT(evaluated(RecipeAttr::values(&context, {3}, {1, 2, 4})).values,
              ElementsAre(1, 2, 4));
}

TEST_F(RecipeTest, ElementwiseFunctions) {
  using testing::FloatNear;
  auto v = tensor("v", {2});
  EXPECT_THAT(evaluated(RecipeAttr::clip(v, -1, 1.5)).values,
              ElementsAre(1, 1.5));
  EXPECT_THAT(
      evaluated(RecipeAttr::unary(xf::ir::RecipeKind::Sigmoid, v)).values,
      ElementsAre(FloatNear(0.7310586f, 1e-7), FloatNear(0.8807971f, 1e-7)));
  EXPECT_THAT(
      evaluated(RecipeAttr::unary(xf::ir::RecipeKind::Tanh, v)).values,
      ElementsAre(FloatNear(0.7615942f, 1e-7), FloatNear(0.9640276f, 1e-7)));
  EXPECT_THAT(
      evaluated(RecipeAttr::unary(xf::ir::RecipeKind::Exp, v)).values,
      ElementsAre(FloatNear(2.7182818f, 3e-7), FloatNear(7.3890561f, 6e-7)));
  EXPECT_THAT(
      evaluated(RecipeAttr::unary(xf::ir::RecipeKind::Silu, v)).values,
      ElementsAre(FloatNear(0.7310586f, 1e-7), FloatNear(1.7615942f, 2e-7)));
}

TEST_F(RecipeTest, RowFunctions) {
  using testing::FloatNear;
  auto v = tensor("v", {2});
  EXPECT_THAT(
      evaluated(RecipeAttr::unary(xf::ir::RecipeKind::UnitRows, v)).values,
      ElementsAre(FloatNear(0.4472136f, 1e-7), FloatNear(0.8944272f, 1e-7)));
  EXPECT_THAT(
      evaluated(RecipeAttr::unary(xf::ir::RecipeKind::SoftmaxRows, v)).values,
      ElementsAre(FloatNear(0.2689414f, 1e-7), FloatNear(0.7310586f, 1e-7)));
  // Deviations of a half over sqrt(1/4 + 1e-5).
  EXPECT_THAT(
      evaluated(RecipeAttr::unary(xf::ir::RecipeKind::LayerNormRows, v)).values,
      ElementsAre(FloatNear(-0.99998f, 1e-6), FloatNear(0.99998f, 1e-6)));
}

// Eight buckets for both directions and distances below 16: by hand, 0 and 1
// have buckets of their own, 2 to 5 share one (2 + trunc(ln(x / 2) / ln(8) *
// 2), so up to 5.65), and the rest the last; keys after the query use the upper
// half.
TEST_F(RecipeTest, T5Table) {
  auto buckets =
      RecipeAttr::values(&context, {8, 1}, {0, 1, 2, 3, 100, 101, 102, 103});
  Tensor table = evaluated(RecipeAttr::t5Table(buckets, false, 16));
  EXPECT_THAT(table.shape, ElementsAre(1, 33));
  auto at = [&](int distance) { return table.values[distance + 16]; };
  EXPECT_EQ(at(0), 0);
  EXPECT_EQ(at(1), 1);
  EXPECT_EQ(at(-1), 101);
  EXPECT_EQ(at(2), 2);
  EXPECT_EQ(at(5), 2);
  EXPECT_EQ(at(6), 3);
  EXPECT_EQ(at(16), 3);
  EXPECT_EQ(at(-5), 102);
  EXPECT_EQ(at(-16), 103);
  // Causal: no upper half, and the future counts as distance 0.
  Tensor causal = evaluated(RecipeAttr::t5Table(buckets, true, 16));
  EXPECT_EQ(causal.values[16 - 9], 0);
  EXPECT_EQ(causal.values[16 + 3], 3);
  EXPECT_EQ(causal.values[16 + 4], 100);
  EXPECT_EQ(causal.values[16 + 16], 103);
}

TEST_F(RecipeTest, Positions) {
  using testing::FloatNear;
  EXPECT_THAT(evaluated(RecipeAttr::distances(&context, 3, false)).values,
              ElementsAre(-2, -1, 0, 1, 2));
  EXPECT_THAT(evaluated(RecipeAttr::distances(&context, 2, true)).values,
              ElementsAre(FloatNear(-0.6931472f, 1e-7), 0,
                          FloatNear(0.6931472f, 1e-7)));
  EXPECT_THAT(evaluated(RecipeAttr::sinusoid(&context, 2, 4)).values,
              ElementsAre(0, 0, 1, 1, FloatNear(0.8414710f, 1e-7),
                          FloatNear(0.0099998f, 1e-7),
                          FloatNear(0.5403023f, 1e-7),
                          FloatNear(0.9999500f, 1e-7)));
}

TEST_F(RecipeTest, ErrorsOfTensorsPassThrough) {
  auto recipe = recipeFromAttr(RecipeAttr::scale(tensor("c", {2}), 2));
  auto result = evaluate(recipe, load);
  ASSERT_FALSE(bool(result));
  EXPECT_EQ(llvm::toString(result.takeError()), "no tensor c");
}

TEST_F(RecipeTest, CollectsEachTensorOnce) {
  auto recipe = RecipeAttr::concat(
      0, {tensor("a", {2, 3}), tensor("b", {1, 3}), tensor("a", {2, 3})});
  LogicalTensors tensors;
  EXPECT_FALSE(bool(collectTensors(recipeFromAttr(recipe), tensors)));
  EXPECT_EQ(tensors, (LogicalTensors{{"a", {2, 3}}, {"b", {1, 3}}}));
}

TEST_F(RecipeTest, RefusesATensorOfTwoShapes) {
  LogicalTensors tensors = {{"a", {3, 2}}};
  llvm::Error error =
      collectTensors(recipeFromAttr(tensor("a", {2, 3})), tensors);
  EXPECT_THAT(llvm::toString(std::move(error)),
              HasSubstr("`a` is used with shapes [3, 2] and [2, 3]"));
}
