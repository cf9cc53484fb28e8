#include "compiler/compile/tolerance.hpp"

#include <gtest/gtest.h>

#include <random>

namespace obscura::compiler::compile {
namespace {

TEST(Tolerance, FlipShareIsTheFrequencyOfOvertaking) {
  const std::vector<std::vector<double>> scores = {{1.0, 0.5, -3}, {0, 2, 1.9}};
  const double sd = 0.3;
  std::mt19937_64 random(11);
  std::normal_distribution<double> error(0, sd);
  int flips = 0;
  constexpr int kTrials = 100000;
  for (int i = 0; i < kTrials; ++i) {
    flips += 1.0 + error(random) < 0.5 + error(random) ? 1 : 0;
    flips += 2.0 + error(random) < 1.9 + error(random) ? 1 : 0;
  }
  EXPECT_NEAR(flip_share(scores, sd), flips / (2.0 * kTrials), 0.005);
  EXPECT_EQ(flip_share(scores, 0), 0);
  EXPECT_EQ(flip_share({{1.0}, {2.0}}, 5), 0);
}

TEST(Tolerance, MarginsDecideWhereTheyAreTight) {
  CompileOptions options;
  const Tolerance wide = tolerance_of({{10, -10}, {-10, 10}}, options);
  EXPECT_DOUBLE_EQ(wide.range, 20);
  EXPECT_DOUBLE_EQ(wide.largest_score, 10);
  EXPECT_DOUBLE_EQ(wide.most_sd, 20 * options.most_relative_sd);
  const std::vector<std::vector<double>> close = {{10, 9.9}, {9.9, 10}, {-10, 10}};
  const Tolerance tight = tolerance_of(close, options);
  EXPECT_LT(tight.most_sd, wide.most_sd);
  EXPECT_NEAR(flip_share(close, tight.most_sd), 2 * options.most_flips, 1e-6) << "one of two equal shares counts";
}

TEST(Tolerance, OneTieDoesNotAskForAnyPrecision) {
  const CompileOptions options;
  const Tolerance tied = tolerance_of({{10, 10}, {-10, 10}, {10, -10}}, options);
  EXPECT_DOUBLE_EQ(tied.most_sd, 20 * options.most_relative_sd);
  EXPECT_LT(tolerance_of({{10, 9.99}}, options).most_sd, 0.01) << "of one input nothing is left out";
}

TEST(Tolerance, OneScoreIsMeasuredByItsRange) {
  const CompileOptions options;
  EXPECT_DOUBLE_EQ(tolerance_of({{1.0}, {5.0}}, options).most_sd, 4 * options.most_relative_sd);
  EXPECT_DOUBLE_EQ(tolerance_of({{5.0}, {5.0}}, options).most_sd, 5 * options.most_relative_sd);
}

}  // namespace
}  // namespace obscura::compiler::compile
