#include "compiler/fit/chebyshev.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace obscura::compiler::fit {
namespace {

Series random_series(std::size_t degree, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Series result(degree + 1);
  for (double& c : result) c = std::uniform_real_distribution<double>(-1.0, 1.0)(random);
  return result;
}

double horner(const Series& monomial, double t) {
  double sum = 0.0;
  for (std::size_t i = monomial.size(); i-- > 0;) sum = sum * t + monomial[i];
  return sum;
}

TEST(Chebyshev, EvaluatesCosinesOfMultiples) {
  for (std::size_t k = 0; k < 20; ++k) {
    Series series(k + 1, 0.0);
    series[k] = 1.0;
    for (const double angle : {0.0, 0.3, 1.0, 2.5, 3.0}) {
      EXPECT_NEAR(evaluate_chebyshev(series, std::cos(angle)), std::cos(static_cast<double>(k) * angle), 1e-14) << k;
    }
  }
}

TEST(Chebyshev, MonomialsAreTheKnownOnes) {
  EXPECT_EQ(chebyshev_to_monomial(Series{0, 0, 0, 0, 1}), (Series{1, 0, -8, 0, 8}));
  EXPECT_EQ(chebyshev_to_monomial(Series{3}), Series{3});
}

TEST(Chebyshev, BasesAgree) {
  for (std::size_t degree = 0; degree < 16; ++degree) {
    const Series series = random_series(degree, degree);
    const Series monomial = chebyshev_to_monomial(series);
    // Monomial coefficients reach (1 + sqrt 2)^degree, which rounding is relative to.
    const double tolerance = std::ldexp(std::pow(1.0 + std::sqrt(2.0), static_cast<double>(degree)), -50);
    EXPECT_NEAR(horner(monomial, 0.37), evaluate_chebyshev(series, 0.37), tolerance) << degree;
  }
}

TEST(Chebyshev, DivisionMultipliesBack) {
  for (const std::size_t n : {1U, 2U, 4U, 8U}) {
    for (std::size_t degree = n; degree < 2 * n; ++degree) {
      const Series series = random_series(degree, 100 * n + degree);
      Series divisor(n + 1, 0.0);
      divisor[n] = 1.0;
      const Division division = divide_by_chebyshev(series, n);
      EXPECT_EQ(division.quotient.size(), degree - n + 1);
      EXPECT_EQ(division.remainder.size(), n);
      for (const double t : {-1.0, -0.4, 0.1, 0.9}) {
        const double product = evaluate_chebyshev(division.quotient, t) * evaluate_chebyshev(divisor, t);
        EXPECT_NEAR(product + evaluate_chebyshev(division.remainder, t), evaluate_chebyshev(series, t), 1e-14);
      }
    }
  }
}

TEST(Chebyshev, EvenPointsReachBothEnds) {
  EXPECT_EQ(even_points(3), (std::vector<double>{-1.0, 0.0, 1.0}));
}

}  // namespace
}  // namespace obscura::compiler::fit
