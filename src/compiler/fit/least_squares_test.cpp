#include "compiler/fit/least_squares.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace obscura::compiler::fit {
namespace {

TEST(LeastSquares, FindsTheLineThroughThreePoints) {
  // y = 1, 2, 2 at x = 0, 1, 2: slope 1/2, intercept 7/6.
  const LeastSquares line({{1, 1, 1}, {0, 1, 2}}, {1, 2, 2});
  const auto x = line.solve();
  EXPECT_NEAR(x[0], 7.0 / 6.0, 1e-15);
  EXPECT_NEAR(x[1], 0.5, 1e-15);
  // With slope 1 the best intercept is the mean of 1, 1, 0.
  const auto fixed = line.solve(1.0);
  EXPECT_NEAR(fixed[0], 2.0 / 3.0, 1e-15);
  EXPECT_EQ(fixed[1], 1.0);
}

TEST(LeastSquares, ResidualIsOrthogonalToEveryColumn) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  std::vector<std::vector<double>> columns(6, std::vector<double>(50));
  std::vector<double> b(50);
  for (auto& column : columns) {
    for (double& value : column) value = normal(random);
  }
  for (double& value : b) value = normal(random);
  const LeastSquares problem(columns, b);
  const auto x = problem.solve();
  for (const auto& column : columns) {
    double dot = 0.0;
    for (std::size_t i = 0; i < b.size(); ++i) {
      double residual = b[i];
      for (std::size_t j = 0; j < x.size(); ++j) residual -= columns[j][i] * x[j];
      dot += residual * column[i];
    }
    EXPECT_NEAR(dot, 0.0, 1e-13);
  }
  EXPECT_GT(problem.condition(), 1.0);
  EXPECT_LT(problem.condition(), 10.0);
}

TEST(LeastSquares, SetsAnUndeterminedUnknownToZero) {
  const LeastSquares twice({{1, 1, 1}, {2, 2, 2}}, {3, 3, 3});
  const auto x = twice.solve();
  EXPECT_NEAR(x[0], 3.0, 1e-14);
  EXPECT_EQ(x[1], 0.0);
  EXPECT_TRUE(std::isinf(twice.condition()));
}

}  // namespace
}  // namespace obscura::compiler::fit
