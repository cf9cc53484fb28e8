#include "bench/operations/growth.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "bench/operations/workbench.hpp"

namespace obscura::bench::operations {
namespace {

Shape small_shape(int log_n, std::size_t primes) {
  return {{log_n, std::vector<int>(primes, 40), {45}}, true};
}

TEST(Growth, EveryPointIsRightAtItsLevel) {
  const GrowthShapes shapes{{small_shape(8, 2)}, {small_shape(9, 7)}};
  for (const int threads : {1, 2}) {
    Workbench workbench;
    for (const GrowthPoint& point : growth_points(shapes)) {
      const auto prepared = workbench.prepare(point.measured, {threads, "portable"});
      ASSERT_TRUE(prepared.has_value()) << prepared.error().message;
      EXPECT_EQ((*prepared)->level, point.primes - 1);
      (*prepared)->run();
      EXPECT_TRUE((*prepared)->right()) << point.measured.key() << " after a run";
    }
  }
}

TEST(Growth, SweepsLevelsOfTheTwoLargestChains) {
  const GrowthShapes shapes{{small_shape(8, 2)}, {small_shape(8, 4), small_shape(9, 6), small_shape(10, 7)}};
  std::map<int, std::vector<int>> primes;
  std::set<int> on_threads;
  for (const GrowthPoint& point : growth_points(shapes)) {
    if (point.operation != "rotate" || point.short_chain) continue;
    const int log_n = point.measured.shape.literal.log_n;
    primes[log_n].push_back(point.primes);
    if (point.on_threads) on_threads.insert(log_n);
  }
  const std::map<int, std::vector<int>> expected = {{8, {4}}, {9, {3, 6}}, {10, {3, 6, 7}}};
  EXPECT_EQ(primes, expected);
  EXPECT_EQ(on_threads, (std::set<int>{9, 10}));
}

TEST(Growth, ShapesAreSecureAndShortChainsDifferInDegreeOnly) {
  const GrowthShapes shapes = growth_shapes(16);
  ASSERT_EQ(shapes.short_chains.size(), 4U);
  ASSERT_EQ(shapes.full_chains.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    for (const Shape& shape : {shapes.short_chains[i], shapes.full_chains[i]}) {
      EXPECT_EQ(shape.literal.log_n, 13 + static_cast<int>(i));
      EXPECT_FALSE(shape.insecure);
      EXPECT_TRUE(fhe::params::ParamSet::create(shape.literal).has_value()) << shape.literal.log_n;
    }
    EXPECT_EQ(shapes.short_chains[i].literal.q_bits, shapes.short_chains[0].literal.q_bits);
    EXPECT_EQ(shapes.short_chains[i].literal.p_bits, shapes.short_chains[0].literal.p_bits);
  }
  EXPECT_EQ(growth_shapes(14).full_chains.size(), 2U);
}

}  // namespace
}  // namespace obscura::bench::operations
