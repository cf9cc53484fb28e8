#include "fhe/params/failure_probability.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace obscura::fhe::params {
namespace {

TEST(UniformSumTail, OfOneAndOfTwoIsKnown) {
  EXPECT_NEAR(log2_uniform_sum_tail(1, 0.25), -1, 1e-12);                // |U| > 1/4
  EXPECT_NEAR(log2_uniform_sum_tail(2, 0.5), -2, 1e-12);                 // triangle: (1 - 1/2)^2
  EXPECT_NEAR(log2_uniform_sum_tail(2, 0.75), -4, 1e-12);                // (1 - 3/4)^2
  EXPECT_NEAR(log2_uniform_sum_tail(3, 1), std::log2(2.0 / 48), 1e-12);  // 2 (1/2)^3 / 3!
}

/// n! P(S < k - n/2) is the sum of the first k Eulerian numbers of n: 1, 247 for 8 and 1, 4083, 478271 for 12.
TEST(UniformSumTail, AreSumsOfEulerianNumbers) {
  EXPECT_NEAR(log2_uniform_sum_tail(8, 3), std::log2(2.0 * 1 / 40320), 1e-12);
  EXPECT_NEAR(log2_uniform_sum_tail(8, 2), std::log2(2.0 * 248 / 40320), 1e-12);
  EXPECT_NEAR(log2_uniform_sum_tail(12, 3), std::log2(2.0 * 482355 / 479001600), 1e-12);
}

TEST(UniformSumTail, BeyondTheLargestSumIsImpossible) {
  EXPECT_TRUE(std::isinf(log2_uniform_sum_tail(33, 16.5)));
  EXPECT_TRUE(std::isinf(log2_uniform_sum_tail(4, 7)));
}

TEST(UniformSumTail, AgreesWithDraws) {
  std::mt19937_64 generator(20261126);
  std::uniform_real_distribution<double> uniform(-0.5, 0.5);
  constexpr int kDraws = 400'000;
  for (const double bound : {1.25, 1.5, 1.75, 2.0}) {
    int beyond = 0;
    for (int i = 0; i < kDraws; ++i) {
      double sum = 0;
      for (int t = 0; t < 5; ++t) sum += uniform(generator);
      beyond += std::abs(sum) > bound ? 1 : 0;
    }
    const double expected = kDraws * std::exp2(log2_uniform_sum_tail(5, bound));
    EXPECT_NEAR(beyond, expected, 5 * std::sqrt(expected)) << bound;
  }
}

TEST(BootstrapFailure, OfWeight32IsTheFirstTermOfTheTails) {
  constexpr int kCoefficients = 1 << 16;
  // 2 (1/2)^33 / 33! and 2 (3/2)^33 / 33! (1 - 33 / 3^33), times 2^16.
  const double log2_factorial = std::lgamma(34.0) / std::log(2.0);
  EXPECT_NEAR(log2_bootstrap_failure(32, 16, kCoefficients), 1 - 33 - log2_factorial + 16, 1e-9);
  EXPECT_NEAR(log2_bootstrap_failure(32, 15, kCoefficients), 1 + 33 * std::log2(1.5) - log2_factorial + 16, 1e-9);
  EXPECT_LT(log2_bootstrap_failure(32, 15, kCoefficients), -64);
  EXPECT_GT(log2_bootstrap_failure(32, 14, kCoefficients), -64);
}

TEST(BootstrapFailure, FallsWithTheRangeAndGrowsWithTheCoefficients) {
  for (double range = 10; range < 16; range += 0.5) {
    EXPECT_GT(log2_bootstrap_failure(32, range, 1024), log2_bootstrap_failure(32, range + 0.5, 1024));
    EXPECT_NEAR(log2_bootstrap_failure(32, range, 2048) - log2_bootstrap_failure(32, range, 1024), 1, 1e-9);
  }
}

}  // namespace
}  // namespace obscura::fhe::params
