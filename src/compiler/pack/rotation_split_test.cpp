#include "compiler/pack/rotation_split.hpp"

#include <gtest/gtest.h>

#include "compiler/pack/vector_packing.hpp"

namespace obscura::compiler::pack {
namespace {

LayerOps count(const std::vector<std::pair<int, int>>& terms, int baby_count) {
  LayerOps ops;
  count_rotations(terms, {baby_count, 0}, ops);
  return ops;
}

TEST(RotationSplit, WithoutGiantStepsEveryRotationButZeroIsABabyStep) {
  const LayerOps ops = count({{0, -1}, {0, 0}, {0, 2}, {1, 2}}, 0);
  EXPECT_EQ(ops.terms, 4);
  EXPECT_EQ(ops.babies, 3);
  EXPECT_EQ(ops.hoisted_operands, 2);
  EXPECT_EQ(ops.giants, 0);
  EXPECT_TRUE(ops.plain_giant);
}

TEST(RotationSplit, BabyStepsAreSharedByGiantSteps) {
  const LayerOps ops = count({{0, -3}, {0, 1}, {0, 5}, {0, 6}}, 4);  // giants -4, 0, 4; babies 1, 2
  EXPECT_EQ(ops.babies, 2);
  EXPECT_EQ(ops.giants, 2);
  EXPECT_TRUE(ops.plain_giant);
  EXPECT_FALSE(count({{0, 5}, {0, 6}}, 4).plain_giant);
}

TEST(RotationSplit, BabyCountsSurroundTheSquareRoot) {
  EXPECT_EQ(baby_counts(1), (std::vector<int>{0}));
  EXPECT_EQ(baby_counts(64), (std::vector<int>{0, 4, 8, 16, 32}));
}

TEST(Dominance, KeepsOnePackingPerTradeOff) {
  VectorPacking cheap;
  cheap.ops.terms = 3;
  VectorPacking dear = cheap;
  dear.ops.rotations = 1;
  VectorPacking other = dear;
  other.ops.terms = 2;
  VectorPacking elsewhere = dear;
  elsewhere.output.period = 7;
  const auto kept = without_dominated({dear, cheap, other, cheap, elsewhere});
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[0].ops.rotations, 0);
  EXPECT_EQ(kept[1].ops.terms, 2);
  EXPECT_EQ(kept[2].output.period, 7);
}

}  // namespace
}  // namespace obscura::compiler::pack
