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
